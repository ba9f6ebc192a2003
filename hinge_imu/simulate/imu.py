"""The errors of a real MPU-6050 between the truth and its counts.

Not modelled: the low-pass' amplitude response on the motion (its delay is, and what it makes of the noise),
nonlinearity, and the gyroscope's answer to acceleration. Data sheet numbers are written down here once more, and
not shared with the driver, so that a slip in one of the two shows.
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
REFERENCE_C = 25.0  # the temperature at which the data sheet states its offsets

Truth: TypeAlias = tuple[Floats, Floats, float | Floats]
"""In ideal sensor axes: specific force (N,3) m/s^2, angular rate (N,3) rad/s; temperature in deg C, one or (N,)."""

Source: TypeAlias = Callable[[Times], Truth]
"""The truth at times t_ns (N,) of the host's clock."""

Motion: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]
"""Truth in segment axes: t_s (N,) -> specific force (N,3) m/s^2, rate (N,3) rad/s."""


class Span(NamedTuple):
    """How the chip is set: full scales (m/s^2, rad/s) and noise bandwidths (Hz); its thermometer; its self-test.

    ``acc_push`` m/s^2 (3,) and ``gyr_push`` rad/s (3,) are what the self-test adds.
    """

    acc: float
    gyr: float
    acc_hz: float
    gyr_hz: float
    counts_per_degc: float = 340.0
    zero_degc: float = 36.53
    acc_push: Floats | float = 0.0
    gyr_push: Floats | float = 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class ImuErrors:
    """What one part does to the truth: ``measured = matrix @ truth + bias + noise``; as it stands, nothing.

    Biases (3,) in m/s^2 and rad/s at 25 deg C, drifts (3,) the same per deg C of the die, matrices (3,3) of scale
    and cross-axis sensitivity, noise densities per root of Hz, ``temp_noise`` in deg C rms. ``rate_error`` is how
    much faster than nominal its clock runs (0.01: 1 %), ``warmth_c`` how much warmer than its surroundings the die
    becomes, with a time constant of ``warm_up_s`` (0: at once) from power-on.
    """

    acc_bias: Floats = field(default_factory=lambda: np.zeros(3))
    gyr_bias: Floats = field(default_factory=lambda: np.zeros(3))
    acc_drift: Floats = field(default_factory=lambda: np.zeros(3))
    gyr_drift: Floats = field(default_factory=lambda: np.zeros(3))
    acc_matrix: Floats = field(default_factory=lambda: np.eye(3))
    gyr_matrix: Floats = field(default_factory=lambda: np.eye(3))
    acc_noise: float = 0.0
    gyr_noise: float = 0.0
    temp_noise: float = 0.0
    rate_error: float = 0.0
    warmth_c: float = 0.0
    warm_up_s: float = 0.0

    @classmethod
    def draw(cls, rng: np.random.Generator, residual: float = 1.0) -> Self:
        """Draw a part evenly from within the data sheet's limits (PS-MPU-6000A rev 3.4, sections 6.1, 6.2, 7.15).

        ``residual`` is the share of bias, drift, scale and cross-axis error that calibration has left: 1 for a part
        as it is bought. Noise is the typical one, and the clock is off by up to 1 %, whatever the calibration. The
        drifts stay within the limits of the offset from end to end of the range of temperature (gyroscope -40 to
        85 deg C, accelerometer 0 to 70). Of the thermometer's noise and the warming up the data sheet says nothing.
        """
        g = STANDARD_GRAVITY
        # A stream of its own, so that it shifts nothing else that is drawn from this generator.
        [slow] = rng.spawn(1)
        return cls(
            acc_bias=residual * rng.uniform(-1, 1, 3) * np.array([0.050, 0.050, 0.080]) * g,
            gyr_bias=residual * rng.uniform(-1, 1, 3) * np.radians(20.0),
            acc_drift=residual * slow.uniform(-1, 1, 3) * np.array([0.035, 0.035, 0.060]) * g / (70 - 25),
            gyr_drift=residual * slow.uniform(-1, 1, 3) * np.radians(20.0) / (25 + 40),
            acc_matrix=_matrix(rng, residual),
            gyr_matrix=_matrix(rng, residual),
            acc_noise=400e-6 * g,
            gyr_noise=float(np.radians(0.005)),
            temp_noise=0.01,
            rate_error=float(rng.uniform(-0.01, 0.01)),
            warmth_c=float(rng.uniform(2.0, 8.0)),
            warm_up_s=float(slow.uniform(120.0, 300.0)),
        )


def _matrix(rng: np.random.Generator, residual: float) -> Floats:
    """Draw 3 % of scale and 2 % of cross-axis error."""
    limits = np.where(np.eye(3, dtype=bool), 0.03, 0.02)
    return np.eye(3) + residual * limits * rng.uniform(-1, 1, (3, 3))


def counts(
    truth: Truth, errors: ImuErrors, span: Span, noise: Floats | None = None, *, warm: float | Floats = 1.0
) -> NDArray[np.int16]:
    """Return what the chip counts, (N,7) in the order of its registers: acceleration, temperature, rate.

    ``noise`` (N,7), of strength 1, is made as strong as its density times the root of the bandwidth; then all is
    rounded, and cut off at the ends of the range. ``warm`` is the share of its warmth that the die has reached. An
    MPU-6050's thermometer counts 340 a degree from 36.53 deg C on (RM-MPU-6000A rev 4.2, section 4.18).
    """
    acc, gyr, temperature_c = truth
    die_c = np.broadcast_to(temperature_c + errors.warmth_c * warm, len(acc))
    drift = die_c[:, None] - REFERENCE_C
    words = np.empty((len(acc), 7))
    words[:, :3] = acc @ errors.acc_matrix.T + errors.acc_bias + drift * errors.acc_drift + span.acc_push
    words[:, 3] = die_c - span.zero_degc
    words[:, 4:] = gyr @ errors.gyr_matrix.T + errors.gyr_bias + drift * errors.gyr_drift + span.gyr_push
    if noise is not None:
        acc_noise, gyr_noise = errors.acc_noise * np.sqrt(span.acc_hz), errors.gyr_noise * np.sqrt(span.gyr_hz)
        words += noise * np.repeat([acc_noise, errors.temp_noise, gyr_noise], [3, 1, 3])
    words *= np.repeat([COUNTS / span.acc, span.counts_per_degc, COUNTS / span.gyr], [3, 1, 3])
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
