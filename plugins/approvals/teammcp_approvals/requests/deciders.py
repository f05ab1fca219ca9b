"""Whose word counts: from words to members, and from members to the questions they may decide.

Approvers are kept as keys: ``@name`` for a member, or an access level that stands for everybody of it or above. So a
member who is called like a level gains nothing by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from teammcp import Access, Agent, Context, Forbidden, InvalidInput, Reader, find_agent

from . import queries, voice_queries

LEVELS = ("member", "manager", "owner")


def key(context: Context, word: str, argument: str) -> str:
    """The key of an approver's name or access level, as given in an argument.

    Raises:
        NotFound, Gone: there is no such member, or it was retired.
    """
    if word.casefold() in LEVELS:
        return word.casefold()
    return "@" + find_agent(context, word, argument).name


def keys_of(agent: Agent) -> list[str]:
    """The keys that stand for a member."""
    return [f"@{agent.name}", *(level for level in LEVELS if Access[level] <= agent.access)]


def all_keys(reader: Reader, context: Context) -> list[str]:
    """The keys that stand for the actor, and for those it decides for at present."""
    found = keys_of(context.actor)
    for name in voice_queries.delegators(reader, context.actor.name, context.now()):
        agent = context.team.directory.agent(name)
        if agent is not None and is_active(agent):
            found += keys_of(agent)
    return list(dict.fromkeys(found))


def is_owner(agent: Agent) -> bool:
    """Whether a member is an owner of the team, who may decide on everything."""
    return agent.access is Access.owner


def members(context: Context, keys: Iterable[str]) -> list[Agent]:
    """The members that keys stand for, without those who can do nothing any more."""
    wanted = set(keys)
    everybody = context.team.directory.agents.values()
    return [agent for agent in everybody if is_active(agent) and not wanted.isdisjoint(keys_of(agent))]


def is_active(agent: Agent) -> bool:
    """Whether a member can decide at all: it is there, and does not only look on."""
    return not agent.retired and agent.access >= Access.member


def deciders(context: Context, keys: Iterable[str], proposer: str) -> list[Agent]:
    """Who may decide on a proposal: whoever the keys stand for; on its own one, only an owner of the team."""
    found = members(context, keys)
    return [agent for agent in found if agent.name != proposer or agent.access is Access.owner]


def check_enough(context: Context, keys: Iterable[str], quorum: int) -> None:
    """Make sure that a question the actor asks can be answered.

    Raises:
        InvalidInput: fewer than ``quorum`` members may decide.
    """
    count = len(deciders(context, keys, context.actor.name))
    if count < quorum:
        raise InvalidInput(
            f"approvers: {quorum} must agree, but {count} of these may decide (nobody decides on their own proposal); "
            "name more."
        )


def words(keys: Iterable[str]) -> list[str]:
    """Keys as they are written outside."""
    return [_word(each) for each in keys]


def in_words(keys: Iterable[str]) -> str:
    """Keys in a sentence."""
    levels = {"member": "any member", "manager": "a manager", "owner": "an owner of the team"}
    return " or ".join(levels.get(each, each.removeprefix("@")) for each in keys)


def _word(each: str) -> str:
    name = each.removeprefix("@")
    return each if name.casefold() in LEVELS else name


def voice(reader: Reader, context: Context, row: Any) -> str | None:
    """On whose behalf the actor may decide on an approval: its own, that of somebody who asked it to, or None.

    Of several who asked it to, one whose word still counts and has not been spoken.
    """
    names = _voices(reader, context, row)
    if len(names) < 2:
        return next(iter(names), None)
    said = voice_queries.decisions(reader, [row["id"]])
    spoken = {each["voice"] for each in said if each["round"] == row["round"]}
    return next((name for name in names if name not in spoken and name != row["proposer"]), names[0])


def _voices(reader: Reader, context: Context, row: Any) -> list[str]:
    me = context.actor
    voices = voice_queries.voices(reader, row["id"])
    direct = {each["who"] for each in voices if not each["given_by"]}
    if me.access is Access.owner or not direct.isdisjoint(keys_of(me)):
        return [me.name]
    for_this = [each["given_by"] for each in voices if each["given_by"] and each["who"] == f"@{me.name}"]
    for_all = voice_queries.delegators(reader, me.name, context.now())
    agents = [context.team.directory.agent(name) for name in dict.fromkeys([*for_this, *for_all])]
    return [
        agent.name
        for agent in agents
        if agent is not None
        and is_active(agent)
        # An owner may decide on anything, and so pass on any question; all of theirs are those that they are asked.
        and (not direct.isdisjoint(keys_of(agent)) or (is_owner(agent) and agent.name in for_this))
    ]


def check_voice(reader: Reader, context: Context, row: Any) -> str:
    """As `voice`, of who must have one.

    Raises:
        Forbidden: the actor may not decide: it is no approver, or it would decide on its own proposal.
    """
    found = voice(reader, context, row)
    if found is None:
        approvers = in_words(queries.approvers(row))
        raise Forbidden(f"approval_id: only {approvers} can resolve approval {row['id']}.", code="not_an_approver")
    if is_own(context, row, found):
        raise Forbidden(
            f"approval_id: nobody approves their own proposal; {row['proposer']} made approval {row['id']}.",
            code="own_proposal",
        )
    return found


def is_own(context: Context, row: Any, voice: str) -> bool:
    """Whether a word would be the proposer's own, which counts only if it is an owner of the team."""
    return row["proposer"] in (context.actor.name, voice) and context.actor.access is not Access.owner


def may_see(reader: Reader, context: Context, row: Any) -> bool:
    """Whether the actor may look at an approval: state is open to the team, all else to those it concerns."""
    if row["kind"] == "state" or row["proposer"] == context.actor.name:
        return True
    return voice(reader, context, row) is not None or voice_queries.has_decided(reader, row["id"], context.actor.name)


def audience(reader: Reader, context: Context, row: Any) -> list[str] | None:
    """Who hears of an approval: of state everybody, of all else its proposer, who may decide, and the managers."""
    if row["kind"] == "state":
        return None
    approvers = [agent.name for agent in members(context, queries.approvers(row))]
    named = [each["who"].removeprefix("@") for each in voice_queries.voices(reader, row["id"]) if each["given_by"]]
    delegates = voice_queries.delegates(reader, approvers, context.now())
    managers = [agent.name for agent in members(context, ["manager"])]
    return sorted({row["proposer"], *approvers, *named, *delegates, *managers})
