"""The FIFO of a simulated chip: bytes of samples arrive one by one, and the oldest leave it (RM-MPU-6000A rev 4.2)."""

from __future__ import annotations

from itertools import compress

import numpy as np
from numpy.typing import NDArray

from hinge_imu.simulate import registers as reg
from hinge_imu.simulate.sampling import Stretch

FRAME_WRITE_NS = 200_000
"""How long a frame takes on its way into the FIFO, at the most (jrowberg/i2cdevlib, issue 479)."""


class Fifo:
    """What a chip with these registers has for the host; `len` is the number of bytes.

    ``may_stop``: the part knows FIFO_MODE. ``part_written`` is how many bytes of the next sample are there already.
    """

    def __init__(self, registers: bytearray, capacity: int, *, may_stop: bool, now_ns: int) -> None:
        self._registers = registers
        self._capacity = capacity
        self._may_stop = may_stop
        self._held = bytearray()
        self._last_byte = 0
        self._slips = 0
        self.restart(now_ns)

    def __len__(self) -> int:
        return len(self._held)

    def restart(self, now_ns: int) -> None:
        """Take note of new settings: a frame that is on its way is not finished, nor one begun in the middle."""
        self._on_since_ns = now_ns
        self.part_written = 0

    def lay_out(self, stretch: Stretch, words: NDArray[np.int16]) -> None:
        """Put down the bytes of samples to come, (N,7) words, in the order of the registers."""
        enabled = self._registers[reg.FIFO_EN]
        acc, temperature, *gyr = (bool(enabled & bit) for bit in (0x08, 0x80, 0x40, 0x20, 0x10))
        columns = list(compress(range(7), [acc, acc, acc, temperature, *gyr]))
        self._frame = 2 * len(columns)
        self._bytes = words[:, columns].astype(">i2").tobytes()
        self._ready_ns = stretch.ready_ns
        self._period_ns = stretch.period_ns
        self._writing_ns = min(FRAME_WRITE_NS, stretch.period_ns * 4 // 5)

    def take(self, start: int, stop: int) -> None:
        """Take in what is missing of these samples, as far as the FIFO was on when they began to be written."""
        written, self.part_written = self.part_written, 0
        if self._registers[reg.USER_CTRL] & reg.FIFO_ON:
            start += not self._is_wanted(start)
            self._put(self._bytes[start * self._frame + written : stop * self._frame])

    def take_part(self, sample: int, now_ns: int) -> int:
        """Take in what is there by now of the next sample; return when its next byte comes."""
        ready_ns = self._ready_ns[sample]
        if not self._frame or not self._registers[reg.USER_CTRL] & reg.FIFO_ON or not self._is_wanted(sample):
            return ready_ns
        begun_ns = ready_ns - self._writing_ns
        there = max(0, (now_ns - begun_ns) * self._frame // self._writing_ns)
        self._put(self._bytes[sample * self._frame + self.part_written : sample * self._frame + there])
        self.part_written = there
        return begun_ns - (there + 1) * self._writing_ns // -self._frame  # rounded up

    def pop(self, length: int) -> bytes:
        """Give the oldest bytes; an empty FIFO gives its last one again and again (page 44)."""
        data = bytes(self._held[:length])
        del self._held[:length]
        self._last_byte = data[-1] if data else self._last_byte
        return data + bytes([self._last_byte]) * (length - len(data))

    def holds(self, length: int, ns: int) -> bool:
        """Whether so many bytes can be popped at any time of the next ``ns`` without a difference."""
        coming = (ns // self._period_ns + 2) * self._frame
        return length <= len(self._held) <= self._capacity - coming

    def clear(self) -> None:
        """Lose everything."""
        self._held.clear()

    def slip(self, n: int) -> None:
        """Lose the oldest ``n`` bytes, where there are fewer, those that are still to come."""
        self._slips += n
        self._put(b"")

    def _is_wanted(self, sample: int) -> bool:
        return self._ready_ns[sample] - self._writing_ns >= self._on_since_ns

    def _put(self, data: bytes) -> None:
        self._held += data
        if self._slips:
            lost = min(self._slips, len(self._held))
            del self._held[:lost]
            self._slips -= lost
        excess = len(self._held) - self._capacity
        if excess > 0:
            stops = self._may_stop and self._registers[reg.CONFIG] & reg.FIFO_MODE
            del self._held[slice(self._capacity, None) if stops else slice(excess)]
            self._registers[reg.INT_STATUS] |= reg.OVERFLOWED
