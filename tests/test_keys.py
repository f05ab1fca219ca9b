"""The form of keys, and how they are read and kept."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from teammcp.errors import InvalidInput
from teammcp.keys import (
    clean_key,
    hash_key,
    key_from_environment,
    key_from_file,
    new_admin_key,
    new_key,
    team_of,
    write_private,
)


def test_keys_name_their_team_and_are_never_the_same() -> None:
    keys = {new_key("my-team-2") for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch(r"tmcp_my-team-2_[A-Za-z0-9_-]{43}", key) for key in keys)
    assert {team_of(key) for key in keys} == {"my-team-2"}
    assert len({hash_key(key) for key in keys}) == 100


def test_what_has_not_the_form_of_a_key_names_no_team() -> None:
    made = [new_admin_key(), new_key("Team"), new_key("a/b"), new_key("..") + "x"]
    for text in ["", "tmcp_", "tmcp_team_short", *made, "你" * 50]:
        assert team_of(text) is None, text


KEY = f"tmcp_default_{'Kx0-_' * 8}abc"


@pytest.mark.parametrize(
    "kept",
    [
        f"{KEY}\r\n".encode(),
        f" \t{KEY}\n\n".encode(),
        f"\ufeff{KEY}".encode(),
        f"{KEY}\n".encode("utf-16"),
        f"{KEY}\xa0".encode(),
    ],
)
def test_a_key_is_read_whatever_editors_and_shells_put_around_it(
    kept: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    path.write_bytes(kept)
    assert key_from_file(path) == KEY
    if not kept.startswith(b"\xff\xfe"):
        monkeypatch.setenv("A_KEY", kept.decode())
        assert key_from_environment("A_KEY") == KEY
    assert clean_key(f"\xef\xbb\xbf{KEY}", "it") == KEY  # the same mark, read as Latin-1


@pytest.mark.parametrize(
    "kept", [f"{KEY}\n{KEY}", f"{KEY} x", f"{KEY}\u200b", "schlüssel", "x" * 600, f"{KEY}\x00", f"{KEY}\r{KEY}"]
)
def test_what_is_no_key_is_refused_without_being_repeated(kept: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(kept, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        key_from_file(path)
    assert str(path) in str(refused.value)
    assert KEY[:20] not in str(refused.value)
    assert "schl" not in str(refused.value)
    path.write_bytes(b"\xff\x00\xfe")
    with pytest.raises(InvalidInput, match="does not hold a key"):
        key_from_file(path)


def test_no_key_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert key_from_file(tmp_path / "nothing") is None
    for empty in ("", " \r\n"):
        monkeypatch.setenv("A_KEY", empty)
        assert key_from_environment("A_KEY") is None
    with pytest.raises(InvalidInput, match="cannot be read"):
        key_from_file(tmp_path)


def test_a_private_file_is_written_whole_or_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    write_private(path, "first")
    assert (path.read_text("utf-8"), path.stat().st_mode & 0o777) == ("first\n", 0o600)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, "second")
    assert [file.read_text("utf-8") for file in tmp_path.iterdir()] == ["first\n"]
