"""Why runs end: what each reason means, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from teammcp.web import mark

from ..entries import EndReason


@dataclass(frozen=True)
class End:
    """A reason for which runs end.

    Attributes:
        title: in a word or two.
        meaning: what has happened.
        remedy: what to do, or that nothing is to be done.
        surprise: nobody wanted it to end: the hook ``agent_crashed`` tells of it.
        wakes: nothing is wrong with the agent: a message wakes it, once its runner is there.
    """

    title: str
    meaning: str
    remedy: str
    surprise: bool = False
    wakes: bool = False


_WAKES = mark(
    "Once its runner is there, a message wakes it; a turn that was under way is gone on with by itself. "
    "If the runner does not come back, start it."
)

ENDS: Mapping[EndReason, End] = {
    "stopped": End(
        mark("stopped"),
        mark("It was told to stop, and all processes that are known to be its own have ended."),
        mark("Start the agent when it is needed again."),
    ),
    "asleep": End(
        mark("asleep"),
        mark("It had nothing to do, so its program has ended."),
        mark("Nothing is to be done: the next message wakes it, and it goes on with its conversation."),
        wakes=True,
    ),
    "finished": End(
        mark("finished"),
        mark("Its program ends with every turn, and this one is done."),
        mark("Nothing is to be done: the next message starts it."),
        wakes=True,
    ),
    "restarted": End(
        mark("restarted"),
        mark("It was ended in order to be started anew."),
        mark("Nothing is to be done: the next run follows."),
    ),
    "crashed": End(
        mark("crashed"),
        mark("Its program has ended by itself in the middle of its work."),
        mark("It is started again by itself, a few times; read its last output, and mend what it complains of."),
        surprise=True,
    ),
    "not_started": End(
        mark("not started"),
        mark("Its program could not be started."),
        mark("Read why in the detail, install or log in what is missing on its machine, then start the agent."),
        surprise=True,
    ),
    "hung": End(
        mark("hung"),
        mark("Its program gave no sign of life for too long in the middle of a turn, and was ended."),
        mark("It is started again by itself; look in the run at what it did last."),
        surprise=True,
    ),
    "over_memory": End(
        mark("too much memory"),
        mark("Its processes used more memory than they may, and were ended."),
        mark("Give it smaller tasks, or raise its limit of memory."),
        surprise=True,
    ),
    "over_limit": End(
        mark("limit reached"),
        mark("It has used as much as it may, and was ended."),
        mark("Raise its limit, or wait until the day is over; then start it."),
    ),
    "over_task_limit": End(
        mark("task's limit reached"),
        mark("As much was used for the task that it worked on as may be, so its program was ended."),
        mark("Give the task more on its page, and it is put back. Until then the agent does its other work."),
        wakes=True,
    ),
    "runner_ended": End(
        mark("runner ended"),
        mark("The runner of its machine was ended in due form, and with it all its programs."),
        _WAKES,
        wakes=True,
    ),
    "runner_killed": End(
        mark("runner killed"),
        mark("The runner of its machine was killed, or the machine went down, and the program with it."),
        _WAKES,
        surprise=True,
        wakes=True,
    ),
    "revoked": End(
        mark("machine revoked"),
        mark("The key of its machine was revoked. The runner there ends all programs when it hears of it."),
        mark("Let the agent live on another machine, or have the machine join anew."),
    ),
    "server_gone": End(
        mark("server gone"),
        mark("The server could not be reached for long, so its own runner has ended all programs."),
        _WAKES,
        wakes=True,
    ),
    "lost": End(
        mark("lost"),
        mark("The runner of its machine knows nothing of this run any more: the program does not run."),
        mark("Look whether the machine has lost its data; agents that are to run are started again."),
        surprise=True,
    ),
}
