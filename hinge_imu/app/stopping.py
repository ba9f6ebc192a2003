"""How whatever runs in real time is asked to end: by a signal, and by the clock."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer


@contextmanager
def stopping(stop: Callable[[], None], seconds: float | None) -> Iterator[None]:
    """Call ``stop`` at Ctrl-C, at SIGTERM, and when the time is over."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    timer = None if seconds is None else Timer(seconds, stop)
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
