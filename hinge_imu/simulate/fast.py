"""A lifter's recording without chips, bus and driver: a minute in a fraction of a second, with a real part's errors."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.spatial.transform import Rotation

from hinge_imu.config import ChipConfig
from hinge_imu.samples import NS, RAW_SI, Bools, Floats, Header, RawArray
from hinge_imu.simulate.imu import STANDARD_GRAVITY, ImuErrors, Span, counts, mounted
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.noise import Noise
from hinge_imu.simulate.strap import RESIDUAL

CHIP = ChipConfig()
SPAN = Span(
    acc=CHIP.acc_range_g * STANDARD_GRAVITY,
    gyr=float(np.radians(CHIP.gyr_range_dps)),
    acc_hz=CHIP.low_pass_hz,
    gyr_hz=CHIP.low_pass_hz,
)
"""The full scales and the low-pass that ship."""

INTERNAL_HZ = 1000.0
"""How often the chip measures before its divider."""

COUNTS = 32768


def recorded(
    lifter: Lifter,
    rng: np.random.Generator,
    rate_hz: float = 100.0,
    residual: float = RESIDUAL,
    *,
    exercise: str = "auto",
    lost: float = 0.0,
) -> tuple[Header, RawArray]:
    """Return the header and the samples of two boards, each turned its own way, as a CSV would hold them.

    Parameters
    ----------
    residual
        The share of the data sheet's worst errors that calibration has left.
    lost
        The share of each board's samples that are missing, in gaps of up to a third of a second.

    Returns
    -------
    Header
        In SI units, with times of the samples' own.
    RawArray
        `hinge_imu.samples.RAW_SI`, in order of time.
    """
    t_ns = np.rint(np.arange(0.0, lifter.timetable.duration_s, 1 / rate_hz) / NS).astype(np.int64)
    raw = np.zeros((len(t_ns), 2), RAW_SI)
    raw["t_ns"], raw["seq"], raw["sensor"] = t_ns[:, None], np.arange(len(t_ns))[:, None], (0, 1)
    kept = np.ones(raw.shape, np.bool_)
    for sensor in (0, 1):
        motion = partial(lifter.specific_force_and_rate, sensor)
        source = mounted(motion, Rotation.random(rng=rng).as_matrix())
        errors = ImuErrors.draw(rng, residual)
        measured = counts(source(t_ns), errors, SPAN, _noise(rng, len(t_ns), rate_hz)).astype(np.float64)
        raw["acc"][:, sensor] = measured[:, :3] * (SPAN.acc / COUNTS)
        raw["temp"][:, sensor] = measured[:, 3] / SPAN.counts_per_degc + SPAN.zero_degc
        raw["gyr"][:, sensor] = measured[:, 4:] * (SPAN.gyr / COUNTS)
        kept[:, sensor] = ~_gaps(rng, len(t_ns), rate_hz, lost)
    header = Header(
        session_id="simulated", unit="SI", clock="timed", rate_hz=rate_hz, exercise=exercise, simulated=True
    )
    return header, raw[kept]


def _noise(rng: np.random.Generator, n: int, rate_hz: float) -> Floats:
    every = max(1, round(INTERNAL_HZ / rate_hz))
    acc, gyr = (Noise(rng).draw(n, every, SPAN.acc_hz, every * rate_hz) for _ in range(2))
    return np.hstack([acc, rng.standard_normal((n, 1)), gyr])


def _gaps(rng: np.random.Generator, n: int, rate_hz: float, share: float) -> Bools:
    """Return which of n samples are lost."""
    gone = np.zeros(n, np.bool_)
    longest = max(1, round(rate_hz / 3))
    # The first second is stood still for, and is needed whole.
    while gone.mean() < share:
        start = int(rng.integers(round(rate_hz), n))
        gone[start : start + int(rng.integers(1, longest + 1))] = True
    return gone
