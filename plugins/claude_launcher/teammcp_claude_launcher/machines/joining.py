"""``POST /hooks/claude_launcher/join``: a machine shows a token and gets a key."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationError

from teammcp import Context, Forbidden, InvalidInput, NotFound, RawRequest, Result, Team, hash_key, team_of_key

from .models import Joined, MachineName
from .operations import join_machine

About = Annotated[str, Field(max_length=200)]


class Join(Result):
    """What a machine sends: the token, what it wants to be called, and what it is."""

    token: str
    name: MachineName
    platform: About = ""
    version: About = ""


async def join(request: RawRequest) -> Joined:
    """Let a machine join. Wrong tokens of one address are limited as wrong keys are."""
    try:
        wanted = Join.model_validate(request.json())
    except ValidationError as error:
        fields = ", ".join(str(each["loc"][0]) if each["loc"] else "body" for each in error.errors())
        raise InvalidInput(f"{fields}: send JSON with 'token' and 'name'.") from None
    about = {**wanted.model_dump(exclude={"token"}), "token_hash": hash_key(wanted.token)}
    try:
        return await Context.inside(_team(request, wanted.token)).call(join_machine, **about)
    except Forbidden:
        request.server.limits.register.take(request.address)
        raise


def _team(request: RawRequest, token: str) -> Team:
    """The team that a token names.

    Raises:
        Forbidden: it names none.
    """
    try:
        return request.server.team(team_of_key(token) or "")
    except NotFound:
        detail = "token: it is none of this server's. Get one on the page Machines."
        raise Forbidden(detail, code="wrong_token") from None
