"""What the OpenAPI document says of refusals: each operation names the ones it can give, all of one shape."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from portway.adapters.tos.api.problem import MEDIA_TYPE, Problem

WORDS = {
    400: "The body cannot be read at all.",
    401: "No API key or bearer token, or a wrong one.",
    403: "The caller lacks the role.",
    404: "What the path names does not exist.",
    409: "Too late, known already, or its first request is still being answered.",
    410: "The client knows another run, or events that are not of this one: the problem names run and newest event.",
    413: "The body is too large.",
    422: "It cannot be read or cannot be done: every problem with pointer, value, message and cure.",
    503: "The terminal is starting or shutting down.",
}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
Responses = dict[int | str, dict[str, Any]]


def refusals(*more: int, body: bool = False) -> Responses:
    """`responses` of an operation: what every one can refuse, and some more."""
    statuses = {401, 403, 413, 422, 503, *more, *((400,) if body else ())}
    return {s: {"description": WORDS[s], "content": {MEDIA_TYPE: {"schema": _PROBLEM}}} for s in sorted(statuses)}


def changing(*more: int) -> Responses:
    """`responses` of an operation with a body that changes something."""
    return refusals(409, *more, body=True)


IDEMPOTENCY = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Sent again with the same request, the same answer comes and nothing is done twice.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]{1,128}$"},
        }
    ]
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document, made once, with the shape of problems in it."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            webhooks=app.webhooks.routes,
            separate_input_output_schemas=False,
        )
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs", {}))
        schemas["Problem"] = problem
        app.openapi_schema = made
    return app.openapi_schema
