"""Webhooks in the OpenAPI document: what a receiver gets, and what is wanted of it (OpenAPI 3.1, `webhooks`)."""

from typing import Annotated

from fastapi import FastAPI, Header

from portway.adapters.tos.api.openapi import Responses
from portway.adapters.tos.api.views import ProgressEvent

DELIVERY = "Names the delivery, the same in every attempt, no other one in any run: what came before can be told by it."
RUN = "The run of the event: ids of events count within it."
SIGNATURE = (
    "`t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `t`, a dot and the body under the target's secret. "
    "Refuse what is older than five minutes."
)
TAKEN: Responses = {
    204: {"description": "Taken. Any other 2xx means the same; all else is tried again, at last after an hour."},
    422: {"description": "Not taken, like any answer but 2xx; given up after 20 attempts."},
}


def add_webhooks(app: FastAPI) -> None:
    """Describe what targets are sent."""

    @app.webhooks.post("progress", status_code=204, responses=TAKEN, tags=["webhooks"])
    def progress(
        body: ProgressEvent,
        portway_delivery: Annotated[str, Header(alias="Portway-Delivery", description=DELIVERY)],
        portway_run: Annotated[str, Header(alias="Portway-Run", description=RUN)],
        portway_signature: Annotated[str, Header(alias="Portway-Signature", description=SIGNATURE)],
    ) -> None:
        """One progress event, posted to each target that wants its kind; those of a job order in their sequence."""
