"""Add a look. Its style sheet is ``static/tokens.css`` in the package that is named here."""

from teammcp import hookimpl
from teammcp.web import Theme


@hookimpl
def register_themes() -> list[Theme]:
    return [Theme(name="paper", package="my_theme")]
