"""What the launcher's own runtimes say of themselves and their options, so that pages can say it in other languages.

They themselves are loaded by runners, which have no pages and need not wait for what those need.
"""

from __future__ import annotations

from teammcp.web import gettext, mark

TEXTS = frozenset(
    [
        mark("Claude Code"),
        mark("Anthropic's Claude Code, with the login or the key of the machine's user, or a credential."),
        mark("Program"),
        mark("Its name, or the path where it is"),
        mark("Mode"),
        mark(
            "'default' asks before it changes anything; 'acceptEdits' changes files in its folder "
            "without asking; 'plan' changes nothing"
        ),
        mark("Other MCP servers"),
        mark("Whether it may also use the MCP servers that the user and the project have set up"),
        mark("More arguments"),
        mark("Of its command line, quoted as in a shell"),
        mark("Codex"),
        mark("OpenAI's Codex, with the login of the machine's user, or a credential."),
        mark("Sandbox"),
        mark(
            "What its commands can do unasked: only read; write in its folder; everything that its user"
            " can, which is dangerous"
        ),
        mark("Asks"),
        mark("When it asks: for what the sandbox does not let it do, or for all but harmless commands"),
        mark("Example agent"),
        mark("A scripted agent that needs no account and no program: to try the team out."),
        mark("opencode"),
        mark("opencode, an open-source coding agent for models of any provider (npm: opencode-ai)."),
        mark("Where the program is, if it is not found by its name in PATH."),
        mark("The mode of its sessions, such as 'plan'. Empty for the program's own."),
        mark("Gemini CLI"),
        mark("Google's coding agent (npm: @google/gemini-cli)."),
        mark("Qwen Code"),
        mark("Alibaba's coding agent (npm: @qwen-code/qwen-code)."),
        mark("Claude Code by its ACP adapter"),
        mark("Claude's agent as the adapter brings it (npm: @agentclientprotocol/claude-agent-acp)."),
        mark("Codex by its ACP adapter"),
        mark("OpenAI's agent as the adapter brings it (npm: @zed-industries/codex-acp)."),
        mark("GitHub Copilot CLI"),
        mark("GitHub's coding agent (npm: @github/copilot)."),
        mark("Goose"),
        mark("Block's open-source agent for models of any provider."),
        mark("Cline"),
        mark("An open-source coding agent for models of any provider (npm: cline)."),
        mark("Any ACP program"),
        mark("Another program that speaks the Agent Client Protocol on its standard input and output."),
        mark("Command"),
        mark(
            "The program with the arguments with which it speaks the protocol, such as 'my-agent "
            "--acp', quoted as in a shell, which does not read them."
        ),
        mark("Any command"),
        mark("Any program that reads a message on its standard input and answers on its standard output."),
        mark(
            "The program and its arguments, quoted as in a shell, which does not read them. It is "
            "started for each message, reads it on its standard input, and answers on its standard "
            "output."
        ),
        mark("A program in a terminal"),
        mark("Any interactive program, in a terminal that can be watched and typed into. For one without a protocol."),
        mark(
            "The program and its arguments, quoted as in a shell, which does not read them. Messages "
            "are typed into it, so let it be no shell: it would run them."
        ),
        mark("Prompt"),
        mark(
            "A regular expression for the whole line of the program's empty prompt, without its frame. "
            "A turn is typed only where it matches the line with the cursor, or any line if the program"
            " hides the cursor."
        ),
        mark("Busy"),
        mark(
            "A regular expression for what stands in the last lines of the screen while the program "
            "works or asks something. Nothing is typed as long as it is found there."
        ),
        mark("Quiet time"),
        mark("Seconds for which the screen must not change before a turn is typed, and before one is over."),
        mark("Time before Enter"),
        mark("Seconds between a text and Enter. Programs take a faster Enter for a part of the text."),
        mark("Key that interrupts"),
        mark("The key that breaks off what the program does."),
        mark("Columns"),
        mark("The width of the screen at the start."),
        mark("Rows"),
        mark("The height of the screen at the start."),
    ]
)


def said_by_runtime(text: str) -> str:
    """A text of a runtime, in the reader's language as far as its plugin has it."""
    return gettext(text) if text else ""
