"""The second pass: once a recording is over, the same reps measured again with all that is known by then.

Gravity is looked for ahead as well as back, and the boards' mounting is known from the first sample on. Which reps
there are, and their ids, stays as the first pass said it.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.events import AnyEvent, FaultEvent, RepEvent, SetEvent
from hinge_imu.motion.alignment import Alignment
from hinge_imu.motion.offline import track_offline
from hinge_imu.motion.orientation import COAST_S, SETTLE_S, STANDARD_GRAVITY
from hinge_imu.motion.rest import Stillness
from hinge_imu.reps.again import again, rows_of
from hinge_imu.samples import Angles, Floats, Frames, Header, Poses, bridged, stretches

BLOCK = 12_000
"""Samples at a time for what looks for bends: a minute at 200 Hz."""


class Hindsight(NamedTuple):
    """A whole session as it looks in the end: its angles, and the rows (11,N) that reps are read off."""

    angles: Angles
    rows: Floats


def look_back(header: Header, frames: list[Frames]) -> Hindsight:
    """Return a whole session as it looks with all that is known in the end.

    ``frames`` are the whole session's, and are used up: an hour of them has 90 MB.
    """
    poses = _poses(header, _joined(frames))
    turns: list[tuple[int, int, Rotation]] = []
    alignment = Alignment(header, lambda *turn: turns.append(turn))
    for start in range(0, len(poses.t_ns), BLOCK):
        alignment.push(poses.part(slice(start, start + BLOCK)))
    _as_worn_last(poses, turns)
    angles = alignment.in_hindsight(poses)
    return Hindsight(angles, rows_of(angles, poses, header.rate_hz))


def measured_again(header: Header, back: Hindsight, said: list[AnyEvent]) -> list[AnyEvent]:
    """Return the final word of the first pass, which is ``said``, with its reps, sets and faults measured again."""
    reps = again([event for event in said if isinstance(event, RepEvent)], back.rows, header)
    return [event for old in said for event in _replaced(old, reps)]


def _replaced(event: AnyEvent, reps: dict[str, RepEvent]) -> list[AnyEvent]:
    if isinstance(event, RepEvent):
        if event.status == "retracted":
            return [event]
        rep = reps[event.id]
        faults = [FaultEvent(rep_id=rep.id, **msgspec.structs.asdict(fault)) for fault in rep.faults]
        return [rep, *faults]
    if isinstance(event, SetEvent):
        mine = [rep for rep in reps.values() if rep.set == event.set and rep.status != "retracted"]
        return [msgspec.structs.replace(event, start_s=mine[0].start_s, end_s=mine[-1].end_s)]
    return [] if isinstance(event, FaultEvent) else [event]


def _joined(frames: list[Frames]) -> Frames:
    joined = Frames(*(np.concatenate(part) for part in zip(*frames, strict=True)))
    frames.clear()
    return joined


def _as_worn_last(poses: Poses, turns: list[tuple[int, int, Rotation]]) -> None:
    """Turn the poses to what boards would have seen that sat from the start as they did in the end."""
    for worn in {sensor for sensor, *_ in turns}:
        since, stop = Rotation.identity(), len(poses.t_ns)
        for sensor, t_ns, turn in [*reversed(turns), (worn, 0, Rotation.identity())]:
            if sensor == worn:
                start = int(np.searchsorted(poses.t_ns[:stop], t_ns)) if t_ns else 0
                for each in (poses.up, poses.rate, poses.acc):
                    each[start:stop, worn] = since.apply(each[start:stop, worn])
                since, stop = since * turn, start


def _poses(header: Header, frames: Frames) -> Poses:
    """Return the poses of all frames, whose memory becomes theirs: new memory takes as long as what is worked out."""
    up, acc, rate = np.zeros(frames.acc.shape), frames.acc, frames.gyr
    still, valid = np.zeros((2, *frames.valid.shape), bool)
    lost = np.ones(frames.valid.shape, bool)
    for sensor in header.sensors:
        stillness = Stillness(header.rate_hz)
        for start, stop in _long(stretches(frames.valid[:, sensor]), header.rate_hz):
            whole = frames.valid[start:stop, sensor]
            part = slice(start, stop), sensor
            gyr, felt = (bridged(values[part], whole) for values in (frames.gyr, frames.acc))
            stillness.restart()
            quiet = stillness.push(gyr, felt)
            still[part] = whole & (quiet.standing >= stillness.second)
            up[part], rate[part] = track_offline(gyr, felt, header.rate_hz, quiet, averaging=False)
            acc[part] -= STANDARD_GRAVITY * up[part]
            valid[part], lost[part] = whole, False
    acc[~valid], rate[lost] = 0.0, 0.0
    return Poses(frames.t_ns, up, acc, rate, still, valid)


def _long(parts: list[tuple[int, int]], rate_hz: float) -> list[tuple[int, int]]:
    """Return the stretches joined over holes that the filter coasts over; those too short to show gravity left out."""
    joined = parts[:1]
    for start, stop in parts[1:]:
        if start - joined[-1][1] <= round(COAST_S * rate_hz):
            joined[-1] = joined[-1][0], stop
        else:
            joined.append((start, stop))
    return [part for part in joined if part[1] - part[0] >= round(SETTLE_S * rate_hz)] or joined[:1]
