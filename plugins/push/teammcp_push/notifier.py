"""The notifier `push`."""

from __future__ import annotations

import hashlib
import json
from typing import cast

from teammcp import Accepted, Context, Notification, Notifier, Reader, Server
from teammcp.web import mark, speaking

from . import devices, sending
from .keys import team_key
from .notices import notice_of, tag_of
from .settings import PLUGIN, PushSettings


class PushNotifier(Notifier):
    """Shows notices on devices: each browser that a member allows is one of its addresses."""

    name = PLUGIN
    title = mark("Telephone and browser")
    several = True
    address_page = "/push"

    _server: Server

    def begin(self, server: Server) -> bool:
        self._server = server
        return True

    @property
    def _settings(self) -> PushSettings:
        return cast(PushSettings, self._server.plugins.settings[PLUGIN])

    def check(self, address: str) -> str:
        device = devices.read(address)
        if not self._settings.is_service(device.host):
            raise ValueError(
                f"{device.host} is no push service that is known; more_services in [plugins.push] allows it"
            )
        if not device.endpoint.startswith("https:") and device.host not in self._settings.more_services:
            raise ValueError("its endpoint must begin with https:")
        return device.text()

    def admit(self, context: Context, reader: Reader, address: str) -> None:
        """Any member may have any device: what is sent there, only the device can read."""

    async def deliver(self, notification: Notification) -> Accepted:
        context = Context.inside(self._server.teams[notification.team])
        device = devices.read(notification.address)
        with speaking(self._server, notification.language):
            notice = json.dumps(notice_of(notification), ensure_ascii=False, separators=(",", ":")).encode()
        topic = hashlib.sha256(f"{notification.team} {tag_of(notification)}".encode()).hexdigest()[:32]
        key = await team_key(context)
        await sending.send(self._settings, key, device, notice, topic=topic, now=self._server.clock.now())
        return Accepted(reference=str(notification.id))
