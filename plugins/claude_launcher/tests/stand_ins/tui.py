"""A small full-screen program: a transcript, a prompt under it, and a person or a runner who types.

Its argument is a mood: ``dialog`` asks a question first, ``hidden`` shows nothing that is typed, ``deaf`` never reads.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
import tty

PASTE, PASTED = "\x1b[200~", "\x1b[201~"
LINES = 15


class Program:
    """The program, and what stands on its screen."""

    def __init__(self, mood: str) -> None:
        self.mood = mood
        self.transcript: list[str] = []
        self.line = ""
        self.pasting = False

    def draw(self, prompt: str = "> ") -> None:
        shown = prompt + self.line.replace("\n", "\r\n  ")
        os.write(1, ("\x1b[2J\x1b[H" + "\r\n".join([*self.transcript[-LINES:], shown])).encode())

    def run(self) -> None:
        os.write(1, b"\x1b[?1049h\x1b[?2004h")
        if self.mood == "dialog":
            self.draw("Do you trust this folder? (y/n) ")
            self.transcript.append(f"trusted: {os.read(0, 1).decode()}")
        self.draw()
        while self.mood == "deaf":
            time.sleep(60)
        while True:
            self.read(os.read(0, 65536).decode())
            if self.mood != "hidden":
                self.draw()

    def read(self, data: str) -> None:
        while data:
            if data.startswith((PASTE, PASTED)):
                self.pasting = data.startswith(PASTE)
                data = data[len(PASTE) :]
                continue
            key, data = data[0], data[1:]
            if key == "\r" and not self.pasting:
                text, self.line = self.line, ""
                self.draw()
                self.answer(text)
            elif key == "\x03":
                sys.exit(0)
            elif key == "\x1b":
                self.line = ""
            else:
                self.line += key.replace("\r", "\n")

    def answer(self, text: str) -> None:
        self.transcript.append("you: " + text.replace("\n", " | "))
        verb, _, rest = text.split("\n")[-1].partition(" ")
        if verb == "!say":
            self.transcript.append(f"me: {rest}")
        elif verb == "!work":
            self.draw("working, esc to interrupt")
            done = not select.select([0], [], [], float(rest))[0]
            self.transcript.append("me: done" if done else "me: broken off")
            if not done:
                os.read(0, 1)
        elif verb == "!leave":
            nothing = subprocess.DEVNULL
            subprocess.Popen(["sleep", "300"], start_new_session=True, stdin=nothing, stdout=nothing, stderr=nothing)
        elif verb == "!die":
            self.draw()
            os._exit(7)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(0))
    tty.setraw(0)
    Program(sys.argv[1] if len(sys.argv) > 1 else "").run()
