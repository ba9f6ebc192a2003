"""How smoothly a phase ran: one number from its spectrum, one from its jerk.

The less smooth, the more negative. A minimum-jerk movement (Flash and Hogan 1985, DOI
10.1523/JNEUROSCI.05-07-01688.1985), the smoothest there is from rest to rest, has a SPARC of -1.40 and an LDLJ of
-5.32; cut where its rate passes a tenth of its peak, as phases are, -1.52 and -4.04. Neither number depends on how far
or how fast a movement went, only on its shape; and both see what the 6 Hz low-pass before them has left.
"""

from __future__ import annotations

import numpy as np

from hinge_imu.samples import Floats

CUT_OFF_HZ, LEAST_AMPLITUDE, PADDING = 10.0, 0.05, 4
"""The spectrum up to this frequency, and to its last amplitude (peak: 1) above this, zeros added up to 2^4 times the
length: as published (DOI 10.1186/s12984-015-0090-9)."""

LEAST_SAMPLES = 8
"""A shorter phase has no shape; chosen."""


def sparc(speed: Floats, rate_hz: float) -> float | None:
    """Return the spectral arc length of a phase's speed (N,), in any unit: 0 at best, more negative the less smooth.

    None where a sample is nan, nothing moved, or there are fewer than 8 samples. Balasubramanian, Melendez-Calderon,
    Roby-Brami and Burdet 2015, DOI 10.1186/s12984-015-0090-9.
    """
    if not _measurable(speed):
        return None
    length = 2 ** (int(np.ceil(np.log2(len(speed)))) + PADDING)
    # What never changes its sign has its largest amplitude at 0 Hz.
    kept = np.abs(np.fft.rfft(np.abs(speed), length)[: int(CUT_OFF_HZ / rate_hz * length) + 1])
    kept /= kept[0]
    kept = kept[: np.flatnonzero(kept >= LEAST_AMPLITUDE)[-1] + 1]
    return -float(np.hypot(1 / (len(kept) - 1), np.diff(kept)).sum())


def ldlj(speed: Floats, rate_hz: float, duration_s: float) -> float | None:
    """Return the log dimensionless jerk of a phase's speed (N,), in any unit: more negative the less smooth.

    It is -ln(T^3 / peak^2 * integral of the squared second derivative of the speed over T). ``duration_s`` is T: a
    phase ends between samples, and T counts four times. None as in `sparc`, and for a speed that is one straight line.
    Balasubramanian, Melendez-Calderon and Burdet 2012, DOI 10.1109/TBME.2011.2179545; Hogan and Sternad 2009, DOI
    10.3200/35-09-004-RC.
    """
    if not _measurable(speed):
        return None
    jerk = np.diff(speed / np.abs(speed).max(), 2) * rate_hz**2
    dimensionless = duration_s**4 * float(np.mean(jerk**2))
    return -float(np.log(dimensionless)) if dimensionless > 0 else None


def _measurable(speed: Floats) -> bool:
    # A nan makes the maximum nan, which is not above zero either.
    return len(speed) >= LEAST_SAMPLES and float(np.abs(speed).max()) > 0
