"""Fits an accelerometer's offset, scale and cross-axis error to gravity, which is the same however the sensor lies.

Known is only the length of gravity, not how the sensor lay, so a table need not be level nor a box square. The model is
that of Frosio, Pedersini & Borghese 2009 (DOI 10.1109/TIM.2008.2006137), ``a = A (m - b)`` with ``|a| = g`` at rest. A
rotation of ``a`` changes no length; ``A`` is therefore taken symmetric, which leaves nine parameters, and the rotation
to where the sensor is mounted, which is found anew for every wearer.

Six attitudes give six lengths. What they do not carry comes from the turns between them: a sensor that rests before and
after has gained no speed, so over the whole turn its mean force along the vertical is g, too, however it was handled.
The gyroscope tells where the vertical was meanwhile, as in Tedaldi, Pretto & Menegatti 2014 (DOI
10.1109/ICRA.2014.6907297); its own errors are closed at both ends and count by their square only. What neither carries
is held at what the data sheet says of a part, which also tells how far off it may be.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from hinge_imu.motion import quaternion
from hinge_imu.motion.positions import Still, Turn
from hinge_imu.samples import Floats

GRAVITY = 9.80665
"""What the driver counts as 1 g. Where gravity differs, by up to 0.3 %, the scale takes it up, and no angle does."""

MG = GRAVITY / 1000
STILL_SIGMA, TURN_SIGMA = 0.3 * MG, 0.15 * MG
"""How well a still attitude and a turn are expected to agree with the model, m/s^2: what noise leaves of a still
stretch, and what was found on simulated hands, not on real ones. Where either does not hold, as while a chip warms
(0.8 mg per deg C: PS-MPU-6000A rev 3.4, 6.2), the residuals grow, and the covariance with them."""

OFFSET = np.array([50.0, 50.0, 80.0]) * MG
SCALE, CROSS_AXIS = 0.03, 0.02
"""Tolerances of a part: zero offset on x, y and z (m/s^2), scale, and cross-axis sensitivity (PS 6.2)."""

PRIOR = np.concatenate([OFFSET / np.sqrt(3), np.full(3, SCALE / np.sqrt(3)), np.full(3, CROSS_AXIS / np.sqrt(6))])
"""Standard deviations of the nine before anything is measured: even within tolerance, and a symmetric cross-axis term
is the mean of two."""

PLACES = (0, 1, 2, 0, 0, 1), (0, 1, 2, 1, 2, 2)
"""Row and column of the six parameters of ``A``: x, y, z, xy, xz, yz."""

MEASURED = 0.7
"""A parameter counts as measured where this share of the data sheet's tolerance is gone."""

ROUNDS = 4
"""The vertical within a turn follows from the fit, and the fit from it: from round to round a tenth is left."""


class Fit(NamedTuple):
    """What was found: ``acc = acc_matrix @ (measured - acc_bias)``, acc_matrix (3,3) symmetric.

    ``acc_bias`` (3,) m/s^2 and ``gyr_bias`` (3,) rad/s in sensor axes; ``still_residuals`` (N,) and ``turn_residuals``
    (M,) m/s^2, corrected force less g; ``covariance`` (9,9) of the parameters b x y z (m/s^2), A xx yy zz xy xz yz;
    ``condition`` that of the measurements' Jacobian, each parameter in units of its tolerance.
    """

    acc_bias: Floats
    acc_matrix: Floats
    gyr_bias: Floats
    still_residuals: Floats
    turn_residuals: Floats
    covariance: Floats
    condition: float

    @property
    def known(self) -> Floats:
        """How much better than by the data sheet each of the nine parameters is known (9,): 0 not at all, 1 fully."""
        share: Floats = 1 - np.sqrt(np.diag(self.covariance)) / PRIOR
        return share

    @property
    def cross_axis(self) -> bool:
        """Whether the cross-axis terms were measured, and not only held within tolerance."""
        return bool(self.known[6:].min() > MEASURED)

    @property
    def tilt(self) -> float:
        """How far off, in rad, the tilt may be at the worst of all attitudes: three standard deviations."""
        return 3 * float(max(np.sqrt(np.linalg.eigvalsh(_tilt(up, self.covariance))[-1]) for up in _sphere(200)))


def fit(stills: list[Still], turns: list[Turn]) -> Fit:
    """Fit what the still stretches and the turns between them carry; least squares with the data sheet as the prior.

    Raises
    ------
    ValueError
        Without any still stretch.
    """
    if not stills:
        raise ValueError("the sensor never lay still")
    lying = np.array([still.acc for still in stills])
    rates = np.array([still.gyr for still in stills])
    found = np.zeros(9)
    for _ in range(ROUNDS if turns else 1):
        ways = [_way(turn, stills, found) for turn in turns]
        result = least_squares(_misfit, found, x_scale=PRIOR, args=(lying, ways))
        found = result.x
    jacobian = np.asarray(result.jac)
    measured = jacobian[: -len(PRIOR)] * PRIOR
    spread = max(1.0, 2 * result.cost / max(1, len(result.fun) - len(PRIOR)))
    values = np.linalg.svd(measured, compute_uv=False)
    bias, matrix = _parts(found)
    return Fit(
        bias,
        matrix,
        rates.mean(axis=0),
        _lengths(found, lying),
        _climbs(found, ways),
        spread * np.linalg.inv(jacobian.T @ jacobian),
        float(values[0] / values[-1]) if len(values) == len(PRIOR) and values[-1] > 0 else float("inf"),
    )


class Way(NamedTuple):
    """A turn as the fit needs it: means over it of up (3,), and of up times measured force (3,3)."""

    up: Floats
    up_force: Floats


def _misfit(x: Floats, lying: Floats, ways: list[Way]) -> Floats:
    return np.concatenate([_lengths(x, lying) / STILL_SIGMA, _climbs(x, ways) / TURN_SIGMA, x / PRIOR])


def _lengths(x: Floats, lying: Floats) -> Floats:
    lengths: Floats = np.linalg.norm(_corrected(x, lying), axis=1) - GRAVITY
    return lengths


def _climbs(x: Floats, ways: list[Way]) -> Floats:
    """Return the mean force along up over each turn, less g: the mean acceleration upwards."""
    bias, matrix = _parts(x)
    return np.array([np.sum(matrix * way.up_force) - way.up @ matrix @ bias - GRAVITY for way in ways])


def _way(turn: Turn, stills: list[Still], x: Floats) -> Way:
    """Follow up through a turn, from both ends, each counting the more the less has been turned since."""
    first, last = (_unit(_corrected(x, stills[end].acc)) for end in (turn.start, turn.stop))
    rate = turn.gyr - (stills[turn.start].gyr + stills[turn.stop].gyr) / 2
    turned = quaternion.Product().push(quaternion.from_rotation_vector(rate.T / turn.rate_hz))
    # In the axes that the sensor had in the beginning, up stands still; from the end it is seen a little elsewhere.
    seen_last = quaternion.rotate(turned[:, -1:], last[:, None])
    share = np.cumsum(np.linalg.norm(rate, axis=1))
    share /= share[-1]
    up = quaternion.rotate(quaternion.conjugate(turned), first[:, None] * (1 - share) + seen_last * share)
    up /= np.linalg.norm(up, axis=0)
    return Way(up.mean(axis=1), up @ turn.acc / len(turn.acc))


def _parts(x: Floats) -> tuple[Floats, Floats]:
    """Return the bias (3,) and the matrix (3,3) that the nine parameters stand for."""
    matrix = np.eye(3)
    rows, columns = PLACES
    for row, column, value in zip(rows, columns, x[3:], strict=True):
        matrix[row, column] += value
        matrix[column, row] = matrix[row, column]
    return x[:3], matrix


def _corrected(x: Floats, acc: Floats) -> Floats:
    bias, matrix = _parts(x)
    corrected: Floats = (acc - bias) @ matrix
    return corrected


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / np.linalg.norm(vector)
    return unit


def _tilt(up: Floats, covariance: Floats) -> Floats:
    """Return the covariance (3,3) in rad^2 of the direction that is found where ``up`` (3,) points up, near A = 1."""
    effect = np.zeros((3, 9))
    effect[:, :3] = -np.eye(3) / GRAVITY
    for number, (row, column) in enumerate(zip(*PLACES, strict=True), 3):
        effect[row, number] = up[column]
        effect[column, number] = up[row]
    across = (np.eye(3) - np.outer(up, up)) @ effect
    tilt: Floats = across @ covariance @ across.T
    return tilt


def _sphere(n: int) -> Floats:
    """Return n directions (n,3) spread evenly (Fibonacci sphere, DOI 10.1007/s11004-009-9257-x)."""
    k = np.arange(n) + 0.5
    z, turn = 1 - 2 * k / n, np.pi * (1 + np.sqrt(5)) * k
    across = np.sqrt(1 - z**2)
    return np.column_stack([across * np.cos(turn), across * np.sin(turn), z])
