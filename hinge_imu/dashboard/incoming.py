"""Recordings on their way in, on the disk: what has been acknowledged is there after any crash.

Each is two files in ``incoming``: its bytes (``ID.part``), and what is known of it (``ID.json``), which stays as a
receipt. Once whole it stands in ``GYM/STRAP/NAME``; where another version has that name, in ``NAME.HASH``. In
``incoming/pages`` are the pages that were made of sessions.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Self

import msgspec

from hinge_imu.config import Name

DAY_S = 86_400.0

Done = Callable[[Path, Mapping[str, str]], None]

_log = logging.getLogger(__name__)


class DamagedError(ValueError):
    """What has arrived is not what was announced."""


class About(msgspec.Struct, kw_only=True, frozen=True):
    """What a strap says of a recording; whatever becomes part of a path is checked, and may not lead elsewhere."""

    session_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,119}\.mcap\Z")]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    gym: Name
    strap: Name
    athlete: str | None = None

    def __post_init__(self) -> None:
        # As bytes: a file's name may have 255 of them on Linux (limits.h, NAME_MAX).
        if any(name.startswith(".") or len(name.encode()) > 200 for name in (self.gym, self.strap)):
            raise ValueError("gym or strap is no name for a folder")
        if self.gym == "incoming":
            raise ValueError("no gym can be called incoming: what is on its way is kept there")


class Upload(msgspec.Struct, kw_only=True):
    """One recording on its way: how long it is, what is said of it, where it came to stand, and whether all is done."""

    id: str
    length: int
    about: About
    placed: str | None = None
    done: bool = False


# Made here, as more than one thread reads them, and msgspec bears no two that meet a form for the first time.
_UPLOADS = msgspec.json.Decoder(Upload)


class Incoming:
    """All that is on its way into a folder, for one process; ``done`` is told each recording and what is said of it.

    What was whole when the power went is brought to its end at once; halves that nobody has gone on with for
    ``keep_days`` go.
    """

    def __init__(self, folder: Path, done: Done, keep_days: float) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._done = done
        self._keep_s = keep_days * DAY_S
        self._taken: set[str] = set()
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._settle()

    def create(self, about: About, length: int) -> Upload:
        """Return the upload of that content, a new one or the one there is.

        Raises
        ------
        OSError
            The disk has no room for it (``ENOSPC``).
        """
        self._expire()
        upload = Upload(id=identify(about, length), length=length, about=about)
        there = self.find(upload.id)
        if there is not None and not (there.done and not (self._folder / str(there.placed)).exists()):
            return there
        if shutil.disk_usage(self._folder).free < length:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._part(upload).touch(0o600)
        self._write(upload)
        return upload

    def find(self, name: str) -> Upload | None:
        """Return an upload by its id."""
        if re.fullmatch("[0-9a-f]{32}", name) is None:
            return None
        try:
            return _UPLOADS.decode((self._incoming / f"{name}.json").read_bytes())
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            _log.warning("%s/%s.json is damaged (%s): its recording has to come again", self._incoming, name, error)
            return None

    def offset(self, upload: Upload) -> int:
        """Return how many bytes are safe on the disk."""
        if upload.done or upload.placed is not None:
            return upload.length
        with self.open(upload) as file:
            os.fsync(file)
            return os.fstat(file.fileno()).st_size

    def expires(self, upload: Upload) -> float:
        """Return when a half goes, in s since 1970, if nobody goes on with it."""
        return self._part(upload).stat().st_mtime + self._keep_s

    def open(self, upload: Upload) -> _Part:
        """Open what has arrived, to add to it."""
        return _Part(self._part(upload))

    def finish(self, upload: Upload) -> None:
        """Bring an upload of which every byte has arrived to its end; again and again does no harm.

        Raises
        ------
        DamagedError
            It is not what was announced, and has been forgotten.
        """
        if upload.done:
            return
        part = self._part(upload)
        if upload.placed is None:
            self._check(upload, part)
            upload.placed = self._place(upload.about)
            self._write(upload)
        target = self._folder / upload.placed
        if part.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
            for folder in (target.parent, target.parent.parent, self._folder, self._incoming):
                _sync(folder)
        about = {name: value for name, value in msgspec.to_builtins(upload.about).items() if value is not None}
        self._done(target, about)
        upload.done = True
        self._write(upload)
        self._taken.discard(upload.placed)

    def _check(self, upload: Upload, part: Path) -> None:
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != upload.about.sha256:
            self._forget(upload)
            raise DamagedError(f"{upload.about.name}: what arrived has another checksum; send it again")

    def _place(self, about: About) -> str:
        """Return where it goes; two versions on their way at once do not get the same place."""
        place = f"{about.gym}/{about.strap}/{about.name}"
        if place in self._taken or (self._folder / place).exists():
            place = f"{place.removesuffix('.mcap')}.{about.sha256[:8]}.mcap"
        self._taken.add(place)
        return place

    def _settle(self) -> None:
        """Finish what was whole."""
        self._expire()
        for path in sorted(self._incoming.glob("*.json")):
            upload = self.find(path.stem)
            if upload is None or upload.done or self.offset(upload) < upload.length:
                continue
            if upload.placed is not None:
                self._taken.add(upload.placed)
            try:
                self.finish(upload)
            except Exception:  # noqa: BLE001 - whoever is told may fail as it likes; the strap's next question tries again
                _log.exception("%s has arrived, and could not be brought to its end", upload.about.name)

    def _expire(self) -> None:
        for part in self._incoming.glob("*.part"):
            with suppress(FileNotFoundError):  # another one has just become whole
                if part.stat().st_mtime + self._keep_s < time.time():
                    part.unlink()
                    part.with_suffix(".json").unlink()

    def _forget(self, upload: Upload) -> None:
        (self._incoming / f"{upload.id}.json").unlink(missing_ok=True)
        self._part(upload).unlink(missing_ok=True)

    def _write(self, upload: Upload) -> None:
        path = self._incoming / f"{upload.id}.json"
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(upload))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        _sync(self._incoming)

    def _part(self, upload: Upload) -> Path:
        return self._incoming / f"{upload.id}.part"


class _Part:
    """The bytes that have arrived, without a buffer in between: what was written is in the file."""

    def __init__(self, path: Path) -> None:
        self._number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._number)

    def fileno(self) -> int:
        """Return the number by which the system knows it."""
        return self._number

    def write(self, data: bytes) -> None:
        """Append."""
        left = memoryview(data)
        while left:
            left = left[os.write(self._number, left) :]

    def cut(self, length: int) -> None:
        """Take back what comes after so many bytes."""
        os.ftruncate(self._number, length)


def pages_of(folder: Path, session_id: str) -> Path:
    """Return where pages of a session are kept."""
    return folder / "incoming" / "pages" / hashlib.sha256(session_id.encode()).hexdigest()


def forget(folder: Path, sessions: Collection[str]) -> None:
    """Delete what has arrived, or is on its way, of sessions, the receipts, and the pages."""
    for session_id in sessions:
        shutil.rmtree(pages_of(folder, session_id), ignore_errors=True)
    for receipt in (folder / "incoming").glob("*.json"):
        with suppress(msgspec.DecodeError):
            upload = _UPLOADS.decode(receipt.read_bytes())
            if upload.about.session_id in sessions:
                if upload.placed is not None:
                    (folder / upload.placed).unlink(missing_ok=True)
                receipt.with_suffix(".part").unlink(missing_ok=True)
                receipt.unlink()


def identify(about: About, length: int) -> str:
    """Return what an upload is known by: made of what is in it, so that whoever asks again finds the same one."""
    told = (about.gym, about.strap, about.session_id, about.sha256, str(length))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
