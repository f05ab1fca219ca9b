"""Show the issue that a message names, as in ``#12``, under the message."""

import re

from teammcp import Context, hookimpl
from teammcp.web import MessageLink


@hookimpl
async def message_links(context: Context, message_ids: list[int]) -> dict[int, list[MessageLink]]:
    found = {}
    for message_id in message_ids:
        message = await context.call("get_message", message_id=message_id)
        if named := re.search(r"#(\d+)", message.content):
            found[message_id] = [MessageLink(f"Issue {named[1]}", f"/issues/{named[1]}")]
    return found
