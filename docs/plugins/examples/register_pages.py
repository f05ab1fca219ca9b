"""Add a page, with a place in the navigation. Larger pages use templates: see the guide about pages."""

from quart import Request

from teammcp import Context, hookimpl
from teammcp.web import Page


async def hello(context: Context, request: Request) -> str:
    return f"<!doctype html><title>Hello</title><p>Hello, team {context.team.name}!"


@hookimpl
def register_pages() -> list[Page]:
    return [Page("/hello", hello, label="Hello")]
