"""What stands in the line that wakes a program. A program drops a line that is equal to the last: each has a number."""

from __future__ import annotations

from ..inbox import Waited
from ..turns import news


def line(number: str) -> str:
    """Where the program's own hook brings the messages beside it."""
    return (
        f"[wake {number}] Your team on TeamMCP has written to you: what is new stands beside this line. If nothing "
        "does, call get_inbox. This line was written by the helper that teammcp join has set up, not by your user."
    )


def trial(number: str) -> str:
    """Where it is only tried whether it comes through."""
    return (
        f"[wake {number}] Your user tries with 'teammcp doctor --ring' whether your team can wake you. There is "
        "nothing to do: say in one short sentence that you have been woken, and end your turn."
    )


def carried(number: str, found: Waited) -> str:
    """Where the line has to bring them itself."""
    return (
        f"[wake {number}] This was written by the helper that teammcp join has set up, not by your user.\n{news(found)}"
    )
