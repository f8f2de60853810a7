"""Job orders: create one or many, read, list, update, cancel."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.door import Reader, TosCaller
from portway.adapters.tos.api.instants import ms_of
from portway.adapters.tos.api.job_order import ID_PATTERN, Body, Id, JobOrderBody
from portway.adapters.tos.api.openapi import IDEMPOTENCY, changing, refusals
from portway.adapters.tos.api.paging import Limit, page
from portway.adapters.tos.api.problem import Refusal, refuse_work
from portway.adapters.tos.api.views import JobOrderState, JobOrderView, View
from portway.core.model.work import Container, JobOrder, MoveKind
from portway.core.work.predecessors import predecessors_first
from portway.core.work.work_problem import WorkProblem

BATCH_MAX = 1000
JobOrderId = Annotated[str, Path(pattern=ID_PATTERN, max_length=64)]
AGAIN = {"description": "Known already with these contents; nothing has changed.", "model": JobOrderView}
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class JobOrderPage(View):
    """Some job orders by id; `next` is the `after` of the following page."""

    items: list[JobOrderView]
    next: str | None = None


class JobOrderBatch(Body):
    """Job orders that are taken together or not at all; those named in `after` or `twin` may be among them."""

    job_orders: Annotated[list[JobOrderBody], Field(min_length=1, max_length=BATCH_MAX)]


class JobOrderBatchView(View):
    """The job orders of a batch, in its sequence."""

    job_orders: list[JobOrderView]


ALL_AGAIN = {"description": "All known already with these contents; nothing has changed.", "model": JobOrderBatchView}


def found(desk: TosDesk, id: str) -> JobOrderView:
    """A job order, or 404."""
    view = desk.job_order(id)
    if view is None:
        raise Refusal(404, f"no job order {id}; it may have been cancelled")
    return view


def job_order_routes(desk: TosDesk) -> APIRouter:
    """Routes under /v1."""
    routes = APIRouter(prefix="/v1", tags=["job orders"])

    @routes.post("/job-orders", status_code=201, responses={**changing(), 200: AGAIN}, openapi_extra=IDEMPOTENCY)
    async def create_job_order(body: JobOrderBody, caller: TosCaller, answer: Response) -> JobOrderView:
        """Give one job order. Given again unchanged, the answer says so, and nothing is done twice."""
        (job,) = _nouns(desk, [body])
        refuse_work(_known_otherwise(desk, [job]))
        unchanged = _known(desk, job)
        refuse_work(await desk.submit([job]))
        answer.status_code = 200 if unchanged else 201
        return found(desk, body.id).model_copy(update={"unchanged": unchanged})

    @routes.post(
        "/job-order-batches", status_code=201, responses={**changing(), 200: ALL_AGAIN}, openapi_extra=IDEMPOTENCY
    )
    async def create_job_orders(body: JobOrderBatch, caller: TosCaller, answer: Response) -> JobOrderBatchView:
        """Give many job orders at once: all are taken, or none and every problem is listed."""
        indexes = {b.id: i for i, b in reversed(list(enumerate(body.job_orders)))}
        jobs = _nouns(desk, body.job_orders, indexes)
        refuse_work(_twice(jobs) or _known_otherwise(desk, jobs), indexes)
        ordered, ring = predecessors_first(jobs)
        refuse_work([_in_ring(j) for j in ring], indexes)
        unchanged = {j.id for j in jobs if _known(desk, j)}
        refuse_work(await desk.submit(ordered), indexes)
        answer.status_code = 200 if len(unchanged) == len(jobs) else 201
        views = [found(desk, j.id).model_copy(update={"unchanged": j.id in unchanged}) for j in jobs]
        return JobOrderBatchView(job_orders=views)

    @routes.get("/job-orders", responses=refusals())
    async def list_job_orders(
        caller: Reader,
        limit: Limit = 100,
        after: Annotated[str | None, Query(max_length=64, description="Ids greater than this one.")] = None,
        state: JobOrderState | None = None,
        kind: MoveKind | None = None,
        quay_crane: Annotated[str | None, Query(max_length=64)] = None,
        container: Annotated[str | None, Query(max_length=64)] = None,
        truck: Annotated[str | None, Query(max_length=64)] = None,
    ) -> JobOrderPage:
        """List job orders by id, a page at a time."""
        wanted = (
            v
            for v in desk.job_orders()
            if (state is None or v.state == state)
            and (kind is None or v.job_order.kind == kind)
            and (quay_crane is None or v.job_order.quay_crane == quay_crane)
            and (container is None or v.job_order.container.id == container)
            and (truck is None or v.truck == truck)
        )
        items, following = page(wanted, lambda v: v.job_order.id, after, limit)
        return JobOrderPage(items=items, next=following)

    @routes.get("/job-orders/{id}", responses=refusals(404))
    async def read_job_order(id: JobOrderId, caller: Reader) -> JobOrderView:
        """Read one job order."""
        return found(desk, id)

    @routes.put("/job-orders/{id}", responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def update_job_order(id: JobOrderId, body: JobOrderBody, caller: TosCaller) -> JobOrderView:
        """Give a job order that has not begun other contents."""
        found(desk, id)
        if body.id != id:
            message, cure = f"the path names {id}", "a job order keeps its id: cancel it and give another"
            refuse_work([WorkProblem(id, "id_differs", "id", body.id, message, cure)])
        (job,) = _nouns(desk, [body])
        unchanged = _known(desk, job)
        refuse_work(await desk.submit([job]))
        return found(desk, id).model_copy(update={"unchanged": unchanged})

    @routes.delete("/job-orders/{id}", status_code=204, responses=refusals(404, 409), openapi_extra=IDEMPOTENCY)
    async def cancel_job_order(
        id: JobOrderId, caller: TosCaller, reason: Annotated[Reason, Query()] = "cancelled by the TOS"
    ) -> Response:
        """Cancel a job order whose box is not on a truck yet, and those that wait for it. Again, nothing is done."""
        refuse_work(await desk.cancel(id, caller.name, reason), path_keys=["job_order"])
        return Response(status_code=204)

    return routes


def _nouns(desk: TosDesk, bodies: list[JobOrderBody], indexes: dict[str, int] | None = None) -> list[JobOrder]:
    """Job orders as the core knows them; a Refusal for what no job order can be, wherever it were to be done."""
    started_ms = ms_of(0, desk.run().started_at)
    problems = [
        p
        for b in bodies
        for p in [
            *b.container.problems(known_box(desk, b.container.id), "container", b.id),
            *b.time_problems(started_ms),
        ]
    ]
    refuse_work(problems, indexes)
    return [b.timed(started_ms).to_core() for b in bodies]


def known_box(desk: TosDesk, number: str) -> Container | None:
    """What the terminal knows of a box."""
    view = desk.container(number)
    return None if view is None else view.to_core()


def _known(desk: TosDesk, job: JobOrder) -> bool:
    """Whether a job order is known with these very contents, and not aborted."""
    view = desk.job_order(job.id)
    return view is not None and view.state != JobOrderState.ABORTED and view.job_order.to_core() == job


def _known_otherwise(desk: TosDesk, jobs: list[JobOrder]) -> list[WorkProblem]:
    """Creating does not update by accident: an id that is known with other contents is a conflict."""
    problems = []
    for job in jobs:
        view = desk.job_order(job.id)
        gone = view is None or view.state == JobOrderState.ABORTED
        if view is not None and not gone and view.job_order.to_core() != job:
            message, cure = "a job order of this id is known with other contents", "update it with PUT"
            problems.append(WorkProblem(job.id, "exists", "id", job.id, message, cure))
    return problems


def _in_ring(job: JobOrder) -> WorkProblem:
    message, cure = "it would wait for itself, over others of this batch", "correct `after`"
    return WorkProblem(job.id, "ring", "after", list(job.after), message, cure)


def _twice(jobs: list[JobOrder]) -> list[WorkProblem]:
    seen: set[Id] = set()
    problems = []
    for job in jobs:
        if job.id in seen:
            problems.append(WorkProblem(job.id, "twice", "id", job.id, "given twice in this batch", "leave one out"))
        seen.add(job.id)
    return problems
