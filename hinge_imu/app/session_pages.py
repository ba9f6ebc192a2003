"""Pages of uploaded sessions: made once, kept beside the uploads without what is the same in all of them."""

from __future__ import annotations

import hashlib
import subprocess
from base64 import b64encode
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import msgspec

from hinge_imu.app import bounded
from hinge_imu.app.report import plotly_script
from hinge_imu.dashboard.incoming import pages_of
from hinge_imu.dashboard.reports import Page
from hinge_imu.report.html import Halves, needs_plotly

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-modals allow-downloads"
)
"""What such a page may (https://www.w3.org/TR/CSP3): run these scripts, print, and nothing of the dashboard's."""


class SessionPages:
    """Makes pages of recordings, and keeps them in the folder of the uploads."""

    def __init__(self, uploads: Path) -> None:
        self._uploads = uploads

    def page(self, session_id: str, recording: Path, language: str) -> Page:
        """Return the page of a session, made now where there is none of this very recording yet.

        Raises
        ------
        ValueError
            None can be made of it, or plotly is not installed; OSError where it cannot be kept.
        """
        folder = pages_of(self._uploads, session_id)
        kept = folder / f"{_digest(recording)}.{language}.json"
        if not kept.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for older in folder.glob(f"*.{language}.json"):
                older.unlink(missing_ok=True)
            _make(recording, language, kept)
        before, after = halves = msgspec.json.decode(kept.read_bytes(), type=Halves)
        script = plotly_script() if needs_plotly(halves) else b""
        return Page(b"".join((before.encode(), script, after.encode())), _policy())


def _make(recording: Path, language: str, target: Path) -> None:
    how = {"stdout": subprocess.PIPE}
    with bounded.start("hinge_imu.app.session_page", recording, language, target, **how) as process:
        said, _ = process.communicate()
    if process.returncode:
        ended = f"{recording}: what makes its page has ended with status {process.returncode}"
        raise ValueError(said.decode(errors="replace") or ended)


def _digest(recording: Path) -> str:
    """Return what a page depends on: the recording, and what makes it."""
    with recording.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
    found.update(version("hinge-imu").encode() + _script())
    return found.hexdigest()


@cache
def _policy() -> str:
    scripts = (plotly_script(), _script(), b"")  # a page without pictures has an empty place for what draws them
    hashes = (b64encode(hashlib.sha256(script).digest()).decode() for script in scripts)
    return POLICY.format(scripts=" ".join(f"'sha256-{each}'" for each in hashes))


@cache
def _script() -> bytes:
    return (files("hinge_imu.report") / "page.js").read_bytes()
