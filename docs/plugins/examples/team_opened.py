"""Load what is kept in memory from a team's database."""

from teammcp import Reader, Team, hookimpl

messages: dict[str, int] = {}


def newest(reader: Reader) -> int:
    return reader.value("SELECT max(id) FROM v_messages") or 0


@hookimpl
async def team_opened(team: Team) -> None:
    messages[team.name] = await team.database.read(newest)
