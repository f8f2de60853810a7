"""The conformance session with a truck."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portway.app.cli.live import BrokerUrl, Ca, Certificate, Key, broker_from
from portway.app.cli.options import Json, Scenario, Set, overrides_of

if TYPE_CHECKING:
    from portway.adapters.vda5050.conformance.requirement import Verdict

MARKS = {"passed": "ok", "failed": "FAILED", "not_shown": "not shown"}


def conform(
    scenario: Scenario,
    truck: Annotated[str, typer.Option(help="Serial number of the truck.")],
    broker: BrokerUrl = "mqtt://127.0.0.1:1883",
    interface: Annotated[str, typer.Option(help="First level of the topics.")] = "uagv",
    wait: Annotated[float, typer.Option(min=1.0, help="Seconds to wait for the truck's first message.")] = 35.0,
    schemas: Annotated[
        Path | None, typer.Option(help="Folder with the official schemas: 2.1/state.schema and so on.")
    ] = None,
    client_id: Annotated[
        str | None,
        typer.Option(help="The truck's client id at the broker: its connection is broken, for the last will."),
    ] = None,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """Judge a connected truck by VDA 5050, requirement by requirement. IT DRIVES: some 100 m, on an empty yard."""
    from portway.adapters.vda5050.conformance.talk import NoTruckError
    from portway.app.config import load_scenario
    from portway.app.live.conform import conform as session

    assert broker is not None
    if schemas is not None and not schemas.is_dir():
        raise typer.BadParameter(f"--schemas {schemas}: there is no such folder")
    loaded, where = load_scenario(scenario, overrides_of(settings)), broker_from(broker, ca, certificate, key)

    async def judged() -> list["Verdict"]:
        found = []
        async for verdict in session(loaded, truck, where, interface, wait, schemas, client_id):
            found.append(verdict)
            if not as_json:
                print(_line(verdict), flush=True)
        return found

    try:
        verdicts = asyncio.run(judged())
    except NoTruckError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error
    counts = {result: sum(v.result == result for v in verdicts) for result in MARKS}
    if as_json:
        print(json.dumps({"truck": truck, **counts, "verdicts": [_row(v) for v in verdicts]}, ensure_ascii=False))
    else:
        print(f"{truck}: {counts['passed']} passed, {counts['failed']} failed, {counts['not_shown']} not shown")
    raise typer.Exit(1 if counts["failed"] else 0)


def _line(v: "Verdict") -> str:
    return f"{MARKS[v.result]:<10} {v.requirement.id:<20} {v.requirement.text}" + (f": {v.seen}" if v.seen else "")


def _row(v: "Verdict") -> dict[str, Any]:
    r = v.requirement
    return {
        "id": r.id,
        "result": v.result,
        "seen": v.seen,
        "text": r.text,
        "clause": {"2.x": r.clause_2, "3.0": r.clause_3},
    }
