"""The terminal-like grid of the density benchmark: two-way roads, quay places on one side, yard places everywhere.

`columns` north-south and `rows` east-west two-way roads (lanes 4 m apart, so every junction has four crossings); trips
run between places at the quay (south of the lowest road) and places in the yard.
"""

import itertools

from portway.core.model import Fleet, Lane, Node, Place, PlaceKind, Terminal, Truck

HALF_M = 2.0
SHIFT_M = 4.0


def grid_terminal(columns: int = 26, rows: int = 8, pitch_x_m: float = 124.0, pitch_y_m: float = 64.0) -> Terminal:
    """A grid of `columns` x `rows` two-way roads with a lay-by on every east-west piece of lane."""
    nodes: dict[tuple[float, float], Node] = {}
    lanes: list[Lane] = []
    places: list[Place] = []

    def node(x: float, y: float) -> str:
        key = (round(x, 2), round(y, 2))
        nodes.setdefault(key, Node(f"n{key[0]:g}_{key[1]:g}", *key))
        return nodes[key].id

    def lane(a: tuple[float, float], b: tuple[float, float]) -> None:
        lanes.append(Lane(f"{node(*a)}>{node(*b)}", node(*a), node(*b)))

    xs = [i * pitch_x_m for i in range(columns)]
    ys = [j * pitch_y_m for j in range(rows)]
    for x in xs:
        for side, down in ((x + HALF_M, False), (x - HALF_M, True)):
            cuts = sorted([y + d for y in ys for d in (-HALF_M, HALF_M)])
            for a, b in itertools.pairwise(cuts):
                lane(*(((side, b), (side, a)) if down else ((side, a), (side, b))))
    for j, y in enumerate(ys):
        for side, west in ((y - HALF_M, False), (y + HALF_M, True)):
            cuts = sorted([x + d for x in xs for d in (-HALF_M, HALF_M)])
            for a, b in itertools.pairwise(cuts):
                if b - a < 3 * HALF_M:
                    lane(*(((b, side), (a, side)) if west else ((a, side), (b, side))))
                    continue
                middle, out = (a + b) / 2, -1.0 if not west else 1.0
                p, q = middle - 29.0, middle + 29.0
                ends = [a, p, q, b]
                for u, v in itertools.pairwise(ends):
                    lane(*(((v, side), (u, side)) if west else ((u, side), (v, side))))
                y_place = side + out * SHIFT_M
                shape = ((p + 18, y_place), (q - 18, y_place))
                name = f"lay_{j}_{'w' if west else 'e'}_{a:g}"
                lanes.append(
                    Lane(name, node(q, side), node(p, side), shape[::-1])
                    if west
                    else Lane(name, node(p, side), node(q, side), shape)
                )
                kind = PlaceKind.QUAY_TRANSFER if j == 0 else PlaceKind.YARD_TRANSFER
                places.append(Place(name.replace("lay", "place"), kind, name, (18**2 + 4**2) ** 0.5 + 11.0))
    return Terminal(
        "grid",
        tuple(sorted(nodes.values(), key=lambda n: n.id)),
        tuple(sorted(lanes, key=lambda n: n.id)),
        tuple(sorted(places, key=lambda p: p.id)),
    )


def grid_fleet(terminal: Terminal, trucks: int) -> Fleet:
    """Trucks on the first yard places, evenly spread."""
    yard = [p.id for p in terminal.places if p.kind == PlaceKind.YARD_TRANSFER]
    step = len(yard) / trucks
    return Fleet((), tuple(Truck(f"T{i:04d}", yard[int(i * step)]) for i in range(trucks)))
