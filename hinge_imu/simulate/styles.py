"""How people do each lift: ranges from which one lifter's habits are drawn, and around those each single rep.

The ranges are chosen so that a clean set stays inside the limits that coaches teach, and a floor deadlift starts with
the flexion that trained lifters show (13 + 20 deg: Bengtsson et al. 2022, n = 24).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from hinge_imu.simulate.lifter import Body
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.plan import for_tempo

Range = tuple[float, float]
Tempo = tuple[float, float, float, float]


class Style(NamedTuple):
    """Ranges of one exercise: lean, spine flexion, thigh and shank at the bottom in deg; the four digits of tempo in s.

    ``askew`` is how far single reps leave the sagittal plane, in deg; ``late`` how late the spine gives way;
    ``touch_g`` the blow of touching floor or wall.
    """

    lean: Range
    spine: Range
    eccentric: Range
    bottom_pause: Range
    concentric: Range
    top_pause: Range
    thigh: Range = (0.0, 12.0)
    shank: Range = (0.0, 5.0)
    askew: float = 1.5
    late: tuple[int, ...] = (1, 2, 3)
    touch_g: Range = (0.0, 0.0)


STYLES: dict[str, Style] = {
    "hinge": Style((55, 88), (2, 17), (1.2, 3.5), (0.1, 1.2), (0.8, 2.0), (0.5, 2.5)),
    "rdl": Style((52, 85), (2, 17), (1.4, 6.0), (0.0, 1.0), (0.8, 2.2), (0.3, 2.5)),
    "good_morning": Style((50, 78), (2, 16), (1.3, 4.0), (0.0, 0.8), (0.9, 2.2), (0.4, 2.0)),
    "deadlift": Style(
        (52, 78), (15, 34), (0.9, 2.6), (0.1, 3.5), (0.9, 2.8), (0.4, 2.0), (12, 32), (3, 14), touch_g=(0.03, 0.3)
    ),
    "kettlebell_deadlift": Style(
        (45, 68), (10, 26), (0.9, 2.2), (0.1, 2.0), (0.8, 1.8), (0.4, 1.6), (15, 38), (4, 14), touch_g=(0.02, 0.15)
    ),
    "swing": Style((55, 78), (6, 26), (0.5, 0.75), (-0.12, -0.06), (0.5, 0.7), (0.05, 0.4), (3, 18), (0, 6)),
    "single_leg": Style((50, 82), (3, 17), (1.5, 4.0), (0.1, 1.0), (1.0, 2.4), (0.6, 2.5), (5, 15), (2, 8), 5.0),
    "kneeling": Style((35, 62), (2, 15), (1.2, 3.0), (0.1, 1.0), (0.8, 2.0), (0.5, 2.0), (0, 0), (0, 0)),
    # Who bends freely flexes the spine first and the hips after it.
    "toe_touch": Style(
        (92, 125), (38, 68), (1.0, 3.0), (0.2, 2.0), (1.0, 2.5), (0.5, 2.0), (-12, 0), (0, 0), late=(-3, -2, 1)
    ),
    "wall": Style((42, 66), (2, 14), (1.3, 3.0), (0.1, 1.0), (0.8, 2.0), (0.6, 2.5), touch_g=(0.0, 0.08)),
    "dowel": Style((48, 75), (-4, 8), (1.5, 4.0), (0.1, 1.2), (1.0, 2.5), (0.6, 2.5)),
}
"""Of every exercise that can be lifted on purpose."""

HASTE_S = 0.25
"""By how much at most a movement begins before the one before it is over; chosen."""

FROM_THE_FLOOR: frozenset[str] = frozenset({"deadlift", "kettlebell_deadlift"})


@dataclass(frozen=True)
class Habits:
    """One lifter's way with one exercise: the rep as it is meant, how much reps differ, how tired a set makes.

    ``spread`` is a share of each amount, ``depth_spread`` that of the depth, which a bar on the floor does not leave
    free; ``tiring`` is by how much the last way up takes longer than the first.
    """

    meant: Rep
    spread: float
    depth_spread: float
    tiring: float
    askew_deg: float

    def rep(self, rng: np.random.Generator, done: float = 0.0) -> Rep:
        """Draw one rep; ``done`` runs from 0 for the first of a set to 1 for the last."""
        plan, how = self.meant, self.meant.manner

        def about(amount: float, spread: float = self.spread) -> float:
            return amount * float(1 + spread * np.clip(rng.standard_normal(), -2, 2))

        tired = 1 + self.tiring * done
        return replace(
            plan,
            depth_deg=about(plan.depth_deg, self.depth_spread),
            spine_deg=plan.spine_deg + float(rng.uniform(-1.5, 1.5)) + 3.0 * self.tiring * done,
            eccentric_s=about(plan.eccentric_s),
            bottom_pause_s=about(plan.bottom_pause_s),
            concentric_s=about(plan.concentric_s) * tired,
            top_pause_s=about(plan.top_pause_s) * tired,
            manner=replace(
                how,
                thigh_deg=about(how.thigh_deg),
                side_deg=how.side_deg + float(rng.normal(0, self.askew_deg / 2)),
                turn_deg=how.turn_deg + float(rng.normal(0, self.askew_deg / 2)),
                top_lean_deg=how.top_lean_deg + float(rng.normal(0, 0.7)),
                top_spine_deg=how.top_spine_deg + float(rng.normal(0, 0.7)),
            ),
        )


def habits(rng: np.random.Generator, exercise: str, tempo: Tempo | None = None) -> Habits:
    """Draw a lifter's habits; with a tempo, those of one who keeps it.

    Raises
    ------
    ValueError
        Where there is no such exercise; the message lists those that there are.
    """
    if exercise not in STYLES:
        raise ValueError(f"--exercise {exercise}: is not simulated; these are: {', '.join(STYLES)}")
    style = STYLES[exercise]
    drawn = (style.eccentric, style.bottom_pause, style.concentric, style.top_pause)
    down, bottom, up, top = (float(rng.uniform(*digit)) for digit in drawn)
    lean, spine = float(rng.uniform(*style.lean)), float(rng.uniform(*style.spine))
    manner = Manner(
        thigh_deg=float(rng.uniform(*style.thigh)),
        shank_deg=float(rng.uniform(*style.shank)),
        late=int(rng.choice(style.late)),
        side_deg=float(rng.normal(0, style.askew / 2)),
        turn_deg=float(rng.normal(0, style.askew / 2)),
        shock_g=float(rng.uniform(*style.touch_g)),
        strokes=None if tempo is None else 1,
    )
    meant = Rep(lean, spine, down, bottom, up, top, manner)
    if tempo is not None:
        timed = for_tempo(lean, spine, tempo)
        # The slow ends of the movements, which count as rest: a pause shorter than they are is turned round in.
        ends = (timed.eccentric_s - tempo[0] + timed.concentric_s - tempo[2]) / 2
        meant = replace(
            meant,
            eccentric_s=timed.eccentric_s,
            bottom_pause_s=max(-HASTE_S, tempo[1] - ends),
            concentric_s=timed.concentric_s,
            top_pause_s=max(-HASTE_S, tempo[3] - ends),
        )
    spread = 0.03 if tempo else float(rng.uniform(0.03, 0.09))
    depth_spread = 0.3 * spread if exercise in FROM_THE_FLOOR else spread
    return Habits(meant, spread, depth_spread, 0.0 if tempo else float(rng.uniform(0.0, 0.5)), style.askew)


def body(rng: np.random.Generator, exercise: str) -> Body:
    """Draw a lifter's build, 1.5 to 2 m tall, and how the legs go along with the pelvis."""
    size = rng.uniform(0.86, 1.14)
    share = {"kneeling": 0.0, "toe_touch": 0.3}.get(exercise, float(rng.uniform(0.38, 0.5)))
    return Body(
        shank_m=0.43 * size * rng.uniform(0.95, 1.05),
        thigh_m=0.43 * size * rng.uniform(0.95, 1.05),
        pelvis_m=0.10 * size,
        spine_m=0.36 * size * rng.uniform(0.92, 1.08),
        back_m=rng.uniform(0.07, 0.13),
        shank_share=0.0 if exercise == "kneeling" else 0.04,
        thigh_share=share,
    )
