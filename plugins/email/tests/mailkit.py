"""What the tests of e-mail share: a server that takes mail, with a certificate made for it."""

from __future__ import annotations

import datetime
import ipaddress
import re
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "correct horse"


class Mailbox:
    """Takes what it is given, and answers to recipients and mails as a test says."""

    def __init__(self) -> None:
        self.came: list[EmailMessage] = []
        self.to: list[str] = []
        self.logins: list[bool] = []
        self.rcpt = self.data = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data.startswith("250"):
            self.logins.append(session.authenticated)
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.came.append(mail)
            self.to += envelope.rcpt_tos
        return self.data

    def code(self) -> str:
        """The code in the newest mail."""
        found = re.search(r"\b\d{8}\b", text(self.came[-1]))
        assert found is not None
        return found[0]


def text(mail: EmailMessage, kind: str = "plain") -> str:
    """What a mail says, in one of its two forms."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def server_context(path: Path) -> ssl.SSLContext:
    """That of a server with such a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"team", PASSWORD.encode())
    return AuthResult(success=good)


class Smtp(Controller):
    """A server on a free port."""

    def __init__(self, mailbox: Mailbox, tls: ssl.SSLContext | None = None, mode: str = "none") -> None:
        more: dict[str, Any] = {}
        if mode == "starttls":
            more = {"tls_context": tls, "require_starttls": True}
        if mode != "none":
            more |= {"authenticator": _login, "auth_require_tls": mode == "starttls"}
        super().__init__(mailbox, hostname="127.0.0.1", port=0, ssl_context=tls if mode == "implicit" else None, **more)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()
