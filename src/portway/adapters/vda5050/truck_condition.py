"""What a state says is wrong with its truck, in the codes of `core.safety.fitness`.

Operating modes and safety state: VDA 5050 2.1 section 6.10.6, 3.0 section 6.10. A truck that does not say what the
standard demands of it counts as the worst that it could have said.
"""

from typing import Any

from portway.adapters.vda5050.facts import Pose

MODES = {
    "AUTOMATIC": "", "SEMIAUTOMATIC": "", "MANUAL": "manual", "SERVICE": "service", "TEACHIN": "teach_in",
    "TEACH_IN": "teach_in", "STARTUP": "starting", "INTERVENED": "intervened",
}  # fmt: skip
GRAVE = ("FATAL", "CRITICAL")  # levels of errors with which a truck cannot go on by itself


def faults_of(body: Any, map_id: str) -> tuple[set[str], str]:
    """Faults of a state, and a sentence of the truck's own about the gravest of its errors."""
    found = {MODES.get(body.operating_mode, "mode_unknown"), _safety(body.safety_state), _position(body, map_id)}
    grave = [e for e in body.errors if e.error_level in GRAVE]
    if grave:
        found.add("fatal_error")
    told = (grave or body.errors)[:1]
    detail = " ".join(f"{e.error_type} {e.error_description or ''}".strip() for e in told)
    return found - {""}, detail[:200]


def _safety(safety: Any) -> str:
    if safety is None:
        return "safety_unknown"
    if safety.e_stop != "NONE":
        return "emergency_stop"
    return "field_violation" if safety.field_violation else ""


def _position(body: Any, map_id: str) -> str:
    return "not_localised" if position_of(body, map_id) is None else ""


def position_of(body: Any, map_id: str) -> Pose | None:
    """Where a truck says that it is; a position that is not initialised, or on another map, says nothing of that."""
    p = body.agv_position
    return (p.x, p.y, p.theta) if p is not None and p.position_initialized and p.map_id == map_id else None


def loaded_of(body: Any) -> bool | None:
    """Whether a truck says that it carries something; None for one that cannot tell (section 6.10: no `loads`)."""
    return None if body.loads is None else bool(body.loads)


def held_order(body: Any, is_ours: bool) -> str:
    """What order a truck holds: one whose nodes it has all passed is none."""
    if not body.node_states:
        return "none"
    return "ours" if is_ours else "foreign"
