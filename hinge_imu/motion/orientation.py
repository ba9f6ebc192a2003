"""Where is up? A streaming inclination filter, built as VQF is (Laidig & Seel 2023, DOI 10.1016/j.inffus.2022.10.014).

The gyroscope alone turns the specific force into a frame that hardly moves; there gravity is what keeps the body's
velocity small, and what the lifter's movement adds averages out; turned back, it is the inclination. The force is taken
as it is, not made a unit vector first, which would bend every sample. What a bias of the gyroscope moves that frame by
is learnt from the way gravity goes, and taken off. Inclination needs no heading, so there is no magnetometer, and
nothing that drifts about the vertical.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from hinge_imu.motion import quaternion
from hinge_imu.motion.gravity import Felt, Gravity
from hinge_imu.motion.offline import up_offline
from hinge_imu.motion.rest import GyroBias, Stillness, turn_rate
from hinge_imu.motion.vectors import dot, length
from hinge_imu.samples import Bools, Floats, Frames, Header, Poses, Times, runs, stretches

__all__ = ["Inclination", "Orientation", "Tracker", "tracker", "up_offline", "up_online"]

STANDARD_GRAVITY = 9.80665
"""In m/s^2 (CGPM 1901)."""

TAU_S = 3.0
"""Time constant with which gravity is followed in movement. Chosen; on optically tracked movement (BROAD, DOI
10.3390/data6070072) 2.8 to 3.3 s hardly differ."""

COAST_S = 0.2
"""Over a hole as long as this the rate is taken for a straight line. In simulated lifts that costs up to 2.5 degrees,
less than a new start does; over 0.3 s it costs up to 11."""

SETTLE_S = 1.0
"""After a longer one the gyroscope no longer knows where it was; gravity is trusted again after this long."""

PAUSE_S, SLOW = 0.3, np.radians(5.0)
"""Who turns by less than this for that long shows gravity at once: an upper body half a metre long gains too little
speed in it to tilt the mean by more than 1.5 degrees."""


class Tracked(NamedTuple):
    """Unit up (N,3), whether the sensor is still (N,), and its rate without what is known of its bias (N,3) rad/s."""

    up: Floats
    still: Bools
    rate: Floats

    def after(self, samples: int) -> Tracked:
        """Return what comes after so many samples."""
        return Tracked(self.up[samples:], self.still[samples:], self.rate[samples:]) if samples else self


class Tracker(Protocol):
    """Any filter that follows up from block to block.

    ``settled_after`` is how many samples after a restart up can be trusted, as far as that is known.
    """

    settled_after: int

    def track(self, gyr: Floats, acc: Floats) -> Tracked:
        """Take (N,3) rad/s and (N,3) m/s^2, return what is known at each."""

    def restart(self) -> None:
        """Take what comes next as not joined to what came before."""


class Inclination:
    """The streaming filter of one sensor, at an even ``rate_hz``; blocks may be cut anywhere.

    ``averaging`` says what a gyroscope sample stands for: the mean rate since the sample before (sensors that
    integrate on the chip, and what most filters assume), or, when false, the rate at its own moment, as in the
    MPU-6050's registers. Taking one for the other is an error of half a sample's turn.
    """

    def __init__(self, rate_hz: float, tau_s: float = TAU_S, *, averaging: bool = True) -> None:
        self._period = 1 / rate_hz
        self._averaging = averaging
        self._stillness = Stillness(rate_hz)
        self._bias = GyroBias(rate_hz)
        self._turned = quaternion.Product()
        self._begun = np.zeros((3, 1))
        self._gravity = Gravity(rate_hz, tau_s)
        self._last_rate: Floats | None = None
        self._recent = np.empty((6, 0))
        self._pause = max(2, round(PAUSE_S * rate_hz))
        self.settled_after = self._age = self._slow_for = 0
        self._forces = np.empty((3, 0))

    def push(self, gyr: Floats, acc: Floats) -> Floats:
        """Take (N,3) rad/s and (N,3) m/s^2 in sensor axes, return the unit vectors (N,3) away from gravity."""
        return self.track(gyr, acc).up

    def restart(self) -> None:
        """Take what comes next as not joined to what came before; the gyroscope's bias is kept."""
        self._stillness.restart()
        self._gravity.restart()
        self._last_rate = None
        self._age, self.settled_after = 0, round(SETTLE_S / self._period)
        self._slow_for, self._forces = 0, np.empty((3, 0))

    def track(self, gyr: Floats, acc: Floats) -> Tracked:
        """As `push`, with all that is known at each."""
        if not len(gyr):
            return Tracked(np.empty((0, 3)), np.empty(0, bool), np.empty((0, 3)))
        quiet = self._stillness.push(gyr, acc)
        still = quiet.standing >= self._stillness.second
        # From here on components come first.
        gyr, acc = gyr.T, acc.T
        if self._bias.weight:
            up, rate = self._integrate(gyr, acc, quiet.calm)
            return Tracked(up.T, still, rate.T)
        first = int(np.argmax(still)) if still.any() else len(still)
        parts = [self._integrate(gyr[:, :first], acc[:, :first], quiet.calm[:first])]
        self._recent = np.concatenate([self._recent, np.concatenate([gyr, acc])], axis=1)
        if first < len(still):
            self._begin(self._recent[:, : self._recent.shape[1] - len(still) + first])
            parts.append(self._integrate(gyr[:, first:], acc[:, first:], quiet.calm[first:]))
        self._recent = self._recent[:, -self._stillness.second :]
        up, rate = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
        return Tracked(up.T, still, rate.T)

    def _begin(self, recent: Floats) -> None:
        """Begin anew with what the first still second showed; integrating an unknown bias was worth less."""
        gyr, acc = np.split(recent[:, -self._stillness.second :], 2)
        self._bias.begin(gyr - turn_rate(acc, 1 / self._period)[:, None])
        self._begun = self._bias.bias[:, None].copy()
        force = np.cumsum(acc, axis=1)[:, -1:] / acc.shape[1]
        gravity = quaternion.rotate(self._turned.last, force)[:, 0]
        self._gravity.stand(gravity)

    def _integrate(self, gyr: Floats, acc: Floats, calm_for: Times) -> tuple[Floats, Floats]:
        """Return unit up (3,N), and the rate without bias (3,N)."""
        if not gyr.shape[1]:
            return np.empty((3, 0)), np.empty((3, 0))
        bias = self._bias.push(gyr, calm_for)
        rate = gyr - bias
        # Each short rest would turn it a little otherwise; gravity shows better what the bias has done since.
        turned = self._turned.push(quaternion.from_rotation_vector(self._period * self._mean_rate(gyr - self._begun)))
        force = quaternion.rotate(turned, acc)
        gravity = self._follow(Felt(force, turned, dot(rate, rate), calm_for, bias - self._begun))
        up = quaternion.rotate(quaternion.conjugate(turned), gravity)
        return up / length(up), rate

    def _follow(self, felt: Felt) -> Floats:
        """Return gravity (3,N) in the frame that the gyroscope keeps; after a restart the first pause shows it best."""
        start, self._age = self._age, self._age + len(felt.calm_for)
        if start >= self.settled_after or not self._bias.weight:
            return self._gravity.push(felt)
        slow_for = runs(felt.turning < SLOW**2, self._slow_for)
        self._slow_for = int(slow_for[-1])
        paused = np.flatnonzero(slow_for[: self.settled_after - start] >= self._pause)
        if not len(paused):
            self._forces = np.concatenate([self._forces, felt.force], axis=1)[:, -self._pause :]
            return self._gravity.push(felt)
        first = int(paused[0])
        before = self._gravity.push(felt.part(slice(first)))
        pause = np.concatenate([self._forces, felt.force[:, : first + 1]], axis=1)[:, -self._pause :]
        self._gravity.pause(np.cumsum(pause, axis=1)[:, -1] / pause.shape[1])
        self.settled_after = start + first
        return np.concatenate([before, self._gravity.push(felt.part(slice(first, None)))], axis=1)

    def _mean_rate(self, rate: Floats) -> Floats:
        """Return the mean rate (3,N) since the sample before each."""
        if self._averaging:
            return rate
        earlier = np.concatenate([rate[:, :1] if self._last_rate is None else self._last_rate, rate[:, :-1]], axis=1)
        self._last_rate = rate[:, -1:]
        mean: Floats = 0.5 * (earlier + rate)
        return mean


class Orientation:
    """Frames in, poses out: one filter a worn sensor, which coasts over short holes and is restarted after others."""

    def __init__(self, header: Header) -> None:
        self._courses = {sensor: Course(tracker(header), header.rate_hz) for sensor in header.sensors}

    def push(self, frames: Frames) -> Poses:
        """Take frames, return where up is at each."""
        gyr, acc, there = frames.gyr.T, frames.acc.T, frames.valid.T
        up, rate = np.zeros((2, *acc.shape))
        still, valid = np.zeros((2, *there.shape), bool)
        for sensor, course in self._courses.items():
            last = 0
            for start, stop in stretches(there[sensor]):
                course.miss(start - last)
                part = slice(start, stop)
                tracked, valid[sensor, part] = course.push(gyr[:, sensor, part], acc[:, sensor, part])
                up[:, sensor, part], rate[:, sensor, part] = tracked.up.T, tracked.rate.T
                still[sensor, part] = tracked.still
                last = stop
            course.miss(there.shape[1] - last)
        acc = np.where(valid, acc - STANDARD_GRAVITY * up, 0.0)
        return Poses(frames.t_ns, up.T, acc.T, rate.T, (still & valid).T, valid.T)


class Course:
    """One sensor's samples through its filter, with what to do about those that are missing."""

    def __init__(self, tracker: Tracker, rate_hz: float) -> None:
        self._tracker = tracker
        self._coast = round(COAST_S * rate_hz)
        self._since = 0  # samples since the filter was restarted
        self._missed = 0
        self._last: Floats | None = None

    def miss(self, samples: int) -> None:
        """Take note that so many samples are missing."""
        self._missed += samples

    def push(self, gyr: Floats, acc: Floats) -> tuple[Tracked, Bools]:
        """Take gyr and acc (3,N), at least one; return what is known at each, and whether it is valid (N,)."""
        filled = self._bridge(_sample(gyr, acc, 0))
        if len(filled):
            gyr, acc = np.split(np.concatenate([filled.T, np.concatenate([gyr, acc])], axis=1), 2)
        tracked = self._tracker.track(gyr.T, acc.T)
        valid = self._since + np.arange(gyr.shape[1]) >= self._tracker.settled_after
        self._since += len(valid)
        self._missed, self._last = 0, _sample(gyr, acc, -1)
        return tracked.after(len(filled)), valid[len(filled) :]

    def _bridge(self, following: Floats) -> Floats:
        """Return a straight line (N,6) over a short hole; after a longer one, start anew."""
        if self._last is not None and self._missed <= self._coast:
            return np.linspace(self._last, following, self._missed + 2)[1:-1] if self._missed else np.empty((0, 6))
        if self._missed:
            self._tracker.restart()
            self._since = 0
        return np.empty((0, 6))


def _sample(gyr: Floats, acc: Floats, which: int) -> Floats:
    """Return both of a sample (6,)."""
    return np.concatenate([gyr[:, which], acc[:, which]])


def tracker(header: Header) -> Tracker:
    """Return a new filter of the kind that the header's configuration names."""
    motion = header.config.motion
    if motion.filter == "inclination":
        return Inclination(header.rate_hz, motion.tau_s, averaging=False)
    from hinge_imu.motion.library import LibraryFilter

    return LibraryFilter(motion.filter, header.rate_hz)


def up_online(gyr: Floats, acc: Floats, rate_hz: float) -> Floats:
    """Return unit up in sensor axes (N,3) from gyr (N,3) rad/s and acc (N,3) m/s^2, each from its past alone."""
    return Inclination(rate_hz).push(np.asarray(gyr, float), np.asarray(acc, float))
