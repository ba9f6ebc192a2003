"""A register-accurate MPU-6050, as far as a host that reads its FIFO can tell.

Not simulated: self-test, standby of single axes, low-power cycling, the other clocks' poorer accuracy, the
auxiliary bus, the DMP, the interrupt pin, a FIFO that grows or holds half a frame while it is read, start-up
times other than that of a reset. Pages: RM-MPU-6000A rev 4.2.
"""

from __future__ import annotations

import numpy as np

from hinge_imu.samples import Times
from hinge_imu.simulate.imu import STANDARD_GRAVITY, ImuErrors, Source, Span, counts

SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG = 0x19, 0x1A, 0x1B, 0x1C
FIFO_EN, INT_PIN_CFG, INT_ENABLE, INT_STATUS = 0x23, 0x37, 0x38, 0x3A
SIGNAL_PATH_RESET, USER_CTRL, PWR_MGMT_1, PWR_MGMT_2 = 0x68, 0x6A, 0x6B, 0x6C
FIFO_COUNT_H, FIFO_COUNT_L, FIFO_R_W, WHO_AM_I = 0x72, 0x73, 0x74, 0x75
MEASUREMENTS = slice(0x3B, 0x49)
OFFSETS = {*range(0x06, 0x0C), *range(0x13, 0x19)}
WRITABLE = OFFSETS | {
    *(SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG, FIFO_EN, INT_PIN_CFG, INT_ENABLE),
    *(SIGNAL_PATH_RESET, USER_CTRL, PWR_MGMT_1, PWR_MGMT_2),
}

FIFO_BYTES = 1024
RESET_NS = 5_000_000
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

Code 7 is reserved and taken as 0; the accelerometer's slightly different delay is not told apart.
"""


class Chip:
    """One chip: `write` and `read` are what its two wires do, `advance` is the only time it knows.

    ``source`` is the truth in ideal sensor axes; ``errors`` are those of this part; ``seed`` that of its noise.
    What it samples does not depend on when it is read. ``who_am_i`` is the name it gives, all that is simulated of
    a clone.
    """

    def __init__(self, source: Source, errors: ImuErrors | None = None, *, seed: int = 0, who_am_i: int = 0x68) -> None:
        self._source = source
        self._errors = errors or ImuErrors()
        self._rng = np.random.default_rng(seed)
        self._who_am_i = who_am_i
        self.power_on(0)

    def power_on(self, now_ns: int) -> None:
        """Take the state that a chip has when its supply comes up."""
        self._now = self._answers_at = now_ns
        self._registers = bytearray(0x80)
        self._registers[PWR_MGMT_1] = 0x40
        self._registers[WHO_AM_I] = self._who_am_i
        self._pointer = 0
        self._fifo = bytearray()
        self._last_byte = 0
        self._count_low = 0
        self._begin_sampling()

    @property
    def answers(self) -> bool:
        """Whether the chip acknowledges its address: not in the first moments of a reset."""
        return self._now >= self._answers_at

    def advance(self, now_ns: int) -> None:
        """Let the chip live until ``now_ns`` on the host's clock, taking the samples that are due by its own."""
        self._now = now_ns
        while self._awake:
            if self._taken == len(self._times):
                self._compute_ahead()
            due = int(np.searchsorted(self._times, now_ns, side="right"))
            if due > self._taken:
                self._take(self._taken, due)
            if due < len(self._times):
                return

    def write(self, data: bytes) -> None:
        """Take a register number and, where they follow, the bytes for it and the next ones."""
        self._pointer = data[0] & 0x7F
        for value in data[1:]:
            if self._pointer in WRITABLE:
                self._set(self._pointer, value)
            self._step()

    def read(self, length: int) -> bytes:
        """Give bytes from the last written register number on."""
        at_fifo = self._pointer == FIFO_R_W
        data = self._pop(length) if at_fifo else bytes(self._get() for _ in range(length))
        if self._registers[INT_PIN_CFG] & 0x10:
            self._registers[INT_STATUS] = 0
        return data

    # Registers ----------------------------------------------------------------------------------------------

    def _step(self) -> None:
        if self._pointer != FIFO_R_W:
            self._pointer = (self._pointer + 1) & 0x7F

    def _get(self) -> int:
        register = self._pointer
        self._step()
        if register == FIFO_R_W:
            return self._pop(1)[0]
        if register == FIFO_COUNT_H:
            high, self._count_low = divmod(len(self._fifo), 256)
            return high
        if register == FIFO_COUNT_L:
            return self._count_low
        value = self._registers[register]
        if register == INT_STATUS:
            self._registers[INT_STATUS] = 0
        return value

    def _set(self, register: int, value: int) -> None:
        if register == PWR_MGMT_1 and value & 0x80:
            self.power_on(self._now)
            self._answers_at = self._now + RESET_NS
        elif register == SIGNAL_PATH_RESET:
            self._registers[MEASUREMENTS] = bytes(14)
        elif register == USER_CTRL:
            if value & 0x04 and not value & 0x40:
                self._fifo.clear()
            self._registers[USER_CTRL] = value & 0xF0
        else:
            self._registers[register] = value
        if register in {PWR_MGMT_1, SMPLRT_DIV, CONFIG}:
            self._begin_sampling()
        elif register in {GYRO_CONFIG, ACCEL_CONFIG}:
            self._forget_ahead()

    # Samples ------------------------------------------------------------------------------------------------

    @property
    def _awake(self) -> bool:
        return not self._registers[PWR_MGMT_1] & 0x40

    def _begin_sampling(self) -> None:
        self._first_ns = self._now
        self._computed = 0
        self._taken = 0
        self._times: Times = np.empty(0, np.int64)

    def _forget_ahead(self) -> None:
        self._computed -= len(self._times) - self._taken
        self._times = self._times[: self._taken]

    def _compute_ahead(self) -> None:
        """Compute the next quarter of a second at once, so that a poll costs little."""
        acc_hz, gyr_hz, delay_s, internal_hz = LOW_PASS[self._registers[CONFIG] & 7]
        rate = internal_hz * (1 + self._errors.rate_error) / (1 + self._registers[SMPLRT_DIV])
        k = self._computed + 1 + np.arange(max(1, round(AHEAD_S * rate)))
        self._computed = int(k[-1])
        self._times = self._first_ns + np.rint(k * (1e9 / rate)).astype(np.int64)
        self._taken = 0
        span = Span(
            acc=(2 << (self._registers[ACCEL_CONFIG] >> 3 & 3)) * STANDARD_GRAVITY,
            gyr=float(np.radians(250 << (self._registers[GYRO_CONFIG] >> 3 & 3))),
            acc_hz=acc_hz,
            gyr_hz=gyr_hz,
        )
        truth = self._source(self._times - round(delay_s * 1e9))
        words = counts(truth, self._errors, span, self._rng)
        self._frames = words.astype(">i2").view(np.uint8)

    def _take(self, start: int, stop: int) -> None:
        frames = self._frames[start:stop]
        self._taken = stop
        self._registers[MEASUREMENTS] = frames[-1].tobytes()
        self._registers[INT_STATUS] |= 0x01
        if self._registers[USER_CTRL] & 0x40:
            self._fifo += frames[:, self._fifo_columns()].tobytes()
            excess = len(self._fifo) - FIFO_BYTES
            if excess > 0:
                del self._fifo[:excess]
                self._registers[INT_STATUS] |= 0x10

    def _fifo_columns(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        enabled = self._registers[FIFO_EN]
        acc, temperature, *gyr = (bool(enabled & bit) for bit in (0x08, 0x80, 0x40, 0x20, 0x10))
        return np.repeat([acc, acc, acc, temperature, *gyr], 2)

    def _pop(self, length: int) -> bytes:
        data = bytes(self._fifo[:length])
        del self._fifo[:length]
        self._last_byte = data[-1] if data else self._last_byte
        return data + bytes([self._last_byte]) * (length - len(data))
