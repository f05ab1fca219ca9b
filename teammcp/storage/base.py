"""What features may ask of a database, whichever one it is.

A unit of work is a plain function ``work(tx) -> result``. It runs synchronously in the writer's thread, together with
the other works of its batch, so it does no I/O of its own and calls no hooks. It may run once only, raises to roll
back, and everything it wrote is durable when its caller hears the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import Any, Protocol, TypeAlias, TypeVar

from ..errors import TeamError


class Row(Protocol):
    """A row, read by the name of a column (``row["id"]``) or by position. ``dict(row)`` has them all."""

    def __getitem__(self, column: Any, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]:
        """The values, in the order of the columns."""
        ...

    def __len__(self) -> int: ...

    def keys(self) -> Iterable[str]:
        """The names of the columns."""
        ...


def present(row: Row | None) -> Row:
    """The row, which is known to be there: it was written or found in the same transaction.

    Raises:
        LookupError: it is not there after all, which is a fault of the program's.
    """
    if row is None:
        raise LookupError("a row that has to be there is not")
    return row


Parameters: TypeAlias = Sequence[Any]

LARGEST_ID = 2**53
"""No row's id and no version is larger: JSON's numbers are exact up to here. To begin a list at its newest item."""

T = TypeVar("T")


def marks(values: Sized) -> str:
    """The placeholders for a list of values, as in ``IN (?, ?, ?)``."""
    return ", ".join("?" * len(values))


class Reader(Protocol):
    """Runs queries. SQL is portable and uses ``?`` placeholders."""

    def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Every row."""
        ...

    def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row, or None."""
        ...

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, or None."""
        ...

    def last_id(self, table: str) -> int:
        """The highest id that a row of a table was ever given by `Transaction.insert`; 0 before the first.

        The table numbers its rows by ``INTEGER PRIMARY KEY AUTOINCREMENT``.
        """
        ...


class Transaction(Reader, Protocol):
    """A `Reader` that may also change things, inside one unit of work."""

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement; the number of rows it changed."""
        ...

    def execute_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one statement for each row of parameters."""
        ...

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one INSERT; the new row's integer key."""
        ...

    def attempt(self, work: Work[T]) -> T:
        """Run ``work(tx)`` so that an error in it undoes what it did, callbacks included, and nothing else.

        Raises:
            Exception: whatever ``work`` raised. A caller that catches it can go on in the same transaction.
        """
        ...

    def before_commit(self, step: Callable[[Transaction], object]) -> None:
        """Run ``step(tx)`` in the same transaction behind all works of the batch; never if this work failed.

        For what suffers from the savepoint around each work: an FTS5 index writes itself out at every savepoint, so its
        changes come last. No work may count on seeing them, and an error in one fails the whole batch. What a step
        itself registers counts as the work's: other steps run behind those that are there, callbacks behind its own.
        """
        ...

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` in the event loop once this work is durable, in order of registration; never if it failed.

        Callbacks keep memory in step with the database and must not raise.
        """
        ...


Work: TypeAlias = Callable[[Transaction], T]
"""What makes a change: a plain function that is run in one transaction, and its result."""


class Database(Protocol):
    """One team's data. Its methods are for the event loop."""

    @property
    def place(self) -> str:
        """Where it is, for the person who looks after the server. Holds no secret."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Run ``work`` in a transaction; return its result once it is durable.

        Raises:
            StorageFull: no room; nothing of this work was written.
            Exception: whatever ``work`` raised; nothing of this work was written.
        """
        ...

    async def read(self, query: Callable[..., T], *arguments: Any) -> T:
        """Run ``query(reader, *arguments)`` against a consistent snapshot of what is committed."""
        ...

    async def quick_read(self, query: Callable[..., T], *arguments: Any) -> T:
        """As `read`, in the quickest way there is: for a few look-ups by index that go with nearly every call.

        A back end may run it in the event loop itself, where all wait for it. So a statement that takes long is ended
        with an error.
        """
        ...

    async def look(self) -> TeamError | None:
        """Why nothing can be written at this moment, as far as is known; None if all is well."""
        ...

    async def close(self) -> None:
        """Finish what was accepted, then close. Later calls raise `Unavailable`."""
        ...
