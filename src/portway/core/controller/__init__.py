"""handle(event) -> commands; owns the only mutable state of the core."""

from portway.core.controller.controller import Controller
from portway.core.controller.state import Mission, Phase, State

__all__ = ["Controller", "Mission", "Phase", "State"]
