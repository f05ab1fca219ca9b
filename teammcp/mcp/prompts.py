"""The prompts of all plugins, found by name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mcp.types import GetPromptResult, TextContent
from mcp.types import Prompt as ListedPrompt
from mcp.types import PromptArgument as ListedArgument
from mcp.types import PromptMessage as SentMessage

from ..errors import InvalidInput, NotFound, PluginFailed, TeamError
from ..operations import Context
from ..plugins import PluginManager
from ..surfaces.prompts import Prompt, PromptMessage, PromptText

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
LONGEST = 10_000
"""Characters of a value."""
HOOK = "register_prompts"


class PromptTable:
    """All prompts that plugins contribute. A plugin that contributes a broken one is switched off.

    Args:
        plugins: the plugins.
    """

    def __init__(self, plugins: PluginManager) -> None:
        self._plugins = plugins
        self._prompts: dict[str, tuple[str, Prompt]] = {}
        for plugin, prompts in plugins.collect(HOOK):
            try:
                _check(prompts, self._prompts)
            except Exception:  # noqa: BLE001 - a plugin may contribute anything; fail() logs it
                plugins.fail(plugin)
                continue
            self._prompts |= {prompt.name: (plugin, prompt) for prompt in prompts}

    def __bool__(self) -> bool:
        return bool(self._prompts)

    def listed(self, context: Context) -> list[ListedPrompt]:
        """Those that the member may choose."""
        return [
            ListedPrompt(
                name=prompt.name,
                title=prompt.title or None,
                description=prompt.description,
                arguments=[
                    ListedArgument(name=each.name, description=each.description, required=each.required)
                    for each in prompt.arguments
                ],
            )
            for _, prompt in self._prompts.values()
            if prompt.access <= context.actor.access
        ]

    async def get(self, context: Context, name: str, values: Mapping[str, str]) -> GetPromptResult:
        """A prompt, with its gaps filled in.

        Raises:
            NotFound: there is none of that name for this member. InvalidInput: a value is missing, unknown or too long.
            PluginFailed: its plugin failed, which is counted.
        """
        plugin, prompt = self._prompts.get(name, ("", None))
        if prompt is None or prompt.access > context.actor.access:
            raise NotFound(f"There is no prompt '{name[:100]}'.", code="prompt_not_found")
        _check_values(prompt, values)
        try:
            messages = _messages(await prompt.write(context, **values))
        except TeamError:
            raise
        except Exception as error:
            self._plugins.count_fault(plugin, HOOK)
            raise PluginFailed(f"The plugin '{plugin}' failed to write this prompt.") from error
        return GetPromptResult(description=prompt.description, messages=messages)


def _messages(text: PromptText) -> list[SentMessage]:
    messages = [PromptMessage("user", text)] if isinstance(text, str) else text
    return [SentMessage(role=each.role, content=TextContent(text=each.text)) for each in messages]


def _check_values(prompt: Prompt, values: Mapping[str, str]) -> None:
    known = {argument.name: argument for argument in prompt.arguments}
    for name, value in values.items():
        if name not in known:
            there = ", ".join(known) or "none"
            raise InvalidInput(f"{name[:40]}: there is no such argument (there are: {there}).")
        if len(value) > LONGEST:
            raise InvalidInput(f"{name}: at most {LONGEST} characters.")
    missing = [name for name, argument in known.items() if argument.required and not values.get(name)]
    if missing:
        raise InvalidInput(f"{missing[0]}: this argument is required.")


def _check(prompts: Sequence[Any], taken: Mapping[str, object]) -> None:
    names = set(taken)
    for prompt in prompts:
        if not isinstance(prompt, Prompt):
            raise TypeError(f"register_prompts: {prompt!r} is no Prompt")
        if not NAME.fullmatch(prompt.name):
            raise ValueError(f"register_prompts: {prompt.name!r} must be a word of small letters, digits, _ and -")
        if prompt.name in names:
            raise ValueError(f"register_prompts: there is a prompt called {prompt.name} already")
        names.add(prompt.name)
        try:
            inspect.signature(prompt.write).bind(None, **{each.name: "" for each in prompt.arguments})
        except TypeError:
            arguments = ", ".join(["context", *(each.name for each in prompt.arguments)])
            raise TypeError(f"register_prompts: write of {prompt.name} must take ({arguments})") from None
