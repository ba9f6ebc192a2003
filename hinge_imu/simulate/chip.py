"""A register-accurate MPU-6050 or relative, as far as a host that reads its FIFO can tell.

Not simulated: low-power cycling, the other clocks' poorer accuracy, the offset registers' effect, the auxiliary bus,
the DMP, the interrupt pin, start-up times other than that of a reset. Pages: RM-MPU-6000A rev 4.2.
"""

from __future__ import annotations

from hinge_imu.simulate import registers as reg
from hinge_imu.simulate.core import Core

WRITABLE = reg.OFFSETS | {
    *(reg.SMPLRT_DIV, reg.CONFIG, reg.GYRO_CONFIG, reg.ACCEL_CONFIG, reg.FIFO_EN, reg.INT_PIN_CFG, reg.INT_ENABLE),
    *(reg.SIGNAL_PATH_RESET, reg.USER_CTRL, reg.PWR_MGMT_1, reg.PWR_MGMT_2),
}
RESET_NS = 5_000_000


class Chip(Core):
    """One chip: `write` and `read` are what its two wires do."""

    def power_on(self, now_ns: int) -> None:
        """Take the state that a chip has when its supply comes up."""
        super().power_on(now_ns)
        self._deaf_writes = 0
        self._answers_at = now_ns

    @property
    def answers(self) -> bool:
        """Whether the chip acknowledges its address: not in the first moments of a reset."""
        return self._now >= self._answers_at

    def write(self, data: bytes) -> None:
        """Take a register number and, where they follow, the bytes for it and the next ones."""
        self._pointer = data[0] & 0x7F
        if len(data) == 1:
            return
        deaf = self._deaf_writes > 0
        self._deaf_writes -= deaf
        for value in data[1:]:
            if not deaf and self._takes(self._pointer):
                self._set(self._pointer, value)
            self._step()

    def read(self, length: int, byte_ns: int = 0) -> bytes:
        """Give bytes from the last written register number on, ``byte_ns`` apart; the FIFO fills up meanwhile."""
        start = self._pointer
        if start == reg.FIFO_R_W:
            data = self._pop(length, byte_ns)
        elif start + length <= reg.INT_STATUS or reg.INT_STATUS < start < start + length <= reg.FIFO_COUNT_H:
            data = bytes(self._registers[start : start + length])
            self._pointer = start + length
        else:
            data = bytes([self._get() for _ in range(length)])
        if self._registers[reg.INT_PIN_CFG] & reg.CLEAR_ON_ANY_READ:
            self._registers[reg.INT_STATUS] = 0
        return data

    def deafen(self, n_writes: int) -> None:
        """Acknowledge the next ``n_writes`` writes of registers, and take none of them."""
        self._deaf_writes = n_writes

    def _reset(self) -> None:
        super()._reset()
        self._pointer = self._count_low = 0
        self._answers_at = self._now + RESET_NS

    # Registers ----------------------------------------------------------------------------------------------

    def _takes(self, register: int) -> bool:
        return register in WRITABLE or (register == reg.ACCEL_CONFIG_2 and self._part.own_acc_low_pass)

    def _step(self) -> None:
        if self._pointer != reg.FIFO_R_W:
            self._pointer = (self._pointer + 1) & 0x7F

    def _get(self) -> int:
        register = self._pointer
        self._step()
        if register == reg.FIFO_R_W:
            return self._fifo.pop(1)[0]
        if register == reg.FIFO_COUNT_H:
            high, self._count_low = divmod(len(self._fifo), 256)
            return high
        if register == reg.FIFO_COUNT_L:
            return self._count_low
        value = self._registers[register]
        if register == reg.INT_STATUS:
            self._registers[reg.INT_STATUS] = 0
        return value

    def _set(self, register: int, value: int) -> None:
        if register == reg.PWR_MGMT_1 and value & reg.DEVICE_RESET:
            self._reset()
            return
        if register == reg.SIGNAL_PATH_RESET:
            self._registers[reg.MEASUREMENTS] = bytes(14)
            return
        if register == reg.USER_CTRL:
            if value & reg.FIFO_RESET and not value & reg.FIFO_ON:
                self._fifo.clear()
            value &= 0xF0
        self._registers[register] = value
        if register in {reg.PWR_MGMT_1, reg.SMPLRT_DIV, reg.CONFIG}:
            self._begin_sampling()
        elif register in {reg.GYRO_CONFIG, reg.ACCEL_CONFIG, reg.ACCEL_CONFIG_2, reg.PWR_MGMT_2}:
            self._forget_ahead()
        elif register in {reg.USER_CTRL, reg.FIFO_EN}:
            self._fifo.restart(self._now)
            self._lay_out()

    def _pop(self, length: int, byte_ns: int) -> bytes:
        ns = length * byte_ns
        if self._now + ns < self._next_ns or self._fifo.holds(length, ns):
            return self._fifo.pop(length)
        data = b""
        for _ in range(length):
            self.advance(self._now)
            data += self._fifo.pop(1)
            self._now += byte_ns
        return data
