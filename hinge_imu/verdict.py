"""The verdict on a drill or screen, as data: what was shown, how it is judged, and what to practise next."""

from __future__ import annotations

from typing import Literal

import msgspec

from hinge_imu.events import Event

Grade = Literal["good", "watch", "practise", "unsure", "told"]
"""How one number of a drill is judged; ``told`` is for what is measured and not judged."""

DrillUnit = Literal["deg", "s", "%", "g", "reps"]
DrillVerdict = Literal["passed", "practise", "unsure"]


class DrillFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a drill has shown: how it is judged, the number behind it, and the limit that decided.

    ``name`` is the key of its sentence, ``step`` the part of the drill (null: all of it), ``text`` the sentence in the
    language that was asked for. A value that could not be measured is null.
    """

    name: str
    grade: Grade
    value: float | None = None
    limit: float | None = None
    unit: DrillUnit | None = None
    step: str | None = None
    text: str = ""


class DrillMark(msgspec.Struct, frozen=True, kw_only=True):
    """One rep of a drill, by its id, with what it has shown; ``grade`` is its worst."""

    rep_id: str
    rep: int
    step: str
    start_s: float
    end_s: float
    grade: Grade
    findings: tuple[DrillFinding, ...]


class DrillAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """What to practise next, or what nobody on the back can see; ``drill`` is that which mends it, where one does."""

    name: str
    drill: str | None = None
    text: str = ""


class DrillChange(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed since an earlier recording of the same drill by more than ``least``, the least that means it."""

    name: str
    step: str | None
    before: float
    after: float
    least: float
    unit: DrillUnit
    text: str = ""


class DrillEvent(Event, frozen=True, kw_only=True, tag="drill"):
    """The verdict on a drill or screen: ``unsure`` where it could not be judged; why, the findings say.

    ``changes`` is null where nothing was compared with, ``athlete`` where nobody said who wore the strap.
    """

    id: str
    drill: str
    athlete: str | None
    verdict: DrillVerdict
    findings: tuple[DrillFinding, ...]
    reps: tuple[DrillMark, ...]
    practise: tuple[DrillAdvice, ...]
    unseen: tuple[DrillAdvice, ...]
    changes: tuple[DrillChange, ...] | None = None
