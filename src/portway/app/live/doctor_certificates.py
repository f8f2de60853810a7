"""Whether the certificates of a server can be read, belong together and are the server's."""

import datetime
import os
import stat
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from portway.adapters.broker.mosquitto import MASTER
from portway.adapters.vda5050.link import Broker
from portway.app.live.finding import Finding

DAYS_MIN = 30
OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
OURS = " authority"  # ends the name of an authority that `portway certs` has made


def check_certificates(broker: Broker, now: datetime.datetime) -> list[Finding]:
    """Whether they can be read, fit each other and their key, and are still good for a while."""
    if (broker.certificate is None) != (broker.key is None):
        missing = "--key" if broker.key is None else "--certificate"
        found = [Finding("certificate", "error", f"{missing} is missing", "give both, or none")]
        return found if broker.ca is None else [*_dated("authority", broker.ca, now), *found]
    if broker.ca is None:
        if broker.certificate is not None:
            return [Finding("authority", "error", "--ca is missing: without it the certificate is not used", "give it")]
        return []
    found = _dated("authority", broker.ca, now)
    if broker.certificate is not None:
        found += _dated("certificate", broker.certificate, now)
        if not any(f.state == "error" for f in found):
            found += _server(broker.certificate, broker.ca)
    if not any(f.state == "error" for f in found):
        found += _key(broker)
    return found


def _dated(part: str, path: Path, now: datetime.datetime) -> list[Finding]:
    """A file by the one of its certificates that runs out first."""
    try:
        read = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        return [Finding(part, "error", f"{path}: {error}", "give a certificate in PEM")]
    return [
        min((dated(part, path.name, c, now) for c in read), key=lambda f: ("error", "warning", "ok").index(f.state))
    ]


def dated(part: str, name: str, certificate: x509.Certificate, now: datetime.datetime) -> Finding:
    """A certificate by its days."""
    days = (certificate.not_valid_after_utc - now).days
    if certificate.not_valid_before_utc > now:
        return Finding(part, "error", f"{name} is not valid yet", "set the clock right, or make a new one")
    if days < 0:
        return Finding(part, "error", f"{name} ran out {-days} days ago", "make a new one: portway certs --renew")
    soon = days < DAYS_MIN
    return Finding(part, "warning" if soon else "ok", f"{name} is good for {days} days", "renew it" if soon else "")


def common_name(certificate: x509.Certificate) -> str:
    """Who a certificate is."""
    named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(named[0].value) if named else ""


def _server(path: Path, ca: Path) -> list[Finding]:
    """Whether it is that of a server, and of an authority that we were given."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    authorities = x509.load_pem_x509_certificates(ca.read_bytes())
    name, found = common_name(certificate), []
    if not _may_be_client(certificate):
        cure = "give that of the server (master.crt)"
        found.append(Finding("certificate", "error", f"{path.name} ({name}) is not for a client of the broker", cure))
    elif name != MASTER:
        issuer = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        ours = bool(issuer) and str(issuer[0].value).endswith(OURS)
        cure = "give that of the server (master.crt): a broker gives rights by this name"
        detail = f"{path.name} is the certificate of {name or 'nobody'}, not of {MASTER}"
        found.append(Finding("certificate", "error" if ours else "warning", detail, cure))
    if not any(_issued(certificate, a) for a in authorities):
        detail = f"{path.name} was not issued by the authority in {ca.name}"
        found.append(
            Finding("certificate", "warning", detail, "see that the broker knows its authority, or give the right one")
        )
    return found


def _may_be_client(certificate: x509.Certificate) -> bool:
    try:
        use = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in use or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in use


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _key(broker: Broker) -> list[Finding]:
    try:
        broker.tls()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        return [Finding("key", "error", f"does not fit the certificate: {error}", "give the key made with it")]
    return [] if broker.key is None else others_read("key", broker.key)


def others_read(part: str, path: Path) -> list[Finding]:
    """A file with a secret that others of this machine can read."""
    if os.name != "nt" and path.stat().st_mode & OTHERS_READ:
        return [Finding(part, "warning", f"{path} can be read by others of this machine", f"chmod 600 {path}")]
    return []
