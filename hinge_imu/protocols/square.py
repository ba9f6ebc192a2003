"""How far the pelvis leaves square, tilted or turned, by where forward was in the hinges on both legs.

Forward is learnt from how somebody bends, and follows a strap that creeps; so of who always bends aside it says, after
some reps, that aside is forward. Here it stays where the hinges before have shown it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hinge_imu.motion.alignment import Alignment
from hinge_imu.motion.angles import segment_axes
from hinge_imu.motion.frontal import Frontal
from hinge_imu.motion.orientation import Orientation
from hinge_imu.samples import NS, SEGMENTS, Floats, Frames, Header, Worn

LOOK_S = 0.5
"""So often it is looked at where forward is by now; chosen, well under the rest between two sets."""


def out_of_square(header: Header, frames: Sequence[Frames], before_s: float) -> tuple[Floats, Floats] | None:
    """Return the pelvis's tilt, right side down positive, and its turn to the left, both (N,) deg, nan where not seen.

    Forward is what the bends before ``before_s`` have shown; None where there were none and nobody knows the wearer.
    """
    orientation, alignment = Orientation(header), Alignment(header)
    together = max(1, round(LOOK_S * header.rate_hz))
    seen, worn = [], None
    for block in frames:
        for start in range(0, len(block.t_ns), together):
            poses = orientation.push(Frames._make(part[start : start + together] for part in block))
            seen.append(np.where(poses.valid[:, :1, None], np.stack([poses.up, poses.rate], axis=2)[:, 0], np.nan))
            alignment.push(poses)
            if poses.t_ns[-1] * NS < before_s and not alignment.bent:
                worn = alignment.worn().get(SEGMENTS[0], worn)
    return _faced(np.concatenate(seen), worn, header.rate_hz) if worn is not None else None


def _faced(seen: Floats, worn: Worn, rate_hz: float) -> tuple[Floats, Floats]:
    """Return tilt and turn of a segment, seen (N,2,3) as up and rate in sensor axes, by how its board sits."""
    up, rate = np.moveaxis(seen, 1, 0)
    _, _, aside = segment_axes(np.array(worn.up), np.array(worn.falls))
    right, about_right, about_up = up @ aside, rate @ aside, np.einsum("ni,ni->n", rate, up)
    both = (np.broadcast_to(each, (len(SEGMENTS), len(each))) for each in (right, about_right, about_up))
    tilt, turn = Frontal(rate_hz).push(*both)
    return np.degrees(tilt[0]), np.degrees(turn[0])
