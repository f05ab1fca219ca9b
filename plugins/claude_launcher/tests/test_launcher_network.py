"""The way to a server over a real network: TLS, proxies, refusals. A key goes to its server and to nobody else."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from teammcp_claude_launcher.protocol import REVOKED
from teammcp_claude_launcher.runner import transport
from teammcp_claude_launcher.runner.enrolments import Enrolment
from teammcp_claude_launcher.runner.transport import PATH, Cut, Network
from teammcp_claude_launcher.runner.turned_away import Revoked
from websockets.asyncio.server import Request, Response, ServerConnection, serve

KEY = "tmcp_default_secret"

pytestmark = pytest.mark.usefixtures("no_proxies")


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names no proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def enrolment(url: str) -> Enrolment:
    return Enrolment(url=url, team="default", machine="box", key=KEY)


class Seen:
    """What a server has seen of those who connected."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.keys: list[str] = []


@asynccontextmanager
async def server(
    talk: Callable[[ServerConnection], Awaitable[None]] | None = None,
    answer: Callable[[ServerConnection, Request], Response | None] | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[tuple[int, Seen]]:
    """A server of WebSockets; its port."""
    seen = Seen()

    async def echo(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    def look(socket: ServerConnection, request: Request) -> Response | None:
        seen.paths.append(request.path)
        seen.keys.append(request.headers.get("Authorization", ""))
        return None if answer is None else answer(socket, request)

    async with serve(talk or echo, "127.0.0.1", 0, process_request=look, ssl=tls) as serving:
        yield serving.sockets[0].getsockname()[1], seen


async def test_frames_go_both_ways_with_the_key_in_the_header() -> None:
    async with (
        server() as (port, seen),
        Network().connect(enrolment(f"http://127.0.0.1:{port}/behind/")) as wire,
    ):
        await wire.send("a text")
        assert await wire.receive() == "a text"
        await wire.send(b"\x00bytes")
        assert await wire.receive() == b"\x00bytes"
        assert (seen.paths, seen.keys) == ([f"/behind{PATH}"], [f"Bearer {KEY}"])


async def test_a_key_that_is_not_taken_is_told_from_a_server_that_is_away() -> None:
    def no(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(HTTPStatus.UNAUTHORIZED, "no")

    async with server(answer=no) as (port, _):
        with pytest.raises(Revoked):
            async with Network().connect(enrolment(f"http://127.0.0.1:{port}")):
                pass
    with pytest.raises(Cut, match="refused"):
        async with Network().connect(enrolment(f"http://127.0.0.1:{port}")):
            pass


async def test_a_key_that_is_revoked_meanwhile_ends_the_connection_as_such() -> None:
    async def revoke(socket: ServerConnection) -> None:
        await socket.close(REVOKED, "the key was revoked")

    async with server(revoke) as (port, _), Network().connect(enrolment(f"http://127.0.0.1:{port}")) as wire:
        with pytest.raises(Revoked):
            await wire.receive()


async def test_nobody_is_followed_elsewhere() -> None:
    async with server() as (elsewhere, seen):

        def move(socket: ServerConnection, request: Request) -> Response:
            answer = socket.respond(HTTPStatus.TEMPORARY_REDIRECT, "")
            answer.headers["Location"] = f"ws://127.0.0.1:{elsewhere}/"
            return answer

        async with server(answer=move) as (port, _):
            with pytest.raises(Cut, match="307"):
                async with Network().connect(enrolment(f"http://127.0.0.1:{port}")):
                    pass
        assert seen.paths == []


async def test_a_frame_that_is_too_large_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_OF_SERVER", 1000)

    async def flood(socket: ServerConnection) -> None:
        await socket.send("x" * 1001)
        await socket.wait_closed()

    async with server(flood) as (port, _), Network().connect(enrolment(f"http://127.0.0.1:{port}")) as wire:
        with pytest.raises(Cut):
            await wire.receive()


# -- TLS -------------------------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> Path:
    """A certificate for a host, and its key, in one file; it vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def context(path: Path) -> ssl.SSLContext:
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.load_cert_chain(path)
    return found


async def test_a_certificate_counts_if_the_system_or_the_environment_vouches_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path, "localhost")
    async with server(tls=context(path)) as (port, seen):
        with pytest.raises(Cut, match="certificate is not accepted"):
            async with Network().connect(enrolment(f"https://localhost:{port}")):
                pass
        assert seen.keys == []
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        async with Network().connect(enrolment(f"https://localhost:{port}")) as wire:
            await wire.send("safe")
            assert await wire.receive() == "safe"


async def test_a_certificate_of_another_host_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate(tmp_path, "other.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with server(tls=context(path)) as (port, seen):
        with pytest.raises(Cut, match="certificate is not accepted"):
            async with Network().connect(enrolment(f"https://localhost:{port}")):
                pass
        assert seen.keys == []


# -- proxies ---------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def proxy(port: int) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy behind which every host is the server at this port; its address, and what it was asked."""
    asked: list[str] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        there, back = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pump(reader, back), pump(there, writer))

    serving = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    async with serving:
        yield f"http://me:pass@127.0.0.1:{serving.sockets[0].getsockname()[1]}", asked


async def test_the_proxy_of_the_environment_is_used_and_does_not_see_the_key_of_a_safe_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path, "team.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with server(tls=context(path)) as (port, seen), proxy(port) as (url, asked):
        monkeypatch.setenv("HTTPS_PROXY", url)
        async with Network().connect(enrolment("https://team.test")) as wire:
            await wire.send("through")
            assert await wire.receive() == "through"
        [head] = asked
        assert head.startswith("CONNECT team.test:443 ")
        assert f"Basic {base64.b64encode(b'me:pass').decode()}" in head
        assert KEY not in head
        assert seen.keys == [f"Bearer {KEY}"]


async def test_a_server_on_this_machine_is_reached_past_every_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with server() as (port, seen):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        async with Network().connect(enrolment(f"http://127.0.0.1:{port}")) as wire:
            await wire.send("direct")
            assert await wire.receive() == "direct"
        assert len(seen.keys) == 1


async def test_a_proxy_that_nobody_speaks_to_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:hidden@127.0.0.1:9")
    with pytest.raises(Cut, match="HTTP proxies only") as caught:
        async with Network().connect(enrolment("http://team.test")):
            pass
    assert "hidden" not in str(caught.value)
