"""What `portway serve --tos FILE` reads, and what it starts: webhooks, and the folders of EDIFACT files.

Each link goes on for itself: one that fails (a full disk, a folder taken away) is logged and tried again, and neither
the loop nor another link notices.
"""

import asyncio
import datetime
import re
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from portway.adapters.tos.api.bearer import TokenCheck, TokenRule
from portway.adapters.tos.api.views import ProgressEvent, ProgressKind
from portway.adapters.tos.api.webhooks import Webhooks, WebhookTarget
from portway.adapters.tos.edi_cursor import RunMark
from portway.adapters.tos.edi_folder import EdiFolder
from portway.adapters.tos.edi_out import EdiOut
from portway.adapters.tos.edi_report import CompletedMove
from portway.app.live.live_desk import LiveDesk
from portway.app.live.log import log
from portway.app.live.server import LiveServer
from portway.app.live.tos_troubles import TosTroubles

LOOK_S = 2.0
AGAIN_S = 5.0
CALM_S = 60.0  # a link that has failed works again when it goes on for so long
EVENTS_AT_ONCE = 50  # looked at, then the loop has its turn
MOVES_AT_ONCE = 100  # written together
Link = Callable[[], Awaitable[None]]  # goes on until cancelled, or until it fails
SECRET = {"secret", "key"}


class TosLinksError(ValueError):
    """A file of TOS links that cannot be used; the text lists everything found."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EdiTable(_Table):
    """Folders of EDIFACT files; paths are relative to the file that names them."""

    incoming: Path | None = None
    outgoing: Path | None = None
    sender: str = Field(default="PORTWAY", min_length=1, max_length=35)
    receiver: str = Field(default="TOS", min_length=1, max_length=35)


class WebhookTable(_Table):
    """A receiver of progress events."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    url: str = Field(pattern=r"^https?://[^\s]+$")
    secret: str = Field(min_length=16)
    kinds: frozenset[ProgressKind] = frozenset()


class TokensTable(_Table):
    """Bearer tokens of an OAuth2 server; `key` is a shared secret, `key_file` a public key in PEM."""

    alg: Literal["HS256", "RS256"]
    audience: str = Field(min_length=1)
    issuer: str | None = None
    key: str = ""
    key_file: Path | None = None


class TosLinks(_Table):
    """All of a file."""

    edi: EdiTable = Field(default_factory=EdiTable)
    webhooks: tuple[WebhookTable, ...] = ()
    tokens: TokensTable | None = None
    folder: Path = Path()

    def token_rule(self) -> TokenRule | None:
        """How bearer tokens are checked; None when none are taken. Raises TosLinksError."""
        t = self.tokens
        if t is None:
            return None
        try:
            key = t.key.encode() if t.key_file is None else (self.folder / t.key_file).read_bytes()
            rule = TokenRule(t.alg, key, t.audience, t.issuer)
            TokenCheck(rule, lambda: 0.0)
        except (OSError, ValueError) as error:
            raise TosLinksError(f"tokens: {error}") from error
        return rule

    def targets(self) -> list[WebhookTarget]:
        """Where progress goes."""
        return [
            WebhookTarget(w.name, w.url, w.secret.encode(), frozenset(k.value for k in w.kinds)) for w in self.webhooks
        ]


def load_tos_links(path: Path) -> TosLinks:
    """Read a file of links; raises TosLinksError with everything that is wrong with it."""
    try:
        read = TosLinks.model_validate({**tomllib.loads(path.read_text(encoding="utf-8")), "folder": path.parent})
    except ValidationError as error:
        lines = [
            f"{path.name}: {'.'.join(str(part) for part in e['loc'])}{_shown(e['loc'], e['input'])}: {e['msg']}"
            for e in error.errors()
        ]
        raise TosLinksError("\n".join(lines)) from error
    except (OSError, ValueError) as error:
        raise TosLinksError(f"{path.name}: cannot be read: {error}") from error
    names = [w.name for w in read.webhooks]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise TosLinksError(f"{path.name}: webhooks.name = {', '.join(twice)}: given twice; rename one")
    return read


def _shown(place: tuple[int | str, ...], value: object) -> str:
    """A wrong value as it may be printed: a secret, or what may hold one, is not."""
    if isinstance(value, dict | list) or SECRET & set(place):
        return ""
    if "url" in place:
        value = re.sub(r"(://.*@)|([?#].*)", lambda found: "://***@" if found[1] else "", str(value), flags=re.DOTALL)
    return f" = {value!r:.80}"


async def run_tos_links(links: TosLinks, server: LiveServer, desk: LiveDesk) -> None:
    """Carry progress out and work in, until cancelled."""
    edi, troubles, runs = links.edi, server.tos_troubles, dict[str, Link]()
    if links.webhooks:
        hooks = Webhooks(desk, server.durable.outbox, links.targets(), given_up=troubles.given_up)
        runs["webhooks"] = hooks.run
    if edi.incoming is not None:
        runs["edi_in"] = _edi_in(links.folder / edi.incoming, server, desk)
    if edi.outgoing is not None:
        runs["edi_out"] = edi_out(links, server, desk)
    await asyncio.gather(*(_kept_up(name, run, troubles) for name, run in runs.items()))


async def _kept_up(name: str, run: Link, troubles: TosTroubles) -> None:
    while True:
        calm = asyncio.get_running_loop().call_later(CALM_S, troubles.link_works, name)
        try:
            await run()
        except Exception as error:  # whatever a disk or a receiver comes up with: control goes on
            log("tos_link_failed", link=name, error=repr(error)[:300])
            troubles.link_failed(name, error)
        finally:
            calm.cancel()
        await asyncio.sleep(AGAIN_S)


def _edi_in(folder: Path, server: LiveServer, desk: LiveDesk) -> Link:
    async def look() -> None:
        boxes = server.run.controller.state.board.boxes
        watch = EdiFolder(
            folder, desk, server.run.scenario.terminal, lambda: boxes.at, boxes.length_ft, server.loop.now_ms
        )
        while True:
            results = await watch.look()
            for result in results:
                log("edi_file", name=result.name, job_orders=result.job_orders, problems=result.problems[:5])
            server.tos_troubles.edi_files(results)
            await asyncio.sleep(LOOK_S)

    return look


def edi_out(links: TosLinks, server: LiveServer, desk: LiveDesk) -> Link:
    """What writes every completed move, as batches, in threads beside the loop."""

    async def write() -> None:
        assert links.edi.outgoing is not None
        mark = RunMark(desk.run().run_id, server.started_at_s, desk.newest_progress())
        folder, sender, receiver = links.folder / links.edi.outgoing, links.edi.sender, links.edi.receiver
        out = await asyncio.to_thread(EdiOut, folder, sender, receiver, mark)
        read = out.last_event
        while True:
            await desk.wait_progress(read)
            moves, read = await _next_moves(desk, read, server.started_at_s)
            if moves:
                await asyncio.to_thread(out.write, moves)

    return write


async def _next_moves(desk: LiveDesk, after: int, started_at_s: float) -> tuple[list[CompletedMove], int]:
    """A batch of completed moves behind an event, and the last event that was looked at; the loop has its turn in
    between."""
    moves: list[CompletedMove] = []
    while len(moves) < MOVES_AT_ONCE and (events := desk.progress(after, EVENTS_AT_ONCE)):
        moves += [m for e in events if (m := completed_move(e, desk, started_at_s)) is not None]
        after = events[-1].id
        await asyncio.sleep(0)
    return moves, after


def completed_move(event: ProgressEvent, desk: LiveDesk, started_at_s: float) -> CompletedMove | None:
    """The move that a progress event completes; None for any other event."""
    if event.kind != ProgressKind.COMPLETED or event.job_order is None:
        return None
    view = desk.job_order(event.job_order)
    if view is None:
        return None
    at = datetime.datetime.fromtimestamp(started_at_s + event.at_ms / 1000, datetime.UTC)
    return CompletedMove(event.id, view.job_order.to_core(), at)
