"""From rows to reps and sets: finds bends, gathers them into sets, and says what there is to say of them.

what comes                              what it does
a bend, far and straight enough         joins the open set, or begins one
a rest as long as the lift's set gap    ends the set
four steps                              end the set
the end of the stream                   ends the set
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from hinge_imu.events import AnyEvent, MarkEvent, Said
from hinge_imu.reps.metrics import Bent, Span, measure
from hinge_imu.reps.segment import Bend, Bends
from hinge_imu.reps.sets import Candidate, OpenSet, Told
from hinge_imu.reps.steps import Steps, Walk
from hinge_imu.reps.tempo import Prescription
from hinge_imu.reps.track import HEAVE, LEAD, ROWS, T, Trace, Track
from hinge_imu.samples import Angles, Header, Poses

MARGIN_S = 10.0
"""So much before a bend is kept: the longest eccentric fits in."""

SETTLE_S = 1.0
"""So much more is smoothed with it, so that the low-pass has settled."""

AFTER_S = 1.0
"""A hesitation before lockout may last so long; what follows later is another movement."""

NOTICE_S = 3.0
"""A slow bend is noticed so long after its onset, so a set that is over by the clock waits for that."""

LEAST_DIRECTNESS = 0.4
"""A rep is one movement each way; where less of the path than this led somewhere, the wearer hopped or walked."""

OPENS_S = 5.0
"""A session in which nothing was done for longer before the first bend was not recorded for that. Chosen."""

WALKED_S = 2.5
"""Who walks within this time before or after a lone bend was on the way somewhere."""


class Counter:
    """Angles and poses in, events out. A rep is provisional at lockout, and confirmed or retracted by what follows."""

    def __init__(self, header: Header) -> None:
        self._header, self._exercise, self._tempo = header, header.exercise, header.tempo
        self._rate = header.rate_hz
        self._margin, self._settle = round(MARGIN_S * header.rate_hz), round(SETTLE_S * header.rate_hz)
        self._track, self._bends = Track(header.rate_hz), Bends(header.rate_hz)
        self._steps = Steps(header.rate_hz)
        self._rows = np.empty((ROWS, 0))
        self._first = 0  # the number of the first row that is kept
        self._last_bottom = self._last_known = 0
        self._began_s = np.nan  # when the first row was
        self._ordinal, self._number = 0, 1
        self._walked = -np.inf  # when the last step was, of those that were a walk
        self._trace: tuple[tuple[int, int], int, Trace] = (-1, -1), 0, Trace(self._rows)
        self._set = self._open()

    def push(self, angles: Angles, poses: Poses) -> Iterator[Said]:
        """Take the next angles and poses, yield what can be said by them."""
        rows = self._track.push(angles, poses)
        self._rows = np.concatenate([self._rows, rows], axis=1)
        if np.isnan(self._began_s) and rows.shape[1]:
            self._began_s = float(rows[T, 0])
        bends, walks = list(self._bends.push(rows[LEAD])), self._steps.push(rows[HEAVE], rows[LEAD])
        found: list[Bend | Walk] = sorted([*bends, *walks], key=lambda each: each.known)
        for each in found:
            # As it was known then: a bend that was under way had been noticed, but not more.
            yield from self._rest(self._under_way(each.known, bends))
            yield from self._walk(each) if isinstance(each, Walk) else self._take(each)
        if self._rows.shape[1]:
            yield from self._rest(self._under_way(self._end - 1, ()))
        self._forget()

    def finish(self) -> Iterator[Said]:
        """Yield what the end of the stream decides: the rep on its way to rest, and the open set."""
        for bend in self._bends.finish():
            yield from self._rest(bend.entered)
            yield from self._take(bend)
        yield from self._close(self._end - 1, cut=True)

    def mark(self, mark: MarkEvent) -> Iterator[Said]:
        """End the open set where the wearer says that another begins, perhaps of another exercise."""
        if mark.what == "tempo":
            self._tempo = mark.text
            # A set under way keeps what it was begun with.
            self._set = self._open() if self._set.last is None else self._set
        if not mark.ends_set:
            return
        if self._set.last is not None:
            yield from self._close(self._end - 1)
        self._exercise = mark.exercise or self._exercise
        self._set = self._open()

    def _take(self, bend: Bend) -> Iterator[Said]:
        """Let a bend join the open set, if it is a candidate; either way the window of the one before ends here."""
        begin = max(self._last_bottom, bend.entered - self._margin, 0)
        self._last_bottom, self._last_known = bend.bottom, bend.known
        last = self._set.last
        if last is not None:
            last.span = (*last.span[:2], min(last.span[2], bend.bottom))
        span = (begin, bend.bottom, bend.known + round(AFTER_S * self._rate))
        bent = self._measure(span, bend.known) if bend.returned else None
        if bent is None or not self._counts(bent):
            return
        if last is not None and bent.eccentric.start > self._due():
            yield from self._close(min(self._deadline(), bend.known))
        self._settle_last(bend.known)
        self._ordinal += 1
        now_s = self._time(bend.known)
        came = bent.eccentric.start - self._walked < WALKED_S
        opens = self._ordinal == 1 and bent.eccentric.start - self._began_s < OPENS_S
        candidate = Candidate(self._ordinal, span, bend.known, now_s, bent, came, opens)
        yield from ((now_s, event) for event in self._set.add(candidate))
        if self._set.full:
            yield from self._close(bend.known)

    def _walk(self, walk: Walk) -> Iterator[Said]:
        """End the open set, if the wearer has walked since its last lockout."""
        self._walked = self._time(walk.known)
        last, start_s = self._set.last, self._time(max(walk.start, self._first))
        if last is not None and start_s > last.bent.concentric.end - AFTER_S:
            last.left = last.left or start_s - last.bent.concentric.end < WALKED_S
            if walk.sure:
                yield from self._close(walk.known)

    def _counts(self, bent: Bent) -> bool:
        # Who leans back afterwards, to put something high up say, has not bent any further for it.
        range_deg = max(bent.descent_deg, min(bent.ascent_deg, bent.deepest_deg))
        return range_deg >= self._set.profile.least_rom_deg and bent.directness >= LEAST_DIRECTNESS

    def _close(self, number: int, *, cut: bool = False) -> Iterator[Said]:
        """End the open set, which is over, or ``cut`` by the end of the stream, as far as sample ``number`` shows."""
        if self._set.last is None:
            return
        self._settle_last(number)
        decided_s = self._time(max(number, self._last_known))
        said: list[AnyEvent] = list(self._set.close(decided_s, cut=cut))
        # A set of which nothing is left has never been.
        self._number += bool(said) and said[-1].__struct_config__.tag == "set"
        self._set = self._open()
        yield from ((decided_s, event) for event in said)

    def _settle_last(self, number: int) -> None:
        """Measure the last candidate again, with all that came after it, up to sample ``number``."""
        last = self._set.last
        if last is not None:
            last.bent = self._measure(last.span, max(number, last.known)) or last.bent

    def _open(self) -> OpenSet:
        header, wearer = self._header, self._header.wearer
        name = header.renamed.get(self._number, self._exercise)
        named = None if name == "auto" else header.lift(name)
        prescription = Prescription.parse(self._tempo) if self._tempo is not None else None
        spine = wearer.spine_flexion_deg if wearer is not None else None
        return OpenSet(Told(header.session_id, self._number, named, prescription, spine, header.limits))

    def _measure(self, span: Span, known: int) -> Bent | None:
        """Measure the bend in a window, with the samples up to ``known``."""
        begin, bottom, end = span
        first, trace = self._smoothed(begin, known)
        return measure(trace, (begin - first, bottom - first, min(end, known + 1) - first))

    def _smoothed(self, begin: int, known: int) -> tuple[int, Trace]:
        """Return the number of the first sample of a trace that is settled at ``begin``, and it, up to ``known``."""
        # Two neighbours are measured at a time: the same trace serves both.
        last = self._set.last
        begin = begin if last is None else min(begin, last.span[0])
        if self._trace[0] != (begin, known):
            first = max(begin - self._settle, self._first)
            rows = self._rows[:, first - self._first : known + 1 - self._first]
            self._trace = (begin, known), first, Trace.smoothed(rows, self._rate)
        return self._trace[1:]

    def _due(self) -> float:
        """Return when the open set ends if nothing more comes."""
        return self._set.end_s + self._set.profile.set_gap_s

    def _rest(self, number: int) -> Iterator[Said]:
        """End the open set, if by this sample the rest has been long enough."""
        if self._set.last is not None and self._time(number) > self._due() + NOTICE_S:
            yield from self._close(self._deadline())

    def _deadline(self) -> int:
        """Return the number of the first sample that shows that the open set has ended."""
        return self._first + int(np.searchsorted(self._rows[T], self._due() + NOTICE_S, side="right"))

    def _under_way(self, number: int, bends: Iterable[Bend]) -> int:
        """Return the sample with which the bend that is under way at a sample was noticed, or that sample."""
        entered = [bend.entered for bend in bends if bend.entered <= number <= bend.known]
        entered += [] if self._bends.entered is None else [self._bends.entered]
        return min(number, *entered, number)

    @property
    def _end(self) -> int:
        return self._first + self._rows.shape[1]

    def _time(self, number: int) -> float:
        return float(self._rows[T, number - self._first])

    def _forget(self) -> None:
        """Drop the rows that neither the last candidate nor a coming one can need."""
        keep = (self._end if self._bends.entered is None else self._bends.entered) - self._margin
        if self._set.last is not None:
            keep = min(keep, self._set.last.span[0])
        drop = max(0, keep - self._settle - self._first)
        self._rows, self._first = self._rows[:, drop:], self._first + drop
