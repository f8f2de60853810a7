"""`report.html`: one page that opens without a network, in English and Chinese."""

from importlib.resources import files
from string import Template
from typing import Any

from portway.app.report.cards import cards
from portway.app.report.markup import said, tag, tip
from portway.app.report.tiles import NONE, tiles
from portway.app.report.words import Text, word
from portway.core.model.layout import Terminal
from portway.sim.record import RunRecord

SCRIPTS = ("language", "hover", "legend", "road_map")


def _notices(r: dict[str, Any]) -> list[Text]:
    interrupted = [] if r["finished"] else [word("interrupted", hours=r["hours"])]
    return interrupted + ([] if r["moves_completed"] else [word("nothing_moved")])


def _file(*path: str) -> str:
    return files("portway.app.report").joinpath(*path).read_text(encoding="utf-8")


def page(record: RunRecord, terminal: Terminal, report: dict[str, Any]) -> str:
    """The whole page with its look and its scripts."""
    r = report
    title = word("title", name=terminal.title or r["scenario"])
    facts = {"cranes": len(r["quay_cranes"]), **{k: r[k] for k in ("trucks", "hours", "strategy", "seed")}}
    footer = word("footer", version=r["portway_version"], digest=r["journal_digest"] or NONE)
    return Template(_file("page.html")).substitute(
        tab=tag("title", "Portway", **tip(title)),
        style=_file("page.css"),
        title=said("span", title),
        facts=said("span", word("facts", **facts)),
        notices="".join(said("div", n, class_="notice") for n in _notices(r)),
        tiles=tiles(r),
        cards=cards(record, terminal, r),
        footer=said("span", footer),
        script="\n".join(_file("script", f"{name}.js") for name in SCRIPTS),
    )
