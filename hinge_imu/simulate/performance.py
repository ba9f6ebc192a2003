"""How one rep is done on a stage: the way down, the way up, and all that can be particular about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hinge_imu.simulate.plan import RepPlan
from hinge_imu.simulate.script import ChannelName, Span
from hinge_imu.simulate.stage import Stage

GRAVITY = 9.80665

SHOCK_HZ, SHOCK_S = 28.0, 0.12
"""A shock that comes up through the legs: its pitch, and how long it rings; chosen."""

WINK, LEFT = 0.36, 0.21
"""The pelvis tucks within this last share of the descent's time, and would have travelled this share of its way yet."""

SLIP_DEG, SLIP_S = (1.5, 4.0), 0.25
"""How far and for how long a hitching lift slips back; chosen."""

CAUGHT_DEG = 3.0
"""How much earlier the second descent of a double bounce is caught; chosen."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a rep departs from a plain one; as it stands, not at all.

    Angles in degrees. ``thigh_deg`` and ``shank_deg`` bend the knees at the bottom; ``late`` is how late the spine
    gives way; ``spine_leads_s`` holds the pelvis back at the onset; ``wink_deg`` is how far the pelvis falls back at
    the end of the descent; ``load_deg`` how much rounder than at the bottom the spine becomes on the way up;
    ``side_deg`` and ``turn_deg`` leave the sagittal plane at the bottom; ``top_lean_deg`` and ``top_spine_deg`` are the
    posture of lockout; ``shock_g`` comes with the reversal; ``stops`` interrupt the way up, each backing off a little;
    ``dip_deg`` is how far the way up gets before it goes back to the bottom once. In a lift from the floor, ``attempt``
    is the share of the way up that an attempt before this one reached, and ``wobble_deg`` a re-grip after the lowering.
    ``strokes`` is in how many a way is made, None as it takes.
    """

    thigh_deg: float = 0.0
    shank_deg: float = 0.0
    late: int = 2
    spine_leads_s: float = 0.0
    wink_deg: float = 0.0
    load_deg: float = 0.0
    side_deg: float = 0.0
    turn_deg: float = 0.0
    top_lean_deg: float = 0.0
    top_spine_deg: float = 0.0
    shock_g: float = 0.0
    stops: int = 0
    dip_deg: float = 0.0
    attempt: float = 0.0
    wobble_deg: float = 0.0
    strokes: int | None = None


@dataclass(frozen=True)
class Rep(RepPlan):
    """A plan with the manner in which it is carried out; a bottom pause below 0 turns round before it has stopped.

    In a lift from the floor ``spine_deg`` is the flexion of the set-up, and ``eccentric_s`` comes last.
    """

    manner: Manner = Manner()

    def bottom(self) -> dict[ChannelName, float]:
        """Return where trunk and legs are at the bottom."""
        how = self.manner
        return {"lean": self.depth_deg, "spine": self.spine_deg, "thigh": how.thigh_deg, "shank": how.shank_deg}


def down(stage: Stage, rep: Rep) -> Span:
    """Go to the bottom; return from when to when."""
    how = rep.manner
    start, stop = stage.now_s, stage.now_s + rep.eccentric_s
    lean_by = rep.depth_deg - stage.where("lean")
    spine_by = rep.spine_deg - stage.where("spine")
    if how.wink_deg:
        # What the pelvis would still have travelled in this time, and then back.
        stage.glide("lean", lean_by, start, stop, strokes=1)
        stage.glide("spine", spine_by, start, stop)
        stage.glide("spine", how.wink_deg + LEFT * (lean_by - spine_by), stop - WINK * rep.eccentric_s, stop)
    elif how.spine_leads_s:
        # The thorax goes alone at first: the spine takes all of its way, and gives back what the pelvis makes up.
        stage.glide("lean", lean_by, start, stop, strokes=1)
        stage.glide("spine", lean_by, start, stop)
        stage.glide("spine", spine_by - lean_by, start + how.spine_leads_s, stop)
    else:
        stage.glide("lean", lean_by, start, stop, strokes=how.strokes)
        stage.glide("spine", spine_by, start, stop, how.late)
    _legs(stage, how, (start, stop))
    askew(stage, how, (start, stop), 1)
    stage.hold(rep.eccentric_s)
    if how.shock_g:
        shock(stage, how.shock_g, stop + min(0.0, rep.bottom_pause_s / 2))
    return start, stop


def up(stage: Stage, rep: Rep) -> Span:
    """Go to lockout, with all that can go wrong on the way; return from when to when."""
    how = rep.manner
    start = stage.now_s
    if how.dip_deg:
        deepest = stage.where("lean")
        stage.move(rep.concentric_s * 0.35, {"lean": deepest - how.dip_deg})
        # Not quite as deep as before, so that there is no doubt which bottom is the deepest.
        stage.move(rep.concentric_s * 0.35, {"lean": deepest - CAUGHT_DEG})
    pull = stage.now_s
    _rise(stage, rep)
    stop = stage.now_s
    if how.load_deg:
        gives_way = pull + 0.4 * (stop - pull)
        stage.glide("spine", how.load_deg, pull, gives_way)
        stage.glide("spine", how.top_spine_deg - stage.where("spine"), gives_way, stop)
    else:
        stage.glide("spine", how.top_spine_deg - stage.where("spine"), pull, stop, -how.late)
    _legs(stage, None, (pull, stop))
    askew(stage, how, (pull, stop), -1)
    return start, stop


def upright(stage: Stage) -> dict[ChannelName, float]:
    """Return standing, as a person comes back to it: within two degrees or so."""
    lean, spine = stage.rng.normal(0.0, 1.0, 2)
    rest: dict[ChannelName, float] = {"side": 0.0, "bend": 0.0, "twist": 0.0, "shank": 0.0, "thigh": 0.0}
    return {"lean": float(lean), "spine": float(spine), **rest}


def shock(stage: Stage, size_g: float, at_s: float | None = None) -> None:
    """Feel a blow of this size from below, now or at a moment of its own."""
    middle = stage.now_s if at_s is None else at_s
    span = middle - SHOCK_S / 2, middle + SHOCK_S / 2
    size_m = size_g * GRAVITY / (2 * np.pi * SHOCK_HZ) ** 2
    stage.wave("y", size_m, SHOCK_HZ, span, fade_s=SHOCK_S / 2, phase=float(-np.pi * SHOCK_HZ * SHOCK_S + np.pi / 2))


def _rise(stage: Stage, rep: Rep) -> None:
    """Bring the trunk up, in one go or with stops, from each of which it slips back a little."""
    start, top = stage.where("lean"), rep.manner.top_lean_deg
    shares = stage.rng.dirichlet([30.0] * (rep.manner.stops + 1))
    for share, done in zip(shares, np.cumsum(shares), strict=True):
        by = start + (top - start) * done - stage.where("lean")
        seconds = rep.concentric_s * share
        stage.glide("lean", by, stage.now_s, stage.now_s + seconds, strokes=rep.manner.strokes)
        stage.hold(seconds)
        if done < 1 - share / 2:
            stage.move(SLIP_S, {"lean": stage.where("lean") + stage.rng.uniform(*SLIP_DEG)})


def _legs(stage: Stage, how: Manner | None, span: Span) -> None:
    """Bend the knees as it is this rep's manner, or stretch them."""
    thigh, shank = (how.thigh_deg, how.shank_deg) if how else (0.0, 0.0)
    stage.glide("thigh", thigh - stage.where("thigh"), *span)
    stage.glide("shank", shank - stage.where("shank"), *span)


def askew(stage: Stage, how: Manner, span: Span, sign: int) -> None:
    """Leave the sagittal plane on the way to the bottom (1), or come back to it (-1)."""
    stage.glide("side", sign * how.side_deg, *span)
    stage.glide("turn", sign * how.turn_deg, *span)
