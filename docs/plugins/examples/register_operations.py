"""Add an operation: an MCP tool, a REST route and a command at once."""

from teammcp import Context, OperationFunction, Result, hookimpl, operation


class Dice(Result):
    """The result of a throw."""

    eyes: int


@operation("GET /api/dice", read_only=True)
async def throw_dice(context: Context, sides: int = 6) -> Dice:
    """Throw a die. The same for everybody within a millisecond."""
    return Dice(eyes=context.now() % sides + 1)


@hookimpl
def register_operations() -> list[OperationFunction]:
    return [throw_dice]
