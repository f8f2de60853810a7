"""Commands of a live terminal: serve, truck."""

import asyncio
import gc
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from portway.app.cli.options import Hosts, Interface, Scenario, Set, overrides_of
from portway.app.interrupt import end_in_time, on_signals

Versions = Annotated[str, typer.Option(help="Versions of VDA 5050, given to the trucks in turn: 2.0,2.1,3.0.")]
BROKER_VARIABLE = "PORTWAY_BROKER"  # arguments are seen by everybody on the machine, the environment is not
BrokerUrl = Annotated[
    str | None, typer.Option("--broker", envvar=BROKER_VARIABLE, help="mqtt://HOST:PORT or mqtts://HOST:PORT.")
]
Trucks = Annotated[int | None, typer.Option(min=1, help="Number of trucks instead of the scenario's.")]
Speed = Annotated[float, typer.Option(min=0.1, max=100.0, help="Rehearse: the clock runs so many times faster.")]
Ca = Annotated[Path | None, typer.Option(help="Certificate of the broker's authority (TLS).")]
Certificate = Annotated[Path | None, typer.Option(help="Own certificate (TLS).")]
Key = Annotated[Path | None, typer.Option(help="Key of the own certificate.")]


def _versions(text: str) -> tuple[str, ...]:
    from portway.adapters.vda5050.versions import version_of

    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        try:
            version_of(name)
        except KeyError as error:
            raise typer.BadParameter(str(error.args[0])) from error
    return names


def broker_from(url: str, ca: Path | None, certificate: Path | None, key: Path | None) -> Any:
    """The broker that a command line names; raises typer.BadParameter."""
    from portway.adapters.vda5050.link import broker_of

    try:
        return broker_of(url, ca, certificate, key)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def serve(
    context: typer.Context,
    scenario: Scenario,
    broker: BrokerUrl = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="HTTP port of health and metrics.")] = 8080,
    host: Annotated[str, typer.Option(help="HTTP address.")] = "127.0.0.1",
    db: Annotated[str, typer.Option(help="Database: a file, or a URL of PostgreSQL.")] = "runs/live/portway.db",
    trucks: Trucks = None,
    versions: Versions = "2.1",
    interface: Interface = "uagv",
    with_trucks: Annotated[bool, typer.Option(help="Start a process with an agent for every truck, too.")] = False,
    keys: Annotated[Path | None, typer.Option(help="API keys (TOML); without it a key is made and shown.")] = None,
    tos: Annotated[Path | None, typer.Option(help="Links to the TOS (TOML): webhooks, EDIFACT, tokens.")] = None,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
    speed: Speed = 1.0,
    schemas: Annotated[Path | None, typer.Option(help="Official schemas (2.1/state.schema ...), for samples.")] = None,
    linked_cranes: Annotated[
        str, typer.Option(help="Cranes that report over the API instead of being simulated: all, or QC01,RTG-A1.")
    ] = "",
    standby: Annotated[bool, typer.Option(help="Wait while another server leads, then go on (PostgreSQL).")] = False,
    hosts: Hosts = None,
    settings: Set = None,
) -> None:
    """Control a terminal live: trucks over VDA 5050, cranes simulated. Goes on with the run in the database.

    Without --broker an embedded one is started on loopback.
    """
    context.call_on_close(gc.enable)  # however it ends
    if not standby:
        gc.disable()  # until all is built, `serve_terminal`: collections in a growing heap take 0.3 s of a start
    from portway.adapters.storage.durable_error import StorageError
    from portway.adapters.tos.api.keys import KeyFileError
    from portway.adapters.vda5050.link import shown_broker
    from portway.app.config import load_scenario
    from portway.app.live.composition import ServeOptions, serve_terminal
    from portway.app.live.server import OtherMasterError
    from portway.app.live.tos_links import TosLinksError

    end_in_time()
    names, links = _versions(versions), _tos_links(tos)
    if standby:
        _fit_for_standby(broker, keys, with_trucks)
    if schemas is not None and not schemas.is_dir():
        raise typer.BadParameter(f"--schemas {schemas}: there is no such folder")
    loaded = load_scenario(scenario, overrides_of(settings, trucks, None))
    with ExitStack() as stack:
        url = broker or _embedded(stack)
        print(f"broker: {shown_broker(url)}", file=sys.stderr)
        options = ServeOptions(
            broker_from(url, ca, certificate, key),
            names,
            host,
            port,
            db,
            keys,
            links,
            None,
            schemas,
            speed,
            standby,
            alone=broker is None,
            linked_cranes=_linked(linked_cranes, loaded),
            interface=interface,
            hosts=tuple(hosts or ()),
        )
        if with_trucks:
            spoken = ["--versions", versions, "--interface", interface]
            _truck_process(stack, scenario, url, spoken, trucks, settings, speed, _memory(db))
        try:
            asyncio.run(serve_terminal(loaded, options, on_signals))
        except (StorageError, OtherMasterError, KeyFileError, TosLinksError) as error:
            print(error, file=sys.stderr)
            raise typer.Exit(3 if isinstance(error, StorageError | OtherMasterError) else 2) from error


def _fit_for_standby(broker: str | None, keys: Path | None, with_trucks: bool) -> None:
    """What both servers must have in common; raises typer.BadParameter."""
    if broker is None:
        raise typer.BadParameter("--standby: both servers need the same broker; give it with --broker")
    if keys is None:
        raise typer.BadParameter("--standby: both servers need the same API keys; give them with --keys")
    if with_trucks:
        raise typer.BadParameter("--standby: trucks do not belong to a server that waits; start `portway truck`")


def _tos_links(path: Path | None) -> Any:
    from portway.app.live.tos_links import TosLinks, TosLinksError, load_tos_links

    try:
        return TosLinks() if path is None else load_tos_links(path)
    except TosLinksError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error


def _embedded(stack: ExitStack) -> str:
    from portway.app.live.embedded_broker import embedded_broker

    return stack.enter_context(embedded_broker())


def _linked(text: str, scenario: Any) -> frozenset[str]:
    """The cranes that are linked; raises typer.BadParameter for one that the terminal does not have."""
    known = [c.id for c in (*scenario.terminal.quay_cranes, *scenario.terminal.yard_cranes)]
    named = known if text == "all" else [name.strip() for name in text.split(",") if name.strip()]
    for name in named:
        if name not in known:
            raise typer.BadParameter(f"--linked-cranes {name}: no such crane; known: {', '.join(known[:8])} ...")
    return frozenset(named)


def _memory(database: str) -> Path:
    """Where the trucks of `--with-trucks` keep where they stand: beside the database, and gone when that is new."""
    if "://" in database:
        return Path("runs/live") / f"{database.rpartition('/')[2].partition('?')[0] or 'portway'}.trucks.json"
    memory = Path(database).with_suffix(".trucks.json")
    if not Path(database).exists():
        memory.unlink(missing_ok=True)
    return memory


def _truck_process(
    stack: ExitStack, scenario: Any, url: str, spoken: list[str], trucks: int | None, settings: list[str] | None,
    speed: float, memory: Path,
) -> None:  # fmt: skip
    from portway.app.live.child_process import child_process

    command = [sys.executable, "-m", "portway", "truck", str(scenario), *spoken]
    command += ["--speed", str(speed), "--memory", str(memory), "--with-parent"]
    command += ["--trucks", str(trucks)] if trucks else []
    for setting in settings or []:
        command += ["--set", setting]
    stack.enter_context(child_process("trucks", command, {BROKER_VARIABLE: url}))


def truck(
    scenario: Scenario,
    broker: BrokerUrl = "mqtt://127.0.0.1:1883",
    serial: Annotated[list[str] | None, typer.Option(help="Serial numbers; without any, all trucks.")] = None,
    trucks: Trucks = None,
    versions: Versions = "2.1",
    interface: Interface = "uagv",
    state_s: Annotated[float, typer.Option(min=0.05, help="Seconds between two states.")] = 1.0,
    visualization_s: Annotated[float, typer.Option(min=0.0, help="Seconds between visualizations, 0: none.")] = 0.0,
    crawl: Annotated[bool, typer.Option(help="Drive at walking pace.")] = False,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
    certificates: Annotated[Path | None, typer.Option(help="Folder with SERIAL.crt and SERIAL.key (TLS).")] = None,
    speed: Speed = 1.0,
    manufacturer: Annotated[str, typer.Option(help="As what they report themselves.")] = "portway",
    memory: Annotated[Path | None, typer.Option(help="File that keeps where they stand when this ends.")] = None,
    with_parent: Annotated[bool, typer.Option(help="End when the standard input does.", hidden=True)] = False,
    settings: Set = None,
) -> None:
    """On-board agents that speak VDA 5050 and stand in for trucks, each with a connection of its own."""
    from portway.adapters.vda5050.agent import AgentOptions
    from portway.app.config import load_scenario
    from portway.app.live.child_process import end_with_parent
    from portway.app.live.truck_memory import TruckMemory
    from portway.app.live.trucks import AgentProcess

    end_in_time()
    if with_parent:
        end_with_parent()
    loaded = load_scenario(scenario, overrides_of(settings, trucks, None))
    known = [t.id for t in loaded.fleet.trucks]
    for name in serial or known:
        if name not in known:
            raise typer.BadParameter(f"--serial {name}: no such truck; known: {', '.join(known[:8])} ...")
        if certificates is not None and not (certificates / f"{name}.crt").exists():
            raise typer.BadParameter(f"--certificates {certificates}: {name}.crt is missing; make it: portway certs")
    assert broker is not None
    try:
        kept = None if memory is None else TruckMemory(memory)
    except ValueError as error:
        raise typer.BadParameter(f"--memory {error}") from error
    where, options = (
        broker_from(broker, ca, certificate, key),
        AgentOptions(state_s, visualization_s, crawl=crawl, interface=interface),
    )

    async def drive() -> None:
        stopping = asyncio.Event()
        on_signals(stopping.set)
        fleet = AgentProcess(
            loaded, serial or known, where, _versions(versions), options, certificates, speed, manufacturer, kept
        )
        await fleet.run(stopping)

    asyncio.run(drive())


def key(
    name: Annotated[str, typer.Argument(help="Who will use it: letters a to z, digits and -.")],
    role: Annotated[list[str], typer.Option(help="tos, operator or viewer; give it again for more.")],
) -> None:
    """Make an API key: it is shown once; the entry printed below it belongs into the file of --keys."""
    from portway.adapters.tos.api.keys import Role, new_key

    try:
        secret, entry = new_key(name, [Role(r) for r in role])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    print(f"key: {secret}\n\n{entry}", end="")
