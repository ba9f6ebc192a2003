"""A wearer's calibration judged line by line: what was seen, what it is worth, and why it is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Self

import msgspec
import numpy as np

from hinge_imu.app.findings import Limit, Verdict
from hinge_imu.app.wearers import Stored
from hinge_imu.config import Segment
from hinge_imu.events import SensorEvent
from hinge_imu.motion.movements import DEEP, STRAIGHT, Kind, Measured
from hinge_imu.samples import SEGMENTS, Bools, Worn

FEWEST, ENOUGH = 2, 3
"""One hinge cannot agree with another; three can outvote a stumble. Chosen."""

APART_DEG = Limit(6.0, 10.0)
"""Bends of one wearer go the same way within some 8 degrees; 10 degrees aside cost 1 degree of a deep lean. Chosen."""

What = Literal["sensors", "stance", "hinges", "forward", "straps", "flexion", "extension"]

WHY: dict[Kind, str] = {
    "shallow": f"leant less than {DEEP:.0f} degrees",
    "toe_touch": f"rounded the back by more than {STRAIGHT:.0f} degrees",
    "cat_cow": "were on all fours",
    "broken": "were not seen whole",
    "unsure": "came from the back more than from the hips",
}
"""What was wrong with bends that are no hinges."""

DEEPER = "bend slowly at the hips, back straight, until the trunk leans by 50 degrees or more, and come up; three times"


class Moved(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="movement"):
    """A movement that is over, as it was seen at that moment: largest inclinations and extremes of the spine, deg.

    ``hinges`` is how many there are by now; what could not be measured is null.
    """

    kind: Kind
    start_s: float
    end_s: float
    thorax_deg: float | None
    pelvis_deg: float | None
    flexion_deg: float | None
    extension_deg: float | None
    hinges: int

    @classmethod
    def of(cls, measured: Measured, hinges: int) -> Self:
        """Return a measured movement as plain numbers."""
        numbers = {name: _number(getattr(measured, name)) for name in cls.__struct_fields__ if name.endswith("_deg")}
        return cls(kind=measured.kind, start_s=measured.start_s, end_s=measured.end_s, hinges=hinges, **numbers)


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="calibration"):
    """One line about a wearer: what was looked at, the number behind it, the verdict, and what mends it."""

    what: What
    segment: Segment | None = None
    value: float | None = None
    unit: str | None = None
    verdict: Verdict = "good"
    text: str
    mend: str | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="calibrated"):
    """Where a wearer's calibration went, and where the older one is now; ``stored`` null: it was refused."""

    athlete: str
    stored: str | None
    older: str | None = None
    text: str


class Seen(NamedTuple):
    """What a round has seen: the segments that carry a board, which stood still (2,), what moved, and what slipped.

    ``boards`` is how they sat after the last hinge, empty where there was none.
    """

    worn: tuple[Segment, ...]
    stood: Bools
    moved: list[Measured]
    slipped: list[SensorEvent]
    boards: Mapping[Segment, Worn]


class Result(NamedTuple):
    """What came of a wearer: the lines, and what to store, None where it is refused."""

    athlete: str
    lines: list[Line]
    stored: Stored | None


def judge(athlete: str, seen: Seen, about: Mapping[str, Any]) -> Result:
    """Judge one round; ``about`` are the fields of `Stored` that say where it is from, and when."""
    hinges = [each for each in seen.moved if each.kind == "hinge"]
    lines = _prepared(seen)
    if not any(line.verdict == "mend" for line in lines):
        lines += [_hinges(seen.moved, len(hinges)), *_straps(seen.slipped), *_forward(hinges)]
    if any(line.verdict == "mend" for line in lines):
        return Result(athlete, lines, None)
    flexion, extension = limits(seen.moved)
    lines += [_flexion(flexion), _extension(extension)]
    stored = Stored(
        athlete=athlete,
        hinges=len(hinges),
        disagreement_deg=round(float(_apart(hinges).max()), 2),
        worn=dict(seen.boards),
        spine_flexion_deg=flexion,
        spine_extension_deg=extension,
        **about,
    )
    return Result(athlete, lines, stored)


def limits(moved: Sequence[Measured]) -> tuple[float | None, float | None]:
    """Return the largest and the smallest spine flexion that was shown on purpose, in deg, None where neither was.

    Rounding shows in a toe touch and on all fours, arching on all fours alone: standing, people lean back instead.
    """
    rounded = [each.flexion_deg for each in moved if each.kind in {"toe_touch", "cat_cow"}]
    arched = [each.extension_deg for each in moved if each.kind == "cat_cow"]
    return (round(max(rounded), 1) if rounded else None, round(min(arched), 1) if arched else None)


def _prepared(seen: Seen) -> list[Line]:
    """Return whether there are two boards, and both saw the wearer stand still."""
    missing = [segment for segment in SEGMENTS if segment not in seen.worn]
    if missing:
        mend = "both boards are needed: wear the whole strap, and calibrate again"
        return [Line(what="sensors", segment=each, text="is not there", verdict="mend", mend=mend) for each in missing]
    moved = [segment for segment, stood in zip(SEGMENTS, seen.stood, strict=True) if not stood]
    if not moved:
        return [Line(what="stance", text="stood still")]
    mend = "stand still for a second before the first hinge; `hinge-imu check` tells whether the board works"
    return [Line(what="stance", segment=each, text="never stood still", verdict="mend", mend=mend) for each in moved]


def _hinges(moved: Sequence[Measured], hinges: int) -> Line:
    others = Counter(each.kind for each in moved if each.kind != "hinge")
    # A toe touch and cat-cow are asked for after the hinges; before there are any they explain what is missing.
    why = "; ".join(f"{count} {WHY[kind]}" for kind, count in others.items())
    if not moved:
        return Line(what="hinges", value=0, text="no bend was seen", verdict="mend", mend=DEEPER)
    if hinges < FEWEST:
        text = f"{hinges} whole hinge{'s' * (hinges != 1)}" + (f"; of the other bends {why}" if why else "")
        return Line(what="hinges", value=hinges, text=text, verdict="mend", mend=DEEPER)
    enough = hinges >= ENOUGH
    mend = None if enough else "three tell more than two"
    return Line(
        what="hinges", value=hinges, text=f"{hinges} whole hinges", verdict="good" if enough else "mind", mend=mend
    )


def _straps(slipped: Sequence[SensorEvent]) -> list[Line]:
    mend = "tighten the strap, and calibrate again"
    return [
        Line(what="straps", segment=each.segment, text="its strap slipped meanwhile", verdict="mend", mend=mend)
        for each in slipped
    ]


def _forward(hinges: Sequence[Measured]) -> list[Line]:
    """Judge for each board how far apart the ways are that the hinges went, forward as it was learnt among them."""
    if len(hinges) < FEWEST:
        return []
    lines = []
    for segment, apart in zip(SEGMENTS, _apart(hinges).tolist(), strict=True):
        verdict = APART_DEG.verdict(apart)
        mend = "stand with both feet level, bend straight forward without turning, and calibrate again"
        text = f"hinges went the same way within {max(apart, 0.1):.1f} degrees"
        if verdict == "mend":
            text = f"hinges went different ways, {apart:.0f} degrees apart"
        lines.append(
            Line(
                what="forward",
                segment=segment,
                value=apart,
                unit="deg",
                text=text,
                verdict=verdict,
                mend=None if verdict == "good" else mend,
            )
        )
    return lines


def _apart(hinges: Sequence[Measured]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    ways = np.array([np.zeros(len(SEGMENTS)), *(each.ways_deg for each in hinges)])
    apart: np.ndarray[tuple[int], np.dtype[np.float64]] = np.ptp(ways, axis=0)
    return apart


def _flexion(value: float | None) -> Line:
    if value is None:
        return Line(what="flexion", text="not measured; a slow toe touch would show it")
    return Line(what="flexion", value=value, unit="deg", text=f"the spine rounds by {value:.0f} degrees")


def _extension(value: float | None) -> Line:
    if value is None:
        return Line(what="extension", text="not measured; arching and rounding on all fours would show it")
    return Line(what="extension", value=value, unit="deg", text=f"the spine arches by {-value:.0f} degrees")


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
