"""Just enough quaternion algebra for strapdown integration: scalar first, components on the first axis, (4, N)."""

from __future__ import annotations

import numpy as np

from hinge_imu.samples import Floats

RUN = 128
"""Products are taken in runs of so many samples, and from run to run."""

SHORT = 8 * RUN
"""In blocks up to this long, plain floats one after the other are faster than the runs side by side."""

TINY = 1e-10

NEXT = np.array([1, 2, 0])
"""From each axis to the one after it."""


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


class Product:
    """The running product of a stream of rotations, q[n] = d[0] d[1] ... d[n], fast in blocks.

    The order of multiplication is fixed by the sample's number, not by how the stream was cut, so the result is the
    same bit for bit.
    """

    def __init__(self) -> None:
        self._base = np.array([1.0, 0.0, 0.0, 0.0])  # up to the run that is open
        self._open = self._base  # within that run
        self._filled = 0
        self.last = self._base[:, None]

    def push(self, d: Floats) -> Floats:
        """Take further rotations (4, N), return the product up to each (4, N)."""
        n = d.shape[1]
        if not n:
            return np.empty((4, 0))
        within = (self._one_by_one if n <= SHORT else self._side_by_side)(d)
        bases = [self._base]
        for end in range(RUN - 1 - self._filled, n, RUN):
            base = multiply(bases[-1], within[:, end])
            bases.append(base / np.sqrt(np.sum(base * base)))
        if len(bases) == 1:
            out = multiply(self._base[:, None], within)
        else:
            out = multiply(np.stack(bases, axis=1).take((self._filled + np.arange(n)) // RUN, axis=1), within)
        self._base, self._open, self._filled = bases[-1], within[:, -1], (self._filled + n) % RUN
        self.last = out[:, -1:]
        return out

    def _one_by_one(self, d: Floats) -> Floats:
        """Return the products (4, N) within each run, as `multiply` would give them."""
        (w, x, y, z), products = self._open.tolist(), []
        for number, (a, b, c, e) in enumerate(d.T.tolist(), self._filled):
            if number % RUN == 0:
                w, x, y, z = 1.0, 0.0, 0.0, 0.0
            w, x, y, z = (
                w * a - x * b - y * c - z * e,
                w * b + x * a + y * e - z * c,
                w * c - x * e + y * a + z * b,
                w * e + x * c - y * b + z * a,
            )
            products.append((w, x, y, z))
        return np.array(products).reshape(-1, 4).T

    def _side_by_side(self, d: Floats) -> Floats:
        """Return the same, all runs at once."""
        n, lead = d.shape[1], self._filled
        p = np.zeros((4, -(-(lead + n) // RUN) * RUN))
        p[0] = 1.0
        p[:, lead : lead + n] = d
        p = p.reshape(4, -1, RUN)
        if lead:
            p[:, 0, lead - 1] = self._open
        for column in range(1, RUN):
            p[:, :, column] = multiply(p[:, :, column - 1], p[:, :, column])
        return p.reshape(4, -1)[:, lead : lead + n]


def _cross(u: Floats, next_u: Floats, v: Floats) -> Floats:
    """Return u x v (3, N); ``next_u`` is u with each axis in the place of the one before."""
    return (u * v.take(NEXT, axis=0) - next_u * v).take(NEXT, axis=0)
