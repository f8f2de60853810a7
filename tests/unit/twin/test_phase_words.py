"""A phase has one name: the page has a word for it in both languages, and for no other."""

import re
from pathlib import Path

import pytest

from portway.core.model.phases import Phase
from portway.sim.record import TRUCK_STATE_LABELS, TruckState
from portway.twin.point_list import PHASES

WORDS = Path(__file__).resolve().parents[3] / "web/src/i18n"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_has_a_word_for_every_phase(language):
    words = re.findall(r'\bphase_(\w+): "(.+?)"', (WORDS / f"{language}.ts").read_text(encoding="utf-8"))
    assert {name for name, _ in words} == {phase.name.lower() for phase in Phase}
    assert all(word.strip() for _, word in words)


def test_points_and_reports_count_phases_alike():
    assert [PHASES[phase] for phase in Phase] == [phase.name.lower() for phase in Phase]
    assert [TruckState[phase.name] for phase in Phase] == list(Phase)
    assert set(TRUCK_STATE_LABELS) == set(TruckState)
