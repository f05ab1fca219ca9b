"""What others wrote, as a model gets it: set apart from what the server says, in a fence that nobody inside can end.

Whoever writes to an agent may try to speak in the server's voice: to close the fence and go on with "instructions", or
to forge another member's message beside its own. Two things stand against it, and each is enough by itself:

* Of a text by somebody else only the beginning stands in a line that the server began; `quote` puts ``| `` before every
  line after it. So every line that begins otherwise is the server's, and one fence around a whole list is safe. Line
  breaks are all those that anything takes for one, and no control character is left to move a cursor with.
* The fence's two ends carry the same mark: a keyed hash of what is between them, with a key of this process. A text
  that should hold the mark of a fence around itself cannot be found without the key, and a mark that was seen before
  fits no other fence. A hash and not a random number, so that the same messages give the same text, as the caches of
  models like it.

It costs some twenty tokens a delivery, and one or two for each further line.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from hashlib import blake2b

NAME = "from-others"
QUOTE = "| "

_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")
_KEY = secrets.token_bytes(32)


def quote(text: str) -> str:
    """A text by somebody else, to stand in a fence behind words of the server's that begin the line."""
    return _BREAK.sub(f"\n{QUOTE}", _CONTROL.sub("\ufffd", text))


def fence(lines: Iterable[str], where: str = "") -> str:
    """Lines in a fence. What others wrote in them must be quoted.

    Args:
        lines: each begins with words of the server's: who says it, what kind of member that is, when, and where.
        where: the channel or task that all of it is from, so that the lines need not say it.
    """
    body = "\n".join(lines)
    mark = blake2b(body.encode(errors="surrogatepass"), key=_KEY, digest_size=4).hexdigest()
    place = f" {where}" if where else ""
    return f"<{NAME} {mark}{place}>\n{body}\n</{NAME} {mark}>"
