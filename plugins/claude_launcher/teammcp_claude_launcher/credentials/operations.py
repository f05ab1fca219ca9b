"""Entering credentials, and deleting them. What is secret of them goes in and never comes out again."""

from __future__ import annotations

import json

from teammcp import Conflict, Context, InvalidInput, NotFound, Reader, Row, Transaction, Work, operation, present

from .. import machines
from ..events import CredentialDeleted, CredentialSet
from ..settings import PLUGIN
from . import queries, store
from .kinds import KINDS, KindName
from .models import BaseUrl, Credential, CredentialList, CredentialName, ModelName, Remark, Secret, VariableName

RESERVED = ("TEAMMCP_", "LD_", "DYLD_")
"""Variables that no credential sets begin with these: they are the runner's to set, or load foreign code."""
_ALSO_RESERVED = {"PATH", "HOME", "SHELL", "USER", "LOGNAME", "PYTHONPATH", "NODE_OPTIONS"}


@operation("PUT /api/credentials/{name}", access="manager", profile="launcher", idempotent=True)
async def set_credential(
    context: Context,
    name: CredentialName,
    kind: KindName,
    key: Secret | None = None,
    base_url: BaseUrl = "",
    model: ModelName = "",
    variables: dict[VariableName, Secret] = {},  # noqa: B006 - never changed
    note: Remark = "",
) -> Work[Credential]:
    """Enter the key of a model provider, with base URL and model where they are not the usual ones; or variables.

    Agents get it by its name. It is encrypted, given to their programs as environment variables, and never shown again.
    """
    values = _values(kind, key, base_url, model, variables)
    secrets = context.secrets(PLUGIN)

    def work(tx: Transaction) -> Credential:
        before = queries.credential(tx, name)
        known = [] if before is None else json.loads(before["variables"])
        queries.put(tx, name, kind, note, json.dumps(sorted(values)), context.actor.name, context.now())
        store.keep(tx, secrets, name, known, values)
        context.emit(tx, CredentialSet(name=name), name)
        tx.on_commit(lambda: machines.links(context.team).changed())
        return _credential(tx, present(queries.credential(tx, name)))

    return work


@operation("GET /api/credentials", access="manager", profile="launcher", read_only=True)
async def list_credentials(context: Context) -> CredentialList:
    """List the credentials that agents can be given: their names, and never their values."""

    def query(reader: Reader) -> CredentialList:
        return CredentialList([_credential(reader, row) for row in queries.credentials(reader)])

    return await context.read(query)


@operation("DELETE /api/credentials/{name}", access="manager", profile="launcher", destructive=True)
async def delete_credential(context: Context, name: CredentialName) -> Work[CredentialList]:
    """Delete a credential, with its values. Not while agents use it."""
    secrets = context.secrets(PLUGIN)

    def work(tx: Transaction) -> CredentialList:
        row = queries.credential(tx, name)
        if row is None:
            raise NotFound(
                f"name: there is no credential '{name}'. list_credentials lists them.", code="credential_not_found"
            )
        if users := queries.users(tx, name):
            raise Conflict(f"name: {', '.join(users)} use '{name}'. Give them another credential first.", code="in_use")
        store.keep(tx, secrets, name, json.loads(row["variables"]), {})
        queries.delete(tx, name)
        context.emit(tx, CredentialDeleted(name=name), name)
        return CredentialList([_credential(tx, each) for each in queries.credentials(tx)])

    return work


def _values(
    kind: KindName, key: Secret | None, base_url: str, model: str, variables: dict[str, Secret]
) -> dict[str, str]:
    """The variables of a credential and their values.

    Raises:
        InvalidInput: the key is missing, or a variable is not for a credential to set.
    """
    text = "" if key is None else key.get_secret_value().strip()
    if kind != "custom" and not text:
        raise InvalidInput.at("key", f"is needed for the kind '{kind}'")
    if kind == "custom" and (text or base_url or model or not variables):
        raise InvalidInput.at("variables", "are what a credential of the kind 'custom' consists of, and nothing else")
    values = KINDS[kind].variables(text, base_url, model)
    values |= {name: value.get_secret_value() for name, value in variables.items()}
    for name, value in values.items():
        if name.startswith(RESERVED) or name in _ALSO_RESERVED:
            raise InvalidInput.at("variables", f"{name} is not for a credential to set")
        if not value.isprintable():
            raise InvalidInput.at("key" if name in KINDS[kind].keys else "variables", f"{name}: has line breaks in it")
    return values


def _credential(reader: Reader, row: Row) -> Credential:
    return Credential(
        name=row["name"],
        kind=row["kind"],
        note=row["note"],
        variables=json.loads(row["variables"]),
        made_by=row["made_by"],
        made_at=row["made_at"],
        changed_at=row["changed_at"],
        used_by=queries.users(reader, row["name"]),
    )


OPERATIONS = [set_credential, list_credentials, delete_credential]
