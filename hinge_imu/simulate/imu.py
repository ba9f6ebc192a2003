"""The errors of a real MPU-6050 between the truth and its counts.

Not modelled: the colour of the noise and the amplitude response of the low-pass (its delay is), nonlinearity,
drift, and the gyroscope's answer to acceleration. Data sheet numbers are written down here once more, and not
shared with the driver, so that a slip in one of the two shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hinge_imu.samples import NS, Floats, Times

STANDARD_GRAVITY = 9.80665
COUNTS = 32768

Truth: TypeAlias = tuple[Floats, Floats, float]
"""In ideal sensor axes: specific force (N,3) m/s^2, angular rate (N,3) rad/s; temperature in deg C."""

Source: TypeAlias = Callable[[Times], Truth]
"""The truth at times t_ns (N,) of the host's clock."""

Motion: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]
"""Truth in segment axes: t_s (N,) -> specific force (N,3) m/s^2, rate (N,3) rad/s."""


class Span(NamedTuple):
    """How the chip is set: full scales (m/s^2, rad/s), noise bandwidths (Hz)."""

    acc: float
    gyr: float
    acc_hz: float
    gyr_hz: float


@dataclass(frozen=True, eq=False, kw_only=True)
class ImuErrors:
    """What one part does to the truth: ``measured = matrix @ truth + bias + noise``; as it stands, nothing.

    Biases (3,) in m/s^2 and rad/s, matrices (3,3) of scale and cross-axis sensitivity, noise densities per root
    of Hz. ``rate_error`` is how much faster than nominal its clock runs (0.01: 1 %), ``warmth_c`` how much
    warmer than its surroundings the die is.
    """

    acc_bias: Floats = field(default_factory=lambda: np.zeros(3))
    gyr_bias: Floats = field(default_factory=lambda: np.zeros(3))
    acc_matrix: Floats = field(default_factory=lambda: np.eye(3))
    gyr_matrix: Floats = field(default_factory=lambda: np.eye(3))
    acc_noise: float = 0.0
    gyr_noise: float = 0.0
    rate_error: float = 0.0
    warmth_c: float = 0.0

    @classmethod
    def draw(cls, rng: np.random.Generator, residual: float = 1.0) -> Self:
        """Draw a part evenly from within the data sheet's limits (PS-MPU-6000A rev 3.4, sections 6.1, 6.2, 7.15).

        ``residual`` is the share of bias, scale and cross-axis error that calibration has left: 1 for a part as it
        is bought. Noise is the typical one, and the clock is off by up to 1 %, whatever the calibration.
        """
        g = STANDARD_GRAVITY
        return cls(
            acc_bias=residual * rng.uniform(-1, 1, 3) * np.array([0.050, 0.050, 0.080]) * g,
            gyr_bias=residual * rng.uniform(-1, 1, 3) * np.radians(20.0),
            acc_matrix=_matrix(rng, residual),
            gyr_matrix=_matrix(rng, residual),
            acc_noise=400e-6 * g,
            gyr_noise=float(np.radians(0.005)),
            rate_error=float(rng.uniform(-0.01, 0.01)),
            warmth_c=float(rng.uniform(2.0, 8.0)),
        )


def _matrix(rng: np.random.Generator, residual: float) -> Floats:
    """Draw 3 % of scale and 2 % of cross-axis error."""
    limits = np.where(np.eye(3, dtype=bool), 0.03, 0.02)
    return np.eye(3) + residual * limits * rng.uniform(-1, 1, (3, 3))


def counts(truth: Truth, errors: ImuErrors, span: Span, rng: np.random.Generator) -> NDArray[np.int16]:
    """Return what the chip counts, (N,7) in the order of its registers: acceleration, temperature, rate.

    White noise of its density times the root of the bandwidth is added, then all is rounded, and cut off at the
    ends of the range. The thermometer counts 340 a degree from 36.53 deg C on (RM-MPU-6000A rev 4.2, section
    4.18).
    """
    acc, gyr, temperature_c = truth
    noise = rng.standard_normal((len(acc), 6))
    acc_noise = errors.acc_noise * np.sqrt(span.acc_hz) * noise[:, :3]
    gyr_noise = errors.gyr_noise * np.sqrt(span.gyr_hz) * noise[:, 3:]
    words = np.empty((len(acc), 7))
    words[:, :3] = (acc @ errors.acc_matrix.T + errors.acc_bias + acc_noise) * (COUNTS / span.acc)
    words[:, 3] = (temperature_c + errors.warmth_c - 36.53) * 340
    words[:, 4:] = (gyr @ errors.gyr_matrix.T + errors.gyr_bias + gyr_noise) * (COUNTS / span.gyr)
    return np.clip(np.rint(words), -COUNTS, COUNTS - 1).astype(np.int16)


def mounted(motion: Motion, mounting: ArrayLike, *, start_ns: int = 0, temperature_c: float = 25.0) -> Source:
    """Put a board on a segment: the source for its chip.

    ``mounting`` (3,3) is the rotation from segment axes to sensor axes, ``start_ns`` the host's time at second 0
    of the motion, ``temperature_c`` that of the surroundings.
    """
    rotation = np.asarray(mounting, float)

    def source(t_ns: Times) -> tuple[Floats, Floats, float]:
        acc, gyr = motion((t_ns - start_ns).astype(np.float64) * NS)
        return acc @ rotation.T, gyr @ rotation.T, temperature_c

    return source
