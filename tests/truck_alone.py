"""One truck agent on an empty plain, told what to do in raw JSON: no master control of ours in between."""

import json
import math
from typing import Any

from portway.adapters.vda5050.agent import AgentOptions, TruckAgent
from portway.adapters.vda5050.versions import VERSIONS
from portway.core.model.truck import TruckType

EPOCH_S = 1.8e9
EDGE_M = 20.0
DT_S = 0.1


class TruckAlone:
    """A truck that stands at the origin and looks along x; node n is at (20 n, 0)."""

    def __init__(self, version: str = "2.1", pose: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> None:
        self.version = VERSIONS[version]
        self.agent = TruckAgent("steel", "S1", self.version, pose, TruckType(), AgentOptions(state_s=5.0))
        self.now_s = EPOCH_S
        self.states: list[dict[str, Any]] = []
        self.said: list[tuple[str, bytes]] = []
        self._headers = 0

    # -- speaking to it -----------------------------------------------------------------------------------------

    def _header(self) -> dict[str, Any]:
        self._headers += 1
        return {"headerId": self._headers, "timestamp": "2027-01-15T08:00:00.000Z", "version": self.version.name,
                "manufacturer": "steel", "serialNumber": "S1"}  # fmt: skip

    def send(self, message: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """One message; the states that answer it."""
        payload = json.dumps({**self._header(), **body}).encode()
        return self._hear(self.agent.received(self.agent.topic(message), payload, self.now_s))

    def order(
        self, name: str = "one", update: int = 0, first: int = 0, base: int = 2, horizon: int = 0,
        sequence: int | None = None, **changes: Any,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Send an order of nodes from number `first` on; see `order_body`."""
        body = self.order_body(name, update, first, base, horizon, 2 * first if sequence is None else sequence)
        return self.send("order", body | changes)

    def order_body(self, name: str, update: int, first: int, base: int, horizon: int, sequence: int) -> dict[str, Any]:
        """An order along x as its message has it, without the header."""
        nodes = [self.node(first + i, sequence + 2 * i, i <= base) for i in range(base + horizon + 1)]
        edges = [self.edge(first + i, sequence + 2 * i + 1, i < base) for i in range(base + horizon)]
        return {"orderId": name, "orderUpdateId": update, "nodes": nodes, "edges": edges}

    def node(self, number: int, sequence: int, released: bool = True, **position: Any) -> dict[str, Any]:
        """Node n<number>."""
        at = {"x": EDGE_M * number, "y": 0.0, "mapId": "terminal", **position}
        return {"nodeId": f"n{number}", "sequenceId": sequence, "released": released, "actions": [],
                "nodePosition": at}  # fmt: skip

    def edge(self, start: int, sequence: int, released: bool = True, **more: Any) -> dict[str, Any]:
        """The edge from a node to the one behind it."""
        ends = {"startNodeId": f"n{start}", "endNodeId": f"n{start + 1}"} if self.version.edge_nodes else {}
        return {"edgeId": f"e{start}", "sequenceId": sequence, "released": released, "actions": [], **ends, **more}

    def action(self, kind: str, name: str, blocking: str = "NONE", **parameters: Any) -> dict[str, Any]:
        """An action as an order or a message of instant actions has it."""
        listed = [{"key": k, "value": v} for k, v in parameters.items()]
        more = {"actionParameters": listed} if listed else {}
        return {"actionType": kind, "actionId": name, "blockingType": blocking, **more}

    def act(self, kind: str, name: str = "", **parameters: Any) -> dict[str, Any]:
        """Send one instant action; the state that answers."""
        self._headers += 0
        action = self.action(kind, name or f"{kind}-{self._headers}", **parameters)
        return self.send("instantActions", {self._list: [action]})[-1]

    @property
    def _list(self) -> str:
        return "instantActions" if self.version.name == "2.0.0" else "actions"

    # -- time ---------------------------------------------------------------------------------------------------

    def drive(self, seconds: float) -> list[dict[str, Any]]:
        """Let time pass; the states said meanwhile."""
        before = len(self.states)
        for _ in range(round(seconds / DT_S)):
            self.now_s += DT_S
            self._hear(self.agent.step(DT_S, self.now_s))
        return self.states[before:]

    def drive_until_still(self, seconds: float = 120.0) -> list[dict[str, Any]]:
        """Let time pass until it stands, having moved first if it can."""
        said = self.drive(2.0)
        for _ in range(round(seconds)):
            said += self.drive(1.0)
            if self.agent.ground.mps == 0.0:
                return said
        raise AssertionError(f"it still drives after {seconds} s")

    def _hear(self, messages: list[Any]) -> list[dict[str, Any]]:
        self.said += [(m.topic.rpartition("/")[2], m.payload) for m in messages]
        found = [json.loads(m.payload) for m in messages if m.topic.endswith("/state")]
        self.states += found
        return found

    # -- what it says -------------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[str, Any]:
        """What it would say now."""
        return json.loads(self.agent.state(self.now_s).payload)

    @property
    def x_m(self) -> float:
        return self.agent.ground.pose[0]

    def word(self, kind: str) -> str:
        """The version's word for an error."""
        return self.version.errors.get(kind, kind)

    def errors(self, state: dict[str, Any] | None = None) -> list[str]:
        """Types of the errors reported."""
        return [e["errorType"] for e in (state or self.state)["errors"]]

    def references(self) -> dict[str, str]:
        """References of the last error."""
        return {r["referenceKey"]: r["referenceValue"] for r in self.state["errors"][-1]["errorReferences"]}

    def statuses(self, state: dict[str, Any] | None = None) -> dict[str, str]:
        """Every action reported, order and instant, by its id."""
        said = state or self.state
        both = [*said["actionStates"], *said.get("instantActionStates", [])]
        return {a["actionId"]: a["actionStatus"] for a in both}

    def speed_of(self, kind: str) -> str:
        """The version's name of a field of an edge."""
        return self.version.names.get(kind, "".join(w.capitalize() if i else w for i, w in enumerate(kind.split("_"))))


def curve_m(points: list[tuple[float, float]], x: float, y: float) -> float:
    """How far the nearest of some points is."""
    return min(math.dist(p, (x, y)) for p in points)
