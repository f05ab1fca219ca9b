"""The programs that speak the protocol: how each is started, and what it does differently.

What stands here was seen on the versions that the acceptance tests pin, or is what the program's makers say.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from teammcp import InstalledProgram, Launch, Runtime, StartFailed

from ...sentences import INSTALL, MAKERS_SAY, SET_PROGRAM, WITHOUT_COMMAND
from ..programs import write_private
from .dialects import ClaudeDialect, CodexDialect, GeminiDialect, QwenDialect
from .runtime import AcpOptions, AcpRuntime

SEEN = AcpRuntime.capabilities
UNSEEN = replace(SEEN, usage=False)


class ExampleOptions(BaseModel):
    """Nothing can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(AcpRuntime):
    """The agent of `teammcp_claude_launcher.example`."""

    name = "example"
    title = "Example agent"
    description = "A scripted agent that needs no account and no program: to try the team out."
    command = (sys.executable, "-P", "-m", "teammcp_claude_launcher.example")
    remedy = "It comes with the launcher."
    capabilities = replace(SEEN, mid_turn=True)
    Options: ClassVar[type[BaseModel]] = ExampleOptions

    def whole_command(self, options: BaseModel) -> Sequence[str]:
        """This Python, of which the folder that it works in is to be no part."""
        return self.command

    def environment(self, launch: Launch) -> Mapping[str, str]:
        """Its conversations are kept with the runner's own things."""
        return {"EXAMPLE_AGENT_FOLDER": str(launch.private / "example")}

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        """It is where this is."""
        return InstalledProgram(sys.executable, version("teammcp-claude-launcher"))


class OpenCode(AcpRuntime):
    """opencode."""

    name = "opencode"
    title = "opencode"
    description = "opencode, an open-source coding agent for models of any provider (npm: opencode-ai)."
    command = ("opencode", "acp")
    remedy = INSTALL(command="npm install --global opencode-ai")

    def environment(self, launch: Launch) -> Mapping[str, str]:
        """It asks only for what it is told to ask for."""
        asked = {"edit": "ask", "bash": "ask", "webfetch": "ask"}
        return {"OPENCODE_CONFIG_CONTENT": json.dumps({"permission": asked, "autoupdate": False})}


class Gemini(AcpRuntime):
    """Gemini CLI."""

    name = "gemini"
    title = "Gemini CLI"
    description = "Google's coding agent (npm: @google/gemini-cli)."
    command = ("gemini", "--acp")
    remedy = INSTALL(command="npm install --global @google/gemini-cli")
    model_argument = "--model"
    dialect = GeminiDialect()
    capabilities = replace(SEEN, resume=False)  # it keeps its conversations, and does not find them again

    def environment(self, launch: Launch) -> Mapping[str, str]:
        """It takes no tools in a folder that nobody has told it to trust, wants to be told to use its key, and would
        start itself again as another process, which outlives it."""
        variables = {"GEMINI_CLI_TRUST_WORKSPACE": "true", "GEMINI_CLI_NO_RELAUNCH": "true"}
        if launch.environment.get("GEMINI_API_KEY"):
            chosen = json.dumps({"security": {"auth": {"selectedType": "gemini-api-key"}}})
            settings = write_private(launch.private, "gemini-settings.json", chosen)
            variables["GEMINI_CLI_SYSTEM_SETTINGS_PATH"] = str(settings)
        return variables


class Qwen(AcpRuntime):
    """Qwen Code."""

    name = "qwen"
    title = "Qwen Code"
    description = "Alibaba's coding agent (npm: @qwen-code/qwen-code)."
    command = ("qwen", "--acp", "--allowed-tools", "mcp__teammcp")
    remedy = INSTALL(command="npm install --global @qwen-code/qwen-code")
    model_argument = "--model"
    dialect = QwenDialect()

    def environment(self, launch: Launch) -> Mapping[str, str]:
        """It would start itself again as another process, which outlives it."""
        return {"QWEN_CODE_NO_RELAUNCH": "true"}


class ClaudeAdapter(AcpRuntime):
    """Claude Code by its adapter, which brings a claude of its own."""

    name = "claude-acp"
    title = "Claude Code by its ACP adapter"
    description = "Claude's agent as the adapter brings it (npm: @agentclientprotocol/claude-agent-acp)."
    command = ("claude-agent-acp",)
    remedy = INSTALL(command="npm install --global @agentclientprotocol/claude-agent-acp")
    capabilities = replace(SEEN, mid_turn=True)
    dialect = ClaudeDialect()
    takes_guide = True

    def meta(self, launch: Launch) -> Mapping[str, Any]:
        """The guide goes to the system prompt."""
        return {"systemPrompt": {"append": launch.guide}} if launch.guide else {}


class CodexAdapter(AcpRuntime):
    """Codex by its adapter, which brings a codex of its own."""

    name = "codex-acp"
    title = "Codex by its ACP adapter"
    description = "OpenAI's agent as the adapter brings it (npm: @zed-industries/codex-acp)."
    command = ("codex-acp",)
    dialect = CodexDialect()
    needs_signal = True
    remedy = INSTALL(command="npm install --global @zed-industries/codex-acp")
    capabilities = UNSEEN


class Copilot(AcpRuntime):
    """GitHub Copilot CLI."""

    name = "copilot"
    title = "GitHub Copilot CLI"
    description = "GitHub's coding agent (npm: @github/copilot)."
    command = ("copilot", "--acp")
    remedy = INSTALL(command="npm install --global @github/copilot")
    model_argument = "--model"
    capabilities = UNSEEN


class Goose(AcpRuntime):
    """Goose."""

    name = "goose"
    title = "Goose"
    description = "Block's open-source agent for models of any provider."
    command = ("goose", "acp")
    remedy = MAKERS_SAY(address="https://block.github.io/goose/docs/getting-started/installation")
    capabilities = UNSEEN


class Cline(AcpRuntime):
    """Cline."""

    name = "cline"
    title = "Cline"
    description = "An open-source coding agent for models of any provider (npm: cline)."
    command = ("cline", "--acp")
    remedy = INSTALL(command="npm install --global cline")
    capabilities = UNSEEN


class CustomOptions(AcpOptions):
    """Which program, besides what can be set of all."""

    program: str = Field(
        "",
        title="Command",
        description="The program with the arguments with which it speaks the protocol, such as 'my-agent --acp', "
        "quoted as in a shell, which does not read them.",
    )


class Custom(AcpRuntime):
    """Another program that speaks the protocol."""

    name = "acp"
    title = "Any ACP program"
    description = "Another program that speaks the Agent Client Protocol on its standard input and output."
    command = ()
    remedy = SET_PROGRAM()
    Options: ClassVar[type[BaseModel]] = CustomOptions
    capabilities = UNSEEN

    def whole_command(self, options: BaseModel) -> Sequence[str]:
        """What the options say."""
        assert isinstance(options, CustomOptions)  # noqa: S101 - of the class above
        try:
            words = shlex.split(options.program)
        except ValueError as error:
            raise StartFailed(f"option 'program': {error}: {options.program!r}") from error
        if not words:
            raise StartFailed(WITHOUT_COMMAND(remedy=self.remedy))
        return words

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        """Nothing is missing where nothing is chosen yet."""
        assert isinstance(options, CustomOptions)  # noqa: S101 - of the class above
        return await super().find(options, path) if options.program.strip() else InstalledProgram("")


PROGRAMS: list[Runtime] = [
    Example(),
    OpenCode(),
    Gemini(),
    Qwen(),
    ClaudeAdapter(),
    CodexAdapter(),
    Copilot(),
    Goose(),
    Cline(),
    Custom(),
]
