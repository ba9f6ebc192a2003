"""Just enough quaternion algebra for strapdown integration: scalar first, components on the first axis, (4, N)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hinge_imu.motion.vectors import NEXT
from hinge_imu.samples import Floats

RUN = 32
"""Products are taken in runs of so many samples, and from run to run."""

SHORT = 16 * RUN
"""In blocks up to this long, plain floats one after the other are faster than the runs side by side."""

TINY = 1e-10

ONE = (1.0, 0.0, 0.0, 0.0)
"""No turn."""


def multiply(p: Floats, q: Floats) -> Floats:
    """Return the Hamilton product p q, shapes (4, ...)."""
    m = p[:, None] * q[None]  # all sixteen products at once: the calls cost more than the numbers
    product = np.empty(m.shape[1:])
    product[0] = m[0, 0] - m[1, 1] - m[2, 2] - m[3, 3]
    product[1] = m[0, 1] + m[1, 0] + m[2, 3] - m[3, 2]
    product[2] = m[0, 2] - m[1, 3] + m[2, 0] + m[3, 1]
    product[3] = m[0, 3] + m[1, 2] - m[2, 1] + m[3, 0]
    return product


def from_rotation_vector(v: Floats) -> Floats:
    """Return the unit quaternions (4, N) of the rotation vectors (3, N) in rad."""
    half = 0.5 * np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    half = np.maximum(half, TINY)  # below which the sine of an angle is the angle itself
    return np.concatenate([np.cos(half)[None], v * (0.5 * np.sin(half) / half)])


def rotate(q: Floats, v: Floats) -> Floats:
    """Return the vectors v (3, N) turned by the unit quaternions q (4, N)."""
    w, u = q[0], q[1:]
    next_u = u.take(NEXT, axis=0)
    twice = 2.0 * _cross(u, next_u, v)
    turned: Floats = v + w * twice + _cross(u, next_u, twice)
    return turned


def conjugate(q: Floats) -> Floats:
    """Return the inverse rotations of the unit quaternions (4, N)."""
    return np.concatenate([q[:1], -q[1:]])


def matrices(q: Floats) -> Floats:
    """Return the rotation matrices (3, 3, N) of the unit quaternions (4, N)."""
    return rotate(q[:, None], np.eye(3)[:, :, None])


class Product:
    """The running product of a stream of rotations, q[n] = d[0] d[1] ... d[n], fast in blocks.

    The order of multiplication is fixed by the sample's number, not by how the stream was cut, so the result is the
    same bit for bit.
    """

    def __init__(self) -> None:
        self._base = ONE  # up to the run that is open
        self._open = ONE  # within that run
        self._filled = 0
        self.last = np.array([ONE]).T

    def push(self, d: Floats) -> Floats:
        """Take further rotations (4, N), return the product up to each (4, N)."""
        n = d.shape[1]
        if not n:
            return np.empty((4, 0))
        within = (self._one_by_one if n <= SHORT else self._side_by_side)(d)
        bases = [self._base]
        for run in within[:, RUN - 1 - self._filled :: RUN].T.tolist():
            w, x, y, z = _times(bases[-1], run)
            length = math.sqrt(w * w + x * x + y * y + z * z)
            bases.append((w / length, x / length, y / length, z / length))
        each = np.array(bases).T
        if len(bases) > 1:
            each = each.take((self._filled + np.arange(n)) // RUN, axis=1)
        out = multiply(each, within)
        self._base, self._open, self._filled = bases[-1], tuple(within[:, -1].tolist()), (self._filled + n) % RUN
        self.last = out[:, -1:]
        return out

    def _one_by_one(self, d: Floats) -> Floats:
        """Return the products (4, N) within each run."""
        q, products = self._open, []
        for number, turn in enumerate(d.T.tolist(), self._filled):
            q = _times(q if number % RUN else ONE, turn)
            products.append(q)
        return np.array(products).T

    def _side_by_side(self, d: Floats) -> Floats:
        """Return the same, all runs at once."""
        n, lead = d.shape[1], self._filled
        runs = -(-(lead + n) // RUN)
        p = np.zeros((4, runs * RUN))
        p[0] = 1.0
        p[:, lead : lead + n] = d
        p = np.ascontiguousarray(p.reshape(4, runs, RUN).swapaxes(1, 2))
        if lead:
            p[:, lead - 1, 0] = self._open
        for step in range(1, RUN):
            p[:, step] = multiply(p[:, step - 1], p[:, step])
        return p.swapaxes(1, 2).reshape(4, -1)[:, lead : lead + n]


def _times(p: Sequence[float], q: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the product of two quaternions, as `multiply` would give it."""
    (w, x, y, z), (a, b, c, d) = p, q
    return (
        w * a - x * b - y * c - z * d,
        w * b + x * a + y * d - z * c,
        w * c - x * d + y * a + z * b,
        w * d + x * c - y * b + z * a,
    )


def _cross(u: Floats, next_u: Floats, v: Floats) -> Floats:
    """Return u x v (3, N); ``next_u`` is u with each axis in the place of the one before."""
    return (u * v.take(NEXT, axis=0) - next_u * v).take(NEXT, axis=0)
