"""The MPU-6050: brought up and checked, its FIFO emptied into raw samples.

Register numbers and page references: RM-MPU-6000A rev 4.2.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from smbus2 import SMBus

from hinge_imu.config import ChipConfig
from hinge_imu.samples import RAW, Flag, RawArray
from hinge_imu.sensing import registers as reg
from hinge_imu.sensing import settings
from hinge_imu.sensing.i2c import BusFault, Registers

FRAME = 12  # bytes: accelerometer x y z, gyroscope x y z, high byte first
BURST = 20 * FRAME  # 5.5 ms at 400 kHz, so that the other chip gets its turn
FIFO_BYTES = {0x68: 1024}
CLONE_FIFO_BYTES = 512  # the MPU-6500 and other parts sold as MPU-6050s hold half as much

RESET_S = 0.1  # the chip may not even acknowledge its address meanwhile
START_UP_S = 0.06  # gyroscope start-up 30 ms, PLL settling 10 ms (PS-MPU-6000A rev 3.4, sections 6.1 and 6.6)
STEADY_NS = 2_000_000  # a count read that took longer was interrupted, and its middle says little
TEMPERATURE_NS = 1_000_000_000
NOTHING = np.empty(0, RAW)


class Mpu6050:
    """One chip on an open bus: first exhaust `start`, then call `poll` again and again.

    ``sensor`` is the index into `hinge_imu.samples.SEGMENTS` that its samples carry, and ``clock`` gives session
    time in ns. Both methods raise `hinge_imu.sensing.i2c.BusFault`; `start` mends whatever state the chip is in.
    """

    def __init__(
        self,
        bus: SMBus,
        address: int,
        chip: ChipConfig,
        *,
        sensor: int = 0,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.who_am_i = 0
        self._registers = Registers(bus, address)
        self._settings = settings.register_values(chip)
        self._silence_ns = round((0.1 + 5 / settings.rate_hz(chip)) * 1e9)
        self._sensor = sensor
        self._clock = clock
        self._seq = 0
        self._to_drop = 0
        self._after_loss = False
        self._heard_ns = 0
        self._temperature = 0
        self._temperature_due_ns = 0

    def start(self) -> Iterator[float]:
        """Bring the chip from any state to a running FIFO; yields the seconds for which it must be left alone.

        A generator, so that whoever looks after several chips can look after the others meanwhile.
        """
        self._identify()
        self._registers.write(reg.PWR_MGMT_1, reg.DEVICE_RESET)
        yield RESET_S
        self._expect({reg.PWR_MGMT_1: reg.SLEEP})
        self._registers.write(reg.SIGNAL_PATH_RESET, reg.ALL_PATHS)
        yield RESET_S
        self._registers.write(reg.PWR_MGMT_1, reg.CLOCK_PLL_X)
        yield START_UP_S
        for register, value in self._settings.items():
            self._registers.write(register, value)
        self._restart_fifo()
        self._heard_ns = self._temperature_due_ns = self._clock()
        self._expect(self._settings)
        self._expect(
            {
                reg.PWR_MGMT_1: reg.CLOCK_PLL_X,
                reg.FIFO_EN: reg.FIFO_GYRO_AND_ACCEL,
                reg.USER_CTRL: reg.USER_FIFO_EN,
            }
        )

    def poll(self) -> RawArray:
        """Return the samples since the last poll as `RAW` (N,), none where there are none.

        A FIFO that overflowed, or a burst that broke off, is emptied unread: the bytes left in it no longer say
        which sample they belong to. The next sample then carries `Flag.AFTER_LOSS`.
        """
        overflowed = self._registers.read(reg.INT_STATUS)[0] & reg.FIFO_OFLOW
        before = self._clock()
        count = int.from_bytes(self._registers.read(reg.FIFO_COUNT, 2), "big")
        after = self._clock()
        # So near the brim it may run over while being read; not every part raises the flag in time.
        if overflowed or count >= self._fifo_bytes - 3 * FRAME:
            self._restart_fifo()
            self._heard_ns = after
            return NOTHING
        data = self._drain(count - count % FRAME)
        self._listen(heard=bool(data), now=after)
        raw = self._decode(data)
        if not len(raw):
            return NOTHING
        raw["t_ns"] = (before + after) // 2
        raw["temp"] = self._temperature_at(after)
        raw["flags"][-1] |= Flag.LAST_OF_POLL
        if after - before > STEADY_NS:
            raw["flags"] |= np.uint8(Flag.UNSURE_TIME)
        return raw

    @property
    def _fifo_bytes(self) -> int:
        return FIFO_BYTES.get(self.who_am_i, CLONE_FIFO_BYTES)

    def _identify(self) -> None:
        self.who_am_i = self._registers.read(reg.WHO_AM_I)[0]
        # Parts with other names than 0x68 work alike, but a line that reads the same everywhere is no name.
        if self.who_am_i in {0x00, 0xFF}:
            raise BusFault(f"{self._name}: reads {self.who_am_i:#04x} for its name; look at SDA, SCL and the supply")

    def _expect(self, values: dict[int, int]) -> None:
        for register, value in values.items():
            found = self._registers.read(register)[0]
            if found != value:
                raise BusFault(
                    f"{self._name}: register {register:#04x} should read {value:#04x} and reads {found:#04x}; "
                    "the supply dips or the wires disturb each other"
                )

    def _restart_fifo(self) -> None:
        for register, value in (
            (reg.USER_CTRL, 0),
            (reg.FIFO_EN, 0),
            (reg.USER_CTRL, reg.USER_FIFO_RESET),
            (reg.FIFO_EN, reg.FIFO_GYRO_AND_ACCEL),
        ):
            self._registers.write(register, value)
        self._registers.read(reg.INT_STATUS)
        self._registers.write(reg.USER_CTRL, reg.USER_FIFO_EN)
        self._to_drop = 1  # the first sample after a start is out of specification
        self._after_loss = self._seq > 0

    def _drain(self, length: int) -> bytes:
        try:
            return b"".join(
                self._registers.burst(reg.FIFO_R_W, min(BURST, length - done)) for done in range(0, length, BURST)
            )
        except BusFault:
            self._restart_fifo()
            return b""

    def _decode(self, data: bytes) -> RawArray:
        words = np.frombuffer(data, ">i2").reshape(-1, 2, 3)
        words, self._to_drop = words[self._to_drop :], max(0, self._to_drop - len(words))
        raw = np.zeros(len(words), RAW)
        if not len(raw):
            return raw
        raw["seq"] = self._seq + np.arange(len(raw))
        raw["sensor"] = self._sensor
        raw["acc"], raw["gyr"] = words[:, 0], words[:, 1]
        at_the_end = (words >= 32767) | (words <= -32767)
        raw["flags"][at_the_end.any(axis=(1, 2))] = Flag.SATURATED
        if self._after_loss:
            raw["flags"][0] |= Flag.AFTER_LOSS
        self._after_loss = False
        self._seq += len(raw)
        return raw

    def _listen(self, *, heard: bool, now: int) -> None:
        if heard:
            self._heard_ns = now
        elif now - self._heard_ns > self._silence_ns:
            raise BusFault(f"{self._name} answers but gives no samples: its supply dipped, or long reads break off")

    def _temperature_at(self, now: int) -> int:
        if now >= self._temperature_due_ns:
            self._temperature_due_ns = now + TEMPERATURE_NS
            self._temperature = int.from_bytes(self._registers.read(reg.TEMP_OUT, 2), "big", signed=True)
        return self._temperature

    @property
    def _name(self) -> str:
        return f"the chip at {self._registers.address:#04x}"
