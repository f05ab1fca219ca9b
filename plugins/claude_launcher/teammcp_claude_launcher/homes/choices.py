"""What is chosen of a home, checked against what there is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from teammcp import Context, InvalidInput, NotFound, Row, Transaction

from .. import machines
from ..credentials import queries as credential_queries
from . import catalogue, queries
from .models import HomeLimits
from .permissions import check_policy


@dataclass(frozen=True)
class Chosen:
    """All that can be chosen of a home."""

    machine: str
    runtime: str
    options: str = "{}"
    workspace: str = "own"
    folder: str = ""
    wide: bool = False
    credential: str | None = None
    model: str = ""
    role: str = ""
    guide: str = ""
    policy: str = "ask"
    answers: str = "reply"
    limits: str = "{}"

    @classmethod
    def of(cls, row: Row) -> Chosen:
        """What was chosen of a home."""
        chosen = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**{**chosen, "wide": bool(chosen["wide"])})

    def changed(self, choices: Mapping[str, Any]) -> Chosen:
        """The same with other choices; None stands for what stays."""
        new = {name: value for name, value in choices.items() if value is not None}
        if "options" in new:
            new["options"] = json.dumps(new["options"], ensure_ascii=False)
        elif new.get("runtime", self.runtime) != self.runtime:
            new["options"] = "{}"
        if "limits" in new:
            new["limits"] = new["limits"].model_dump_json(exclude_none=True)
        if "credential" in new:
            new["credential"] = new["credential"] or None
        if new.get("workspace") == "own":
            new.setdefault("folder", "")
        return replace(self, **new)

    def keeps_conversation(self, before: Chosen) -> bool:
        """Whether a conversation can go on: a program keeps it on its machine, and finds it in its folder."""
        place = ("machine", "runtime", "workspace", "folder")
        return all(getattr(self, name) == getattr(before, name) for name in place)

    def put(self, tx: Transaction, agent: str, row: Row | None, by: str, at: int) -> None:
        """Make it so, with the conversation of the home that is there if that can go on."""
        keeps = row is not None and self.keeps_conversation(Chosen.of(row))
        conversation = row["conversation"] if row is not None and keeps else None
        chosen = {name: getattr(self, name) for name in self.__dataclass_fields__}
        queries.put(tx, agent, **chosen, conversation=conversation, by=by, at=at)


async def settle(context: Context, row: Row | None, choices: Mapping[str, Any]) -> Chosen:
    """What is chosen of a home that is there, or of a new one, checked.

    Raises:
        InvalidInput, NotFound: something chosen is not there, or does not fit; the text says what there is.
        Forbidden: it is not for the caller to choose.
    """
    before = Chosen(machines.local_name(context.server), runtime="") if row is None else Chosen.of(row)
    chosen = before.changed(choices)
    if not chosen.runtime:
        there = ", ".join(catalogue.runtimes(context.server)) or "none"
        raise InvalidInput.at("runtime", f"say what it is to run: one of {there}")
    runtime = catalogue.find(context.server, chosen.runtime)
    catalogue.check_options(runtime, json.loads(chosen.options))
    HomeLimits.model_validate_json(chosen.limits)
    check_policy(context, chosen.policy, None if row is None else row["policy"])
    _check_folder(chosen)
    await context.read(_check_there, context, chosen)
    return chosen


def _check_there(reader: Any, context: Context, chosen: Chosen) -> None:
    """See that machine and credential are there.

    Raises:
        NotFound: one is not; the text lists those that are.
    """
    there = machines.active(reader)
    local = machines.local_name(context.server)
    if chosen.machine not in {*there, local}:
        known = ", ".join(sorted({*there, local}))
        raise NotFound(
            f"machine: there is no machine '{chosen.machine}'. There are: {known}.", code="machine_not_found"
        )
    if chosen.credential is None:
        return
    names = credential_queries.names(reader)
    if chosen.credential not in names:
        known = ", ".join(names) or "none; set_credential makes one"
        raise NotFound(
            f"credential: there is no credential '{chosen.credential}'. There are: {known}.",
            code="credential_not_found",
        )


def _check_folder(chosen: Chosen) -> None:
    """See that a folder is given where one is needed, and no other; whether it is there, its machine will see.

    Raises:
        InvalidInput: it is missing, or too much, or no whole path.
    """
    if chosen.workspace == "own":
        if chosen.folder:
            raise InvalidInput.at("folder", "leave it out for a folder of its own, or choose workspace='folder'")
        return
    if not chosen.folder:
        raise InvalidInput.at("folder", f"is needed with workspace='{chosen.workspace}': the whole path on its machine")
    if not (PurePosixPath(chosen.folder).is_absolute() or PureWindowsPath(chosen.folder).is_absolute()):
        raise InvalidInput.at("folder", "must be the whole path on its machine, from its root")
