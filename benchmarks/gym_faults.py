"""A gym in which everything goes wrong: two simulated chips, a wire and a host, and faults drawn by a seed."""

from __future__ import annotations

import errno
import heapq
import itertools
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from hinge_imu.config import Config
from hinge_imu.samples import NS, Header, Item
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import ImuErrors

EVERY_S = 22.0
"""Time between two faults, on average."""

CALM_S = 8.0
"""Least time from the end of one fault to the next."""

LAST_S = 75.0
"""Nothing more happens so shortly before the end."""

RESIDUAL = 0.1
"""What calibration has left of the parts' biases and scale errors."""


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, and from when to when (s) its cause lasted."""

    kind: str
    start_s: float
    end_s: float


class Bowing:
    """The truth: a trunk that stands for 4 s, bows and comes up for 4 s, about an axis of its own; and jolts."""

    def __init__(self, rng: np.random.Generator) -> None:
        axis, other = np.linalg.qr(rng.standard_normal((3, 3)))[0][:2]
        self._axis, self._up, self._side = axis, other, np.cross(axis, other)
        self.jolts_ns: list[int] = []

    def __call__(self, t_ns: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Return specific force (N,3) m/s^2 and rate (N,3) rad/s in sensor axes, and the temperature."""
        t = t_ns * NS
        phase = np.maximum(t % 8.0 - 4.0, 0.0) * (2 * np.pi / 4.0)
        angle, rate = 0.6 * (1 - np.cos(phase)), 0.6 * (2 * np.pi / 4.0) * np.sin(phase)
        acc = 9.80665 * (np.cos(angle)[:, None] * self._up + np.sin(angle)[:, None] * self._side)
        for jolt in self.jolts_ns[-2:]:
            acc += 400.0 * np.exp(-(((t_ns - jolt) / 15e6) ** 2))[:, None] * self._up
        return acc, rate[:, None] * self._axis, 25.0


class Gym:
    """Both chips on one bus for so many seconds; `run` once, then ask for what was measured and what went wrong."""

    addresses = (0x68, 0x69)

    def __init__(self, seed: int, seconds: float, hz: int = 400_000) -> None:
        self.rng = np.random.default_rng(seed)
        self.clock = VirtualClock()
        self.sources = {address: Bowing(self.rng) for address in self.addresses}
        self.chips = {address: self.new_chip(address) for address in self.addresses}
        self._logs: dict[int, list[list[tuple[np.ndarray, np.ndarray]]]] = {a: [] for a in self.addresses}
        for address, chip in self.chips.items():
            self.watch(address, chip)
        self.bus = SimulatedBus(dict(self.chips), self.clock.now, busy=self.advance, hz=hz, seed=seed)
        self.faults: list[Fault] = []
        self._deck: list[str] = []
        self._seconds = seconds
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._later(self.rng.exponential(EVERY_S), self._strike)

    def run(self) -> tuple[Header, list[Item]]:
        """Return the header and everything that the driver handed out."""
        with self.bus.installed(), closing(Sampler(Config(), clock=self.clock.now)) as sampler:
            header = sampler.header(session_id="gym", simulated=True)
            return header, list(sampler.in_virtual_time(self.advance, self._seconds))

    def measured(self, address: int) -> tuple[np.ndarray, np.ndarray]:
        """Return when (ns) and what (N,6) the chips at an address really measured.

        What a frozen chip repeats is no measurement: no sample may be like it.
        """
        parts = [part for log in self._logs[address] for part in log]
        times = np.concatenate([times for times, _ in parts])
        words = np.concatenate([words[:, [0, 1, 2, 4, 5, 6]] for _, words in parts]).astype(np.int32)
        order = np.argsort(times, kind="stable")
        times, words = times[order], words[order]
        same = (np.diff(words, axis=0) == 0).all(axis=1)
        words[2:][same[1:] & same[:-1]] = 1 << 20
        return times, words

    def new_chip(self, address: int, who_am_i: int = 0x68) -> Chip:
        """Return another part for an address, as it comes out of the box."""
        errors = ImuErrors.draw(self.rng, RESIDUAL)
        return Chip(self.sources[address], errors, seed=int(self.rng.integers(1 << 31)), who_am_i=who_am_i)

    def watch(self, address: int, chip: Chip) -> None:
        """Write down what a chip measures from now on."""
        chip.log = []
        self._logs[address].append(chip.log)

    # Time ---------------------------------------------------------------------------------------------------

    def advance(self, ns: int) -> None:
        """Let time pass, and happen what is due."""
        self.clock.advance(ns)
        while self._agenda and self._agenda[0][0] <= self.clock.now():
            heapq.heappop(self._agenda)[2]()

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.clock.now() + round(seconds / NS), next(self._count), what))

    def _strike(self) -> None:
        """Let the next fault happen, and plan the one after it; the last one has time to heal."""
        if self.clock.now() * NS > self._seconds - LAST_S:
            return
        self._deck = self._deck or [str(kind) for kind in self.rng.permutation(list(KINDS))]
        kind = self._deck.pop()
        now_s = self.clock.now() * NS
        lasts_s = KINDS[kind](self, int(self.rng.choice(self.addresses)))
        self.faults.append(Fault(kind, now_s, now_s + lasts_s))
        self._later(lasts_s + CALM_S + self.rng.exponential(EVERY_S - CALM_S), self._strike)

    # Faults: each begins now and returns for how long (s) its cause lasts ------------------------------------

    def missed_acknowledge(self, address: int) -> float:
        """One to three transfers are not acknowledged: servo noise, a bad contact."""
        self.bus.nack(address, int(self.rng.integers(1, 4)))
        return 0.0

    def bad_contact(self, address: int) -> float:
        """For a moment nothing is acknowledged."""
        lasts = float(self.rng.uniform(0.005, 0.5))
        self.bus.nack(address, 1 << 30)
        self._later(lasts, lambda: self.bus.nack(address, 0))
        return lasts

    def broken_burst(self, address: int) -> float:
        """A long read breaks off in the middle."""
        self.bus.disturb(address, longer_than=30)
        return 0.0

    def held_line(self, _: int) -> float:
        """SDA is held low: nothing works, each try times out."""
        number = int(self.rng.choice([errno.EIO, errno.ETIMEDOUT]))
        lasts = float(self.rng.uniform(0.1, 5.0))
        self.bus.hold(number)
        self._later(lasts, self.bus.release)
        return lasts

    def unplugged(self, address: int) -> float:
        """One board is off the cable, and comes back."""
        lasts = float(self.rng.uniform(0.05, 10.0))
        self.bus.unplug(address)
        self._later(lasts, lambda: self.bus.plug(address))
        return lasts

    def both_unplugged(self, _: int) -> float:
        """The plug of the strap comes out, and is put back."""
        return max(self.unplugged(address) for address in self.addresses)

    def brown_out(self, address: int) -> float:
        """The supply dips: the chip has defaults and sleeps."""
        self.chips[address].power_on(self.clock.now())
        return 0.0

    def deaf_brown_out(self, address: int) -> float:
        """The supply dips, and the next settings do not take."""
        self.chips[address].power_on(self.clock.now())
        self.chips[address].deafen(int(self.rng.integers(1, 8)))
        return 0.0

    def frozen(self, address: int) -> float:
        """The same six words again and again, until it is started anew, or for seconds."""
        return self._hangs(self.chips[address], self.chips[address].freeze)

    def stalled(self, address: int) -> float:
        """It answers, and takes no more samples, until it is started anew, or for seconds."""
        return self._hangs(self.chips[address], self.chips[address].stall)

    def _hangs(self, chip: Chip, hang: Callable[..., None]) -> float:
        if self.rng.random() < 0.5:
            hang(until_reset=True)
            return 0.0
        lasts = float(self.rng.uniform(0.1, 3.0))
        hang()
        self._later(lasts, chip.thaw)
        return lasts

    def host_stalls(self, _: int) -> float:
        """The host does not get to poll: a slow card, another program."""
        lasts = float(self.rng.uniform(0.1, 3.0))
        self._later(0.0, lambda: self.clock.advance(round(lasts / NS)))
        return lasts

    def shifted_frames(self, address: int) -> float:
        """Bytes are lost in the FIFO, so that frames are shifted."""
        self.chips[address].slip(int(self.rng.choice([1, 2, 3, 5, 6, 7, 11])))
        return 0.0

    def reads_one_byte(self, _: int) -> float:
        """The line reads 0x00 or 0xFF everywhere, acknowledged or not."""
        lasts = float(self.rng.uniform(0.01, 3.0))
        self.bus.short(int(self.rng.choice([0x00, 0xFF])))
        self._later(lasts, lambda: self.bus.short(None))
        return lasts

    def torn_tail(self, address: int) -> float:
        """The end of a long read is all ones: a contact that opened and closed."""
        self.bus.tear(address, byte=0xFF, tail=int(self.rng.integers(1, 40)))
        return 0.0

    def flipped_bits(self, address: int) -> float:
        """A few bits of the next reads are inverted, counts included."""
        times, longer_than = int(self.rng.integers(1, 4)), int(self.rng.choice([0, 1, 30]))
        self.bus.flip(address, bits=1, times=times, longer_than=longer_than)
        return 0.0

    def noisy_wire(self, _: int) -> float:
        """For seconds, some transfers fail and some bits flip."""
        lasts = float(self.rng.uniform(0.5, 5.0))
        self.bus.noise(nack=0.02, flip=1e-4)
        self._later(lasts, lambda: self.bus.noise(nack=0.0, flip=0.0))
        return lasts

    def jolt(self, address: int) -> float:
        """The bar is dropped: the accelerometer reaches the end of its range."""
        self.sources[address].jolts_ns.append(self.clock.now() + 500_000_000)
        return 0.5

    def swapped_for_a_clone(self, address: int) -> float:
        """The board is changed for another one that is sold as the same."""
        lasts = float(self.rng.uniform(0.5, 5.0))
        self.bus.unplug(address)

        def swap() -> None:
            chip = self.new_chip(address, int(self.rng.choice([0x68, 0x70, 0x71, 0x98, 0x3C])))
            self.watch(address, chip)
            chip.power_on(self.clock.now())
            self.chips[address] = chip
            self.bus.connect(address, chip)

        self._later(lasts, swap)
        return lasts

    def loose_address_wire(self, _: int) -> float:
        """The wire at AD0 comes off: both boards answer at 0x68."""
        lasts = float(self.rng.uniform(0.2, 5.0))
        self.bus.connect(0x68, self.chips[0x68], self.chips[0x69])
        self.bus.unplug(0x69)

        def mend() -> None:
            self.bus.connect(0x68, self.chips[0x68])
            self.bus.connect(0x69, self.chips[0x69])

        self._later(lasts, mend)
        return lasts

    def other_settings(self, address: int) -> float:
        """A range changes by itself: a discharge, a write meant for another chip."""
        self.chips[address].write(bytes([int(self.rng.choice([0x1B, 0x1C])), 0x00]))
        return 0.0

    def wrong_pace(self, address: int) -> float:
        """Its oscillator runs up to 2 % off for a while."""
        lasts = float(self.rng.uniform(5.0, 60.0))
        chip = self.chips[address]
        chip.speed(float(self.rng.uniform(-0.02, 0.02)))
        self._later(lasts, lambda: chip.speed(0.0))
        return lasts

    def loses_its_clock(self, address: int) -> float:
        """The internal oscillator takes over, 5 % off."""
        lasts = float(self.rng.uniform(5.0, 60.0))
        chip = self.chips[address]
        chip.speed(float(self.rng.choice([-0.05, 0.05])))
        self._later(lasts, lambda: chip.speed(0.0))
        return lasts


KINDS: dict[str, Callable[[Gym, int], float]] = {
    "a missed acknowledge": Gym.missed_acknowledge,
    "a bad contact": Gym.bad_contact,
    "a burst breaks off": Gym.broken_burst,
    "SDA held low": Gym.held_line,
    "one board unplugged": Gym.unplugged,
    "both unplugged": Gym.both_unplugged,
    "brown-out": Gym.brown_out,
    "brown-out, writes not taken": Gym.deaf_brown_out,
    "frozen output": Gym.frozen,
    "no more samples": Gym.stalled,
    "the host stalls": Gym.host_stalls,
    "shifted frames": Gym.shifted_frames,
    "reads 00 or FF everywhere": Gym.reads_one_byte,
    "the end of a read is FF": Gym.torn_tail,
    "flipped bits": Gym.flipped_bits,
    "a noisy wire": Gym.noisy_wire,
    "a jolt past the range": Gym.jolt,
    "another board, or a clone": Gym.swapped_for_a_clone,
    "AD0 loose, both at 0x68": Gym.loose_address_wire,
    "a range changes by itself": Gym.other_settings,
    "rate up to 2 % off": Gym.wrong_pace,
    "rate 5 % off": Gym.loses_its_clock,
}
"""By name in the table; all of them come by turns, in an order drawn anew each time."""
