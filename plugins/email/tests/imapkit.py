"""A mailbox that speaks as much IMAP as fetching takes, and a mail that a mail program would write as a reply."""

from __future__ import annotations

import asyncio
import re
import ssl
from email.message import EmailMessage
from types import TracebackType


class Imap:
    """A server on a free port, with one mailbox."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.mails: list[bytes] = []
        self.validity = 1
        self.idle = True
        self.logins: list[str] = []
        self.fetched: list[int] = []
        self.port = 0
        self._tls = tls
        self._came = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Imap:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server.close()

    async def put(self, mail: EmailMessage) -> None:
        """Let a mail come in."""
        async with self._came:
            self.mails.append(mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
            self._came.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            writer.write(b"* OK ready\r\n")
            while line := await reader.readline():
                await self._answer(line.decode().strip(), reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tag, _, command = line.partition(" ")
        word = command.split()[0].upper()
        if word == "CAPABILITY":
            writer.write(f"* CAPABILITY IMAP4rev1{' IDLE' if self.idle else ''}\r\n".encode())
        elif word == "LOGIN":
            self.logins.append(command)
        elif word == "SELECT":
            writer.write(f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.validity}] valid\r\n".encode())
            writer.write(f"* OK [UIDNEXT {len(self.mails) + 1}] next\r\n".encode())
        elif word == "UID":
            self._fetch(command, writer)
        elif word == "IDLE":
            await self._idle(reader, writer)
        writer.write(f"{tag} OK {word} completed\r\n".encode())
        await writer.drain()

    def _fetch(self, command: str, writer: asyncio.StreamWriter) -> None:
        found = re.match(r"UID FETCH (\d+)(:\*)?", command, re.IGNORECASE)
        assert found is not None
        first = int(found[1])
        for uid, raw in enumerate(self.mails, 1):
            if "BODY.PEEK" in command and uid == first:
                self.fetched.append(uid)
                writer.write(f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")
            elif "SIZE" in command and (uid >= first or uid == len(self.mails)):
                writer.write(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)})\r\n".encode())

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"+ idling\r\n")
        known = len(self.mails)
        done = asyncio.ensure_future(reader.readline())

        async def tell() -> None:
            async with self._came:
                await self._came.wait_for(lambda: len(self.mails) > known)
            writer.write(f"* {len(self.mails)} EXISTS\r\n".encode())

        telling = asyncio.ensure_future(tell())
        try:
            assert (await done).strip().upper() in (b"DONE", b"")
        finally:
            done.cancel()
            telling.cancel()


def reply(mail: EmailMessage, words: str, sender: str = "bob@example.com", **headers: str) -> EmailMessage:
    """What a mail program makes of an answer to ``mail``."""
    made = EmailMessage()
    made["From"] = f"Bob <{sender}>"
    made["To"] = str(mail["Reply-To"])
    made["Subject"] = f"Re: {mail['Subject']}"
    made["Message-ID"] = f"<{abs(hash((words, sender)))}@example.com>"
    made["In-Reply-To"] = str(mail["Message-ID"])
    for name, value in headers.items():
        if name.replace("_", "-") in made:
            del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    quote = "On Mon, 1 Dec 2026 at 12:00, TeamMCP <team@example.com> wrote:\n> secret of the quote"
    made.set_content(f"{words}\n\n{quote}\n\n-- \nBob\n")
    return made
