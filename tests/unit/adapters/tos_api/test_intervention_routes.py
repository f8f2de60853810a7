import pytest
from test_job_orders import discharge
from tos_desk import box

from portway.adapters.tos.api.keys import Role
from portway.adapters.tos.api.problem import NotReady

WHY = {"reason": "inspection"}


def put(site, path: str, body: dict, role: Role = Role.OPERATOR):
    return site.call("PUT", path, {**body, **WHY}, role=role)


def test_a_truck_is_paused_withdrawn_and_read(site):
    assert put(site, "/v1/operations/trucks/T1/pause", {"paused": True}).status_code == 204
    assert site.call("GET", "/v1/trucks/T1").json()["state"] == "paused"
    assert put(site, "/v1/operations/trucks/T1/withdrawal", {"withdrawn": True}).status_code == 204
    assert [t["state"] for t in site.call("GET", "/v1/trucks").json()["items"]] == ["withdrawn", "idle", "idle"]
    assert put(site, "/v1/operations/trucks/T9/pause", {"paused": True}).status_code == 404
    assert site.call("GET", "/v1/trucks/T9").status_code == 404


def test_an_intervention_needs_a_reason(site):
    answer = site.call("PUT", "/v1/operations/trucks/T1/pause", {"paused": True}, role=Role.OPERATOR)
    assert [p["pointer"] for p in answer.json()["problems"]] == ["/reason"]


def test_lanes_are_closed_under_a_name_and_opened_again(site):
    refused = put(site, "/v1/operations/road-blocks/works", {"lanes": ["L1", "L9"]})
    assert (refused.status_code, refused.json()["problems"][0]["pointer"]) == (422, "/lanes/1")
    assert put(site, "/v1/operations/road-blocks/works", {"lanes": ["L1"]}).status_code == 204
    opening = "/v1/operations/road-blocks/works/opening"
    assert [site.call("POST", opening, WHY, role=Role.OPERATOR).status_code for _ in "ab"] == [204, 404]


def test_a_job_order_is_moved_to_a_known_truck_only(site):
    site.call("POST", "/v1/job-orders", discharge(1))
    assert put(site, "/v1/operations/job-orders/D1/truck", {"truck": "T2"}).json()["truck"] == "T2"
    assert put(site, "/v1/operations/job-orders/D1/truck", {"truck": "T9"}).status_code == 422
    assert put(site, "/v1/operations/job-orders/D9/truck", {"truck": "T2"}).status_code == 404


def test_a_work_queue_is_resequenced_whole_and_suspended(site):
    site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(i) for i in (1, 2, 3)]})
    path = "/v1/work-queues/QC1"
    done = put(site, f"{path}/sequence", {"job_orders": ["D3", "D1", "D2"]}, Role.TOS)
    assert done.json()["job_orders"] == ["D3", "D1", "D2"]
    refused = put(site, f"{path}/sequence", {"job_orders": ["D3", "D3", "X"]}, Role.TOS)
    assert {p["code"] for p in refused.json()["problems"]} == {"repeated", "not_in_queue", "missing"}
    assert put(site, f"{path}/activation", {"active": False}, Role.TOS).json()["active"] is False
    assert put(site, "/v1/work-queues/QC9/activation", {"active": True}, Role.TOS).status_code == 404
    assert site.call("GET", path).json()["active"] is False
    assert len(site.call("GET", "/v1/work-queues").json()["items"]) == 2


def test_cranes_report_and_containers_are_found(site):
    site.call("POST", "/v1/job-orders", discharge(1))
    assert site.call("POST", "/v1/cranes/QC1/ready", {"job_order": "D1"}).status_code == 204
    assert site.call("POST", "/v1/cranes/QC1/handovers", {"truck": "T1", "job_orders": ["D1"]}).status_code == 204
    assert site.call("POST", "/v1/cranes/QC9/ready", {"job_order": "D1"}).status_code == 404
    assert site.desk.log == [("ready", "QC1", "D1"), ("handover", "QC1", "T1", ("D1",))]
    assert site.call("GET", f"/v1/containers/{box(1)}").json()["job_orders"] == ["D1"]
    assert site.call("GET", f"/v1/containers/{box(2)}").status_code == 404
    assert len(site.call("GET", "/v1/cranes").json()["items"]) == 4
    assert site.call("GET", "/v1/alerts").json() == {"items": []}


def test_an_unknown_path_and_a_wrong_method_are_problem_documents_too(site):
    missing, wrong = site.call("GET", "/v1/nothing"), site.call("PATCH", "/v1/job-orders")
    assert (missing.status_code, wrong.status_code, wrong.headers["allow"]) == (404, 405, "GET, POST")
    assert {a.headers["content-type"] for a in (missing, wrong)} == {"application/problem+json"}


@pytest.mark.parametrize("key", [None, "k"])
def test_while_the_terminal_is_not_ready_nothing_is_taken_and_nothing_remembered(site, key):
    submit, headers = site.desk.submit, {} if key is None else {"Idempotency-Key": key}

    async def starting(jobs):
        raise NotReady("starting")

    site.desk.submit = starting
    assert site.call("POST", "/v1/job-orders", discharge(1), headers=headers).status_code == 503
    site.desk.submit = submit
    assert site.call("POST", "/v1/job-orders", discharge(1), headers=headers).status_code == 201
