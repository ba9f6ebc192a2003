"""Forward as a calibrated wearer had it, or as small leans have shown it: believed until a bend goes elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import cos

import numpy as np

from hinge_imu.motion.block import Block
from hinge_imu.motion.mount import HINT, Mount
from hinge_imu.motion.standing import Lesson, first
from hinge_imu.motion.vectors import length
from hinge_imu.samples import SEGMENTS, Header

FAR = np.radians(20.0)
"""Leaning further than this, the leading sensor has begun a bend."""

SOON, UP = np.radians([6.0, 3.0])
"""Who has leant little up to now, as in reaching for something, is doubted as soon as the next lean goes elsewhere:
beyond the first, which nobody sways, until it comes back to the second."""

DEEP = np.radians(30.0)
"""By then the thorax has told the pelvis where forward is."""


class Remembered:
    """Tells the ``mounts`` what is remembered of the header's wearer, and doubts it in the first bend."""

    def __init__(self, header: Header, mounts: list[Mount]) -> None:
        self._mounts = mounts
        self._leader, self._followers = header.sensors[-1], header.sensors[:-1]
        self._wearer = {} if header.wearer is None else header.wearer.worn
        self._sure = [False for _ in SEGMENTS]  # whose forward has been doubted in this bend, and held
        self._leaning = False

    def recall(self, sensor: int) -> None:
        """Tell a board that has just taken its stance."""
        mount = self._mounts[sensor]
        if mount.axes is None and (worn := self._wearer.get(SEGMENTS[sensor])) is not None:
            mount.recall(np.array(worn.up), np.array(worn.falls))

    def doubt(self, block: Block, index: int) -> None:
        """Drop all that is only likely, where a bend, as the leader sees it, goes elsewhere."""
        self._sure = [False for _ in SEGMENTS]
        self._ask(block, index)

    def leans(self, block: Block, start: int) -> Iterator[Lesson]:
        """Yield where, before a bend, forward is doubted that small leans have shown."""
        if not self._mounts[self._leader].little:
            return
        lead = block.lead[start:]
        far = lead > cos(UP) if self._leaning else lead < cos(SOON)
        yield from first(far, start, self._lean)

    def _lean(self, block: Block, index: int) -> None:
        self._leaning = not self._leaning
        if self._leaning:
            self._ask(block, index)

    def _ask(self, block: Block, index: int) -> None:
        """Drop all that is only likely, where the leader leans elsewhere."""
        if self._mounts[self._leader].contradicted(block.stood(index)[:, self._leader]):
            for mount in self._mounts:
                mount.unlearn()

    def lessons(self, block: Block, start: int) -> Iterator[Lesson]:
        """Yield where in a bend the other board is doubted by itself."""
        for sensor in self._followers:
            if self._mounts[sensor].recalled and not self._sure[sensor]:
                yield from first(block.lead[start:] < cos(DEEP), start, partial(self._doubt, sensor=sensor))

    def _doubt(self, block: Block, index: int, sensor: int) -> None:
        """Drop what is only likely of one board, where the other, or its own far lean, says otherwise."""
        mount = self._mounts[sensor]
        self._sure[sensor] = True
        told = float(length(mount.hint)) > HINT / 2
        falls = mount.hint if told else block.stood(index)[:, sensor]
        if (told or block.lean[sensor, index] < cos(FAR)) and mount.contradicted(falls):
            mount.unlearn()
