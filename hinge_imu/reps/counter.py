"""From bends to reps and sets: what counts, which number it has, and when it is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from hinge_imu.events import FaultEvent, NoticeEvent, RepEvent, Said, SetEvent, Status
from hinge_imu.reps.exercises import profile
from hinge_imu.reps.lead import Lead
from hinge_imu.reps.metrics import Rep, Span, Trace, measure
from hinge_imu.reps.segment import Bend, Bends
from hinge_imu.samples import Header, SagittalAngles

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

FROM_STANDING = "{} reps are timed from standing to standing: pulls from the floor are not told apart yet"


@dataclass(frozen=True)
class Counted:
    """A rep that was said: the candidate's ordinal, its window, and its measures."""

    ordinal: int
    number: int
    span: Span
    said_s: float
    rep: Rep


class Counter:
    """Angles in, events out. A rep is provisional at lockout, confirmed by the next one or by the end of its set."""

    def __init__(self, header: Header) -> None:
        self._session = header.session_id
        self._profile = profile(header.exercise)
        self._rate = header.rate_hz
        self._margin, self._settle = round(MARGIN_S * header.rate_hz), round(SETTLE_S * header.rate_hz)
        self._lead = Lead(header.rate_hz)
        self._bends = Bends(header.rate_hz)
        self._rows = np.empty((5, 0))  # t_s, and in degrees pelvis, thorax, spine, and the leading one
        self._first = 0  # the number of the first row that is kept
        self._last_bottom = self._last_known = 0
        self._ordinal = 0
        self._set = 1
        self._said: list[Counted] = []  # the reps of the open set

    def push(self, angles: SagittalAngles) -> Iterator[Said]:
        """Take the next angles, yield what can be said by them."""
        rows = self._lead.push(angles)
        if rows.shape[1] and not self._end and self._profile.starts_bent:
            yield float(rows[0, 0]), NoticeEvent(text=FROM_STANDING.format(self._profile.name), at_s=float(rows[0, 0]))
        self._rows = np.concatenate([self._rows, rows], axis=1)
        for bend in self._bends.push(rows[4]):
            if self._over(self._time(bend.entered)):
                yield from self._close()
            yield from self._count(bend)
        if self._rows.shape[1] and self._over(
            self._time(self._end - 1 if self._bends.entered is None else self._bends.entered)
        ):
            yield from self._close()
        self._forget()

    def finish(self) -> Iterator[Said]:
        """Yield what the end of the stream decides: the rep on its way to rest, and the open set."""
        for bend in self._bends.finish():
            yield from self._count(bend)
        yield from self._close()

    def _count(self, bend: Bend) -> Iterator[Said]:
        """Say a bend, if it is a rep; either way the window of the rep before ends at its bottom."""
        begin = max(self._last_bottom, bend.entered - self._margin, 0)
        self._last_bottom, self._last_known = bend.bottom, bend.known
        if self._said:
            last = self._said[-1]
            self._said[-1] = replace(last, span=(*last.span[:2], min(last.span[2], bend.bottom)))
        span = (begin, bend.bottom, bend.known + round(AFTER_S * self._rate))
        rep = self._measure(span, bend.known + 1) if bend.returned else None
        if rep is None or not self._counts(rep):
            return
        if self._said and rep.eccentric.start > self._due():
            yield from self._close()
        if self._said:
            yield from self._confirm(bend.known, bend.known + 1, rep)
        self._ordinal += 1
        self._said.append(Counted(self._ordinal, len(self._said) + 1, span, self._time(bend.known), rep))
        yield from self._say(bend.known, self._said[-1], "provisional", None, known=())

    def _counts(self, rep: Rep) -> bool:
        return rep.descent_deg >= self._profile.least_rom_deg and rep.directness >= LEAST_DIRECTNESS

    def _confirm(self, decided: int, stop: int, following: Rep | None) -> Iterator[Said]:
        """Say the last rep again, measured with all that came after it, up to sample ``stop``."""
        last = self._said[-1]
        rep = self._measure(last.span, stop) or last.rep
        pause = None
        if following is not None and following.eccentric_seen:
            pause = max(0.0, following.eccentric.start - rep.concentric.end)
        self._said[-1] = replace(last, rep=rep)
        known = tuple(fault.name for fault in last.rep.faults)
        yield from self._say(decided, self._said[-1], "confirmed", pause, known)

    def _close(self) -> Iterator[Said]:
        """End the open set, if there is one; a bend that began in time has been waited for."""
        if not self._said:
            return
        over = self._deadline()
        decided = min(max(over, self._last_known), self._end - 1)
        yield from self._confirm(decided, over, None)
        ended = SetEvent(
            id=f"{self._session}-set-{self._set}",
            set=self._set,
            exercise=self._profile.name,
            reps=len(self._said),
            start_s=self._said[0].rep.eccentric.start,
            end_s=self._said[-1].rep.concentric.end,
        )
        yield self._time(decided), ended
        self._said = []
        self._set += 1

    def _say(
        self, decided: int, counted: Counted, status: Status, top_pause_s: float | None, known: tuple[str, ...]
    ) -> Iterator[Said]:
        at_s, rep, id_ = self._time(decided), counted.rep, f"{self._session}-{counted.ordinal}"
        event = RepEvent(
            id=id_,
            revision=1 if status == "provisional" else 2,
            set=self._set,
            rep=counted.number,
            exercise=self._profile.name,
            status=status,
            said_s=counted.said_s,
            **rep.fields(top_pause_s),
        )
        yield at_s, event
        for fault in rep.faults:
            if fault.name not in known:
                evidence = {name: getattr(fault, name) for name in ("name", "value", "limit", "unit", "at_s")}
                yield at_s, FaultEvent(rep_id=id_, **evidence)

    def _measure(self, span: Span, stop: int) -> Rep | None:
        """Measure the rep in a window, with the samples before ``stop``."""
        begin, bottom, end = span
        first = max(begin - self._settle, self._first)
        trace = Trace.smoothed(self._rows[:, first - self._first : stop - self._first], self._rate)
        return measure(trace, (begin - first, bottom - first, min(end, stop) - first), self._profile)

    def _due(self) -> float:
        """Return when the open set ends if nothing more comes."""
        return self._said[-1].rep.concentric.end + self._profile.set_gap_s

    def _over(self, t_s: float) -> bool:
        return bool(self._said) and t_s > self._due() + NOTICE_S

    def _deadline(self) -> int:
        """Return the number of the first sample after the open set is known to have ended."""
        return self._first + int(np.searchsorted(self._rows[0], self._due() + NOTICE_S, side="right"))

    @property
    def _end(self) -> int:
        return self._first + self._rows.shape[1]

    def _time(self, number: int) -> float:
        return float(self._rows[0, number - self._first])

    def _forget(self) -> None:
        """Drop the rows that neither an unconfirmed rep nor a coming one can need."""
        keep = (self._end if self._bends.entered is None else self._bends.entered) - self._margin
        if self._said:
            keep = min(keep, self._said[-1].span[0])
        drop = max(0, keep - self._settle - self._first)
        self._rows, self._first = self._rows[:, drop:], self._first + drop
