"""A file that names a whole team of agents: ``teammcp join --file team.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..arguments.checking import invalid_input
from ..arguments.fields import AgentName
from ..errors import InvalidInput
from ..members.directory import fold
from .clients import Client


class Planned(BaseModel):
    """One agent of the file. ``folder`` is relative to the file's own; the others are options of ``teammcp join``."""

    model_config = ConfigDict(extra="forbid")

    name: AgentName
    client: Client
    role: str = ""
    folder: Path = Path()
    approvals: bool = False
    tools: Annotated[str, Field(pattern=r"^[a-z0-9_,-]+$")] | None = None


def planned(**fields: Any) -> Planned:
    """One agent as the command's options name it.

    Raises:
        InvalidInput: a wrong one; names it.
    """
    try:
        return Planned.model_validate(fields)
    except ValidationError as error:
        raise InvalidInput(invalid_input(error).detail) from None


class TeamFile(BaseModel):
    """The file. Without ``url`` it is the server that the command's options or the settings name."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = None
    agents: Annotated[list[Planned], Field(min_length=1, max_length=200)]


def read_team(path: Path) -> TeamFile:
    """Read a team's file; the agents' folders are absolute then.

    Raises:
        InvalidInput: it cannot be read, is no TOML, or not of this shape; names each wrong field.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        team = TeamFile.model_validate(tomllib.loads(text))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not in UTF-8, as TOML is. Save it so, and try again.") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path} is no TOML: {error}.") from error
    except ValidationError as error:
        raise InvalidInput(f"{path}: {invalid_input(error).detail}") from None
    names = [fold(agent.name) for agent in team.agents]
    for agent in team.agents:
        if names.count(fold(agent.name)) > 1:
            raise InvalidInput(f"{path}: {agent.name} is in it more than once; an agent has one client.")
        agent.folder = (path.parent / agent.folder).resolve()
        if not agent.folder.is_dir():
            raise InvalidInput(f"{path}: the folder {agent.folder} of {agent.name} is not there; make it first.")
    return team
