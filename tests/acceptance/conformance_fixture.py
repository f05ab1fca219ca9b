"""What the conformance suite expects to find on a server, beside the real tools and resources.

Texts are resources of a plugin, as any plugin contributes them. Results that no operation gives (images, sounds, bytes)
come from handlers in front of the real ones.
"""

from __future__ import annotations

from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.types import (
    AudioContent,
    BlobResourceContents,
    CallToolRequestParams,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    TextContent,
    TextResourceContents,
    Tool,
)

from teammcp import Context, Event, Prompt, PromptArgument, hookimpl
from teammcp.mcp.server import McpSurface
from teammcp.surfaces.resources import Resource

Ctx = ServerRequestContext[Any, Any]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
SOUND = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
TEXT = TextContent(text="This is a simple text response for testing.")
IMAGE = ImageContent(data=PIXEL, mime_type="image/png")
EMBEDDED = EmbeddedResource(
    resource=TextResourceContents(uri="test://embedded-resource", mime_type="text/plain", text="An embedded resource.")
)
RESULTS: dict[str, CallToolResult] = {
    "test_simple_text": CallToolResult(content=[TEXT]),
    "test_image_content": CallToolResult(content=[IMAGE]),
    "test_audio_content": CallToolResult(content=[AudioContent(data=SOUND, mime_type="audio/wav")]),
    "test_embedded_resource": CallToolResult(content=[EMBEDDED]),
    "test_multiple_content_types": CallToolResult(content=[TEXT, IMAGE, EMBEDDED]),
    "test_error_handling": CallToolResult(
        content=[TextContent(text="This tool intentionally returns an error for testing.")], is_error=True
    ),
}
BINARY = "test://static-binary"


async def _static(context: Context) -> str:
    return "This is the content of the static text resource."


async def _data(context: Context, id: str) -> str:
    return f'{{"id": "{id}", "templateTest": true, "data": "Data for ID: {id}"}}'


def _changed(context: Context, event: Event, **_: str) -> bool:
    return event.kind == "message.sent"


async def _simple_prompt(context: Context) -> str:
    return "This is a simple prompt for testing."


async def _prompt_with_arguments(context: Context, arg1: str, arg2: str) -> str:
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


class ConformancePlugin:
    """The texts."""

    @hookimpl
    def register_prompts(self) -> list[Prompt]:
        about = "Of the conformance suite."
        arguments = PromptArgument("arg1", about), PromptArgument("arg2", about)
        return [
            Prompt("test_simple_prompt", about, _simple_prompt),
            Prompt("test_prompt_with_arguments", about, _prompt_with_arguments, arguments),
        ]

    @hookimpl
    def register_resources(self) -> list[Resource]:
        about = "Of the conformance suite."
        return [
            Resource("test://static-text", "text", about, _static, _changed),
            Resource("test://watched-resource", "watched", about, _static, _changed),
            Resource(BINARY, "binary", about, _static, _changed, mime_type="image/png"),
            Resource("test://template/{id}/data", "data", about, _data, _changed, mime_type="application/json"),
        ]


def install(surface: McpSurface) -> None:
    """Put the other results before the real handlers, which answer for everything else."""
    server = surface.protocol
    inner: dict[str, Any] = {
        method: server.get_request_handler(method).handler  # type: ignore[union-attr]
        for method in ("tools/list", "tools/call", "resources/read")
    }

    async def list_tools(ctx: Ctx, params: PaginatedRequestParams) -> ListToolsResult:
        listed: ListToolsResult = await inner["tools/list"](ctx, params)
        for name in RESULTS:
            listed.tools.append(Tool(name=name, description="Of the suite.", input_schema={"type": "object"}))
        return listed

    async def call_tool(ctx: Ctx, params: CallToolRequestParams) -> Any:
        return RESULTS.get(params.name) or await inner["tools/call"](ctx, params)

    async def read_resource(ctx: Ctx, params: ReadResourceRequestParams) -> Any:
        if str(params.uri) != BINARY:
            return await inner["resources/read"](ctx, params)
        contents = BlobResourceContents(uri=BINARY, mime_type="image/png", blob=PIXEL)
        return ReadResourceResult(contents=[contents], ttl_ms=0, cache_scope="private")

    server.add_request_handler("tools/list", PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    server.add_request_handler("resources/read", ReadResourceRequestParams, read_resource)
