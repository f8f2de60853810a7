"""`portway doctor` at a real Mosquitto: who we are to it, who it is, and who could throw the server off."""

import datetime
import socket
import threading
from contextlib import contextmanager

import pytest

from guarded_broker import guarded_broker
from live_processes import free_port
from portway.adapters.broker.certificates import Authority
from portway.adapters.broker.mosquitto import MASTER
from portway.adapters.storage.durable import open_durable
from portway.adapters.vda5050.link import Broker
from portway.app.live.doctor import Asked, check_address, examine

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with guarded_broker(tmp_path_factory.mktemp("broker")) as as_user:
        yield as_user


def found(broker, tmp_path) -> str:
    """All that is not well, a line each."""
    lines = [f for f in examine(Asked(str(tmp_path / "live.db"), broker)) if f.part not in ("clock", "database")]
    return "\n".join(str(f) for f in lines if f.state != "ok" and "an echo takes" not in f.detail)


def test_the_server_s_certificate_on_the_broker_that_certs_prepares_is_well(guarded, tmp_path):
    assert found(guarded(MASTER), tmp_path) == ""


def test_a_truck_s_certificate_is_not_the_server_s(guarded, tmp_path):
    assert f"T1.crt is the certificate of T1, not of {MASTER}" in found(guarded("T1"), tmp_path)


def test_the_broker_s_own_certificate_is_not_the_server_s(guarded, tmp_path):
    assert "broker.crt (localhost) is not for a client" in found(guarded("broker"), tmp_path)


def test_a_name_that_is_not_in_the_broker_s_certificate_is_told_with_those_that_are(tmp_path):
    with guarded_broker(tmp_path, hosts=("broker.example", "10.0.0.5")) as as_user:
        said = found(as_user(MASTER), tmp_path)
    assert "IP address mismatch" in said
    assert "its certificate is for broker.example, 10.0.0.5" in said
    assert "--renew broker --host" in said


def test_a_broker_of_another_authority_is_not_believed(guarded, tmp_path):
    Authority(tmp_path, "other", NOW).client(MASTER, MASTER, 100)
    said = found(guarded(MASTER, certificates=tmp_path, ca=tmp_path), tmp_path)
    assert "--ca" in said
    assert "error   broker" in said


def test_a_certificate_of_another_authority_is_not_let_in(guarded, tmp_path):
    Authority(tmp_path, "other", NOW).client(MASTER, MASTER, 100)
    said = found(guarded(MASTER, certificates=tmp_path), tmp_path)
    assert "was not issued by the authority in authority.crt" in said
    assert "error   broker" in said
    assert "that the broker knows" in said


def test_no_certificate_is_told_where_one_is_wanted(guarded, tmp_path):
    said = found(guarded(None), tmp_path)
    assert "error   broker" in said
    assert "--certificate" in said


def test_half_of_what_is_needed_is_told(guarded, tmp_path):
    whole = guarded(MASTER)
    assert "--key is missing" in found(whole._replace(key=None), tmp_path)
    assert "--certificate is missing" in found(whole._replace(certificate=None), tmp_path)
    assert "--ca is missing" in found(whole._replace(ca=None), tmp_path)
    assert "does not fit the certificate" in found(whole._replace(key=guarded("T1").key), tmp_path)


def test_a_broker_where_clients_choose_their_id_is_told(tmp_path):
    with guarded_broker(tmp_path, change=lambda text: text.replace("use_username_as_clientid true\n", "")) as as_user:
        said = found(as_user(MASTER), tmp_path)
    assert "any of them can throw the server off" in said
    assert "use_username_as_clientid true" in said


def test_tls_at_a_plain_port_and_plain_words_at_a_tls_port_are_told(guarded, tmp_path):
    plain = guarded(None)._replace(ca=None)
    assert "error   broker" in found(plain, tmp_path)
    with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert "does not speak MQTT" in found(Broker("127.0.0.1", port), tmp_path)
        assert "its TLS listener" in found(Broker("127.0.0.1", port, guarded(None).ca), tmp_path)


def test_names_and_ports_that_lead_nowhere_are_told(tmp_path):
    assert "nobody answers (Connection refused)" in found(Broker("127.0.0.1", free_port()), tmp_path)
    assert "no-such-host.invalid is not known here" in found(Broker("no-such-host.invalid"), tmp_path)
    assert "is not known here" in found(Broker("ü" * 90), tmp_path)


def test_a_broker_that_says_nothing_is_told(guarded, tmp_path, monkeypatch):
    monkeypatch.setattr("portway.adapters.broker.visit.TIMEOUT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for broker in (Broker("127.0.0.1", port), Broker("127.0.0.1", port, guarded(None).ca)):
            assert "takes the connection and says nothing" in found(broker, tmp_path)


def test_a_server_that_runs_is_not_thrown_off(guarded, tmp_path):
    state = open_durable(tmp_path / "live.db")
    try:
        assert "was not visited: the server that runs would be thrown off" in found(guarded(MASTER), tmp_path)
    finally:
        state.close()


def test_a_port_of_the_page_that_is_taken_is_told():
    with listening(b"") as port:
        assert check_address("127.0.0.1", port).state == "error"
    assert check_address("127.0.0.1", free_port()).state == "ok"
    assert "an address of this machine" in check_address("192.0.2.1", 8080).cure
    assert check_address("no-such-host.invalid", 8080).state == check_address("127.0.0.1", 99999).state == "error"


@contextmanager
def listening(answer: bytes):
    """Somebody who says one thing to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(1)
                    try:
                        client.recv(1000)
                        client.sendall(answer)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
