"""The measuring half of a simulated chip: what it measures, and when by its own clock, a quarter of a second ahead."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from hinge_imu.samples import NS, Floats, Times
from hinge_imu.simulate import parts
from hinge_imu.simulate import registers as reg
from hinge_imu.simulate.imu import STANDARD_GRAVITY, ImuErrors, Source, Span, counts
from hinge_imu.simulate.noise import Noise

AHEAD_S = 0.25
LOW_PASS = (
    (260, 256, 0.98e-3, 8000),
    (184, 188, 1.9e-3, 1000),
    (94, 98, 2.8e-3, 1000),
    (44, 42, 4.8e-3, 1000),
    (21, 20, 8.3e-3, 1000),
    (10, 10, 13.4e-3, 1000),
    (5, 5, 18.6e-3, 1000),
    (260, 256, 0.98e-3, 8000),
)
"""By DLPF_CFG: accelerometer and gyroscope bandwidth (Hz), gyroscope delay (s), rate before the divider (page 13).

Code 7 is reserved and taken as 0; the accelerometer's slightly different delay is not told apart, nor are those of
the MPU-6500 family.
"""

OWN_ACC_LOW_PASS = (218.1, 218.1, 99.0, 44.8, 21.2, 10.2, 5.05, 420.0)
"""Accelerometer bandwidth (Hz) by A_DLPF_CFG of register 0x1D, where the part has it (RM-MPU-9250A rev 1.6)."""

UNFILTERED_HZ = 1046.0
"""The accelerometer's bandwidth with bit 3 (ACCEL_FCHOICE_B) of register 0x1D set."""


class Settings(NamedTuple):
    """What the registers say about measuring; ``off`` (7,) are the words that stand still."""

    internal_hz: int
    divider: int
    delay_ns: int
    span: Span
    off: NDArray[np.bool_]

    @classmethod
    def read(cls, registers: bytearray, part: parts.Part, response: tuple[Floats, Floats]) -> Self:
        """Decode the registers of a part whose self-test moves its axes by ``response``, m/s^2 and rad/s (3,)."""
        acc_hz, gyr_hz, delay_s, internal_hz = LOW_PASS[registers[reg.CONFIG] & 7]
        gyro, accel, own = registers[reg.GYRO_CONFIG], registers[reg.ACCEL_CONFIG], registers[reg.ACCEL_CONFIG_2]
        span = Span(
            acc=(2 << (accel >> 3 & 3)) * STANDARD_GRAVITY,
            gyr=float(np.radians(250 << (gyro >> 3 & 3))),
            acc_hz=_own_acc_hz(own) if part.own_acc_low_pass else acc_hz,
            gyr_hz=gyr_hz,
            counts_per_degc=part.counts_per_degc,
            zero_degc=part.zero_degc,
            acc_push=response[0] * _bits(accel, 7, 6, 5),
            gyr_push=response[1] * _bits(gyro, 7, 6, 5),
        )
        standby = _bits(registers[reg.PWR_MGMT_2], 5, 4, 3, 2, 1, 0)
        off = np.concatenate([standby[:3], _bits(registers[reg.PWR_MGMT_1], 3), standby[3:]])
        return cls(internal_hz, 1 + registers[reg.SMPLRT_DIV], round(delay_s * 1e9), span, off)


class Stretch(NamedTuple):
    """Samples to come: when each is ready, in ns of the host's clock, when it was true (N,), and its words (N,7)."""

    ready_ns: list[int]
    true_ns: Times
    words: NDArray[np.int16]
    period_ns: int

    def until(self, stop: int) -> Stretch:
        """Return the first so many."""
        return Stretch(self.ready_ns[:stop], self.true_ns[:stop], self.words[:stop], self.period_ns)


NOTHING = Stretch([], np.empty(0, np.int64), np.empty((0, 7), np.int16), 1)


class Sampling:
    """The sensors, oscillator and thermometer of one part."""

    def __init__(self, source: Source, errors: ImuErrors, rng: np.random.Generator) -> None:
        self._source = source
        self._errors = errors
        self._rng = rng
        self._acc_noise, self._gyr_noise = Noise(rng), Noise(rng)
        self._speed = 1 + errors.rate_error
        self._noisy = bool(errors.acc_noise or errors.gyr_noise or errors.temp_noise)
        self.power_on(0)

    def power_on(self, now_ns: int) -> None:
        """Begin to warm up."""
        self._power_on_ns = now_ns
        self.begin(now_ns)

    def begin(self, now_ns: int) -> None:
        """Start to count periods anew; the first sample comes one period from now."""
        self._first_ns = float(now_ns)
        self._computed = 0

    def forget(self, samples: int) -> None:
        """Compute the last so many again, which nobody has seen yet."""
        self._computed -= samples

    def speed(self, now_ns: int, rate_error: float) -> None:
        """Run faster or slower from now on; the period that is under way is stretched with the others."""
        ratio = self._speed / (1 + rate_error)
        self._first_ns = now_ns - (now_ns - self._first_ns) * ratio
        self._speed = 1 + rate_error

    def ahead(self, settings: Settings) -> Stretch:
        """Compute the next quarter of a second at once, so that a poll costs little."""
        rate_hz = settings.internal_hz / settings.divider
        n = max(1, round(AHEAD_S * rate_hz))
        period_ns = 1e9 / (rate_hz * self._speed)
        k = self._computed + 1 + np.arange(n)
        self._computed += n
        ready_ns = np.rint(self._first_ns + k * period_ns).astype(np.int64)
        true_ns = ready_ns - settings.delay_ns
        words = counts(
            self._source(true_ns), self._errors, settings.span, self._noise(n, settings), warm=self._warm(true_ns)
        )
        words[:, settings.off] = 0
        return Stretch(ready_ns.tolist(), true_ns, words, int(period_ns))

    def _noise(self, n: int, settings: Settings) -> Floats | None:
        if not self._noisy:
            return None
        every, internal_hz, span = settings.divider, settings.internal_hz, settings.span
        return np.hstack(
            [
                self._acc_noise.draw(n, every, span.acc_hz, internal_hz),
                self._rng.standard_normal((n, 1)),
                self._gyr_noise.draw(n, every, span.gyr_hz, internal_hz),
            ]
        )

    def _warm(self, t_ns: Times) -> float | Floats:
        """Return the share of its warmth that the die has at ``t_ns`` (N,)."""
        if not self._errors.warm_up_s:
            return 1.0
        share: Floats = -np.expm1(-np.maximum(t_ns - self._power_on_ns, 0) * (NS / self._errors.warm_up_s))
        return share


def _own_acc_hz(value: int) -> float:
    return UNFILTERED_HZ if value & 0x08 else OWN_ACC_LOW_PASS[value & 7]


def _bits(value: int, *numbers: int) -> NDArray[np.bool_]:
    return np.array([bool(value >> number & 1) for number in numbers])
