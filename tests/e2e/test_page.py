"""The page in a real browser: it shows what the run does, and obeys whom it may."""

import json
import math
import subprocess
import sys
import time

import pytest
from page_server import SHOTS, browser, page_of

from portway.adapters.tos.api.keys import Role, new_key
from portway.app.compose import simulate
from portway.app.config import load_scenario
from portway.twin import recording
from portway.twin.recording_reader import Recording

PAINTED = """(() => { const w = window.portway, p = w.stream.points, v = w.stream.reader.values;
  return p.groups.get("truck").devices.map((id, n) => { const s = w.shown.map.truckOnScreen(id);
    return [s.x, s.y, p.value(v, p.at("truck.position.x", n)), p.value(v, p.at("truck.position.y", n))] }) })()"""
STATE = """(() => { const w = window.portway, r = w.stream.reader; return {
  link: w.link.value, frames: r ? r.frames : 0, gaps: r ? r.gaps : 0, role: w.role.value,
  at: w.stream.head ? w.stream.head.atMs : 0,
  points: w.stream.points ? w.stream.points.all.length : 0,
  painted: w.shown.map ? w.shown.map.painted : 0,
  live: w.clock.value.live, last: w.clock.value.last_ms, ages: w.stream.agesMs.slice() } })()"""


@pytest.fixture(scope="module")
def chromium():
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A key file and the keys of an operator and of a viewer."""
    made = {name: new_key(name, [role]) for name, role in (("ann", Role.OPERATOR), ("vic", Role.VIEWER))}
    file = tmp_path_factory.mktemp("keys") / "keys.toml"
    file.write_text("\n".join(entry for _, entry in made.values()))
    return file, {name: key for name, (key, _) in made.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def address(keys, folder):
    arguments = ("watch", "huashan", "--no-browser", "--speed", "20", "--out", str(folder), "--keys", str(keys[0]))
    with page_of(*arguments, port=18_431) as url:
        yield url


def opened(chromium, address, key="", width=1280, height=720, language="en-US"):
    """A page that has been let in and has got frames; it fails the test when it logs an error or asks elsewhere."""
    context = chromium.new_context(viewport={"width": width, "height": height}, locale=language, bypass_csp=True)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.on(
        "request",
        lambda r: (
            None if r.url.startswith((address, "data:", "blob:", "ws://127.0.0.1")) else page.problems.append(r.url)
        ),
    )
    page.goto(address)
    if key:
        page.fill("[data-test=key-input]", key)
        page.click("[data-test=key-give]")
    page.wait_for_function(
        "window.portway.stream.reader && window.portway.stream.reader.frames > 3 && window.portway.shown.map"
    )
    return page


@pytest.fixture
def operator(chromium, address, keys):
    page = opened(chromium, address, keys[1]["ann"])
    yield page
    assert page.problems == []
    page.context.close()


def order(page, reason="test"):
    """Confirm what was clicked; the answer."""
    page.fill("[data-test=reason]", reason)
    page.click("[data-test=do]")
    page.wait_for_selector("[data-test=answer]")
    note = page.locator("[data-test=answer]")
    return note.get_attribute("data-ok"), note.get_attribute("data-code")


def shot(page, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"))


def test_trucks_are_painted_where_the_values_say_and_move(operator):
    before = operator.evaluate(STATE)
    first = operator.evaluate(PAINTED)
    operator.wait_for_timeout(4_000)
    second, after = operator.evaluate(PAINTED), operator.evaluate(STATE)
    for x, y, said_x, said_y in first + second:
        assert math.hypot(x - said_x, y - said_y) < 20.0  # at 20 times real time a frame is 2 s of driving
    moved = [math.hypot(b[0] - a[0], b[1] - a[1]) for a, b in zip(first, second, strict=True)]
    assert max(moved) > 20.0
    assert after["frames"] - before["frames"] >= 25
    assert after["gaps"] == 0
    assert after["painted"] > before["painted"] + 20
    assert after["at"] > before["at"] + 40_000
    shot(operator, "map")


def test_a_paused_run_paints_every_truck_exactly(operator):
    operator.keyboard.press("Space")
    operator.wait_for_function("window.portway.clock.value.paused")
    operator.wait_for_timeout(2_500)
    off = max(math.hypot(x - said_x, y - said_y) for x, y, said_x, said_y in operator.evaluate(PAINTED))
    operator.keyboard.press("Space")
    operator.wait_for_function("!window.portway.clock.value.paused")
    assert off < 0.02


def test_positions_are_those_of_the_recording(operator, folder):
    """What the page holds at an instant is what the server has kept of it."""
    operator.click("[data-test=pause]")
    operator.wait_for_function("window.portway.clock.value.paused")
    operator.wait_for_timeout(1_000)
    at, values = operator.evaluate("[window.portway.stream.head.atMs, Array.from(window.portway.stream.reader.values)]")
    operator.click("[data-test=pause]")
    operator.wait_for_timeout(8_000)  # until the chunk of that instant has been written
    kept_at, kept = Recording(folder / "recording").values_at(round(at))
    assert kept_at == at
    assert kept.tolist() == values


def test_every_panel_opens_in_both_languages(operator):
    for name in ("figures", "cranes", "jobs", "points", "alarms", "events", "roads"):
        operator.click(f"[data-test=tab-{name}]")
        if operator.locator(f"[data-test=panel-{name}]").count() == 0:  # it was open
            operator.click(f"[data-test=tab-{name}]")
        operator.wait_for_selector(f"[data-test=panel-{name}]")
        shot(operator, f"panel-{name}")
    english = operator.inner_text("[data-test=tab-alarms]")
    operator.click("[data-test=language]")
    operator.wait_for_function("document.documentElement.lang === 'zh'")
    assert operator.inner_text("[data-test=tab-alarms]") != english
    assert "报警" in operator.inner_text("[data-test=tab-alarms]")
    operator.click("[data-test=theme]")
    operator.wait_for_timeout(500)
    shot(operator, "light-chinese")


def test_data_points_are_found_plotted_and_counted(operator):
    operator.keyboard.press("4")
    assert int(operator.get_attribute("[data-test=panel-points]", "data-count")) == operator.evaluate(STATE)["points"]
    operator.fill("[data-test=points-filter]", "battery.charge")
    trucks = operator.evaluate("window.portway.stream.points.groups.get('truck').devices.length")
    operator.wait_for_function(f"document.querySelector('[data-test=points]').dataset.rows === '{trucks}'")
    operator.click("[data-test=points] .table-row >> nth=0")
    operator.wait_for_selector("[data-test=plot] canvas")
    assert operator.get_attribute("[data-test=plot]", "data-point") == "truck.battery.charge"


def test_an_operator_stops_a_truck_with_a_reason_and_lets_it_go_on(operator):
    operator.keyboard.press("Control+k")
    operator.fill(
        "[data-test=search-input]",
        "HT03" if operator.evaluate("window.portway.tables.of('trucks').has('HT03')") else "T003",
    )
    operator.keyboard.press("Enter")
    operator.wait_for_selector("[data-test=detail][data-kind=truck]")
    truck = operator.get_attribute("[data-test=detail]", "data-id")
    paused = f"window.portway.tables.of('trucks').get('{truck}').paused"
    operator.click("[data-test=pause-truck]")
    assert order(operator, "a look at it") == ("true", "")
    operator.wait_for_function(paused)
    operator.wait_for_timeout(1_500)
    shot(operator, "truck")
    operator.click("[data-test=pause-truck]")
    assert order(operator) == ("true", "")
    operator.wait_for_function(f"!{paused}")
    events = operator.evaluate(
        "[...window.portway.tables.of('events').values()].filter(r => r.code === 'truck_paused')"
    )
    assert events[-1] == {
        "at_ms": events[-1]["at_ms"],
        "code": "truck_paused",
        "subject": truck,
        "detail": "a look at it",
        "by": "ann",
    }


def test_a_lane_is_closed_and_opened(operator):
    lane = operator.evaluate("window.portway.stream.points.doc.lanes.find(l => !l.crossing && l.line.length > 1).id")
    operator.evaluate(f"window.portway.selection.value = {{kind: 'lane', id: {json.dumps(lane)}}}")
    operator.click("[data-test=detail] [data-test=close-lane]")
    assert order(operator) == ("true", "")
    operator.wait_for_function(f"window.portway.tables.of('blocks').has({json.dumps(lane)})")
    operator.keyboard.press("7")
    operator.click("[data-test=closed-road] button")
    assert order(operator) == ("true", "")
    operator.wait_for_function("window.portway.tables.of('blocks').size === 0")


def test_the_past_is_scrubbed_locked_and_left(operator):
    operator.wait_for_function("window.portway.stream.head.atMs > 120000", timeout=40_000)
    box = operator.locator("[data-test=track]").bounding_box()
    operator.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
    operator.wait_for_selector("[data-test=past-banner]")
    state = operator.evaluate(STATE)
    assert not state["live"]
    assert abs(state["at"] - 0.25 * state["last"]) < 0.1 * state["last"]
    operator.keyboard.press("Space")
    operator.wait_for_function("window.portway.clock.value.paused")
    at = operator.evaluate(STATE)["at"]
    operator.keyboard.press("ArrowLeft")
    operator.wait_for_function(f"window.portway.stream.head.atMs < {at}")
    operator.evaluate(
        "window.portway.selection.value = {kind: 'truck', id: [...window.portway.tables.of('trucks').keys()][0]}"
    )
    assert operator.locator("[data-test=pause-truck]").is_disabled()
    shot(operator, "past")
    operator.click("[data-test=live]")
    operator.wait_for_function("window.portway.clock.value.live")
    operator.wait_for_function(f"window.portway.stream.head.atMs > {state['last']}")


def test_an_alarm_is_raised_acknowledged_and_shelved(operator):
    """Speed up until a crane has waited for a truck for five minutes."""
    operator.select_option("[data-test=speed-select]", "300")
    operator.wait_for_function("window.portway.tables.of('alarms').size > 0", timeout=60_000)
    operator.select_option("[data-test=speed-select]", "20")
    operator.click("[data-test=tab-alarms]")
    alarm = operator.locator("[data-test=alarm]").first
    name = alarm.get_attribute("data-id")
    operator.click("[data-test=alarm] [data-test=ack]")
    operator.wait_for_function(f"window.portway.tables.of('alarms').get('{name}')?.acked_by === 'ann'")
    operator.select_option(f"[data-id='{name}'] [data-test=shelve]", "15")
    operator.wait_for_selector(f"[data-id='{name}'][data-state=shelved]")
    shot(operator, "alarms")
    operator.click("[data-test=alarm-before]")
    operator.wait_for_function("!window.portway.clock.value.live")
    marks = operator.evaluate("window.portway.clock.value.marks.map(m => m[0])")
    at = operator.evaluate(STATE)["at"]
    assert min(abs(at - mark) for mark in marks) < 10_000
    operator.click("[data-test=live]")


def test_a_viewer_sees_everything_and_may_do_nothing(chromium, address, keys):
    page = opened(chromium, address, keys[1]["vic"])
    assert page.evaluate(STATE)["role"] == "viewer"
    truck = page.evaluate("[...window.portway.tables.of('trucks').keys()][0]")
    page.evaluate(f"window.portway.selection.value = {{kind: 'truck', id: '{truck}'}}")
    assert page.locator("[data-test=pause-truck]").is_disabled()
    said = page.evaluate(
        f"window.portway.stream.ask({{c: 'command', name: 'pause_truck', truck: '{truck}', paused: true, reason: 'x'}})"
    )
    assert [p["code"] for p in said["problems"]] == ["not_allowed"]
    assert not page.evaluate(f"window.portway.tables.of('trucks').get('{truck}').paused")
    page.context.close()


def test_the_content_policy_lets_the_page_live_and_nobody_evaluate(chromium, address):
    page = chromium.new_page()
    problems = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.goto(address)
    page.wait_for_selector("[data-test=key-input]")
    assert problems == []
    policy = page.evaluate("fetch('/').then(r => r.headers.get('content-security-policy'))")
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    page.context.close()


def test_a_wrong_key_lets_nobody_in(chromium, address):
    page = chromium.new_page(bypass_csp=True)
    page.goto(address)
    page.fill("[data-test=key-input]", "ann.wrong")
    page.click("[data-test=key-give]")
    page.wait_for_function("document.querySelector('dialog')?.innerText.includes('No such key')")
    assert page.evaluate("window.portway.stream.reader") is None
    page.context.close()


def test_one_that_sends_rubbish_is_cut_off_and_nobody_else_notices(chromium, address, keys, operator):
    page = opened(chromium, address, keys[1]["vic"])
    before = operator.evaluate(STATE)["frames"]
    page.evaluate("(() => { for (let i = 0; i < 200; i++) window.portway.stream.send({c: 'watch'}) })()")
    page.wait_for_selector("[data-test=banner]")
    operator.wait_for_timeout(1_500)
    after = operator.evaluate(STATE)
    assert after["frames"] > before + 8
    assert after["gaps"] == 0
    page.context.close()


@pytest.mark.parametrize("said", ["{c: 'seek', at_ms: 'nan'}", "{c: 'speed', x: 'inf'}", "{c: 'step', ms: 'x'}"])
def test_a_number_that_is_none_is_refused_and_the_run_goes_on(operator, said):
    operator.evaluate(f"window.portway.stream.send({said})")
    at = operator.evaluate(STATE)["at"]
    operator.wait_for_function(f"window.portway.stream.head.atMs > {at} + 1000")
    assert operator.evaluate(STATE)["link"] == "up"


def test_it_fits_on_a_small_and_on_a_wall_screen(chromium, address, keys):
    for width, height in ((1280, 720), (3840, 2160)):
        page = opened(chromium, address, keys[1]["vic"], width, height)
        assert page.evaluate(
            "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
        )
        assert page.evaluate("document.querySelector('[data-test=map]').clientWidth > innerWidth / 2")
        shot(page, f"screen-{width}")
        page.context.close()


def test_a_lost_connection_says_so_and_comes_back_without_a_reload(chromium, tmp_path):
    arguments = ("watch", "huashan", "--no-browser", "--speed", "5", "--out", str(tmp_path / "run"))
    with page_of(*arguments, port=18_441) as url:
        page = opened(chromium, url)
        page.evaluate("window.kept = true")
    page.wait_for_selector("[data-test=banner]", timeout=5_000)
    assert page.locator(".page.old").count() == 1
    with page_of(*arguments, port=18_441):
        page.wait_for_function("window.portway.link.value === 'up'", timeout=30_000)
        assert page.evaluate("window.kept") is True
        began = time.monotonic()
        page.wait_for_function("window.portway.stream.reader.frames > 5")
        assert time.monotonic() - began < 10
        assert page.locator("[data-test=banner]").count() == 0
    page.context.close()


def test_a_past_run_is_shown_from_its_recording_and_from_its_journal(chromium, tmp_path):
    with page_of("watch", "huashan", "--no-browser", "--speed", "100", "--out", str(tmp_path), port=18_451) as url:
        page = opened(chromium, url)
        page.wait_for_function("window.portway.stream.head.atMs > 400000", timeout=60_000)
        page.context.close()
    for remove in (False, True):
        if remove:
            (tmp_path / "recording").unlink()
        with page_of("replay", str(tmp_path), "--page", "--no-browser", port=18_452) as url:
            page = opened(chromium, url)
            assert page.get_attribute("[data-test=mode]", "data-mode") == "replay"
            page.wait_for_function("window.portway.clock.value.last_ms > 300000", timeout=30_000)
            page.evaluate("window.portway.stream.send({c: 'seek', at_ms: 250000})")
            page.wait_for_function("Math.abs(window.portway.stream.head.atMs - 250000) < 5000")
            assert page.evaluate("window.portway.tables.of('trucks').size") > 0
            assert page.problems == []
            page.context.close()


@pytest.mark.parametrize("name", ["journal", "recording"])
def test_what_was_cut_off_is_shown_up_to_its_last_whole_part_and_says_so(chromium, tmp_path, name):
    simulate(load_scenario("huashan"), 0, 0.5, tmp_path / "journal")
    if name == "recording":
        with page_of("replay", str(tmp_path), "--page", "--no-browser", port=18_491):
            until = time.monotonic() + 60
            while not (tmp_path / "recording").exists():
                assert time.monotonic() < until
                time.sleep(0.1)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) * 9 // 10])
    with page_of("replay", str(tmp_path), "--page", "--no-browser", port=18_492) as url:
        page = opened(chromium, url)
        assert "cut off" in page.inner_text("[data-test=banner]")
        page.wait_for_function("window.portway.clock.value.last_ms > 60000")
        assert page.evaluate(STATE)["last"] < 0.5 * 3_600_000
        page.context.close()


def test_a_recording_of_another_version_is_refused_with_both_named(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "VERSION", 7)
    recording.RecordingWriter(tmp_path / "recording", {}, 0, 1_000).close()
    command = [sys.executable, "-m", "portway", "replay", str(tmp_path), "--page", "--no-browser"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 2
    assert "version 7" in said.stderr
    assert "reads 1" in said.stderr


def test_a_page_of_another_site_gets_no_stream(chromium, address, keys):
    page = chromium.new_page()
    page.goto("data:text/html,<p>another site</p>")
    stream = address.replace("http", "ws") + "twin/stream"
    said = page.evaluate(f"""() => new Promise((done) => {{ const s = new WebSocket({json.dumps(stream)});
      s.onmessage = () => done("let in"); s.onclose = () => done("shut out") }})""")
    assert said == "shut out"
    page.context.close()


def test_the_live_terminal_is_shown_and_obeys(chromium, keys, tmp_path):
    """`portway serve` with agents in a process of their own: trucks move as they report, and stop when told."""
    arguments = ("serve", "huashan", "--with-trucks", "--db", str(tmp_path / "live.db"), "--keys", str(keys[0]))
    with page_of(*arguments, port=18_501) as url:
        page = opened(chromium, url, keys[1]["ann"])
        assert page.get_attribute("[data-test=mode]", "data-mode") == "live"
        page.wait_for_function(
            "[...window.portway.tables.of('trucks').values()].some(r => r.job !== null)", timeout=60_000
        )
        before = page.evaluate(PAINTED)
        page.wait_for_timeout(12_000)
        after = page.evaluate(PAINTED)
        assert max(math.hypot(b[0] - a[0], b[1] - a[1]) for a, b in zip(before, after, strict=True)) > 10.0
        truck = page.evaluate("[...window.portway.tables.of('trucks').entries()].find(([, r]) => r.job !== null)[0]")
        page.evaluate(f"window.portway.selection.value = {{kind: 'truck', id: '{truck}'}}")
        shot(page, "live")
        page.click("[data-test=pause-truck]")
        assert order(page, "a person on the road") == ("true", "")
        page.wait_for_function(f"window.portway.tables.of('trucks').get('{truck}').paused")
        motor = f"""(() => {{ const w = window.portway, p = w.stream.points;
          const n = p.groups.get("truck").devices.indexOf("{truck}");
          return p.value(w.stream.reader.values, p.at("truck.axle1.motor_temperature", n)) }})()"""
        qualities = "window.portway.stream.points.row('truck.quality')"
        bad = page.evaluate(f"(() => {{ const r = {qualities}; return Array.from(window.portway.stream.reader.values)"
                            ".slice(r.first, r.first + r.count).filter(q => q > 0).length })()")  # fmt: skip
        assert bad == 0  # those that stand are heard of, too
        assert page.evaluate(motor) is None  # a live truck that does not report it has no value
        assert page.problems == []
        page.context.close()
    assert list(tmp_path.glob("recording-*"))
