"""Offer a prompt in the programs of members, where it often is a slash command: a stand-up from what was done."""

from teammcp import Context, Prompt, PromptArgument, hookimpl


async def write_standup(context: Context, since: str = "yesterday") -> str:
    return f"Look at my tasks in team {context.team.name} and write what I have done since {since}, in three lines."


@hookimpl
def register_prompts() -> list[Prompt]:
    since = PromptArgument("since", "a day, such as Monday", required=False)
    return [Prompt("standup", "A stand-up for the team", write_standup, (since,))]
