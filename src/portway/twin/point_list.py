"""Which points each kind of device has. `docs/reference/twin-points.md` says which model they come from."""

from portway.core.model.phases import Phase
from portway.twin.points import PointSpec

AXLES = (1, 2, 3, 4)
QUALITY = ("good", "uncertain", "bad")
PHASES = tuple(phase.name.lower() for phase in Phase)
CRANE_STATES = ("idle", "preparing", "ready", "handover", "stowing")
CHARGER_STATES = ("free", "occupied", "charging", "full")
TRUCK_FAULTS = ("none", "battery_low", "motor_hot", "brake_hot", "hydraulic_low", "link_poor")
BARRIER = ("closed", "open")

Line = tuple[str, str, float] | tuple[str, str, float, tuple[str, ...]]


def _points(kind: str, lines: tuple[Line, ...]) -> tuple[PointSpec, ...]:
    ends: Line = ("quality", "", 1.0, QUALITY)
    return tuple(PointSpec(f"{kind}.{line[0]}", *line[1:]) for line in (*lines, ends))


def _per_axle(name: str, unit: str, step: float) -> tuple[Line, ...]:
    return tuple((f"axle{n}.{name}", unit, step) for n in AXLES)


POSITION: tuple[Line, ...] = (
    ("position.x", "m", 0.01),
    ("position.y", "m", 0.01),
    ("position.heading", "rad", 0.001),
    ("drive.speed", "m/s", 0.01),
)
TRUCK = _points("truck", (
    *POSITION,
    ("job.phase", "", 1.0, PHASES),
    ("load.boxes", "", 1.0),
    ("load.mass", "kg", 10.0),
    ("drive.acceleration", "m/s2", 0.01),
    ("drive.yaw_rate", "rad/s", 0.001),
    ("drive.odometer", "m", 1.0),
    ("drive.power", "kW", 0.1),
    ("drive.force", "kN", 0.1),
    ("steering.front_angle", "rad", 0.001),
    ("steering.rear_angle", "rad", 0.001),
    *_per_axle("load", "kN", 0.1),
    *_per_axle("motor_temperature", "degC", 0.1),
    *_per_axle("brake_temperature", "degC", 0.1),
    *_per_axle("tyre_temperature", "degC", 0.1),
    *_per_axle("tyre_pressure", "bar", 0.01),
    ("inverter.temperature", "degC", 0.1),
    ("coolant.temperature", "degC", 0.1),
    ("brake.pressure", "bar", 0.1),
    ("hydraulic.pressure", "bar", 0.1),
    ("hydraulic.temperature", "degC", 0.1),
    ("battery.charge", "%", 0.01),
    ("battery.voltage", "V", 0.1),
    ("battery.current", "A", 0.1),
    ("battery.power", "kW", 0.1),
    ("battery.temperature", "degC", 0.1),
    ("battery.energy_used", "kWh", 0.01),
    ("battery.energy_recovered", "kWh", 0.01),
    ("supply.voltage", "V", 0.01),
    ("link.node", "", 1.0),
    ("link.rsrp", "dBm", 0.1),
    ("link.sinr", "dB", 0.1),
    ("link.latency", "ms", 0.1),
    ("link.loss", "%", 0.01),
    ("job.waiting", "s", 1.0),
    ("fault.code", "", 1.0, TRUCK_FAULTS),
))  # fmt: skip
ROAD_TRUCK = _points("road_truck", POSITION)

_CRANE: tuple[Line, ...] = (
    ("gantry.position", "m", 0.01),
    ("gantry.speed", "m/s", 0.01),
    ("trolley.position", "m", 0.01),
    ("trolley.speed", "m/s", 0.01),
    ("hoist.position", "m", 0.01),
    ("hoist.speed", "m/s", 0.01),
    ("spreader.locked", "", 1.0),
    ("spreader.load", "kg", 10.0),
    ("hoist.power", "kW", 0.1),
    ("trolley.power", "kW", 0.1),
    ("gantry.power", "kW", 0.1),
    ("supply.power", "kW", 0.1),
    ("supply.energy", "kWh", 0.01),
    ("hoist.motor_temperature", "degC", 0.1),
    ("trolley.motor_temperature", "degC", 0.1),
    ("gantry.motor_temperature", "degC", 0.1),
    ("job.state", "", 1.0, CRANE_STATES),
    ("job.done", "", 1.0),
    ("job.waiting", "s", 1.0),
)
QUAY_CRANE = _points("quay_crane", _CRANE)
YARD_CRANE = _points("yard_crane", _CRANE)
CHARGER = _points("charger", (
    ("state", "", 1.0, CHARGER_STATES),
    ("power", "kW", 0.1),
    ("voltage", "V", 0.1),
    ("current", "A", 0.1),
    ("energy", "kWh", 0.01),
    ("cable.temperature", "degC", 0.1),
))  # fmt: skip
GATE = _points("gate", (
    ("barrier", "", 1.0, BARRIER),
    ("queue", "", 1.0),
    ("inside", "", 1.0),
    ("admitted", "", 1.0),
))  # fmt: skip
NETWORK_NODE = _points("network_node", (
    ("position.x", "m", 0.01),
    ("position.y", "m", 0.01),
    ("devices", "", 1.0),
    ("load", "%", 0.1),
    ("throughput_up", "Mbit/s", 0.01),
    ("throughput_down", "Mbit/s", 0.01),
    ("latency", "ms", 0.1),
))  # fmt: skip
