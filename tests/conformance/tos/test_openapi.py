"""The interface against its own OpenAPI document: schemathesis finds no 5xx and no undocumented answer.

One check of schemathesis does not fit and is left out: a well-formed job order need not be one that can be done, so
`positive_data_acceptance` would call every 422 a fault.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "unit/adapters/tos_api"))
from tos_desk import DeskInMemory, box

from portway.adapters.tos.api.answers import AnswersInMemory
from portway.adapters.tos.api.app import make_api
from portway.adapters.tos.api.job_order import JobOrderBody
from portway.adapters.tos.api.keys import ApiKey, KeyRing, Role, hash_secret
from portway.adapters.tos.api.outbox import OutboxInMemory


def feasible(name: str, number: int) -> dict:
    """A discharge that can be done: a box and a slot of its own."""
    slot = {"block": "A", "bay": 1 + number % 20, "row": 1 + number // 20 % 6, "tier": 1 + number // 120 % 5}
    return {
        "id": name,
        "kind": "discharge",
        "container": {"id": box(number)},
        "quay_crane": "QC1",
        "quay_bay": 2,
        "slot": slot,
    }


SALT = b"0123456789abcdef"
KEY = {"X-API-Key": "all.secret"}
KNOWN = {"job-orders": "J", "work-queues": "QC1", "cranes": "QC1", "trucks": "T1", "containers": box(0),
         "road-blocks": "works", "deliveries": "tos:1"}  # fmt: skip
CASES = 20  # of each operation; `counted` says how many that makes
ring = KeyRing([ApiKey("all", frozenset(Role), SALT, hash_secret("secret", SALT))])
desk = DeskInMemory()
app = make_api(desk, ring, AnswersInMemory(), outbox=OutboxInMemory())
assert asyncio.run(desk.submit([JobOrderBody(**feasible("J", 0)).to_core()])) == []
schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app).exclude(path="/v1/events")  # it does not end
LEFT_OUT = ("positive_data_acceptance",)
counted: list[int] = []


def steer(case) -> None:
    """Let half of the well-formed cases name things that exist: random names would all end as 404 or 422."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or len(counted) % 2:
        return
    number = len(counted)
    for key in case.path_parameters or {}:
        kind = case.path.split("/")[-2 if case.path.endswith("}") else -3]
        case.path_parameters[key] = KNOWN.get(kind, case.path_parameters[key])
    if case.method == "DELETE":
        case.path_parameters["id"] = f"J{number - number % 20}"
    if isinstance(case.body, dict):
        keys = {"job_order": "J", "truck": "T1", "lanes": ["L1"]}
        case.body = {k: keys.get(k, v) for k, v in case.body.items()}
        if "kind" in case.body:
            case.body = feasible(case.path_parameters.get("id", f"J{number}" if number % 3 else "J"), number)
        elif case.path.endswith("batches"):
            case.body = {"job_orders": [feasible(f"J{number}", number), feasible(f"K{number}", number + 10_000)]}
        elif case.path.endswith("handovers"):
            case.body["job_orders"] = ["J"]
        elif case.path.endswith("stock"):
            boxes = [{k: v for k, v in feasible("", 20_000 + number).items() if k in ("container", "slot")}]
            case.body["boxes"] = boxes if case.method == "POST" else []
        elif case.path.endswith("sequence"):
            case.body["job_orders"] = [j for v in desk.work_queues()[:1] for j in v.job_orders] or ["J"]


@schema.parametrize()
@settings(max_examples=CASES, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True,
          suppress_health_check=list(HealthCheck))  # fmt: skip
def test_every_answer_is_documented(case):
    if "Idempotency-Key" in (case.headers or {}):  # else every case would be refused for the key of the first one
        case.headers["Idempotency-Key"] = f"case-{len(counted)}"
    steer(case)
    response = case.call(headers=KEY)
    counted.append(response.status_code)
    case.validate_response(response, excluded_checks=[CHECKS.get_one(name) for name in LEFT_OUT])


def test_enough_cases_were_tried():
    if not counted:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the operations did not run here")
    print({status: counted.count(status) for status in sorted(set(counted))}, len(counted))
    assert len(counted) > 300
    assert {200, 201, 204, 400, 404, 405, 409, 422} <= set(counted)
