"""Energy, heat, tyres and hydraulics of a truck, from its speed, heading and load.

Lumped models, one explicit step per sample. Longitudinal dynamics as in Guzzella and Sciarretta, *Vehicle Propulsion
Systems*, 3rd ed., section 2.1: rolling, air and inertial force; a lumped-capacity heat balance for every part;
Thevenin battery with one resistance (ibid., section 4.5); tyre pressure by the ideal gas law at constant volume. The
figures are assumptions of this model unless `docs/reference/twin-points.md` names a source.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from portway.core.model.phases import Phase
from portway.twin.points import Group


class TruckParameters(NamedTuple):
    """One truck; temperatures in degC, heat capacities in J/K, conductances in W/K."""

    mass_kg: float = 24_000.0
    rolling: float = 0.017
    drag_m2: float = 6.5  # c_d * A
    efficiency: float = 0.90  # battery to wheel
    regen_kw_max: float = 120.0
    auxiliary_kw: float = 6.0  # sensors, computers, cooling, hydraulics
    standby_kw: float = 1.2  # of it while parked
    battery_kwh: float = 282.0
    battery_ohm: float = 0.05
    battery_capacity: float = 1.1e6
    battery_cooling: float = 260.0
    ambient: float = 20.0
    motor_capacity: float = 38_000.0
    motor_cooling: float = 55.0
    inverter_capacity: float = 9_000.0
    inverter_cooling: float = 110.0
    coolant_capacity: float = 130_000.0
    coolant_cooling: float = 420.0
    brake_capacity: float = 46_000.0
    brake_cooling: float = 24.0
    tyre_capacity: float = 160_000.0
    tyre_cooling: float = 32.0
    tyre_bar: float = 9.0  # at ambient
    wheelbase_m: float = 9.0
    gravity_height_m: float = 1.9
    hydraulic_bar: float = 160.0
    oil_capacity: float = 60_000.0
    oil_cooling: float = 45.0


# Rows of the truck's points that the model reads or writes, in this order.
NAMES = (
    "position.heading", "drive.speed", "load.mass", "drive.acceleration", "drive.yaw_rate", "drive.odometer",
    "drive.power", "drive.force", "steering.front_angle", "steering.rear_angle", "axle1.load",
    "axle1.motor_temperature", "axle1.brake_temperature", "axle1.tyre_temperature", "axle1.tyre_pressure",
    "inverter.temperature", "coolant.temperature", "brake.pressure", "hydraulic.pressure", "hydraulic.temperature",
    "battery.charge", "battery.voltage", "battery.current", "battery.power", "battery.temperature",
    "battery.energy_used", "battery.energy_recovered", "supply.voltage", "job.phase",
)  # fmt: skip
(
    HEADING, SPEED, MASS, ACCEL, YAW, ODO, POWER, FORCE, FRONT, REAR, AXLE, MOTOR, BRAKE, TYRE, BAR, INVERTER, COOLANT,
    BRAKE_BAR, OIL_BAR, OIL, CHARGE, VOLT, AMPERE, PACK_KW, PACK, USED, RECOVERED, SUPPLY, PHASE,
) = range(len(NAMES))  # fmt: skip

PARKED = float(Phase.PARKED)  # value of `job.phase`


def rows_of(group: Group) -> np.ndarray:
    """Row in the group's values of each of `NAMES`; the four axles follow each other."""
    return np.array([group.row[name] for name in NAMES], np.int64)


def start(group: Group, parameters: TruckParameters, charge_pct: np.ndarray) -> None:
    """Everything at ambient temperature and rest, batteries at `charge_pct` (devices,)."""
    p = parameters
    group.now[:] = 0.0
    for name in group.row:
        if name.endswith("temperature"):
            group.of(name)[:] = p.ambient
        elif name.endswith("tyre_pressure"):
            group.of(name)[:] = p.tyre_bar
    group.of("battery.charge")[:] = charge_pct
    group.of("battery.voltage")[:] = 540.0 + 0.9 * charge_pct
    group.of("hydraulic.pressure")[:] = p.hydraulic_bar
    group.of("supply.voltage")[:] = 27.6


@njit(cache=True)
def step(now, r, last_speed, last_heading, plug_kw, p, dt_s):
    """All trucks go on by `dt_s` seconds: position and load are already the new ones in `now` (points, devices).

    `last_speed`, `last_heading` (devices,) are those of the step before and are brought up to date; `plug_kw`
    (devices,) is what a charger gives.
    """
    for n in range(now.shape[1]):
        v, heading = now[r[SPEED], n], now[r[HEADING], n]
        accel = min(max((v - last_speed[n]) / dt_s, -2.5), 2.5)
        turn = heading - last_heading[n]
        turn -= 2.0 * np.pi * np.round(turn / (2.0 * np.pi))
        yaw = min(max(turn / dt_s, -1.0), 1.0)
        mean_v = 0.5 * (v + last_speed[n])
        last_speed[n], last_heading[n] = v, heading
        mass = p.mass_kg + now[r[MASS], n]
        rolling_n = p.rolling * mass * 9.81 if mean_v > 0.0 else 0.0
        force_n = mass * accel + rolling_n + 0.6 * p.drag_m2 * mean_v * mean_v if mean_v > 0.0 else 0.0
        wheel_w = force_n * mean_v
        recovered_w = min(max(-wheel_w, 0.0) * p.efficiency, 1000.0 * p.regen_kw_max)
        friction_w = max(-wheel_w - recovered_w / p.efficiency, 0.0)
        drive_w = max(wheel_w, 0.0) / p.efficiency - recovered_w
        _steering(now, r, n, p, mean_v, yaw, mass, dt_s)
        _battery(now, r, n, p, drive_w, recovered_w, plug_kw[n], dt_s)
        _heat(now, r, n, p, abs(wheel_w), friction_w, mean_v, mass, dt_s)
        now[r[ACCEL], n], now[r[YAW], n] = accel, yaw
        now[r[ODO], n] += mean_v * dt_s
        now[r[POWER], n], now[r[FORCE], n] = 0.001 * wheel_w, 0.001 * force_n
        now[r[BRAKE_BAR], n] = min(120.0, 0.0009 * friction_w + (25.0 if v == 0.0 else 0.0))  # parking brake at rest
        shift_n = mass * accel * p.gravity_height_m / p.wheelbase_m
        for axle in range(4):
            side = 1.0 if axle >= 2 else -1.0
            now[r[AXLE] + axle, n] = 0.001 * (0.25 * mass * 9.81 + side * 0.5 * shift_n)


@njit(cache=True)
def _steering(now, r, n, p, v, yaw, mass, dt_s):
    """Front and rear axles steer against each other (single-track model); cylinders draw on the accumulator."""
    curvature = yaw / v if v > 0.3 else 0.0
    angle = np.arctan(0.5 * p.wheelbase_m * curvature)
    rate = abs(angle - now[r[FRONT], n]) / dt_s
    now[r[FRONT], n], now[r[REAR], n] = angle, -angle
    drawn_bar = min(45.0, 90.0 * rate * mass / 60_000.0)
    target = p.hydraulic_bar - drawn_bar
    now[r[OIL_BAR], n] += (target - now[r[OIL_BAR], n]) * min(1.0, dt_s / 1.5)
    pump_w = 600.0 + 120.0 * drawn_bar
    oil = now[r[OIL], n]
    now[r[OIL], n] = oil + (0.3 * pump_w - p.oil_cooling * (oil - p.ambient)) * dt_s / p.oil_capacity


@njit(cache=True)
def _battery(now, r, n, p, drive_w, recovered_w, plug_kw, dt_s):
    """Open-circuit voltage grows with charge; losses in the inner resistance heat the pack."""
    auxiliary_kw = p.standby_kw if now[r[PHASE], n] == PARKED else p.auxiliary_kw
    power_w = drive_w + 1000.0 * (auxiliary_kw - plug_kw)
    open_v = 540.0 + 0.9 * now[r[CHARGE], n]
    ampere = power_w / open_v
    ampere = power_w / (open_v - ampere * p.battery_ohm)
    loss_w = ampere * ampere * p.battery_ohm
    kwh = dt_s / 3.6e6
    charge = now[r[CHARGE], n] - 100.0 * (power_w + loss_w) * kwh / p.battery_kwh
    now[r[CHARGE], n] = min(max(charge, 0.0), 100.0)
    now[r[VOLT], n], now[r[AMPERE], n] = open_v - ampere * p.battery_ohm, ampere
    now[r[PACK_KW], n] = 0.001 * power_w
    pack = now[r[PACK], n]
    now[r[PACK], n] = pack + (loss_w - p.battery_cooling * (pack - p.ambient)) * dt_s / p.battery_capacity
    now[r[USED], n] += max(drive_w + recovered_w + 1000.0 * auxiliary_kw, 0.0) * kwh
    now[r[RECOVERED], n] += recovered_w * kwh
    now[r[SUPPLY], n] = 27.6 - 0.0004 * 1000.0 * auxiliary_kw / 27.6


@njit(cache=True)
def _heat(now, r, n, p, wheel_w, friction_w, v, mass, dt_s):
    """Heat balances; parts give their heat to the coolant, the coolant, brakes and tyres to the air."""
    coolant = now[r[COOLANT], n]
    into_coolant = 0.0
    for axle in range(4):
        share = 0.25
        motor = now[r[MOTOR] + axle, n]
        flow = p.motor_cooling * (motor - coolant)
        into_coolant += flow
        now[r[MOTOR] + axle, n] = motor + (0.07 * share * wheel_w - flow) * dt_s / p.motor_capacity
        brake = now[r[BRAKE] + axle, n]
        cooling = (p.brake_cooling + 9.0 * v) * (brake - p.ambient)
        now[r[BRAKE] + axle, n] = brake + (share * friction_w - cooling) * dt_s / p.brake_capacity
        tyre = now[r[TYRE] + axle, n]
        warming = share * p.rolling * mass * 9.81 * v * 0.5
        air = (p.tyre_cooling + 6.0 * v) * (tyre - p.ambient)
        now[r[TYRE] + axle, n] = tyre + (warming - air) * dt_s / p.tyre_capacity
        now[r[BAR] + axle, n] = p.tyre_bar * (273.15 + now[r[TYRE] + axle, n]) / (273.15 + p.ambient)
    inverter = now[r[INVERTER], n]
    flow = p.inverter_cooling * (inverter - coolant)
    now[r[INVERTER], n] = inverter + (0.025 * wheel_w - flow) * dt_s / p.inverter_capacity
    leaving = p.coolant_cooling * (coolant - p.ambient)
    now[r[COOLANT], n] = coolant + (into_coolant + flow - leaving) * dt_s / p.coolant_capacity
