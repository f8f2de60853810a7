"""What `portway doctor` finds, and what it advises."""

import asyncio
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portway.adapters.storage.durable import open_durable
from portway.adapters.vda5050.link import Broker, broker_of
from portway.app.live.doctor import Asked, check_broker, check_certificates, check_clock, check_database, examine
from portway.app.live.embedded_broker import embedded_broker

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


def certificate(folder, days):
    """A self-signed certificate that is good for some days from NOW, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "T")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(NOW - datetime.timedelta(400))
    signed = made.not_valid_after(NOW + datetime.timedelta(days, 60)).sign(key, hashes.SHA256())
    (folder / "t.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "t.key").write_bytes(key.private_bytes(*pem))
    return folder / "t.crt", folder / "t.key"


def test_a_broker_that_answers_is_well_and_its_echo_is_timed():
    with embedded_broker() as url:
        finding = asyncio.run(check_broker(broker_of(url)))
    assert finding.state in ("ok", "warning")  # a busy machine may take longer than the budget
    assert "an echo takes" in finding.detail


def test_a_broker_that_is_not_there_is_an_error_with_its_cure(monkeypatch):
    monkeypatch.setattr("portway.app.live.doctor.ECHO_S", 1.0)
    finding = asyncio.run(check_broker(Broker("127.0.0.1", 9)))
    assert (finding.state, "127.0.0.1:9" in finding.detail) == ("error", True)
    assert "--broker" in finding.cure


def test_a_new_database_leaves_nothing_behind(tmp_path):
    finding = check_database(str(tmp_path / "new" / "live.db"))
    assert "a commit takes" in finding.detail
    assert list(tmp_path.iterdir()) == []


def test_a_database_with_a_server_on_it_is_an_error(tmp_path):
    state = open_durable(tmp_path / "live.db")
    finding = check_database(str(tmp_path / "live.db"))
    state.close()
    assert (finding.state, "another server" in finding.detail) == ("error", True)
    assert check_database(str(tmp_path / "live.db")).state != "error"


def test_a_file_that_is_no_database_is_an_error(tmp_path):
    (tmp_path / "live.db").write_bytes(b"no database at all " * 100)
    assert check_database(str(tmp_path / "live.db")).state == "error"


@pytest.mark.parametrize(("days", "state"), [(400, "ok"), (10, "warning"), (-2, "error")])
def test_a_certificate_is_judged_by_the_days_it_has_left(tmp_path, days, state):
    crt, _ = certificate(tmp_path, days)
    (finding,) = check_certificates(Broker(ca=crt), NOW)
    assert finding.state == state


def test_a_key_of_another_certificate_is_an_error(tmp_path):
    crt, _ = certificate(tmp_path, 400)
    (tmp_path / "other").mkdir()
    _, other = certificate(tmp_path / "other", 400)
    assert check_certificates(Broker(ca=crt, certificate=crt, key=other), NOW)[-1].part == "key"
    assert check_certificates(Broker(ca=crt, certificate=tmp_path / "none.crt"), NOW)[-1].state == "error"


def test_the_clock_is_looked_at():
    assert check_clock().state in ("ok", "warning")


def test_files_that_cannot_be_used_are_named(tmp_path):
    (tmp_path / "keys.toml").write_text("[[keys]]\nname = 'x'\n")
    found = examine(Asked(str(tmp_path / "a.db"), keys=tmp_path / "keys.toml", tos=tmp_path / "missing.toml"))
    bad = {f.part: f.detail for f in found if f.state == "error"}
    assert set(bad) == {"API keys", "TOS links"}
    assert "missing.toml" in bad["TOS links"]
