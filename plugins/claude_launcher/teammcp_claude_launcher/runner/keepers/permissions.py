"""Answers to permission questions. Only a clear yes lets anything through: errors, and no answer in time, are a no."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from teammcp import PermissionAnswer, PermissionQuestion

from ...protocol import Policy
from .agent_api import AgentApi, Denied

ANSWER_SECONDS = 630.0
"""Seconds for a person's answer: a little more than a server ever waits."""
NOBODY = "Nobody could be asked for this permission, so it is denied."


@dataclass(frozen=True)
class Decision:
    """What becomes of a question, and how that came about."""

    answer: PermissionAnswer
    by: str


TOO_LATE = Decision(PermissionAnswer(False, "The run has ended."), "no answer")


async def decide(api: AgentApi, policy: Policy, question: PermissionQuestion) -> Decision:
    """Answer a question by the agent's policy, or have a person asked: again where the server was cut off meanwhile."""
    if policy == "allow":
        return Decision(PermissionAnswer(True), "policy")
    if policy == "deny":
        return Decision(PermissionAnswer(False, "This agent may use no tool that asks for a permission."), "policy")
    try:
        arguments = {
            "tool_name": question.tool,
            "input": json.loads(json.dumps(question.input, default=str)),
            "tool_use_id": question.tool_use,
        }
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await api.surely("request_permission", arguments, timeout=ANSWER_SECONDS)
        allowed = answer["behavior"] == "allow"
        return Decision(PermissionAnswer(allowed, str(answer.get("message") or "")), "approvals")
    except Denied as no:
        why = "no approvals are installed on the server" if no.status == 404 else no.detail
        return Decision(PermissionAnswer(False, f"{NOBODY} ({why})"), "no answer")
    except (TimeoutError, ValueError, KeyError, TypeError):
        return Decision(PermissionAnswer(False, NOBODY), "no answer")
