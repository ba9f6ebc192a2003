"""Recordings that were uploaded are worked through into the store, so that a session has no holes there.

Always, though most sessions have none: which notice or pain mark was the last that the broker took along nobody can
tell, while the store takes each id and revision once, so that what it has stays as it is, and what users have made of
it too. One at a time, the oldest first; what was not done when the program ended is done by the next.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from typing import Self

import msgspec

from hinge_imu.app import bounded
from hinge_imu.app.retelling import COMPLETE, WRONG
from hinge_imu.dashboard.store import AwayError, Store, Waiting
from hinge_imu.dashboard.wire import Heard, parse
from hinge_imu.topics import ROOT

AGAIN_S = 15.0
"""After so long a database that was away is asked again. Chosen."""

BATCH = 50
"""Messages that are stored at once. Chosen."""

DONE = "done"

_log = logging.getLogger(__name__)


class FailedError(Exception):
    """A recording that cannot be worked through, this time or ever."""


class Uploaded:
    """A thread that works through what waits in ``folder``; a context manager, left when the recording is let go of."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder.absolute()
        self._told = Event()
        self._leaving = Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._run, name="uploaded", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._told.set()
        if (process := self._process) is not None:
            process.kill()
        self._thread.join()

    def wake(self) -> None:
        """Say that there is something to work through."""
        self._told.set()

    def _run(self) -> None:
        while not self._leaving.is_set():
            self._told.clear()
            try:
                self._work()
            except AwayError as error:
                _log.warning("the store cannot be written (%s); what was uploaded waits", error)
                self._leaving.wait(AGAIN_S)
            except Exception:  # noqa: BLE001 - a thread that dies works through nothing any more
                _log.exception("working through what was uploaded failed; it is begun again")
                self._leaving.wait(AGAIN_S)
            else:
                self._told.wait()

    def _work(self) -> None:
        for waiting in self._store.waiting():
            # Those of others who share the store are theirs.
            if not self._leaving.is_set() and waiting.path.is_relative_to(self._folder):
                outcome = self._work_through(waiting)
                if not self._leaving.is_set():
                    self._store.settle(waiting.path, outcome)

    def _work_through(self, waiting: Waiting) -> str:
        """Work through a recording; return what is to be noted of it."""
        complete = [COMPLETE] if self._store.complete(waiting.session_id) else []
        arguments = waiting.path, waiting.session_id, *complete
        try:
            with bounded.start("hinge_imu.app.retelling", *arguments, stdout=subprocess.PIPE) as process:
                self._process = process
                try:
                    news = self._store_all(process, waiting)
                finally:
                    self._process = None
                    process.kill()
        except FailedError as error:
            return self._failed(str(error))
        if process.returncode:
            return self._failed(f"{waiting.path}: what works through it has ended with status {process.returncode}")
        if news:
            _log.info("%s: %d messages had not come, and are in the store now", waiting.path.name, news)
        return DONE

    def _failed(self, sentence: str) -> str:
        if not self._leaving.is_set():
            _log.warning("%s; it is kept, and not worked through", sentence)
        return sentence

    def _store_all(self, process: subprocess.Popen[bytes], waiting: Waiting) -> int:
        gym, strap = waiting.path.relative_to(self._folder).parts[:2]
        said = self._said(process, f"{ROOT}/{gym}/{strap}")
        news = 0
        while (batch := [*islice(said, BATCH)]) and not self._leaving.is_set():
            news += self._take(batch)
        process.wait()
        return news

    def _said(self, process: subprocess.Popen[bytes], topic: str) -> Iterator[Heard]:
        """Yield what is said, as a broker would have handed it on."""
        if process.stdout is None:
            return
        for line in process.stdout:
            level, _, payload = line.partition(b"\t")
            if level == WRONG.encode():
                raise FailedError(msgspec.json.decode(payload, type=str))
            try:
                yield parse(f"{topic}/{level.decode(errors='replace')}", payload)
            except ValueError as error:
                _log.warning("%s", error)

    def _take(self, batch: list[Heard]) -> int:
        """Store a batch; what the database cannot hold is left out by itself."""
        try:
            return sum(self._store.take_all(batch))
        except ValueError as error:
            if len(batch) > 1:
                return sum(self._take([heard]) for heard in batch)
            _log.warning("%r cannot be stored (%s)", batch[0].fields["id"], error)
            return 0
