"""The SQL of notices and their lines."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction, marks

COLUMNS = (
    "n.id, n.project, n.publication, n.folded, n.change, n.content, n.next_step, n.version, n.act_by, n.announced_by,"
    " n.announced_at, n.state, n.untold, n.ended_by, n.ended_why, n.ended_at, n.parts,"
    " n.parts_told"
)
LINE = "notice, consumer, state, content, said_by, said_at, whose, reminded, retry_at, trouble"

# -- notices -----------------------------------------------------------------------------------------------------------


def notice(reader: Reader, number: int) -> Row | None:
    """One notice: `COLUMNS`."""
    return reader.one(f"SELECT {COLUMNS} FROM projects_notices n WHERE n.id = ?", (number,))  # noqa: S608


def notices(reader: Reader, numbers: list[int]) -> list[Row]:
    """Some notices, the newest first: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_notices n WHERE n.id IN ({marks(numbers)}) ORDER BY n.id DESC",  # noqa: S608
        numbers,
    )


def numbers_in_team(reader: Reader, open_only: bool, before: int, limit: int) -> list[int]:
    """The newest notices with smaller ids than one, newest first: their ids."""
    still = " AND state = 'open'" if open_only else ""
    return _numbers(
        reader.all(
            f"SELECT id FROM projects_notices WHERE id < ?{still} ORDER BY id DESC LIMIT ?",  # noqa: S608
            (before, limit),
        )
    )


def numbers_of(reader: Reader, project: str, open_only: bool, before: int, limit: int) -> list[int]:
    """The same of those that a project has announced."""
    still = " AND state = 'open'" if open_only else ""
    return _numbers(
        reader.all(
            f"SELECT id FROM projects_notices WHERE project = ? AND id < ?{still} ORDER BY id DESC LIMIT ?",  # noqa: S608
            (project, before, limit),
        )
    )


def numbers_for(reader: Reader, consumer: str, open_only: bool, before: int, limit: int) -> list[int]:
    """The same of those that concern a project."""
    still = " AND n.state = 'open'" if open_only else ""
    return _numbers(
        reader.all(
            "SELECT n.id FROM projects_notice_lines l JOIN projects_notices n ON n.id = l.notice"  # noqa: S608
            f" WHERE l.consumer = ? AND l.notice < ?{still} ORDER BY l.notice DESC LIMIT ?",
            (consumer, before, limit),
        )
    )


def _numbers(rows: list[Row]) -> list[int]:
    return [row["id"] for row in rows]


def count_open(reader: Reader, project: str) -> int:
    """How many open notices a project has announced."""
    found: int = reader.value("SELECT count(*) FROM projects_notices WHERE project = ? AND state = 'open'", (project,))
    return found


def open_of(reader: Reader, project: str) -> list[Row]:
    """The open notices that a project has announced: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_notices n WHERE n.project = ? AND n.state = 'open' ORDER BY n.id",  # noqa: S608
        (project,),
    )


def untold(reader: Reader) -> list[int]:
    """The notices of which the announcer is to be told that all have acted: their ids."""
    return _numbers(reader.all("SELECT id FROM projects_notices WHERE untold = 1 ORDER BY id"))


def insert(
    tx: Transaction,
    project: str,
    publication: str,
    folded: str,
    change: str,
    content: str,
    parts: str | None,
    parts_told: str | None,
    next_step: str,
    version: str,
    act_by: int | None,
    actor: str,
    at: int,
) -> int:
    """Keep a notice, which is open; its id."""
    found: int = tx.insert(
        "INSERT INTO projects_notices (project, publication, folded, change, content, parts, parts_told, next_step,"
        " version, act_by, announced_by, announced_at, state, untold, ended_why)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', 0, '')",
        (project, publication, folded, change, content, parts, parts_told, next_step, version, act_by, actor, at),
    )
    return found


def end(tx: Transaction, number: int, state: str, by: str | None, why: str, untold: bool, at: int) -> None:
    """A notice is over; ``untold``: its announcer is to be told."""
    tx.execute(
        "UPDATE projects_notices SET state = ?, ended_by = ?, ended_why = ?, untold = ?, ended_at = ? WHERE id = ?",
        (state, by, why, int(untold), at, number),
    )


def reopen(tx: Transaction, number: int) -> None:
    """A notice is open again."""
    tx.execute(
        "UPDATE projects_notices SET state = 'open', ended_by = NULL, ended_why = '', untold = 0, ended_at = NULL"
        " WHERE id = ?",
        (number,),
    )


def set_told(tx: Transaction, number: int) -> None:
    """The announcer of a notice was told that all have acted."""
    tx.execute("UPDATE projects_notices SET untold = 0 WHERE id = ?", (number,))


# -- lines -------------------------------------------------------------------------------------------------------------


def line(reader: Reader, notice: int, consumer: str) -> Row | None:
    """How a project stands with a notice: `LINE`."""
    return reader.one(
        f"SELECT {LINE} FROM projects_notice_lines WHERE notice = ? AND consumer = ?",  # noqa: S608
        (notice, consumer),
    )


def lines(reader: Reader, notice: int, after: str, limit: int) -> list[Row]:
    """The lines of a notice behind a project, by name: `LINE`."""
    return reader.all(
        f"SELECT {LINE} FROM projects_notice_lines WHERE notice = ? AND consumer > ? ORDER BY consumer LIMIT ?",  # noqa: S608
        (notice, after, limit),
    )


def states(reader: Reader, numbers: list[int]) -> list[Row]:
    """How the projects stand that some notices concern: notice, state, count, said_at (the last)."""
    return reader.all(
        "SELECT notice, state, count(*) AS count, max(said_at) AS said_at FROM projects_notice_lines"  # noqa: S608
        f" WHERE notice IN ({marks(numbers)}) GROUP BY notice, state",
        numbers,
    )


def waiting(reader: Reader, number: int, limit: int) -> list[str]:
    """The first projects that have to act on a notice, by name."""
    rows = reader.all(
        "SELECT consumer FROM projects_notice_lines WHERE notice = ? AND whose = 'consumer' ORDER BY consumer LIMIT ?",
        (number, limit),
    )
    return [row["consumer"] for row in rows]


def all_waiting(reader: Reader) -> list[Row]:
    """Every line whose project has to act: `LINE`."""
    return reader.all(
        f"SELECT {LINE} FROM projects_notice_lines WHERE whose = 'consumer' ORDER BY notice, consumer"  # noqa: S608
    )


def count_unsettled(reader: Reader, number: int) -> int:
    """How many lines of a notice somebody has to see to, the project or the announcer."""
    found: int = reader.value("SELECT count(*) FROM projects_notice_lines WHERE notice = ? AND whose <> ''", (number,))
    return found


def count_objections(reader: Reader, numbers: list[int], since: int) -> int:
    """How many lines of notices object since a moment."""
    found: int = reader.value(
        "SELECT count(*) FROM projects_notice_lines"  # noqa: S608
        f" WHERE whose = 'announcer' AND notice IN ({marks(numbers)}) AND said_at > ?",
        [*numbers, since],
    )
    return found


def objected(reader: Reader, announcer: str, limit: int) -> list[int]:
    """The notices of a member to which projects object: their ids, newest first."""
    rows = reader.all(
        "SELECT DISTINCT n.id FROM projects_notice_lines l JOIN projects_notices n ON n.id = l.notice"
        " WHERE l.whose = 'announcer' AND n.announced_by = ? ORDER BY n.id DESC LIMIT ?",
        (announcer, limit),
    )
    return _numbers(rows)


def overdue(reader: Reader, now: int) -> list[Row]:
    """The lines that are overdue, and nobody was told so: notice, consumer."""
    return reader.all(
        "SELECT l.notice, l.consumer FROM projects_notice_lines l JOIN projects_notices n ON n.id = l.notice"
        " WHERE l.whose = 'consumer' AND l.reminded = 0 AND n.act_by <= ? ORDER BY l.notice, l.consumer",
        (now,),
    )


def lines_of(reader: Reader, consumer: str) -> list[Row]:
    """The lines of a project in open notices: notice, consumer."""
    return reader.all(
        "SELECT l.notice, l.consumer FROM projects_notice_lines l JOIN projects_notices n ON n.id = l.notice"
        " WHERE l.consumer = ? AND n.state = 'open' ORDER BY l.notice",
        (consumer,),
    )


def add_line(tx: Transaction, notice: int, consumer: str) -> None:
    """A notice concerns a project, which has to act."""
    tx.execute(
        "INSERT INTO projects_notice_lines (notice, consumer, state, content, whose, reminded, retry_at, trouble)"
        " VALUES (?, ?, 'open', '', 'consumer', 0, 0, '')",
        (notice, consumer),
    )


def say(tx: Transaction, notice: int, consumer: str, state: str, content: str, whose: str, actor: str, at: int) -> None:
    """How a project stands with a notice now, and whose turn it is."""
    tx.execute(
        "UPDATE projects_notice_lines SET state = ?, content = ?, whose = ?, said_by = ?, said_at = ?"
        " WHERE notice = ? AND consumer = ?",
        (state, content, whose, actor, at, notice, consumer),
    )


def settle_all(tx: Transaction, notice: int) -> None:
    """Nobody has to act on a notice any more."""
    tx.execute("UPDATE projects_notice_lines SET whose = '' WHERE notice = ?", (notice,))


def set_reminded(tx: Transaction, notice: int, consumer: str) -> None:
    """The people of a project were told that it is overdue."""
    tx.execute("UPDATE projects_notice_lines SET reminded = 1 WHERE notice = ? AND consumer = ?", (notice, consumer))


def hold_back(tx: Transaction, notice: int, consumer: str, trouble: str, retry_at: int) -> None:
    """Somebody could not be told of a notice for a project; why, and when that is tried again."""
    tx.execute(
        "UPDATE projects_notice_lines SET trouble = ?, retry_at = ? WHERE notice = ? AND consumer = ?",
        (trouble, retry_at, notice, consumer),
    )


def delete_line(tx: Transaction, notice: int, consumer: str) -> None:
    """A notice does not concern a project any more."""
    for table in ("projects_notice_replies", "projects_notice_tellings", "projects_notice_lines"):
        tx.execute(f"DELETE FROM {table} WHERE notice = ? AND consumer = ?", (notice, consumer))  # noqa: S608
