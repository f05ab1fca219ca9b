"""A rule about operations: nothing is deleted by services."""

from pydantic import BaseModel

from teammcp import Context, Operation, Refused, hookimpl


@hookimpl
def before_operation(context: Context, operation: Operation, arguments: BaseModel) -> None:
    if operation.destructive and context.actor.kind == "service":
        raise Refused(f"Services may not call {operation.name}.")
