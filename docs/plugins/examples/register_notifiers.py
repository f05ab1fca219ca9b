"""Bring a way to notify: each notification becomes a line in a file that the member names."""

import asyncio
from pathlib import Path

from teammcp import Accepted, Notification, Notifier, Undeliverable, hookimpl


class FileNotifier(Notifier):
    """Appends to files, as a stand-in for a service. A real one raises TryLater where the service limits its rate."""

    name = "file"
    title = "A line in a file"

    def check(self, address: str) -> str:
        if not Path(address).is_absolute():
            raise ValueError("give the whole path of a file, such as /tmp/news.txt")
        return address

    async def deliver(self, notification: Notification) -> Accepted:
        if not Path(notification.address).parent.is_dir():
            raise Undeliverable("its folder does not exist", gone=True)
        line = f"{notification.title}: {notification.content} ({notification.path})\n"
        await asyncio.to_thread(_append, Path(notification.address), line)
        return Accepted(reference=str(notification.id))  # the file has it; whether anybody reads it is not known


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


@hookimpl
def register_notifiers() -> list[Notifier]:
    return [FileNotifier()]
