"""What comes in from straps, held against its form before anything else sees it.

Who may write to a topic is known to the broker, but is not trusted here: what is read is bounded in size and depth,
what is counted on has its type, and a gym or strap is what the topic says, never the message. Fields that are not known
here may be there, and are kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from unicodedata import normalize

import msgspec

from hinge_imu.config import Name
from hinge_imu.topics import ROOT, TOPICS, Level, schema

LARGEST = 256 * 1024
"""A message has no more bytes. Chosen: a trace of ten minutes is shorter."""

DEEPEST = 6
"""Lists and objects are nested no deeper. Chosen: the deepest that a strap says has 3."""

_SHOWN = 200  # of what was wrong, so many characters are shown

# No longer than an index takes.
_Text = Annotated[str, msgspec.Meta(max_length=500)]
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
_Seconds = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
_Angles = list[float | None]


class Heard(msgspec.Struct, frozen=True):
    """A message of a strap: who says it, as the topic has it, and what; ``fields`` have at least those of its level."""

    gym: str
    strap: str
    level: Level
    fields: dict[str, Any]


class _Topic(msgspec.Struct):
    gym: Name
    strap: Name


class _Common(msgspec.Struct):
    id: _Id
    revision: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    session_id: _Id | None
    athlete: _Text | None
    time: datetime | None


class _Status(_Common):
    status: _Text


class _Meta(_Common):
    exercise: _Text
    tempo: _Text | None
    started_utc: datetime | None
    rate_hz: float
    simulated: bool
    labels: dict[str, _Text]


class _Angular(_Common):
    t_s: list[_Seconds]
    pelvis_deg: _Angles
    thorax_deg: _Angles
    spine_deg: _Angles

    def __post_init__(self) -> None:
        if {len(self.pelvis_deg), len(self.thorax_deg), len(self.spine_deg)} != {len(self.t_s)}:
            raise ValueError("t_s, pelvis_deg, thorax_deg and spine_deg differ in length")


class _Fault(msgspec.Struct):
    name: _Text
    value: float
    limit: float
    unit: _Text
    at_s: _Seconds


class _Told(_Common):
    """What is said within a session, and of it only."""

    session_id: _Id


class _Trace(_Angular):
    session_id: _Id
    rep_id: _Id


class _Rep(_Told):
    set: _Count
    rep: _Count
    exercise: _Text
    status: Literal["provisional", "confirmed", "retracted"]
    said_s: _Seconds
    start_s: _Seconds
    bottom_s: _Seconds
    end_s: _Seconds
    eccentric_s: _Seconds | None
    bottom_pause_s: _Seconds | None
    concentric_s: _Seconds | None
    top_pause_s: _Seconds | None
    tempo: _Text
    pelvis_rom_deg: float | None
    thorax_rom_deg: float | None
    spine_flexion_peak_deg: float | None
    faults: list[_Fault]


class _Set(_Told):
    set: _Count
    exercise: _Text
    reps: _Count
    start_s: _Seconds
    end_s: _Seconds


class _Evidence(_Told):
    name: _Text
    value: float
    limit: float
    unit: _Text
    at_s: _Seconds


class _RepFault(_Evidence):
    rep_id: _Id


class _Failed(_Told):
    set: _Count
    at_s: _Seconds


class _Cue(_Evidence):
    said_s: _Seconds


class _Mark(_Told):
    what: _Text
    at_s: _Seconds
    exercise: _Text | None
    text: _Text | None


class _Sensor(_Common):
    what: _Text
    at_s: _Seconds


class _Notice(_Common):
    text: Annotated[str, msgspec.Meta(max_length=5000)]
    at_s: _Seconds


class _Session(_Told):
    end_s: _Seconds
    sets: _Count | None
    reps: _Count | None
    sensors: dict[str, Any]
    bus: dict[str, Any]
    state: Literal["open", "ended"]
    started_utc: datetime | None


_FORMS: dict[str, type[_Common]] = {
    "status": _Status,
    "meta": _Meta,
    "angles": _Angular,
    "rep": _Rep,
    "trace": _Trace,
    "set": _Set,
    "fault": _RepFault,
    "failed": _Failed,
    "cue": _Cue,
    "mark": _Mark,
    "sensor": _Sensor,
    "notice": _Notice,
    "session": _Session,
}

# msgspec learns a form when it meets it first. Where two threads meet it at once, it crashes: so it does now.
for _form in (_Topic, *_FORMS.values()):
    msgspec.json.Decoder(_form)


def parse(topic: str, payload: bytes) -> Heard:
    """Read a message of a strap; its athlete comes in Unicode's NFC, without blanks around, None where that is empty.

    Raises
    ------
    ValueError
        One sentence that says which message it is and what was found; it is safe to log.
    """
    try:
        gym, strap, level = _where(topic)
        fields = _fields(level, payload)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise ValueError(f"{_shown(topic)}: {_shown(error)}; it is left out") from None
    return Heard(gym, strap, level, fields)


def _where(topic: str) -> tuple[str, str, Level]:
    root, *names = topic.rsplit("/", 3)
    if root != ROOT or len(names) != 3:
        raise ValueError(f"this is no topic {ROOT}/GYM/STRAP/LEVEL")
    gym, strap, level = names
    msgspec.convert({"gym": gym, "strap": strap}, _Topic)
    if level not in TOPICS or level == "command":
        raise ValueError("straps have no such level")
    return gym, strap, level


def _fields(level: Level, payload: bytes) -> dict[str, Any]:
    if len(payload) > LARGEST:
        raise ValueError(f"it has {len(payload)} bytes, and at most {LARGEST} are read")
    fields = msgspec.json.decode(payload, type=dict[str, Any])
    if fields.get("schema") != schema(level):
        raise ValueError(f"its schema is {fields.get('schema')!r}, and {schema(level)} is understood")
    _check(fields, DEEPEST)
    msgspec.convert(fields, _FORMS[level])
    if fields["athlete"] is not None:
        fields["athlete"] = normalize("NFC", fields["athlete"]).strip() or None
    return fields


def _check(value: Any, left: int) -> None:
    """Find what no form speaks of: too deep, numbers that fit no column, and U+0000, which PostgreSQL cannot keep."""
    if isinstance(value, dict | list):
        if not left:
            raise ValueError(f"it is nested deeper than {DEEPEST}")
        for each in value if isinstance(value, list) else [*value, *value.values()]:
            if type(each) is not float:
                _check(each, left - 1)
    elif isinstance(value, str):
        if "\x00" in value:
            raise ValueError("a text holds U+0000")
    elif isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError("a number has more than 64 bits")


def _shown(what: object) -> str:
    return "".join(each if each.isprintable() else "?" for each in str(what)[:_SHOWN])
