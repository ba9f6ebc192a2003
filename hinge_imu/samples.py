"""The arrays that flow from stage to stage: dtype, shape, unit and frame of each.

Time comes first on every axis, SI units and radians inside, intervals are [start, end).
Sensor 0 is the pelvis (sacrum), sensor 1 the thorax (upper back): see `SEGMENTS`.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from hinge_imu.config import Config, Segment
from hinge_imu.events import Remark
from hinge_imu.profiles import OwnLimits, Profile, built_in, with_limits

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Bools = NDArray[np.bool_]
RawArray = NDArray[np.void]

Item: TypeAlias = RawArray | Remark
"""What a session is made of, in order of arrival: samples, and what the driver and the wearer have to say."""

SEGMENTS: tuple[Segment, ...] = ("pelvis", "thorax")
NS = 1e-9
FORMAT = 2
"""Of headers, and of the recordings that they stand in; `hinge_imu.recording.lift` reads the earlier ones."""


def _raw(number: str) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("t_ns", "<i8"),
            ("seq", "<u4"),
            ("acc", number, 3),
            ("gyr", number, 3),
            ("temp", number),
            ("sensor", "u1"),
            ("flags", "u1"),
        ]
    )


RAW = _raw("<i2")
"""One sample of one chip, in order of arrival, as the chip counts.

``t_ns`` session time in ns: the middle of the count read of the poll that first saw the sample; ``seq`` counts
the samples of that chip; ``acc``, ``gyr``, ``temp`` counts in sensor axes (``temp`` is the last 1 Hz reading);
``sensor`` index into `SEGMENTS`; ``flags`` of `Flag`.
"""

RAW_SI = _raw("<f8")
"""The same sample in m/s^2, rad/s and degrees C (nan: not known), as a CSV has it."""


class Flag(IntFlag):
    """What the driver knows about one raw sample."""

    LAST_OF_POLL = 1
    AFTER_LOSS = 2  # the first sample after an unknown number was lost: time must be fitted anew
    SATURATED = 4  # one of its values stands at the end of the range
    UNSURE_TIME = 8  # its poll was interrupted, so its stamp says little
    SPIKE = 16  # it jumps away from its neighbours further than a body can
    FROZEN = 32  # all six values are those of the two samples before: the sensor has stopped, noise never does
    DEAD = 64  # all its bytes are alike: the line was held, or the chip asleep
    LAST_OF_PUSH = 128  # after it live asked the pipeline, which may round in the last digit elsewhere


BAD = Flag.SATURATED | Flag.SPIKE | Flag.FROZEN | Flag.DEAD
"""What makes a sample no measurement; its time still counts."""


class Worn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a board sat on its segment when the wearer was calibrated, unit vectors in sensor axes.

    ``up`` is where up was in the stance, ``falls`` where up moves, across that, when the segment leans forward.
    """

    up: tuple[float, float, float]
    falls: tuple[float, float, float]


class Wearer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a wearer beforehand: how each board sits, and how far the spine goes, in deg, where measured."""

    made_utc: str
    worn: dict[Segment, Worn]
    spine_flexion_deg: float | None = None
    spine_extension_deg: float | None = None


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a raw stream means: said once, before its first sample, and stored in every recording.

    ``acc_scale`` in m/s^2 and ``gyr_scale`` in rad/s per count (1 for SI); ``delay_s`` is the low-pass delay to
    be taken off; ``clock`` is ``polled`` (stamps to be fitted) or ``timed`` (stamps are the samples' own times);
    ``worn`` are the segments that carry a sensor; ``labels`` are free words about the session; ``profile`` is that of
    an exercise which the user has described, ``renamed`` what single sets are said to have been, by their number;
    ``limits`` are the athlete's own, ``wearer`` is what `hinge-imu calibrate wearer` has found of the athlete;
    ``made_with`` names the versions and the machine that the session was counted with, where it was counted live.
    """

    session_id: str
    unit: Literal["counts", "SI"]
    clock: Literal["polled", "timed"]
    rate_hz: float
    acc_scale: float = 1.0
    gyr_scale: float = 1.0
    delay_s: float = 0.0
    worn: tuple[Segment, ...] = SEGMENTS
    exercise: str = "auto"
    profile: Profile | None = None
    renamed: dict[int, str] = {}
    limits: OwnLimits = {}
    athlete: str | None = None
    tempo: str | None = None
    started_utc: str | None = None
    simulated: bool = False
    labels: dict[str, str] = {}
    wearer: Wearer | None = None
    config: Config = Config()
    made_with: dict[str, str] = {}
    format: int = FORMAT

    @property
    def dtype(self) -> np.dtype[np.void]:
        """The dtype of this stream's raw samples."""
        return RAW if self.unit == "counts" else RAW_SI

    def lift(self, exercise: str) -> Profile:
        """Return what is known of an exercise, the user's own included, with the wearer's own limits."""
        own = self.profile
        profile = own if own is not None and own.name == exercise else built_in()[exercise]
        return with_limits(profile, self.limits)

    @property
    def sensors(self) -> tuple[int, ...]:
        """The sensor numbers that are worn, rising."""
        return tuple(i for i, segment in enumerate(SEGMENTS) if segment in self.worn)


class Frames(NamedTuple):
    """Both chips on one time grid: t_ns (N,), acc (N,2,3) m/s^2, gyr (N,2,3) rad/s, sensor axes, valid (N,2).

    ``bridged`` (N,2) marks those valid ones that a straight line across at least one missing sample made.
    """

    t_ns: Times
    acc: Floats
    gyr: Floats
    valid: Bools
    bridged: Bools


class Poses(NamedTuple):
    """Where gravity points away from: t_ns (N,), up (N,2,3) unit vectors, still and valid (N,2).

    ``acc`` (N,2,3) m/s^2 is what is left of the acceleration without gravity, ``rate`` (N,2,3) rad/s the turning
    without the gyroscope's bias; all in sensor axes.
    """

    t_ns: Times
    up: Floats
    acc: Floats
    rate: Floats
    still: Bools
    valid: Bools

    def part(self, which: slice) -> Poses:
        """Return some of them."""
        return Poses(*(each[which] for each in self))  # type: ignore[arg-type]  # in the order of the fields


class SagittalAngles(NamedTuple):
    """Inclinations in rad, flexion positive: t_ns (N,), pelvis, thorax and spine (N,), nan where not valid."""

    t_ns: Times
    pelvis: Floats
    thorax: Floats
    spine: Floats

    @property
    def t_s(self) -> Floats:
        """Session time in seconds (N,)."""
        return self.t_ns.astype(np.float64) * NS


class FrontalAngles(NamedTuple):
    """What leaves the sagittal plane, in rad: t_ns (N,), and (N,2) for pelvis and thorax; nan where not known.

    ``tilt`` is the lean to the side, right side down positive. ``turn`` is how far a segment's left-right axis has
    turned about the vertical since the session began, to the left positive; it drifts by some degrees a minute, so only
    differences over seconds mean something.
    """

    t_ns: Times
    tilt: Floats
    turn: Floats


class Angles(NamedTuple):
    """What the boards show of the wearer at each sample, in and out of the sagittal plane."""

    sagittal: SagittalAngles
    frontal: FrontalAngles

    def part(self, which: slice) -> Angles:
        """Return some of them."""
        sagittal = SagittalAngles(*(each[which] for each in self.sagittal))  # type: ignore[arg-type]  # as in Poses
        return Angles(sagittal, FrontalAngles(*(each[which] for each in self.frontal)))  # type: ignore[arg-type]


def stretches(mask: Bools) -> list[tuple[int, int]]:
    """Return the [start, stop) of each stretch of True in a mask (N,)."""
    if not len(mask):
        return []
    edges = (np.flatnonzero(mask[1:] != mask[:-1]) + 1).tolist()
    edges = [*([0] if mask[0] else []), *edges, *([len(mask)] if mask[-1] else [])]
    return list(zip(edges[::2], edges[1::2], strict=True))


def bridged(values: Floats, known: Bools, at: Floats | None = None) -> Floats:
    """Return values (N,) or (N,K) with straight lines over those that are not known (N,); outside them, the nearest.

    ``at`` (N,) is where they are, evenly apart where it is not given. Where nothing is known, nothing is changed.
    """
    if known.all() or not known.any():
        return values
    if at is None:
        at = np.arange(len(known), dtype=float)
    if values.ndim > 1:
        return np.stack([bridged(column, known, at) for column in values.T], axis=1)
    whole: Floats = np.interp(at, at[known], values[known])
    return whole


def runs(mask: Bools, before: int | NDArray[np.int64]) -> Times:
    """Return for how many samples a mask (...,N) has been True at each, ``before`` (...,1) of them before its first."""
    number = np.arange(1, mask.shape[-1] + 1)
    lasting: Times = number - np.maximum.accumulate(np.where(mask, -before, number), axis=-1)
    return lasting
