"""What goes wrong on the wires of a bus: said in advance for the next transfers, or by chance from a seed."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass
class _OnRead:
    """What befalls the next ``times`` reads of more than ``longer_than`` bytes; without ``spoil`` they break off."""

    times: int
    longer_than: int
    spoil: Callable[[bytes], bytes] | None


class Faults:
    """The faults of one bus; what they do to a transfer is asked by the bus."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._nacks: dict[int, int] = {}
        self._on_reads: dict[int, list[_OnRead]] = {}
        self._held_errno = 0
        self._level: int | None = None
        self._nack_rate = self._flip_rate = 0.0

    def disturb(self, address: int, *, times: int = 1, longer_than: int = 0) -> None:
        """Let the next ``times`` reads of more than ``longer_than`` bytes from a chip break off half-way."""
        self._befall(address, times, longer_than, None)

    def flip(self, address: int, bits: int = 1, times: int = 1, longer_than: int = 2) -> None:
        """Invert ``bits`` bits of each of the next such reads."""
        self._befall(address, times, longer_than, lambda data: self._inverted(data, bits))

    def tear(self, address: int, byte: int = 0xFF, tail: int = 1, times: int = 1, longer_than: int = 2) -> None:
        """Let the last ``tail`` bytes of each of the next such reads be ``byte``; the chip gave what it gave."""
        self._befall(address, times, longer_than, lambda data: data[:-tail] + bytes([byte]) * min(tail, len(data)))

    def nack(self, address: int, times: int = 1) -> None:
        """Let the next ``times`` transfers with a chip go unacknowledged."""
        self._nacks[address] = times

    def hold(self, number: int = errno.EIO) -> None:
        """Hold SDA low: every transfer takes 50 ms and fails with this errno, until `release`."""
        self._held_errno = number

    def release(self) -> None:
        """Let go of SDA."""
        self._held_errno = 0

    def short(self, level: Literal[0x00, 0xFF] | None) -> None:
        """Let all transfers be acknowledged, reach no chip, and read as this byte; None ends it."""
        self._level = level

    def noise(self, *, nack: float = 0.0, flip: float = 0.0) -> None:
        """Let this share of the transfers go unacknowledged, and this share of the bytes read lose or gain a bit."""
        self._nack_rate, self._flip_rate = nack, flip

    # What the bus asks --------------------------------------------------------------------------------------

    def _befall(self, address: int, times: int, longer_than: int, spoil: Callable[[bytes], bytes] | None) -> None:
        self._on_reads.setdefault(address, []).append(_OnRead(times, longer_than, spoil))

    def _refused(self, address: int) -> bool:
        """Whether this transfer goes unacknowledged."""
        if self._nacks.get(address):
            self._nacks[address] -= 1
            return True
        return self._nack_rate > 0 and self._rng.random() < self._nack_rate

    def _on_read(self, address: int, length: int) -> list[_OnRead]:
        """Return what befalls this read."""
        waiting = self._on_reads.get(address)
        if not waiting:
            return []
        now = [fault for fault in waiting if length > fault.longer_than]
        for fault in now:
            fault.times -= 1
        self._on_reads[address] = [fault for fault in waiting if fault.times > 0]
        return now

    def _inverted(self, data: bytes, bits: int) -> bytes:
        spoilt = bytearray(data)
        for bit in self._rng.choice(8 * len(data), bits, replace=False):
            spoilt[bit >> 3] ^= 1 << (bit & 7)
        return bytes(spoilt)

    def _with_noise(self, data: bytes) -> bytes:
        if not self._flip_rate:
            return data
        hit = self._rng.random(len(data)) < self._flip_rate
        spoilt = np.frombuffer(data, np.uint8) ^ (hit * (1 << self._rng.integers(0, 8, len(data)))).astype(np.uint8)
        return bytes(spoilt)
