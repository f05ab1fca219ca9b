"""The SQL of homes, and of the pause of all agents."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction

COLUMNS = (
    "agent, machine, runtime, options, workspace, folder, wide, credential, model, role, guide, policy, answers,"
    " limits, wanted, held, held_until, started, started_by, renewed, assembly, brief, conversation, made_by, made_at,"
    " changed_at"
)


def home(reader: Reader, agent: str) -> Row | None:
    """An agent's home."""
    return reader.one(f"SELECT {COLUMNS} FROM launcher_homes WHERE agent = ?", (agent,))  # noqa: S608


def homes(reader: Reader) -> list[Row]:
    """All homes, by agent."""
    return reader.all(f"SELECT {COLUMNS} FROM launcher_homes ORDER BY agent")  # noqa: S608


def homes_on(reader: Reader, machine: str) -> list[Row]:
    """The homes on a machine, by agent."""
    return reader.all(
        f"SELECT {COLUMNS} FROM launcher_homes WHERE machine = ? ORDER BY agent",  # noqa: S608
        (machine,),
    )


def is_wanted(reader: Reader, machine: str) -> bool:
    """Whether any agent on a machine is to run."""
    return reader.value("SELECT 1 FROM launcher_homes WHERE machine = ? AND wanted = 1 LIMIT 1", (machine,)) is not None


def put(
    tx: Transaction,
    agent: str,
    machine: str,
    runtime: str,
    options: str,
    workspace: str,
    folder: str,
    wide: bool,
    credential: str | None,
    model: str,
    role: str,
    guide: str,
    policy: str,
    answers: str,
    limits: str,
    conversation: str | None,
    by: str,
    at: int,
) -> None:
    """Make a home, or change what is chosen of it."""
    tx.execute(
        "INSERT INTO launcher_homes (agent, machine, runtime, options, workspace, folder, wide, credential, model,"
        " role, guide, policy, answers, limits, wanted, held, held_until, started, started_by, renewed, brief,"
        " conversation, made_by, made_at, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', NULL, 0, '', 0, '', ?, ?, ?, ?)"
        " ON CONFLICT (agent) DO UPDATE SET machine = excluded.machine, runtime = excluded.runtime,"
        " options = excluded.options, workspace = excluded.workspace, folder = excluded.folder, wide = excluded.wide,"
        " credential = excluded.credential, model = excluded.model, role = excluded.role, guide = excluded.guide,"
        " policy = excluded.policy, answers = excluded.answers, limits = excluded.limits,"
        " conversation = excluded.conversation, changed_at = excluded.changed_at",
        (
            *(agent, machine, runtime, options, workspace, folder, int(wide), credential, model, role),
            *(guide, policy, answers, limits, conversation, by, at, at),
        ),
    )


def start(tx: Transaction, agent: str, by: str, at: int) -> None:
    """An agent is to run, and to begin at once. Whatever held it does so no more."""
    tx.execute(
        "UPDATE launcher_homes SET wanted = 1, held = '', held_until = NULL, started = started + 1, started_by = ?,"
        " changed_at = ? WHERE agent = ?",
        (by, at, agent),
    )


def renew(tx: Transaction, agent: str) -> None:
    """What runs of an agent is to end, so that its last start begins anew."""
    tx.execute("UPDATE launcher_homes SET renewed = started WHERE agent = ?", (agent,))


def stop(tx: Transaction, agent: str, at: int) -> None:
    """An agent is not to run any more."""
    tx.execute(
        "UPDATE launcher_homes SET wanted = 0, held = '', held_until = NULL, changed_at = ? WHERE agent = ?",
        (at, agent),
    )


def hold(tx: Transaction, agent: str, why: str, until: int | None, at: int) -> None:
    """Nothing is begun for an agent, until a moment or until it is started again. Without a reason it goes on."""
    tx.execute(
        "UPDATE launcher_homes SET held = ?, held_until = ?, changed_at = ? WHERE agent = ?", (why, until, at, agent)
    )


def held_until(reader: Reader, moment: int) -> list[Row]:
    """The homes that were held until a moment that has come."""
    return reader.all(
        f"SELECT {COLUMNS} FROM launcher_homes WHERE held_until IS NOT NULL AND held_until <= ?",  # noqa: S608
        (moment,),
    )


def set_conversation(tx: Transaction, agent: str, conversation: str | None) -> None:
    """Keep which conversation an agent goes on with."""
    tx.execute("UPDATE launcher_homes SET conversation = ? WHERE agent = ?", (conversation, agent))


def join(tx: Transaction, agent: str, assembly: int) -> None:
    """An agent was made for an assembled team."""
    tx.execute("UPDATE launcher_homes SET assembly = ? WHERE agent = ?", (assembly, agent))


def set_brief(tx: Transaction, agent: str, brief: str) -> None:
    """An agent is still to be told this; nothing more if it is empty."""
    tx.execute("UPDATE launcher_homes SET brief = ? WHERE agent = ?", (brief, agent))


def with_briefs(reader: Reader) -> list[Row]:
    """The homes of agents that are still to be told something."""
    return reader.all(f"SELECT {COLUMNS} FROM launcher_homes WHERE brief <> ''")  # noqa: S608


def members(reader: Reader, assembly: int) -> list[Row]:
    """The homes of an assembled team, by agent."""
    return reader.all(
        f"SELECT {COLUMNS} FROM launcher_homes WHERE assembly = ? ORDER BY agent",  # noqa: S608
        (assembly,),
    )


def count(reader: Reader) -> int:
    """How many homes there are."""
    return int(reader.value("SELECT count(*) FROM launcher_homes"))


def delete(tx: Transaction, agent: str) -> None:
    """An agent has no home any more."""
    tx.execute("DELETE FROM launcher_homes WHERE agent = ?", (agent,))


# -- the pause -------------------------------------------------------------------------------------------------------


def pause(reader: Reader) -> Row | None:
    """Who has paused all agents, if somebody has."""
    return reader.one("SELECT paused_by, paused_at, reason FROM launcher_pause WHERE id = 1")


def set_pause(tx: Transaction, by: str, at: int, reason: str) -> None:
    """All agents are paused."""
    tx.execute(
        "INSERT INTO launcher_pause (id, paused_by, paused_at, reason) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET paused_by = excluded.paused_by, paused_at = excluded.paused_at, reason = excluded.reason",
        (by, at, reason),
    )


def end_pause(tx: Transaction) -> bool:
    """They are not any more; whether they were."""
    return tx.execute("DELETE FROM launcher_pause WHERE id = 1") > 0
