"""A real PostgreSQL server for tests, on a socket in a folder of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def programs() -> Path:
    """Folder of initdb and postgres: skips without them, fails under CI."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "PostgreSQL is not installed (apt-get install postgresql)"
        )
    return folders[-1]


@contextmanager
def postgres_server() -> Iterator[str]:
    """URL of its database `postgres`; PostgreSQL refuses to run as root."""
    bin_, who = programs(), {}
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **who}
        data = f"{folder}/data"
        subprocess.run([bin_ / "initdb", "-D", data, "-U", "portway", "-A", "trust"], check=True, **quiet)
        words = ["-D", data, "-k", folder, "-c", "listen_addresses="]
        process = subprocess.Popen([bin_ / "postgres", *words], **quiet)
        try:
            for _ in range(100):
                if subprocess.run([bin_ / "pg_isready", "-h", folder], check=False, **quiet).returncode == 0:
                    break
                time.sleep(0.1)
            yield f"postgresql://portway@/postgres?host={folder}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def new_database(server: str, name: str) -> str:
    """URL of a database of its own on a server."""
    import psycopg

    name = name.lower()[:50]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.replace("/postgres?", f"/{name}?")
