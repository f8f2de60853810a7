"""One master on a broker: what each of two does, with a broker of retained messages and last wills in between."""

import itertools

from portway.adapters.broker.lease import BEAT_S, SILENT_S, Lease, Phase, decode, encode


class Retained:
    """A topic with one retained message, and who listens."""

    def __init__(self) -> None:
        self.now_s, self.kept, self.up = 100.0, b"", dict[str, Lease]()

    def connect(self, name: str, lease: Lease) -> None:
        self.up[name] = lease
        lease.connected(self.now_s)
        if self.kept:
            self.say(name, lease.heard(self.kept, self.now_s))

    def die(self, name: str) -> None:
        lease = self.up.pop(name)
        self.publish(lease.will())

    def publish(self, payload: bytes) -> None:
        self.kept = payload
        for name, lease in list(self.up.items()):
            self.say(name, lease.heard(payload, self.now_s))

    def say(self, name: str, payload: bytes | None) -> None:
        if payload is not None and name in self.up:
            self.publish(payload)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            for name, lease in list(self.up.items()):
                self.say(name, lease.tick(self.now_s))


def held(broker: Retained, name: str, run: str) -> Lease:
    lease = Lease(name, run, broker.now_s)
    broker.connect(name, lease)
    return lease


def test_the_first_holds_it_within_a_second():
    broker = Retained()
    lease = held(broker, "a", "run-1")
    assert lease.phase is Phase.LOOKING
    broker.wait(1)
    assert lease.phase is Phase.HELD


def test_a_second_run_is_refused_and_the_first_keeps_it():
    broker = Retained()
    first = held(broker, "a", "run-1")
    broker.wait(5)
    second = held(broker, "b", "run-2")
    broker.wait(10)
    assert (first.phase, second.phase) == (Phase.HELD, Phase.REFUSED)
    assert second.other.run == "run-1"


def test_the_same_run_goes_on_at_once_after_a_crash():
    broker = Retained()
    held(broker, "a", "run-1")
    broker.wait(5)
    broker.die("a")
    again = held(broker, "b", "run-1")
    broker.wait(1)
    assert again.phase is Phase.HELD


def test_the_same_run_goes_on_without_a_moment_of_looking():
    broker = Retained()
    held(broker, "a", "run-1")
    broker.wait(5)
    broker.die("a")
    assert held(broker, "b", "run-1").phase is Phase.HELD


def test_a_copy_of_the_database_beside_the_server_that_leads_is_refused():
    broker = Retained()
    first = held(broker, "a", "run-1")
    broker.wait(5)
    copy = held(broker, "b", "run-1")
    broker.wait(BEAT_S + 1)
    assert (first.phase, copy.phase) == (Phase.HELD, Phase.REFUSED)


def test_the_same_run_goes_on_after_a_machine_that_went_without_a_will():
    for only_one, later_s in ((False, BEAT_S + 1), (True, 0)):
        broker = Retained()
        broker.kept = encode(Lease("x", "run-1", 1.0)._me)
        lease = Lease("b", "run-1", broker.now_s, only_one)
        broker.connect("b", lease)
        broker.wait(later_s)
        assert lease.phase is Phase.HELD


def test_another_run_waits_for_one_that_was_thrown_off_and_then_takes_over():
    broker = Retained()
    held(broker, "a", "run-1")
    broker.wait(5)
    broker.die("a")
    other = held(broker, "b", "run-2")
    broker.wait(2)
    assert other.phase is Phase.LOOKING
    broker.wait(2)
    assert other.phase is Phase.HELD


def test_a_lease_without_a_will_is_dead_when_it_does_not_beat():
    broker = Retained()
    broker.kept = encode(Lease("x", "run-0", 1.0)._me)
    lease = held(broker, "a", "run-1")
    broker.wait(SILENT_S - 1)
    assert lease.phase is Phase.LOOKING
    broker.wait(2)
    assert lease.phase is Phase.HELD


def test_of_two_that_begin_at_once_one_holds_it():
    for first in range(2):
        broker = Retained()
        leases = [Lease(n, f"run-{n}", broker.now_s) for n in ("a", "b")]
        for i in (first, 1 - first):
            broker.connect("ab"[i], leases[i])
        broker.wait(10)
        assert sorted(lease.phase is Phase.HELD for lease in leases) == [False, True]


def test_one_that_was_cut_off_for_long_finds_another_and_stops():
    broker = Retained()
    first = held(broker, "a", "run-1")
    broker.wait(5)
    broker.die("a")
    first.cut_off()
    second = held(broker, "b", "run-2")
    broker.wait(20)
    broker.connect("a", first)
    broker.wait(5)
    assert (first.phase, second.phase) == (Phase.LOST, Phase.HELD)


def test_two_with_one_client_id_throw_each_other_off_and_the_newcomer_goes():
    broker = Retained()
    first = held(broker, "a", "run-1")
    broker.wait(5)
    second = Lease("b", "run-2", broker.now_s)
    names = itertools.cycle([("b", second), ("a", first)])
    broker.die("a")
    first.cut_off()
    name, lease = next(names)
    broker.connect(name, lease)
    for _ in range(6):
        broker.wait(1)
        broker.die(name)
        lease.cut_off()
        if second.phase is not Phase.LOOKING:
            break
        name, lease = next(names)
        broker.connect(name, lease)
    assert second.phase is Phase.REFUSED
    assert first.phase is Phase.HELD


def test_rubbish_on_the_topic_is_nobodys_lease():
    lease = Lease("a", "run-1", 100.0)
    lease.connected(100.0)
    for rubbish in (b"", b"{", b"[]", b"null", b'{"instance": 1}', b"\xff", b"[" * 5000, b'{"since_s": "x"}'):
        assert decode(rubbish) is None
        assert lease.heard(rubbish, 100.1) is None
    assert lease.tick(101.0) is not None
