"""The notifier `email`."""

from __future__ import annotations

from typing import cast

from teammcp import Accepted, Context, Notification, Notifier, Reader, Server, Told, Undeliverable
from teammcp.web import gettext, mark, speaking

from . import smtp
from .mail import Envelope, Letter, Line, compose
from .mail_addresses import checked
from .operations.addresses import NOTIFIER, PLUGIN, note, require_confirmed
from .replies import signer
from .reply_addresses import DAY
from .settings import EmailSettings

LINES = 8
"""Things that a mail tells one by one, as the notification does."""


class EmailNotifier(Notifier):
    """Sends mail. A member's address counts once it is confirmed."""

    name = NOTIFIER
    title = mark("E-mail")
    address_page = "/email"

    _server: Server

    def begin(self, server: Server) -> bool:
        self._server = server
        return bool(self._settings.host)

    @property
    def _settings(self) -> EmailSettings:
        return cast(EmailSettings, self._server.plugins.settings[PLUGIN])

    def check(self, address: str) -> str:
        return checked(address)

    def admit(self, context: Context, reader: Reader, address: str) -> None:
        require_confirmed(context, reader, address)

    async def deliver(self, notification: Notification) -> Accepted:
        context = Context.inside(self._server.teams[notification.team])
        message = compose(self._settings, self._letter(notification), await self._envelope(context, notification))
        try:
            await smtp.send(self._settings, message, notification.address)
        except Undeliverable:
            await note(context, "sent", None)  # the server was there; what it refused stands at the notification
            raise
        except Exception as error:
            await note(context, "sent", type(error).__name__)
            raise
        await note(context, "sent", None)
        return Accepted(reference=str(message["Message-ID"]))

    async def _envelope(self, context: Context, notification: Notification) -> Envelope:
        channels = {each.channel for each in notification.things}
        return Envelope(
            to=notification.address,
            number=str(notification.id),
            place=f"{notification.team} {notification.agent}",
            conversation=channels.pop() if len(channels) == 1 else "",
            at=self._server.clock.now(),
            stop=self._url("/notifications"),
            reply_to=await self._reply_to(context, notification),
        )

    async def _reply_to(self, context: Context, notification: Notification) -> str:
        """Where a reply answers the one message that a mail tells of; empty where it tells of none, or of several."""
        messages = [each.message_id for each in notification.things]
        if len(messages) != 1 or messages[0] is None or not self._settings.imap_host:
            return ""
        last_day = -(-context.now() // DAY) + self._settings.reply_days
        sign = await signer(context)
        return sign.address(
            self._settings.reply_address, messages[0], notification.agent, notification.address, last_day
        )

    def _letter(self, notification: Notification) -> Letter:
        one = notification.things[0] if len(notification.things) == 1 else None
        with speaking(self._server, notification.language):
            return Letter(
                subject=f"{notification.team}: {notification.title}",
                lines=[Line("", notification.content, self._url(notification.path))]
                if one is not None
                else [self._line(each) for each in notification.things[:LINES]],
                more=notification.content if len(notification.things) > LINES else "",
                url=self._url(notification.path),
                link=gettext("See it as it is now"),
                footer=self._footer(one),
                language=notification.language,
            )

    def _footer(self, one: Told | None) -> str:
        why = gettext("You get this because you gave this address on the page Notifications of TeamMCP.")
        if one is None or one.message_id is None or not self._settings.imap_host:
            return why
        how = gettext("Reply to this mail to answer.")
        return f"{how} {why}"

    def _line(self, told: Told) -> Line:
        place = told.channel if told.channel and not told.channel.startswith("dm:") else ""
        who = told.sender
        if place and who:
            who = gettext("%(name)s in %(channel)s", name=who, channel=place)
        return Line(who, told.content, self._url(told.path))

    def _url(self, path: str) -> str:
        return f"{self._server.settings.public_url}{path}"
