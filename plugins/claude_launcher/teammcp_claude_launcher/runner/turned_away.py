"""Why a server will not have a runner, however often it comes."""

from __future__ import annotations

from pathlib import Path

from ..entries import EndReason
from .enrolments import FOLDER, Enrolment


class TurnedAway(Exception):
    """The server will not have this runner: there is no use in trying again.

    Attributes:
        reason: why its runs end.
        detail: the same as a sentence.
    """

    reason: EndReason
    detail: str

    def tell(self, enrolment: Enrolment, folder: Path) -> str:
        """What the runner's user is told.

        Args:
            enrolment: which was not taken.
            folder: the runner's.
        """
        raise NotImplementedError


class Revoked(TurnedAway):
    """The server does not take the machine's key, or no more."""

    reason = "revoked"
    detail = "The key of this machine was revoked."

    def tell(self, enrolment: Enrolment, folder: Path) -> str:
        """See `TurnedAway`."""
        return (
            f"The team '{enrolment.team}' at {enrolment.url} does not take the key of the machine "
            f"'{enrolment.machine}' any more. Its programs have ended. To add this machine again, make a token on the "
            "page Machines and run 'teammcp runner join'."
        )


class Copied(TurnedAway):
    """Another runner with the same key is at work.

    Args:
        where: it is.
    """

    reason = "runner_ended"

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self._where = where
        self.detail = f"Another runner with the same key is at work: {where}."

    def tell(self, enrolment: Enrolment, folder: Path) -> str:
        """See `TurnedAway`."""
        return (
            f"Another runner is at work as the machine '{enrolment.machine}' of the team '{enrolment.team}' at "
            f"{enrolment.url}: {self._where}. The folder of one of them was copied from the other, and of two with one "
            f"key only one may work, so this one, in {folder}, runs nothing. To run agents here as well, make a token "
            "on the page Machines and run 'teammcp runner join': this becomes a machine of its own. To run them here "
            "instead, run 'teammcp runner stop' there first. To run none here, delete "
            f"{folder / FOLDER / enrolment.name}.json."
        )
