"""Every dispatch strategy keeps the promise of `DispatchStrategy` for any view, and each one its own.

Who adds a strategy to `STRATEGIES` has it judged by the shared part without writing a test.
"""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portway.core.dispatch import STRATEGIES, DispatchView, Gangs, Nearest, RollingHorizon, RollingHorizonParameters

NOW_MS = 3_600_000
MAYBE = settings(derandomize=True, deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def view(travel_s, due_s, free_s=None, lead_s=None, crane=None, rank=None, truck_crane=None, waited_s=None):
    """A row of drives for each truck; all times in seconds, counted from now; what is not given is zero.

    Without `crane` all job orders are of crane 0, and all trucks are bound to it. No array can be written.
    """
    n_jobs = len(due_s)
    travel = np.array(travel_s, np.int64).reshape(-1, n_jobs) if n_jobs else np.zeros((len(travel_s), 0), np.int64)
    n_trucks = len(travel_s)

    def column(values, length, kind=np.int64, scale=1):
        return np.array([0] * length if values is None else values, kind).reshape(length) * kind(scale)

    made = DispatchView(
        now_ms=NOW_MS,
        truck_ids=[f"T{i:03d}" for i in range(n_trucks)],
        free_ms=NOW_MS + column(free_s, n_trucks, scale=1000),
        truck_crane=column(truck_crane, n_trucks, np.int32),
        job_ids=[f"J{i:03d}" for i in range(n_jobs)],
        due_ms=NOW_MS + column(due_s, n_jobs, scale=1000),
        lead_ms=column(lead_s, n_jobs, scale=1000),
        crane=column(crane, n_jobs, np.int32),
        rank=column(rank, n_jobs, np.int32) if rank is not None else np.arange(n_jobs, dtype=np.int32),
        travel_ms=travel * 1000,
        waited_ms=column(waited_s, n_jobs, scale=1000),
    )
    for array in made:
        if isinstance(array, np.ndarray):
            array.setflags(write=False)
    return made


@st.composite
def views(draw, trucks=(0, 6), jobs=(0, 6), all_free=False):
    """Any view that the controller could build, crane queues ranked without gaps."""
    n_trucks, n_jobs = draw(st.integers(*trucks)), draw(st.integers(*jobs))

    def numbers(length, low, high):
        return draw(st.lists(st.integers(low, high), min_size=length, max_size=length))

    crane = numbers(n_jobs, -1, 2)
    waited = numbers(3, 0, 300)  # of a crane, so the same for all its job orders
    return view(
        [numbers(n_jobs, 0, 900) for _ in range(n_trucks)],
        due_s=numbers(n_jobs, -900, 4000),
        free_s=[0] * n_trucks if all_free else [max(0, s) for s in numbers(n_trucks, -300, 300)],
        lead_s=numbers(n_jobs, 0, 600),
        crane=crane,
        rank=[0 if c < 0 else crane[:i].count(c) for i, c in enumerate(crane)],
        truck_crane=numbers(n_trucks, -1, 2),
        waited_s=[0 if c < 0 else waited[c] for c in crane],
    )


def free_rows(seen):
    """Rows of the trucks that are free now."""
    return set(np.flatnonzero(seen.free_ms <= seen.now_ms).tolist())


def shifted(seen, by_ms):
    """The same state at another time of day."""
    return seen._replace(now_ms=seen.now_ms + by_ms, free_ms=seen.free_ms + by_ms, due_ms=seen.due_ms + by_ms)


# -- every strategy ------------------------------------------------------------------------------------------------

every_strategy = pytest.mark.parametrize("name", sorted(STRATEGIES))


def test_there_are_three_to_compare():
    assert {"nearest", "gangs", "rolling_horizon"} <= set(STRATEGIES)


@every_strategy
@MAYBE
@given(seen=views())
def test_pairs_are_rows_and_each_row_comes_once(name, seen):
    pairs = STRATEGIES[name]().assign(seen)
    trucks, jobs = [r for r, _ in pairs], [c for _, c in pairs]
    assert all(type(n) is int for n in [*trucks, *jobs])
    assert len(set(trucks)) == len(trucks)
    assert len(set(jobs)) == len(jobs)
    assert set(trucks) <= set(range(len(seen.truck_ids)))
    assert set(jobs) <= set(range(len(seen.job_ids)))


@every_strategy
@MAYBE
@given(seen=views())
def test_the_same_view_gets_the_same_answer_from_an_old_and_a_new_strategy(name, seen):
    strategy = STRATEGIES[name]()
    first = strategy.assign(seen)
    strategy.assign(view([[50, 20]], due_s=[0, 0]))  # what was asked between must not matter
    assert strategy.assign(seen) == first == STRATEGIES[name]().assign(seen)


@every_strategy
@MAYBE
@given(seen=views(), hours=st.integers(-1, 200))
def test_the_time_of_day_changes_nothing(name, seen, hours):
    assert STRATEGIES[name]().assign(shifted(seen, 3_600_000 * hours)) == STRATEGIES[name]().assign(seen)


@every_strategy
@pytest.mark.parametrize(("trucks", "jobs"), [(0, 0), (0, 3), (3, 0)])
def test_without_trucks_or_jobs_there_is_no_pair(name, trucks, jobs):
    assert STRATEGIES[name]().assign(view([[10] * jobs] * trucks, due_s=[0] * jobs)) == []


@every_strategy
@pytest.mark.parametrize("waited_s", [None, [0]])
def test_one_free_truck_and_one_urgent_job_come_together(name, waited_s):
    assert STRATEGIES[name]().assign(view([[60]], due_s=[0], waited_s=waited_s)) == [(0, 0)]


@every_strategy
def test_waited_may_be_left_out_of_the_view(name):
    assert STRATEGIES[name]().assign(view([[60]], due_s=[0])._replace(waited_ms=0)) == [(0, 0)]


@every_strategy
def test_with_more_urgent_jobs_than_trucks_the_most_urgent_get_them(name):
    pairs = STRATEGIES[name]().assign(view([[60] * 4] * 2, due_s=[-400, -300, 100, 300]))
    assert sorted(job for _, job in pairs) == [0, 1]


@every_strategy
def test_with_more_trucks_than_urgent_jobs_the_nearest_go(name):
    pairs = STRATEGIES[name]().assign(view([[500, 400], [30, 300], [400, 40], [600, 600]], due_s=[0, 0]))
    assert sorted(pairs) == [(1, 0), (2, 1)]


@every_strategy
def test_a_tie_between_two_trucks_goes_to_the_first_row(name):
    assert STRATEGIES[name]().assign(view([[60], [60], [60]], due_s=[0])) == [(0, 0)]


# -- nearest idle truck and gangs: they know only of trucks that are free now ----------------------------------------


@pytest.mark.parametrize("strategy", [Nearest(), Gangs()], ids=["nearest", "gangs"])
@MAYBE
@given(seen=views())
def test_a_truck_that_is_not_free_yet_gets_nothing(strategy, seen):
    assert {truck for truck, _ in strategy.assign(seen)} <= free_rows(seen)


@MAYBE
@given(seen=views())
def test_nearest_uses_every_free_truck_while_there_is_work(seen):
    assert len(Nearest().assign(seen)) == min(len(free_rows(seen)), len(seen.job_ids))


@MAYBE
@given(seen=views(trucks=(1, 6), jobs=(1, 6)))
def test_nearest_goes_by_the_time_to_begin_and_takes_the_nearest_truck_that_is_left(seen):
    left, begin_ms = free_rows(seen), -(1 << 60)
    for truck, job in Nearest().assign(seen):
        assert begin_ms <= seen.due_ms[job] - seen.lead_ms[job]
        begin_ms = seen.due_ms[job] - seen.lead_ms[job]
        assert seen.travel_ms[truck, job] == min(seen.travel_ms[other, job] for other in left)
        left.remove(truck)


def test_nearest_does_not_look_ahead():
    """The first job order takes the truck that the second needed; this is what the others are better at."""
    assert Nearest().assign(view([[10, 20], [30, 600]], due_s=[-2, -1])) == [(0, 0), (1, 1)]


@MAYBE
@given(seen=views())
def test_gangs_keep_to_their_crane(seen):
    for truck, job in Gangs().assign(seen):
        assert seen.crane[job] in (-1, seen.truck_crane[truck])


@MAYBE
@given(seen=views())
def test_gangs_serve_their_crane_in_its_sequence_and_nobody_idles_beside_work_of_his_own(seen):
    pairs = Gangs().assign(seen)
    given_jobs = {job for _, job in pairs}
    idle = free_rows(seen) - {truck for truck, _ in pairs}
    for job in set(range(len(seen.job_ids))) - given_jobs:
        assert not any(seen.crane[job] in (-1, seen.truck_crane[truck]) for truck in idle)
        later = [j for j in given_jobs if seen.crane[j] == seen.crane[job] >= 0 and seen.rank[j] > seen.rank[job]]
        assert later == []


def test_gangs_leave_a_crane_without_trucks_waiting_beside_an_idle_neighbour():
    assert Gangs().assign(view([[10, 10]], due_s=[0, 0], crane=[1, 2], rank=[0, 0], truck_crane=[2])) == [(0, 1)]
    assert Gangs().assign(view([[10]], due_s=[0], crane=[1], truck_crane=[-1])) == []


def test_gangs_share_the_moves_within_the_yard():
    assert Gangs().assign(view([[90], [10]], due_s=[0], crane=[-1], truck_crane=[0, 1])) == [(1, 0)]


# -- rolling horizon ------------------------------------------------------------------------------------------------


def documented_cost(seen, pairs, p):
    """Cost of some pairs in the words of `rolling_horizon`, one number at a time."""
    n_trucks, n_jobs, total = len(seen.truck_ids), len(seen.job_ids), 0.0

    def waited_ms(job):
        return min(int(seen.waited_ms[job]), p.waited_ms_max)

    def late_ms(truck, job):
        at_crane = int(seen.free_ms[truck] + seen.travel_ms[truck, job] + seen.lead_ms[job])
        return max(at_crane - int(seen.due_ms[job]) + waited_ms(job), 0)

    assert {job for _, job in pairs} <= set(range(n_jobs))
    for truck, job in pairs:
        spared = min(late_ms(other, job) for other in range(n_trucks))
        total += p.lateness * (late_ms(truck, job) - spared)
        total += p.empty_drive * int(seen.travel_ms[truck, job] + seen.free_ms[truck] - seen.now_ms)
        at_crane = int(seen.free_ms[truck] + seen.travel_ms[truck, job] + seen.lead_ms[job])
        total += p.earliness * max(int(seen.due_ms[job]) - at_crane, 0)
        nearest = min(int(seen.travel_ms[other, job]) for other in range(n_trucks))
        begin_in = int(seen.due_ms[job] - seen.lead_ms[job]) - waited_ms(job) - nearest - seen.now_ms
        total += p.urgency * min(begin_in, 3_600_000)
    return total


def lateness_ms(seen, pairs):
    """By how much the boxes come late to their cranes, all added up."""
    at = [seen.free_ms[t] + seen.travel_ms[t, j] + seen.lead_ms[j] - seen.due_ms[j] for t, j in pairs]
    return sum(max(0, int(late)) for late in at)


def whole_assignments(seen):
    """All ways to pair off as many trucks and job orders as there are."""
    trucks, jobs = range(len(seen.truck_ids)), range(len(seen.job_ids))
    if len(trucks) <= len(jobs):
        return [list(zip(trucks, chosen, strict=True)) for chosen in permutations(jobs, len(trucks))]
    return [list(zip(chosen, jobs, strict=True)) for chosen in permutations(trucks, len(jobs))]


@MAYBE
@given(seen=views(trucks=(1, 4), jobs=(1, 4)))
def test_rolling_horizon_has_the_least_cost_of_all_assignments(seen):
    p = RollingHorizonParameters(early_ms_max=1 << 40)
    pairs = RollingHorizon(p).assign(seen)
    assert len(pairs) == min(len(seen.truck_ids), len(seen.job_ids))
    least = min(documented_cost(seen, other, p) for other in whole_assignments(seen))
    assert documented_cost(seen, pairs, p) == pytest.approx(least, abs=1e-3)


@MAYBE
@given(seen=views(trucks=(1, 6), jobs=(1, 6), all_free=True))
def test_rolling_horizon_costs_no_more_than_nearest(seen):
    p = RollingHorizonParameters(early_ms_max=1 << 40)
    nearest = Nearest().assign(seen)  # as many pairs: all trucks are free
    assert documented_cost(seen, RollingHorizon(p).assign(seen), p) <= documented_cost(seen, nearest, p) + 1e-3


@MAYBE
@given(seen=views(trucks=(4, 6), jobs=(1, 4), all_free=True))
def test_for_lateness_alone_rolling_horizon_is_as_good_as_brute_force_and_the_others_no_better(seen):
    p = RollingHorizonParameters(empty_drive=0.0, earliness=0.0, urgency=0.0, early_ms_max=1 << 40)
    seen = seen._replace(waited_ms=0 * seen.due_ms)
    ours = lateness_ms(seen, RollingHorizon(p).assign(seen))
    assert ours == min(lateness_ms(seen, other) for other in whole_assignments(seen))
    for rule in (Nearest(), Gangs()):
        pairs = rule.assign(seen)
        if len(pairs) == len(seen.job_ids):
            assert ours <= lateness_ms(seen, pairs)


def test_rolling_horizon_gives_the_second_job_the_truck_it_needs():
    seen = view([[10, 20], [30, 600]], due_s=[-2, -1])  # the view in which nearest goes wrong
    assert sorted(RollingHorizon().assign(seen)) == [(0, 1), (1, 0)]


@MAYBE
@given(seen=views(trucks=(1, 6), jobs=(1, 6)), early_s=st.integers(0, 600))
def test_a_job_that_would_be_begun_far_too_early_is_left_open(seen, early_s):
    p = RollingHorizonParameters(early_ms_max=1000 * early_s)
    pairs = RollingHorizon(p).assign(seen)
    at = {(t, j): seen.free_ms[t] + seen.travel_ms[t, j] + seen.lead_ms[j] for t, j in pairs}
    assert all(seen.due_ms[j] - at[t, j] <= 1000 * early_s for t, j in pairs)
    whole = RollingHorizon(p._replace(early_ms_max=1 << 40)).assign(seen)
    assert set(pairs) <= set(whole)


def test_how_early_is_too_early_is_exact():
    assert RollingHorizon().assign(view([[60]], due_s=[540])) == [(0, 0)]
    assert RollingHorizon().assign(view([[60]], due_s=[541])) == []


def test_a_truck_that_is_about_to_be_free_beside_the_box_is_waited_for():
    seen = view([[600], [10]], due_s=[0], free_s=[0, 30])
    assert RollingHorizon().assign(seen) == [(1, 0)]
    assert RollingHorizon().assign(view([[600], [10]], due_s=[0], free_s=[0, 900])) == [(0, 0)]


def test_rolling_horizon_lends_trucks_across_cranes():
    assert RollingHorizon().assign(view([[10]], due_s=[0], crane=[1], truck_crane=[2])) == [(0, 0)]


def test_the_crane_that_has_waited_longer_gets_the_only_truck():
    def choose(waited_s):
        return RollingHorizon().assign(view([[60, 60]], due_s=[0, 0], crane=[0, 1], rank=[0, 0], waited_s=waited_s))

    assert choose([0, 120]) == [(0, 1)]
    assert choose([120, 0]) == [(0, 0)]


def test_where_all_cranes_have_waited_long_the_nearest_is_served():
    long = view([[60, 90]], due_s=[0, 0], crane=[0, 1], rank=[0, 0], waited_s=[300, 900])
    assert RollingHorizon().assign(long) == [(0, 0)]
    assert RollingHorizon(RollingHorizonParameters(waited_ms_max=1 << 40)).assign(long) == [(0, 1)]
