"""What a TOS must know before it gives work: the run and its clock, the ground plan, what is closed."""

from fastapi import APIRouter

from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.door import Reader
from portway.adapters.tos.api.job_orders import JobOrderId
from portway.adapters.tos.api.openapi import refusals
from portway.adapters.tos.api.problem import Refusal
from portway.adapters.tos.api.views import RoadBlockView, RunView, TerminalView, View


class RoadBlocks(View):
    """What is closed, by name."""

    items: list[RoadBlockView]


def terminal_routes(desk: TosDesk) -> APIRouter:
    """Routes under /v1."""
    routes = APIRouter(prefix="/v1", tags=["terminal"])

    @routes.get("/status", responses=refusals())
    async def read_status(caller: Reader) -> RunView:
        """Read the run and its clock: what an instant in milliseconds means, and how fast time goes."""
        return desk.run()

    @routes.get("/terminal", responses=refusals())
    async def read_terminal(caller: Reader) -> TerminalView:
        """Read blocks with their bays and slots, cranes, gates, places and lanes, and which of them are closed."""
        return desk.terminal()

    @routes.get("/road-blocks", responses=refusals())
    async def list_road_blocks(caller: Reader) -> RoadBlocks:
        """List what the control room has closed."""
        return RoadBlocks(items=desk.road_blocks())

    @routes.get("/road-blocks/{name}", responses=refusals(404))
    async def read_road_block(name: JobOrderId, caller: Reader) -> RoadBlockView:
        """Read what is closed under a name."""
        for view in desk.road_blocks():
            if view.name == name:
                return view
        raise Refusal(404, f"nothing is closed under {name}")

    return routes
