"""Six positions: from live sensors or a recording to a calibration of each, as guided as it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from hinge_imu.app import calibrations
from hinge_imu.app.residuals import Result, judge
from hinge_imu.app.sides import Side, Sides
from hinge_imu.app.stopping import stopping
from hinge_imu.config import Calibration, Config, ConfigError, Segment
from hinge_imu.events import SensorEvent
from hinge_imu.motion.timeline import Timeline
from hinge_imu.recording import batched, open_recording
from hinge_imu.samples import SEGMENTS, Flag, Frames, Header, Item, RawArray
from hinge_imu.sensing.identity import Identity, identities
from hinge_imu.sensing.rescue import Rescue
from hinge_imu.sensing.sampler import Sampler

TOGETHER_S = 0.1
"""As often as the terminal shows how still it is."""

Tell = Callable[[Side | SensorEvent], object]
"""Hears of every position that is taken, and what the driver has to say."""

Watch = Callable[["Round"], object]
"""Is shown the round again and again."""


class Round:
    """One round of positions: `push` what comes from the source, until ``done``; then `results`.

    ``sides`` are what is known of each sensor that is calibrated.
    """

    def __init__(self, header: Header, segments: tuple[Segment, ...]) -> None:
        self.header = uncalibrated(header)
        self.sides = {segment: Sides(segment, header.rate_hz) for segment in segments}
        self._timeline = Timeline(self.header)
        self._temperatures: dict[Segment, list[float]] = {segment: [] for segment in segments}
        self._saturated: dict[Segment, int] = dict.fromkeys(segments, 0)

    @property
    def done(self) -> bool:
        """Whether all that is needed is there."""
        return all(sides.done for sides in self.sides.values())

    def push(self, item: Item) -> list[Side | SensorEvent]:
        """Take samples, or what the driver says; return what there is to tell."""
        if not isinstance(item, np.ndarray):
            return [item] if isinstance(item, SensorEvent) else []
        self._note(item)
        return [*self._look(self._timeline.push(item))]

    def finish(self) -> list[Side]:
        """Return what the end of the samples decides."""
        return [side for frames in self._timeline.finish() for side in self._look(frames)]

    def results(self, *, made_from: str, made_utc: str, boards: Mapping[int, Identity]) -> list[Result]:
        """Return what came of it for each sensor."""
        return [self._result(sides, made_from, made_utc, boards) for sides in self.sides.values()]

    def _look(self, frames: Frames) -> list[Side]:
        taken: list[Side] = []
        for segment, sides in self.sides.items():
            number = SEGMENTS.index(segment)
            taken += sides.push(frames.acc[:, number], frames.gyr[:, number], frames.valid[:, number])
        return taken

    def _note(self, raw: RawArray) -> None:
        for segment in self.sides:
            mine = raw[raw["sensor"] == SEGMENTS.index(segment)]
            self._saturated[segment] += int(np.count_nonzero(mine["flags"] & Flag.SATURATED))
            if len(mine):
                counts = float(mine["temp"].mean())
                known = counts / 340 + 36.53 if self.header.unit == "counts" else counts
                self._temperatures[segment] += [known] if np.isfinite(known) else []

    def _result(self, sides: Sides, made_from: str, made_utc: str, boards: Mapping[int, Identity]) -> Result:
        address = next(s.address for s in self.header.config.sensors if s.segment == sides.segment)
        who_am_i, registers = calibrations.noted(boards[address]) if address in boards else (None, None)
        about = {
            "segment": sides.segment,
            "address": f"{address:#04x}",
            "who_am_i": who_am_i,
            "self_test_registers": registers,
            "made_utc": made_utc,
            "made_from": made_from,
            "simulated": self.header.simulated,
        }
        return judge(sides, self._temperatures[sides.segment], self._saturated[sides.segment], about)


def live(
    config: Config,
    segments: tuple[Segment, ...],
    *,
    tell: Tell,
    watch: Watch,
    bus_number: int = 1,
    seconds: float | None = None,
) -> list[Result]:
    """Watch the sensors until all is there, ``seconds`` are over, or a signal asks to stop."""
    config = only(config, segments)
    started = datetime.now(UTC)
    rescue = Rescue(config.bus)  # first of all: it brings the sensors' power up
    boards = identities(bus_number, config.sensors)
    sampler = Sampler(config, bus_number, rescue=rescue)
    sampler.survey()
    header = sampler.header(session_id="calibration", started_utc=started.isoformat())
    together = round(TOGETHER_S * header.rate_hz * len(header.sensors))
    round_ = Round(header, tuple(sensor.segment for sensor in config.sensors))
    with ExitStack() as closing:
        closing.enter_context(stopping(sampler.stop, seconds))
        run(round_, batched(closing.enter_context(sampler).stream(), together), tell, watch, enough=sampler.stop)
    return round_.results(made_from="live", made_utc=started.isoformat(timespec="seconds"), boards=boards)


def from_recording(
    path: Path, segments: tuple[Segment, ...], *, tell: Tell, progress: Callable[[float], object]
) -> list[Result]:
    """Find the positions in a recording: all of it, also what comes after enough is known.

    Raises
    ------
    hinge_imu.recording.RecordingError
        It cannot be read.
    hinge_imu.config.ConfigError
        It has no such sensor.
    """
    recording = open_recording(path)
    header = recording.header
    worn = tuple(segment for segment in segments or header.worn if segment in header.worn)
    if not worn or (segments and worn != segments):
        raise ConfigError(f"{path}: has no {' or '.join(segments)}; its sensors: {', '.join(header.worn)}")
    round_ = Round(header, worn)
    run(round_, recording.stream(), tell, lambda _: progress(recording.fraction))
    made_utc = header.started_utc or datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return round_.results(made_from=path.name, made_utc=made_utc, boards={})


def run(
    round_: Round,
    stream: Iterable[Item],
    tell: Tell,
    watch: Watch,
    enough: Callable[[], object] = lambda: None,
) -> None:
    """Push everything through a round; ``enough`` is called when all that is needed is there."""
    for item in stream:
        for said in round_.push(item):
            tell(said)
        watch(round_)
        if round_.done:
            enough()
    for side in round_.finish():
        tell(side)


class Kept(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="calibrated"):
    """Where a sensor's calibration went, and where the older one is now; ``stored`` null: it was refused."""

    segment: Segment
    stored: str | None
    older: str | None = None
    tilt_error_deg: float | None = None
    text: str

    def plain(self) -> dict[str, Any]:
        """Return it as plain values, ``"event": "calibrated"`` among them."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def keep(result: Result, folder: Path) -> Kept:
    """Store what came of one sensor, where anything did.

    Raises
    ------
    hinge_imu.app.calibrations.CalibrationError
        It cannot be written there.
    """
    if result.stored is None:
        text = f"{result.segment}: refused, nothing was stored; what there was before stays as it is"
        return Kept(segment=result.segment, stored=None, text=text)
    path, older = calibrations.store(result.stored, folder)
    text = f"{result.segment}: stored in {path}" + (f"; the older one is now {older.name}" if older else "")
    return Kept(
        segment=result.segment,
        stored=str(path),
        older=str(older) if older else None,
        tilt_error_deg=result.stored.tilt_error_deg,
        text=text,
    )


def only(config: Config, segments: tuple[Segment, ...]) -> Config:
    """Return the configuration of these sensors alone, all where none is named."""
    sensors = tuple(sensor for sensor in config.sensors if not segments or sensor.segment in segments)
    missing = set(segments) - {sensor.segment for sensor in sensors}
    if missing:
        raise ConfigError(f"no [[sensors]] table has segment = {missing.pop()!r}; add one to the configuration")
    return msgspec.structs.replace(config, sensors=sensors)


def uncalibrated(header: Header) -> Header:
    """Return what the samples mean as they were measured."""
    sensors = tuple(msgspec.structs.replace(s, calibration=Calibration()) for s in header.config.sensors)
    return msgspec.structs.replace(header, config=msgspec.structs.replace(header.config, sensors=sensors))
