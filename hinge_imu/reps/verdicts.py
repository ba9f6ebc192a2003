"""What a bend of a set can be, and what is known beside how it moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Verdict = Literal["rep", "sat", "lay", "squat", "busy", "errand", "other", "unloaded", "small"]
"""What these mean is told in `hinge_imu.reps.judge`."""


class Context(NamedTuple):
    """What is known beside the bends.

    Whether somebody walked right before and right after each, and whether they are the beginning of their set, and its
    end; ``alone`` says that it is all that was recorded.
    """

    walked: Sequence[tuple[bool, bool]]
    begins: bool
    over: bool
    alone: bool = False
