"""The address that a reply goes to: signed, bound to one message, one person and one address, for a time.

    team+1abc…@example.com

Behind the plus stand the message and the day on which it ends, and an HMAC of both with the team, the person and the
address that the mail went to. It is Base32 in lower case, since some servers change the case.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

DAY = 86_400_000
_SIGNATURE = 12
_LENGTH = 6 + 3 + 2 + _SIGNATURE


@dataclass(frozen=True)
class Signed:
    """What stands in an address, whether or not it is signed by this team."""

    message_id: int
    last_day: int
    team_mark: bytes
    signature: bytes


@dataclass(frozen=True)
class Signer:
    """Signs and checks the addresses of one team.

    Args:
        key: the team's, from its secrets.
        team: its name.
    """

    key: bytes
    team: str

    def address(self, base: str, message_id: int, agent: str, to: str, last_day: int) -> str:
        """The signed form of ``base`` for a reply to a message by the person who got it at ``to``."""
        local, _, domain = base.rpartition("@")
        body = message_id.to_bytes(6, "big") + last_day.to_bytes(3, "big")
        token = body + team_mark(self.team) + self._signature(message_id, agent, to, last_day)
        return f"{local}+{base64.b32encode(token).decode().rstrip('=').lower()}@{domain}"

    def holds(self, signed: Signed, agent: str, sender: str) -> bool:
        """Whether this team has given the address to that person at that address."""
        meant = self._signature(signed.message_id, agent, sender, signed.last_day)
        return hmac.compare_digest(meant, signed.signature)

    def _signature(self, message_id: int, agent: str, to: str, last_day: int) -> bytes:
        parts = ("teammcp email reply", self.team, agent, to.lower(), str(message_id), str(last_day))
        return hmac.new(self.key, "\0".join(parts).encode(), hashlib.sha256).digest()[:_SIGNATURE]


def team_mark(team: str) -> bytes:
    """Two bytes by which a team knows the mails that are for it; they prove nothing."""
    return hashlib.sha256(team.encode()).digest()[:2]


def read(base: str, recipient: str) -> Signed | None:
    """What stands in an address that is ``base`` with something behind a plus; None if it is another one."""
    local, _, domain = base.lower().rpartition("@")
    found, _, where = recipient.lower().strip().rpartition("@")
    if where != domain or not found.startswith(f"{local}+"):
        return None
    text = found.removeprefix(f"{local}+").upper()
    try:
        token = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        return None
    if len(token) != _LENGTH:
        return None
    return Signed(int.from_bytes(token[:6], "big"), int.from_bytes(token[6:9], "big"), token[9:11], token[11:])
