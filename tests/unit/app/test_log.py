"""The log bears what trucks say: so many lines, no longer, no control characters, and never in the way."""

import json
import subprocess
import sys

from portway.app.live.log_limit import EVENT_LINES_MAX, LINES_MAX, WATCHED_MAX, WINDOW_S, LineLimit

HEAD = "from portway.app.live.log import *\nfrom portway.app.live import log as module\n"


def lines(program: str) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-c", HEAD + program], capture_output=True, text=True, timeout=60, check=True
    )
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_one_truck_gets_so_many_lines_a_minute_and_the_others_theirs():
    limit = LineLimit()
    taken = [limit.takes("truck_error", {"truck": "T1"}, 0.0) for _ in range(1000)]
    assert sum(taken) == LINES_MAX
    assert limit.takes("truck_error", {"truck": "T2"}, 1.0)
    assert limit.takes("alert", {"subject": "T1"}, 1.0)
    assert limit.ended(WINDOW_S - 1) == []
    assert limit.ended(WINDOW_S) == [("truck_error", "T1", 1000 - LINES_MAX)]
    assert limit.ended(WINDOW_S) == []
    assert limit.takes("truck_error", {"truck": "T1"}, WINDOW_S)
    assert limit.left_out == 1000 - LINES_MAX


def test_a_fleet_gets_so_many_lines_a_minute_of_one_event():
    limit = LineLimit()
    assert sum(limit.takes("truck_error", {"truck": f"T{n}"}, 0.0) for n in range(900)) == EVENT_LINES_MAX
    assert sum(found.lines for found in limit.ended(WINDOW_S)) == 900 - EVENT_LINES_MAX


def test_strangers_with_ever_new_names_take_no_room():
    limit = LineLimit()
    for n in range(20 * WATCHED_MAX):
        limit.takes("unknown", {"subject": f"S{n}"}, 0.0)
    assert len(limit._windows) <= WATCHED_MAX + 1
    assert limit.left_out == 20 * WATCHED_MAX - EVENT_LINES_MAX
    assert sum(found.lines for found in limit.ended(WINDOW_S)) == limit.left_out


def test_what_was_left_out_is_told_at_the_end_at_the_latest():
    found = lines("for n in range(100): log('truck_error', truck='T1', n=n)\nlog('other')")
    assert [line["n"] for line in found[:LINES_MAX]] == list(range(LINES_MAX))
    assert found[LINES_MAX]["event"] == "other"
    told = found[-1]
    assert (told["event"], told["of"], told["about"], told["lines"]) == ("lines_left_out", "truck_error", "T1", 90)
    assert len(found) == LINES_MAX + 2


def test_what_was_left_out_is_told_though_nothing_else_happens():
    program = "import time\nmodule.TELL_S = 0.3\nmodule.LineLimit.ended.__globals__['WINDOW_S'] = 0.2\n"
    program += "for n in range(100): log('truck_error', truck='T1')\ntime.sleep(1)\nlog('later')"
    assert [line["event"] for line in lines(program)][-2:] == ["lines_left_out", "later"]


def test_long_values_and_control_characters_are_not_written():
    (line,) = lines(
        r"log('truck_error', truck='T1\n\x1b[2J', text='x' * 10**6, many=['y' * 10**6] * 10**4, t={'a': '\0'})"
    )
    assert line["truck"] == "T1\ufffd\ufffd[2J"
    assert line["text"].endswith("... (1000000 characters)")
    assert len(json.dumps(line)) < 20_000
    assert line["t"] == {"a": "\ufffd"}


def test_a_log_that_cannot_be_written_stops_nobody():
    program = "import os\nos.close(2)\nlog('one')\nlog('two')\nprint(lines_left_out())"
    command = [sys.executable, "-c", HEAD + program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "2\n"
