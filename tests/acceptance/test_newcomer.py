"""What somebody meets who has just installed TeamMCP: everything is in the package, and the first steps work."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx2
import pytest

from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parent.parent.parent
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution as it would be published."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)], check=True)
    (found,) = folder.glob("*.whl")
    return found


def test_the_package_holds_every_file_of_the_source(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    source = {str(path.relative_to(ROOT)) for path in (ROOT / "teammcp").rglob("*") if path.is_file()}
    assert {name for name in source if "__pycache__" not in name} - packed == set()


def test_the_installed_package_serves_and_the_first_steps_lead_in(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    subprocess.run([*PIP, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)], check=True)
    server = LiveServer(tmp_path / "home", python_path=site).start()
    try:
        assert str(site) in server.where("teammcp")
        with server.client(follow_redirects=True) as browser:
            welcome = set_up(browser, "Ada")
            key = re.search(r"tmcp_default_[\w-]{43}", welcome)
            assert key is not None
            assert browser.get("/").status_code == 200
        with server.client(key[0]) as program:
            me = program.get("/api/me").json()
            sent = program.post("/api/send", json={"channel": "general", "content": "hello"})
        assert (me["name"], me["access"], me["kind"]) == ("Ada", "owner", "human")
        assert sent.status_code == 200
    finally:
        server.stop()


def set_up(browser: httpx2.Client, name: str) -> str:
    """Open the address that the server prints, fill in the form that comes, and return the page that follows."""
    page = browser.get("/")
    assert page.url.path == "/setup"
    token = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert token is not None
    done = browser.post("/setup", data={"csrf": token[1], "name": name})
    assert done.status_code == 200
    return done.text


@pytest.mark.parametrize("target", ["run", "test", "install", "lint", "bench", "docs"])
def test_make_knows_every_target_that_the_readme_names(target: str) -> None:
    make = shutil.which("make")
    assert make is not None
    planned = subprocess.run([make, "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert planned.returncode == 0, planned.stderr


def test_make_says_what_is_missing_when_there_is_no_fitting_python(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    said = subprocess.run(["make", "run", "PYTHON=false"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode != 0
    assert "needs Python 3.11 or newer" in said.stdout
