"""The layout editor in a real browser: what is moved on the map is in the file."""

import shutil
import tomllib

import pytest
from page_server import SHOTS, browser, page_of

from portway.app.config import load_scenario
from portway.app.config.loader import built_in_folders

CALM = "document.querySelector('[data-test=editor]')?.dataset.judging === 'false'"


@pytest.fixture(scope="module")
def chromium():
    with browser() as found:
        yield found


def opened(chromium, url):
    page = chromium.new_context(viewport={"width": 1280, "height": 720}, locale="en-US", bypass_csp=True).new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(url)
    page.wait_for_selector("[data-test=row-roads]")
    return page


def test_a_road_is_moved_drawn_checked_and_saved(chromium, tmp_path):
    folder = shutil.copytree(built_in_folders()["huashan"], tmp_path / "port")
    with page_of("edit", str(folder), "--no-browser", port=18_461) as url:
        page = opened(chromium, url)
        assert page.get_attribute("[data-test=editor]", "data-errors") == "0"
        page.click("[data-test=row-roads][data-id=inland]")
        field = page.locator("[data-test=field-points]")
        field.fill("[[-45.0, 212.0], [263.0, 212.0]]")
        field.press("Enter")
        page.click("[data-test=tool-road]")
        box = page.locator("[data-test=edit-map]").bounding_box()
        for dx, dy in ((0.3, 0.2), (0.6, 0.2)):
            page.mouse.click(box["x"] + dx * box["width"], box["y"] + dy * box["height"])
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-test=row-roads][data-id=road1]")
        page.wait_for_timeout(400)
        page.wait_for_function(CALM)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(SHOTS / "editor.png"))
        page.keyboard.press("Control+z")
        page.wait_for_function("!document.querySelector('[data-test=row-roads][data-id=road1]')")
        page.click("[data-test=save]")
        page.wait_for_selector("[data-test=told]")
        assert page.problems == []
    raw = tomllib.loads((folder / "terminal.toml").read_text())
    assert {r["id"]: r["points"] for r in raw["roads"]}["inland"] == [[-45.0, 212.0], [263.0, 212.0]]
    assert load_scenario(folder).terminal.id == "huashan"


def test_a_handle_is_dragged(chromium, tmp_path):
    folder = shutil.copytree(built_in_folders()["huashan"], tmp_path / "port")
    with page_of("edit", str(folder), "--no-browser", port=18_471) as url:
        page = opened(chromium, url)
        page.click("[data-test=row-roads][data-id=forecourt]")  # flies there: the first point is in the middle
        page.wait_for_timeout(300)
        box = page.locator("[data-test=edit-map]").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 30, y - 12, steps=4)
        page.mouse.up()
        moved = page.input_value("[data-test=field-points]")
        assert moved != "[[90,268],[130,268]]"
        page.wait_for_timeout(400)
        page.wait_for_function(CALM)
        assert page.problems == []


def test_a_scenario_with_errors_opens_with_the_errors_on_the_map(chromium, tmp_path):
    folder = shutil.copytree(built_in_folders()["huashan"], tmp_path / "port")
    file = folder / "terminal.toml"
    file.write_text(file.read_text().replace('road = "aisle"', 'road = "isle"', 1))
    with page_of("edit", str(folder), "--no-browser", port=18_481) as url:
        page = opened(chromium, url)
        assert int(page.get_attribute("[data-test=editor]", "data-errors")) > 0
        page.click("[data-test=finding] >> nth=0")
        page.wait_for_selector("[data-test=edit-form]")
        assert page.problems == []
