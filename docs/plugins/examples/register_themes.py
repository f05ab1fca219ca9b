"""Add a look: style sheets in the folder ``static`` of a package. A real theme names its own package, and leaves out
``styles`` if its one style sheet is ``tokens.css``. This one only wears the dashboard's own style sheet once more.
"""

from teammcp import hookimpl
from teammcp.web import Theme


@hookimpl
def register_themes() -> list[Theme]:
    return [Theme(name="paper", package="teammcp.web", styles=("app.css",))]
