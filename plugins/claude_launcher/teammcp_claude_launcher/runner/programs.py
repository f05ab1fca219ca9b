"""Which runtimes' programs there are on this machine."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
from collections.abc import Mapping, Sequence

from teammcp import NotInstalled, Runtime

from ..protocol import FoundRuntime
from ..sentences import LOOKING_FAILED, NO_VERSION
from .host import Clock

EVERY = 600.0
"""Seconds between two looks."""
LOOK_SECONDS = 15.0
"""Seconds that one program gets to say what it is."""

log = logging.getLogger(__name__)


def describe_machine() -> str:
    """The system of this machine, its release, and its processor, in a line."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


class Programs:
    """What is found; looked for anew from time to time.

    Args:
        runtimes: by name.
        clock: the time.

    Attributes:
        found: for each runtime its program, or why there is none.
    """

    def __init__(self, runtimes: Mapping[str, Runtime], clock: Clock) -> None:
        self.found: Sequence[FoundRuntime] = ()
        self._runtimes = runtimes
        self._clock = clock
        self._changed = asyncio.Event()

    async def look(self) -> None:
        """Look for all of them."""
        found = tuple(await asyncio.gather(*(look_for(runtime) for runtime in self._runtimes.values())))
        if found != self.found:
            self.found = found
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def keep_looking(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self._clock.sleep(EVERY)
            await self.look()

    async def wait_changed(self, known: Sequence[FoundRuntime]) -> Sequence[FoundRuntime]:
        """What there is, once it is something else than what is known."""
        while self.found == known:
            await self._changed.wait()
        return self.found


async def look_for(runtime: Runtime) -> FoundRuntime:
    """The program of a runtime on this machine, or why there is none."""
    program, version, missing = "", "", ""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            installed = await runtime.find(runtime.Options(), os.environ.get("PATH", os.defpath))
        program, version = installed.path, installed.version
    except NotInstalled as error:
        missing = str(error)
    except TimeoutError:
        missing = NO_VERSION(seconds=f"{LOOK_SECONDS:.0f}")
    except Exception as error:
        log.exception("the runtime '%s' has failed to look for its program", runtime.name)
        missing = LOOKING_FAILED(error=type(error).__name__)
    return FoundRuntime(name=runtime.name, title=runtime.title, program=program, version=version, missing=missing)
