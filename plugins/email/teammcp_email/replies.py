"""From a mail that came to a message of its sender."""

from __future__ import annotations

import base64
import logging

from teammcp import Context, Team, TeamError

from . import inbound
from . import reply_queries as queries
from .mail_addresses import same
from .operations.addresses import NOTIFIER, PLUGIN
from .operations.replies import KEY, make_reply_key, settle_email
from .reply_addresses import DAY, Signer, team_mark
from .settings import EmailSettings

AT_ONCE = 20

log = logging.getLogger(__name__)


async def signer(context: Context) -> Signer:
    """What signs the addresses of replies of a team."""
    kept = context.secrets(PLUGIN)
    key = await context.read(kept.get, KEY)
    if key is None:
        await context.call(make_reply_key)
        key = await context.read(kept.get, KEY)
    return Signer(str(key).encode(), context.team.name)


def is_for(team: Team, raw: bytes, settings: EmailSettings) -> bool:
    """Whether a mail went to a signed address of this team."""
    signed = inbound.signed_in(raw, settings.reply_address)
    return signed is not None and signed.team_mark == team_mark(team.name)


async def work_off(team: Team) -> None:
    """Make messages of the mail that waits. What is cut off in between is done again, and comes once."""
    context = Context.inside(team)
    for row in await context.read(queries.waiting, AT_ONCE):
        refused = None
        try:
            await _post(context, base64.b64decode(row["raw"]), row["mail_key"])
        except inbound.NoAnswer as why:
            refused = str(why)
        except TeamError as error:
            refused = f"its message was refused ({error.code})"
        if refused:
            log.warning("a mail to team %s became no message: %s", team.name, refused)
        await context.call(settle_email, email_id=row["id"], refused=refused)


async def _post(context: Context, raw: bytes, key: str) -> None:
    settings: EmailSettings = context.settings(PLUGIN)
    answer = inbound.answer(raw, settings.reply_address, settings.imap_authserv)
    sign = await signer(context)
    for agent in list(context.team.directory.agents.values()):
        if agent.retired or not sign.holds(answer.signed, agent.name, answer.sender):
            continue
        if answer.signed.last_day * DAY < context.now():
            raise inbound.NoAnswer("its signed address has expired")
        actor = Context.inside(context.team, agent)
        ways = (await actor.call("get_notifiers")).root
        own = [each.address for way in ways if way.name == NOTIFIER for each in way.addresses]
        if not any(same(each, answer.sender) for each in own):
            raise inbound.NoAnswer("its sender has given that address up")
        told = await actor.call("get_message", message_id=answer.signed.message_id)
        channel = f"dm:{told.from_agent}" if told.channel_id.startswith("dm:") else told.channel_id
        await actor.call(
            "send_message",
            channel=channel,
            content=answer.text,
            replyTo=answer.signed.message_id,
            metadata={"source": "email"},
            idem_key=f"email:{key[:40]}",
        )
        return
    raise inbound.NoAnswer("its sender is not the one to whom the signed address was given")
