"""Wake no agent's idle program on a Sunday."""

from datetime import UTC, datetime

from teammcp import Context, Refused, Wake, hookimpl


@hookimpl
def before_wake(context: Context, wake: Wake) -> None:
    if datetime.fromtimestamp(context.now() / 1000, UTC).weekday() == 6:
        raise Refused(f"It is Sunday, and {wake.agent} rests.")
