"""Models that answer from a script, so that real agent programs can be driven without a network."""

from __future__ import annotations

from .anthropic import AnthropicModel
from .openai import OpenAIModel
from .script import Call, Say

__all__ = ["AnthropicModel", "Call", "OpenAIModel", "Say"]
