import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tos_desk import box

from portway.adapters.tos.api.instants import ms_of, utc_of
from portway.adapters.tos.api.keys import Role
from portway.core.model.work import Container, JobOrder, MoveKind
from portway.core.work.predecessors import predecessors_first


def discharge(number: int, **more) -> dict:
    slot = {"block": "A", "bay": 1 + number % 20, "row": 1 + number // 20 % 6, "tier": 1 + number // 120}
    job = {"id": f"D{number}", "kind": "discharge", "container": {"id": box(number)}, "quay_crane": "QC1"}
    return {**job, "quay_bay": 2, "sequence": number, "slot": slot, **more}


def test_a_job_order_is_created_and_read_back(site):
    made = site.call("POST", "/v1/job-orders", discharge(1))
    assert made.status_code == 201
    read = site.call("GET", "/v1/job-orders/D1", role=Role.VIEWER)
    assert read.json() == made.json()
    assert (read.json()["state"], read.json()["job_order"]["container"]["id"]) == ("open", box(1))


def test_a_job_order_given_again_unchanged_is_accepted_and_changed_is_a_conflict(site):
    site.call("POST", "/v1/job-orders", discharge(1))
    again = site.call("POST", "/v1/job-orders", discharge(1))
    assert (again.status_code, again.json()["unchanged"]) == (200, True)
    changed = site.call("POST", "/v1/job-orders", discharge(1, sequence=9))
    assert (changed.status_code, changed.json()["problems"][0]["code"]) == (409, "exists")


def test_everything_wrong_with_a_job_order_is_listed_with_pointer_value_message_and_cure(site):
    slot = {"block": "AA", "bay": 1, "row": 1, "tier": 1}
    refused = site.call("POST", "/v1/job-orders", discharge(1, quay_crane="QC7", slot=slot))
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    listed = {p["pointer"]: p for p in refused.json()["problems"]}
    assert set(listed) == {"/quay_crane", "/slot/block"}
    assert listed["/slot/block"]["value"] == "AA"
    assert all(p["message"] and p["cure"] for p in listed.values())
    assert site.call("GET", "/v1/job-orders/D1").status_code == 404


def test_a_misspelt_key_is_named(site):
    refused = site.call("POST", "/v1/job-orders", {**discharge(1), "quay_cran": "QC1"}).json()
    assert [(p["pointer"], p["cure"]) for p in refused["problems"]] == [("/quay_cran", "leave it out")]


def test_a_batch_is_taken_whole_or_not_at_all(site):
    wrong = discharge(3, quay_bay=15)
    refused = site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(1), discharge(2), wrong]})
    assert refused.status_code == 422
    assert [p["pointer"] for p in refused.json()["problems"]] == ["/job_orders/2/quay_bay"]
    assert site.desk.job_orders() == []
    taken = site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(2), discharge(1)]})
    assert [v["job_order"]["id"] for v in taken.json()["job_orders"]] == ["D2", "D1"]


def test_a_batch_may_name_later_ones_in_after_but_no_ring(site):
    slot = discharge(1)["slot"]
    load = {"id": "L1", "kind": "load", "container": {"id": box(1)}, "quay_crane": "QC2", "quay_bay": 12, "slot": slot}
    batch = {"job_orders": [{**load, "after": ["D1"]}, discharge(1)]}
    assert site.call("POST", "/v1/job-order-batches", batch).status_code == 201
    ring = {"job_orders": [discharge(5, after=["D6"]), discharge(6, after=["D5"])]}
    refused = site.call("POST", "/v1/job-order-batches", ring)
    assert [(p["pointer"], p["code"]) for p in refused.json()["problems"]] == [
        ("/job_orders/0/after", "ring"),
        ("/job_orders/1/after", "ring"),
    ]


def test_an_id_twice_in_a_batch_is_refused(site):
    refused = site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(1), discharge(1)]})
    assert refused.json()["problems"][0]["code"] == "twice"


def test_lists_go_page_by_page_and_filter(site):
    site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(i) for i in range(1, 8)]})
    seen, after = [], None
    while True:
        query = {"limit": 3} | ({"after": after} if after else {})
        page = site.call("GET", "/v1/job-orders", role=Role.VIEWER, params=query).json()
        seen += [v["job_order"]["id"] for v in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [f"D{i}" for i in range(1, 8)]
    only = site.call("GET", "/v1/job-orders", params={"container": box(4), "state": "open", "kind": "discharge"}).json()
    assert [v["job_order"]["id"] for v in only["items"]] == ["D4"]
    assert site.call("GET", "/v1/job-orders", params={"quay_crane": "QC2"}).json()["items"] == []


def test_an_update_changes_an_open_job_order_and_comes_too_late_for_a_done_one(site):
    site.call("POST", "/v1/job-orders", discharge(1))
    updated = site.call("PUT", "/v1/job-orders/D1", discharge(1, sequence=7))
    assert (updated.status_code, updated.json()["job_order"]["sequence"]) == (200, 7)
    other = site.call("PUT", "/v1/job-orders/D1", discharge(2))
    assert (other.status_code, other.json()["problems"][0]["pointer"]) == (422, "/id")
    site.desk.board.unit_of_job["D1"].begun = True
    late = site.call("PUT", "/v1/job-orders/D1", discharge(1, sequence=8))
    assert (late.status_code, late.json()["problems"][0]["code"]) == (409, "too_late")
    assert site.call("PUT", "/v1/job-orders/D9", discharge(9)).status_code == 404


def test_cancelling_takes_followers_along_and_a_second_time_is_answered_alike(site):
    batch = {"job_orders": [discharge(1), discharge(2, after=["D1"])]}
    site.call("POST", "/v1/job-order-batches", batch)
    assert site.call("DELETE", "/v1/job-orders/D1", params={"reason": "vessel left"}).status_code == 204
    states = {v.job_order.id: (v.state, v.reason) for v in site.desk.job_orders()}
    assert states == {"D1": ("aborted", "vessel left"), "D2": ("aborted", "vessel left")}
    assert site.call("DELETE", "/v1/job-orders/D1").status_code == 204
    assert site.call("DELETE", "/v1/job-orders/D9").status_code == 404
    assert site.call("POST", "/v1/job-orders", discharge(1, sequence=3)).status_code == 201  # it may come again


def test_a_begun_job_order_is_not_cancelled(site):
    site.call("POST", "/v1/job-orders", discharge(1))
    site.desk.board.unit_of_job["D1"].begun = True
    assert site.call("DELETE", "/v1/job-orders/D1").status_code == 409


def test_a_body_that_is_too_large_is_refused_before_it_is_read(site):
    refused = site.call("POST", "/v1/job-orders", discharge(1), content=None, headers={"Content-Length": "999999"})
    assert (refused.status_code, refused.json()["status"]) == (413, 413)
    grown = site.call("POST", "/v1/job-orders", {"id": "x" * 300_000})
    assert grown.status_code == 413


RUBBISH = [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'"\\ud800"', b'{"id": "\\ud800"}', b"[" * 50_000, b"9" * 5000,
    b'{"sequence": ' + b"9" * 5000 + b"}", b'{"id": NaN, "container": Infinity}', b'{"\\u0000": 1}',
    b'{"container": {"mass_kg": 1e999}}', b'{"a": 1, "a": 2}',
]  # fmt: skip


@pytest.mark.parametrize("body", RUBBISH)
@pytest.mark.parametrize("path", ["/v1/job-orders", "/v1/job-order-batches"])
def test_rubbish_is_refused_with_a_problem_document(site, body, path):
    answer = site.call("POST", path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


ANY = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
                   lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
                   max_leaves=6)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from([*sorted(discharge(1)), "twin", "after", "gate", "due_ms", "due_at", "slot_to"]), value=ANY)
def test_a_mutated_job_order_is_accepted_or_refused_and_nothing_else(site, key, value):
    body = json.dumps({**discharge(1), key: value}).encode()
    answer = site.call("POST", "/v1/job-orders", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 201, 400, 409, 422), answer.text


def test_predecessors_come_first_and_rings_are_named():
    def job(name, *after):
        return JobOrder(name, MoveKind.YARD, Container(name), after=after)

    ordered, ring = predecessors_first([job("c", "b"), job("b", "a", "z"), job("a"), job("d", "e"), job("e", "d")])
    assert [j.id for j in ordered] == ["a", "b", "c"]
    assert [j.id for j in ring] == ["d", "e"]


@pytest.mark.parametrize(
    ("box_is", "code", "pointer"),
    [
        ({"id": "BOX1"}, "no_container_number", "/container/id"),
        ({"id": "PWTU0000019"}, "check_digit", "/container/id"),
        ({"id": box(1), "mass_kg": 99_000}, "mass_outside", "/container/mass_kg"),
        ({"id": box(1), "length_ft": 20, "iso_type": "42G1"}, "type_differs", "/container/iso_type"),
    ],
)
def test_what_no_box_can_be_is_refused_with_place_and_cure(site, box_is, code, pointer):
    for body, path, at in (
        (discharge(1, container=box_is), "job-orders", ""),
        ({"job_orders": [discharge(2), discharge(1, container=box_is)]}, "job-order-batches", "/job_orders/1"),
    ):
        refused = site.call("POST", f"/v1/{path}", body)
        (entry,) = refused.json()["problems"]
        assert (refused.status_code, entry["code"], entry["pointer"]) == (422, code, at + pointer)
        assert entry["cure"]
    assert site.desk.job_orders() == []


def test_a_job_order_that_is_due_before_its_release_is_refused(site):
    refused = site.call("POST", "/v1/job-orders", discharge(1, release_ms=9_000, due_ms=8_999))
    assert [(p["pointer"], p["code"]) for p in refused.json()["problems"]] == [("/due_ms", "due_before_release")]
    assert site.call("POST", "/v1/job-orders", discharge(1, release_ms=9_000, due_ms=9_000)).status_code == 201


def test_instants_are_taken_and_told_in_both_ways(site):
    start_ms = 1_800_000_000_123
    made = site.call("POST", "/v1/job-orders", discharge(1, release_at="2027-01-15T09:00:01.125+01:00", due_ms=60_000))
    assert made.status_code == 201, made.text
    job = made.json()["job_order"]
    assert (job["release_ms"], job["release_at"]) == (1_002, "2027-01-15T08:00:01.125Z")
    assert (job["due_ms"], job["due_at"]) == (60_000, "2027-01-15T08:01:00.123Z")
    again = site.call("POST", "/v1/job-orders", job)  # as it was told
    assert (again.status_code, again.json()["unchanged"]) == (200, True)
    run = site.call("GET", "/v1/status", role=Role.VIEWER).json()
    assert (run["started_at"], run["now_ms"], run["now_at"]) == (
        "2027-01-15T08:00:00.123Z",
        5,
        "2027-01-15T08:00:00.128Z",
    )
    assert ms_of(0, utc_of(start_ms, 0)) == start_ms


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"release_at": "2027-01-15T09:00:01"}, "value_error"),
        ({"release_at": "2027-01-15"}, "value_error"),
        ({"release_at": 1_800_000_001}, "value_error"),
        ({"release_at": "2027-02-30T09:00:01Z"}, "value_error"),
        ({"release_at": "0001-01-01T00:00:00+23:59"}, "value_error"),
        ({"release_at": "2027-01-15T07:59:59Z"}, "before_start"),
        ({"release_at": "2027-01-15T09:00:01Z", "release_ms": 7}, "instants_differ"),
        ({"due_at": "2027-01-15T09:00:01Z", "due_ms": 7}, "instants_differ"),
    ],
)
def test_a_time_that_says_nothing_or_two_things_is_refused(site, given, code):
    refused = site.call("POST", "/v1/job-orders", discharge(1, **given))
    (entry,) = refused.json()["problems"]
    assert (refused.status_code, entry["code"]) == (422, code)
    assert entry["pointer"] in ("/release_at", "/due_at")


def test_an_instant_beyond_the_calendar_has_no_absolute_time(site):
    made = site.call("POST", "/v1/job-orders", discharge(1, due_ms=2**53 - 1))
    assert (made.status_code, made.json()["job_order"]["due_at"]) == (201, None)


def test_an_update_that_changes_nothing_says_so(site):
    site.call("POST", "/v1/job-orders", discharge(1))
    events = site.desk.newest_progress()
    assert site.call("PUT", "/v1/job-orders/D1", discharge(1)).json()["unchanged"] is True
    assert site.desk.newest_progress() == events
    assert site.call("PUT", "/v1/job-orders/D1", discharge(1, sequence=7)).json()["unchanged"] is False


def test_of_a_batch_given_again_every_job_order_says_whether_it_was_known(site):
    site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(1), discharge(2)]})
    again = site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(1), discharge(2)]})
    assert (again.status_code, [v["unchanged"] for v in again.json()["job_orders"]]) == (200, [True, True])
    more = site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(1), discharge(3)]})
    assert (more.status_code, [v["unchanged"] for v in more.json()["job_orders"]]) == (201, [True, False])


def test_the_document_describes_the_webhooks(site):
    document = site.call("GET", "/v1/openapi.json", role=None).json()
    hook = document["webhooks"]["progress"]["post"]
    assert document["openapi"].startswith("3.1")
    assert hook["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ProgressEvent"
    }
    assert {p["name"] for p in hook["parameters"]} == {"Portway-Delivery", "Portway-Run", "Portway-Signature"}
