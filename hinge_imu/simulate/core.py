"""The inside of a simulated chip: samples become registers and bytes of the FIFO when they are due.

Pages: RM-MPU-6000A rev 4.2.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from hinge_imu.samples import Times
from hinge_imu.simulate import parts
from hinge_imu.simulate import registers as reg
from hinge_imu.simulate.fifo import Fifo
from hinge_imu.simulate.imu import ImuErrors, Source
from hinge_imu.simulate.sampling import NOTHING, Sampling, Settings

NEVER = 1 << 63


class Core:
    """One chip without its wires: `advance` is the only time it knows.

    ``source`` is the truth in ideal sensor axes; ``errors`` are those of this part; ``seed`` that of its noise and
    its factory trim. What it samples does not depend on when it is read. ``who_am_i`` says which part it is, and so
    how much its FIFO holds, where ``fifo_bytes`` does not say otherwise.

    ``self_test_response`` is how much of its factory trim its axes move in a self-test (1.0: a sound part). ``log``,
    where it is a list, receives (times_ns (N,), words (N,7)) of each stretch of samples taken: when they were true
    by the host's clock, less the delay of the low-pass, and what went into the registers.
    """

    def __init__(
        self,
        source: Source,
        errors: ImuErrors | None = None,
        *,
        seed: int = 0,
        who_am_i: int = 0x68,
        fifo_bytes: int | None = None,
    ) -> None:
        self.self_test_response = 1.0
        self.log: list[tuple[Times, NDArray[np.int16]]] | None = None
        self._who_am_i = who_am_i
        self._part = parts.part(who_am_i)
        self._fifo_bytes = fifo_bytes or self._part.fifo_bytes
        self._trim = parts.draw_trim(self._part, np.random.default_rng([seed, who_am_i]))
        self._sampling = Sampling(source, errors or ImuErrors(), np.random.default_rng(seed))
        self.power_on(0)

    def power_on(self, now_ns: int) -> None:
        """Take the state that a chip has when its supply comes up."""
        self._now = now_ns
        self._frozen = self._stalled = self._until_reset = False
        self._held = np.zeros(7, np.int16)
        self._sampling.power_on(now_ns)
        self._reset()

    @property
    def trim(self) -> tuple[int, ...]:
        """The factory's self-test codes of acceleration x y z and rate x y z; 0: none."""
        return self._trim

    @trim.setter
    def trim(self, codes: tuple[int, ...]) -> None:
        self._trim = codes
        for register, value in parts.trim_registers(self._part, codes).items():
            self._registers[register] = value

    def advance(self, now_ns: int) -> None:
        """Let the chip live until ``now_ns`` on the host's clock, taking the samples that are due by its own."""
        self._now = now_ns
        if now_ns >= self._next_ns:
            self._live()

    # Faults, from the last moment on that the chip was told of ----------------------------------------------

    def freeze(self, *, until_reset: bool = False) -> None:
        """Go on sampling, the same values again and again; until `thaw`, power-on or, where told so, a reset."""
        self._frozen, self._until_reset = True, until_reset
        seen = self._seen
        last = self._words[seen - 1] if seen else np.frombuffer(self._registers[reg.MEASUREMENTS], ">i2")
        self._held = last.astype(np.int16)
        self._words[seen:] = self._held
        self._lay_out()

    def stall(self, *, until_reset: bool = False) -> None:
        """Take no more samples while the registers keep answering; until `thaw`, power-on or a reset, likewise."""
        self._stalled, self._until_reset = True, until_reset

    def thaw(self) -> None:
        """End `freeze` and `stall`."""
        self._frozen = self._stalled = False
        self._words[self._seen :] = self._stretch.words[self._seen :]
        self._lay_out()

    def slip(self, n: int) -> None:
        """Let ``n`` bytes vanish from the front of the FIFO; where it holds fewer, of those that are still to come."""
        self._fifo.slip(n)

    def speed(self, rate_error: float) -> None:
        """Let the oscillator run by this share faster than nominal."""
        self._forget_ahead()
        self._sampling.speed(self._now, rate_error)

    def _reset(self) -> None:
        """Take the state that a reset leaves behind."""
        self._registers = bytearray(0x80)
        self._registers[reg.PWR_MGMT_1] = reg.SLEEP
        self._registers[reg.WHO_AM_I] = self._who_am_i
        self.trim = self._trim
        self._fifo = Fifo(self._registers, self._fifo_bytes, may_stop=self._part.own_acc_low_pass, now_ns=self._now)
        if self._until_reset:
            self._frozen = self._stalled = False
        self._begin_sampling()

    # Samples ------------------------------------------------------------------------------------------------

    @property
    def _seen(self) -> int:
        """How many samples of the stretch can no longer change; one that is being written is among them."""
        return self._taken + bool(self._fifo.part_written)

    def _begin_sampling(self) -> None:
        self._sampling.begin(self._now)
        self._stretch, self._words = NOTHING, NOTHING.words
        self._taken = 0
        self._fifo.restart(self._now)
        self._lay_out()

    def _forget_ahead(self) -> None:
        seen = self._seen
        self._sampling.forget(len(self._words) - seen)
        self._stretch, self._words = self._stretch.until(seen), self._words[:seen]
        self._lay_out()

    def _compute_ahead(self) -> None:
        acc, gyr = parts.self_test_response(self._part, self._trim)
        response = acc * self.self_test_response, gyr * self.self_test_response
        self._stretch = self._sampling.ahead(Settings.read(self._registers, self._part, response))
        self._words = self._stretch.words.copy()
        if self._frozen:
            self._words[:] = self._held
        self._taken = 0
        self._lay_out()

    def _lay_out(self) -> None:
        """Put the words of the stretch down as bytes, once for the registers and once for the FIFO."""
        self._bytes = self._words.astype(">i2").tobytes()
        self._fifo.lay_out(self._stretch, self._words)
        self._next_ns = 0

    def _live(self) -> None:
        if self._registers[reg.PWR_MGMT_1] & reg.SLEEP:
            self._next_ns = NEVER
            return
        while (due := bisect_right(self._stretch.ready_ns, self._now)) == len(self._stretch.ready_ns):
            self._take(due)
            self._compute_ahead()
        self._take(due)
        self._next_ns = self._stretch.ready_ns[due] if self._stalled else self._fifo.take_part(due, self._now)

    def _take(self, stop: int) -> None:
        start, self._taken = self._taken, stop
        if self._stalled:  # which only lets a frame that is being written come to its end
            stop = min(stop, start + bool(self._fifo.part_written))
        if start == stop:
            return
        self._registers[reg.MEASUREMENTS] = self._bytes[14 * (stop - 1) : 14 * stop]
        self._registers[reg.INT_STATUS] |= reg.DATA_READY
        if self.log is not None:
            self.log.append((self._stretch.true_ns[start:stop], self._words[start:stop].copy()))
        self._fifo.take(start, stop)
