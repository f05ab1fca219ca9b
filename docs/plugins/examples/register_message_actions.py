"""Offer in every message's menu to have it translated, on a page that the plugin contributes as well."""

from teammcp import hookimpl
from teammcp.web import MessageAction


@hookimpl
def register_message_actions() -> list[MessageAction]:
    return [MessageAction("Translate", "/translate/{id}", icon="chat")]
