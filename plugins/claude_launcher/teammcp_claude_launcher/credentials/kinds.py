"""Kinds of credentials: which variables programs read for a key, a base URL and a model of a provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KindName = Literal["anthropic", "openai", "gemini", "openrouter", "dashscope", "custom"]


@dataclass(frozen=True)
class Kind:
    """What a provider's programs read.

    Attributes:
        title: for people.
        keys: variables that get the key.
        base_urls: variables that get the base URL, each with the provider's own where it has to be said.
        models: variables that get the model.
        fixed: variables that have to have a certain value beside.
    """

    title: str
    keys: tuple[str, ...]
    base_urls: tuple[tuple[str, str], ...] = ()
    models: tuple[str, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()

    def variables(self, key: str, base_url: str, model: str) -> dict[str, str]:
        """All variables with their values. A base URL that is given takes the place of the provider's own."""
        found = {**dict.fromkeys(self.keys, key), **dict(self.fixed)}
        found |= {name: base_url or usual for name, usual in self.base_urls}
        found |= dict.fromkeys(self.models, model)
        return {name: value for name, value in found.items() if value or name in dict(self.fixed)}


KINDS: dict[KindName, Kind] = {
    "anthropic": Kind("Anthropic", ("ANTHROPIC_API_KEY",), (("ANTHROPIC_BASE_URL", ""),), ("ANTHROPIC_MODEL",)),
    "openai": Kind("OpenAI", ("OPENAI_API_KEY", "CODEX_API_KEY"), (("OPENAI_BASE_URL", ""),), ("OPENAI_MODEL",)),
    "gemini": Kind("Google Gemini", ("GEMINI_API_KEY",), (("GOOGLE_GEMINI_BASE_URL", ""),), ("GEMINI_MODEL",)),
    "openrouter": Kind(
        "OpenRouter",
        ("OPENROUTER_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
        (("OPENAI_BASE_URL", "https://openrouter.ai/api/v1"), ("ANTHROPIC_BASE_URL", "https://openrouter.ai/api")),
        ("OPENAI_MODEL", "ANTHROPIC_MODEL"),
        (("ANTHROPIC_API_KEY", ""),),
    ),
    "dashscope": Kind(
        "Alibaba DashScope",
        ("DASHSCOPE_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
        (
            ("OPENAI_BASE_URL", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
            ("ANTHROPIC_BASE_URL", "https://dashscope-intl.aliyuncs.com/apps/anthropic"),
        ),
        ("OPENAI_MODEL", "ANTHROPIC_MODEL"),
        (("ANTHROPIC_API_KEY", ""),),
    ),
    "custom": Kind("Variables of your own", ()),
}
