"""Just enough quaternion algebra for strapdown integration: scalar first, components on the first axis, (4, N)."""

from __future__ import annotations

import numpy as np

from hinge_imu.samples import Floats

RUN = 128
"""Products are taken in runs of so many samples: within runs side by side, then from run to run."""


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
    return np.concatenate([np.cos(half)[None], v * (0.5 * np.sinc(half / np.pi))])


def rotate(q: Floats, v: Floats) -> Floats:
    """Return the vectors v (3, N) turned by the unit quaternions q (4, N)."""
    w, u = q[0], q[1:]
    twice = 2.0 * _cross(u, v)
    turned: Floats = v + w * twice + _cross(u, twice)
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
        self._base = np.array([1.0, 0.0, 0.0, 0.0])
        self._open = self._base
        self._filled = 0
        self.last = self._base[:, None]

    def push(self, d: Floats) -> Floats:
        """Take further rotations (4, N), return the product up to each (4, N)."""
        n, lead = d.shape[1], self._filled
        runs = -(-(lead + n) // RUN)
        p = np.zeros((4, runs * RUN))
        p[0] = 1.0
        p[:, lead : lead + n] = d
        p = p.reshape(4, runs, RUN)
        if lead:
            p[:, 0, lead - 1] = self._open
        columns = range(max(lead, 1), min(lead + n, RUN)) if runs == 1 else range(1, RUN)
        for column in columns:
            p[:, :, column] = multiply(p[:, :, column - 1], p[:, :, column])
        out = np.empty_like(p)
        for run in range(runs):
            out[:, run] = multiply(self._base[:, None], p[:, run])
            if run < runs - 1 or (lead + n) % RUN == 0:
                self._base = out[:, run, -1] / np.sqrt(np.sum(out[:, run, -1] ** 2))
        self._filled = (lead + n) % RUN
        self._open = p.reshape(4, -1)[:, lead + n - 1]
        out = out.reshape(4, -1)[:, lead : lead + n]
        self.last = out[:, -1:]
        return out


def _cross(a: Floats, b: Floats) -> Floats:
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])
