"""Set up Portway beside this file and run it: `python3 run.py demo`, `python3 run.py test`, `python3 run.py ARGS`.

The first call makes `.venv`, installs the locked dependencies (hashes checked) and the project, and builds its page; a
stamp of the lock, of `pyproject.toml` and of the page's sources makes every later call start at once. Only the standard
library is needed.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def page_hash() -> str:
    """Hash of the sources of the page."""
    files = [p for p in sorted((ROOT / "web").rglob("*")) if p.is_file() and "node_modules" not in p.parts]
    return hashlib.sha256(b"".join(p.read_bytes() for p in [*files, ROOT / "hatch_build.py"])).hexdigest()


def pip() -> list[str]:
    """How packages are installed into `.venv`."""
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(PYTHON)]
    return [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def install_project() -> None:
    """The project itself, from here; its page is built on the way."""
    subprocess.check_call([*pip(), "--no-deps", "-e", str(ROOT)])


def install() -> None:
    """Install the lock and the project into `.venv` unless the stamp says that this was done."""
    lock, project = ROOT / "requirements.lock", ROOT / "pyproject.toml"
    packages = hashlib.sha256(lock.read_bytes() + project.read_bytes() + sys.version.encode()).hexdigest()
    wanted, stamp = f"{packages} {page_hash()}", VENV / "portway-stamp"
    known = stamp.read_text() if stamp.exists() else ""
    if known == wanted:
        return
    if known.partition(" ")[0] == packages:
        print("portway: building the page (its sources have changed)", file=sys.stderr, flush=True)
        install_project()
        stamp.write_text(wanted)
        return
    print("portway: setting up .venv (once)", file=sys.stderr, flush=True)
    uv = shutil.which("uv")
    if uv:
        subprocess.check_call([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
    else:
        venv.create(VENV, with_pip=True, clear=True)
    subprocess.check_call([*pip(), "--require-hashes", "-r", str(lock)])
    install_project()
    subprocess.call([str(PYTHON), "-m", "compileall", "-q", str(ROOT / "src")])
    stamp.write_text(wanted)


def run(command: list[str], folder: Path | None) -> int:
    """Become the command, so that signals reach it and its exit code is ours; where that cannot be, wait for it."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        if folder is not None:
            os.chdir(folder)
        os.execv(command[0], command)
    child = subprocess.Popen(command, cwd=folder)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue  # the console has told the child, too: it ends in its own time


def main() -> int:
    """Install, then hand over: `test` runs the test suite, everything else is `portway ARGS`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends the installer that runs then, too
    install()
    args = sys.argv[1:] or ["--help"]
    module = ["pytest", *args[1:]] if args[0] == "test" else ["portway", *args]
    return run([str(PYTHON), "-m", *module], ROOT if args[0] == "test" else None)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
