"""Products of vectors, components first; a matrix product would round differently with the number of vectors."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hinge_imu.samples import Floats

Plane: TypeAlias = NDArray[np.complex128]
"""Vectors in the horizontal plane of a standing board, (...), as complex numbers."""

NEXT = np.array([1, 2, 0])
"""From each axis to the one after it."""


def dot(u: Floats, v: Floats) -> Floats:
    """Return the dot products (...) of u and v (3,...)."""
    product: Floats = u[0] * v[0] + u[1] * v[1] + u[2] * v[2]
    return product


def cross(u: Floats, v: Floats) -> Floats:
    """Return u x v (3,...)."""
    return (u * v.take(NEXT, axis=0) - u.take(NEXT, axis=0) * v).take(NEXT, axis=0)


def length(v: Floats) -> Floats:
    """Return the lengths (...) of v (3,...)."""
    root: Floats = np.sqrt(dot(v, v))
    return root
