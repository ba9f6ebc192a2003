"""What reps are read off: a row of numbers for each sample, and the same smoothed."""

from __future__ import annotations

import numpy as np

from hinge_imu.reps.lead import Lead
from hinge_imu.reps.phases import smooth
from hinge_imu.samples import Angles, Floats, Poses, bridged

ROWS = 11
"""t_s; pelvis, thorax, spine and lead in deg; heave in m/s^2; tilt and turn in deg; acceleration (3) in m/s^2."""

T, THORAX, LEAD, HEAVE = 0, 2, 4, 5
ANGLES = slice(1, 5)


def heave(poses: Poses) -> Floats:
    """Return the upward acceleration (N,) m/s^2 of the pelvis, or, where that is away, of the thorax."""
    both = np.einsum("nsi,nsi->ns", poses.acc, poses.up)
    return np.asarray(np.where(poses.valid[:, 0], both[:, 0], both[:, 1]), float)


class Track:
    """Angles in, rows (11,N) out; those before the first valid inclination are left out."""

    def __init__(self, rate_hz: float) -> None:
        self._lead = Lead(rate_hz)

    def push(self, angles: Angles, poses: Poses) -> Floats:
        """Return the rows of the next samples; heave, tilt, turn and acceleration are those of the pelvis.

        Where the pelvis is not worn, or away, heave is the thorax's.
        """
        sagittal, frontal = angles
        rows = np.empty((ROWS, len(sagittal.t_ns)))
        rows[T] = sagittal.t_s
        rows[1:4] = np.degrees([sagittal.pelvis, sagittal.thorax, sagittal.spine])
        rows[LEAD] = self._lead.push(rows[1:3])
        rows[HEAVE] = heave(poses)
        rows[6:8] = np.degrees([frontal.tilt[:, 0], frontal.turn[:, 0]])
        rows[8:] = np.where(poses.valid[:, 0], poses.acc[:, 0].T, np.nan)
        return rows if np.isfinite(rows[LEAD, :1]).all() else rows[:, np.isfinite(rows[LEAD])]


def _row(number: int) -> property:
    return property(lambda trace: trace.rows[number])


class Trace:
    """A stretch of rows (11,N), the inclinations smoothed, nan where not valid; ``lead`` shows the phases.

    ``t`` (N,) s; ``pelvis``, ``thorax``, ``spine``, ``lead``, ``tilt``, ``turn`` (N,) deg; ``heave`` (N,) and ``acc``
    (N,3) m/s^2. They are views of the rows, and so are those of its parts.
    """

    t, pelvis, thorax, spine, lead, heave, tilt, turn = map(_row, range(8))

    def __init__(self, rows: Floats) -> None:
        self.rows = rows

    @property
    def acc(self) -> Floats:
        """The pelvis's acceleration without gravity."""
        return self.rows[8:].T

    @classmethod
    def smoothed(cls, rows: Floats, rate_hz: float) -> Trace:
        """Return the trace of raw rows (11,N)."""
        rows = rows.copy()
        angles = rows[ANGLES]
        valid = np.isfinite(angles)
        if np.array_equal(rows[LEAD], rows[THORAX]) and valid.all():
            # As a rule: the same need not be filtered twice.
            rows[1:LEAD] = smooth(rows[1:LEAD].T, rate_hz).T
            rows[LEAD] = rows[THORAX]
        elif valid.all():
            angles[:] = smooth(angles.T, rate_hz).T
        else:
            whole = np.stack([bridged(*each, rows[T]) for each in zip(angles, valid, strict=True)], axis=1)
            angles[:] = np.where(valid, smooth(whole, rate_hz).T, np.nan)
        return cls(rows)

    def part(self, start: int, stop: int) -> Trace:
        """Return the samples [start, stop)."""
        return Trace(self.rows[:, start:stop])

    def between(self, start: float, end: float) -> Trace:
        """Return the part from ``start`` to ``end`` in s, both included."""
        return self.part(int(self.t.searchsorted(start)), int(self.t.searchsorted(end, side="right")))

    def deepest(self) -> int:
        """Return the number of the deepest sample that was seen; while a lead is held, nobody knows."""
        seen = np.isfinite(self.pelvis) | np.isfinite(self.thorax)
        return int(np.argmax(np.where(seen, self.lead, -np.inf)))
