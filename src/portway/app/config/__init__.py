"""Scenario files: from TOML and CSV to the model's nouns (`docs/reference/scenario.md`)."""

from portway.app.config.loader import built_in_folders, load_scenario
from portway.app.config.problem import Problem, ScenarioError
from portway.app.config.writer import fleet_toml, terminal_toml, write_scenario

__all__ = [
    "Problem",
    "ScenarioError",
    "built_in_folders",
    "fleet_toml",
    "load_scenario",
    "terminal_toml",
    "write_scenario",
]
