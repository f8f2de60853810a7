"""Passwords and secrets are printed nowhere."""

import contextlib
import gc
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from portway.adapters.vda5050.link import broker_of, shown_broker
from portway.app.cli import live
from portway.app.cli.main import app
from portway.app.live import child_process
from portway.app.live.tos_links import TosLinksError, load_tos_links

PASSWORDS = ["hush", "h:ush", "h/ush", "h@ush", "h?ush", "h#ush", "h\nush"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_broker_is_shown_without_its_password(password):
    shown = shown_broker(f"mqtt://me:{password}@broker:1883")
    assert shown == "mqtt://me:***@broker:1883"
    assert shown_broker("mqtt://broker:1883") == "mqtt://broker:1883"


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("url", ["mqtts://me:{}@broker", "amqp://me:{}@broker", "mqtt://me:{}@", "mqtt://me:{}@b:port"])
def test_a_broker_s_url_that_is_refused_is_named_without_its_password(url, password):
    with pytest.raises(ValueError, match="give") as refused:
        broker_of(url.format(password))
    assert "ush" not in str(refused.value)


def test_a_file_of_links_that_is_refused_is_named_without_its_secrets(tmp_path):
    file = tmp_path / "tos.toml"
    file.write_text(
        "[[webhooks]]\nname = 'a'\nurl = 'http://x'\nsecret = 'hush'\n"
        "[[webhooks]]\nurl = 'http://x'\nsecret = 'hush-hush-hush-hush'\n"
        "[[webhooks]]\nname = 'b'\nurl = 'ftp://me:hush@x'\nsecret = 'hush-hush-hush-hush'\nkinds = ['sung']\n"
        "[tokens]\nalg = 'HS256'\nkey = 'hush'\naudience = ''\nkye = 1\n"
    )
    with pytest.raises(TosLinksError) as refused:
        load_tos_links(file)
    said = str(refused.value)
    assert "hush" not in said
    for place in ("webhooks.0.secret", "webhooks.1.name", "webhooks.2.url", "webhooks.2.kinds", "tokens.audience = ''"):
        assert place in said
    assert "tokens.kye = 1" in said


def test_user_and_password_of_a_broker_are_decoded():
    broker = broker_of("mqtt://port%40way:h%2Fu%3Ash@broker")
    assert (broker.user, broker.password) == ("port@way", "h/u:sh")
    assert broker_of("mqtt://broker").user is None


def test_the_trucks_of_a_server_are_not_given_the_password_as_an_argument(monkeypatch):
    started = []
    monkeypatch.setattr(child_process, "child_process", lambda *said: started.append(said) or contextlib.nullcontext())
    with contextlib.ExitStack() as stack:
        live._truck_process(stack, "huashan", "mqtt://me:hush@broker", "2.1", None, None, 1.0, Path("x"))
    ((_, command, variables),) = started
    assert "hush" not in " ".join(command)
    assert variables == {"PORTWAY_BROKER": "mqtt://me:hush@broker"}


def test_a_server_that_does_not_start_leaves_the_collector_on():
    assert CliRunner().invoke(app, ["serve", "no-such-terminal"]).exit_code != 0
    assert gc.isenabled()


def test_a_broker_may_be_given_in_the_environment(monkeypatch):
    monkeypatch.setenv("PORTWAY_BROKER", "amqp://me:hush@broker")
    done = CliRunner().invoke(app, ["truck", "huashan", "--serial", "T001"])
    assert done.exit_code == 2
    assert "amqp://me:***@broker" in re.sub(r"[\s│]+", "", done.output).replace("***@broker:", "***@broker ")
