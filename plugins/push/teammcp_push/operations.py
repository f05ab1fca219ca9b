"""What the server does for push services."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from teammcp import Context, Result, Transaction, Work, operation

from .keys import KEY, public_key, team_key
from .settings import PLUGIN


class Made(Result):
    """That there is a key."""

    ok: bool = True


@operation(internal=True, profile="notifications")
async def make_push_key(context: Context) -> Work[Made]:
    """Make the team's key for push services, unless there is one."""
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def work(tx: Transaction) -> Made:
        kept = context.secrets(PLUGIN)
        if kept.get(tx, KEY) is None:
            kept.set(tx, KEY, text)
        return Made()

    return work


class PushKey(Result):
    """What a browser is asked with for an address that this team may send to."""

    public_key: str


@operation("GET /api/push/key", profile="notifications", read_only=True, tool=False)
async def get_push_key(context: Context) -> PushKey:
    """Say by which key push services know the team: the ``applicationServerKey`` of a subscription.

    What the browser gives for it is an address of yours once set_notification_address has it, with notifier push.
    """
    return PushKey(public_key=public_key(await team_key(context)))
