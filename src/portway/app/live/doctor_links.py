"""Whether the links to the TOS lead somewhere: receivers of webhooks answer, EDIFACT folders can be used."""

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from portway.app.live.doctor_certificates import others_read
from portway.app.live.doctor_database import existing, nearly_full, unusable
from portway.app.live.finding import Finding
from portway.app.live.tos_links import TosLinks, TosLinksError, load_tos_links

CONNECT_S = 3.0
PART = "TOS links"


def check_links(path: Path) -> list[Finding]:
    """Everything of a file of TOS links; nothing is sent to a receiver."""
    try:
        links = load_tos_links(path)
        links.token_rule()
    except TosLinksError as error:
        return [Finding(PART, "error", " | ".join(str(error).splitlines()), "correct the file")]
    found = [f for w in links.webhooks for f in _receiver(w.name, w.url)]
    found += _folders(links)
    if links.webhooks or links.tokens is not None:
        found += others_read(PART, path)
    return found if any(f.state == "error" for f in found) else [Finding(PART, "ok", path.name), *found]


def _receiver(name: str, url: str) -> list[Finding]:
    """Whether somebody listens; `url` may hold a password and is never shown whole."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        return [Finding(PART, "error", f"webhook {name}: its url has no port that can be: {error}", "correct the url")]
    where, cure = f"webhook {name}: {host}:{port}", "start the receiver, or correct the url of this webhook"
    try:
        with socket.create_connection((host, port), CONNECT_S) as plain:
            if parts.scheme == "https":
                httpx.create_ssl_context().wrap_socket(plain, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        return [Finding(PART, "error", f"{where}: its certificate is not believed ({error.verify_message})",
                        "let the receiver show one that this machine trusts (SSL_CERT_FILE)")]  # fmt: skip
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        return [Finding(PART, "error", f"{where} takes no connection ({reason})", cure)]
    return []


def _folders(links: TosLinks) -> list[Finding]:
    named = {"incoming": links.edi.incoming, "outgoing": links.edi.outgoing}
    folders = {name: (links.folder / path).absolute() for name, path in named.items() if path is not None}
    found = []
    for name, folder in folders.items():
        if (problem := unusable(folder)) is not None:
            cure = "give another folder, or let this user write there"
            found.append(Finding(PART, "error", f"edi.{name}: {problem}", cure))
        elif (full := nearly_full(PART, existing(folder))) is not None:
            found.append(full)
    if len(folders) == 2:
        one, other = (folder.resolve() for folder in folders.values())
        if one == other or one in other.parents or other in one.parents:
            detail = "edi.incoming and edi.outgoing are the same folder, or one is in the other"
            found.append(Finding(PART, "error", detail, "give each its own: what goes out would be read as coming in"))
    return found
