"""For how long a leader has said nothing, as far as a standby can know."""

from portway.adapters.storage.durable_watch import LOOK_S_MAX, Silence


def test_silence_is_counted_from_the_last_change():
    silence = Silence()
    assert silence.heard(1, 100.0) == 0.0
    assert silence.heard(1, 101.0) == 1.0
    assert silence.heard(2, 102.0) == 0.0
    assert silence.heard(2, 103.5) == 1.5


def test_a_number_that_goes_back_is_a_sign_of_life_too():
    silence = Silence()
    silence.heard((9, "first"), 0.0)
    assert silence.heard((9, "second"), 1.0) == 0.0
    assert silence.heard((0, "second"), 2.0) == 0.0


def test_who_has_not_looked_does_not_know():
    silence = Silence()
    for tenth in range(30):
        silence.heard(1, tenth / 10)
    assert silence.heard(1, 2.9 + LOOK_S_MAX + 0.1) == 0.0, "the standby itself has slept"
    assert silence.heard(1, 2.9 + LOOK_S_MAX + 1.1) == 1.0
