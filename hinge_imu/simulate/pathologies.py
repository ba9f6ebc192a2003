"""Reps with a fault, graded: how far beyond its limit a rep is, or how far inside, in the limit's own unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from hinge_imu.simulate.lifter import Body
from hinge_imu.simulate.performance import Rep
from hinge_imu.simulate.styles import FROM_THE_FLOOR, STYLES, Tempo
from hinge_imu.simulate.verdicts import ROUNDING_DEG

Mishap = Callable[[Rep, np.random.Generator], Rep]

SEEN = 0.827
"""The share of a minimum-jerk movement in which its rate is above a tenth of its peak."""

LOCKOUT_S = 1.0
"""Who takes it for a lockout holds it for so long, as until somebody's call; chosen."""


class Wanted(NamedTuple):
    """What a pathology is to do: how far beyond the limit, in which exercise, against which tempo and depth."""

    beyond: float
    exercise: str
    tempo: Tempo
    depth_deg: float
    rng: np.random.Generator


class Pathology(NamedTuple):
    """One fault: what makes a rep of it, how far beyond its limit it typically is, and in which lifts it is one."""

    of: Callable[[Rep, Wanted], Rep]
    typical: float
    lifts: frozenset[str]


def pathological(rep: Rep, fault: str, exercise: str, rng: np.random.Generator, **wanted: Any) -> Rep:
    """Return the rep with a fault.

    Parameters
    ----------
    beyond
        By how much more than the limit, in the limit's own unit (deg, s, g, or a share); less than 0 stays inside.
        Without, or None, what is typical.
    tempo
        What is prescribed: digits in s. Without, what the rep itself was going to take.
    depth_deg
        What is usual in the set. Without, what the rep itself was going to reach.

    Raises
    ------
    ValueError
        Where there is no such fault, or not in this exercise; the message lists those that there are.
    """
    pathology = PATHOLOGIES.get(fault)
    if pathology is None or exercise not in pathology.lifts:
        known = ", ".join(name for name, each in PATHOLOGIES.items() if exercise in each.lifts)
        raise ValueError(f"--fault {fault}: is no fault of the exercise {exercise}; these are: {known}")
    beyond = wanted.get("beyond")
    own = SEEN * rep.eccentric_s, rep.bottom_pause_s, SEEN * rep.concentric_s, rep.top_pause_s
    told = Wanted(
        beyond=pathology.typical if beyond is None else beyond,
        exercise=exercise,
        tempo=wanted.get("tempo") or own,
        depth_deg=wanted.get("depth_deg", rep.depth_deg),
        rng=rng,
    )
    return pathology.of(rep, told)


def _manner(rep: Rep, **changes: float) -> Rep:
    return replace(rep, manner=replace(rep.manner, **changes))  # type: ignore[arg-type]  # none of them is an int


def _rounded(rep: Rep, wanted: Wanted) -> Rep:
    """Flex the spine too far; in a floor lift, every other time only under the load."""
    if wanted.exercise in FROM_THE_FLOOR and wanted.rng.random() < 0.5:
        return _manner(replace(rep, spine_deg=min(rep.spine_deg, 28.0)), load_deg=10.0 + wanted.beyond)
    flexion = ROUNDING_DEG.get(wanted.exercise, 25.0) + wanted.beyond
    # All the way down and up alike: a spine that gives way late would be a butt wink besides.
    evenly = replace(rep.manner, late=1)
    return replace(rep, spine_deg=flexion, depth_deg=max(rep.depth_deg, flexion + 18.0), manner=evenly)


def _arched(rep: Rep, wanted: Wanted) -> Rep:
    return replace(rep, spine_deg=-10.0 - wanted.beyond)


def _winking(rep: Rep, wanted: Wanted) -> Rep:
    return _manner(replace(rep, spine_deg=min(rep.spine_deg, 0.0)), wink_deg=5.0 + wanted.beyond)


def _spine_first(rep: Rep, wanted: Wanted) -> Rep:
    return _manner(rep, spine_leads_s=0.10 + wanted.beyond)


def _short_of_lockout(rep: Rep, wanted: Wanted) -> Rep:
    return _manner(replace(rep, top_pause_s=max(0.6, rep.top_pause_s)), top_lean_deg=8.0 + wanted.beyond)


def _leaning_back(rep: Rep, wanted: Wanted) -> Rep:
    """Lean back over an arched spine, or from the feet with hips pushed through."""
    arched = wanted.rng.random() < 0.5
    lean, spine = (-5.0 - wanted.beyond, -8.0 - wanted.beyond) if arched else (-8.0 - wanted.beyond, 0.0)
    return _manner(replace(rep, top_pause_s=max(0.6, rep.top_pause_s)), top_lean_deg=lean, top_spine_deg=spine)


def _dropped(rep: Rep, wanted: Wanted) -> Rep:
    return replace(rep, eccentric_s=(0.7 - wanted.beyond) / SEEN)


def _bounced(rep: Rep, wanted: Wanted) -> Rep:
    return _manner(
        replace(rep, eccentric_s=0.95, bottom_pause_s=-0.18, concentric_s=min(rep.concentric_s, 1.3)),
        shock_g=0.8 + wanted.beyond,
    )


def _partial(rep: Rep, wanted: Wanted) -> Rep:
    """Stop half way: down, or from the floor, up; there it is held for a lockout, for a pull that turns back failed."""
    share = 0.70 - wanted.beyond
    if wanted.exercise in FROM_THE_FLOOR:
        held = replace(rep, top_pause_s=max(LOCKOUT_S, rep.top_pause_s))
        return _manner(held, top_lean_deg=rep.depth_deg - share * wanted.depth_deg)
    return replace(rep, depth_deg=share * wanted.depth_deg, spine_deg=share * rep.spine_deg)


def _off_tempo(rep: Rep, wanted: Wanted) -> Rep:
    """Take too long on the way down or up, or too little where that can be."""
    down, _, up, _ = wanted.tempo
    on_the_way_down = wanted.rng.random() < 0.5
    digit = down if on_the_way_down else up
    off = max(0.0, max(0.3, 0.2 * digit) + wanted.beyond)
    seconds = digit - off if digit - off > 0.8 and wanted.rng.random() < 0.5 else digit + off
    if on_the_way_down:
        return replace(rep, eccentric_s=rep.eccentric_s * seconds / digit)
    return replace(rep, concentric_s=rep.concentric_s * seconds / digit)


def _askew(rep: Rep, wanted: Wanted) -> Rep:
    """Let the pelvis tip, or turn, to one side."""
    amount = float(wanted.rng.choice([-1, 1])) * (15.0 + wanted.beyond)
    return _manner(rep, side_deg=amount) if wanted.rng.random() < 0.5 else _manner(rep, turn_deg=amount)


def _squatted(rep: Rep, wanted: Wanted) -> Rep:
    """Sink between the knees, with a trunk that stays up: thighs lean further than the thorax."""
    lean = max(40.0, 0.7 * rep.depth_deg)
    spine = min(rep.spine_deg, 15.0)
    thigh = (1.15 + wanted.beyond) * lean - Body.thigh_share * (lean - spine)
    return _manner(replace(rep, depth_deg=lean, spine_deg=spine), thigh_deg=thigh, shank_deg=22.0)


ALL = frozenset(STYLES)
NOT_SWINGS = ALL - {"swing"}
STRAIGHT = NOT_SWINGS - FROM_THE_FLOOR - {"toe_touch"}

PATHOLOGIES: dict[str, Pathology] = {
    "spine_rounding": Pathology(_rounded, 8.0, ALL - {"toe_touch"}),
    "spine_arching": Pathology(_arched, 6.0, NOT_SWINGS - {"toe_touch"}),
    "butt_wink": Pathology(_winking, 5.0, STRAIGHT),
    "spine_first": Pathology(_spine_first, 0.12, STRAIGHT),
    "incomplete_lockout": Pathology(_short_of_lockout, 5.0, ALL),
    "overextended_lockout": Pathology(_leaning_back, 5.0, ALL),
    "uncontrolled_lowering": Pathology(_dropped, 0.2, NOT_SWINGS),
    "bounce": Pathology(_bounced, 0.8, NOT_SWINGS),
    "partial_rep": Pathology(_partial, 0.1, NOT_SWINGS),
    "off_tempo": Pathology(_off_tempo, 0.6, NOT_SWINGS),
    "not_square": Pathology(_askew, 8.0, ALL),
    "squat_pattern": Pathology(_squatted, 0.5, frozenset({"hinge", "rdl", "deadlift"})),
}
"""Every fault that there is, by name."""


def hitched(rep: Rep, rng: np.random.Generator) -> Rep:
    """Stop two or three times on the way up."""
    return replace(_manner(rep, stops=int(rng.integers(2, 4))), concentric_s=rep.concentric_s * 1.5)


def bounced_twice(rep: Rep, rng: np.random.Generator) -> Rep:
    """Come up a little, go back to the bottom, and then come up."""
    return _manner(rep, dip_deg=float(rng.uniform(0.12, 0.3)) * rep.depth_deg)


def paused(rep: Rep, rng: np.random.Generator) -> Rep:
    """Stay at the bottom, or at the top."""
    seconds = float(rng.uniform(2.0, 6.0))
    return replace(rep, bottom_pause_s=seconds) if rng.random() < 0.5 else replace(rep, top_pause_s=seconds)


def tried_in_vain(rep: Rep, rng: np.random.Generator) -> Rep:
    """Fail at first."""
    return _manner(rep, attempt=float(rng.uniform(0.2, 0.62)))


def gripped_anew(rep: Rep, rng: np.random.Generator) -> Rep:
    """Take a new grip on the floor."""
    return _manner(replace(rep, bottom_pause_s=float(rng.uniform(2.0, 5.0))), wobble_deg=float(rng.uniform(1.5, 6.0)))


MISHAPS: dict[str, Mishap] = {"hitching": hitched, "double_bounce": bounced_twice, "long_pause": paused}
"""What happens to reps that are reps all the same, in every lift but the swing."""

FLOOR_MISHAPS: dict[str, Mishap] = {**MISHAPS, "failed_rep": tried_in_vain, "re_grip": gripped_anew}
"""What happens with a bar on the floor."""
