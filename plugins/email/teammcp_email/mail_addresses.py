"""What an address of mail looks like."""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
LONGEST, LONGEST_LOCAL = 254, 64


def checked(text: str) -> str:
    """An address as it is kept: without spaces around it, its domain in lower case.

    Raises:
        ValueError: it is none. No header can be smuggled in with one that passes: it is ASCII without spaces.
    """
    local, _, domain = text.strip().rpartition("@")
    address = f"{local}@{domain.lower()}"
    if not _ADDRESS.fullmatch(address) or len(address) > LONGEST or len(local) > LONGEST_LOCAL:
        raise ValueError("give an address such as ann@example.com")
    return address


def same(one: str, other: str) -> bool:
    """Whether two addresses are one mailbox: hardly any server tells upper from lower case."""
    return one.lower() == other.lower()
