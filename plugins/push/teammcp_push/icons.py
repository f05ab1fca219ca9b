"""The mark of TeamMCP as a picture of pixels, for home screens, which take no SVG."""

from __future__ import annotations

import struct
import zlib
from functools import cache

GROUND, INK, ACCENT = (0x0F, 0x6F, 0x63), (0xFF, 0xFF, 0xFF), (0xF2, 0xB8, 0x80)
UNIT = 24
"""Of the drawing: all below is in so many parts of the picture's width."""


@cache
def icon(size: int) -> bytes:
    """A PNG of ``size`` times ``size`` pixels. All that counts is in its middle: systems cut the edges round."""
    rows = b"".join(b"\0" + b"".join(bytes(_colour(x, y, size)) for x in range(size)) for y in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _colour(x: int, y: int, size: int) -> tuple[int, int, int]:
    across, down = (x + 0.5) * UNIT / size, (y + 0.5) * UNIT / size
    if (7 <= across <= 17 and 7 <= down <= 9) or (11 <= across <= 13 and 7 <= down <= 17):
        return INK
    for middle, colour in ((8.5, INK), (15.5, ACCENT)):
        if (across - middle) ** 2 + (down - 14.5) ** 2 <= 1.5**2:
            return colour
    return GROUND


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
