"""The headers that say what a browser may do with a page."""

from __future__ import annotations

from collections.abc import Mapping

POLICY = "Content-Security-Policy"
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""What pages may load and run, and from where, unless they say otherwise."""


def policy(directives: Mapping[str, str]) -> str:
    """A Content-Security-Policy of these directives, and the dashboard's others."""
    return "; ".join(f"{name} {value}" for name, value in {**DIRECTIVES, **directives}.items())


HEADERS = {
    POLICY: policy({}),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer that does not say otherwise."""
