"""The files that a run leaves."""

import errno
import io
import json
import re
from html.parser import HTMLParser

import msgspec
import pytest
from rich.console import Console

from portway.app.report import RunWriteError, print_summary, write_report
from portway.app.report import write as write_module
from portway.app.report.words import WORDS
from unit.app.report.small_run import empty_run, small_run
from unit.app.small_terminal import small_terminal

FILES = ["moves.parquet", "poses.parquet", "report.html", "report.json"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("out") / "new" / "run"
    write_report(small_run(), small_terminal(), path)
    return path


class Opened(HTMLParser):
    """Elements that were opened and not closed."""

    def __init__(self):
        super().__init__()
        self.stack = []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_startendtag(self, tag, attrs):
        """Closed at once."""


def page_of(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def test_leaves_four_whole_files_and_nothing_else(folder):
    assert sorted(p.name for p in folder.iterdir()) == FILES


def test_report_json_is_what_was_returned(tmp_path):
    report = write_report(small_run(), small_terminal(), tmp_path, poses_hz=None)
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert not (tmp_path / "poses.parquet").exists()


def test_page_opens_offline_and_is_small_enough(folder):
    html = page_of(folder)
    assert (folder / "report.html").stat().st_size < 100_000
    assert all(where.startswith("data:") for where in re.findall(r'(?:src|href)="([^"]*)', html))
    assert "http" not in html
    assert "url(" not in html


def test_page_shows_every_chart_in_both_languages(folder):
    html = page_of(folder)
    shown = re.findall(r'data-card="(\w+)"', html)
    assert shown == ["by_hour", "crane_time", "crane_waits", "truck_time", "waits", "heat", "space_time", "cranes"]
    for en, zh in (WORDS[name] for name in shown):
        assert f'<h2 lang="en">{en}</h2><h2 lang="zh">{zh}</h2>' in html
    assert all(en and zh for en, zh in WORDS.values())


def test_page_is_well_formed(folder):
    opened = Opened()
    opened.feed(page_of(folder))
    assert opened.stack == []


def test_page_has_the_figures_of_the_report(folder):
    html = page_of(folder)
    assert re.search(r'data-tile="moves".*?<b>1</b>', html)
    assert "<td>QC1</td><td>1</td><td>27.7</td><td>0.04</td><td>0.03</td><td>0.00</td><td>0.00</td><td>7.7</td>" in html


def test_words_of_a_scenario_cannot_break_out_of_the_page(tmp_path):
    terminal = msgspec.structs.replace(small_terminal(), title='</script><b>"')
    write_report(small_run(strategy="</script><b>", quay_crane_ids=["<b>"]), terminal, tmp_path, poses_hz=None)
    html = page_of(tmp_path)
    assert "</script><b>" not in html
    assert "<b><" not in html
    assert "&lt;/script&gt;&lt;b&gt;&quot;" in html


def test_an_empty_interrupted_run_can_be_read(tmp_path):
    write_report(empty_run(), small_terminal(), tmp_path)
    notices = re.findall(r'class="notice">(.*?)</div>|<div lang="en" class="notice">(.*?)</div>', page_of(tmp_path))
    assert WORDS["nothing_moved"][0] in str(notices)
    assert sorted(p.name for p in tmp_path.iterdir()) == FILES


def test_a_full_disk_is_said_and_what_was_written_stays(tmp_path, monkeypatch):
    def full(record, path, hz):
        with write_module.whole_file(path) as temporary:
            temporary.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write_module, "write_poses", full)
    with pytest.raises(RunWriteError, match=r"^/.*poses\.parquet: the disk is full.*kept.*report\.json") as caught:
        write_report(small_run(), small_terminal(), tmp_path)
    assert caught.value.errno == errno.ENOSPC
    assert sorted(p.name for p in tmp_path.iterdir()) == [n for n in FILES if n != "poses.parquet"]


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(RunWriteError, match="give another"):
        write_report(small_run(), small_terminal(), tmp_path / "taken")


@pytest.mark.parametrize("run", [small_run(), empty_run()])
def test_summary_prints_for_any_run(run, tmp_path):
    report = write_report(run, small_terminal(), tmp_path, poses_hz=None)
    console = Console(record=True, width=100, file=io.StringIO())
    print_summary(report, console)
    assert "moves completed" in console.export_text()
