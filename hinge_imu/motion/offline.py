"""Where up was, with the whole recording at hand: the same physics as live, looking ahead as well as back."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfiltfilt

from hinge_imu.motion import quaternion
from hinge_imu.motion.rest import BIAS_JUMP, REST_S, SPREAD_S, Quiet, Stillness
from hinge_imu.motion.vectors import length
from hinge_imu.samples import Floats, stretches

CACHED = 8192
"""Samples at a time: what is worked out between fits into a processor's cache."""

TAU_S = 3.0
"""Time constant of the gravity low-pass, run both ways: as long as live, without the lag."""

END_S = 0.5
"""Who stands still for so long where a stretch begins or ends shows gravity there; one sample has noise. Chosen; 1 s
hardly differs."""


def up_offline(gyr: Floats, acc: Floats, rate_hz: float, *, averaging: bool = True) -> Floats:
    """Return unit up in sensor axes (N,3) from gyr (N,3) rad/s and acc (N,3) m/s^2, looking ahead as well as back.

    ``averaging`` as for the streaming filter.
    """
    gyr, acc = np.asarray(gyr, float), np.asarray(acc, float)
    return track_offline(gyr, acc, rate_hz, Stillness(rate_hz).push(gyr, acc), averaging=averaging)[0]


def track_offline(
    gyr: Floats, acc: Floats, rate_hz: float, quiet: Quiet, *, averaging: bool = True
) -> tuple[Floats, Floats]:
    """Return unit up as `up_offline` does (N,3), and the rate without the gyroscope's bias (N,3) rad/s.

    ``quiet`` is what `Stillness` says of all samples.

    The low-passed specific force in the frame that the gyroscope keeps, after VQF's offline version (Laidig & Seel
    2023, DOI 10.1016/j.inffus.2022.10.014, section 3.5).
    """
    if len(gyr) < 2:
        alone: Floats = acc / np.linalg.norm(acc, axis=1, keepdims=True)
        return alone, gyr
    rate = gyr - bias_offline(gyr, quiet, rate_hz)
    mean = rate if averaging else 0.5 * (rate + np.concatenate([rate[:1], rate[:-1]]))
    pieces = [slice(start, start + CACHED) for start in range(0, len(gyr), CACHED)]
    product, turned, force = quaternion.Product(), np.empty((4, len(gyr))), np.empty((3, len(gyr)))
    for piece in pieces:
        turned[:, piece] = product.push(quaternion.from_rotation_vector((mean[piece] / rate_hz).T))
        force[:, piece] = quaternion.rotate(turned[:, piece], acc[piece].T)
    low_pass = butter(2, np.sqrt(2) / (2 * np.pi * TAU_S), fs=rate_hz, output="sos")
    # Beyond its ends the filter goes on as if mirrored in these.
    end = max(1, round(END_S * rate_hz))
    if quiet.standing[:end][-1] >= end:
        force[:, 0] = force[:, :end].mean(axis=1)
    if quiet.standing[-1] >= end:
        force[:, -1] = force[:, -end:].mean(axis=1)
    gravity = sosfiltfilt(low_pass, force, axis=1, padlen=min(len(gyr) - 1, round(3 * TAU_S * rate_hz)))
    unit = np.empty_like(gyr)
    for piece in pieces:
        up = quaternion.rotate(quaternion.conjugate(turned[:, piece]), gravity[:, piece])
        unit[piece] = (up / length(up)).T
    return unit, rate


def bias_offline(gyr: Floats, quiet: Quiet, rate_hz: float) -> Floats:
    """Return the gyroscope's bias (N,3) rad/s: straight lines between the means over every rest.

    Where nothing rested, the first still second serves; where nothing was still either, no bias is taken off.
    """
    rests = stretches(quiet.calm > 0)
    longest = [(a, b) for a, b in rests if b - a >= round(REST_S * rate_hz)]
    if not longest:
        longest = [(0, b) for _, b in stretches(quiet.standing > 0)[:1] if b >= rate_hz]
    if not longest:
        return np.zeros_like(gyr)
    settle = round(SPREAD_S * rate_hz)
    means = np.array([gyr[min(a + settle, b - 1) : b].mean(axis=0) for a, b in longest])
    middles = np.array([(a + b) / 2 for a, b in longest])
    # A rest that speaks of another bias than most do was a slow, even movement.
    alike = np.linalg.norm(means - np.median(means, axis=0), axis=1) <= BIAS_JUMP
    alike = alike if alike.any() else ~alike
    samples = np.arange(len(gyr))
    return np.stack([np.interp(samples, middles[alike], means[alike, axis]) for axis in range(3)], axis=1)
