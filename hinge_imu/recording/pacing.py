"""A recording in its own time, or some times as fast: the only place where somebody sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from hinge_imu.events import Remark
from hinge_imu.samples import NS, Item

_PIECE_NS = 100_000_000  # longer blocks are cut so, as a CSV has them: nobody sees a tenth of a second


def paced(
    stream: Iterable[Item],
    speed: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[Item]:
    """Yield each item when its last sample is due, ``speed`` times as fast as it was; nobody waits for what is late."""
    began, first_s = clock(), None
    for item in _cut(stream):
        at_s = item.at_s if isinstance(item, Remark) else float(item["t_ns"].max()) * NS
        first_s = at_s if first_s is None else first_s
        wait_s = began + (at_s - first_s) / speed - clock()
        if wait_s > 0:
            sleep(wait_s)
        yield item


def _cut(stream: Iterable[Item]) -> Iterator[Item]:
    for item in stream:
        if isinstance(item, Remark):
            yield item
        elif len(item):
            piece = (item["t_ns"] - item["t_ns"].min()) // _PIECE_NS
            longer = np.flatnonzero(np.diff(np.maximum.accumulate(piece))) + 1
            yield from np.split(item, longer)
