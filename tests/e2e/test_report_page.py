"""`report.html` in a real browser: all cards are drawn, values are told, the map zooms, both languages are there."""

import re

import pytest
from page_server import SHOTS, browser

from portway.app.compose import simulate
from portway.app.config import load_scenario
from portway.app.report import write_report
from portway.app.run_record import run_record

CARDS = {"by_hour", "crane_time", "crane_waits", "truck_time", "waits", "heat", "space_time", "cranes"}
SIZES = """[...document.querySelectorAll("[data-card]")].map(card => {
  const box = card.querySelector("svg, table").getBoundingClientRect();
  return [card.dataset.card, box.width, box.height] })"""
BOXES = """[...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()])
  .filter(([, r]) => r.width)"""
OVERLAPS = f"""[...document.querySelectorAll("svg:not(.view)")].flatMap(svg => {{ const all = {BOXES};
  return all.flatMap(([s, p], i) => all.slice(i + 1).filter(([, q]) => p.left < q.right - 1 && q.left < p.right - 1
    && p.top < q.bottom - 3 && q.top < p.bottom - 3).map(([t]) => s + " on " + t)) }})"""
OUTSIDE = f"""[...document.querySelectorAll("svg:not(.view)")].flatMap(svg => {{ const s = svg.getBoundingClientRect();
  return {BOXES}.filter(([, r]) => r.left < s.left - 1 || r.right > s.right + 1 || r.top < s.top - 1
    || r.bottom > s.bottom + 1).map(([t]) => t) }})"""
CELL = """(() => { const image = document.querySelector("image"), size = Number(image.dataset.cell);
  const rows = image.dataset.cells.split(";"), r = rows.findIndex(row => /[1-9]/.test(row));
  const c = rows[r].split(",").findIndex(v => v), p = new DOMPoint(image.x.baseVal.value + (c + .5) * size,
    image.y.baseVal.value + (r + .5) * size).matrixTransform(image.getScreenCTM());
  return [p.x, p.y, rows[r].split(",")[c]] })()"""
POINT = """(() => { const line = document.querySelector("polyline"), p = line.points[0];
  const at = new DOMPoint(p.x, p.y).matrixTransform(line.getScreenCTM()); return [at.x, at.y, p.x, p.y] })()"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of an hour of Huashan."""
    folder = tmp_path_factory.mktemp("run")
    scenario = load_scenario("huashan")
    write_report(run_record(simulate(scenario, 0, 1.0)), scenario.terminal, folder, poses_hz=None)
    return folder / "report.html"


@pytest.fixture(scope="module")
def chromium():
    with browser() as found:
        yield found


@pytest.fixture
def opened(chromium, report):
    """Opens the page; the test fails when it logs an error or asks for anything."""
    contexts, problems = [], []

    def opened_at(width=1280, height=900, language="en-US"):
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}, locale=language))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: None if r.url.startswith(("data:", report.as_uri())) else problems.append(r.url))
        page.goto(report.as_uri())
        return page

    yield opened_at
    assert problems == []
    for context in contexts:
        context.close()


def centre(page, selector):
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def bring(page, selector):
    """Scroll to an element, and wait until the page has heard of it: scrolling hides the tip."""
    page.locator(selector).first.scroll_into_view_if_needed()
    page.evaluate("new Promise(then => requestAnimationFrame(() => requestAnimationFrame(then)))")


def told_at(page, selector):
    """The tip over the middle of an element."""
    bring(page, selector)
    page.mouse.move(*centre(page, selector))
    page.wait_for_selector("#tip:not([hidden])")
    return page.text_content("#tip")


def map_scale(page):
    return float(re.search(r"\(([\d.]+)", page.get_attribute(".map .world", "transform")).group(1))


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (3840, 2160)])
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_every_card_is_drawn_and_no_text_is_cut_or_covered(opened, width, height, language):
    page = opened(width, height, language)
    sizes = {name: (wide, high) for name, wide, high in page.evaluate(SIZES)}
    assert set(sizes) == CARDS
    assert all(wide > 400 and high > 60 for wide, high in sizes.values()), sizes
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(OUTSIDE) == []
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"report-{width}-{language[:2]}.png"), full_page=True)


def test_the_language_is_switched_and_kept(opened):
    page = opened()
    assert page.locator("h2:visible").first.text_content() == "Moves per hour by quay crane"
    page.click("[data-language=zh]")
    assert page.locator("h2:visible").first.text_content() == "各岸桥每小时箱数"
    assert page.title().endswith("仿真报告")
    assert page.locator("h2:visible").count() == len(CARDS)
    assert "箱" in told_at(page, "[data-card=by_hour] [data-v]")
    page.reload()
    assert page.locator("h2:visible").first.text_content() == "各岸桥每小时箱数"


def test_values_are_told_under_the_pointer(opened):
    page = opened()
    assert re.fullmatch(r"QC\w+: \d+ moves", told_at(page, "[data-card=by_hour] [data-v]"))
    assert re.fullmatch(r"QC\w+, working: [\d.]+ %", told_at(page, "[data-card=crane_time] [data-v]"))
    assert re.fullmatch(r"QC\w+, hour [\d.]+: [\d.]+ %", told_at(page, "[data-card=crane_waits] [data-v]"))
    assert re.fullmatch(r"hour 0\.\d+\n(.+: [\d.]+\n?)+", told_at(page, "[data-card=truck_time] [data-v]"))
    assert re.fullmatch(r"[a-z ]+: [\d.]+ truck hours", told_at(page, "[data-card=waits] [data-v]"))
    assert "{" not in page.text_content("#tip")


def test_the_map_tells_its_cells_and_the_tracks_their_points(opened):
    page = opened()
    bring(page, ".map")
    cell = page.evaluate(CELL)
    page.mouse.move(*cell[:2])
    assert f"\n{cell[2]} truck s per m and hour" in page.text_content("#tip")
    bring(page, ".tracks")
    x, y, minute, metres = page.evaluate(POINT)
    page.mouse.move(x + 1, y + 1)
    assert page.text_content("#tip") == f"minute {minute:.1f}: {metres:.0f} m"


def test_the_map_zooms_moves_and_comes_back(opened):
    page = opened()
    bring(page, ".map")
    home, numbers = page.get_attribute(".map .world", "transform"), ".map .axes text:not(.title)"
    before = page.locator(numbers).all_text_contents()
    page.click("[data-zoom=in]")
    page.mouse.move(*centre(page, ".map .view"))
    page.mouse.wheel(0, -600)
    page.wait_for_function(f"!document.querySelector('.map .world').getAttribute('transform').includes('{home[:12]}')")
    assert map_scale(page) > 1.5 * float(home[7:].partition(",")[0])
    assert page.locator(numbers).all_text_contents() != before
    zoomed = page.get_attribute(".map .world", "transform")
    page.mouse.down()
    x, y = centre(page, ".map .view")
    page.mouse.move(x + 80, y + 40, steps=4)
    page.mouse.up()
    assert page.get_attribute(".map .world", "transform") != zoomed
    page.click("[data-zoom=all]")
    assert map_scale(page) == pytest.approx(float(home[7:].partition(",")[0]))


def test_a_key_of_the_legend_shows_its_series_alone(opened):
    page = opened()
    card = page.locator("[data-card=truck_time]")
    card.locator("[data-key='1']").click()
    assert card.locator(".faint").count() == card.locator("[data-key]").count() - 1
    card.locator("[data-key='1']").click()
    assert page.locator(".faint").count() == 0
