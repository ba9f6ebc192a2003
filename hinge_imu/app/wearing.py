"""Who wears the strap and does what, as last said: kept on the disk, so that a new start of the program knows it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import msgspec

from hinge_imu.config import SessionConfig

_log = logging.getLogger(__name__)


class Wearing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the next session begins with; ``load`` and ``note`` are free words."""

    athlete: str | None = None
    exercise: str = "auto"
    tempo: str | None = None
    load: str | None = None
    note: str | None = None

    @property
    def labels(self) -> dict[str, str]:
        """The free words of a header."""
        return {name: text for name in ("load", "note") if (text := getattr(self, name)) is not None}


class Memory:
    """Keeps it in a file of ``folder``, where one is given; `forget` goes back to what is configured."""

    def __init__(self, folder: Path | None, configured: SessionConfig, **given: str | None) -> None:
        self._path = None if folder is None else folder / "wearing.json"
        fields = {name: getattr(configured, name) for name in ("athlete", "exercise", "tempo")}
        self._configured = Wearing(**(fields | {name: value for name, value in given.items() if value is not None}))
        self.now = self._read()

    def change(self, **fields: str | None) -> None:
        """Note what was said."""
        self.now = msgspec.structs.replace(self.now, **fields)
        if self._path is None:
            return
        fresh = self._path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                file.write(msgspec.json.encode(self.now))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            # It goes on all the same: only a new start would not know.
            _log.warning("%s: cannot be written (%s); make room on the disk", self._path, error.strerror)

    def forget(self) -> None:
        """Go back to what is configured, when a session has ended."""
        self.now = self._configured
        if self._path is None:
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("%s: cannot be removed (%s)", self._path, error.strerror)

    def _read(self) -> Wearing:
        if self._path is None:
            return self._configured
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Wearing)
        except FileNotFoundError:
            return self._configured
        except (OSError, msgspec.DecodeError) as error:
            _log.warning("%s: cannot be read (%s); what is configured holds", self._path, error)
            return self._configured
