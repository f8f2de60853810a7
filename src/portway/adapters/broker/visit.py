"""A visit to a broker for a look at it: name, port, TLS, and whom it lets in, each told apart where it fails.

MQTT 3.1.1 by hand, CONNECT and CONNACK alone (sections 3.1 and 3.2): a client library says that it could not connect,
and a person wants to know why.
"""

import socket
import ssl
import struct
from typing import NamedTuple

TIMEOUT_S = 5.0
KEEP_ALIVE_S = 30
CLEAN_SESSION, PASSWORD, USER = 0x02, 0x40, 0x80
# MQTT 3.1.1, table 3.1: return codes of CONNACK
REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it refuses the client id",
    3: "it is not available",
    4: "it refuses user or password",
    5: "it does not let this client in",
}


class VisitError(OSError):
    """How far a visit came: `step` is `name`, `port`, `trust`, `host`, `tls`, `silent`, `client` or `mqtt`."""

    def __init__(self, step: str, text: str) -> None:
        super().__init__(text)
        self.step = step


class Address(NamedTuple):
    """Where a broker is and who we are to it; `tls` None for a plain connection."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    user: str | None = None
    password: str | None = None


class Visit:
    """A client that was let in; closed at the end of a `with` block. Raises VisitError."""

    def __init__(self, address: Address, client_id: str) -> None:
        self._socket = _opened(address)
        try:
            self._socket.sendall(_connect(address, client_id))
            answer = _exactly(self._socket, 4)
        except TimeoutError as error:
            self._socket.close()
            raise VisitError("silent", "it takes the connection and says nothing") from error
        except (OSError, EOFError) as error:
            self._socket.close()
            step = "client" if address.tls is not None else "mqtt"
            reason = f" ({error})" if str(error) else ""
            raise VisitError(step, f"it ends the connection without a word{reason}") from error
        if answer[:2] != b"\x20\x02" or answer[3] != 0:
            self._socket.close()
            known = answer[:2] == b"\x20\x02"
            raise VisitError(
                "mqtt", REFUSALS.get(answer[3], f"code {answer[3]}") if known else "it does not speak MQTT"
            )

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def certificate(self) -> bytes | None:
        """The broker's certificate (DER); None without TLS."""
        return self._socket.getpeercert(True) if isinstance(self._socket, ssl.SSLSocket) else None

    def is_ended(self, within_s: float) -> bool:
        """Whether the broker ends the connection in so many seconds."""
        self._socket.settimeout(within_s)
        try:
            return not self._socket.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True


def certificate_of(host: str, port: int) -> bytes | None:
    """The certificate (DER) that whoever listens there shows, believed or not; None if none comes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with _opened(Address(host, port, context)) as shown:
            assert isinstance(shown, ssl.SSLSocket)
            return shown.getpeercert(True)
    except VisitError:
        return None


def _opened(address: Address) -> socket.socket:
    host, port = address.host, address.port
    try:
        plain = socket.create_connection((host, port), TIMEOUT_S)
    except (socket.gaierror, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no name"
        raise VisitError("name", f"the name {host} is not known here ({reason})") from error
    except OSError as error:
        raise VisitError("port", f"nobody answers ({error.strerror or error})") from error
    if address.tls is None:
        return plain
    try:
        return address.tls.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        hostname = error.verify_code in (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, ..._IP_ADDRESS_MISMATCH
        raise VisitError("host" if hostname else "trust", error.verify_message or str(error)) from error
    except TimeoutError as error:
        plain.close()
        raise VisitError("silent", "it takes the connection and says nothing, no TLS either") from error
    except OSError as error:
        plain.close()
        alert = "alert" in str(error).lower()  # it said what it does not like: our certificate
        raise VisitError("client" if alert else "tls", str(error)) from error


def _connect(address: Address, client_id: str) -> bytes:
    flags, fields = CLEAN_SESSION, [client_id]
    if address.user is not None:
        flags, fields = flags | USER, [*fields, address.user]
        if address.password is not None:
            flags, fields = flags | PASSWORD, [*fields, address.password]
    body = _field("MQTT") + struct.pack("!BBH", 4, flags, KEEP_ALIVE_S) + b"".join(map(_field, fields))
    return b"\x10" + _length(len(body)) + body


def _field(text: str) -> bytes:
    data = text.encode()
    return struct.pack("!H", len(data)) + data


def _length(count: int) -> bytes:
    """Section 2.2.3: seven bits a byte, the lowest first."""
    out = bytearray()
    while True:
        count, low = count >> 7, count & 0x7F
        out.append(low | (0x80 if count else 0))
        if not count:
            return bytes(out)


def _exactly(stream: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        more = stream.recv(count - len(got))
        if not more:
            raise EOFError
        got += more
    return got
