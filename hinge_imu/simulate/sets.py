"""How a set of each lift is done on a stage: from standing, from the floor, and swinging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Literal

import numpy as np

from hinge_imu.simulate.performance import GRAVITY, Rep, askew, down, up, upright
from hinge_imu.simulate.script import Rebound, RepMark, Span
from hinge_imu.simulate.stage import Stage

SETTLING_S, SETTLED_S, MUCH_DEG = 0.4, 1.0, 8.0
"""How long it takes to take up another posture at the bar; how long it is rested when that is by more than so much."""

STANDING_HZ, STANDING_DAMPING = (4.5, 6.5), (0.3, 0.5)
"""Pitch and damping of a standing body's vertical resonance: near 5.5 Hz and heavily damped (Matsumoto & Griffin 2000,
Comparison of biodynamic responses in standing and seated human bodies, J. Sound Vib. 238(4):691)."""

LOAD = 0.3, 2.0
"""Load over body mass: from an empty bar to a heavy double; chosen."""

RELEASE_S = 0.03, 0.3
"""How long a load takes to leave the hands; chosen: fingers open in a few hundredths of a second."""

Ending = Literal["lowered", "dropped", "failed"]


def standing_set(stage: Stage, reps: Sequence[Rep], number: int) -> None:
    """Lift a set whose reps start standing."""
    for rep in reps:
        way_down = down(stage, rep)
        rest = stage.hold(rep.bottom_pause_s)
        stage.rep(RepMark(number, starts_bent=False, down=way_down, rest=rest, up=up(stage, rep)))
        stage.hold(rep.top_pause_s)


def floor_set(stage: Stage, reps: Sequence[Rep], number: int, ending: Ending = "lowered") -> None:
    """Lift a set from the floor: go to the bar, pull and lower, and leave it there.

    The last may be dropped from lockout, or be followed by an attempt that fails.
    """
    rest = set_up(stage, reps[0])
    for rep, after in zip_longest(reps, reps[1:]):
        if rep.manner.attempt:
            rest = failed(stage, rep)
        way_up = up(stage, rep)
        stage.hold(rep.top_pause_s)
        dropped = after is None and ending == "dropped"
        way_down = None if dropped else down(stage, rep)
        stage.rep(RepMark(number, starts_bent=True, down=way_down, rest=rest, up=way_up))
        if dropped:
            recoil(stage, way_up)
        else:
            rest = _on_the_floor(stage, rep, after or rep)
    if ending == "failed":
        failed(stage, replace(reps[-1], manner=replace(reps[-1].manner, attempt=stage.rng.uniform(0.2, 0.6))))
    if ending != "dropped":
        stand_up(stage)


def swing_set(stage: Stage, reps: Sequence[Rep], number: int) -> None:
    """Swing a bell: from the floor in front through the hike, then cycle after cycle, and park it there again."""
    rng, first, last = stage.rng, reps[0], reps[-1]
    with stage.distractor("set_up"):
        reach = first.depth_deg * rng.uniform(0.85, 1.05)
        askew(stage, first.manner, stage.move(rng.uniform(1.2, 2.2), {**first.bottom(), "lean": reach}), 1)
        stage.hold(rng.uniform(0.4, 2.5))
        hike = stage.move(rng.uniform(0.4, 0.6), {"lean": first.depth_deg + rng.uniform(0.0, 6.0)})
    rest, way_down = (hike[1], hike[1]), None
    for rep in reps:
        if rep is not first:
            way_down = down(stage, rep)
            rest = stage.hold(rep.bottom_pause_s)
        else:
            stage.hold(rep.bottom_pause_s)
        stage.rep(RepMark(number, starts_bent=rep is first, down=way_down, rest=rest, up=up(stage, rep)))
        stage.hold(rep.top_pause_s)
    with stage.distractor("park"):
        down(stage, last)
        stage.move(rng.uniform(0.4, 0.7), {"lean": last.depth_deg * rng.uniform(0.85, 1.0)})
        stage.hold(rng.uniform(0.2, 1.0))
    stand_up(stage)


def set_up(stage: Stage, rep: Rep) -> Span:
    """Bend to the bar, grip it and wedge in; return how long the lifter is down there before the pull."""
    rng = stage.rng
    with stage.distractor("set_up"):
        loose = {
            **rep.bottom(),
            "lean": rep.depth_deg + rng.uniform(0.0, 12.0),
            "spine": rep.spine_deg + rng.uniform(0.0, 12.0),
            "thigh": rep.manner.thigh_deg * rng.uniform(0.4, 1.0),
        }
        _, start = stage.move(rng.uniform(1.0, 2.5), loose, {"spine": 2})
        gripping = stage.hold(rng.uniform(0.3, 2.5))
        stage.wave("lean", rng.uniform(0.3, 1.5), rng.uniform(0.5, 1.0), gripping)
        askew(stage, rep.manner, stage.move(rng.uniform(0.4, 1.0), rep.bottom()), 1)
        _, stop = stage.hold(rng.uniform(0.5, 1.5))
    return start, stop


def failed(stage: Stage, rep: Rep) -> Span:
    """Pull part of the way up, turn back, and be at the bottom again; return the breath that is taken after it."""
    reached = rep.manner.attempt
    there = {channel: stage.where(channel) for channel in rep.bottom()}
    stage.hold(stage.rng.uniform(0.5, 1.5))
    with stage.distractor("failed_rep"):
        seconds = rep.concentric_s * reached * 1.6
        stage.move(seconds, {channel: place * (1 - reached) for channel, place in there.items()})
        stage.hold(stage.rng.uniform(-0.1, 0.4))
        stage.move(seconds * stage.rng.uniform(0.5, 0.9), there)
    return stage.hold(stage.rng.uniform(0.8, 3.0))


def stand_up(stage: Stage) -> None:
    """Stand up with empty hands, which looks like no pull: quicker or slower, rounder, and never quite as before."""
    rng = stage.rng
    with stage.distractor("standing_up"):
        round_back = stage.where("spine") + rng.uniform(5.0, 15.0)
        seconds = rng.uniform(0.8, 2.2)
        start = stage.now_s
        stage.glide("spine", round_back - stage.where("spine"), start, start + 0.5 * seconds)
        stage.move(seconds, upright(stage), {"spine": 2})


def recoil(stage: Stage, pull: Span) -> None:
    """Let a bar go from lockout: legs and back spring up by what they have given way under it, and stay standing.

    They have given way by M g / k, which is (M / m) g / (2 pi f)^2. Who lets it roll off the fingers is rid of it at
    once; who follows it a little, or leans it on the thighs, is so only in a while, and hardly springs.
    """
    rng = stage.rng
    hz = float(rng.uniform(*STANDING_HZ))
    by = float(rng.uniform(*LOAD)) * GRAVITY / (2 * np.pi * hz) ** 2
    stage.glide("y", -by, *pull)
    release_s = float(np.exp(rng.uniform(*np.log(RELEASE_S))))
    damping = float(rng.uniform(*STANDING_DAMPING))
    stage.rebound(Rebound("y", by, hz, damping, release_s, *stage.hold(rng.uniform(1.0, 1.4))))


def _on_the_floor(stage: Stage, rep: Rep, after: Rep) -> Span:
    """Rest after a lowering, and settle as the next pull wants it; what differs much takes its time."""
    way = {channel: place - rep.bottom()[channel] for channel, place in after.bottom().items()}
    anew = rep.bottom_pause_s > 0 and max(map(abs, way.values())) > MUCH_DEG
    rest = stage.hold(max(rep.bottom_pause_s, SETTLED_S) if anew else rep.bottom_pause_s)
    span = rest[0], rest[0] + SETTLING_S
    # Who touches and goes pulls from where the bar came down.
    for channel, by in way.items() if rest[1] >= span[1] else ():
        stage.glide(channel, by, *span, strokes=1)
    stage.glide("side", after.manner.side_deg - rep.manner.side_deg, *span)
    stage.glide("turn", after.manner.turn_deg - rep.manner.turn_deg, *span)
    if rep.manner.wobble_deg:
        stage.wave("lean", rep.manner.wobble_deg, stage.rng.uniform(0.5, 1.0), rest)
    return rest
