"""Accept keys that are kept elsewhere. Here: one more key for the member ``builder``, known by its hash only."""

from teammcp import Agent, Team, hookimpl

EXTRA_KEYS = {"5d2c1d6f0a8b4e3f9c7a61e0b8d4f2739e5c8a1b6d0f4e2c7a9b3d5f1e8c6a40": "builder"}


@hookimpl
def authenticate(team: Team, key_hash: str) -> Agent | None:
    name = EXTRA_KEYS.get(key_hash)
    return None if name is None else team.directory.agent(name)
