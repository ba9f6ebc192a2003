"""Whether somebody stood before and after a bend."""

from __future__ import annotations

from hinge_imu.reps.metrics import Bent

ROLLED_DEG, SLUMPED_DEG = -10.0, 10.0
"""Sitting, the pelvis rolls back by more than this, and the spine flexes by as much."""

TIPPED_DEG = 20.0
"""Nor does anyone who stands upright tip the pelvis forward by more (chosen; standing differs by some 10 degrees)."""

UPRIGHT_DEG, STUCK_DEG = 35.0, 60.0
"""Leaning further than this before or after a bend, nobody was standing; who pulls from the floor may be stuck until
the second."""


def stood(bend: Bent) -> bool:
    """Return whether the wearer stood before and after a bend, as far as can be told without knowing the lift."""
    return not (bend.lay or bend.leant_deg > STUCK_DEG or slumped(*bend.top) or slumped(*bend.before))


def slumped(pelvis: float, thorax: float) -> bool:
    """Return whether nobody stands so (deg): the pelvis is rolled back under a flexed spine, or tipped under no lean.

    The latter is what the former looks like in somebody who has sat down before the first bend has shown forward.
    """
    return (pelvis < ROLLED_DEG and thorax - pelvis > SLUMPED_DEG) or (
        pelvis > TIPPED_DEG and pelvis - thorax > SLUMPED_DEG
    )


def upright(top: tuple[float, float]) -> bool:
    """Return whether who inclines pelvis and thorax so (deg) stands, and neither sits nor lies, as far as is seen."""
    return not slumped(*top) and not any(abs(lean) > UPRIGHT_DEG for lean in top)
