"""API keys: who may call, and as what. The file keeps salted hashes, never a key.

A key is `name.secret`; the secret is 256 random bits, so one round of a hash is enough: there is nothing to guess.
"""

import hashlib
import hmac
import re
import secrets
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SALT_BYTES, SECRET_BYTES = 16, 32


class Role(StrEnum):
    """What a caller may do: `tos` gives work, `operator` intervenes, `viewer` reads; each of them may read."""

    TOS = "tos"
    OPERATOR = "operator"
    VIEWER = "viewer"


class Caller(NamedTuple):
    """Who calls."""

    name: str
    roles: frozenset[Role]


class ApiKey(NamedTuple):
    """A key as the file keeps it."""

    name: str
    roles: frozenset[Role]
    salt: bytes
    hash: bytes


class KeyFileError(ValueError):
    """A key file that cannot be used; `problems` lists everything found."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def hash_secret(secret: str, salt: bytes) -> bytes:
    """What the file keeps of a secret."""
    return hashlib.sha256(salt + secret.encode("utf-8", "surrogatepass")).digest()


class KeyRing:
    """The keys of a terminal."""

    def __init__(self, keys: list[ApiKey]) -> None:
        self._keys = {k.name: k for k in keys}
        self._nobody = ApiKey("", frozenset(), secrets.token_bytes(SALT_BYTES), secrets.token_bytes(32))

    def caller(self, text: str) -> Caller | None:
        """Whose key this is. A name that does not exist takes as long as a wrong secret."""
        name, _, secret = text.partition(".")
        key = self._keys.get(name, self._nobody)
        right = hmac.compare_digest(hash_secret(secret, key.salt), key.hash)
        return Caller(key.name, key.roles) if right and key is not self._nobody else None


def new_key(name: str, roles: list[Role]) -> tuple[str, str]:
    """A new key, shown once, and its entry for the key file."""
    if not NAME.fullmatch(name):
        raise ValueError(f"name = {name}: letters a to z, digits and -, at most 40")
    secret, salt = secrets.token_urlsafe(SECRET_BYTES), secrets.token_bytes(SALT_BYTES)
    listed = ", ".join(f'"{r}"' for r in roles)
    lines = [
        "[[keys]]",
        f'name = "{name}"',
        f"roles = [{listed}]",
        f'salt = "{salt.hex()}"',
        f'hash = "{hash_secret(secret, salt).hex()}"',
    ]
    return f"{name}.{secret}", "\n".join(lines) + "\n"


def load_keys(path: Path) -> KeyRing:
    """The keys of a TOML file; raises KeyFileError with everything that is wrong with it."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("keys", [])
    except (OSError, ValueError) as error:
        raise KeyFileError([f"{path.name}: cannot be read: {error}"]) from error
    keys: list[ApiKey] = []
    problems: list[str] = []
    entries = tables if isinstance(tables, list) else [tables]
    for i, table in enumerate(entries, start=1):
        try:
            keys.append(_key(table))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            problems.append(f"{path.name}: key {i}: {error}; make one with `portway key`")
    names = [k.name for k in keys]
    problems += [f"{path.name}: name = {n}: given twice; rename one" for n in sorted(set(names)) if names.count(n) > 1]
    if problems:
        raise KeyFileError(problems)
    return KeyRing(keys)


def _key(table: dict) -> ApiKey:
    name, salt, hashed = table["name"], bytes.fromhex(table["salt"]), bytes.fromhex(table["hash"])
    if not NAME.fullmatch(name):
        raise ValueError(f"name = {name}: letters a to z, digits and -, at most 40")
    if len(salt) < SALT_BYTES or len(hashed) != hashlib.sha256().digest_size:
        raise ValueError(f"name = {name}: salt or hash is too short")
    return ApiKey(name, frozenset(Role(r) for r in table["roles"]), salt, hashed)
