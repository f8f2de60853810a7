"""A scenario: terminal, fleet, work and policies, all checked."""

import msgspec

from portway.core.model.layout import Terminal
from portway.core.model.truck import Fleet
from portway.core.model.work import WorkList


class Policies(msgspec.Struct, frozen=True):
    """Parameters of the decision core; every default works."""

    dispatch: str = "rolling_horizon"  # nearest | gangs | rolling_horizon
    dispatch_period_s: float = 10.0  # re-plan tick of the dispatcher
    look_ahead_s: float = 600.0
    traffic: str = "order"  # order | first_come
    best_response_s: float = 4.0  # period of re-planning; 0 switches it off
    weight: float = 1.5  # of the search heuristic
    delay_probability: float = 0.0  # of a movement, in the simulator
    delay_s: float = 20.0
    road_trucks: bool = True
    off_way_m: float = 3.0  # live: a truck that reports itself so far from its released way is believed to be elsewhere
    off_way_deg: float = 60.0  # and one that stands across it by so much
    standstill_s: float = 300.0  # a person is called when work waits and nothing has moved for so long


class Scenario(msgspec.Struct, frozen=True):
    """What a run needs. `source` names the folder for messages."""

    id: str
    terminal: Terminal
    fleet: Fleet
    work: WorkList
    policies: Policies = Policies()
    source: str = ""
