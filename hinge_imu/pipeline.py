"""The whole flow on one screen: raw samples in, events out.

Pure: no I/O, no clock of its own, no chance. The same samples give the same events, however the stream is cut, live or
years later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter

from hinge_imu.events import AnyEvent
from hinge_imu.motion.alignment import Alignment
from hinge_imu.motion.notices import Notices
from hinge_imu.motion.orientation import Orientation
from hinge_imu.motion.timeline import Timeline
from hinge_imu.reps.counter import Counter
from hinge_imu.samples import Frames, Header, RawArray, SagittalAngles


class Pipeline:
    """One session: hand it the header, then every block of raw samples in order of arrival, then `finish`.

    ``watch`` is shown each block of inclinations as it passes.
    """

    def __init__(self, header: Header, watch: Callable[[SagittalAngles], None] | None = None) -> None:
        self._timeline = Timeline(header)
        self._orientation = Orientation(header)
        self._alignment = Alignment(header)
        self._notices = Notices(header)
        self._counter = Counter(header)
        self._watch = watch

    def push(self, raw: RawArray) -> list[AnyEvent]:
        """Take raw samples of the header's dtype, return what can be said by them."""
        return list(self._flow(self._timeline.push(raw)))

    def finish(self) -> list[AnyEvent]:
        """Return what the end of the session decides."""
        events = [event for frames in self._timeline.finish() for event in self._flow(frames)]
        last = [*self._notices.finish(), *self._counter.finish()]
        return [*events, *map(itemgetter(1), last)]

    def _flow(self, frames: Frames) -> Iterator[AnyEvent]:
        if not len(frames.t_ns):
            return
        angles = self._alignment.push(self._orientation.push(frames))
        if self._watch is not None:
            self._watch(angles)
        # Whatever the size of the block: in the order of the samples that decided.
        said = [*self._notices.push(frames, angles), *self._counter.push(angles)]
        yield from map(itemgetter(1), sorted(said, key=itemgetter(0)))
