"""What is said while it can still be mended: faults as soon as their limits have been crossed for long enough.

state      what is watched                                       goes to
STANDING   the thorax's inclination                              BENT when it leans by 20 deg, and goes down
BENT       its limits, where this may be a rep (`attention`)     STANDING when most of the way back is done

A bend says each fault once, and once more where it becomes serious; the next bend may say it again. What shows only in
the whole rep is said with the rep.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from hinge_imu.events import CueEvent, FaultEvent, FaultName, MarkEvent, RepEvent, Said
from hinge_imu.reps.attention import Attention
from hinge_imu.reps.crossings import PELVIS, RATE_ROW, SINKING_ROW, THORAX, TURN_ROW, Crossings
from hinge_imu.reps.manner import Manner, Sinking
from hinge_imu.reps.track import heave
from hinge_imu.samples import NS, SEGMENTS, Angles, Bools, Floats, Header, Poses, Times

ENTER_DEG = 20.0
"""Who leans by less has not begun to bend: no limit is crossed there."""

UP_DEG, UP = 12.0, 0.35
"""The bend is over when the thorax leans by less than the first, or than this share of how far it leant."""

RATE_S = 0.05
"""Time over which the thorax's rate is averaged."""

DEG = 180.0 / np.pi

LOOK_S = 5.0
"""So much is looked at at a time: what comes after the next change of state would be looked at again."""


class Watch:
    """Angles, and what was said of them, in; cues out."""

    def __init__(self, header: Header) -> None:
        self._attention = Attention(header)
        self._leader = header.sensors[-1]
        self._rate, self._look = header.rate_hz, max(1, round(LOOK_S * header.rate_hz))
        self._sinking = Sinking(header.rate_hz)
        self._past = np.full(max(1, round(RATE_S * header.rate_hz)), np.nan)  # the thorax, as long as it takes a rate
        self._manner = Manner(np.nan, np.nan)
        self._crossings: Crossings | None = None
        self._bent = False
        self._deepest, self._turn = 0.0, np.nan
        self._cued_until_s: dict[FaultName, float] = {}  # the end of the last bend in which each was said

    def push(self, angles: Angles, poses: Poses, said: Sequence[Said]) -> Iterator[Said]:
        """Take the next angles and poses, with what the counter says by them; yield the cues."""
        t_ns, rows, start = angles.sagittal.t_ns, self._rows(angles, poses), 0
        if said:
            t_s = angles.sagittal.t_s
            for decided_s, event in said:
                stop = max(start, int(np.searchsorted(t_s, decided_s, side="right")))
                yield from self._go(t_ns[start:stop], rows[:, start:stop])
                start = stop
                self._attention.hear(event)
                if isinstance(event, RepEvent) and event.revision == 1 and stop:
                    self._attention.saw(event, self._manner)
                    self._turn = float(rows[TURN_ROW, stop - 1])  # at lockout
                if isinstance(event, FaultEvent):
                    yield from self._late(event, decided_s)
        yield from self._go(t_ns[start:], rows[:, start:])

    def mark(self, mark: MarkEvent, said: Sequence[Said]) -> None:
        """Hear what the wearer marked, and what was said of it."""
        self._turn = np.nan if mark.ends_set else self._turn
        for _, event in said:
            self._attention.hear(event)
        self._attention.hear(mark)

    def _rows(self, angles: Angles, poses: Poses) -> Floats:
        """Return thorax, pelvis, spine, and the pelvis's tilt and turn in deg, the rate in deg/s, sinking in m/s (7,N).

        One sensor is the trunk.
        """
        sagittal, frontal = angles
        lead = sagittal.thorax if self._leader == len(SEGMENTS) - 1 else sagittal.pelvis
        rows = np.empty((SINKING_ROW + 1, len(sagittal.t_ns)))
        rows[0], rows[1], rows[2], rows[3], rows[4] = (
            *(lead, sagittal.pelvis, sagittal.spine),
            *(frontal.tilt[:, 0], frontal.turn[:, 0]),
        )
        rows[:RATE_ROW] *= DEG
        past, step = np.concatenate([self._past, rows[THORAX]]), len(self._past)
        rows[RATE_ROW] = (rows[THORAX] - past[:-step]) * (self._rate / step)
        rows[SINKING_ROW] = self._sinking.push(heave(poses))
        self._past = past[-step:]
        return rows

    def _late(self, fault: FaultEvent, said_s: float) -> Iterator[Said]:
        cue = self._attention.cue(fault, said_s, self._cued_until_s.get(fault.name, -np.inf))
        if cue is not None:
            yield said_s, cue

    def _go(self, t_ns: Times, rows: Floats) -> Iterator[Said]:
        start, end = 0, len(t_ns)
        while start < end:
            stop = min(end, start + self._look)
            if self._bent:
                start = yield from self._bend(t_ns, rows, start, stop)
            else:
                start = self._stand(t_ns, rows, start, stop)

    def _stand(self, t_ns: Times, rows: Floats, start: int, stop: int) -> int:
        """Wait until the thorax leans, and goes down; return the number of the next sample to look at."""
        index = start + _first((rows[THORAX, start:stop] > ENTER_DEG) & (rows[RATE_ROW, start:stop] > 0))
        if index < stop:
            self._bent, self._deepest = True, ENTER_DEG
            t_s, profile = float(t_ns[index]) * NS, self._attention.profile
            watched = profile is not None and self._attention.under_way(t_s)
            usual_deg = self._attention.usual_deg
            now = float(rows[TURN_ROW, index])
            turn = now if np.isnan(self._turn) else self._turn
            self._manner = Manner(self._attention.usual_rate, now - turn)
            self._crossings = Crossings(profile, self._rate, usual_deg, turn) if profile and watched else None
        return index

    def _bend(self, t_ns: Times, rows: Floats, start: int, stop: int) -> Generator[Said, None, int]:
        """Watch until the wearer is nearly up again; return the number of the next sample to look at."""
        thorax = rows[THORAX, start:stop]
        deepest = np.fmax.accumulate(np.concatenate([[self._deepest], thorax]))[1:]
        length = _first(thorax < np.maximum(UP_DEG, UP * deepest))
        self._bent = length == stop - start
        if length:
            self._deepest = float(deepest[length - 1])
            yield from self._watch(t_ns[start:], rows[:, start : start + length], deepest[:length])
        if not self._bent:
            up_s = float(t_ns[start + length]) * NS
            self._cued_until_s = {name: min(until_s, up_s) for name, until_s in self._cued_until_s.items()}
        return start + length

    def _watch(self, t_ns: Times, rows: Floats, deepest: Floats) -> Iterator[Said]:
        until = self._manner.push(rows[PELVIS], rows[RATE_ROW], rows[SINKING_ROW])
        for found in () if self._crossings is None else self._crossings.push(rows, deepest, until):
            at_s = float(t_ns[found.sample]) * NS
            self._cued_until_s[found.name] = np.inf
            evidence = {"name": found.name, "value": found.value, "limit": found.limit, "unit": found.unit}
            yield at_s, CueEvent(**evidence, at_s=at_s, said_s=at_s, serious=found.serious)  # type: ignore[arg-type]  # as they are found


def _first(mask: Bools) -> int:
    """Return the index of the first True, or the length."""
    index = int(mask.argmax()) if len(mask) else 0
    return index if len(mask) and mask[index] else len(mask)
