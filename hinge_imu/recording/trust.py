"""What is asked of a recording before anybody works on it: a stranger may have written it, or a damaged disk.

Bounds are wide, and chosen: nothing that a strap, a CSV, or a person has ever needed lies near them.
"""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np

from hinge_imu.events import ClockEvent, MarkEvent, Remark
from hinge_imu.profiles import exercises
from hinge_imu.recording.base import RecordingError, shown
from hinge_imu.samples import NS, SEGMENTS, Flag, Header, RawArray, Times

RATES_HZ = (3.9, 1020.0)
LARGEST_SCALE, LONGEST_DELAY_S, LARGEST_CORRECTION = 10.0, 1.0, 1000.0
LONGEST_NAME = 1000
LAST_NS = 4_000_000_000 * 1_000_000_000
"""A time axis may be that of Unix; twice as much must fit into 64 bits."""

MOST_HOLES, HOLE_S, LONGEST_HOLE_S = 86_400 * 200.0, 1.0, 60.0
"""So many samples may be missing in holes longer than `HOLE_S`: a day at 200 Hz. The grid makes none a longer one."""

MOST_IN_POLL = 4096
"""No FIFO holds as many samples, so within a poll no two numbers of samples are further apart."""

_DIGIT = r"0*([12]?[0-9](\.[0-9]+)?|30(\.0+)?)"
_TEMPO = re.compile(rf"(?!0+(\.0+)?-){_DIGIT}-{_DIGIT}-({_DIGIT}|[Xx])(-{_DIGIT})?")


def check_header(header: Header) -> None:
    """Raise ValueError with a sentence where a header cannot be worked with."""
    for name in (header.exercise, *header.renamed.values()):
        _ask_lift(header, name)
    low, high = RATES_HZ
    _ask(low <= header.rate_hz <= high, f"{header.rate_hz:g} samples a second; from {low:g} to {high:g} can be used")
    for name in ("acc_scale", "gyr_scale"):
        scale = getattr(header, name)
        _ask(0 < scale <= LARGEST_SCALE, f"{name} = {scale:g}, and no sensor counts so")
    _ask(0 <= header.delay_s <= LONGEST_DELAY_S, f"delay_s = {header.delay_s:g}, and no low-pass is as slow")
    _ask(0 < len(header.worn) == len(set(header.worn)), f"worn = {header.worn}; name one segment, or both")
    _ask(header.tempo is None or is_tempo(header.tempo), f"the tempo {str(header.tempo)[:80]!r}; write it as 3-1-1-0")
    _ask(header.started_utc is None or _is_utc(header.started_utc), f"started_utc = {str(header.started_utc)[:80]!r}")
    for text in (header.session_id, header.athlete or ""):
        _ask(len(text) <= LONGEST_NAME, f"a name of {len(text)} characters")
    for lift in _lifts(header) - {"auto"}:
        header.lift(lift)  # raises where the wearer's own limits are none
    _check_numbers(header)


def check_remark(header: Header, remark: Remark) -> None:
    """Raise ValueError with a sentence where what was said between the samples cannot be worked with."""
    _ask(abs(remark.at_s) <= LAST_NS * NS, f"a remark at {remark.at_s:g} s, which is no time")
    if isinstance(remark, ClockEvent):
        _ask(_is_utc(remark.started_utc), f"started_utc = {remark.started_utc[:80]!r}, which is no date and time")
    if isinstance(remark, MarkEvent) and remark.exercise is not None:
        _ask_lift(header, remark.exercise)
    if isinstance(remark, MarkEvent) and remark.what == "tempo":
        _ask(remark.text is None or is_tempo(remark.text), f"the tempo {str(remark.text)[:80]!r}; written as 3-1-1-0")


def whole(raw: RawArray) -> RawArray:
    """Return the samples that are whole: SI has room for numbers that are none."""
    if raw.dtype["acc"].base.kind != "f":
        return raw
    finite = np.isfinite(raw["acc"]).all(axis=1) & np.isfinite(raw["gyr"]).all(axis=1)
    return raw if finite.all() else raw[finite]


class Samples:
    """Looks at the samples of a recording, block by block."""

    def __init__(self, header: Header) -> None:
        self._worn = header.sensors
        self._known = np.isin(np.arange(256), header.sensors)
        self._polled = header.clock == "polled"
        self._newest: int | None = None
        self._rate_hz = header.rate_hz
        self._holes = 0.0

    def check(self, raw: RawArray) -> None:
        """Raise ValueError with a sentence where the next samples cannot be worked with."""
        sensors, t_ns, seq = raw["sensor"], raw["t_ns"], raw["seq"]
        known = self._known[sensors]
        if not known.all():
            _ask(False, f"samples of sensor {sensors[known.argmin()]}, which is not worn")  # noqa: FBT003 - as above
        newest = int(t_ns.max())
        _ask(int(t_ns.min()) >= -LAST_NS and newest <= LAST_NS, "times that are none")
        before = int(t_ns[0]) if self._newest is None else self._newest
        # Nearly always a block is shorter than any hole, and its numbers span no more than a poll may.
        if newest - before > HOLE_S / NS:
            self._holes += holes(np.maximum.accumulate(np.concatenate([[before], t_ns])), self._rate_hz)
            _ask(self._holes <= MOST_HOLES, "holes of more than a day in all; cut it where a session ends")
        self._newest = max(before, newest)
        if self._polled and int(seq.max()) - int(seq.min()) > MOST_IN_POLL:
            self._check_numbers(raw)

    def _check_numbers(self, raw: RawArray) -> None:
        for sensor in self._worn:
            mine = raw[raw["sensor"] == sensor]
            step = np.abs(np.diff(mine["seq"].astype(np.int64)))
            within = mine["flags"][:-1] & np.uint8(Flag.LAST_OF_POLL) == 0
            _ask(not (step[within] > MOST_IN_POLL).any(), f"numbers of the {SEGMENTS[sensor]}'s samples that jump")


def holes(t_ns: Times, rate_hz: float) -> float:
    """Return how many samples are missing in holes between rising times, none longer than the grid makes it."""
    steps = np.diff(t_ns) * NS
    return float(np.minimum(steps[steps > HOLE_S], LONGEST_HOLE_S).sum()) * rate_hz


def _check_numbers(header: Header) -> None:
    numbers: list[float] = []
    for sensor in header.config.sensors:
        fit = sensor.calibration
        numbers += [*fit.acc_bias, *fit.gyr_bias, *(each for row in fit.acc_matrix for each in row)]
    if header.wearer is not None:
        for segment, worn in header.wearer.worn.items():
            axes = np.array([worn.up, worn.falls])
            fits = np.allclose(axes @ axes.T, np.eye(2), rtol=0, atol=1e-2)
            _ask(fits, f"a {segment} whose up and falls are no unit vectors at a right angle")
        numbers += [header.wearer.spine_flexion_deg or 0.0, header.wearer.spine_extension_deg or 0.0]
    beyond = [each for each in numbers if not abs(each) <= LARGEST_CORRECTION]
    _ask(not beyond, f"a correction of {beyond[:1]}, which no board needs")
    _ask(1e-3 <= header.config.motion.tau_s <= 1e6, f"tau_s = {header.config.motion.tau_s:g}")


def _lifts(header: Header) -> set[str]:
    return {*exercises(), *([header.profile.name] if header.profile is not None else [])}


def _ask_lift(header: Header, name: str) -> None:
    known = ", ".join(exercises())
    _ask(name in _lifts(header), f"the exercise {name[:80]!r}, which is not known; known are {known}")


def _ask(holds: bool, has: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ValueError(f"has {has}")


def is_tempo(text: str) -> bool:
    """Return whether a text is a tempo, as `hinge_imu.reps.tempo` reads it."""
    return _TEMPO.fullmatch(text.strip()) is not None


def _is_utc(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def refused(path: object, error: ValueError) -> RecordingError:
    """Return the error of a recording that cannot be trusted."""
    return RecordingError(f"{path}: {shown(error)}; it is damaged, or was not written by hinge-imu")
