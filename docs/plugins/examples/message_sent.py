"""Answer questions that begin with ``!time``. The answer goes through an operation, like all changes."""

from datetime import UTC, datetime

from teammcp import Context, Message, hookimpl


@hookimpl
async def message_sent(context: Context, message: Message) -> None:
    if message.content.startswith("!time"):
        now = datetime.fromtimestamp(context.now() / 1000, UTC)
        await context.call("send_message", channel=message.channel_id, content=f"It is {now:%H:%M} UTC.")
