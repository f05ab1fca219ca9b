"""The process that colours code. Run by its path, so that it loads nothing but Pygments.

It reads requests as lines of JSON, ``[language, code]``, and answers each with a line: the HTML, or null for a language
that Pygments does not know. It ends with its input, and by itself when a text takes too long, whether or not there is
still a server to end it: the regular expressions of many lexers take time that is exponential in the text, and nothing
inside of Python interrupts one.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

SECONDS = 0.2
"""How long one text may take, in time of the processor where the system can measure that."""
WALL = 10
"""How many times as long it may take by the clock: a busy machine is not the text's fault."""

_formatter = HtmlFormatter(nowrap=True)
_nowhere = open(os.devnull, "w")  # noqa: SIM115 - open as long as the process


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the server
    for line in sys.stdin.buffer:
        language, code = json.loads(line)
        sys.stdout.buffer.write(json.dumps(_coloured(language, code)).encode() + b"\n")
        sys.stdout.buffer.flush()


def _coloured(language: str, code: str) -> str | None:
    lexer = _lexer(language)  # loading its module takes time as well, but never much
    if lexer is None:
        return None
    _limit(SECONDS)
    html = str(highlight(code, lexer, _formatter))
    _limit(0)
    return html


def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


def _limit(seconds: float) -> None:
    """End this process after so long, from outside of the interpreter; 0 takes the limit off again."""
    clock_only = not hasattr(signal, "setitimer")  # Windows
    if not clock_only:
        signal.setitimer(signal.ITIMER_PROF, seconds)
    if seconds:
        faulthandler.dump_traceback_later(seconds * (1 if clock_only else WALL), exit=True, file=_nowhere)
    else:
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main()
