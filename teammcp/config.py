"""Settings: built-in defaults, overridden by a TOML file, overridden by ``TEAMMCP_*`` environment variables."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from .errors import StartError

Access = Literal["observer", "member", "manager", "owner"]


def default_home() -> Path:
    """Where data live unless ``TEAMMCP_HOME`` says otherwise."""
    return Path(os.environ.get("TEAMMCP_HOME") or Path.home() / ".teammcp")


class Settings(BaseSettings):
    """Every setting of the server. Each is a key of ``$TEAMMCP_HOME/teammcp.toml`` and a variable ``TEAMMCP_<KEY>``."""

    model_config = SettingsConfigDict(
        env_prefix="TEAMMCP_", env_nested_delimiter="__", env_ignore_empty=True, extra="forbid", frozen=True
    )

    home: Path = Field(default_factory=default_home, description="Folder of all data")
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(3100, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    url: str | None = Field(None, description="The server's address as others see it, for links and configurations")
    allowed_hosts: list[str] = Field(
        default_factory=list, description="Host names, besides loopback and `host`, under which the server answers"
    )
    register_secret: SecretStr | None = Field(None, description="Required of whoever registers an agent without a key")
    disabled_plugins: list[str] = Field(default_factory=list, description="Names of plugins that are not loaded")
    theme: str = Field("base", description="Name of the installed theme that the pages wear")
    permissions: dict[str, Access] = Field(
        default_factory=dict, description="Least access level an operation needs, where it differs from its own"
    )
    log_format: Literal["text", "json"] = Field("text", description="One line an event, for people or for machines")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least severe event logged")
    agent_rate: float = Field(50, ge=0, description="Calls a second an agent may make for long; 0 means no limit")
    agent_burst: int = Field(200, ge=1, description="Calls an agent may make at once")
    address_rate: float = Field(200, ge=0, description="Calls a second from one address; 0 means no limit")
    address_burst: int = Field(1000, ge=1, description="Calls from one address at once")
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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    @property
    def public_url(self) -> str:
        """The address to print and to write into clients' configurations, without a trailing slash."""
        if self.url:
            return self.url.rstrip("/")
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; ``overrides`` that are None are ignored.

    Raises:
        StartError: a value is wrong or the file is not TOML; the message names the key.
    """
    try:
        return Settings(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, item['loc']))}: {_remedy(item)}" for item in error.errors(include_input=False)]
        raise StartError("These settings are wrong:\n" + "\n".join(lines)) from error
    except tomllib.TOMLDecodeError as error:
        raise StartError(f"The settings file is not valid TOML: {error}") from error


def _remedy(item: ErrorDetails) -> str:
    if item["type"] == "extra_forbidden":
        return "there is no such setting; docs/reference/settings.md lists them"
    return item["msg"]
