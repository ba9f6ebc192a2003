"""The FIFO of one chip: emptied by whole frames, and found out when it does not hold them any more.

Register numbers and page references: RM-MPU-6000A rev 4.2.
"""

from __future__ import annotations

from collections.abc import Callable

from hinge_imu.sensing import registers as reg
from hinge_imu.sensing.bringup import put
from hinge_imu.sensing.budget import FRAME
from hinge_imu.sensing.i2c import TRIES, BusFault, Registers

WRITING_NS = 200_000  # a chip takes so long to put a frame into its FIFO, and the count grows meanwhile
MOST_COUNTS = 100


class Fifo:
    """What a driver does with the FIFO; ``clock`` gives ns. All methods raise `BusFault`."""

    def __init__(self, registers: Registers, clock: Callable[[], int]) -> None:
        self._registers = registers
        self._clock = clock

    def restart(self) -> None:
        """Empty it unread and let it fill with whole frames from now on."""
        put(self._registers, {reg.USER_CTRL: 0, reg.FIFO_EN: 0})
        for _ in range(TRIES):
            self._registers.write(reg.USER_CTRL, reg.USER_FIFO_RESET)
            if self.count() == 0:
                break
        else:
            raise BusFault(f"{self._registers.chip}: its FIFO cannot be emptied; take its power off and on")
        put(self._registers, {reg.FIFO_EN: reg.FIFO_GYRO_AND_ACCEL})
        self.overflowed()
        put(self._registers, {reg.USER_CTRL: reg.USER_FIFO_EN})

    def overflowed(self) -> bool:
        """Return whether it ran over since this was asked last."""
        return bool(self._registers.read(reg.INT_STATUS)[0] & reg.FIFO_OFLOW)

    def count(self) -> int:
        """Return how many bytes it holds, of which the last frame may still be being written."""
        return int.from_bytes(self._registers.read(reg.FIFO_COUNT, 2), "big")

    def take(self, length: int) -> bytes:
        """Take bytes out, in one read that is never repeated: a second one would begin somewhere in a frame."""
        return self._registers.burst(reg.FIFO_R_W, length) if length else b""

    def shifted(self, count: int, left: int) -> bool:
        """Return whether its oldest byte is no longer the first of a frame.

        ``count`` is from before a read, ``left`` from after it. While the chip writes a frame, a count says little.
        Where one of them is odd, it is therefore read on and on, past the time that frame takes to write: three times
        the same remainder mean shifted, two whole counts mean not. Pauses in between could fall into step with the
        samples.
        """
        if not count % FRAME and not left % FRAME:
            return False
        written = self._clock() + WRITING_NS
        seen = [0] * FRAME
        for _ in range(MOST_COUNTS):
            asked = self._clock()
            remainder = self.count() % FRAME
            if remainder and asked < written:
                continue
            seen[remainder] += 1
            if seen[0] == 2 or seen[remainder] == 3:
                return remainder != 0
        return False
