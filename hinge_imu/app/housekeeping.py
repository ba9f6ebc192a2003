"""What is looked after every few seconds beside the samples, in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Self

EVERY_S = 10.0
"""How often. Chosen: what it looks for comes and goes in minutes."""

_log = logging.getLogger(__name__)


class Housekeeping:
    """A context manager that calls each of ``tasks``, at once and then again and again; one that fails is said."""

    def __init__(self, tasks: Sequence[Callable[[], object]], every_s: float = EVERY_S) -> None:
        self._tasks = tasks
        self._every_s = every_s
        self._over = Event()
        self._thread = Thread(target=self._run, name="housekeeping", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            for task in self._tasks:
                try:
                    task()
                except Exception:  # noqa: BLE001 - the samples go on whatever happens here
                    _log.exception("housekeeping: %s", getattr(task, "__qualname__", task))
            if self._over.wait(self._every_s):
                return
