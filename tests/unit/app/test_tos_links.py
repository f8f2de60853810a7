"""The file of `portway serve --tos`."""

from types import SimpleNamespace

import pytest

from portway.adapters.tos.api.job_order import JobOrderBody
from portway.adapters.tos.api.views import ProgressEvent, ProgressKind
from portway.app.live.tos_links import TosLinksError, completed_move, load_tos_links
from portway.core.model.work import Container, JobOrder, MoveKind


def written(tmp_path, text):
    file = tmp_path / "tos.toml"
    file.write_text(text)
    return file


def test_all_links_are_read(tmp_path):
    links = load_tos_links(written(tmp_path, """
        [edi]
        incoming = "in"
        outgoing = "out"
        [[webhooks]]
        name = "tos"
        url = "https://tos.example/hook"
        secret = "0123456789abcdef"
        kinds = ["completed"]
        [tokens]
        alg = "HS256"
        key = "0123456789abcdef0123456789abcdef"
        audience = "portway"
    """))  # fmt: skip
    assert links.folder / links.edi.incoming == tmp_path / "in"
    assert links.targets()[0].kinds == {"completed"}
    assert links.token_rule().audience == "portway"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[edi]\nincomming = 'x'", "edi.incomming = 'x'"),
        ("[[webhooks]]\nname='a'\nurl='ftp://x'\nsecret='0123456789abcdef'", "webhooks.0.url = 'ftp://x'"),
        ("[[webhooks]]\nname='a'\nurl='http://x'\nsecret='short'", "webhooks.0.secret"),
        ("[[webhooks]]\nname='a'\nurl='http://x'\nsecret='0123456789abcdef'\nkinds=['gone']", "webhooks.0.kinds"),
        ("[[webhooks]]\nname='a'\nurl='http://x'\nsecret='0123456789abcdef'\n" * 2, "given twice"),
        ("= 3", "cannot be read"),
    ],
)
def test_a_fault_is_named_with_file_and_key(tmp_path, text, said):
    with pytest.raises(TosLinksError) as error:
        load_tos_links(written(tmp_path, text))
    assert said in str(error.value)
    assert "tos.toml" in str(error.value)


@pytest.mark.parametrize("key", ["key = 'short'", "key_file = 'missing.pem'"])
def test_a_token_key_that_cannot_be_used_is_refused(tmp_path, key):
    links = load_tos_links(written(tmp_path, f"[tokens]\nalg = 'HS256'\naudience = 'a'\n{key}"))
    with pytest.raises(TosLinksError):
        links.token_rule()


def test_a_completed_job_order_is_a_move_at_its_own_instant():
    job = JobOrder("J1", MoveKind.DISCHARGE, Container("MSKU6013762", 20, 14_200.0, "22G1"))
    desk = SimpleNamespace(job_order=lambda id: SimpleNamespace(job_order=JobOrderBody.from_core(job)))
    done = ProgressEvent(id=7, at_ms=61_500, kind=ProgressKind.COMPLETED, job_order="J1")
    move = completed_move(done, desk, 1_700_000_000.0)
    assert (move.event, move.job.container.id, move.at.timestamp()) == (7, "MSKU6013762", 1_700_000_061.5)
    assert completed_move(done.model_copy(update={"kind": ProgressKind.COLLECTED}), desk, 0.0) is None
