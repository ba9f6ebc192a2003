"""The whole flow on one screen: raw samples, and what the driver says between them, in; events out.

Pure: no I/O, no clock of its own, no chance. The same samples give the same events, however the stream is cut, live or
years later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from operator import itemgetter

from hinge_imu.events import AnyEvent, ClockEvent, MarkEvent, Remark, Said
from hinge_imu.motion.alignment import Alignment
from hinge_imu.motion.notices import Notices
from hinge_imu.motion.orientation import Orientation
from hinge_imu.motion.timeline import Timeline
from hinge_imu.reps.counter import Counter
from hinge_imu.reps.watch import Watch
from hinge_imu.samples import NS, Angles, Frames, Header, Item
from hinge_imu.summary import Summary


class Pipeline:
    """One session: hand it the header, then everything that arrives, in order, then `finish`.

    ``watch`` is shown each block of angles as it passes, ``gridded`` each block of samples on the common time grid.
    """

    def __init__(
        self,
        header: Header,
        watch: Callable[[Angles], None] | None = None,
        gridded: Callable[[Frames], None] | None = None,
    ) -> None:
        self._timeline = Timeline(header)
        self._orientation = Orientation(header)
        self._alignment = Alignment(header)
        self._notices = Notices(header)
        self._counter = Counter(header)
        self._cues = Watch(header)
        self._summary = Summary(header)
        self._waiting: list[Said] = []  # decided by samples that are not on the grid yet
        self._watch = watch
        self._gridded = gridded

    def push(self, item: Item) -> list[AnyEvent]:
        """Take samples of the header's dtype, or what driver and wearer say between them; return what can be said."""
        if isinstance(item, MarkEvent):
            return [*self._summary.count([item, *self._mark(item)]), *self._known(item)]
        if isinstance(item, Remark):
            return [*self._summary.count([item]), *self._known(item)]
        return self._summary.count(self._flow(self._timeline.push(item)))

    def finish(self) -> list[AnyEvent]:
        """Return what the end of the session decides, and last its summary."""
        events = [event for frames in self._timeline.finish() for event in self._flow(frames)]
        last = [*self._waiting, *self._timeline.said(), *self._notices.finish(), *self._counter.finish()]
        events = self._summary.count([*events, *map(itemgetter(1), last)])
        return [*events, self._summary.session(self._timeline.health)]

    def _flow(self, frames: Frames) -> Iterator[AnyEvent]:
        self._waiting += self._timeline.said()
        if not len(frames.t_ns):
            return
        if self._gridded is not None:
            self._gridded(frames)
        poses = self._orientation.push(frames)
        angles = self._alignment.push(poses)
        if self._watch is not None:
            self._watch(angles)
        self._waiting += self._alignment.said()
        counted = list(self._counter.push(angles, poses))
        notices, cues = self._notices.push(frames, angles.sagittal), self._cues.push(angles, poses, counted)
        said = [*self._waiting, *notices, *counted, *cues]
        # Whatever the size of the block: in the order of the samples that decided.
        said.sort(key=itemgetter(0))
        ripe = bisect_right(said, float(frames.t_ns[-1]) * NS, key=itemgetter(0))
        self._waiting = said[ripe:]
        yield from map(itemgetter(1), said[:ripe])

    def _known(self, item: Remark) -> Iterator[AnyEvent]:
        """Say what the session is by now, where its time has become known, or its wearer."""
        if isinstance(item, ClockEvent) or (isinstance(item, MarkEvent) and item.what == "athlete"):
            yield self._summary.so_far(item.at_s)

    def _mark(self, mark: MarkEvent) -> Iterator[AnyEvent]:
        """Let a set end where the wearer says that another begins."""
        ended = list(self._counter.mark(mark))
        self._cues.mark(mark, ended)
        yield from map(itemgetter(1), ended)
