"""`portway certs` from the command line."""

import pytest
from typer.testing import CliRunner

from portway.app.cli.main import app


def call(*arguments):
    return CliRunner().invoke(app, ["certs", "huashan", *arguments])


def test_every_truck_gets_a_certificate_and_its_rights_once(tmp_path):
    out = str(tmp_path / "broker")
    first = call("--out", out, "--trucks", "3", "--host", "broker.example")
    assert "5 certificates made, 0 kept" in first.output
    assert sorted(f.name for f in (tmp_path / "broker" / "trucks").glob("*.crt")) == [
        "T001.crt",
        "T002.crt",
        "T003.crt",
    ]
    assert "mqtts://broker.example:8883" in first.output
    assert "1 certificates made, 5 kept" in call("--out", out, "--trucks", "4").output
    assert (tmp_path / "broker" / "acl").read_text().count("user ") == 5
    assert "1 certificates made, 5 kept" in call("--out", out, "--trucks", "4", "--renew", "T002").output


def test_a_renewal_of_a_truck_that_does_not_exist_makes_nothing(tmp_path):
    result = call("--out", str(tmp_path / "broker"), "--renew", "T999")
    assert (result.exit_code, "T999" in result.output) == (2, True)
    assert not (tmp_path / "broker").exists()


def test_a_manufacturer_that_is_a_wildcard_makes_nothing(tmp_path):
    result = call("--out", str(tmp_path / "broker"), "--manufacturer", "+")
    assert (result.exit_code, "'+'" in result.output) == (2, True)
    assert not (tmp_path / "broker").exists()


@pytest.mark.parametrize(("more", "interface"), [((), "uagv"), (("--interface", "north"), "north")])
def test_the_server_may_write_the_lease_of_its_trucks_and_no_truck_may(tmp_path, more, interface):
    call("--out", str(tmp_path / "broker"), "--trucks", "2", *more)
    blocks = (tmp_path / "broker" / "acl").read_text().split("\n\n")
    assert [f"portway/{interface}/master" in block for block in blocks] == [True, False, False]
    assert [f"{interface}/+/" in block for block in blocks] == [True, True, True]


def test_an_interface_that_is_a_wildcard_makes_nothing(tmp_path):
    result = call("--out", str(tmp_path / "broker"), "--interface", "+")
    assert (result.exit_code, "'+'" in result.output) == (2, True)
    assert not (tmp_path / "broker").exists()
