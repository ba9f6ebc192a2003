"""Which of the bends of a set are repetitions, and what the others are.

    each by itself   sat         the pelvis is rolled back under an upright trunk before or after it
                     lay         before or after it the trunk was not upright
                     squat       low hips under a trunk that hardly leans
                     busy        long at the bottom with a round back: tying shoes, loading plates
    alone, or two    errand      in haste, or with hands at work, or walking right before or after it, or getting up
    in its set       other       the first ones or the last ones, rather errands than reps like the rest
                     unloaded    the last standing-up of a lift from the floor: the bar stays there
                     small       less than half of what the others do, a pull that is given up, or less than the least

All are chosen for what the movement is, and tried on people and simulated lifters (`docs/reps.md`). Where nothing
speaks against it, a bend is a repetition.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from hinge_imu.profiles import Profile
from hinge_imu.reps.alike import edges
from hinge_imu.reps.bar import unloaded
from hinge_imu.reps.errands import errands
from hinge_imu.reps.metrics import Bent
from hinge_imu.reps.phases import median
from hinge_imu.reps.squats import squat_limits, squatted, with_squats
from hinge_imu.reps.standing import STUCK_DEG, UPRIGHT_DEG, slumped
from hinge_imu.reps.verdicts import Context, Verdict

SAT, SAT_AT_BAR, KNEES_DEG, LIES_M = (0.3, 5.0), (0.35, 8.0), 65.0, 0.45
"""And so do they who lean on their knees, with hips so much lower (m) for longer than this (s), and a trunk that leans
by less than the third, as far as knees are high, or hips lower than the last; at a bar one may be low, and take one's
time."""

BUSY_S, ROUND_SHARE, STAYED_S = 3.0, 0.6, 10.0
"""At the bottom for longer than the first, with more of the spine's range used than the second, hands are at work; and
so they are, or somebody sits with elbows on knees, for longer than the last."""

SPINE_DEG = 60.0
"""What a spine flexes from standing to a full toe touch, where the wearer's own is not known (upper back to sacrum)."""

SWUNG_DEG_S = 80.0
"""A swing is faster at its fastest: 60 degrees in half a second peak at twice as much."""

SMALL = 0.5
"""Share of the others' range of motion that a repetition must have."""

STUCK, NOT_UP_DEG, NOT_HELD_S = 0.65, 20.0, 1.0
"""And a pull from the floor this share of their way up, where it ends with a lean of more than the second, and the bar
is not held there for longer than the third."""


def judge(bends: Sequence[Bent], profile: Profile, context: Context, spine_deg: float = SPINE_DEG) -> list[Verdict]:
    """Return what each bend of a set is, as far as the bends up to now tell."""
    verdicts = [_alone(bend, profile, spine_deg) for bend in bends]
    verdicts = with_squats(bends, verdicts, profile, begins=context.begins, over=context.over)
    left = [number for number, verdict in enumerate(verdicts) if verdict == "rep"]

    def tell(numbers: Sequence[int], verdict: Verdict) -> None:
        for number in numbers:
            verdicts[number] = verdict
            left.remove(number)

    tell(errands(bends, verdicts, left, profile, context), "errand")
    tell(edges(bends, left, profile, context), "other")
    tell(errands(bends, verdicts, left, profile, context), "errand")  # what is left may be alone now
    tell(unloaded(bends, left, profile, over=context.over), "unloaded")
    tell(_small(bends, left, profile), "small")
    return verdicts


@lru_cache(64)
def _alone(bend: Bent, profile: Profile, spine_deg: float) -> Verdict:
    """Return the first of what it is by itself; a rep where it is none of that."""
    floor = profile.starts == "floor"
    low_m, low_s = SAT_AT_BAR if floor else SAT
    low_m = low_m if bend.descent_deg < KNEES_DEG else LIES_M
    seated = bend.sunk_m > low_m and bend.down_s > low_s
    rounded = (bend.spine_deg or 0.0) > ROUND_SHARE * spine_deg and not profile.may_round
    longest_s = BUSY_S if rounded and not profile.starts_bent else STAYED_S
    found: dict[Verdict, bool] = {
        "sat": slumped(*bend.top) or slumped(*bend.before) or seated,
        "lay": bend.lay or bend.leant_deg > (STUCK_DEG if floor else UPRIGHT_DEG),
        "other": profile.starts == "hike" and bend.peak_rates[1] < SWUNG_DEG_S,
        "small": floor and bend.ascent_deg < profile.least_rom_deg,
        "squat": squatted(bend, *squat_limits(profile)),
        "busy": bend.dwell_s > longest_s and not bend.tries_s,
    }
    return next((verdict for verdict, is_so in found.items() if is_so), "rep")


def _small(bends: Sequence[Bent], left: list[int], profile: Profile) -> list[int]:
    if len(left) < 3 or profile.starts == "hike":
        return []
    middle = median([bends[number].descent_deg for number in left])
    small = [number for number in left if bends[number].descent_deg < SMALL * middle]
    return [*small, *_stuck(bends, [number for number in left if number not in small], profile)]


def _stuck(bends: Sequence[Bent], left: list[int], profile: Profile) -> list[int]:
    """Return the pulls from the floor that were given up on their way."""
    if profile.starts != "floor":
        return []
    middle = median([bends[number].ascent_deg for number in left])
    return [
        number
        for number in left
        if bends[number].ascent_deg < STUCK * middle
        and max(bends[number].top) > NOT_UP_DEG
        and number + 1 < len(bends)
        and bends[number + 1].eccentric.start - bends[number].concentric.end < NOT_HELD_S
    ]
