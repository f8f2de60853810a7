"""A terminal to test on: a one-way ring with lay-bys.

quay wall  ================================
   QC1, QC2   [q1]      [q2]                     y = 0, eastward
D>A |                               | B>C
    |   blocks B1, B2 [y1] [y2] [h1] [h2]        y = 120, westward
"""

from portway.core.model import (
    Block,
    Gate,
    Lane,
    Node,
    Place,
    PlaceKind,
    Quay,
    QuayCrane,
    Terminal,
    YardCrane,
    Zone,
)

LAY_BY_M = 58.0
AT_M = (18**2 + 4**2) ** 0.5 + 11.0


def small_terminal() -> Terminal:
    """Two quay cranes, two blocks, two rest places, one charger, one gate."""
    nodes, lanes, places = [], [], []

    def road(name: str, y: float, sign: int, kinds: list[tuple[str, PlaceKind, str | None, int | None]]) -> None:
        last = "A" if sign > 0 else "C"
        for i, (place, kind, serves, bay) in enumerate(kinds):
            x0 = 50.0 + 100.0 * i if sign > 0 else 550.0 - 100.0 * i
            x1, y1 = x0 + sign * LAY_BY_M, y - 4.0 * sign
            a, b = f"{name}{i}a", f"{name}{i}b"
            nodes.extend([Node(a, x0, y), Node(b, x1, y)])
            lanes.append(Lane(f"{last}>{a}", last, a))
            lanes.append(Lane(f"{a}>{b}", a, b))
            lanes.append(
                Lane(f"lay_{place}", a, b, ((x0 + sign * 18, y1), (x1 - sign * 18, y1)), zone="Z1", radius_m=15.0)
            )
            places.append(
                Place(place, kind, f"lay_{place}", AT_M, serves, bay, 60.0 if kind == PlaceKind.CHARGING else None)
            )
            last = b
        lanes.append(Lane(f"{last}>{'B' if sign > 0 else 'D'}", last, "B" if sign > 0 else "D"))

    quay_kind, yard_kind = PlaceKind.QUAY_TRANSFER, PlaceKind.YARD_TRANSFER
    nodes += [Node("A", 0, 0), Node("B", 600, 0), Node("C", 600, 120), Node("D", 0, 120)]
    quay = [("q1", quay_kind, "QC1", 2), ("q2", quay_kind, "QC2", 12), ("g_in", PlaceKind.GATE_IN, "G1", None)]
    quay += [("g_out", PlaceKind.GATE_OUT, "G1", None), ("w1", PlaceKind.BUFFER, None, None)]
    yard = [("y1", yard_kind, "B1", 2), ("y2", yard_kind, "B2", 2), ("h1", PlaceKind.PARKING, None, None)]
    yard += [("h2", PlaceKind.PARKING, None, None), ("c1", PlaceKind.CHARGING, None, None)]
    road("q", 0.0, 1, quay)
    road("y", 120.0, -1, yard)
    lanes += [
        Lane("B>C", "B", "C", speed_mps_max=5.0, stopping=False, width_m=4.0),
        Lane("D>A", "D", "A", ((-10.0, 60.0),), speed_mps_max=5.0),
    ]
    return Terminal(
        id="small",
        nodes=tuple(sorted(nodes, key=lambda n: n.id)),
        lanes=tuple(sorted(lanes, key=lambda n: n.id)),
        places=tuple(sorted(places, key=lambda n: n.id)),
        blocks=(Block("B1", (340.0, 140.0), 0.0, 10, 6, 5), Block("B2", (180.0, 140.0), 0.0, 10, 6, 5)),
        yard_cranes=(YardCrane("R1", "B1"), YardCrane("R2", "B2", bay_start=3)),
        quay=Quay((60.0, -12.0), 0.0, 36),
        quay_cranes=(QuayCrane("QC1", 1, 8), QuayCrane("QC2", 9, 20, cycle_s_mean=110.0)),
        gates=(Gate("G1", "g_in", "g_out"),),
        zones=(Zone("Z1", ((0.0, -8.0), (600.0, -8.0), (600.0, -2.0)), speed_mps_max=3.0),),
        turns_forbidden=(("q0a>q0b", "q0b>q1a"),),
        title="Small terminal",
    )
