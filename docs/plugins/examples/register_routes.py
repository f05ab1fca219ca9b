"""Answer another service by oneself, at ``/hooks/<plugin>/build``: a webhook whose signature is over the raw body."""

import hashlib
import hmac

from teammcp import RawRequest, Route, Unauthorized, hookimpl

SECRET = b"kept in context.secrets by a real plugin"


async def build_finished(request: RawRequest) -> str:
    expected = hmac.new(SECRET, request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(request.headers.get("x-signature", "").encode(), expected.encode()):
        raise Unauthorized("The signature does not fit the body.")
    context = request.context("default")
    await context.call("send_message", channel="general", content=f"Build {request.json()['number']} is done.")
    return "thank you\n"


@hookimpl
def register_routes() -> list[Route]:
    return [Route("/build", build_finished)]
