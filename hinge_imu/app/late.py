"""What is not there yet when a program starts: said once, tried again, and left at once by a signal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn, TypeVar

FIRST_S = 2.0
"""Wait before the second try. Chosen."""

LONGEST_S = 15.0
"""Longest wait between two tries: each is twice the one before, up to that. Chosen, as for the broker."""

Thing = TypeVar("Thing")


def awaited(open_: Callable[[], Thing], late: tuple[type[Exception], ...], say: Callable[[str], None]) -> Thing:
    """Open something, again and again while that raises one of ``late``; ``say`` is told each reason once."""
    said, wait_s = "", FIRST_S
    while True:
        try:
            return open_()
        except late as error:
            reason = " ".join(str(error).split())
        if reason != said:
            say(f"waiting: {reason}")
            said = reason
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_S)


def leave() -> NoReturn:
    """End the program, status 0, whatever it waits for: for `stopping`."""
    raise SystemExit(0)
