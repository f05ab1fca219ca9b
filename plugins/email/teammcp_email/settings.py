"""The settings of e-mail: the table [plugins.email]."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from .mail_addresses import checked

Tls = Literal["implicit", "starttls", "none"]
LONGEST_REPLY = 64 - 38
"""Characters before the @ that leave room for the plus and what is signed: RFC 5321 allows 64."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


OneLine = Annotated[str, AfterValidator(_one_line)]
Mailbox = Annotated[str, AfterValidator(lambda text: checked(text) if text else text)]


class EmailSettings(BaseModel):
    """The table ``[plugins.email]``. Without ``host`` there is no e-mail."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    host: OneLine = Field("", max_length=253, description="The server that sends (SMTP)")
    port: int | None = Field(None, ge=1, le=65535, description="Its port; by default 465, 587 or 25, as `tls` says")
    tls: Tls = Field("implicit", description="`implicit`, `starttls`, or `none` on the same machine")
    insecure: bool = Field(False, description='Allow `tls = "none"` to another machine: all can be read on the way')
    ca_file: Path | None = Field(None, description="Certificates to trust in place of the system's, as PEM")
    user: OneLine = Field("", description="The name to log in with; empty: without a login")
    password: SecretStr | None = Field(None, description="Its password; better in `password_file` or the environment")
    password_file: Path | None = Field(None, description="A file whose first line is the password")
    sender: Mailbox = Field("", description="The address that mail comes from")
    sender_name: OneLine = Field("TeamMCP", max_length=100, description="The name beside it")
    imap_host: OneLine = Field("", max_length=253, description="The server of the mailbox that replies come to (IMAP)")
    imap_port: int | None = Field(None, ge=1, le=65535, description="Its port; by default 993, or 143 without TLS")
    imap_tls: Literal["implicit", "none"] = Field("implicit", description="`implicit`, or `none` on the same machine")
    imap_user: OneLine = Field("", description="The name to log in with; by default `user`")
    imap_password: SecretStr | None = Field(None, description="Its password; by default that of `user`")
    imap_password_file: Path | None = Field(None, description="A file whose first line is that password")
    imap_mailbox: OneLine = Field("INBOX", min_length=1, max_length=100, description="The folder that is read")
    imap_authserv: OneLine = Field("", description="The name in Authentication-Results whose DMARC verdict is required")
    imap_poll_seconds: int = Field(60, ge=1, le=1500, description="How often it is looked at, at least")
    reply_to: Mailbox = Field("", description="The address that replies go to, before the plus; by default `sender`")
    reply_days: int = Field(30, ge=1, le=366, description="How long a mail can be answered")
    timeout_seconds: float = Field(20, ge=1, le=25, description="How long one step of sending may take")

    @model_validator(mode="after")
    def _whole(self) -> EmailSettings:
        if not self.host:
            if self.model_fields_set:
                raise ValueError("host: name the server that sends")
            return self
        if not self.sender:
            raise ValueError("sender: give the address that mail comes from")
        if self.tls == "none" and self.host not in LOOPBACK and not self.insecure:
            raise ValueError('tls: "none" is for the same machine alone; use "starttls", or set insecure = true')
        if self.password is not None and self.password_file is not None:
            raise ValueError("password_file: give it or password, not both")
        if self.password_file is not None:
            self.password = _password(self.password_file)
        if bool(self.user) != (self.password is not None):
            raise ValueError("user: give a user and a password (or password_file), or neither")
        self.tls_context()
        if self.imap_host:
            self._require_imap()
        return self

    def _require_imap(self) -> None:
        if self.imap_tls == "none" and self.imap_host not in LOOPBACK and not self.insecure:
            raise ValueError('imap_tls: "none" is for the same machine alone; use "implicit", or set insecure = true')
        if self.imap_password is not None and self.imap_password_file is not None:
            raise ValueError("imap_password_file: give it or imap_password, not both")
        if self.imap_password_file is not None:
            self.imap_password = _password(self.imap_password_file, "imap_password_file")
        if self.imap_login is None:
            raise ValueError("imap_user: give a user and a password for the mailbox of replies")
        if len(self.reply_address.rpartition("@")[0]) > LONGEST_REPLY:
            raise ValueError(f"reply_to: before the @ are at most {LONGEST_REPLY} characters, since more is put there")

    @property
    def imap_login(self) -> tuple[str, str] | None:
        """User and password of the mailbox that replies come to."""
        user, password = self.imap_user or self.user, self.imap_password or self.password
        return (user, password.get_secret_value()) if user and password is not None else None

    @property
    def reply_address(self) -> str:
        """The address that replies go to, before the plus."""
        return self.reply_to or self.sender

    @property
    def smtp_port(self) -> int:
        """The port to connect to."""
        return self.port or {"implicit": 465, "starttls": 587, "none": 25}[self.tls]

    def tls_context(self) -> ssl.SSLContext:
        """What checks the certificate of the server.

        Raises:
            ValueError: the file of certificates cannot be used.
        """
        try:
            return ssl.create_default_context(cafile=None if self.ca_file is None else str(self.ca_file))
        except (OSError, ssl.SSLError) as error:
            raise ValueError(f"ca_file: {self.ca_file} cannot be used: {error}") from None


def _password(path: Path, setting: str = "password_file") -> SecretStr:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{setting}: {path} cannot be read: {type(error).__name__}") from None
    if not lines or not lines[0]:
        raise ValueError(f"{setting}: {path} is empty")
    return SecretStr(lines[0])
