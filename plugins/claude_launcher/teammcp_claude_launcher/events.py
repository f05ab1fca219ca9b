"""What events of the launcher say."""

from __future__ import annotations

from teammcp import Author, EventData, Timestamp, Words

from .entries import EndReason, RunState


class RunEvent(EventData):
    """A run and how it stands."""

    run_id: int
    agent: Author
    machine: str
    state: RunState
    why: Words = ""


class RunBegun(RunEvent, kind="run.begun"):
    """A run is to begin: its runner was told."""

    cause: str


class RunStarted(RunEvent, kind="run.started"):
    """The agent's program runs."""


class RunChanged(RunEvent, kind="run.changed"):
    """The program has gone to work, has nothing to do any more, or waits for a permission."""


class RunEnded(RunEvent, kind="run.ended"):
    """The program has ended."""

    reason: EndReason
    exit_code: int | None = None


class HomeChanged(EventData, kind="home.changed"):
    """Where an agent lives, what it runs, or whether it is to run has changed."""

    agent: Author
    machine: str
    runtime: str
    wanted: bool
    held: Words = ""


class TaskLimitSet(EventData, kind="task.limit_set"):
    """What agents may use for a task, in US dollars and tokens; 0 is no limit."""

    task_id: int
    cost_usd: float
    tokens: int


class TaskLimitReached(EventData, kind="task.limit_reached"):
    """So much was used for a task: no agent works on it until more may be used."""

    task_id: int
    why: Words


class MachineEvent(EventData):
    """A machine that runs agents."""

    machine: str


class MachineAdded(MachineEvent, kind="machine.added"):
    """A machine has joined."""


class JoinTokenMade(EventData, kind="machine.token_made"):
    """Somebody has made a token with which one machine can join until then."""

    expires_at: Timestamp


class MachineConnected(MachineEvent, kind="machine.connected"):
    """Its runner is connected."""


class MachineLost(MachineEvent, kind="machine.lost"):
    """Its runner is not connected any more."""


class MachineRevoked(MachineEvent, kind="machine.revoked"):
    """Its key was revoked."""


class MachineCopied(MachineEvent, kind="machine.copied"):
    """A runner with its key was turned away, since its own is at work: the folder was copied."""

    place: Words


class AgentsPaused(EventData, kind="agents.paused"):
    """All agents are paused: no turn is begun."""

    reason: Words


class AgentsResumed(EventData, kind="agents.resumed"):
    """Agents go on."""


class TurnInterrupted(EventData, kind="agent.interrupted"):
    """Somebody has broken off the turn that an agent was in."""

    agent: Author


class KeysSent(EventData, kind="agent.keys_sent"):
    """Somebody has typed into an agent's terminal: how many characters, and which keys by name."""

    agent: Author
    characters: int
    keys: list[str]


class CredentialEvent(EventData):
    """A credential, without its values."""

    name: str


class CredentialSet(CredentialEvent, kind="credential.set"):
    """A credential was entered or replaced."""


class CredentialDeleted(CredentialEvent, kind="credential.deleted"):
    """A credential was deleted."""


class RoleEvent(EventData):
    """A role."""

    name: str


class RoleSet(RoleEvent, kind="role.set"):
    """The team has changed a role, or added one."""


class RoleDeleted(RoleEvent, kind="role.deleted"):
    """What the team had made of a role was deleted; one that ships with the launcher is as it was."""


class AssemblyEvent(EventData):
    """A team that somebody proposes for a need."""

    assembly_id: int
    need: Words
    proposed_by: Author


class AssemblyProposed(AssemblyEvent, kind="assembly.proposed"):
    """Somebody proposes a team; it waits for a person's yes."""


class AssemblyAccepted(AssemblyEvent, kind="assembly.accepted"):
    """A person has said yes: its members are made and started."""


class AssemblyDeclined(AssemblyEvent, kind="assembly.declined"):
    """Somebody has said no."""


class AssemblyRetired(AssemblyEvent, kind="assembly.retired"):
    """Its work is done: its members are retired."""


EVENT_KINDS: tuple[type[EventData], ...] = (
    RunBegun,
    RunStarted,
    RunChanged,
    RunEnded,
    HomeChanged,
    MachineAdded,
    JoinTokenMade,
    MachineConnected,
    MachineLost,
    MachineRevoked,
    MachineCopied,
    AgentsPaused,
    AgentsResumed,
    TaskLimitSet,
    TaskLimitReached,
    TurnInterrupted,
    KeysSent,
    CredentialSet,
    CredentialDeleted,
    RoleSet,
    RoleDeleted,
    AssemblyProposed,
    AssemblyAccepted,
    AssemblyDeclined,
    AssemblyRetired,
)
