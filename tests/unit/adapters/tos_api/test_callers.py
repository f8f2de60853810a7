import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from test_job_orders import discharge
from tos_desk import NOW_S, SECRET

from portway.adapters.tos.api.bearer import TokenCheck, TokenError, TokenRule
from portway.adapters.tos.api.keys import KeyFileError, Role, load_keys, new_key


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(claims: dict, header: dict) -> str:
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"


def token(header: dict | None = None, secret: bytes = SECRET, **changes) -> str:
    claims = {"sub": "navis", "aud": "portway", "exp": NOW_S + 60, "roles": ["tos"], **changes}
    text = unsigned({k: v for k, v in claims.items() if v is not None}, header or {"alg": "HS256", "typ": "JWT"})
    return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def test_without_a_key_nothing_is_told(site):
    answer = site.call("GET", "/v1/trucks", role=None)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    for key in ("", "tos-1", "tos-1.", "tos-1.wrong", "nobody.x", site.keys[Role.TOS] + "x"):
        assert site.call("GET", "/v1/trucks", role=None, headers={"X-API-Key": key}).status_code == 401
    assert site.call("GET", "/v1/openapi.json", role=None).status_code == 200


def test_each_role_does_its_own_and_all_read(site):
    job, why = discharge(1), {"reason": "inspection"}
    may = {
        ("GET", "/v1/job-orders", None): set(Role),
        ("POST", "/v1/job-orders", json.dumps(job)): {Role.TOS},
        ("PUT", "/v1/work-queues/QC1/activation", json.dumps({"active": True, **why})): {Role.TOS, Role.OPERATOR},
        ("PUT", "/v1/operations/trucks/T1/pause", json.dumps({"paused": True, **why})): {Role.OPERATOR},
        ("GET", "/v1/deliveries", None): {Role.TOS, Role.OPERATOR},
    }
    for (method, path, body), roles in may.items():
        for role in Role:
            answer = site.call(method, path, None if body is None else json.loads(body), role=role)
            assert answer.is_success if role in roles else answer.status_code == 403, (method, path, role, answer.text)


def test_a_signed_token_speaks_for_its_subject(site):
    def read(text: str) -> int:
        return site.call("GET", "/v1/trucks", role=None, headers={"Authorization": f"Bearer {text}"}).status_code

    assert read(token()) == 200
    assert read(token(roles=None, scope="openid viewer")) == 200
    assert read(token(roles=[])) == 403
    assert read(token(exp=NOW_S + 60, aud=["x", "portway"])) == 200


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (token(exp=NOW_S - 31), "expired"),
        (token(exp=None), "exp"),
        (token(exp="soon"), "exp"),
        (token(exp=True), "exp"),
        (token(exp=float("nan")), "exp"),
        (token(exp=10**400), "exp"),
        (token(nbf=NOW_S + 31), "not valid yet"),
        (token(aud="other"), "someone else"),
        (token(aud=None), "someone else"),
        (token(sub=None), "subject"),
        (token(secret=b"x" * 32), "signature"),
        (token(header={"alg": "none"}), "HS256"),
        (token(header={"alg": "RS256"}), "HS256"),
        (token(header={"alg": "HS256", "crit": ["x"]}), "HS256"),
        (unsigned({}, {"alg": "HS256"}) + ".", "signature"),
        ("a.b", "not a signed"),
        ("\xe4.\xe4.\xe4", "not JSON|base64url"),
        (".".join([b64(b"[" * 4000)] * 2 + ["x"]), "JSON|not a signed"),
        (".".join([b64(b"[1]")] * 3), "object"),
    ],
)
def test_a_token_that_is_not_right_is_refused_with_the_reason(text, why):
    with pytest.raises(TokenError, match=why):
        TokenCheck(TokenRule("HS256", SECRET, "portway"), lambda: NOW_S).caller(text)


def test_rs256_checks_with_the_public_key_and_cannot_be_fooled_into_hmac():
    private = rsa.generate_private_key(65537, 2048)
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    public = private.public_key().public_bytes(*form)
    check = TokenCheck(TokenRule("RS256", public, "portway", issuer="idp"), lambda: NOW_S)
    text = unsigned({"sub": "a", "aud": "portway", "iss": "idp", "exp": NOW_S + 9, "roles": ["viewer"]},
                    {"alg": "RS256"})  # fmt: skip
    right = f"{text}.{b64(private.sign(text.encode(), PKCS1v15(), SHA256()))}"
    assert check.caller(right).roles == {Role.VIEWER}
    with pytest.raises(TokenError, match="RS256"):
        check.caller(token(secret=public))  # the classic: HMAC under the public key
    with pytest.raises(TokenError, match="signature"):
        check.caller(right[:-8] + "AAAAAAAA")


def test_weak_secrets_are_refused_at_the_start():
    with pytest.raises(ValueError, match="32 bytes"):
        TokenCheck(TokenRule("HS256", b"short", "portway"), lambda: NOW_S)


def test_the_key_file_keeps_no_key_and_every_fault_in_it_is_named(tmp_path):
    key, entry = new_key("navis", [Role.TOS])
    assert key.partition(".")[2] not in entry
    file = tmp_path / "keys.toml"
    file.write_text(entry + entry + '[[keys]]\nname = "x"\nroles = ["king"]\nsalt = "00"\nhash = "zz"\n', "utf-8")
    with pytest.raises(KeyFileError) as found:
        load_keys(file)
    assert len(found.value.problems) == 2
    file.write_text("keys = 3", "utf-8")
    with pytest.raises(KeyFileError):
        load_keys(file)
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_keys(tmp_path / "none.toml")


def test_an_idempotency_key_gives_the_same_answer_once_done(site):
    key = {"Idempotency-Key": "k1"}
    first = site.call("POST", "/v1/job-orders", discharge(1), headers=key)
    events = len(site.desk.progress(0))
    again = site.call("POST", "/v1/job-orders", discharge(1), headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(site.desk.progress(0)) == events
    other = site.call("POST", "/v1/job-orders", discharge(2), headers=key)
    assert (other.status_code, other.json()["problems"][0]["code"]) == (422, "idempotency_key")
    assert site.desk.job_order("D2") is None


def test_an_idempotency_key_belongs_to_its_caller_and_covers_cancelling(site):
    why = {"active": True, "reason": "start"}
    for role in (Role.TOS, Role.OPERATOR):
        answer = site.call("PUT", f"/v1/work-queues/{'QC1' if role == Role.TOS else 'QC2'}/activation", why, role=role,
                           headers={"Idempotency-Key": "same"})  # fmt: skip
        assert answer.status_code == 200
    site.call("POST", "/v1/job-orders", discharge(1))
    codes = [site.call("DELETE", "/v1/job-orders/D1", headers={"Idempotency-Key": "c"}).status_code for _ in "ab"]
    assert codes == [204, 204]
