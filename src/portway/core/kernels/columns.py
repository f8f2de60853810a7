"""Names of the columns of the integer arrays that kernels share, and the kinds of events they keep.

Table `uses` (R, CAP, 4): the uses of each resource in their order of passage, `count` (R,) of them.
Trucks `trucks` (N, T_COLUMNS); plans `plan_mv`, `plan_level` (N, RING), step i at index i % RING.
"""

TIN, TOUT, WHO, STEP_NO = 0, 1, 2, 3  # columns of `uses`

T_MOVING = 0  # 1 while a movement is under way
T_STOP = 1  # stop where it stands, or the end of its movement
T_STEP = 2  # step under way, or the last one done
T_END = 3  # first step after the plan
T_GRANTED = 4  # last step whose resources it holds
T_START_MS = 5  # start of the movement
T_PROFILE = 6  # profile of the movement (final once decided)
T_DECIDED = 7
T_EXTRA_MS = 8  # time the movement takes longer than its profile says
T_LOAD = 9
T_BLOCKED = 10  # resource that it waits for, -1 none
T_SINCE_MS = 11  # waiting since
T_DRAWS = 12  # random numbers drawn so far
T_LEVEL_IN = 13
T_DONE = 14  # 1 once the arrival at the end of the plan was reported
T_HELD_MS = 15  # time spent held on the road so far
T_ETA_MS = 16  # expected arrival at the end of the plan
T_GOAL = 17  # stop where the plan ends
T_SINK_MS = 18  # road trucks: how long they stand at the end of the plan before they are gone; 0 = for ever
T_SLOW_PCT = 19  # road trucks: a movement takes up to so much longer than its profile
T_RETRY_MS = 20  # no better plan is looked for before this instant
T_PATIENCE_MS = 21  # how long it was left alone last time
T_HELD_UNTIL_MS = 22  # a standing truck in a handover: expected end; it leaves only when released. 0 = not held
T_PAUSED = 23  # 1 while it may be allocated nothing
T_PASSED = 24  # live: last step whose end the truck has reported
T_DUE_MS = 25  # live: when it is expected at the end of its base
T_COLUMNS = 26
AHEAD_STEPS = 3  # live: so many steps are allocated at most beyond the last one passed

RING = 256
FREE, DECIDE, ENTER, ARRIVE = 0, 1, 2, 3  # event kinds in their order at one instant
FOREVER = 1 << 60

C_NOW, C_EVENTS, C_DIRTY, C_LOGGED, C_ARRIVED, C_MODE, C_SEED, C_DELAY_PPM, C_DELAY_MS, C_STEPS = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
)
CLOCK_COLUMNS = 10

BY_PLAN, FIRST_COME, LIVE = 0, 1, 2  # C_MODE
LOG_COLUMNS = 6  # truck, movement, start_ms, end_ms, profile, extra_ms
