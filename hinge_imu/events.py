"""The closed set of things the pipeline says: frozen structs, in degrees and seconds because people read these.

The public JSON, and its schema, are made from these classes; field names are fixed, adding is fine.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from hinge_imu.config import Segment

Status = Literal["provisional", "confirmed", "retracted"]
FaultName = Literal[
    "spine_rounding",
    "spine_arching",
    "butt_wink",
    "spine_first",
    "incomplete_lockout",
    "overextended_lockout",
    "uncontrolled_lowering",
    "bounce",
    "partial_rep",
    "off_tempo",
    "not_square",
    "squat_pattern",
]
FaultUnit = Literal["deg", "deg/s", "%", "s", "g", "cm"]
SensorFact = Literal[
    "lost",
    "back",
    "overflow",
    "reset",
    "gap",
    "saturated",
    "spike",
    "clone",
    "thermometer",
    "rate",
    "slow_bus",
    "slipped",
    "under_voltage",
    "hot",
    "disk",
]
MarkFact = Literal["start", "next", "pain", "tempo", "athlete", "load", "note", "drill"]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """What all events share: frozen, named fields, and the name of its kind under ``event``."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of a rep with its evidence: how much, against which limit, and when (s).

    ``confidence`` is how sure it is, 0 to 1, that the limit was truly passed, with what two sensors get wrong.
    """

    name: FaultName
    value: float
    limit: float
    unit: FaultUnit
    at_s: float
    confidence: float


class RepEvent(Event, frozen=True, kw_only=True, tag="rep"):
    """One rep; whoever receives keeps the highest revision of each id. What could not be measured is null.

    ``said_s`` is the time of the last sample that had arrived when the rep was first said. What each number is, is
    written in docs/metrics.md; those after ``faults`` come with the confirmation.
    """

    id: str
    revision: int
    set: int
    rep: int
    exercise: str
    status: Status
    said_s: float
    start_s: float
    bottom_s: float
    end_s: float
    eccentric_s: float | None
    bottom_pause_s: float | None
    concentric_s: float | None
    top_pause_s: float | None
    tempo: str
    pelvis_rom_deg: float | None
    thorax_rom_deg: float | None
    spine_flexion_peak_deg: float | None
    spine_share: float | None
    faults: tuple[Fault, ...]
    spine_rom_deg: float | None = None
    pelvis_bottom_deg: float | None = None
    thorax_bottom_deg: float | None = None
    spine_bottom_deg: float | None = None
    out_of_neutral_share: float | None = None
    neutral_depth_deg: float | None = None
    spine_set_up_deg: float | None = None
    spine_above_set_up_deg: float | None = None
    spine_range_share: float | None = None
    divergence_at_s: float | None = None
    divergence_lasting_s: float | None = None
    divergence_pelvis_deg: float | None = None
    divergence_part: Literal["early", "middle", "late"] | None = None
    onset_lag_s: float | None = None
    spine_early_share: float | None = None
    spine_middle_share: float | None = None
    spine_late_share: float | None = None
    coupling_deg: float | None = None
    coupling_sd_deg: float | None = None
    pelvis_eccentric_mean_deg_s: float | None = None
    pelvis_eccentric_peak_deg_s: float | None = None
    thorax_eccentric_mean_deg_s: float | None = None
    thorax_eccentric_peak_deg_s: float | None = None
    eccentric_to_peak_s: float | None = None
    eccentric_to_peak_share: float | None = None
    eccentric_sparc: float | None = None
    eccentric_ldlj: float | None = None
    pelvis_concentric_mean_deg_s: float | None = None
    pelvis_concentric_peak_deg_s: float | None = None
    thorax_concentric_mean_deg_s: float | None = None
    thorax_concentric_peak_deg_s: float | None = None
    concentric_to_peak_s: float | None = None
    concentric_to_peak_share: float | None = None
    concentric_sparc: float | None = None
    concentric_ldlj: float | None = None
    slowest_deg: float | None = None
    slowest_at_s: float | None = None
    time_under_tension_s: float | None = None
    impact_g: float | None = None


class TraceEvent(Event, frozen=True, kw_only=True, tag="trace"):
    """The angles over a confirmed rep, 50 a second: the very points that were said as it happened.

    ``revision`` is that of its rep; ``t_s`` are the points' session times, the angles are to 0.01 deg, null where not
    valid.
    """

    id: str
    revision: int
    rep_id: str
    t_s: list[float]
    pelvis_deg: list[float | None]
    thorax_deg: list[float | None]
    spine_deg: list[float | None]


class FaultEvent(Event, frozen=True, kw_only=True, tag="fault"):
    """A fault, said by itself with the first revision of its rep that shows it."""

    rep_id: str
    name: FaultName
    value: float
    limit: float
    unit: FaultUnit
    at_s: float
    confidence: float


class SetEvent(Event, frozen=True, kw_only=True, tag="set"):
    """A set that has ended: its number, how many reps, from the first onset to the last lockout (s).

    ``exercise_sure`` is how sure it is, 0 to 1, that this was the exercise; null where somebody had named it. What the
    other numbers are is written in docs/metrics.md.
    """

    id: str
    set: int
    exercise: str
    reps: int
    start_s: float
    end_s: float
    exercise_sure: float | None = None
    pelvis_rom_cv_share: float | None = None
    thorax_rom_cv_share: float | None = None
    eccentric_cv_share: float | None = None
    concentric_cv_share: float | None = None
    thorax_concentric_mean_cv_share: float | None = None
    spine_flexion_peak_sd_deg: float | None = None
    spine_flexion_peak_trend_deg: float | None = None
    spine_flexion_peak_trend_low_deg: float | None = None
    spine_flexion_peak_trend_high_deg: float | None = None
    concentric_trend_s: float | None = None
    concentric_trend_low_s: float | None = None
    concentric_trend_high_s: float | None = None
    thorax_concentric_mean_trend_deg_s: float | None = None
    thorax_concentric_mean_trend_low_deg_s: float | None = None
    thorax_concentric_mean_trend_high_deg_s: float | None = None
    velocity_loss_share: float | None = None
    tempo_kept_share: float | None = None


class FailedEvent(Event, frozen=True, kw_only=True, tag="failed"):
    """An attempt that turned back on the way up, at ``at_s`` s; it is no rep."""

    set: int
    at_s: float


class SensorEvent(Event, frozen=True, kw_only=True, tag="sensor"):
    """Something happened to a sensor, at ``at_s`` s, or to the computer that reads them (``segment`` null).

    - ``lost``: it does not answer, or not as it should; ``back``: it does again.
    - ``overflow``: its FIFO ran over, because nobody emptied it; ``reset``: its FIFO was emptied unread, because what
      it held could not be trusted. Both begin a gap.
    - ``gap``: no usable sample for ``lost_s`` s, too long to bridge.
    - ``saturated``, ``spike``: ``count`` samples at the end of the range, or torn on the way, were left out.
    - ``clone``: it is not the part it is sold as; ``thermometer``: its temperature stands still.
    - ``rate``: it runs further from its nominal rate than the part may; ``slow_bus``: the bus carries less than asked.
    - ``under_voltage``, ``hot``: the computer's supply dips, it is too warm; ``disk``: what is said cannot be kept, or
      soon not.

    ``text`` says what was found and the mend, where there is one.
    """

    segment: Segment | None
    what: SensorFact
    at_s: float
    lost_s: float | None = None
    count: int | None = None
    text: str | None = None


class NoticeEvent(Event, frozen=True, kw_only=True, tag="notice"):
    """A plain sentence about the session that a person should read."""

    text: str
    at_s: float


class CueEvent(Event, frozen=True, kw_only=True, tag="cue"):
    """A word to the wearer, said as soon as a limit has been crossed for as long as its fault asks.

    ``at_s`` is when that was, ``said_s`` the last sample that had arrived. With ``serious`` it was crossed by a margin
    as well, which is said by an event of its own. ``rep_id`` names the rep of a fault that shows only when it is over.
    """

    name: FaultName
    value: float
    limit: float
    unit: FaultUnit
    at_s: float
    said_s: float
    serious: bool = False
    rep_id: str | None = None


class MarkEvent(Event, frozen=True, kw_only=True, tag="mark"):
    """What the wearer says with the button, or the coach with a command, at ``at_s`` s.

    - ``start`` of a set, or of the ``next`` exercise, which ``exercise`` may name; ``pain``.
    - ``tempo``: what is prescribed from the next set on, in ``text`` (null: nothing).
    - ``athlete``: who wears the strap in this session; ``load`` on the bar, a ``note``: in ``text``.
    - ``drill``: the one in ``text`` begins, in a session of its own; null: it was ended before it was done.
    """

    what: MarkFact
    at_s: float
    exercise: str | None = None
    text: str | None = None

    @property
    def ends_set(self) -> bool:
        """Whether what comes after it belongs to another set."""
        return self.what in {"start", "next"}


class ClockEvent(Event, frozen=True, kw_only=True, tag="clock"):
    """The computer has learnt what time it is: ``started_utc`` is the UTC of session time 0 (ISO 8601)."""

    started_utc: str
    at_s: float


class SensorSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How one sensor did: samples that came, how many were left out, seconds without any, what was said of it."""

    samples: int
    left_out: int
    lost_s: float
    events: dict[str, int]


class SessionEvent(Event, frozen=True, kw_only=True, tag="session"):
    """A session up to ``end_s``: its sets and reps, how each sensor did, and what was said of bus and computer.

    It is ``open`` while more may come, and nothing is counted yet; it is said again with a higher revision when it has
    ``ended``. ``started_utc`` is the UTC of session time 0 (ISO 8601), null until the clock is known; ``athlete`` who
    wore the strap, as last said.
    """

    id: str
    end_s: float
    sets: int | None
    reps: int | None
    sensors: dict[Segment, SensorSummary]
    bus: dict[str, int]
    revision: int = 1
    state: Literal["open", "ended"] = "ended"
    started_utc: str | None = None
    athlete: str | None = None


AnyEvent: TypeAlias = (
    RepEvent
    | FaultEvent
    | SetEvent
    | FailedEvent
    | CueEvent
    | MarkEvent
    | ClockEvent
    | SensorEvent
    | NoticeEvent
    | SessionEvent
)
Remark: TypeAlias = SensorEvent | MarkEvent | ClockEvent
"""What comes between the samples: from the driver, from wearer and coach, and from the clock."""


_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


Said: TypeAlias = tuple[float, AnyEvent]
"""An event, and the time (s) of the sample that decided it."""


def to_dict(event: Event) -> dict[str, Any]:
    """Return the event as plain values, its kind under ``event``."""
    built: dict[str, Any] = msgspec.to_builtins(event)
    return built


def decode(data: bytes) -> AnyEvent:
    """Read an event back from its JSON; raises `msgspec.ValidationError` where it is not one."""
    return _DECODER.decode(data)
