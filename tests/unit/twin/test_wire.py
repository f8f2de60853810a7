"""Frames of the stream."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from portway.twin import wire

LOW, HIGH = -(1 << 31), (1 << 31) - 1
values = arrays(np.int32, st.integers(0, 40), elements=st.integers(LOW, HIGH))


@given(values, st.data())
def test_differences_lead_from_any_values_to_any_others(old, data):
    new = data.draw(
        arrays(np.int32, len(old), elements=st.one_of(st.sampled_from([LOW, HIGH, 0]), st.integers(LOW, HIGH)))
    )
    got = old.copy()
    wire.apply_body(got, wire.body_of(old, new), wire.DELTA)
    assert got.tolist() == new.tolist()


def test_values_that_stay_cost_a_bit_each():
    same = np.arange(4_096, dtype=np.int32)
    assert len(wire.body_of(same, same)) == 512


def test_small_steps_cost_a_byte_each():
    old = np.zeros(800, np.int32)
    assert len(wire.body_of(old, old + 63)) == 100 + 800


def test_a_frame_says_what_it_is():
    head = wire.Head(wire.KEY, True, False, 7, 2, 1234.0, 5678.0, 4.0)
    data = wire.frame(head, wire.body_of(None, np.array([1, -2], np.int32)))
    assert wire.read_head(data) == head
    got = np.zeros(2, np.int32)
    wire.apply_body(got, data[wire.HEAD.size :], wire.KEY)
    assert got.tolist() == [1, -2]


@pytest.mark.parametrize("data", [b"", b"x" * 40, b"PWT1" + b"\x02" + bytes(35)])
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(wire.FrameError):
        wire.read_head(data)


@given(st.binary(max_size=40))
def test_any_differences_are_taken_or_refused(body):
    got = np.zeros(17, np.int32)
    try:
        wire.apply_body(got, body, wire.DELTA)
    except wire.FrameError:
        return
    assert len(body) >= 3
