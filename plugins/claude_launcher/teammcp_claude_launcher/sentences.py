"""Sentences with gaps: the launcher says them in English wherever it runs, and pages say them again in other languages.

Why an agent is held, what a machine lacks, how a program ended: such a text is kept and sent as it is, and agents read
it so. A page knows it by its form, whoever has said it and when. What is not known stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from teammcp import excerpt

LONGEST_LINE = 200
"""Characters of a program's last line of output that are said."""

_GAP = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Sentence:
    """A sentence; ``%(name)s`` in it stands for what differs from case to case."""

    words: str

    def __call__(self, **values: object) -> str:
        """The sentence with these values, in English."""
        return self.words % values

    def values_in(self, text: str) -> dict[str, str] | None:
        """What stands in the gaps of a text that is this sentence; None if it is another."""
        found = self._form.fullmatch(text)
        return None if found is None else found.groupdict()

    @cached_property
    def _form(self) -> re.Pattern[str]:
        parts = _GAP.split(self.words)
        parts[::2] = map(re.escape, parts[::2])
        parts[1::2] = [f"(?P<{name}>.*?)" for name in parts[1::2]]
        return re.compile("".join(parts), re.DOTALL)


# -- why an agent is held ----------------------------------------------------------------------------------------------

USED_UP_RUN = Sentence("A run has used more than it may.")
FAILED = Sentence("It ended by a failure: %(detail)s Look at the run, then start it again.")
FAILED_OFTEN = Sentence(
    "It ended by failures %(count)s times in five minutes: %(detail)s Look at the run, then start it again."
)
MACHINE_REVOKED = Sentence("The key of its machine %(machine)s was revoked. Give it another machine.")
USED_UP_DAY = Sentence("%(agent)s has used up its day: %(used)s. It goes on at %(time)s, or after set_budget.")
TEAM_USED_UP_DAY = Sentence("The agents of the team have used up their day: %(used)s. Looked at anew at %(time)s.")
USED_COST = Sentence("$%(used)s of $%(most)s")
USED_TOKENS = Sentence("%(used)s of %(most)s tokens")
ASSEMBLY_USED_UP = Sentence(
    "The team of assembly %(number)s has used $%(used)s of $%(most)s. A person lets it go on with accept_assembly and "
    "a higher cost_usd, or ends it with retire_assembly."
)
TASK_USED_UP = Sentence(
    "Task %(number)s has used up what it may: %(used)s. More is given with set_task_limit, or on the task's page."
)
TASK_NOT_SENT = Sentence("Its first task could not be sent: %(why)s Send it by a message, and start the agent.")

# -- what a machine lacks ----------------------------------------------------------------------------------------------

NOT_INSTALLED = Sentence("The program '%(program)s' is not on this machine, or not in its PATH. %(remedy)s")
INSTALL = Sentence("Install it with '%(command)s'.")
INSTALL_OR_SET = Sentence("Install it with '%(command)s', or set the agent's option 'program'.")
SET_PROGRAM = Sentence("Set the agent's option 'program' to a command that is there.")
SET_COMMAND = Sentence("Set the agent's option 'command' to a program that is there.")
MAKERS_SAY = Sentence("Its makers say how to install it: %(address)s.")
NO_VERSION = Sentence("The program did not say within %(seconds)s s which version it is.")
LOOKING_FAILED = Sentence("Looking for the program has failed: %(error)s. The runner's log says more.")

# -- how a run stands, or has ended ------------------------------------------------------------------------------------

SHOWS_NO_SIGN = Sentence("no sign of life yet")
ASKED_TO_BREAK_OFF = Sentence("The program was told to break off its turn.")
NOT_BROKEN_OFF = Sentence(
    "The program has not broken off its turn within %(seconds)s s. stop_agent ends it, restart_agent begins it anew."
)
ENDED = Sentence("The program ended with %(code)s: %(said)s")
ENDED_MUTE = Sentence("The program ended with %(code)s.")
SIGNALLED = Sentence("A signal (%(number)s) has ended the program: %(said)s")
SIGNALLED_MUTE = Sentence("A signal (%(number)s) has ended the program.")
TURN_FAILED = Sentence("The turn failed: %(why)s")
QUIET = Sentence("No output for %(seconds)s s in the middle of a turn.")
TOO_LARGE = Sentence("Its processes have %(used)s MB in memory; it may have %(limit)s MB.")
MADE_ROOM = Sentence("It had nothing to do, and another agent needed its place on this machine.")
NO_FOLDER = Sentence("The folder %(folder)s is not there. Make it, or give the agent another one.")
CLOSED_FOLDER = Sentence("The folder %(folder)s cannot be entered by this user. Give the agent another one.")
CANNOT_RUN = Sentence("%(program)s cannot be run: %(why)s")
WITHOUT_COMMAND = Sentence("No command is set. %(remedy)s")
RUN_USED_UP = Sentence("The run has used up what it may: %(used)s.")
RUNNER_STOPPED = Sentence("The runner was stopped.")
RUNNER_KILLED = Sentence("The runner was killed, and has ended the program when it was started again.")
UNKNOWN_TO_RUNNER = Sentence("Its runner does not know it any more.")
KEY_REVOKED = Sentence("%(name)s has revoked the key of %(machine)s.")

_WITH_LAST_LINE = {ENDED_MUTE: ENDED, SIGNALLED_MUTE: SIGNALLED}


def with_last_line(text: str, output: str) -> str:
    """How a program ended, with the last line that it wrote if that says more."""
    lines = [line for line in output.splitlines() if line.strip()]
    said = excerpt(lines[-1], LONGEST_LINE) if lines else ""
    for mute, full in _WITH_LAST_LINE.items():
        if said and (values := mute.values_in(text)):
            return full(**values, said=said)
    return text or said


SENTENCES = [value for value in globals().values() if isinstance(value, Sentence)]
SENTENCES.sort(key=lambda sentence: len(sentence.words), reverse=True)
"""All of them, the most special first. What stands in the gap of one may be another."""
