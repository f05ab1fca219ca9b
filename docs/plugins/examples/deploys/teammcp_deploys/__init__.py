"""Deployments: another service reports them by a signed webhook, a page shows them live, and failures are told.

* ``POST /hooks/deploys/report/<team>`` takes ``{"name": …, "status": …}``, signed over the raw body with a secret that
  a manager has entered (`PUT /api/deploys/secret`) and that is kept encrypted.
* ``/deploys`` is a page whose script opens a WebSocket with the session of whoever looks at it.
* A service as long as each team is open writes to #general when a deployment has failed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, SecretStr, ValidationError
from quart import Request, Response

from teammcp import (
    Access,
    Context,
    Event,
    EventData,
    InvalidInput,
    OperationFunction,
    RawRequest,
    Result,
    Route,
    Service,
    Team,
    Transaction,
    Unauthorized,
    WebSocket,
    WebSocketRoute,
    Work,
    hookimpl,
    operation,
)
from teammcp.web import Page, mark, render

PLUGIN, SECRET = "deploys", "webhook"
Status = Literal["started", "done", "failed"]


class Deploy(BaseModel):
    """What the other service reports."""

    name: str
    status: Status


class DeployReported(EventData, kind="deploy.reported"):
    """Another service has reported on a deployment."""

    name: str
    status: Status


class Done(Result):
    """It was done."""

    done: bool = True


# -- the secret, and what the webhook calls --------------------------------------------------------------------------


@operation("PUT /api/deploys/secret", access="manager", tool=False)
async def set_deploy_secret(context: Context, secret: SecretStr) -> Work[Done]:
    """Enter the secret with which the deployment service signs its reports."""
    secrets = context.secrets(PLUGIN)

    def work(tx: Transaction) -> Done:
        secrets.set(tx, SECRET, secret)
        return Done()

    return work


@operation(internal=True)
async def report_deploy(context: Context, name: str, status: Status) -> Work[Done]:
    """Note what was reported."""

    def work(tx: Transaction) -> Done:
        context.emit(tx, DeployReported(name=name, status=status), name)
        return Done()

    return work


async def receive_report(request: RawRequest, team: str) -> None:
    """The webhook. Who has the secret may report, and nobody else."""
    context = request.context(team)
    secret = await context.read(context.secrets(PLUGIN).get, SECRET)
    expected = hmac.new((secret or "").encode(), request.body, hashlib.sha256).hexdigest()
    if secret is None or not hmac.compare_digest(request.headers.get("X-Signature", "").encode(), expected.encode()):
        raise Unauthorized("X-Signature: must be the HMAC-SHA256 of the body, with the secret entered here.")
    try:
        report = Deploy.model_validate(request.json())
    except ValidationError:
        raise InvalidInput('body: must look like {"name": "web 1.2", "status": "failed"}.') from None
    await context.call("report_deploy", name=report.name, status=report.status)


# -- the page and its WebSocket --------------------------------------------------------------------------------------


async def show_deploys(context: Context, request: Request) -> Response:
    """The page. What comes while it is open is shown by its script."""
    return await render(context, "deploys/page.html")


async def follow(socket: WebSocket) -> None:
    """Send each report as it comes, until the reader leaves or the server stops."""
    await socket.accept()
    with socket.context.team.hub.subscribe(_is_report) as reports:
        while not reports.closed:
            for event in await reports.next(timeout=60):
                await socket.send(json.dumps(event.data))


# -- the service -----------------------------------------------------------------------------------------------------


async def tell_failures(team: Team) -> None:
    """Write to #general what has failed, as long as the team is open."""
    with team.hub.subscribe(_is_report) as reports:
        while not reports.closed:
            for event in await reports.next(timeout=60):
                if event.data["status"] == "failed":
                    text = f"The deployment of {event.data['name']} has failed."
                    await Context.inside(team).call("send_message", channel="general", content=text)


def _is_report(event: Event) -> bool:
    return event.kind == DeployReported.event_kind


# -- hooks -----------------------------------------------------------------------------------------------------------


@hookimpl
def register_operations() -> Sequence[OperationFunction]:
    return [set_deploy_secret, report_deploy]


@hookimpl
def register_event_kinds() -> Sequence[type[EventData]]:
    return [DeployReported]


@hookimpl
def register_routes() -> Sequence[Route | WebSocketRoute]:
    return [Route("/report/{team}", receive_report, max_body=4096), WebSocketRoute("/live", follow, Access.observer)]


@hookimpl
def register_pages() -> Sequence[Page]:
    return [Page("/deploys", show_deploys, label=mark("Deployments"))]


@hookimpl
def register_services() -> Sequence[Service]:
    return [Service("deploys.failures", tell_failures, per_team=True)]
