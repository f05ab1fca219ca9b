"""Build the documentation site into ``build/site/pages``: ``make site``.

The site is the Markdown of this repository at its own paths, with the files that it links to beside it. So a link that
works in the repository works on the site, also one that leads out of ``docs``. The navigation is the table of contents
of ``docs/README.md``. A dead link ends the build.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import tomlkit

from scripts.documents import GUIDE, HOME, ROOT, contents, linked_file, links

SETTINGS = ROOT / "zensical.toml"
PLACE = ROOT / "build" / "site"


def files() -> set[Path]:
    """What the site is made of: every page in the navigation, and whatever can be reached from there."""
    found: set[Path] = set()
    waiting = [HOME, GUIDE, *(page for _, listed in contents() for _, page in listed)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [linked_file(file, target) for target in links(file)] if file.suffix == ".md" else []
    return found


def navigation() -> list[dict[str, Any]]:
    """The home page, then a section for each heading of the guide's table of contents."""
    sections = [
        {heading: [{title: str(page.relative_to(ROOT))} for title, page in listed]} for heading, listed in contents()
    ]
    return [{"TeamMCP": "README.md"}, {"The guide": "docs/README.md"}, *sections]


def lay_out() -> Path:
    """Copy what the site is made of, and write its settings. Gives the file with these."""
    shutil.rmtree(PLACE, ignore_errors=True)
    for file in files():
        copy = PLACE / "source" / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    settings = tomlkit.parse(SETTINGS.read_text(encoding="utf-8"))
    settings["project"]["nav"] = navigation()
    settings["project"].update({"docs_dir": "source", "site_dir": "pages"})
    written = PLACE / SETTINGS.name
    written.write_text(tomlkit.dumps(settings), encoding="utf-8")
    return written


def main() -> None:
    built = subprocess.run([sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(lay_out())])
    if built.returncode:
        sys.exit("The site was not built.")
    print(f"Built. Open {(PLACE / 'pages' / 'index.html')}")


if __name__ == "__main__":
    main()
