"""Questions that the agent asks others for somebody, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence

from .letters import Letter
from .memory import Errand
from .team import TeamTrouble
from .turn import Turn


async def send_out(turn: Turn, letter: Letter, whom: str, questions: Sequence[str]) -> str:
    """Ask somebody questions, one after the other; what is answered at once."""
    message = await _ask(turn, whom, questions[0])
    turn.memory.errands.append(Errand(whom, message, [*questions[1:]], [], letter.channel, letter.id))
    return f"I have asked {whom}, and shall tell you what comes of it."


async def take_answer(turn: Turn, letter: Letter) -> bool:
    """Whether a message answers a question of the agent's. If so, the next one is asked, or all answers are told."""
    errand = next((errand for errand in turn.memory.errands if _answers(letter, errand)), None)
    if errand is None:
        return False
    turn.memory.errands.remove(errand)
    errand.answers.append(letter.text)
    if errand.rest:
        question = errand.rest.pop(0)
        errand.message = await _ask(turn, errand.whom, question)
        turn.memory.errands.append(errand)
    else:
        said = "\n".join(f"{errand.whom} says: {answer}" for answer in errand.answers)
        await reply(turn, Letter("", channel=errand.channel, id=errand.reply_to), said)
    return True


async def reply(turn: Turn, letter: Letter, text: str) -> None:
    """Answer a message where it came from; as what the turn says, where that cannot be done."""
    if letter.channel:
        try:
            await turn.use("send_message", channel=letter.channel, content=text, replyTo=letter.id)
        except TeamTrouble:
            pass  # it is seen where the tool was used
        else:
            return
    turn.say(text)


async def _ask(turn: Turn, whom: str, question: str) -> int:
    sent = await turn.use("send_dm", recipient=whom, content=question)
    return int(sent["id"])


def _answers(letter: Letter, errand: Errand) -> bool:
    """An answer says what it answers; people forget that in a direct message."""
    if letter.sender != errand.whom:
        return False
    return letter.reply_to == errand.message or (letter.is_trusted and letter.channel.startswith("dm:"))
