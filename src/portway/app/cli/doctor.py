"""The command that looks whether a live server could run."""

import json
from pathlib import Path
from typing import Annotated

import typer

from portway.app.cli.live import BrokerUrl, Ca, Certificate, Key, broker_from
from portway.app.cli.options import Json


def doctor(
    broker: BrokerUrl = None,
    db: Annotated[str, typer.Option(help="Database: a file, or a URL of PostgreSQL.")] = "runs/live/portway.db",
    keys: Annotated[Path | None, typer.Option(help="API keys (TOML).")] = None,
    tos: Annotated[Path | None, typer.Option(help="Links to the TOS (TOML).")] = None,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
    port: Annotated[int, typer.Option(help="HTTP port of the page.")] = 8080,
    host: Annotated[str, typer.Option(help="HTTP address of the page.")] = "127.0.0.1",
    as_json: Json = False,
) -> None:
    """Check broker, database, clock, certificates and files of a live server, and say what to do. Exit code 1: errors.

    Takes the options of `serve`. Without --broker none is looked for: `serve` starts its own.
    """
    from portway.app.live.doctor import Asked, examine

    where = None if broker is None else broker_from(broker, ca, certificate, key)
    found = examine(Asked(db, where, keys, tos, (host, port)))
    if as_json:
        print(json.dumps([f._asdict() for f in found]))
    else:
        for finding in found:
            print(finding)
    raise typer.Exit(1 if any(f.state == "error" for f in found) else 0)
