"""Repeated calls: the same key with the same arguments gives the stored result, and nothing is done twice.

A key is bound to the agent, the operation and its arguments for 24 hours. Failures are not kept, so a failed call can
be repeated with its key.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ..errors import Conflict
from ..storage import Reader, Transaction, Work
from . import queries

if TYPE_CHECKING:
    from ..registry import Operation

KEPT_FOR = 24 * 3600 * 1000


class Replayed(Exception):
    """Raised inside a work when another call with the same key was faster."""

    def __init__(self, result: Any) -> None:
        super().__init__("replayed")
        self.result = result


class Once:
    """One call with a key."""

    def __init__(self, operation: Operation, agent: str, key: str, arguments: BaseModel, now: int) -> None:
        self._operation = operation
        self._agent = agent
        self._key = key
        self._now = now
        self._arguments = arguments

    @cached_property
    def _fingerprint(self) -> str:
        """Of the arguments; taken in a reader's thread, where `look_up` runs first, because files are large."""
        text = self._arguments.model_dump_json(exclude={"idem_key"}, context={"fingerprint": True})
        return hashlib.sha256(text.encode()).hexdigest()

    def look_up(self, reader: Reader) -> Any:
        """The stored result of the same call, or None.

        Raises:
            Conflict: the key was used for another call, or the result was a secret and is not kept.
        """
        fingerprint = self._fingerprint
        row = queries.kept_call(reader, self._agent, self._key, self._now - KEPT_FOR)
        if row is None:
            return None
        if (row["operation"], row["arguments"]) != (self._operation.name, fingerprint):
            raise Conflict(
                "This idempotency key was used for another call. Use a new key for each new call.",
                code="idempotency_key_reused",
            )
        if self._operation.secret_result:
            raise Conflict(
                "This call was carried out before, and the secret it made is shown once only.", code="already_done"
            )
        return self._operation.result.model_validate_json(row["result"])

    def guard(self, work: Work[Any]) -> Work[Any]:
        """``work``, made to run once: it and its stored result are committed together."""

        def guarded(tx: Transaction) -> Any:
            replay = self.look_up(tx)
            if replay is not None:
                raise Replayed(replay)
            result = work(tx)
            kept = "" if self._operation.secret_result else result.model_dump_json()
            queries.keep_call(tx, self._agent, self._key, self._operation.name, self._fingerprint, kept, self._now)
            return result

        return guarded


def forget_old(tx: Transaction, now: int) -> int:
    """Delete the keys that are no longer valid; how many there were."""
    return queries.forget_calls(tx, now - KEPT_FOR)
