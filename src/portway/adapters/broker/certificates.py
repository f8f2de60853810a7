"""A small authority of a terminal's own: who may speak on its broker is who has a certificate of it.

The common name of a client's certificate is its user name at the broker (`mosquitto.py`). Keys are readable by their
owner alone; an existing file is only replaced when a renewal is asked for.
"""

import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY = "authority"
AUTHORITY_DAYS = 3650
EARLIER = datetime.timedelta(hours=1)  # clocks of trucks may be late
_PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


class Pair(NamedTuple):
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def files_of(folder: Path, name: str) -> tuple[Path, Path]:
    """Where certificate and key of a name lie."""
    return folder / f"{name}.crt", folder / f"{name}.key"


class Authority:
    """Signs certificates; made anew in an empty folder, else read from it."""

    def __init__(self, folder: Path, terminal: str, now: datetime.datetime) -> None:
        """Raises OSError, and ValueError for an authority that cannot be read."""
        self.folder, self._now = folder, now
        crt, key = files_of(folder, AUTHORITY)
        if crt.exists():
            self._pair = _read(crt, key)
            return
        own = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"{terminal} authority")
        made = _builder(name, name, own.public_key(), now, AUTHORITY_DAYS)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = made.add_extension(_usage(signs=True), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        self._pair = Pair(made.sign(own, hashes.SHA256()), own)
        _write(crt, key, self._pair)

    @property
    def certificate(self) -> Path:
        """The file that everybody needs to know whom to trust."""
        return files_of(self.folder, AUTHORITY)[0]

    def client(self, file: str, common_name: str, days: int, renew: bool = False) -> bool:
        """A certificate for a client, as `file`.crt and `file`.key; whether one was made."""
        return self._issue(file, common_name, "client", days, (), renew)

    def server(self, file: str, hosts: Sequence[str], days: int, renew: bool = False) -> bool:
        """A certificate for the broker under its names and addresses; whether one was made."""
        return self._issue(file, hosts[0], "server", days, hosts, renew)

    def _issue(self, file: str, common_name: str, kind: str, days: int, hosts: Sequence[str], renew: bool) -> bool:
        crt, key = files_of(self.folder, file)
        if crt.exists() and not renew:
            return False
        own = ec.generate_private_key(ec.SECP256R1())
        signer = self._pair.certificate
        made = _builder(_name(common_name), signer.subject, own.public_key(), self._now, days)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = made.add_extension(_usage(signs=False), critical=True)
        made = made.add_extension(x509.ExtendedKeyUsage([_PURPOSES[kind]]), critical=False)
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
        if hosts:
            made = made.add_extension(x509.SubjectAlternativeName([_host(h) for h in hosts]), critical=False)
        _write(crt, key, Pair(made.sign(self._pair.key, hashes.SHA256()), own))
        return True


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime.datetime, days: int
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - EARLIER)
    return made.not_valid_after(now + datetime.timedelta(days))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _read(crt: Path, key: Path) -> Pair:
    read = serialization.load_pem_private_key(key.read_bytes(), None)
    if not isinstance(read, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{key}: no key of this authority; give a folder made by `portway certs`, or an empty one")
    return Pair(x509.load_pem_x509_certificate(crt.read_bytes()), read)


def _write(crt: Path, key: Path, pair: Pair) -> None:
    """The key first: a certificate without its key would never be made again."""
    pem = serialization.Encoding.PEM
    crt.parent.mkdir(parents=True, exist_ok=True)
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    _replace(key, pair.key.private_bytes(pem, *plain), 0o600)
    _replace(crt, pair.certificate.public_bytes(pem), 0o644)


def _replace(path: Path, data: bytes, mode: int) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    os.replace(new, path)
