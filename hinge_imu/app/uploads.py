"""Recordings go to the dashboard in the background, one at a time, and stay until it has acknowledged them."""

from __future__ import annotations

import logging
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple, Self

from hinge_imu.app.receipts import Receipts, Seen, seen
from hinge_imu.config import Config, ConfigError
from hinge_imu.publish.upload import UploadError, address, token, upload
from hinge_imu.recording import RecordingError, open_recording
from hinge_imu.recording.scan import is_whole

FIRST_S = 5.0
"""The first wait after an attempt that failed; each further one is twice as long. Chosen."""

LONGEST_S = 900.0
"""The longest wait: a link that comes back is used within a quarter of an hour, a new session at once. Chosen."""

LOOK_S = 3600.0
"""How often the folder is looked through, should nobody have said that a session has ended. Chosen."""

NICE = 15
"""How much nicer than the rest of the program the thread is that sends (nice(2): at most 19). Chosen."""

_STOP_S = 2.0

_log = logging.getLogger(__name__)


class Status(NamedTuple):
    """How many recordings wait for the dashboard, and the sentence of the last attempt that failed, until one works."""

    waiting: int
    problem: str | None


class Uploads:
    """A thread that sends what waits in a folder; does nothing where no dashboard is configured.

    Parameters
    ----------
    folder
        The recordings.
    config
        ``[upload]`` says where to, ``[publish]`` who.
    skip
        Says of a recording that it is not to be sent yet: it is being written, or will be written anew. Torn ones are
        passed over by themselves.
    first_s
        The first wait after an attempt that failed.

    Raises
    ------
    ConfigError
        The address of the dashboard cannot be used.
    """

    def __init__(
        self, folder: Path, config: Config, *, skip: Callable[[Path], bool] = lambda _: False, first_s: float = FIRST_S
    ) -> None:
        if config.upload.url is not None:
            address(config.upload)
        self._folder = folder
        self._config = config
        self._skip = skip
        self._first_s = self._wait_s = first_s
        self._receipts = Receipts(folder, config.upload.url or "")
        self._refused: set[tuple[Path, Seen]] = set()
        self._chance = random.SystemRandom()
        self._told = Event()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="uploads", daemon=True)

    def __enter__(self) -> Self:
        if self._config.upload.url is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop after the piece that is on its way, or after 2 s, whichever is sooner."""
        self._stopped.set()
        self._told.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

    def wake(self) -> None:
        """Say that there is something to send: a session has ended, a recording has been mended."""
        self._told.set()

    def uploaded(self, path: Path) -> bool:
        """Return whether nothing waits for this recording: the dashboard has it as it is now, or none is configured."""
        return self._config.upload.url is None or self._receipts.has(path)

    def status(self) -> Status:
        """Return how it stands."""
        return status(self._folder, self._config, skip=self._skip)

    def _run(self) -> None:
        os.nice(NICE)  # of this thread alone, on Linux (setpriority(2))
        while not self._stopped.is_set():
            if self._told.is_set():  # what was refused may have been mended by now
                self._refused.clear()
                self._told.clear()
            self._told.wait(self._round())

    def _round(self) -> float | None:
        """Send what waits; return after how long to try again, None where that would be no use."""
        try:
            self._receipts.forget_the_gone()
            self._send_all()
        except UploadError as error:
            return self._failed(str(error), again=error.mend == "time")
        except ConfigError as error:
            return self._failed(str(error), again=False)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may not end the uploads of this strap for good
            return self._failed(f"a recording could not be sent ({type(error).__name__}: {error})", again=True)
        self._wait_s = self._first_s
        return LOOK_S

    def _send_all(self) -> None:
        for path in waiting(self._folder, self._config, self._skip):
            if self._stopped.is_set():
                return
            as_it_is = path, seen(path)
            if as_it_is in self._refused:
                continue
            try:
                send(path, self._config, progress=self._progress, stop=self._stopped.is_set)
            except (RecordingError, UploadError) as error:
                if isinstance(error, UploadError) and error.mend != "file":
                    raise
                self._refused.add(as_it_is)
                self._say(str(error))
        if not self._refused:
            self._receipts.problem = None

    def _progress(self, _share: float) -> None:
        self._wait_s = self._first_s

    def _failed(self, sentence: str, *, again: bool) -> float | None:
        if not self._stopped.is_set():
            self._say(sentence)
        if not again:
            return None
        wait_s, self._wait_s = self._wait_s, min(2 * self._wait_s, LONGEST_S)
        # By chance, so that the straps of a gym do not all come back in the same moment.
        return wait_s * self._chance.uniform(0.5, 1.0)

    def _say(self, sentence: str) -> None:
        """Say what is wrong, once."""
        try:
            if sentence != self._receipts.problem:
                _log.warning("upload: %s", sentence)
            self._receipts.problem = sentence
        except OSError as error:
            _log.warning("upload: %s (which cannot be noted: %s)", sentence, error)


def status(folder: Path, config: Config, *, skip: Callable[[Path], bool] = lambda _: False) -> Status:
    """Return how the uploads of a folder stand, also from another process than the one that sends."""
    if config.upload.url is None:
        return Status(0, None)
    return Status(sum(1 for _ in waiting(folder, config, skip)), Receipts(folder, config.upload.url).problem)


def waiting(folder: Path, config: Config, skip: Callable[[Path], bool] = lambda _: False) -> Iterator[Path]:
    """Yield the whole recordings of a folder that the dashboard does not have as they are, the oldest first."""
    receipts = Receipts(folder, config.upload.url or "")
    for path in sorted(folder.glob("*.mcap")):
        if not receipts.has(path) and not skip(path) and path.exists() and is_whole(path):
            yield path


def send(
    path: Path,
    config: Config,
    *,
    progress: Callable[[float], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Send a recording, and remember that the dashboard has it.

    Raises
    ------
    UploadError
        It did not come to its end.
    RecordingError
        It is no whole recording.
    ConfigError
        The configuration cannot be used.
    """
    address(config.upload)
    if path.suffix.lower() != ".mcap":
        raise RecordingError(f"{path}: is no MCAP file; make one with `hinge-imu convert`")
    header = open_recording(path).header
    if not is_whole(path):
        raise RecordingError(f"{path}: is torn; mend it with `hinge-imu recover`, then send it")
    as_it_was = seen(path)
    about = {
        "session_id": header.session_id,
        "name": re.sub(r"[^A-Za-z0-9_.-]+", "-", path.name).lstrip(".-"),
        "gym": config.publish.gym,
        "strap": config.publish.strap,
        **({} if header.athlete is None else {"athlete": header.athlete}),
    }
    upload(path, config.upload, token(config.upload), about, progress=progress, stop=stop)
    try:
        Receipts(path.parent, config.upload.url or "").keep(path, as_it_was)
    except OSError as error:
        _log.warning("%s: the dashboard has it, but that cannot be noted (%s)", path, error.strerror)
