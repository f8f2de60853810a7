"""Claims: a place has one owner, places that shut each other have one owner, a home is its truck's for ever."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway.core.routing.claims import PlaceClaims, stacked_homes

# H1 and H2 are homes; Q1, Q2 and Q3 lie in one row, so that neighbours shut each other; X stands alone.
EXCLUDES = {"Q1": ("Q2",), "Q2": ("Q1", "Q3"), "Q3": ("Q2",)}
HOMES = {"T1": "H1", "T2": "H2"}
PLACES = ("H1", "H2", "Q1", "Q2", "Q3", "X")
TRUCKS = ("T1", "T2", "R1")  # R1 is a road truck without a home


@pytest.fixture
def claims() -> PlaceClaims:
    """Nothing claimed yet."""
    return PlaceClaims(EXCLUDES, HOMES)


def test_a_free_place_may_be_claimed_and_is_held_then(claims):
    claims.claim("T1", "X")
    assert claims.holder_of("X") == "T1"
    assert claims.place_of("T1") == "X"
    assert not claims.grantable("T2", "X")


def test_a_home_is_kept_for_its_truck_even_while_it_is_away(claims):
    claims.claim("T1", "X")
    assert not claims.grantable("T2", "H1")
    assert not claims.grantable("R1", "H1")
    assert claims.grantable("T1", "H1")


def test_a_place_is_shut_by_a_neighbour_of_somebody_else_and_open_behind_ones_own(claims):
    claims.claim("T1", "Q2")
    assert claims.grantable_among("T2", PLACES) == ["H2", "X"]
    assert claims.grantable_among("T1", PLACES) == ["H1", "Q1", "Q2", "Q3", "X"]
    assert claims.shut_by("Q2") == ("Q1", "Q3")
    assert claims.shut_by("X") == ()


def test_a_new_claim_ends_the_old_one(claims):
    claims.claim("T1", "Q2")
    claims.claim("T1", "Q1")
    assert claims.holder_of("Q2") is None
    assert claims.grantable("T2", "Q3")
    assert not claims.grantable("T2", "Q2")


def test_a_place_claimed_again_by_its_owner_stays_claimed(claims):
    claims.claim("T1", "Q1")
    claims.claim("T1", "Q1")
    assert claims.holder_of("Q1") == "T1"


def test_freeing_opens_the_place_and_freeing_nothing_is_no_mistake(claims):
    claims.claim("T1", "Q2")
    claims.free("T1")
    claims.free("T1")
    assert claims.place_of("T1") is None
    assert claims.grantable("T2", "Q2")


def test_a_claim_that_is_not_grantable_is_refused_and_changes_nothing(claims):
    claims.claim("T1", "Q2")
    claims.claim("T2", "X")
    with pytest.raises(AssertionError):
        claims.claim("T2", "Q1")
    assert claims.place_of("T2") == "X"
    assert claims.holder_of("Q1") is None


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TRUCKS), st.sampled_from([*PLACES, None])), max_size=40))
def test_no_sequence_of_claims_gives_a_place_or_its_neighbour_to_two(steps):
    claims = PlaceClaims(EXCLUDES, HOMES)
    for truck, place in steps:
        if place is None:
            claims.free(truck)
        elif claims.grantable(truck, place):
            claims.claim(truck, place)
        held = {t: claims.place_of(t) for t in TRUCKS}
        owned = [p for p in held.values() if p]
        assert len(set(owned)) == len(owned)
        assert {p: claims.holder_of(p) for p in PLACES} == {
            p: next((t for t in held if held[t] == p), None) for p in PLACES
        }
        assert not any({p, q} <= set(owned) for p, shut in EXCLUDES.items() for q in shut)
        assert held["T1"] != "H2"
        assert held["R1"] not in ("H1", "H2")


def test_homes_that_shut_each_other_are_named_once():
    assert stacked_homes(EXCLUDES, ["Q3", "Q2", "X"]) == [("Q2", "Q3")]
    assert stacked_homes(EXCLUDES, ["Q1", "Q3", "X"]) == []
