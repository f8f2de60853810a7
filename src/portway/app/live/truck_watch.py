"""What trucks say becomes events of the core, once each: how far they have come, and how they are."""

from collections.abc import Callable, Iterable

from portway.adapters.vda5050.facts import Condition, Pose, Progress
from portway.core.events import FleetCondition, TruckCondition, TruckReported

Make = Callable[[int], TruckReported | TruckCondition | FleetCondition]  # from its instant, ms
POSE_M = 0.5  # an unfit truck that has moved by so much is news


class TruckWatch:
    """Lets through what says something new."""

    def __init__(self, post: Callable[[Make], None]) -> None:
        self._post = post
        self._progress: dict[str, tuple] = {}
        self._conditions: dict[str, tuple] = {}

    def progress(self, fact: Progress) -> None:
        """How far a truck has come."""
        said = fact.step, round(fact.along_m, 1), fact.standing, _coarse(fact.pose)
        if self._progress.get(fact.truck) != said:
            self._progress[fact.truck] = said
            pose = _rounded(fact.pose)
            self._post(lambda at: TruckReported(at, fact.truck, fact.step, fact.along_m, fact.standing, pose))

    def condition(self, fact: Condition, held: bool) -> None:
        """How a truck is; of one that the core holds to be fit only what may change that."""
        if self._is_news(fact, held):
            self._post(lambda at: _event(fact, at))

    def fleet(self, facts: Iterable[tuple[Condition, bool]]) -> None:
        """How many trucks are, as one event; each with whether the core holds it to be unfit."""
        news = [fact for fact, held in facts if self._is_news(fact, held)]
        if news:
            self._post(lambda at: FleetCondition(at, tuple(_event(fact, at) for fact in news)))

    def _is_news(self, fact: Condition, held: bool) -> bool:
        said: tuple = fact.faults, fact.paused, fact.loaded
        if fact.holds != "ours":  # nobody else says where it is
            said = *said, _coarse(fact.pose)
        if held or fact.faults:
            said = *said, fact.holds, fact.standing, _coarse(fact.pose)
        is_news = self._conditions.get(fact.truck) != said
        self._conditions[fact.truck] = said
        return is_news


def _event(fact: Condition, at_ms: int) -> TruckCondition:
    return TruckCondition(
        at_ms,
        fact.truck,
        fact.faults,
        fact.holds,
        fact.standing,
        fact.paused,
        _rounded(fact.pose),
        fact.detail,
        fact.loaded,
    )


def _coarse(pose: Pose | None) -> tuple | None:
    return None if pose is None else (round(pose[0] / POSE_M), round(pose[1] / POSE_M), round(pose[2], 1))


def _rounded(pose: Pose | None) -> Pose | None:
    return None if pose is None else (round(pose[0], 2), round(pose[1], 2), round(pose[2], 3))
