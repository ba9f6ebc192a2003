"""What goes on in the gym now, made of what the straps say: pure, bounded, and gone when the program ends."""

from __future__ import annotations

from typing import Any

import msgspec

from hinge_imu.dashboard.strap import KEPT, Point, Strap
from hinge_imu.dashboard.wire import Heard
from hinge_imu.events import MarkEvent, NoticeEvent, RepEvent, SensorEvent, SetEvent

MOST_REPS = 200
"""Reps that are kept of a set. Chosen: more than anybody lifts without a rest."""

MOST_REMARKS = 500
"""Marks, notices and the like of a strap that are known when they come once more. Chosen: an hour's, and then some."""

MOST_STRAPS = 1000
"""Straps that are kept; then the one that has been silent for longest goes. Chosen: more than any gym has."""


class Batch(msgspec.Struct):
    """The angles of a message, as many of each."""

    t_s: list[float]
    pelvis_deg: list[float | None]
    thorax_deg: list[float | None]
    spine_deg: list[float | None]


class Gym:
    """The straps of all gyms, by gym and name."""

    def __init__(self) -> None:
        self.straps: dict[tuple[str, str], Strap] = {}

    def hear(self, said: Heard, now: float) -> None:
        """Take one message, which came at ``now`` s of a clock that only rises.

        Raises
        ------
        ValueError
            The message has not the form of its level; nothing of it was taken.
        """
        hear = _HEAR.get(said.level)
        if hear is None:
            return
        strap = self._strap(said.gym, said.strap)
        if said.level in _OF_THE_SESSION and not _of_now(strap, said.fields):
            return
        if said.level in _ONCE and not _is_news(strap, said.fields):
            return
        hear(strap, said.fields, now)
        if said.level not in {"status", "meta"} or said.fields.get("status") == "online":
            strap.seen = max(strap.seen, now) if strap.seen else now
        if said.level != "angles":
            strap.changed += 1
        if said.level in _COUNTED:
            strap.stored += 1

    def wearing(self, athlete: str) -> Strap | None:
        """Return the strap that an athlete wears now, the one heard last where there are several."""
        worn = [strap for strap in self.straps.values() if strap.athlete == athlete]
        return max(worn, key=lambda strap: strap.seen, default=None)

    def _strap(self, gym: str, name: str) -> Strap:
        strap = self.straps.get((gym, name))
        if strap is None:
            if len(self.straps) >= MOST_STRAPS:
                del self.straps[min(self.straps, key=lambda key: self.straps[key].seen)]
            strap = self.straps[gym, name] = Strap(gym, name)
        return strap


def _of_now(strap: Strap, fields: dict[str, Any]) -> bool:
    """Tell what is said of the session that goes on from what a strap has to catch up on."""
    session = fields.get("session_id")
    if strap.session is None and session is not None:
        _begin(strap, session)
    return bool(session == strap.session)


def _is_news(strap: Strap, fields: dict[str, Any]) -> bool:
    """Tell whether a remark comes for the first time: what has changed since holds."""
    key = fields.get("id"), fields.get("revision")
    if key in strap.remarks:
        return False
    if len(strap.remarks) >= MOST_REMARKS:
        del strap.remarks[next(iter(strap.remarks))]
    strap.remarks[key] = None
    return True


def _begin(strap: Strap, session: str) -> None:
    strap.session, strap.over, strap.set, strap.ended, strap.lifted = session, False, 0, None, None
    strap.athlete, strap.asked, strap.exercise, strap.simulated = None, None, "auto", False
    strap.notice, strap.pain, strap.described = None, False, None
    strap.reps.clear()
    strap.broken.clear()
    strap.angles.clear()
    strap.changed += 1


def _follow(strap: Strap, fields: dict[str, Any]) -> None:
    """Go to the session that a message of the moment belongs to."""
    session = fields.get("session_id")
    if isinstance(session, str) and session != strap.session:
        _begin(strap, session)
    _wearer(strap, fields)


def _wearer(strap: Strap, fields: dict[str, Any]) -> None:
    athlete = fields.get("athlete")
    if isinstance(athlete, str) and athlete != strap.athlete:
        strap.athlete = athlete
        strap.changed += 1


def _status(strap: Strap, fields: dict[str, Any], _now: float) -> None:
    strap.status = str(fields.get("status"))
    _follow(strap, fields)
    strap.over = fields.get("session_id") is None


def _meta(strap: Strap, fields: dict[str, Any], _now: float) -> None:
    _follow(strap, fields)
    described = tuple(fields.get(name) for name in ("exercise", "tempo", "simulated"))
    if described == strap.described:  # a broker says it at every connection; what was prescribed meanwhile holds
        return
    strap.described = described
    strap.exercise = str(fields.get("exercise") or "auto")
    asked = fields.get("tempo")
    strap.asked = asked if isinstance(asked, str) else None
    strap.simulated = fields.get("simulated") is True


def _angles(strap: Strap, fields: dict[str, Any], now: float) -> None:
    batch = msgspec.convert(fields, Batch)
    _follow(strap, fields)
    columns = (batch.t_s, batch.pelvis_deg, batch.thorax_deg, batch.spine_deg)
    came = [Point(*row) for row in zip(*columns, strict=True)][-KEPT:]
    strap.angles.extend(came)
    strap.points += len(came)
    strap.over, strap.moved = False, now


def _rep(strap: Strap, fields: dict[str, Any], now: float) -> None:
    rep = msgspec.convert(fields, RepEvent)
    before = strap.reps.get(rep.id)
    if rep.set < strap.set or (before is not None and before.revision >= rep.revision):
        return
    if rep.set > strap.set:
        strap.set, strap.ended = rep.set, None
        strap.reps.clear()
    _wearer(strap, fields)
    if rep.status == "retracted":
        strap.reps.pop(rep.id, None)
        return
    if before is None:
        strap.lifted = now
    if len(strap.reps) < MOST_REPS or before is not None:
        strap.reps[rep.id] = rep


def _set(strap: Strap, fields: dict[str, Any], _now: float) -> None:
    ended = msgspec.convert(fields, SetEvent)
    if ended.set >= strap.set:
        strap.set, strap.ended = ended.set, ended


def _sensor(strap: Strap, fields: dict[str, Any], _now: float) -> None:
    event = msgspec.convert(fields, SensorEvent)
    where = event.segment or "computer"
    if event.what == "back":
        strap.broken.pop(where, None)
    elif event.what in _LASTING:
        strap.broken[where] = event


def _notice(strap: Strap, fields: dict[str, Any], _now: float) -> None:
    strap.notice = msgspec.convert(fields, NoticeEvent).text[:500]


def _mark(strap: Strap, fields: dict[str, Any], _now: float) -> None:
    mark = msgspec.convert(fields, MarkEvent)
    if mark.what == "pain":
        strap.pain = True
    elif mark.what == "tempo":
        strap.asked = mark.text
    elif mark.what == "athlete" and mark.text:
        strap.athlete = mark.text
    elif mark.ends_set:
        strap.exercise, strap.pain = mark.exercise or strap.exercise, False


def _session(strap: Strap, fields: dict[str, Any], _now: float) -> None:
    _wearer(strap, fields)
    strap.over = fields.get("state") == "ended"


_LASTING = {"lost", "slipped", "under_voltage", "hot", "disk"}
"""What stays so until it is mended; the rest is over when it is said."""

_COUNTED = {"rep", "set", "session"}
"""What changes the list of an athlete's sessions, or the table of one."""

_ONCE = {"mark", "sensor", "notice"}
"""What is told in the order in which it happened, and so does not hold when it comes again later."""

_OF_THE_SESSION = {"rep", "set", "sensor", "notice", "mark", "session"}
_HEAR = {
    "status": _status,
    "meta": _meta,
    "angles": _angles,
    "rep": _rep,
    "set": _set,
    "sensor": _sensor,
    "notice": _notice,
    "mark": _mark,
    "session": _session,
}
