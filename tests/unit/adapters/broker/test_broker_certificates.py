"""Certificates and rights on a real Mosquitto: a truck speaks for itself alone."""

import asyncio
import datetime
import stat

import pytest
from cryptography import x509

from guarded_broker import guarded_broker
from portway.adapters.broker.certificates import Authority
from portway.adapters.broker.lease import topic_of
from portway.adapters.broker.mosquitto import MASTER, access_list
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.link import MqttLink

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A running broker with two trucks and the master; gives a broker as seen by a user."""
    with guarded_broker(tmp_path_factory.mktemp("broker")) as as_user:
        yield as_user


async def heard(listener, filters, speaker, topics):
    """What a listener hears of what a speaker says."""
    found = []
    hears = MqttLink(listener, "hears", filters, lambda topic, _: found.append(topic))
    speaks = MqttLink(speaker, "speaks", [], lambda *_: None)
    hears.start()
    speaks.start()
    async with asyncio.timeout(10):
        while not (hears.is_up and speaks.is_up):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    speaks.publish([Outgoing(topic, b"{}", 0) for topic in topics])
    await asyncio.sleep(0.4)
    await hears.stop()
    await speaks.stop()
    return found


async def connected(*links):
    for link in links:
        link.start()
    async with asyncio.timeout(10):
        while not all(link.is_up for link in links):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)


def test_nobody_can_take_the_client_id_of_another(guarded):
    async def run():
        lost = []
        server = MqttLink(guarded(MASTER), "portway-master-test", [], lambda *_: None, lost.append)
        names = ["portway-master-test", MASTER, "T2", ""]
        truck = MqttLink(guarded("T2"), "truck-T2", [], lambda *_: None, lost.append)
        await connected(server, truck)
        for name in names:
            thief = MqttLink(guarded("T1"), name, [], lambda *_: None)
            await connected(thief)
            await thief.stop()
        assert lost == [True, True]  # each came up once and never went
        await server.stop()
        await truck.stop()

    asyncio.run(run())


def test_a_truck_can_keep_nothing_for_others_and_cannot_take_the_lease(guarded):
    theirs = [f"uagv/v2/portway/T2/{m}" for m in ("state", "connection", "order", "instantActions")]
    theirs += [topic_of("uagv"), "portway/doctor", "portway/x", "$SYS/broker/uptime", "uagv/v2/portway/T1"]
    mine = "uagv/v2/portway/T1/connection"

    async def run():
        found = []
        will = Outgoing("uagv/v2/portway/T2/connection", b"lie", 1, True)
        speaks = MqttLink(guarded("T1"), "x", [], lambda *_: None, will=will)
        await connected(speaks)
        speaks.publish([Outgoing(topic, b"lie", 1, True) for topic in (*theirs, mine)])
        await asyncio.sleep(0.3)
        speaks._client._connection._transport.abort()  # as if it had died: now its last will speaks
        await asyncio.sleep(0.3)
        await speaks.stop()
        for reader in (MASTER, "T2"):
            hears = MqttLink(guarded(reader), "y", ["#", topic_of("uagv")], lambda topic, _: found.append(topic))
            await connected(hears)
            await asyncio.sleep(0.3)
            await hears.stop()
        cleaner = MqttLink(guarded("T1"), "x", [], lambda *_: None)
        await connected(cleaner)
        cleaner.publish([Outgoing(mine, b"", 1, True)])
        await asyncio.sleep(0.1)
        await cleaner.stop()
        return found

    assert asyncio.run(run()) == [mine]


def test_the_lease_is_heard_and_said_by_the_server_alone(guarded):
    lease = [topic_of("uagv"), topic_of("elsewhere")]
    assert asyncio.run(heard(guarded("T1"), ["#"], guarded(MASTER), lease)) == []

    async def run():
        found = []
        link = MqttLink(guarded(MASTER), "z", lease, lambda topic, _: found.append(topic))
        await connected(link)
        link.publish([Outgoing(topic, b"{}", 1) for topic in lease])
        await asyncio.sleep(0.3)
        await link.stop()
        return found

    assert asyncio.run(run()) == lease[:1]


def test_the_certificate_of_the_broker_lets_nobody_in(guarded):
    assert not asyncio.run(gets_in(guarded("broker")))


@pytest.mark.parametrize("serial", [MASTER, "master", "a/b", "../x", "T 1", "T1\nuser x", "+", "#", "", "x" * 65, "Ü1"])
def test_a_truck_whose_name_would_give_it_the_rights_of_others_is_refused(serial):
    with pytest.raises(ValueError, match="truck"):
        access_list("uagv", "portway", ["T1", serial])


def test_names_that_are_wildcards_are_refused():
    for interface, manufacturer in (("+", "portway"), ("uagv", "#"), ("uagv", "a/b"), ("", "portway")):
        with pytest.raises(ValueError, match="topic"):
            access_list(interface, manufacturer, ["T1"])


async def gets_in(broker):
    link = MqttLink(broker, "tries", [], lambda *_: None)
    link.start()
    await asyncio.sleep(0.8)
    up = link.is_up
    await link.stop()
    return up


def test_a_truck_is_heard_on_its_own_topics_and_on_no_other(guarded):
    said = [f"uagv/v2/portway/{t}/{m}" for t in ("T1", "T2") for m in ("state", "connection", "order")]
    found = asyncio.run(heard(guarded(MASTER), ["uagv/#"], guarded("T1"), said))
    assert sorted(found) == ["uagv/v2/portway/T1/connection", "uagv/v2/portway/T1/state"]


def test_a_truck_hears_its_own_orders_and_no_other(guarded):
    said = ["uagv/v2/portway/T1/order", "uagv/v3/portway/T2/order", "uagv/v3/portway/T1/instantActions"]
    found = asyncio.run(heard(guarded("T1"), ["uagv/#"], guarded(MASTER), said))
    assert sorted(found) == ["uagv/v2/portway/T1/order", "uagv/v3/portway/T1/instantActions"]


def test_a_certificate_that_is_not_on_the_list_says_and_hears_nothing(guarded):
    said = ["uagv/v2/portway/T1/state", "uagv/v2/portway/stranger/state"]
    assert asyncio.run(heard(guarded(MASTER), ["#"], guarded("stranger"), said)) == []
    assert asyncio.run(heard(guarded("stranger"), ["#"], guarded("T1"), said)) == []


def test_without_a_certificate_or_with_that_of_another_authority_nobody_gets_in(guarded, tmp_path):
    Authority(tmp_path, "other", NOW).client("T1", "T1", 10)
    assert asyncio.run(gets_in(guarded("T1")))
    assert not asyncio.run(gets_in(guarded(None)))
    assert not asyncio.run(gets_in(guarded("T1", certificates=tmp_path)))
    assert not asyncio.run(gets_in(guarded("T1", ca=tmp_path)))  # nor does a truck trust another broker


def test_what_exists_is_kept_unless_a_renewal_is_asked_for(tmp_path):
    assert Authority(tmp_path, "t", NOW).client("trucks/T1", "T1", 10)
    before = (tmp_path / "trucks" / "T1.crt").read_bytes(), (tmp_path / "authority.crt").read_bytes()
    again = Authority(tmp_path, "t", NOW)
    assert not again.client("trucks/T1", "T1", 10)
    assert ((tmp_path / "trucks" / "T1.crt").read_bytes(), again.certificate.read_bytes()) == before
    assert again.client("trucks/T1", "T1", 20, renew=True)
    renewed = x509.load_pem_x509_certificate((tmp_path / "trucks" / "T1.crt").read_bytes())
    assert (renewed.not_valid_after_utc - NOW).days in (19, 20)


def test_keys_are_for_their_owner_alone(tmp_path):
    Authority(tmp_path, "t", NOW).server("broker", ["127.0.0.1"], 10)
    assert {stat.S_IMODE(f.stat().st_mode) for f in tmp_path.glob("*.key")} == {0o600}
