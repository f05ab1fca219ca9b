"""The settings file that ``teammcp init`` writes: every setting with its meaning and default, commented out."""

from __future__ import annotations

import json

from ..config import Settings

HEAD = """\
# Settings of this TeamMCP server. Each can also be given as an environment variable, which goes before this file:
# TEAMMCP_ and the name in capitals, such as TEAMMCP_PORT=3200. Restart the server after a change.
"""

TABLES = """\
# Least access level an operation needs, where it differs from its own: observer, member, manager or owner.
# [permissions]
# create_channel = "manager"

# Settings of a plugin.
# [plugins.NAME]
"""


def settings_file() -> str:
    """The text of the file; it is valid TOML and changes nothing."""
    parts = [HEAD]
    for name, field in Settings.model_fields.items():
        if name in {"home", "permissions", "plugins"}:  # where the file lies; tables, which come last
            continue
        default = field.get_default(call_default_factory=True)
        parts.append(f"# {field.description}.\n# {name} = {json.dumps('' if default is None else default)}\n")
    return "\n".join([*parts, TABLES])
