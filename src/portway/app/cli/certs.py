"""The command that prepares a real broker: certificates and configuration."""

import datetime
from pathlib import Path
from typing import Annotated

import typer

from portway.app.cli.options import Interface, Scenario, Set, overrides_of

SERVER_DAYS = 825


def certs(
    scenario: Scenario,
    out: Annotated[Path, typer.Option(help="Folder for certificates, mosquitto.conf and acl.")] = Path("broker"),
    host: Annotated[list[str] | None, typer.Option(help="Name or address of the broker; again for more.")] = None,
    port: Annotated[int, typer.Option(help="Port of the broker.")] = 8883,
    days: Annotated[int, typer.Option(min=1, help="How long certificates of trucks and server are good.")] = 365,
    renew: Annotated[list[str] | None, typer.Option(help="Make anew: a serial number, broker or master.")] = None,
    interface: Interface = "uagv",
    manufacturer: Annotated[str | None, typer.Option(help="Of the trucks, as they report themselves.")] = None,
    trucks: Annotated[int | None, typer.Option(min=1, help="Number of trucks instead of the scenario's.")] = None,
    settings: Set = None,
) -> None:
    """Make an authority, a certificate for the broker, the server and each truck, and the configuration of Mosquitto.

    What exists is kept; run it again after the fleet has changed. Then move the authority's key away.
    """
    from portway.adapters.broker.certificates import Authority
    from portway.adapters.broker.mosquitto import MASTER, access_list, configuration
    from portway.app.config import load_scenario
    from portway.app.live.enrolment import MANUFACTURER

    loaded = load_scenario(scenario, overrides_of(settings, trucks, None))
    serials, again = [t.id for t in loaded.fleet.trucks], set(renew or [])
    if unknown := sorted(again - {*serials, "broker", "master"}):
        raise typer.BadParameter(f"--renew {unknown[0]}: no such truck; give a serial number, broker or master")
    maker = manufacturer or MANUFACTURER
    try:
        rights = access_list(interface, maker, serials)
        authority = Authority(out, loaded.terminal.id, datetime.datetime.now(datetime.UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    hosts = host or ["localhost", "127.0.0.1"]
    made = [
        authority.server("broker", hosts, min(days, SERVER_DAYS), "broker" in again),
        authority.client("master", MASTER, days, "master" in again),
        *(authority.client(f"trucks/{s}", s, days, s in again) for s in serials),
    ]
    (out / "mosquitto.conf").write_text(configuration(out, authority.certificate, port))
    (out / "acl").write_text(rights)
    url = f"mqtts://{hosts[0]}:{port}"
    print(f"{sum(made)} certificates made, {len(made) - sum(made)} kept, in {out}")
    print(f"broker: mosquitto -c {out}/mosquitto.conf")
    tls = f"--broker {url} --ca {authority.certificate}"
    print(f"server: portway serve {scenario} {tls} --certificate {out}/master.crt --key {out}/master.key")
    print(f"trucks: portway truck {scenario} {tls} --certificates {out}/trucks")
