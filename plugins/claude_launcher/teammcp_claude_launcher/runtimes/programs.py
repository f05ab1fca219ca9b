"""What runtimes share that run a program of somebody else's: finding it, starting it, and what is known of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from teammcp import CHILD_MARK, Child, Family, InstalledProgram, Launch, NotInstalled, Session, StartFailed

from ..sentences import CANNOT_RUN, CLOSED_FOLDER, NO_FOLDER, NOT_INSTALLED

VERSION_SECONDS = 10.0
"""Seconds within which a program says its version."""
LAST_WORDS = 1.0
"""Seconds within which what an ended program has written has been read; its descendants may hold its pipes open."""
SHOWN = 4000
"""Characters of a program's last output that are shown."""

TOOLS = "results=text&tools=everyday,launcher"
"""What programs with a model are given of the team's tools, as the query of the address: those that agents use at work
and those for leading others, with results as texts, which are shorter. All that there is costs twice as many tokens."""


async def find_program(program: str, path: str, remedy: str) -> InstalledProgram:
    """Look for a program in folders, and find out its version.

    Args:
        program: its name, or where it is.
        path: the folders, as in ``PATH``.
        remedy: how to install it, a sentence.

    Raises:
        NotInstalled: it is not there.
    """
    found = which(program, path, remedy)
    packaged = await asyncio.to_thread(_version_of_package, Path(found))
    return InstalledProgram(found, packaged or await _version(found, path))


def which(program: str, path: str, remedy: str) -> str:
    """Where a program is; as `find_program`."""
    found = shutil.which(program, path=path)
    if found is None:
        raise NotInstalled(NOT_INSTALLED(program=program, remedy=remedy))
    return found


def _version_of_package(program: Path) -> str:
    """The version of the npm package that a program is of; empty if it is of none.

    That is the cheaper way where there are two, and the only one for adapters that speak nothing but their protocol.
    """
    folder = next((each for each in program.resolve().parents if _is_package(each)), None)
    if folder is None:
        return ""
    try:
        version = json.loads((folder / "package.json").read_bytes())["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return version if isinstance(version, str) else ""


def _is_package(folder: Path) -> bool:
    above = folder.parent
    return "node_modules" in (above.name, above.parent.name if above.name.startswith("@") else "")


async def _version(program: str, path: str) -> str:
    """The first line that it says to ``--version``; empty if that fails."""
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            "--version",
            env={"PATH": path, "HOME": str(Path.home()), "LANG": "C.UTF-8", CHILD_MARK: "version"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(VERSION_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        return ""
    finally:
        if process.returncode is None:
            process.kill()
            with contextlib.suppress(TimeoutError):  # what it has started may hold its output open
                async with asyncio.timeout(LAST_WORDS):
                    await process.communicate()
    lines = output.decode(errors="replace").splitlines()
    return lines[0].strip()[:100] if lines and process.returncode == 0 else ""


async def spawn(launch: Launch, command: Sequence[str], remedy: str, *, kept: int) -> Child:
    """Start a program in the folder and with the environment of a launch, its standard error apart.

    Raises:
        NotInstalled, StartFailed: why not.
    """
    check_folder(launch.folder)
    program = which(command[0], launch.environment.get("PATH", os.defpath), remedy)
    try:
        return await launch.children.spawn(
            [program, *command[1:]],
            environment=launch.environment,
            folder=launch.folder,
            kept=kept,
            separate_errors=True,
        )
    except OSError as error:
        raise StartFailed(CANNOT_RUN(program=program, why=error.strerror)) from error


def split(text: str, option: str) -> list[str]:
    """The words of an option, as a shell reads them.

    Raises:
        StartFailed: a quotation is not closed.
    """
    try:
        return shlex.split(text)
    except ValueError as error:
        raise StartFailed(f"option '{option}': {error}: {text!r}") from error


def write_private(folder: Path, name: str, text: str) -> Path:
    """Write a file that only its owner may read, in place of an earlier one."""
    file = folder / name
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)
    return file


def check_folder(folder: Path) -> None:
    """Raise StartFailed if a program cannot be started in a folder."""
    if not folder.is_dir():
        raise StartFailed(NO_FOLDER(folder=folder))
    if not os.access(folder, os.R_OK | os.X_OK):
        raise StartFailed(CLOSED_FOLDER(folder=folder))


class ProgramSession(Session):
    """A session that is one child of the runner's."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.pid = child.pid

    @property
    def written(self) -> int:
        return self.child.output.written + self.child.errors.written

    async def wait(self) -> int:
        code = await self.child.wait()
        await last_words(self.child)
        return code

    def last_output(self) -> str:
        return last_output(self.child)

    def family(self) -> Family:
        return self.child.family


async def last_words(child: Child) -> None:
    """Wait until what an ended program has written is read; what it has left running is not listened to."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS):
            await child.output.wait_closed()
            await child.errors.wait_closed()
    child.release()


def last_output(child: Child) -> str:
    """The end of what it wrote to its standard error, or else to its output."""
    return (child.errors.text().strip() or child.output.text().strip())[-SHOWN:]
