"""The door of every page: by which names it is known, how many get in, and how long it waits for them."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from portway.adapters.tos.api.keys import Role, load_keys, new_key
from portway.app.cli.watch import page_options
from portway.app.config import load_scenario, write_scenario
from portway.app.web.connections import Limits, limits_here
from portway.app.web.draft import Draft
from portway.app.web.editor import make_editor
from portway.app.web.hosts import KnownHosts, split_host
from portway.app.web.lobby import Lobby
from portway.app.web.page import asset_of, file_routes
from portway.app.web.serving import PageServer
from portway.app.web.session import Session
from portway.app.web.stage import Stage

QUICK = Limits(connections=6, websockets=2, head_s=0.6, body_s=0.9, take_s=0.9)


async def health(_request: Request) -> Response:
    return PlainTextResponse("well")


async def body(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def much(_request: Request) -> Response:
    return Response(b"x" * 50_000_000)


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


ROUTES = [
    Route("/health", health),
    Route("/body", body, methods=["POST"]),
    Route("/much", much),
    WebSocketRoute("/echo", echo),
    *file_routes(),
]


def served(
    act: Callable[[PageServer], Awaitable[None]], hosts=(), limits: Limits | None = None, app=None, host="127.0.0.1"
) -> None:
    """Do something before a page that is served on a free port."""

    async def go() -> None:
        server = PageServer(app or Starlette(routes=ROUTES), host, 0, hosts, limits)
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            async with asyncio.timeout(20):
                await act(server)
        finally:
            server.should_exit = True
            await task

    asyncio.run(go())


async def asked(server: PageServer, host: str | None, path: str = "/health") -> int:
    """Status of the answer to a request with a Host header."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    named = "" if host is None else f"host: {host}\r\n"
    writer.write(f"GET {path} HTTP/1.1\r\n{named}connection: close\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


# -- names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LocalHost"])
def test_a_page_is_known_by_the_names_of_this_machine_on_its_port(name):
    async def act(server):
        assert await asked(server, f"{name}:{server.port}") == 200
        assert await asked(server, f"{name}:{server.port + 1}") == 421
        assert await asked(server, name) == 421  # that is port 80

    served(act)


@pytest.mark.parametrize(
    "name",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::1", "a:b", "localhost:99999999"],
)
def test_a_page_is_not_known_by_any_other_name(name):
    async def act(server):
        port = f":{server.port}" if ":" not in name and name else ""
        assert await asked(server, name + port) in (400, 421)

    served(act)


def test_a_request_without_a_host_is_refused():
    async def act(server):
        assert await asked(server, None) == 400

    served(act)


def test_a_name_that_was_given_is_known_with_any_port_or_with_its_own():
    async def act(server):
        assert await asked(server, "port.example") == 200
        assert await asked(server, "port.example:1234") == 200
        assert await asked(server, "other.example:443") == 200
        assert await asked(server, "other.example:444") == 421

    served(act, ["Port.example", "other.example:443"])


def test_a_page_on_all_addresses_is_known_by_the_one_that_was_called():
    async def act(server):
        assert await asked(server, f"127.0.0.1:{server.port}") == 200
        assert await asked(server, f"192.0.2.7:{server.port}") == 421

    served(act, host="0.0.0.0")


def test_an_address_of_ipv4_on_a_socket_of_both_is_known():
    async def app(scope, receive, send):
        await PlainTextResponse("well")(scope, receive, send)

    async def status(host: str) -> int:
        sent = []
        scope = {"type": "http", "path": "/", "scheme": "http", "method": "GET", "server": ("::ffff:192.0.2.5", 8080),
                 "headers": [(b"host", host.encode())]}  # fmt: skip

        async def keep(message) -> None:
            sent.append(message)

        await KnownHosts(app, "::")(scope, None, keep)
        return sent[0]["status"]

    assert [asyncio.run(status(h)) for h in ("192.0.2.5:8080", "192.0.2.6:8080", "192.0.2.5")] == [200, 421, 421]


def test_a_stream_is_not_opened_under_another_name():
    async def act(server):
        url = f"ws://127.0.0.1:{server.port}/echo"
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url, additional_headers={"Host": "evil.example"}):
                pass
        assert refused.value.response.status_code in (400, 403)
        async with connect(url) as socket:
            await socket.send("x")
            assert await socket.recv() == "x"

    served(act)


def test_the_command_line_names_hosts():
    assert page_options(8090, False, None, ["port.example"]).hosts == ("port.example",)
    assert page_options(8090, False, None).hosts == ()


def test_a_host_is_split_into_name_and_port():
    assert [split_host(h) for h in ("a", "a:1", "[::1]", "[::1]:80", "[::1]x", "a:1x")] == [
        ("a", None), ("a", 1), ("::1", None), ("::1", 80), ("", None), ("", None)
    ]  # fmt: skip


# -- how many, how long -----------------------------------------------------------------------------------------


async def idle(server: PageServer, sent: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(sent)
    return reader, writer


HEAD = "GET /health HTTP/1.1\r\nhost: localhost:{}\r\n"


def test_those_who_only_wait_do_not_keep_anybody_out():
    async def act(server):
        kept = [await idle(server, HEAD.format(server.port).encode()) for _ in range(60)]
        async with httpx.AsyncClient() as client:
            for _ in range(5):
                answer = await client.get(f"http://127.0.0.1:{server.port}/health")
                assert answer.status_code == 200
        assert len(server.server_state.connections) <= QUICK.connections + 1
        for _, writer in kept:
            writer.close()

    served(act, limits=QUICK._replace(head_s=60.0))


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        b"POST /body HTTP/1.1\r\nhost: localhost:PORT\r\ncontent-length: 9\r\n\r\nhalf",
        b"POST /body HTTP/1.1\r\nhost: localhost:PORT\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
    ],
)
def test_a_client_that_does_not_finish_its_request_is_cut_off(sent):
    async def act(server):
        reader, writer = await idle(server, sent.replace(b"PORT", str(server.port).encode()))
        began = time.monotonic()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        assert time.monotonic() - began < 5
        writer.close()

    served(act, limits=QUICK)


def test_a_client_that_sends_a_byte_now_and_then_is_cut_off_all_the_same():
    async def act(server):
        _, writer = await idle(server, b"GET / HTTP/1.1\r\n")
        began = time.monotonic()

        async def trickle() -> None:
            while time.monotonic() - began < 6:
                writer.write(b"a: b\r\n")
                await writer.drain()
                await asyncio.sleep(0.1)

        with pytest.raises(ConnectionError):
            await trickle()
        assert time.monotonic() - began < 5

    served(act, limits=QUICK)


def test_a_client_that_takes_nothing_is_cut_off():
    async def act(server):
        _, writer = await idle(server, HEAD.format(server.port).replace("/health", "/much").encode() + b"\r\n")
        while not server.server_state.connections:
            await asyncio.sleep(0.01)
        while server.server_state.connections:
            await asyncio.sleep(0.05)
        writer.close()

    served(act, limits=QUICK)


def test_a_quiet_connection_between_two_requests_may_stay_for_a_while():
    async def act(server):
        async with httpx.AsyncClient() as client:
            for _ in range(3):
                assert (await client.get(f"http://127.0.0.1:{server.port}/health")).text == "well"
                await asyncio.sleep(0.3)

    served(act, limits=QUICK)


def test_streams_are_bounded_and_those_who_are_in_stay():
    async def act(server):
        url = f"ws://127.0.0.1:{server.port}/echo"
        async with connect(url) as first, connect(url):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(url):
                    pass
            assert refused.value.response.status_code == 503
            await asyncio.sleep(1.2)
            await first.send("still here")
            assert await first.recv() == "still here"
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{server.port}/health")).status_code == 200

    served(act, limits=QUICK)


FEW_DESCRIPTORS = """
import asyncio, resource, sys
from portway.app.web.serving import PageServer
from portway.app.web.connections import Limits
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
import portway.app.web.serving as serving
if sys.argv[1] == "unbounded":
    serving.limits_here = lambda limits: limits
async def main():
    async def health(request):
        return PlainTextResponse("well")
    app = Starlette(routes=[Route("/health", health)])
    server = PageServer(app, "127.0.0.1", 0, limits=Limits(head_s=2.0))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.port, flush=True)
    await task
asyncio.run(main())
"""


@pytest.mark.parametrize("bounds", ["bounded", "unbounded"])
def test_descriptors_that_run_out_end_nothing_and_fill_no_log(tmp_path, bounds):
    """260 idle connections; without our bounds the system's is met, and it goes on when they are cut off."""
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-c", FEW_DESCRIPTORS, bounds]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        port = int(process.stdout.readline())
        url = f"http://127.0.0.1:{port}/health"

        async def crowd() -> None:
            kept = []
            for _ in range(260):
                kept.append(await asyncio.open_connection("127.0.0.1", port))
            if bounds == "bounded":
                assert httpx.get(url, timeout=5).status_code == 200
            else:
                async with asyncio.timeout(30):
                    while True:
                        try:
                            async with httpx.AsyncClient() as client:
                                assert (await client.get(url, timeout=2)).status_code == 200
                            break
                        except httpx.TransportError:
                            await asyncio.sleep(0.2)
            for _, writer in kept:
                writer.close()

        asyncio.run(crowd())
        said = (tmp_path / "log").read_text()
        assert len(said) < 20_000
        assert "Traceback" not in said
        if bounds == "unbounded":
            assert said.count("no_connection_accepted") == 1
    finally:
        process.terminate()
        process.wait(10)


def test_there_are_fewer_connections_than_descriptors(monkeypatch):
    import resource

    for most, room in ((1024, 512), (256, 160), (64, 32), (resource.RLIM_INFINITY, 512)):
        monkeypatch.setattr(resource, "getrlimit", lambda _kind, most=most: (most, most))
        assert limits_here(Limits()).connections == room


# -- who does not say who he is ---------------------------------------------------------------------------------


def page_with_keys(tmp_path, lobby: Lobby) -> tuple[Starlette, str]:
    key, entry = new_key("eve", [Role.VIEWER])
    (tmp_path / "keys.toml").write_text(entry)
    keys = load_keys(tmp_path / "keys.toml")

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await Session(socket, Stage({"t": "x"}, None), keys, lobby).run()

    return Starlette(routes=[WebSocketRoute("/twin/stream", stream)]), key


def test_a_page_that_does_not_say_who_it_is_has_to_go(tmp_path):
    app, _ = page_with_keys(tmp_path, Lobby(key_s=0.3))

    async def act(server):
        async with connect(f"ws://127.0.0.1:{server.port}/twin/stream") as socket:
            assert json.loads(await socket.recv())["need_key"] is True
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "no key came in time")

    served(act, app=app)


def test_of_many_pages_without_a_key_the_oldest_goes(tmp_path):
    app, key = page_with_keys(tmp_path, Lobby(most=2, key_s=30))

    async def act(server):
        url = f"ws://127.0.0.1:{server.port}/twin/stream"
        async with connect(url) as first, connect(url) as second, connect(url) as third:
            await first.recv()
            with pytest.raises(ConnectionClosed):
                await first.recv()
            for socket in (second, third):
                await socket.recv()
                await socket.send(json.dumps({"c": "key", "key": key}))
                assert json.loads(await socket.recv())["name"] == "eve"

    served(act, app=app)


@pytest.mark.parametrize("text", ["[" * 16_000, '{"c": "seek", "at_ms": ' + "[" * 15_000, '{"c": "watch"'])
def test_rubbish_from_a_page_is_answered(tmp_path, text):
    app, _ = page_with_keys(tmp_path, Lobby())

    async def act(server):
        async with connect(f"ws://127.0.0.1:{server.port}/twin/stream") as socket:
            await socket.recv()
            await socket.send(text)
            assert json.loads(await socket.recv())["code"] == "not_understood"

    served(act, app=app)


# -- what cannot be meant ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["\0", "a\0b", "x" * 5_000, "..", "../page.py", "/etc/passwd", ""])
def test_a_name_that_no_file_can_have_is_no_file(name):
    assert asset_of(name) is None


def test_an_impossible_path_is_answered():
    async def act(server):
        for path in ("/assets/%00", "/assets/" + "x" * 5_000, "/assets/..%2f..%2fpage.py", "/%ff%fe"):
            assert await asked(server, f"localhost:{server.port}", path) == 404

    served(act)


@pytest.fixture
def editor(tmp_path):
    base = load_scenario("huashan", {"fleet.trucks": "2"})
    write_scenario(tmp_path, base.terminal, base.fleet, base.policies)
    return make_editor(Draft(str(tmp_path)))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"raw": {"quay": 1e999}}', 400),
        (b'{"raw": {"quay": NaN}}', 400),
        (b'{"raw": {"quay": -Infinity}}', 400),
        (b"[" * 100_000, 400),
        (b'{"raw": ' + b'{"a":' * 100_000, 400),
        (b'{"raw": {"id": "\\ud800"}}', 400),
        (b'{"raw": {"n": ' + b"9" * 5_000 + b"}}", 400),
        (b"\xff\xfe", 400),
        (b"", 400),
        (b"null", 400),
        (b'{"raw": []}', 400),
        (b'{"raw": {"\\u0000": 1}}', 200),
        (b'{"raw": {"n": 99999999999999999999999999}}', 200),
        (b'{"raw": {"nodes": [{"id": null}, 3, "x"]}}', 200),
    ],
)
@pytest.mark.parametrize("path", ["/edit/draft", "/edit/save"])
def test_the_editor_answers_whatever_it_is_sent(editor, body, status, path):
    answer = asyncio.run(_posted(editor, path, body))
    assert answer.status_code == (status if path == "/edit/draft" or status == 400 else 409), answer.text
    assert answer.json()


async def _posted(app, path: str, content, **headers) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        return await client.post(path, content=content, headers=headers)


def test_a_body_without_a_length_is_counted_while_it_is_read(editor):
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1_000_000

    answer = asyncio.run(_posted(editor, "/edit/draft", endless()))
    assert (answer.status_code, "at most" in answer.json()["error"]) == (413, True)
    assert read < 20


def test_another_site_does_not_edit(editor):
    answer = asyncio.run(_posted(editor, "/edit/draft", b'{"raw": {}}', origin="http://evil.example"))
    assert answer.status_code == 403
