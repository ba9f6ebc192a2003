"""The MPU-6050: brought up and checked, its FIFO emptied into raw samples.

Register numbers and page references: RM-MPU-6000A rev 4.2.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from smbus2 import SMBus

from hinge_imu.config import ChipConfig
from hinge_imu.events import SensorFact
from hinge_imu.samples import RAW, Flag, RawArray
from hinge_imu.sensing import bringup, settings
from hinge_imu.sensing import registers as reg
from hinge_imu.sensing.budget import BURST, FRAME
from hinge_imu.sensing.fifo import Fifo
from hinge_imu.sensing.i2c import SHARED, BusFault, Registers, WireFault
from hinge_imu.sensing.parts import MPU6050, Part, in_mpu6050_counts, introduction, part
from hinge_imu.sensing.screen import DEAD, Row, Screen, Thermometer, shared

MOST_FAILING = 10  # transfers in a row; fewer are a knock on the plug
PROOF = 60  # samples that must look like those of one chip before any of them is handed out, where there may be two
MOST_RESETS = 5  # in a row, without one sample in between
STEADY_NS = 2_000_000  # a count read that took longer was interrupted, and its middle says little
SECOND_NS = 1_000_000_000
NOTHING = np.empty(0, RAW)

BROKE_OFF = "a read of its FIFO broke off"
SHIFTED = "the samples in its FIFO were shifted"
BLANK = "it gave zeros or ones instead of samples"


class Mpu6050:
    """One chip on an open bus: first exhaust `start`, then call `poll` again and again.

    ``sensor`` is the index into `hinge_imu.samples.SEGMENTS` that its samples carry, ``clock`` gives session time in
    ns, and ``remark`` hears what the chip went through, in the call that finds it. ``witness`` tells whether the chip
    that must not be at this address still answers at its own. Both methods raise `hinge_imu.sensing.i2c.BusFault`
    where only a new start can help; `start` mends whatever state the chip is in.

    ``who_am_i`` and ``part`` tell what stands there, once it was started; ``more`` that the last poll left whole
    samples behind, because other chips want their turn.
    """

    def __init__(
        self,
        bus: SMBus,
        address: int,
        chip: ChipConfig,
        *,
        sensor: int = 0,
        clock: Callable[[], int] = time.monotonic_ns,
        remark: Callable[[SensorFact, str], None],
        witness: Callable[[], bool] = lambda: True,
    ) -> None:
        self.who_am_i = 0
        self.part: Part = MPU6050
        self.more = False
        self._registers = Registers(bus, address)
        self._fifo = Fifo(self._registers, clock)
        self._chip = chip
        self._guard = bringup.Guard(self._registers, settings.register_values(chip))
        self._screen = Screen(chip)
        self._period_ns = 1e9 / settings.rate_hz(chip)
        self._sensor = sensor
        self._clock = clock
        self._remark = remark
        self._witness = witness
        self._introduced = 0x68
        self._seq = 0
        self._to_drop = 0
        self._after_loss = False
        self._distrust: tuple[SensorFact, str] | None = None
        self._resets = 0
        self._heard_ns = 0
        self._second_ns = 0
        self._thermometer = Thermometer()
        self._unproven: list[RawArray] | None = []

    def start(self) -> Iterator[float]:
        """Bring the chip from any state to a running FIFO; yields the seconds for which it must be left alone.

        A generator, so that whoever looks after several chips can look after the others meanwhile.
        """
        self.who_am_i = bringup.identify(self._registers)
        self.part = part(self.who_am_i)
        values = settings.register_values(self._chip, own_acc_low_pass=self.part.own_acc_low_pass)
        self._guard = bringup.Guard(self._registers, values)
        self._unproven = []
        yield from bringup.reset(self._registers, self.part)
        yield from bringup.wake(self._registers)
        bringup.put(self._registers, values)
        self._guard.learn()
        self._restart_fifo()
        self._guard.settings()
        self._guard.rest()
        self._resets = 0
        self._thermometer = Thermometer()
        self._second_ns = self._heard_ns
        if self.who_am_i != self._introduced:
            self._introduced = self.who_am_i
            self._remark("clone", f"{self._name} {introduction(self.who_am_i)}")

    def poll(self) -> RawArray:
        """Return the samples since the last poll as `RAW` (N,), none where there are none.

        What was read counts only when what is left in the FIFO is whole samples and the chip is still set as it was;
        else the FIFO is emptied unread, because its bytes no longer say which sample they belong to. The next sample
        then carries `Flag.AFTER_LOSS`.
        """
        self.more = False
        try:
            samples = self._transaction()
        except WireFault:
            if self._registers.failing > MOST_FAILING or self._silent(self._clock()):
                raise
            return NOTHING
        # Settings that two chips have in common read the same from both at once.
        if self._unproven is None and len(samples) and not self._witness():
            self._unproven = []
        return samples if self._unproven is None else self._proven(samples, self._unproven)

    def rest(self) -> RawArray:
        """Return what was still held back, at the end."""
        held, self._unproven = self._unproven or [], []
        return NOTHING if _shared(held) else np.concatenate([NOTHING, *held])

    # One poll -----------------------------------------------------------------------------------------------

    def _transaction(self) -> RawArray:
        if self._distrust:
            self._begin_anew(*self._distrust)
        overflowed = self._fifo.overflowed()
        before = self._clock()
        count = self._fifo.count()
        after = self._clock()
        # So near the brim it may run over while being read; not every part raises the flag in time.
        if overflowed or count >= self.part.fifo_bytes - 3 * FRAME:
            self._begin_anew("overflow", "its FIFO ran over before it was read; look at what keeps this computer busy")
            return NOTHING
        length = min(count - count % FRAME, BURST)
        try:
            data = self._fifo.take(length)
            left = self._fifo.count()
            self._guard.settings()
            shifted = self._fifo.shifted(count, left)
            self._once_a_second(after)
        except WireFault:
            self._reset(BROKE_OFF)
            return NOTHING
        if shifted:
            self._reset(SHIFTED)
            return NOTHING
        self._listen(after, heard=bool(data))
        # What cannot have come since the count was there before, whatever the count said.
        self.more = count - length >= FRAME or left > FRAME * (2 + (self._clock() - after) / self._period_ns)
        raw = self._decode(data)
        if not len(raw):
            return NOTHING
        raw["t_ns"] = (before + after) // 2
        raw["flags"][-1] |= Flag.LAST_OF_POLL
        # The stamp is that of the newest in the FIFO.
        if after - before > STEADY_NS or self.more:
            raw["flags"] |= np.uint8(Flag.UNSURE_TIME)
        return raw

    def _proven(self, samples: RawArray, held: list[RawArray]) -> RawArray:
        """Hold samples back until they show that one chip alone has measured them."""
        held.append(samples)
        if sum(map(len, held)) < PROOF:
            return NOTHING
        if _shared(held):
            raise BusFault(f"{self._name}: two chips answer at once; {SHARED}")
        self._unproven = None
        return np.concatenate(held)

    def _decode(self, data: bytes) -> RawArray:
        words = np.frombuffer(data, ">i2").reshape(-1, 6)
        words, self._to_drop = words[self._to_drop :], max(0, self._to_drop - len(words))
        if not len(words):
            return NOTHING
        raw = np.zeros(len(words), RAW)
        raw["seq"] = np.arange(self._seq, self._seq + len(raw))
        raw["sensor"] = self._sensor
        raw["acc"], raw["gyr"] = words[:, :3], words[:, 3:]
        raw["temp"] = self._thermometer.counts
        raw["flags"] = self._screened(words.tolist())
        if self._after_loss:
            raw["flags"][0] |= Flag.AFTER_LOSS
        self._after_loss = False
        self._seq += len(raw)
        return raw

    def _screened(self, rows: Sequence[Row]) -> list[int]:
        flags = self._screen.look(rows)
        if self._screen.stuck:
            raise BusFault(f"{self._name} gives the same values again and again: it has stopped; take its power away")
        if not self._screen.dead:
            self._resets = 0
            return flags
        # Its neighbours may be half of what it is, and what still waits in the FIFO shifted. Handed out all the
        # same: their places in time are known.
        self._distrust = "reset", BLANK
        self._again(BLANK)
        beside = zip([0, *flags], flags, [*flags[1:], 0], strict=False)
        return [flag | DEAD & (before | after) for before, flag, after in beside]

    # What goes wrong ----------------------------------------------------------------------------------------

    def _reset(self, why: str) -> None:
        self._again(why)
        self._begin_anew("reset", why)

    def _again(self, why: str) -> None:
        self._resets += 1
        if self._resets > MOST_RESETS:
            shared = f", or {SHARED}" if why == SHIFTED else ""
            raise BusFault(
                f"{self._name} answers but gives no samples: {why}, again and again; the wires disturb each other"
                f"{shared}"
            )

    def _begin_anew(self, what: SensorFact, why: str) -> None:
        """Empty the FIFO; where the wire fails meanwhile, the next poll goes on with that."""
        self._distrust = what, why
        self._restart_fifo()
        self._distrust = None
        self._remark(what, why)

    def _restart_fifo(self) -> None:
        self._fifo.restart()
        self._distrust = None
        self._screen.forget()
        self._to_drop = 1  # the first sample after a start is out of specification
        self._after_loss = self._seq > 0
        self._heard_ns = self._clock()

    def _listen(self, now: int, *, heard: bool) -> None:
        if heard:
            self._heard_ns = now
        elif self._silent(now):
            raise BusFault(f"{self._name} answers but gives no samples: its supply dipped, or it has stopped")

    def _silent(self, now: int) -> bool:
        return now - self._heard_ns > SECOND_NS / 10 + 5 * self._period_ns

    # What changes slowly ------------------------------------------------------------------------------------

    def _once_a_second(self, now: int) -> None:
        if now < self._second_ns:
            return
        self._second_ns = now + SECOND_NS
        self._guard.rest()
        counts = int.from_bytes(self._registers.read(reg.TEMP_OUT, 2), "big", signed=True)
        if self._thermometer.stands(in_mpu6050_counts(self.part, counts)):
            self._remark("thermometer", f"{self._name}: its thermometer has shown the same for a minute")

    @property
    def _name(self) -> str:
        return self._registers.chip


def _shared(held: list[RawArray]) -> bool:
    raw = np.concatenate([NOTHING, *held])
    return bool(len(raw)) and shared(np.concatenate([raw["acc"], raw["gyr"]], axis=1))
