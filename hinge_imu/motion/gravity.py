"""Gravity in the frame that the gyroscope keeps, and the gyroscope's bias, as a body shows them that gets nowhere fast.

What gravity leaves of the specific force is acceleration, whose integral is a velocity, and a body's velocity is
small: gravity is what keeps it so. A Kalman filter (Kalman 1960, DOI 10.1115/1.3662552) of velocity and gravity that
sees velocities of zero, with errors as large as the true ones are, settles to the second-order low-pass that VQF uses
(Laidig & Seel 2023, DOI 10.1016/j.inffus.2022.10.014); but it knows how well it began, and believes those more who
turn slowly.

A bias b makes gravity g drift in that frame at (R b) x g, where R turns from the sensor to it. What a bias does to the
filter is the same whatever the forces are, so it is worked out beside it, and the bias is what then explains best that
velocities were not zero (Friedland 1969, DOI 10.1109/TAC.1969.1099223).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dtbtrs

from hinge_imu.motion import quaternion
from hinge_imu.motion.vectors import cross, length
from hinge_imu.samples import Floats, Times

STRIDE_S, WINDOW_S = 0.1, 5.0
"""Velocities are looked at so often; 0.2 s miss the lifter's pauses. After so long the bias is taken for known; from 1
to 5 s it hardly matters."""

MOVING = 0.4**2 * 0.5
"""Who moves has a velocity of 0.4 m/s each way for half a second, m^2/s. Chosen; with the time constant it says how
fast gravity may stray, by 0.03 m/s^2 in a second."""

SLOW, PUSHED, PACE = np.radians(5.0), 0.4, 0.1**2 * 0.1
"""Who turns by less than this, rad/s, and is accelerated by less than that, m/s^2, is slow: has a velocity of 0.1 m/s
for a tenth of a second, m^2/s. The top of an upper body half a metre long gains half of that so."""

STANCE = 0.05, 0.1
"""What a second of standing leaves unknown of velocity, m/s, and of gravity, m/s^2: it is sway that gains 5 cm/s in
that second, or 10. Chosen."""

HALT = 0.05, 0.25
"""The same of a pause of three tenths of a second in mid-movement: a board half a metre up that turns by 5 deg/s."""

ANYHOW = 0.4, 3.0
"""The same of one sample of anyone who moves. Chosen."""

SWAYED, REST, UNSEEN = np.radians(0.2), np.radians(0.05), np.radians(2.0)
"""What is unknown of a bias, rad/s, after a second of standing, in which people sway by a tenth or two of a degree; of
its mean over a rest as long as a window; and before anything is seen. Chosen."""

STRANGE, MISSED = 4.0, 0.3
"""A bias that strays by so many times of what is likely is none, but a turn that the gyroscope has missed: the bias
stays as it was, and gravity may be elsewhere by that, m/s^2, which is two degrees. Chosen."""

WANDER, WANDER_S = np.radians(0.4), 60.0
"""How far the bias strays, rad/s, and within what time: an MPU-6050's is given as +-20 deg/s from -40 to 85 degrees C
(PS-MPU-6000A rev 3.4, section 6.1), so this is what 2.5 K do to it."""

EYE = np.eye(3)


class Felt(NamedTuple):
    """What a sensor feels, sample by sample.

    The force (3,N) m/s^2 in the frame that the gyroscope keeps, the turns (4,N) from the sensor to it, the square of
    the rate (N,) rad^2/s^2, for how many samples it has been at rest (N,), and by how much its rests say that the bias
    has strayed from the one that is taken off (3,N) rad/s.
    """

    force: Floats
    turned: Floats
    turning: Floats
    calm_for: Times
    strayed: Floats

    def part(self, which: slice) -> Felt:
        """Return some of the samples."""
        force, turned, turning, calm_for, strayed = self
        return Felt(force[:, which], turned[:, which], turning[which], calm_for[which], strayed[:, which])


class Gravity:
    """Follows gravity, block after block, at an even rate; blocks may be cut anywhere.

    ``tau_s`` is the time constant, one over the natural frequency, that it settles to with one who moves all the time.
    """

    def __init__(self, rate_hz: float, tau_s: float) -> None:
        self._stride = max(1, round(STRIDE_S * rate_hz))
        self._step = self._stride / rate_hz
        self._window = self._stride * round(WINDOW_S / self._step)
        self._stray = MOVING / tau_s**4 * self._step
        self._bias, self._covariance = np.zeros(3), UNSEEN**2 * EYE
        self.restart()

    def restart(self) -> None:
        """Take what comes next as not joined to what came before; the bias is kept."""
        self._begin(None, ANYHOW)

    def pause(self, gravity: Floats) -> None:
        """Go on from gravity (3,) m/s^2 as a pause has shown it."""
        self._begin(gravity, HALT)

    def stand(self, gravity: Floats) -> None:
        """Begin anew with gravity (3,) m/s^2, and a bias that is taken off, as a second of standing has shown them."""
        self._begin(gravity, STANCE)
        self._bias, self._covariance = np.zeros(3), SWAYED**2 * EYE

    def _begin(self, gravity: Floats | None, unknown: tuple[float, float]) -> None:
        self._blank = gravity is None
        speed, stray = unknown
        self._spread = speed * speed, 0.0, stray * stray  # variance of the velocity, covariance, that of gravity
        self._state = np.zeros((2, 4, 3))  # velocity and gravity, and what a bias about each axis does to their axes
        self._sum, self._fastest = np.zeros((3, 1)), 0.0  # of the stride that has begun
        if gravity is not None:
            self._state[1, 0] = gravity
        self._said = self._state[1, 0].copy()
        self._open()

    def _open(self) -> None:
        """Begin a window."""
        self._number, self._seen, self._strange = 0, np.zeros((1, 3, 4)), False
        self._reference = self._state[1, 0].copy()

    def push(self, felt: Felt) -> Floats:
        """Return gravity (3,N) m/s^2 in the frame that the gyroscope keeps."""
        n = len(felt.calm_for)
        if self._blank and n:
            self._begin(felt.force[:, 0], ANYHOW)
        gravity, start = np.empty((3, n)), 0
        while start < n:
            room = self._window - self._number
            part = felt if n <= room and not start else felt.part(slice(start, start + room))
            stop = start + len(part.calm_for)
            gravity[:, start:stop] = self._follow(part.force, part.turned, part.turning)
            start = stop
            if self._number == self._window:
                if part.calm_for[-1] >= self._window:
                    self._see(part.strayed[:, -1])
                self._learn()
        return gravity

    def _follow(self, force: Floats, turned: Floats, turning: Floats) -> Floats:
        """Return gravity (3,N) within a window, at each sample as the last whole stride has shown it."""
        before, n = self._number % self._stride, force.shape[1]
        self._number += n
        if before + n < self._stride:
            self._sum = self._sum + np.add.reduce(force, axis=1, keepdims=True)
            self._fastest = max(self._fastest, float(turning.max()))
            return np.repeat(self._said[:, None], n, axis=1)
        ends = np.arange(self._stride - before, n + 1, self._stride)
        edges = np.concatenate([[0], ends if ends[-1] < n else ends[:-1]])
        sums, fastest = np.add.reduceat(force, edges, axis=1), np.maximum.reduceat(turning, edges)
        sums[:, :1] += self._sum
        fastest[0] = max(fastest[0], self._fastest)
        whole, last = len(ends), self._said
        self._sum, self._fastest = (sums[:, whole:], fastest[-1]) if len(edges) > whole else (np.zeros((3, 1)), 0.0)
        known = self._stride_on(sums[:, :whole] / self._stride, turned[:, ends - 1], fastest[:whole])
        self._said = known[:, -1]
        which = np.arange(before, before + n) // self._stride
        return np.concatenate([last[:, None], known], axis=1).take(which, axis=1)

    def _stride_on(self, force: Floats, turned: Floats, fastest: Floats) -> Floats:
        """Take the mean forces (3,K), the turns (4,K) and the squares of the fastest rates (K,) of whole strides.

        Velocities before they are seen, w, and gravities then, g, go from stride to stride by linear equations: of two
        unknowns each, and the same for the forces as for a bias about each axis. They are solved all at once.
        """
        n = force.shape[1]
        slow = (fastest < SLOW**2) & (length(force - self._reference[:, None]) < PUSHED)
        to_velocity, to_gravity, weight = np.array(self._gains(np.where(slow, PACE, MOVING) / self._step)).T
        # By component, axis of the bias, and stride.
        moved = cross(quaternion.matrices(turned), self._step * self._reference[:, None, None])
        right = np.empty((n, 2, 4, 3))
        right[:, 0, 0], right[:, 0, 1:] = self._step * force.T, 0.0
        right[:, 1, 1:] = moved.T
        right[:, 1, 0] = self._bias @ right[:, 1, 1:]
        right[0] += self._state
        right[0, 0] -= self._step * self._state[1]
        left = np.ones((2 * n, 3))
        left[::2, 1], left[1::2, 1] = to_gravity, self._step
        left[::2, 2], left[1::2, 2] = to_velocity - 1, -1.0
        solved, _ = dtbtrs(left.T, right.reshape(2 * n, 12), uplo="L", diag="U")
        found = solved.reshape(n, 2, 4, 3)
        self._state = np.stack([(1 - to_velocity[-1]) * found[-1, 0], found[-1, 1]])
        return self._corrected(found[:, 0], found[:, 1], weight)

    def _gains(self, noises: Floats) -> list[tuple[float, float, float]]:
        """Return for each stride what of its velocity goes to velocity and to gravity, and one over its variance."""
        step, stray, gains = self._step, self._stray, []
        velocity, both, gravity = self._spread
        for noise in noises.tolist():
            ahead = both - step * gravity
            weight = 1 / (velocity - step * (both + ahead) + noise)
            to_gravity = ahead * weight
            velocity, both = noise - noise * noise * weight, noise * to_gravity
            gravity += stray - ahead * to_gravity
            gains.append((velocity / noise, to_gravity, weight))
        self._spread = velocity, both, gravity
        return gains

    def _corrected(self, velocity: Floats, gravity: Floats, weight: Floats) -> Floats:
        """Return gravity (3,K) with the bias that velocities have shown so far, from (K,4,3) and weights (K,)."""
        does = velocity[:, 1:]
        shows = np.concatenate([does, -velocity[:, :1]], axis=1).swapaxes(1, 2)
        self._seen = np.cumsum(np.concatenate([self._seen, (weight[:, None, None] * does) @ shows]), axis=0)[1:]
        told = self._covariance @ self._seen
        bias = np.linalg.solve(EYE + told[:, :, :3], told[:, :, 3:])
        strays = (bias * (self._seen[:, :, 3:] - self._seen[:, :, :3] @ bias)).sum(axis=(1, 2))
        strange = strays > STRANGE**2
        bias[strange] = 0.0
        self._strange = bool(strange[-1])
        self._seen = self._seen[-1:]
        return (gravity[:, 0] + (bias.swapaxes(1, 2) @ gravity[:, 1:])[:, 0]).T

    def _see(self, bias: Floats) -> None:
        """Take note of a bias (3,) rad/s that a rest has shown, in which no turn can be missed."""
        self._strange = False
        self._seen = self._seen + np.column_stack([EYE, bias - self._bias]) / REST**2

    def _learn(self) -> None:
        """Take what the window has shown of the bias for known, and let it stray until the next is over."""
        told = self._covariance @ (self._seen[0] if not self._strange else np.zeros((3, 4)))
        found = np.linalg.solve(EYE + told[:, :3], np.column_stack([self._covariance, told[:, 3]]))
        known, by = found[:, :3], found[:, 3]
        does = self._state[:, 1:]
        self._state[:, 0] += by @ does
        self._bias = self._bias + by
        self._covariance = known + WINDOW_S / WANDER_S * WANDER**2 * EYE
        # What a bias that is new did not do, gravity may have done, to two sides.
        less = np.linalg.solve(self._covariance, known) @ does
        lost = 0.5 * (known @ (does - less)).reshape(2, 9) @ does.reshape(2, 9).T
        lost[1, 1] += MISSED**2 * self._strange
        velocity, both, gravity = self._spread
        self._spread = velocity + float(lost[0, 0]), both + float(lost[0, 1]), gravity + float(lost[1, 1])
        self._state[:, 1:] = less
        self._open()
