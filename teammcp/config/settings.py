"""Settings: built-in defaults, overridden by a TOML file, overridden by ``TEAMMCP_*`` environment variables."""

from __future__ import annotations

import os
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ..errors import StartError
from ..net.addresses import loopback_of
from .remedies import from_text, wrong_settings

Access = Literal["observer", "member", "manager", "owner"]


SHORTEST_SECRET_KEY = 32
"""Characters: as many as 192 random bits take."""


def _server_url(url: str) -> str:
    parts = _taken_apart(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and a host, as in https://team.example.org")
    if parts.username is not None or parts.path.rstrip("/") or parts.query or parts.fragment:
        raise ValueError("must end with the host or its port: the server is at no path, and takes no user's name there")
    return url.rstrip("/")


def _host_name(name: str) -> str:
    if "/" in name or "@" in name or not (host := _taken_apart(f"//{name}").hostname):
        raise ValueError("must be the name of a host, as in team.example.org")
    return host


def _taken_apart(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is no address") from None
    return parts


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ValueError("must be an IP address or a network, as in 127.0.0.1 or 10.0.0.0/8") from None


def split_keys(text: str) -> list[str]:
    """The parts of the setting ``secret_key``, the newest key first."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _secret_key(value: SecretStr) -> SecretStr:
    keys = split_keys(value.get_secret_value())
    if not keys or any(len(key) < SHORTEST_SECRET_KEY for key in keys):
        raise ValueError(
            f"must have at least {SHORTEST_SECRET_KEY} characters, as from: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    return value


ServerUrl = Annotated[str, AfterValidator(_server_url)]
HostName = Annotated[str, AfterValidator(_host_name)]
Network = Annotated[str, AfterValidator(_network)]
SecretKey = Annotated[SecretStr, AfterValidator(_secret_key)]


def default_home() -> Path:
    """Where data live unless ``TEAMMCP_HOME`` says otherwise."""
    return Path(os.environ.get("TEAMMCP_HOME") or Path.home() / ".teammcp")


class Settings(BaseSettings):
    """Every setting of the server. Each is a key of ``$TEAMMCP_HOME/teammcp.toml`` and a variable ``TEAMMCP_<KEY>``."""

    model_config = SettingsConfigDict(
        env_prefix="TEAMMCP_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    home: Path = Field(default_factory=default_home, description="Folder of all data")
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(3100, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    url: ServerUrl | None = Field(
        None, description="The server's address as others see it, for links and configurations"
    )
    allowed_hosts: list[HostName] = Field(
        default_factory=list, description="Host names, besides loopback and `host`, under which the server answers"
    )
    trusted_proxies: list[Network] = Field(
        default_factory=list,
        description="Addresses or networks of reverse proxies, whose `X-Forwarded-For` says who calls",
    )
    register_secret: SecretStr | None = Field(None, description="Required of whoever registers an agent without a key")
    secret_key: SecretKey | None = Field(
        None,
        description="Key that encrypts what plugins keep secret, of at least 32 random characters; after a comma "
        "earlier ones. By default the file `secret-key` in `home`, which is made when it is needed",
    )
    disabled_plugins: list[str] = Field(default_factory=list, description="Names of plugins that are not loaded")
    required_plugins: list[str] | None = Field(
        None,
        description="Names of plugins without which the server does not start; by default `approvals` and `audit`, "
        "where they are installed",
    )
    theme: str = Field("base", description="Name of the installed theme that the pages wear")
    permissions: dict[str, Access] = Field(
        default_factory=dict, description="Least access level an operation needs, where it differs from its own"
    )
    log_format: Literal["text", "json"] = Field("text", description="One line an event, for people or for machines")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least severe event logged")
    access_log: bool = Field(True, description="Whether each request is logged, with its path, member and address")
    agent_rate: float = Field(50, ge=0, description="Calls a second an agent may make for long; 0 means no limit")
    agent_burst: int = Field(200, ge=1, description="Calls an agent may make at once")
    member_streams: int = Field(
        20, ge=0, description="Event streams and waits that a member may hold at once; 0 means no limit"
    )
    member_bytes: int = Field(
        500 * 1024 * 1024, ge=0, description="Bytes of files that a member may upload within 24 hours; 0: no limit"
    )
    address_rate: float = Field(
        200, ge=0, description="Calls a second without a valid key from one address; 0 means no limit"
    )
    address_burst: int = Field(1000, ge=1, description="Calls without a valid key from one address at once")
    register_rate: int = Field(
        5, ge=0, description="Registrations and failed logins a minute from one address; 0: no limit"
    )
    presence_timeout: int = Field(30, ge=1, description="Seconds without a call or stream after which a person is away")
    away_timeout: int = Field(
        600, ge=1, description="Seconds without a sign of life after which an agent that sends no heartbeats is away"
    )
    heartbeat_ttl: int = Field(
        30, ge=1, description="Seconds within which the next heartbeat is due; without it an agent is dead"
    )
    ring_size: int = Field(4096, ge=16, description="Events kept in memory for live streams")
    max_body: int = Field(1024 * 1024, ge=1024, description="Bytes of a request body, files apart")
    max_result: int = Field(
        40_000, ge=4000, description="Characters, about, that a tool gives at once; then it says how to go on"
    )
    max_file: int = Field(20 * 1024 * 1024, ge=1, description="Bytes of an uploaded file")
    plugins: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Tables of the plugins' own settings")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Given values first, then the environment, then the file."""
        file = os.environ.get("TEAMMCP_CONFIG") or default_home() / "teammcp.toml"
        return init_settings, Environment(settings_cls), TomlConfigSettingsSource(settings_cls, file)

    @property
    def public_url(self) -> str:
        """The address to print and to write into clients' configurations, without a trailing slash."""
        if self.url:
            return self.url.rstrip("/")
        host = loopback_of(self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class Environment(EnvSettingsSource):
    """The variables. A list is written as JSON, or as its parts with commas between them; a table as JSON."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """What a variable's text stands for."""
        if field is None:  # a part of a plugin's table, whose types the plugin knows
            raise ValueError
        try:
            return from_text(field.annotation, value)
        except ValueError as error:
            raise StartError(f"These settings are wrong:\n  {self.env_prefix}{field_name.upper()}: {error}") from None


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; ``overrides`` that are None are ignored.

    Raises:
        StartError: a value is wrong or the file is not TOML; the message names the key.
    """
    try:
        return Settings(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:
        lines = "\n".join(f"  {line}" for line in wrong_settings(error, Settings))
        raise StartError(f"These settings are wrong:\n{lines}") from None
    except tomllib.TOMLDecodeError as error:
        raise StartError(f"The settings file is not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise StartError("The settings file is not in UTF-8, as TOML is. Save it so.") from error
