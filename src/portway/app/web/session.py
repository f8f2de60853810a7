"""One page: what it asks for, what it may do, and what it is sent. Nothing it does holds up anybody else."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from portway.adapters.tos.api.keys import Caller, KeyRing, Role
from portway.app.live.log import log
from portway.app.web.lobby import Lobby
from portway.app.web.player import Player
from portway.app.web.stage import Problem, Stage, finite

PERIOD_S = 0.1
MESSAGES_MAX, MESSAGE_BYTES_MAX, RUBBISH_MAX = 50, 16_384, 3  # a second; each; in all
SPEED_MAX = 1_000.0
POLICY = 1008  # close code: policy violation
LOCAL = "local"
PAST_FRAMES = 1 << 30  # numbers of frames of the past begin here
COSTLY = ("ways", "heat")
encode = msgspec.json.Encoder().encode


class CutOff(Exception):
    """This page is not served any longer; says why."""


class Session:
    """A page that is connected."""

    def __init__(self, socket: WebSocket, stage: Stage, keys: KeyRing | None, lobby: Lobby | None = None) -> None:
        self._socket, self._stage, self._keys = socket, stage, keys
        self._lobby = lobby or Lobby()
        self.caller: Caller | None = None if keys is not None else Caller(LOCAL, frozenset(Role))
        self._player: Player | None = None
        self._number = self._rows_number = 0
        self._rubbish = 0
        self._times: deque[float] = deque(maxlen=MESSAGES_MAX)
        self._clock_said: dict[str, Any] = {}
        self._watch = {"ways": True, "heat": False}

    async def run(self) -> None:
        """Serve the page until it goes or is cut off."""
        await self._say({"t": "hello", "version": 1, **self._who()})
        listening = asyncio.create_task(self._listen())
        sending = asyncio.create_task(self._send_all())
        known = asyncio.create_task(self._key_in_time())
        try:
            todo = {listening, sending, known}
            while todo >= {listening, sending}:
                done, todo = await asyncio.wait(todo, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        except (WebSocketDisconnect, RuntimeError):
            pass
        except CutOff as why:
            log("page_cut_off", page=str(self._socket.client), reason=str(why))
            await self._cut(str(why))
        finally:
            for task in (listening, sending, known):
                task.cancel()
            await asyncio.gather(listening, sending, known, return_exceptions=True)

    async def _key_in_time(self) -> None:
        """A page that does not say who it is has to go; it comes back by itself, without a word about it."""
        if self.caller is not None:
            return
        newcomer = self._lobby.enter()
        try:
            async with asyncio.timeout(self._lobby.key_s):
                await self._known_or(newcomer.leave)
        except TimeoutError:
            newcomer.leave.set()
        finally:
            self._lobby.out(newcomer)
        if self.caller is None:
            await self._socket.close(POLICY, "no key came in time")
            raise WebSocketDisconnect(POLICY)

    async def _known_or(self, leave: asyncio.Event) -> None:
        while self.caller is None and not leave.is_set():
            await asyncio.sleep(PERIOD_S)

    async def _cut(self, why: str) -> None:
        try:
            await self._say({"t": "error", "code": "cut_off", "detail": why})
            await self._socket.close(POLICY, why[:100])
        except (WebSocketDisconnect, RuntimeError):
            pass

    def _who(self) -> dict[str, Any]:
        roles = self.caller.roles if self.caller else frozenset()
        return {
            "role": "operator" if Role.OPERATOR in roles else "viewer" if roles else "",
            "name": self.caller.name if self.caller else "", "need_key": self.caller is None,
        }  # fmt: skip

    async def _say(self, message: Mapping[str, Any]) -> None:
        await self._socket.send_text(encode(message).decode())

    # -- what it sends ------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            now = time.monotonic()
            if len(self._times) == MESSAGES_MAX and now - self._times[0] < 1.0:
                raise CutOff(f"more than {MESSAGES_MAX} messages a second")
            self._times.append(now)
            text = message.get("text")
            if text is None or len(text) > MESSAGE_BYTES_MAX:
                raise CutOff(f"a message is text of at most {MESSAGE_BYTES_MAX} characters")
            await self._take(text)

    async def _take(self, text: str) -> None:
        try:
            said = msgspec.json.decode(text, type=dict[str, Any])
            await self._obey(str(said.get("c")), said)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            self._rubbish += 1
            if self._rubbish >= RUBBISH_MAX:
                raise CutOff("what it sends is not what a page says") from error
            await self._say({"t": "error", "code": "not_understood", "detail": str(error)[:200]})

    async def _obey(self, name: str, said: dict[str, Any]) -> None:
        if name == "key":
            await self._take_key(str(said["key"]))
            return
        if self.caller is None:
            raise CutOff("a key comes first")
        if name in ("seek", "live", "speed", "pause", "step", "next_alarm"):
            await self._time_line(name, said)
        elif name == "history":
            await self._history(said)
        elif name == "watch":
            self._watch |= {k: bool(said[k]) for k in COSTLY if k in said}
            self._rows_number = 0
            if self._player is not None:
                self._player.seek(self._player.at_ms)
        elif name == "command":
            await self._command(said)
        else:
            raise ValueError(f"c = {name}: unknown")

    async def _take_key(self, key: str) -> None:
        caller = self._keys.caller(key) if self._keys is not None else self.caller
        if caller is None:
            await self._say({"t": "error", "code": "no_such_key", "detail": ""})
            self._rubbish += 1
            if self._rubbish >= RUBBISH_MAX:
                raise CutOff("no such key")
            return
        self.caller = caller
        await self._say({"t": "hello", "version": 1, **self._who()})

    async def _command(self, said: dict[str, Any]) -> None:
        assert self.caller is not None
        name, reason = str(said["name"]), str(said.get("reason", ""))
        if Role.OPERATOR not in self.caller.roles:
            log("page_refused", page=self.caller.name, command=name)
            problems: list[Problem] = [Problem("not_allowed", Role.OPERATOR)]
        elif self._player is not None:
            problems = [Problem("in_the_past", "")]
        elif self._stage.desk is None:
            problems = [Problem("recording", "")]
        else:
            problems = list(await self._stage.desk.command(name, said, self.caller.name, reason))
        await self._say({"t": "answer", "id": said.get("id"), "ok": not problems,
                         "problems": [p._asdict() for p in problems]})  # fmt: skip

    async def _history(self, said: dict[str, Any]) -> None:
        recording = self._stage.recording
        point, first, last = int(said["point"]), int(said["from_ms"]), int(said["to_ms"])
        count = int(self._stage.document["points"]["count"])
        if not 0 <= point < count:
            raise ValueError(f"point = {point}: there are {count}")
        at: list[int] = []
        value: list[int] = []
        if recording is not None:
            recording.follow()
            at, value = recording.history(point, first, last)
        await self._say({"t": "history", "id": said.get("id"), "point": point, "at_ms": at, "value": value})

    # -- the time line ------------------------------------------------------------------------------------------

    async def _time_line(self, name: str, said: dict[str, Any]) -> None:
        if name == "live":
            self._player, self._number, self._rows_number = (None, 0, 0) if self._stage.hub else (self._player, 0, 0)
        elif name in ("seek", "next_alarm"):
            at_ms = finite(said["at_ms"]) if name == "seek" else None
            player = self._past()
            if at_ms is not None:
                player.seek(at_ms)
            else:
                player.next_mark(bool(said.get("back")))
        elif self._player is not None:
            self._pace_player(self._player, name, said)
        else:
            await self._pace_run(name, said)

    def _past(self) -> Player:
        recording = self._stage.recording
        if recording is None:
            raise ValueError("nothing is recorded here")
        if self._player is None:
            self._stage.flush()
            recording.follow()
            if not recording.chunks:
                raise ValueError("nothing is recorded yet")
            from_ms = recording.end_ms() if self._stage.hub is not None else recording.first_ms
            self._player = Player(recording, from_ms, PAST_FRAMES)
        self._player.refresh_end()
        return self._player

    def _pace_player(self, player: Player, name: str, said: dict[str, Any]) -> None:
        if name == "speed":
            player.speed = min(max(finite(said["x"]), 0.1), SPEED_MAX)
        elif name == "pause":
            player.paused = bool(said["paused"])
        else:
            player.paused = True
            player.seek(player.at_ms + finite(said["ms"]))

    async def _pace_run(self, name: str, said: dict[str, Any]) -> None:
        assert self.caller is not None
        if self._stage.desk is None or Role.OPERATOR not in self.caller.roles:
            problems = [Problem("not_allowed", Role.OPERATOR)]
        else:
            speed = min(max(finite(said["x"]), 0.1), SPEED_MAX) if name == "speed" else None
            paused = bool(said["paused"]) if name == "pause" else None
            step_ms = max(1, int(finite(said["ms"]))) if name == "step" else None
            problems = list(self._stage.desk.pace(speed, paused, step_ms))
        if problems:
            await self._say({"t": "answer", "id": said.get("id"), "ok": False,
                             "problems": [p._asdict() for p in problems]})  # fmt: skip

    # -- what it is sent ----------------------------------------------------------------------------------------

    async def _send_all(self) -> None:
        while self.caller is None:
            await asyncio.sleep(PERIOD_S)
        await self._say({"t": "terminal", "document": self._stage.document})
        if self._stage.hub is None:
            self._past()
        last = time.monotonic()
        while True:
            if self._player is None:
                await self._follow()
            else:
                now = time.monotonic()
                self._player.go_on(now - last)
                await self._play(self._player)
                await asyncio.sleep(max(0.0, PERIOD_S - (time.monotonic() - now)))
                last = now
                continue
            last = time.monotonic()

    async def _follow(self) -> None:
        hub = self._stage.hub
        assert hub is not None
        try:
            await asyncio.wait_for(hub.newer(self._number), 1.0)
        except TimeoutError:
            await self._say_clock(hub.marks, vars_of(hub.clock) | {"live": True})
            return
        if self._player is not None:
            return
        changes = hub.changes_after(self._rows_number)
        number, frames = hub.frames_after(self._number)
        if changes is None:
            await self._say_rows(True, hub.tables.rows)
        elif changes:
            await self._say_rows(False, changes)
        self._number = self._rows_number = number
        for data in frames:
            await self._socket.send_bytes(data)
        await self._say_clock(hub.marks, vars_of(hub.clock) | {"live": True})

    async def _play(self, player: Player) -> None:
        frame = player.frame()
        full, rows = player.tables()
        if full or rows:
            await self._say_rows(full, rows)
        await self._socket.send_bytes(frame)
        recording = self._stage.recording
        assert recording is not None
        hub = self._stage.hub
        last_ms = hub.clock.last_ms if hub is not None else player.end_ms
        await self._say_clock(hub.marks if hub is not None else recording.marks, {
            "now_ms": round(player.at_ms), "first_ms": recording.first_ms, "last_ms": last_ms, "speed": player.speed,
            "paused": player.paused, "live": False,
        })  # fmt: skip

    async def _say_rows(self, full: bool, rows: Mapping[str, Mapping[str, Any]]) -> None:
        wanted = {t: r for t, r in rows.items() if self._watch.get(t, True)}
        if full or wanted:
            await self._say({"t": "tables", "full": full, "tables": wanted})

    async def _say_clock(self, marks: Any, clock: dict[str, Any]) -> None:
        """When it is not what the page would reckon itself."""
        said = {k: v for k, v in clock.items() if k not in ("now_ms", "last_ms")} | {
            "last_s": clock["last_ms"] // 1000, "marks": len(marks)
        }  # fmt: skip
        if said != self._clock_said:
            self._clock_said = said
            await self._say({"t": "clock", **clock, "marks": list(marks)})


def vars_of(clock: Any) -> dict[str, Any]:
    """The fields of a clock."""
    return msgspec.structs.asdict(clock)
