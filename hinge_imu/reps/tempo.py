"""Prescribed tempo: read as coaches write it, and held against what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

TOLERANCE_S, TOLERANCE = 0.3, 0.2
"""A digit is kept within this many s or this share of it, whichever is more. Times from accelerometers agree with
video within 0.3 to 0.6 s (Viecelli et al. 2020, DOI 10.1371/journal.pone.0235156)."""

LONGEST_S = 30.0
"""Nobody lowers, holds or lifts for longer in one rep; chosen."""

FAST = "X"
"""Written for the way up: as fast as possible."""

SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


class Verdict(NamedTuple):
    """One digit: its field's name, what was asked, measured and tolerated in s, and whether it was kept.

    ``kept`` is None where nothing was asked or nothing measured.
    """

    name: str
    asked_s: float | None
    measured_s: float | None
    tolerance_s: float | None
    kept: bool | None


class Prescription(NamedTuple):
    """Down, bottom pause, up, top pause in s, in this order for every lift; None where no time is asked for."""

    eccentric_s: float
    bottom_pause_s: float
    concentric_s: float | None
    top_pause_s: float | None = None

    @classmethod
    def parse(cls, text: str) -> Prescription:
        """Read ``3-1-1-0``, ``1-1-0`` or ``3-1-X-0``; raises ValueError with a sentence that says what to write.

        Three digits say nothing of the top pause. ``X`` is the way up as fast as possible, and so is ``0``: no lift
        takes no time.
        """
        digits = text.strip().upper().split("-")
        if len(digits) not in {3, 4}:
            raise ValueError(
                f"tempo {text!r}: has {len(digits)} parts; write seconds as 3-1-1-0 (down-pause-up-pause), "
                f"3-1-1 without the pause at the top, or 3-1-X-0 for up as fast as possible"
            )
        down, pause, up, *top = digits
        eccentric = _seconds(text, down, "the way down")
        if eccentric == 0:
            raise ValueError(f"tempo {text!r}: the way down takes time; write how many seconds, as in 3-1-1-0")
        return cls(
            eccentric,
            _seconds(text, pause, "the pause at the bottom"),
            None if up == FAST else _seconds(text, up, "the way up") or None,
            _seconds(text, top[0], "the pause at the top") if top else None,
        )

    def __str__(self) -> str:
        digits = [self.eccentric_s, self.bottom_pause_s, self.concentric_s]
        digits += [] if self.top_pause_s is None else [self.top_pause_s]
        return "-".join(FAST if digit is None else f"{digit:g}" for digit in digits)


def compare(prescription: Prescription, measured: Sequence[float | None]) -> list[Verdict]:
    """Return a verdict on each of the four measured digits (s, None where not measured), in their order.

    A digit is off by more than 0.3 s and more than 20 % of what was asked. A way up ``as fast as possible`` is never
    judged by its time: how long the hardest pull takes is set by the load, which no sensor on the back sees.
    """
    return [
        _verdict(name, asked, got)
        for name, asked, got in zip(Prescription._fields, prescription, measured, strict=True)
    ]


def compliance_share(reps: Iterable[Sequence[Verdict]]) -> float | None:
    """Return the share of reps, 0 to 1, that kept every digit judged; None where no rep had one."""
    judged = [[digit.kept for digit in rep if digit.kept is not None] for rep in reps]
    kept = [all(rep) for rep in judged if rep]
    return sum(kept) / len(kept) if kept else None


def _seconds(text: str, digit: str, what: str) -> float:
    if digit == FAST:
        raise ValueError(f"tempo {text!r}: X stands for up as fast as possible; for {what} write seconds")
    if not SECONDS.fullmatch(digit):
        raise ValueError(f"tempo {text!r}: {digit!r} is no number of seconds for {what}; write as in 3-1-1-0")
    if float(digit) > LONGEST_S:
        raise ValueError(f"tempo {text!r}: {digit} s for {what} is too long; write at most {LONGEST_S:g}")
    return float(digit)


def _verdict(name: str, asked: float | None, measured: float | None) -> Verdict:
    if asked is None:
        return Verdict(name, None, measured, None, None)
    tolerance = max(TOLERANCE_S, TOLERANCE * asked)
    # A difference that is the tolerance itself is kept, however it was rounded.
    kept = None if measured is None else abs(measured - asked) <= tolerance + 1e-9
    return Verdict(name, asked, measured, tolerance, kept)
