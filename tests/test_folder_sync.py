"""A folder's names survive a power cut, or whoever wrote there hears that they may not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from teammcp.machine.files import sync_folder, write_whole


def refuse(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("os.fsync", fsync)


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_knows_no_such_thing_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    refuse(monkeypatch, code)
    sync_folder(tmp_path)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EROFS])
def test_a_disk_that_fails_is_heard_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    refuse(monkeypatch, code)
    with pytest.raises(OSError, match=os.strerror(code)):
        sync_folder(tmp_path)


def test_a_folder_that_is_gone_is_heard_of(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"x")
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "gone")
