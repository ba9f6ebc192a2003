"""What the store answers with: frozen structs, times of day in UTC, null where a clock was not known."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec


class Waiting(NamedTuple):
    """A recording that has been uploaded and not been worked through, and the session that its strap says it is of."""

    path: Path
    session_id: str


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Named fields."""


class Athlete(_Shown, frozen=True, kw_only=True):
    """Somebody who has trained: in how many sessions, and when last."""

    name: str
    gym: str
    sessions: int
    last_utc: datetime


class Edit(_Shown, frozen=True, kw_only=True):
    """What a user has done, ``about`` a ``session``, a ``set`` or a ``rep``.

    ``what`` is ``strike_out``, ``restore``, ``rename``, ``assign`` (from ``before`` to ``value``), or ``note`` and
    ``pain``, whose text is the ``value``.
    """

    session_id: str
    about: str
    about_id: str
    what: str
    before: str | None
    value: str | None
    by: str
    at_utc: datetime


class Session(_Shown, frozen=True, kw_only=True):
    """A session as it is known by now; ``reps`` and ``sets`` count what stands, ``exercises`` in the order of sets.

    ``at_utc`` is when it began, or was first heard of where its clock was never known.
    """

    id: str
    gym: str
    strap: str
    athlete: str | None
    said_athlete: str | None
    exercise: str | None
    exercises: tuple[str, ...]
    tempo: str | None
    started_utc: datetime | None
    at_utc: datetime
    state: str
    end_s: float | None
    simulated: bool
    labels: dict[str, str]
    sensors: dict[str, Any]
    bus: dict[str, Any]
    sets: int
    reps: int


class Set(_Shown, frozen=True, kw_only=True):
    """A set that has ended; ``exercise`` is what a user has renamed it to, where one has, else ``said_exercise``.

    ``reps`` counts those that stand now; ``data`` is the message, with all its numbers.
    """

    id: str
    session_id: str
    athlete: str | None
    set: int
    exercise: str
    said_exercise: str
    reps: int
    start_s: float
    end_s: float
    start_utc: datetime | None
    data: dict[str, Any]


class Rep(_Shown, frozen=True, kw_only=True):
    """A rep in its highest revision; ``data`` is the message, with all its numbers (docs/metrics.md)."""

    id: str
    session_id: str
    athlete: str | None
    revision: int
    set: int
    rep: int
    exercise: str
    status: str
    struck_out: bool
    start_s: float
    end_s: float
    start_utc: datetime | None
    faults: tuple[dict[str, Any], ...]
    data: dict[str, Any]


class Trace(_Shown, frozen=True, kw_only=True):
    """The angles over a rep (deg) at session times ``t_s``, null where not valid."""

    rep_id: str
    t_s: list[float]
    pelvis_deg: list[float | None]
    thorax_deg: list[float | None]
    spine_deg: list[float | None]


class Recorded(_Shown, frozen=True, kw_only=True):
    """What else was said in a session: a ``mark``, ``sensor``, ``notice``, ``failed`` or ``fault``."""

    id: str
    session_id: str
    level: str
    at_s: float
    at_utc: datetime | None
    data: dict[str, Any]


class Extent(_Shown, frozen=True, kw_only=True):
    """How much there is of an athlete: sessions, reps of every kind, and recordings that were uploaded."""

    sessions: int
    reps: int
    recordings: int


class Day(_Shown, frozen=True, kw_only=True):
    """One exercise of one session, for progress over the weeks; only reps that stand count.

    The medians are of the reps that were measured; ``held`` of the ``measured`` had no fault of the back; ``faults``
    says in how many reps each was found.
    """

    session_id: str
    at_utc: datetime
    exercise: str
    sets: int
    reps: int
    measured: int
    held: int
    spine_flexion_peak_deg: float | None
    thorax_rom_deg: float | None
    eccentric_s: float | None
    concentric_s: float | None
    faults: dict[str, int]
