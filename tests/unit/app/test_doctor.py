"""What `portway doctor` finds, and what it advises."""

import asyncio
import datetime
import os
import socket
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from guarded_broker import guarded_broker
from live_processes import free_port
from portway.adapters.storage.durable import open_durable
from portway.adapters.vda5050.link import Broker, broker_of
from portway.app.live.doctor import Asked, check_clock, examine
from portway.app.live.doctor_broker import check_broker
from portway.app.live.doctor_certificates import check_certificates
from portway.app.live.doctor_database import check_database
from portway.app.live.doctor_links import check_links
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
    monkeypatch.setattr("portway.app.live.doctor_broker.ECHO_S", 1.0)
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


HOOK = "[[webhooks]]\nname = 'tos'\nurl = '{url}'\nsecret = '0123456789abcdef'\n"


def links(tmp_path, text: str) -> str:
    """What is said of a file of TOS links that only its owner can read."""
    file = tmp_path / "tos.toml"
    file.write_text(text)
    file.chmod(0o600)
    return "\n".join(str(f) for f in check_links(file) if f.state != "ok")


def test_a_receiver_of_webhooks_that_is_dead_is_told_without_its_password(tmp_path):
    said = links(tmp_path, HOOK.format(url=f"http://me:hush@127.0.0.1:{free_port()}/x?token=hush"))
    assert "error   TOS links: webhook tos: 127.0.0.1:" in said
    assert "correct the url" in said
    assert "hush" not in said
    assert "takes no connection" in links(tmp_path, HOOK.format(url="http://no-such-host.invalid/"))
    assert "no port that can be" in links(tmp_path, HOOK.format(url="http://localhost:99999/"))


def test_a_receiver_whose_certificate_is_not_believed_is_told(tmp_path):
    with guarded_broker(tmp_path) as as_user:
        said = links(tmp_path, HOOK.format(url=f"https://127.0.0.1:{as_user(None).port}/"))
    assert "its certificate is not believed" in said


def test_a_receiver_that_listens_is_well(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert links(tmp_path, HOOK.format(url=f"http://127.0.0.1:{server.getsockname()[1]}/")) == ""


def test_folders_that_cannot_be_are_told(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    said = links(tmp_path, "[edi]\nincoming = 'file/in'\noutgoing = 'nowhere/out'\n")
    assert "edi.incoming: " in said
    assert "file is no folder" in said
    assert "edi.outgoing: " in said
    assert "leads nowhere" in said
    for name in ("file/x/live.db", "nowhere/live.db"):
        finding = check_database(str(tmp_path / name))
        assert (finding.state, "cannot be" in finding.detail) == ("error", True)
    assert "is a folder" in check_database(str(tmp_path)).detail


@pytest.mark.skipif(os.name == "nt", reason="no rights of this kind here")
def test_a_folder_without_rights_is_told(tmp_path):
    for folder in list(tmp_path.parents)[:3]:
        folder.chmod(folder.stat().st_mode | 0o055)
    tmp_path.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:  # who may write everywhere becomes somebody who may not
        os.seteuid(65_534)
    try:
        assert "cannot be written" in check_database(str(tmp_path / "live.db")).detail
    finally:
        if is_root:
            os.seteuid(0)


def test_edi_folders_that_are_one_or_in_each_other_are_told(tmp_path):
    for one, other in (("edi", "edi"), ("edi", "./edi/../edi"), ("edi", "edi/out"), ("edi/in", "edi")):
        said = links(tmp_path, f"[edi]\nincoming = '{one}'\noutgoing = '{other}'\n")
        assert "are the same folder, or one is in the other" in said
    assert links(tmp_path, "[edi]\nincoming = 'edi/in'\noutgoing = 'edi/out'\n") == ""


@pytest.mark.parametrize(("free", "state"), [(10**8, "error"), (10**9, "warning")])
def test_a_disk_that_is_nearly_full_is_told(tmp_path, monkeypatch, free, state):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    finding = check_database(str(tmp_path / "live.db"))
    assert (finding.state, "MB left" in finding.detail) == (state, True)


def test_a_secret_that_others_can_read_is_told(tmp_path):
    file = tmp_path / "tos.toml"
    file.write_text("[tokens]\nalg = 'HS256'\naudience = 'a'\nkey = '0123456789abcdef0123456789abcdef'\n")
    file.chmod(0o644)
    assert [f.cure for f in check_links(file) if f.state == "warning"] == [f"chmod 600 {file}"]


@pytest.mark.parametrize("where", ["postgresql://me:hush@127.0.0.1:1/x", "what://me:hush@x/y", "postgresql://:::hush"])
def test_a_database_s_password_is_never_said(where):
    finding = check_database(where)
    assert (finding.state, "hush" in str(finding)) == ("error", False)
