"""Options that several commands share."""

import re
from pathlib import Path
from typing import Annotated

import typer

Scenario = Annotated[str, typer.Argument(help="A scenario folder, or the name of a built-in one (yangluo, huashan).")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a value, e.g. fleet.trucks=80.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Hosts = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="A name by which the page may be asked for; again for more."),
]
LEVEL = re.compile(r"[A-Za-z0-9_.:-]+")  # as in `adapters.broker.mosquitto`
Interface = Annotated[
    str,
    typer.Option(
        help="First level of the topics: one for each terminal on a broker.", callback=lambda text: level(text)
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder for what the run leaves.")]


def level(text: str) -> str:
    """A level of a topic as it is; raises typer.BadParameter for what cannot be one."""
    if not LEVEL.fullmatch(text):
        raise typer.BadParameter(f"{text!r}: take letters, digits and _ . : - alone")
    return text


def overrides_of(settings: list[str] | None, trucks: int | None = None, strategy: str | None = None) -> dict[str, str]:
    """`--set` pairs with those that have an option of their own."""
    changes = {}
    for text in settings or []:
        key, sign, value = text.partition("=")
        if not sign:
            raise typer.BadParameter(f"{text!r}: write KEY=VALUE, e.g. --set fleet.trucks=80")
        changes[key.strip()] = value.strip()
    if trucks is not None:
        changes["fleet.trucks"] = str(trucks)
    if strategy is not None:
        changes["policies.dispatch"] = strategy
    return changes
