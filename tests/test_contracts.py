"""The import contracts of `pyproject.toml` hold, and would notice a breach."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BREACHES = {
    "core/units.py": "import os",  # the core is pure
    "core/model/truck.py": "import portway.core.kernels.columns",  # inside core
    "models/__init__.py": "import portway.core.units",  # models know nothing of the rest
    "twin/__init__.py": "import portway.core.kernels.columns",  # kernels are seen by planners and traffic alone
    "twin/tables.py": "import portway.core.controller",  # the twin sees the core through its snapshot
    "adapters/__init__.py": "import portway.core.routing.paths",  # adapters and twin see maps, no more of routing
    "sim/__init__.py": "import portway.app.compose",  # layers
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess:
    """Run import-linter on the package in a folder's `src`."""
    first = f"import sys; sys.path.insert(0, {str(folder / 'src')!r})"
    code = f"{first}; from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_every_import_contract_is_kept():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    assert "0 broken" in result.stdout


def test_a_planted_breach_of_each_contract_is_found(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, line in BREACHES.items():
        module = tmp_path / "src/portway" / name
        module.write_text(module.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    result = lint_imports(tmp_path)
    assert result.returncode != 0
    assert f"0 kept, {len(BREACHES)} broken" in result.stdout, result.stdout[-4000:]
