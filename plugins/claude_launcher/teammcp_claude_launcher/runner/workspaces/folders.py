"""Existing folders: which may be an agent's workspace."""

from __future__ import annotations

from pathlib import Path

from teammcp import StartFailed

from ...protocol import Home
from ..host import Host

SYSTEM = {
    *("/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/root", "/run", "/sbin", "/sys"),
    *("/tmp", "/usr", "/var", "/Applications", "/Library", "/private", "/System", "/Users", "/Volumes"),  # noqa: S108
}
"""Folders of the machine's own, which hold more than a project."""


def existing(host: Host, home: Home) -> Path:
    """The folder that was chosen for an agent, if it is there and may be one's workspace.

    Raises:
        StartFailed: why not, and what to do.
    """
    chosen = Path(home.folder)
    if not home.folder or not chosen.is_absolute():
        raise StartFailed(f"folder: '{home.folder}' is no whole path on this machine. Choose one with configure_agent.")
    try:
        folder = chosen.resolve(strict=True)
    except OSError as error:
        raise StartFailed(
            f"folder: {chosen} is not on {host.machine} ({error.strerror}). Make it, or choose another."
        ) from None
    if not folder.is_dir():
        raise StartFailed(f"folder: {chosen} is no folder. Choose the folder of a project.")
    kept = host.folder.resolve()
    if folder == kept or kept in folder.parents:
        raise StartFailed(f"folder: {chosen} belongs to the runner, which keeps its keys there. Choose another.")
    if not home.wide and (why := _too_wide(folder, kept)):
        raise StartFailed(
            f"folder: {chosen} {why}: an agent there could read and change all of it. Choose the folder of a project, "
            "or say that you mean it with wide=true."
        )
    return folder


def remove_empty(folder: Path) -> str:
    """Remove a folder of an agent's own if nothing is in it; what is left otherwise."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return ""
    except OSError:
        return f"{folder} stays, since there is something in it."
    return ""


def _too_wide(folder: Path, kept: Path) -> str:
    user = Path.home().resolve()
    if folder == Path(folder.anchor):
        return "is the whole machine"
    if folder == user or folder in user.parents:
        return "holds the whole home of a user"
    if folder.parent == user and folder.name.startswith("."):
        return "holds settings of the user, and may hold keys"
    if folder in kept.parents:
        return "holds the runner's own data"
    return "belongs to the system" if str(folder) in SYSTEM else ""
