"""Which server is whose word: an address in a project's file may be that of whoever wrote the project.

A key goes to the server that it was made for, to the one that the user names, and to no other.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ..errors import TeamError
from ..keys import key_from_environment
from ..net.addresses import ServerAddress
from .keys import kept_key, kept_keys
from .programs import Member, as_configured, configured_url


def as_set_up(member: Member, *, named: bool) -> tuple[Member, bool]:
    """The member with the address and the tools in its client's files, and whether only a project names that address.

    As it is if the files cannot be read.

    Args:
        member: with the address of the user's own settings.
        named: whether the user has named that address just now; then it stays.
    """
    with suppress(TeamError):  # the check of the files says so
        found, configured = as_configured(member), configured_url(member)
        if named or configured is None:
            return found, False
        own = member.own_settings or ServerAddress.parse(configured).origin == ServerAddress.parse(member.url).origin
        return replace(found, url=configured), not own
    return member, False


def is_known(url: str) -> bool:
    """Whether the user has joined a server before: a key is kept for it."""
    return bool(kept_keys(url))


def key_to_send(variable: str, url: str, *, foreign: bool) -> str | None:
    """The key in the environment, unless ``url`` is only a project's word and the key may be another server's."""
    key = key_from_environment(variable)
    return key if not foreign or key in kept_keys(url) else None


def key_of(member: Member, variable: str, *, foreign: bool, named: bool) -> tuple[str | None, bool]:
    """The key with which a member is tried, and whether that of the environment is held back.

    Args:
        named: whether the user has named the member, so that the key that is kept for it can be found.
    """
    sent = key_to_send(variable, member.url, foreign=foreign)
    kept = kept_key(member.key_file) if sent is None and named else None
    return sent or kept, sent is None and kept is None and key_from_environment(variable) is not None
