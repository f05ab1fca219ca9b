"""The environment of agents' programs, made from scratch.

What the runner itself was started with is not passed on: it may stand in a session of another agent, whose keys and
settings would make this one somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping

KEPT = (
    # Who and where
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "TZ",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK",
    # How the network is reached
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    # Whose certificates are taken
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
)
"""Variables of the runner's own that programs have too."""
DEFAULTS = {"LANG": "C.UTF-8", "TERM": "xterm-256color"}
KEY = "TEAMMCP_KEY"
"""The variable with the agent's key."""


def from_scratch(
    outer: Mapping[str, str], credential: Mapping[str, str], *, url: str, key: str, agent: str
) -> dict[str, str]:
    """All that an agent's program is to have.

    Args:
        outer: the runner's own environment.
        credential: variables of the agent's credential.
        url: the server's address.
        key: the agent's.
        agent: its name.
    """
    kept = {name: outer[name] for name in KEPT if name in outer}
    own = {"TEAMMCP_URL": url, KEY: key, "TEAMMCP_AGENT": agent}
    return {**DEFAULTS, **kept, **credential, **own}
