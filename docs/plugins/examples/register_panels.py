"""Show a part of one's own on the start page. A template is a file in the folder ``templates`` beside the module; this
one only wears a template that the dashboard has.
"""

from typing import Any

from teammcp import Context, hookimpl
from teammcp.web import Notice, Panel


async def greeting(context: Context, subject: None) -> dict[str, Any]:
    return {"notice": Notice("done", f"Good morning, {context.actor.name}.")}


@hookimpl
def register_panels() -> list[Panel]:
    return [Panel("home", "greeting", greeting, "web/notice.html", title="Today", refresh_on=("message.sent",))]
