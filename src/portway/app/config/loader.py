"""A scenario folder to a checked `Scenario`; every problem of all its files in one error."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from portway.app.config.fleet_file import FleetFile, PoliciesTable, build_fleet
from portway.app.config.groundplan import expand
from portway.app.config.overrides import SOURCE, apply_overrides
from portway.app.config.problem import Problem, ScenarioError
from portway.app.config.references import find_problems
from portway.app.config.tables import Table, noun
from portway.app.config.terminal_file import TerminalFile
from portway.app.config.toml_file import read_toml, validate, with_line
from portway.core.model import Fleet, Policies, Scenario, Terminal, WorkList

FILES: dict[str, type[Table]] = {"terminal": TerminalFile, "fleet": FleetFile, "policies": PoliciesTable}
_HERE = Path(__file__).resolve()


def built_in_folders() -> dict[str, Path]:
    """The scenarios that come with Portway: from the wheel, or from the checkout it runs in."""
    for root in (_HERE.parents[2] / "_scenarios", _HERE.parents[4] / "scenarios"):
        if root.is_dir():
            return {f.name: f for f in sorted(root.iterdir()) if (f / "terminal.toml").is_file()}
    return {}


def find_folder(folder_or_name: str | Path) -> Path:
    """The folder of a scenario given by path or by the name of a built-in one."""
    path = Path(folder_or_name)
    if path.is_dir():
        return path
    known = built_in_folders()
    if str(folder_or_name) in known:
        return known[str(folder_or_name)]
    close = get_close_matches(str(folder_or_name), known, n=1)
    cure = f"did you mean {close[0]}?" if close else f"give a folder, or one of {', '.join(known)}"
    raise ScenarioError([Problem(str(folder_or_name), "", None, "no such scenario folder or built-in scenario", cure)])


def load_scenario(folder_or_name: str | Path, overrides: Mapping[str, str] | None = None) -> Scenario:
    """Read, change by `overrides`, check and build a scenario; raises `ScenarioError` with every problem found."""
    folder = find_folder(folder_or_name)
    tables, problems = _read_tables(folder, overrides or {})
    terminal, fleet = None, Fleet((), ())
    if isinstance(tables["terminal"], TerminalFile):
        terminal, found = build_terminal(tables["terminal"], "terminal.toml")
        problems += found
        if not found and isinstance(tables["fleet"], FleetFile):
            fleet, found = build_fleet(tables["fleet"], terminal, "fleet.toml")
            problems += found
    work = WorkList(())
    if terminal is not None and not any(p.file == "terminal.toml" for p in problems):
        work, found = _load_work(folder, terminal)
        problems += found
    policies, found = _policies(tables["policies"])
    problems += found
    if problems or terminal is None:
        raise ScenarioError([_located(p, folder, overrides or {}) for p in problems], folder)
    return Scenario(terminal.id, terminal, fleet, work, policies, str(folder))


def build_terminal(file: TerminalFile, name: str) -> tuple[Terminal, list[Problem]]:
    """The terminal of a file and everything wrong with it."""
    terminal, problems = expand(file, name)
    return terminal, problems + find_problems(terminal, name)


def _read_tables(folder: Path, overrides: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """The validated tables of the three TOML files; fleet and policies may be absent."""
    raw: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    broken = set()
    for part in FILES:
        path = folder / f"{part}.toml"
        if path.is_file():
            raw[part], found = read_toml(path)
            problems += found
            broken |= {part} if found else set()
        elif part == "terminal":
            message = f"there is no such file in {folder}"
            problems.append(Problem(path.name, "", None, message, "every scenario has one"))
            broken.add(part)
    problems += apply_overrides(raw, FILES, overrides)
    tables: dict[str, Any] = {}
    for part, model in FILES.items():
        tables[part] = None
        if part not in broken:
            path = folder / f"{part}.toml"
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            tables[part], found = validate(model, raw.get(part, {}), path.name, text)
            problems += found
    return tables, problems


def _located(problem: Problem, folder: Path, overrides: Mapping[str, str]) -> Problem:
    """A problem with its line; a wrong value that came from the command line is reported there."""
    key = f"{Path(problem.file).stem}.{problem.key}".replace("[", ".").replace("]", "")
    path = folder / problem.file
    if key not in overrides:
        if path.suffix != ".toml" or not path.is_file():
            return problem
        raw, unreadable = read_toml(path)
        return problem if unreadable else with_line(problem, raw, path.read_text(encoding="utf-8"))
    return Problem(SOURCE, key, overrides[key], problem.message, problem.cure)


def _policies(table: Any) -> tuple[Policies, list[Problem]]:
    """The policies; names of strategies must be known."""
    from portway.core.dispatch import STRATEGIES

    policies = noun(Policies, table) if table is not None else Policies()
    problems = []
    for key, known in (("dispatch", sorted(STRATEGIES)), ("traffic", ["first_come", "order"])):
        value = getattr(policies, key)
        if value not in known:
            close = get_close_matches(value, known, n=1)
            cure = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
            problems.append(Problem("policies.toml", key, value, "no such strategy", cure))
    return policies, problems


def _load_work(folder: Path, terminal: Terminal) -> tuple[WorkList, list[Problem]]:
    """The work of a scenario; a scenario without `work.csv` has none."""
    path = folder / "work.csv"
    if not path.is_file():
        return WorkList(()), []
    from portway.adapters.tos.work_file import WorkError, load_work
    from portway.core.work.feasibility import never_begun

    try:
        work = load_work(path, terminal)
    except WorkError as e:
        return WorkList(()), [Problem(p.file, p.column, p.value, p.message, p.cure, p.line or None) for p in e.problems]
    return work, [
        Problem(path.name, "after", job, f"can never be begun: it waits for {other}", "mend the sequence or `after`")
        for job, other in never_begun(work)
    ]
