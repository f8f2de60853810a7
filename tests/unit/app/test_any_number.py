"""Every number that the editor and the TOS interface take may be as large or as small as JSON can say it: it is taken
or refused, and never breaks what answers."""

import asyncio
import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from live_site import LiveSite, at_work, yard
from starlette.types import ASGIApp

from portway.app.config import ScenarioError, load_scenario
from portway.app.config.loader import built_in_folders
from portway.app.config.terminal_file import TerminalFile
from portway.app.config.toml_file import validate
from portway.app.web.draft import Draft
from portway.app.web.editor import make_editor

FAR = (1e308, -1e308, 2**63, 10**400)
EDGES = (0, 1e-308, -1e7, 1e7, 1e9)
KEYS = ("key", "message", "cure", "said")
# One table of each kind that Huashan does without.
MORE: dict[str, Any] = {
    "nodes": [{"id": "n1", "x_m": 500.0, "y_m": 500.0}, {"id": "n2", "x_m": 600.0, "y_m": 500.0}],
    "lanes": [
        {"id": "l1", "from_node": "n1", "to_node": "n2", "shape": [[550.0, 501.0]]},
        {"id": "l2", "from_node": "n2", "to_node": "n1"},
    ],
    "places": [
        {"id": "p1", "kind": "parking", "lane": "l1", "at_m": 20.0, "bay": 1, "power_kw": 10.0},
        {"id": "p2", "kind": "yard_transfer", "lane": "l2", "at_m": 20.0, "bay": 1, "serves": "X1"},
    ],
    "zones": [{"id": "z", "polygon": [[0, 0], [10, 0], [10, 10]], "speed_mps_max": 3.0}],
    "blocks": [{"id": "X1", "origin": [800.0, 800.0], "axis_deg": 0.0, "bays": 3, "rows": 2, "tiers": 2}],
    "yard_cranes": [{"id": "yc", "block": "X1"}],
}
Path_ = tuple[str | int, ...]


def numbers(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Where numbers stand."""
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(below, (*path, key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def one_of_each(value: Any) -> list[Path_]:
    """The first of those that differ in an index alone."""
    kinds: dict[Path_, Path_] = {}
    for path in numbers(value):
        kinds.setdefault(tuple(key if isinstance(key, str) else 0 for key in path), path)
    return list(kinds.values())


def with_number(value: Any, path: Path_, number: float) -> Any:
    """A copy in which another number stands."""
    changed = copy.deepcopy(value)
    below = changed
    for key in path[:-1]:
        below = below[key]
    below[path[-1]] = number
    return changed


@pytest.fixture
def folder(tmp_path) -> Path:
    return Path(shutil.copytree(built_in_folders()["huashan"], tmp_path / "port"))


@pytest.fixture
def whole(folder) -> dict[str, Any]:
    """A terminal with every table, and every number written out."""
    draft = Draft(str(folder))
    table, _ = validate(TerminalFile, draft.opened()["raw"] | MORE, "terminal.toml")
    raw = table.model_dump(mode="json", exclude_none=True)
    assert draft.judged(raw)["problems"] == []
    return raw


def answers(app: ASGIApp, requests: list[tuple[str, str, str]]) -> list[httpx.Response]:
    """Whatever breaks the application breaks the test."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return [await client.request(method, path, content=body) for method, path, body in requests]

    return asyncio.run(ask())


def test_the_editor_refuses_a_number_that_no_terminal_has(folder, whole):
    paths = one_of_each(whole)
    assert len(paths) > 60
    tried = [(path, number) for path in paths for number in FAR]
    bodies = [json.dumps({"raw": with_number(whole, path, number)}) for path, number in tried]
    found = answers(make_editor(Draft(str(folder))), [("POST", "/edit/draft", body) for body in bodies])
    for (path, number), answer in zip(tried, found, strict=True):
        assert answer.status_code == 200, (path, number)
        named = [p for p in answer.json()["problems"] if str(path[-1]) in p["key"] or f"[{path[-1]}]" in p["key"]]
        assert named, (path, number, answer.json()["problems"])
        assert all(named[0][key] for key in KEYS)
        assert named[0]["said"].startswith("terminal.toml")


def test_the_editor_answers_at_the_edge_of_what_it_takes(folder, whole):
    bodies = [json.dumps({"raw": with_number(whole, path, n)}) for path in one_of_each(whole) for n in EDGES]
    found = answers(make_editor(Draft(str(folder))), [("POST", "/edit/draft", body) for body in bodies])
    assert {answer.status_code for answer in found} == {200}


def test_a_node_in_another_galaxy_is_refused_with_its_place_value_and_cure(folder):
    draft = Draft(str(folder))
    judged = draft.judged(draft.opened()["raw"] | {"nodes": [{"id": "far", "x_m": 1e308, "y_m": 0.0}]})
    (problem,) = judged["problems"]
    assert problem["said"] == (
        "terminal.toml: nodes[far].x_m = 1e+308: Input should be less than or equal to 10000000; correct the value"
    )


def test_two_points_of_a_shape_may_be_one(folder):
    draft = Draft(str(folder))
    lane = MORE["lanes"][0] | {"shape": [[500.0, 500.0]]}
    more = MORE | {"lanes": [lane, MORE["lanes"][1]], "places": [MORE["places"][0] | {"at_m": 0}, MORE["places"][1]]}
    assert draft.judged(draft.opened()["raw"] | more)["problems"] == []


def test_rows_that_are_each_possible_and_together_are_not_are_refused(folder):
    draft = Draft(str(folder))
    row = {"ids": "Z{n}", "origin": [0, 900], "count": 9_999, "pitch_m": 50.0, "bays": 9_999, "road": "inland"}
    problems = draft.judged(draft.opened()["raw"] | {"block_rows": [row]})["problems"]
    assert (problems[0]["key"], problems[0]["cure"]) == ("block_rows", "lay 20000 at most")


def test_a_number_is_saved_as_it_was_given(folder):
    draft = Draft(str(folder))
    for number in (*FAR, *EDGES):
        opened = draft.opened()
        draft.save(opened["raw"] | {"nodes": [{"id": "far", "x_m": number, "y_m": 0.0}]}, opened["mark"])
        assert draft.opened()["raw"]["nodes"][0]["x_m"] == number


@pytest.mark.parametrize("said", ["inf", "-inf", "nan", "2026-03-04", "05:06:07", "9" * 5_000])
def test_a_file_with_a_number_that_json_cannot_say_is_refused(folder, said):
    app, file = make_editor(Draft(str(folder))), folder / "terminal.toml"
    file.write_text(f"{file.read_text()}\n[[nodes]]\nid = 'far'\nx_m = {said}\ny_m = 0.0\n")
    (answer,) = answers(app, [("GET", "/edit/draft", "")])
    assert answer.status_code == 422
    assert "terminal.toml" in answer.json()["error"]
    for read in (Draft, load_scenario):
        with pytest.raises(ScenarioError, match=r"terminal\.toml"):
            read(str(folder))


def test_a_number_on_the_command_line_may_be_as_long_as_it_likes():
    with pytest.raises(ScenarioError, match=r"terminal\.quay_cranes"):
        load_scenario("huashan", {"terminal.quay_cranes": "9" * 5_000})


JOB = {
    "id": "J1", "kind": "discharge", "container": {"id": "MSKU0000011", "length_ft": 40, "mass_kg": 20_000.0},
    "release_ms": 0, "due_ms": 1_000, "quay_crane": "QC01", "quay_bay": 2, "sequence": 0,
    "slot": {"block": "A1", "bay": 1, "row": 1, "tier": 1},
}  # fmt: skip
BOX = {"boxes": [{"container": JOB["container"], "slot": JOB["slot"]}], "reason": "counted"}
BODIES = [
    ("POST", "/job-orders", JOB),
    ("PUT", "/job-orders/J1", JOB),
    ("POST", "/job-order-batches", {"job_orders": [JOB]}),
    ("POST", "/stock", BOX),
    ("PUT", "/stock", BOX),
]
QUERIES = ("/progress?after={}", "/progress?limit={}", "/job-orders?limit={}", "/stock?limit={}", "/events?after={}")


def test_the_tos_interface_answers_whatever_number_it_is_given(tmp_path):
    async def act(site: LiveSite) -> None:
        first = await site.call("POST", "/job-orders", JOB)
        assert first.status_code == 201, first.text
        for number in (*FAR, *EDGES, -1, 9_999, 2**53 - 1, float("inf"), float("nan"), "9" * 5_000):
            text = number if isinstance(number, str) else json.dumps(number)
            if text != "0":  # a stream that begins does not end
                for query in QUERIES:
                    assert (await site.call("GET", query.format(text))).status_code < 500, (query, text)
            for method, path, body in BODIES:
                for where in one_of_each(body):
                    content = json.dumps(with_number(body, where, "here")).replace('"here"', text)
                    answer = await site.call(method, path, content=content)
                    assert answer.status_code < 500, (path, where, text)
        assert (await site.call("GET", "/job-orders/J1")).status_code == 200

    at_work(tmp_path, yard(), act)
