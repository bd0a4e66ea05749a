"""This checkout, with what is not committed yet, as a repository that `git clone` gets over HTTP."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.deploy.installers import ROOT

VERSION_FILE = "server/cagelab_bridge/__init__.py"
NEWER = "99.0.0"


class Quiet(SimpleHTTPRequestHandler):
    """Writes no log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        """Say nothing."""


class ServedTree:
    """`url` names it; `release` makes a newer version of it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/cagelab-bridge"
        self._work, self._bare = folder / "work", folder / "served" / "cagelab-bridge"
        copy(self._work)
        self._git("init", "--quiet", "--initial-branch=main")
        self._commit()
        self._bare.parent.mkdir()
        self._git("clone", "--quiet", "--bare", ".", str(self._bare))
        self._show()

    def release(self) -> None:
        """The same, but newer."""
        file = self._work / VERSION_FILE
        file.write_text(re.sub('__version__ = ".*"', f'__version__ = "{NEWER}"', file.read_text()))
        self._commit()
        self._git("push", "--quiet", str(self._bare), "main")
        self._show()

    def _commit(self) -> None:
        self._git("add", "--all")
        author = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        self._git(*author, "commit", "--quiet", "--message=as it is")

    def _show(self) -> None:
        """What a web server without git's help needs."""
        self._git("repack", "-a", "-d", "--quiet", folder=self._bare)
        self._git("update-server-info", folder=self._bare)

    def _git(self, *arguments: str, folder: Path | None = None) -> None:
        subprocess.run(["git", *arguments], cwd=folder or self._work, check=True, capture_output=True)


def copy(target: Path) -> None:
    """The files of this checkout that belong to the project; all of them where it is no checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".venv", "__pycache__", ".*_cache"))
        return
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


@contextmanager
def served(folder: Path) -> Iterator[ServedTree]:
    """The repository, while the block runs."""
    answer = partial(Quiet, directory=str(folder / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), answer) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield ServedTree(folder, server.server_port)
        finally:
            server.shutdown()
            thread.join()
