"""Refusals as RFC 9457 problem documents that name everything found: where, what was written, why not, what cures."""

import json
from collections.abc import Iterable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from portway.core.work.work_problem import WorkProblem

MEDIA_TYPE = "application/problem+json"
CONFLICTS = frozenset([
    "duplicate", "too_late", "has_successors", "bears_others", "exists", "vehicle_taken", "not_prepared",
    "already_ready", "crane_simulated", "no_handover", "box_in_hand", "box_wanted", "box_expected", "box_missing",
    "slot_promised",
])  # right as such, but not now  # fmt: skip
VALUE_CHARS_MAX = 200
SHOWN_MAX = 100


class ProblemEntry(BaseModel):
    """One thing wrong."""

    code: str
    pointer: str = Field(description="JSON pointer into the body, or the name of the parameter.")
    value: str = Field(description="What was written there, shortened.")
    message: str
    cure: str
    job_order: str = ""


class Problem(BaseModel):
    """Why a request was refused. Nothing was changed."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    problems: list[ProblemEntry] = []


class Refusal(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self, status: int, detail: str, problems: Iterable[ProblemEntry] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.problems, self.headers = status, detail, list(problems), headers


class NotReady(Exception):
    """A desk raises this while the terminal cannot take anything: starting, or shutting down."""


def problem_response(refusal: Refusal) -> Response:
    """The document of a refusal; ASCII, so that no text a client has sent can break it."""
    left_out = len(refusal.problems) - SHOWN_MAX
    detail = refusal.detail if left_out <= 0 else f"{refusal.detail}; {left_out} more problems are not listed"
    document = Problem(
        title=HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        detail=detail,
        problems=refusal.problems[:SHOWN_MAX],
    )
    body = json.dumps(document.model_dump(mode="python"), ensure_ascii=True)
    return Response(body, refusal.status, refusal.headers, MEDIA_TYPE)


def shown(value: object) -> str:
    """A value as it was written, shortened; odd characters escaped."""
    if isinstance(value, dict | list):
        text = f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    else:
        try:
            text = "" if value is None else str(value)
        except ValueError:  # an integer of more digits than Python will print
            text = "a very long number"
    return text[:VALUE_CHARS_MAX].encode("ascii", "backslashreplace").decode("ascii")


def refuse_work(found: list[WorkProblem], indexes: dict[str, int] | None = None, path_keys: Iterable[str] = ()) -> None:
    """Raise what a desk has found, if anything: 404 where the path itself names nothing, 409 where it is only too late.

    `indexes` gives the place of each job order in a batch.
    """
    if not found:
        return
    missing = all(p.code.startswith("unknown_") and p.key in path_keys for p in found)
    conflict = all(p.code in CONFLICTS for p in found)
    status = 404 if missing else 409 if conflict else 422
    entries = [
        ProblemEntry(
            code=p.code,
            pointer=_pointer(p, indexes),
            value=shown(p.value),
            message=p.message,
            cure=p.cure,
            job_order=p.job_order,
        )
        for p in found
    ]
    raise Refusal(status, f"{len(entries)} problem{'s' if len(entries) > 1 else ''}: {entries[0].message}", entries)


def _pointer(problem: WorkProblem, indexes: dict[str, int] | None) -> str:
    parts = problem.key.split(".")
    if indexes is not None:
        parts = ["job_orders", str(indexes.get(problem.job_order, 0)), *parts]
    return "".join(f"/{p.replace('~', '~0').replace('/', '~1')}" for p in parts)


def add_problem_handlers(app: FastAPI) -> None:
    """Every refusal of this application becomes a problem document."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return problem_response(error)

    async def not_ready(request: Request, error: Exception) -> Response:
        return problem_response(Refusal(503, str(error) or "the terminal is not ready", headers={"Retry-After": "1"}))

    async def misshapen(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        entries = [_shape_entry(e) for e in error.errors()]
        return problem_response(Refusal(422, f"{len(entries)} values cannot be read", entries))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = _allowed(app, request.scope["path"])
        return problem_response(Refusal(error.status_code, str(error.detail), headers=headers))

    async def our_fault(request: Request, error: Exception) -> Response:
        return problem_response(Refusal(500, "our own fault; it is in the log"))

    app.add_exception_handler(Exception, our_fault)
    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(NotReady, not_ready)
    app.add_exception_handler(RequestValidationError, misshapen)
    app.add_exception_handler(HTTPException, http)


def _allowed(app: FastAPI, path: str) -> str:
    """Methods of all operations of a path; Starlette names those of the first alone."""
    methods: set[str] = set()
    for template, operations in app.openapi()["paths"].items():
        if compile_path(template)[0].fullmatch(path):
            methods |= {m.upper() for m in operations}
    return ", ".join(sorted(methods))


def _shape_entry(error: dict) -> ProblemEntry:
    where = [str(p) for p in error.get("loc", ())]
    source, rest = (where[0], where[1:]) if where else ("body", [])
    keys = [p.replace("~", "~0").replace("/", "~1") for p in rest]
    pointer = "".join(f"/{k}" for k in keys) if source == "body" else " ".join([source, *rest])
    cure = "leave it out" if error.get("type") == "extra_forbidden" else "see /v1/openapi.json for what is allowed here"
    return ProblemEntry(
        code=str(error.get("type", "invalid")),
        pointer=shown(pointer),
        value=shown(error.get("input")),
        message=shown(error.get("msg", "")),
        cure=cure,
    )
