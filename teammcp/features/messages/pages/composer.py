"""Sending what was written, with the files that were chosen."""

from __future__ import annotations

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....web import Notice, Outcome, Page, form_call, fragment, go_back, reason_words, wants_fragment
from ....web import gettext as _
from ....web.channels import channel_path
from ....web.member_status import status_word
from ..models import Absent
from .stream import show_channel


async def send(context: Context, request: Request, channel: str) -> Response:
    """Send what was written, with the files that were chosen."""
    form = await request.form
    content = form.get("content", "").strip()
    outcome, files, names = await _upload(context, request, channel)
    if outcome.ok:
        outcome = await form_call(
            context,
            "send_message",
            channel=channel,
            content=content or ", ".join(names),
            replyTo=form.get("reply_to", type=int),
            reply_by=form.get("reply_by") or None,
            files=files,
            idem_key=form.get("idem_key") or None,
            auto_add_mentions="add_mentioned" in form or None,
        )
    if not outcome.ok:
        return await show_channel(context, request, channel, outcome, content)
    if wants_fragment(request):
        return await _sent(context, outcome)
    return await go_back(request, channel_path(channel))


async def _sent(context: Context, outcome: Outcome) -> Response:
    """Nothing to show, unless somebody who was called is not there to hear it."""
    texts = []
    if outcome.result.not_members:
        texts.append(_("%(names)s: not in this channel, so not notified.", names=", ".join(outcome.result.not_members)))
    if outcome.result.retired:
        texts.append(_("%(names)s: retired, so not reached.", names=", ".join(outcome.result.retired)))
    texts += [_not_here(context, each) for each in outcome.result.not_here if not _is_person(context, each.agent)]
    if not texts:
        return Response(status=204)
    return await fragment(context, "web/notice.html", [], notice=Notice("info", " ".join(texts)))


def _is_person(context: Context, name: str) -> bool:
    """Whether it is one: people look when they come, and nobody expects them to be here."""
    agent = context.team.directory.agent(name)
    return agent is not None and agent.kind == "human"


def _not_here(context: Context, absent: Absent) -> str:
    status = context.team.presence.status_of(absent.agent)
    return _(
        "%(name)s is not here now (%(status)s: %(reason)s); the message waits in the inbox.",
        name=absent.agent,
        status=status_word(status.status),
        reason=reason_words(status.reason),
    )


async def _upload(context: Context, request: Request, channel: str) -> tuple[Outcome, list[int], list[str]]:
    chosen = [file for file in (await request.files).getlist("files") if file.filename]
    ids, names = [], []
    for file in chosen:
        outcome = await form_call(context, "upload_file", name=file.filename, content=file.read(), channel=channel)
        if not outcome.ok:
            return outcome, [], []
        ids.append(outcome.result.file_id)
        names.append(outcome.result.file_name)
    return Outcome(), ids, names


PAGES = [
    Page("/channels/<channel>/send", send, ("POST",), Access.member, uploads=True),
]
