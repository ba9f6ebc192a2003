"""From a number to how it is judged, and from all of them to a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hinge_imu.verdict import DrillFinding, DrillVerdict, Grade

WORST: tuple[Grade, ...] = ("practise", "watch", "unsure", "good", "told")
"""What is said of a rep that shows several things."""


class Scale(NamedTuple):
    """Up to ``good`` all is well, beyond ``practise`` it is to be practised, and between the two worth watching.

    Where ``good`` is the larger of the two, more is better, and what stands at it is still watched.
    """

    good: float
    practise: float

    def grade(self, value: float) -> Grade:
        """Judge a number."""
        if self.good < self.practise:
            return "good" if value <= self.good else "practise" if value > self.practise else "watch"
        return "good" if value > self.good else "practise" if value < self.practise else "watch"

    def limit(self, value: float) -> float:
        """Return the limit that decides on a number: the one that it has passed last, else the first."""
        return self.practise if self.grade(value) == "practise" else self.good


def worst(grades: Iterable[Grade]) -> Grade:
    """Return the worst of several grades, ``told`` of none."""
    return min(grades, key=WORST.index, default="told")


def verdict(findings: Iterable[DrillFinding]) -> DrillVerdict:
    """Return what all findings come to: one thing to practise is enough."""
    return "practise" if any(each.grade == "practise" for each in findings) else "passed"
