"""What a child process has written: the last of it, and a way to follow what comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Chunk:
    """A stretch of a child's output.

    Attributes:
        start: how many bytes were written before it. More than where the last chunk ended: what lies between was
            dropped before it could be read.
        data: the bytes.
    """

    start: int
    data: bytes

    @property
    def end(self) -> int:
        """Where the next chunk begins if nothing is lost."""
        return self.start + len(self.data)


class Output:
    """The last bytes of a stream, so many at most, however much is written.

    Args:
        limit: bytes that are kept.
        hold: has the writer wait, or go on; None if that cannot be done.
    """

    def __init__(self, limit: int, hold: Callable[[bool], None] | None = None) -> None:
        self._limit = limit
        self._hold = hold
        self._read_to: int | None = None
        """Up to where a reader has it who is to miss nothing; None if there is none."""
        self._ring = bytearray()
        self._news = asyncio.Event()
        self.written = 0
        """Bytes that were written in all."""
        self.closed = False
        """Whether nothing more will come."""

    def add(self, data: bytes) -> None:
        """Keep what was written; what no longer fits is dropped, the oldest first."""
        self.written += len(data)
        self._ring += data[-self._limit :]
        del self._ring[: -self._limit]
        if self._hold is not None and self._read_to is not None and self.written - self._read_to > self._limit // 2:
            self._hold(True)
        self._wake()

    def close(self) -> None:
        """Nothing more will come."""
        self.closed = True
        self._wake()

    def read(self, since: int = 0) -> Chunk:
        """What is kept of the bytes from the position ``since`` on."""
        start = max(self.written - len(self._ring), since)
        return Chunk(start, bytes(self._ring[len(self._ring) - max(self.written - start, 0) :]))

    def text(self) -> str:
        """What is kept, as text."""
        return self._ring.decode(errors="replace")

    async def follow(self, since: int = 0) -> AsyncIterator[Chunk]:
        """What is kept from ``since`` on, and then what comes, until nothing more will.

        A reader that is slower than the child misses what was dropped meanwhile: its next chunk starts later than the
        last one ended.
        """
        while True:
            news = self._news
            if chunk := self.read(since):
                since = chunk.end
            if chunk.data:
                yield chunk
            elif self.closed:
                return
            else:
                await news.wait()

    async def follow_whole(self) -> AsyncGenerator[bytes, None]:
        """All that comes, for one reader that must miss nothing: a child that is faster is kept waiting meanwhile.

        Close it when it is not read to its end, since the child would wait for ever.
        """
        assert self._hold is not None  # noqa: S101 - of a child
        self._read_to = 0
        try:
            async for chunk in self.follow():
                yield chunk.data
                self._read_to = chunk.end
                self._hold(False)
        finally:
            self._read_to = None
            self._hold(False)

    async def wait_closed(self) -> None:
        """Wait until nothing more will come."""
        while not self.closed:
            await self._news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
