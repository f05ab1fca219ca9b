"""Pages of agents: who is in the team and here, profiles, registering, retiring, new keys."""

from __future__ import annotations

from . import keys, members, profiles

PAGES = [*members.PAGES, *profiles.PAGES, *keys.PAGES]
