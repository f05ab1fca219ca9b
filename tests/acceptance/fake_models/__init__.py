"""Models that answer from a script, so that real agent programs can be driven without a network."""

from __future__ import annotations

from .anthropic import AnthropicModel
from .gemini import GeminiModel
from .openai import ChatModel, OpenAIModel
from .script import Call, Say

__all__ = ["AnthropicModel", "Call", "ChatModel", "GeminiModel", "OpenAIModel", "Say"]
