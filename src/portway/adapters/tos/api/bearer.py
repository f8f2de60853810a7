"""OAuth2 bearer tokens: JSON web tokens (RFC 7519, RFC 7515) of one issuer, signed with one pinned algorithm.

The header's `alg` is compared, never followed: a token cannot choose how it is checked (RFC 8725, section 3.1).
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
from collections.abc import Callable
from typing import Literal, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from portway.adapters.tos.api.keys import Caller, Role

TOKEN_CHARS_MAX = 8192
SECRET_BYTES_MIN = 32  # RFC 7518, section 3.2
RSA_BITS_MIN = 2048  # section 3.3


class TokenRule(NamedTuple):
    """What a token must look like; `key` is a shared secret (HS256) or a public key in PEM (RS256)."""

    alg: Literal["HS256", "RS256"]
    key: bytes
    audience: str
    issuer: str | None = None
    leeway_s: float = 30.0


class TokenError(ValueError):
    """Why a token is not taken."""


class TokenCheck:
    """Checks tokens against a rule; `now_s` gives seconds of the Unix epoch."""

    def __init__(self, rule: TokenRule, now_s: Callable[[], float]) -> None:
        self._rule, self._now_s = rule, now_s
        self._public: RSAPublicKey | None = None
        if rule.alg == "RS256":
            public = load_pem_public_key(rule.key)
            if not isinstance(public, RSAPublicKey) or public.key_size < RSA_BITS_MIN:
                raise ValueError(f"RS256 needs an RSA public key of at least {RSA_BITS_MIN} bits")
            self._public = public
        elif rule.alg != "HS256" or len(rule.key) < SECRET_BYTES_MIN:
            raise ValueError(f"take RS256, or HS256 with a secret of at least {SECRET_BYTES_MIN} bytes")

    def caller(self, token: str) -> Caller:
        """Who a token speaks for; raises TokenError."""
        parts = token.split(".")
        if len(token) > TOKEN_CHARS_MAX or len(parts) != 3:
            raise TokenError("not a signed JSON web token")
        header = _object(parts[0])
        if header.get("alg") != self._rule.alg or "crit" in header:
            raise TokenError(f"not signed with {self._rule.alg}")
        if not self._signed(f"{parts[0]}.{parts[1]}".encode("ascii", "replace"), _bytes(parts[2])):
            raise TokenError("the signature is wrong")
        return self._claimed(_object(parts[1]))

    def _signed(self, text: bytes, signature: bytes) -> bool:
        if self._public is None:
            return hmac.compare_digest(hmac.digest(self._rule.key, text, hashlib.sha256), signature)
        try:
            self._public.verify(signature, text, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    def _claimed(self, claims: dict) -> Caller:
        now_s, rule = self._now_s(), self._rule
        if now_s >= _number(claims, "exp") + rule.leeway_s:
            raise TokenError("the token has expired")
        if "nbf" in claims and now_s < _number(claims, "nbf") - rule.leeway_s:
            raise TokenError("the token is not valid yet")
        audiences = claims.get("aud")
        if rule.audience not in (audiences if isinstance(audiences, list) else [audiences]):
            raise TokenError("the token is meant for someone else")
        if rule.issuer is not None and claims.get("iss") != rule.issuer:
            raise TokenError("the token is from another issuer")
        name = claims.get("sub")
        if not isinstance(name, str) or not name or len(name) > 200:
            raise TokenError("the token names no subject")
        return Caller(f"token:{name}", _roles(claims))  # never the name of an API key


def _roles(claims: dict) -> frozenset[Role]:
    """From `roles` (a list) or `scope` (blank separated, RFC 8693); words that are no role of ours are passed over."""
    words = claims.get("roles", claims.get("scope", ""))
    listed = words.split() if isinstance(words, str) else words if isinstance(words, list) else []
    return frozenset(r for r in Role if r in listed)


def _number(claims: dict, key: str) -> float:
    value = claims.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15 or not math.isfinite(value):
        raise TokenError(f"{key} is missing or no time")
    return float(value)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenError("not base64url") from error


def _object(text: str) -> dict:
    try:
        value = json.loads(_bytes(text))
    except (ValueError, RecursionError) as error:
        raise TokenError("not JSON") from error
    if not isinstance(value, dict):
        raise TokenError("not a JSON object")
    return value
