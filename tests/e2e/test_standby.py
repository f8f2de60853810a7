"""Two servers on one PostgreSQL: the first is killed, stopped, cut off or ended in order, and the second goes on."""

import json
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from live_processes import MOSQUITTO, TRUCKS, Listener, Processes, free_port, need, steps
from portway.adapters.storage.durable_reading import JournalReader
from portway.adapters.storage.durable_store import Store
from portway.app.live.follower import Follower
from portway.core.commands import JobOrderDone
from portway.core.events import TruckPaused
from postgres_server import new_database, postgres_server


class Pair(Processes):
    """A broker, trucks, and two servers with ports of their own; `http` is the port of the one that is asked."""

    def __init__(self, folder: Path, database: str) -> None:
        super().__init__(folder)
        self.database = database
        self.ports = {"first": self.http, "second": free_port()}
        (folder / "mosquitto.conf").write_text(
            f"listener {self.mqtt} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type all\n"
        )

    def serve(self, name: str, *more: str) -> None:
        words = ["huashan", "--broker", self.url, "--trucks", str(TRUCKS), "--versions", "2.0,2.1,3.0", "--standby"]
        words += ["--keys", str(self.folder / "keys.toml"), "--db", self.database, "--port", str(self.ports[name])]
        self.run(name, [sys.executable, "-m", "portway", "serve", *words, *more], cwd=self.folder)

    def ask(self, name: str, path: str) -> tuple[int, dict]:
        """Status and answer of a server; 0 while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]}{path}", timeout=2) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except (OSError, ValueError):
            return 0, {}

    def until(self, name: str, path: str, what, seconds: float) -> float:
        """Wait until an answer fulfils something; how long that took."""
        began = time.monotonic()
        while not (answer := self.ask(name, path))[0] or not what(*answer):
            said = {n: self.log(n)[-1500:] for n in self.running}
            assert time.monotonic() - began < seconds, f"not within {seconds} s: {self.ask(name, path)} {said}"
            time.sleep(0.05)
        return time.monotonic() - began

    def leads(self, name: str, seconds: float) -> float:
        self.http = self.ports[name]
        return self.until(name, "/health/ready", lambda status, _: status == 200, seconds)

    def waits(self, name: str, seconds: float) -> float:
        return self.until(name, "/status", lambda _, said: said.get("standby") and said["records"] > 0, seconds)

    def said(self, name: str, event: str) -> list[dict]:
        """Lines of a kind in a server's log."""
        lines = [json.loads(line) for line in self.log(name).split("\n") if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def connects(self) -> int:
        """How often a master control has connected to the broker."""
        return sum(
            "New client connected" in line and "portway-master" in line for line in self.log("broker").split("\n")
        )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@contextmanager
def pair(folder: Path, database: str, *first: str) -> Iterator[tuple[Pair, Listener]]:
    """The first server leads, the second waits, and all trucks are at work."""
    need(MOSQUITTO, "Mosquitto")
    processes = Pair(folder, database)
    processes.start("broker")
    time.sleep(0.5)
    listener = Listener(processes.mqtt)
    try:
        processes.serve("first", *first)
        processes.start("trucks")
        processes.leads("first", 60)
        processes.serve("second")
        processes.waits("second", 60)
        processes.until("first", "/status", lambda _, s: s["trucks_by_state"].get("to_collect", 0) >= 3, 60)
        yield processes, listener
    finally:
        listener.stop()
        for name in list(processes.running):
            processes.running[name].send_signal(signal.SIGCONT)
            processes.end(name)


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    return new_database(server, request.node.name)


def journal_is_whole(database: str) -> None:
    """Numbers without a gap, every record answered as the core answers it from the beginning, no job done twice."""
    store = Store(database, reads_only=True)
    with closing(store):
        journal = JournalReader(store)
        newest = journal.look()
        done = [c.job_order for e in journal.tail() for c in e.commands if isinstance(c, JobOrderDone)]
        assert sorted(set(done)) == sorted(done)
        journal.newest_snapshot = lambda version=None: None
        again = Follower(journal.run, journal)
        assert again.follow(journal) == newest > 0


def trucks_go_on(processes: Pair, listener: Listener, name: str) -> None:
    """The server that leads hears all trucks and they move; nothing has happened that must not."""
    records = processes.ask(name, "/status")[1]["records"]
    before = steps(listener.poses)
    processes.until(name, "/status", lambda _, s: s["trucks_online"] == TRUCKS and s["records"] > records, 30)
    began = time.monotonic()
    while steps(listener.poses) == before:
        assert time.monotonic() - began < 30
        time.sleep(0.5)
    status = processes.ask(name, "/status")[1]
    assert (status["failed"], status["alerts"], status["messages_refused"]) == ("", 0, {})
    assert listener.beyond == []
    assert listener.deepest_m <= 0.0


@pytest.mark.slow
def test_a_standby_goes_on_when_the_first_server_is_killed(tmp_path, database):
    with pair(tmp_path, database) as (processes, listener):
        assert processes.ask("second", "/health/live") == (200, {"ok": True, "standby": True})
        status, said = processes.ask("second", "/health/ready")
        assert (status, said["state"]) == (503, "standby")
        assert processes.ask("second", "/v1/progress")[0] == 503
        for n, (leader, waiting) in enumerate(pairwise(["first", "second"] * 2)):
            time.sleep(3)
            before = processes.call("GET", "/progress")[1]["items"]
            processes.end(leader, signal.SIGKILL)
            took_s = processes.leads(waiting, 10)
            print(f"take-over {n}: {took_s:.2f} s", file=sys.stderr)
            assert took_s < 10
            assert processes.call("GET", "/progress")[1]["items"][: len(before)] == before
            trucks_go_on(processes, listener, waiting)
            processes.serve(leader)
            processes.waits(leader, 60)
        assert processes.end("second") == 0
        processes.leads("first", 10)
        assert processes.end("first") == 0
    journal_is_whole(database)
    for name in ("first", "second"):
        assert "Traceback" not in processes.log(name)


def paused(processes: Pair, is_paused: bool, key: str) -> tuple[int, str | None]:
    """Pause the first truck or let it go on: status, and whether the answer is one given before."""
    body = json.dumps({"paused": is_paused, "reason": "a look at its tyres"}).encode()
    headers = {"X-API-Key": processes.key, "Content-Type": "application/json", "Idempotency-Key": key}
    url = f"http://127.0.0.1:{processes.http}/v1/operations/trucks/T001/pause"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT"), timeout=10) as answer:
        return answer.status, answer.headers["idempotency-replayed"]


def state_of_t001(processes: Pair, wanted: str, seconds: float) -> None:
    """Wait until the first truck is heard and shown so."""
    began = time.monotonic()
    while (state := processes.call("GET", "/trucks/T001")[1]["state"]) != wanted:
        assert time.monotonic() - began < seconds, state
        time.sleep(0.2)


@pytest.mark.slow
def test_what_was_answered_before_a_take_over_is_answered_so_behind_it(tmp_path, database):
    with pair(tmp_path, database) as (processes, listener):
        processes.http = processes.ports["first"]
        assert paused(processes, True, "pause-1") == (204, None)
        processes.end("first", signal.SIGKILL)
        processes.leads("second", 10)
        state_of_t001(processes, "paused", 15)
        records = processes.ask("second", "/status")[1]["records"]
        assert paused(processes, True, "pause-1") == (204, "true")
        assert paused(processes, False, "pause-2") == (204, None)
        trucks_go_on(processes, listener, "second")
        assert processes.ask("second", "/status")[1]["records"] > records
    journal_is_whole(database)
    store = Store(database, reads_only=True)
    with closing(store):
        journal = JournalReader(store)
        journal.look()
        asked = [e.event.paused for e in journal.tail() if isinstance(e.event, TruckPaused)]
    assert asked == [True, False], "once each"


@pytest.mark.slow
def test_a_first_server_that_is_stopped_and_goes_on_later_finds_that_it_no_longer_leads(tmp_path, database):
    with pair(tmp_path, database) as (processes, listener):
        processes.running["first"].send_signal(signal.SIGSTOP)
        took_s = processes.leads("second", 20)
        print(f"take-over from a stopped one: {took_s:.2f} s", file=sys.stderr)
        trucks_go_on(processes, listener, "second")
        assert processes.connects() == 2
        processes.running["first"].send_signal(signal.SIGCONT)
        assert processes.running["first"].wait(10) == 3
        said = processes.log("first")
        assert "leads now; nothing more is sent" in said
        assert "Traceback" not in said
        assert processes.connects() == 2, "the first one has sent nothing: the broker closed its connection long ago"
        trucks_go_on(processes, listener, "second")
        processes.serve("first")
        processes.waits("first", 60)
        assert processes.ask("first", "/status")[1]["leader"].split(":")[1] == str(processes.running["second"].pid)
    journal_is_whole(database)


@pytest.mark.slow
def test_of_two_that_are_started_at_once_one_leads(tmp_path, database):
    need(MOSQUITTO, "Mosquitto")
    processes = Pair(tmp_path, database)
    processes.start("broker")
    try:
        processes.serve("first")
        processes.serve("second")
        began = time.monotonic()
        while sorted(processes.ask(n, "/health/ready")[0] for n in processes.ports) != [200, 503]:
            assert time.monotonic() - began < 60, [processes.log("first"), processes.log("second")]
            time.sleep(0.1)
        (leader,) = (n for n in processes.ports if processes.ask(n, "/health/ready")[0] == 200)
        (waiting,) = processes.ports.keys() - {leader}
        processes.waits(waiting, 30)
        assert processes.end(waiting) == 0, "a server that waits can be ended"
        processes.serve(waiting)
        processes.waits(waiting, 30)
        assert processes.end(leader) == 0
        processes.leads(waiting, 10)
    finally:
        for name in list(processes.running):
            processes.end(name)
    journal_is_whole(database)


class Wire:
    """A way to a socket of PostgreSQL that can be cut: nothing goes through any more, and nobody is told."""

    def __init__(self, to: str) -> None:
        self.is_cut = threading.Event()
        self._to = to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._listening.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._to)
            for pipe in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=pipe, daemon=True).start()

    def _carry(self, come: socket.socket, go: socket.socket) -> None:
        while data := come.recv(1 << 16):
            if self.is_cut.is_set():
                time.sleep(1_000)
            go.sendall(data)
        if not self.is_cut.is_set():
            go.close()


@pytest.mark.slow
def test_a_first_server_that_is_cut_off_from_the_database_stops_before_the_second_leads(tmp_path, database):
    wire = Wire(f"{database.partition('host=')[2]}/.s.PGSQL.5432")
    through = database.partition("?")[0].replace("@/", f"@127.0.0.1:{wire.port}/")
    with pair(tmp_path, database, "--db", through) as (processes, listener):
        wire.is_cut.set()
        assert processes.running["first"].wait(20) == 3
        processes.leads("second", 20)
        (stopped,), (took_over,) = processes.said("first", "leadership_lost"), processes.said("second", "takes_over")
        assert "no sign of life could be given" in stopped["why"]
        assert stopped["timestamp"] < took_over["timestamp"]
        print(f"stopped {stopped['timestamp']}, taken over {took_over['timestamp']}", file=sys.stderr)
        assert processes.connects() == 2
        trucks_go_on(processes, listener, "second")
    journal_is_whole(database)


@pytest.mark.slow
def test_a_standby_outlives_a_restart_of_postgresql(tmp_path):
    with postgres_server() as url:
        database = new_database(url, "restarted")
        with pair(tmp_path, database) as (processes, listener):
            folder = Path(url.partition("host=")[2])
            with psycopg.connect(url, autocommit=True) as other:
                bin_ = Path(other.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()[0])
            restart = [str(bin_ / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "-w", "restart"]
            subprocess.run(["su", "postgres", "-c", shlex.join(restart)], check=True, cwd=folder,
                           stdout=subprocess.DEVNULL)  # fmt: skip
            began = time.monotonic()
            while not any(processes.ask(n, "/health/ready")[0] == 200 for n in processes.ports):
                assert time.monotonic() - began < 30, processes.log("second")
            (leader, *_) = (n for n in processes.ports if processes.ask(n, "/health/ready")[0] == 200)
            trucks_go_on(processes, listener, leader)
        journal_is_whole(database)


def portway(*words: str, **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "portway", *words], capture_output=True, text=True, check=False, **how)


def test_a_standby_that_cannot_be_one_is_refused_with_the_cure(tmp_path):
    (tmp_path / "keys.toml").write_text("")
    common = ["--broker", "mqtt://127.0.0.1:9", "--keys", str(tmp_path / "keys.toml")]
    assert "the same broker" in portway("serve", "huashan", "--standby").stderr
    assert "the same API keys" in portway("serve", "huashan", "--standby", *common[:2]).stderr
    assert "start `portway truck`" in portway("serve", "huashan", "--standby", *common, "--with-trucks").stderr


def test_a_standby_on_a_file_is_refused_with_the_cure(tmp_path):
    from portway.adapters.tos.api.keys import Role, new_key

    (tmp_path / "keys.toml").write_text(new_key("test", list(Role))[1])
    words = ["--broker", "mqtt://127.0.0.1:9", "--keys", "keys.toml", "--db", "live.db", "--standby"]
    run = portway("serve", "huashan", *words, cwd=tmp_path)
    assert run.returncode == 3
    assert "live.db: a standby needs PostgreSQL, a file is on one machine; give --db postgresql://" in run.stderr
    assert not (tmp_path / "live.db").exists()
