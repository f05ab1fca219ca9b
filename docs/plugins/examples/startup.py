"""Check at start that what the plugin needs is there."""

import logging
import shutil

from teammcp import Server, hookimpl

log = logging.getLogger(__name__)


@hookimpl
def startup(server: Server) -> None:
    if shutil.which("git") is None:
        log.warning("git is not installed: commits are shown without their author")
