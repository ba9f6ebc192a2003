"""Three hinges: from live sensors or a recording to how the boards sit on an athlete, and how far the spine goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from hinge_imu.app import calibrations, wearers
from hinge_imu.app.live import stopping
from hinge_imu.app.wearer_verdicts import Kept, Moved, Result, Seen, judge
from hinge_imu.config import Config, Segment
from hinge_imu.events import SensorEvent
from hinge_imu.motion.alignment import Alignment
from hinge_imu.motion.movements import Measured, Movement, Movements, measure
from hinge_imu.motion.orientation import Orientation
from hinge_imu.motion.timeline import Timeline
from hinge_imu.recording import batched, open_recording
from hinge_imu.samples import NS, SEGMENTS, Frames, Header, Item, Worn
from hinge_imu.sensing.identity import identities
from hinge_imu.sensing.rescue import Rescue
from hinge_imu.sensing.sampler import Sampler

TOGETHER_S = 0.1
"""As often as the terminal shows what is next, and as soon after a hinge as what it has shown is taken."""

HINGES = 3
"""So many are asked for: two could agree by chance. Chosen."""

IDLE_S = 15.0
"""Who does nothing for so long after the hinges wants no more. Chosen."""

Tell = Callable[[Moved | SensorEvent], object]
"""Hears of every movement that is over, and what the driver and the straps have to say."""

Watch = Callable[["Round"], object]
"""Is shown the round again and again."""


class Round:
    """One round of movements: `push` what comes from the source, until ``done``; then `result`.

    ``moved`` are the movements so far, ``stood`` is which boards have seen the wearer stand still. What was known of
    the wearer before counts for nothing.
    """

    def __init__(self, header: Header) -> None:
        self.header = msgspec.structs.replace(header, wearer=None)
        self.moved: list[Measured] = []
        self.stood = np.zeros(len(SEGMENTS), bool)
        self._timeline, self._orientation = Timeline(self.header), Orientation(self.header)
        self._alignment, self._movements = Alignment(self.header), Movements()
        self._over: list[Movement] = []  # until it is learnt what they have shown
        self._seen: list[Movement] = []
        self._slipped: list[SensorEvent] = []
        self._worn: dict[Segment, Worn] = {}
        self._idle_since_s = self._now_s = 0.0

    @property
    def hinges(self) -> int:
        """How many hinges were seen."""
        return sum(each.kind == "hinge" for each in self.moved)

    @property
    def moving(self) -> bool:
        """Whether the wearer is not upright, or what has been moved is still being looked at."""
        return self._movements.moving or bool(self._over)

    @property
    def idle_s(self) -> float:
        """For how long nothing has happened."""
        return 0.0 if self.moving else self._now_s - self._idle_since_s

    @property
    def done(self) -> bool:
        """Whether all is there, or the wearer wants no more, or it cannot become anything."""
        whole = {"toe_touch", "cat_cow"} <= {each.kind for each in self.moved}
        return bool(self._slipped) or (self.hinges >= HINGES and (whole or self.idle_s > IDLE_S))

    def push(self, item: Item) -> list[Moved | SensorEvent]:
        """Take samples, or what the driver says; return what there is to tell."""
        if isinstance(item, np.ndarray):
            return [*self._look(self._timeline.push(item))]
        return [item] if isinstance(item, SensorEvent) else []

    def finish(self) -> list[Moved | SensorEvent]:
        """Return what the end of the samples decides."""
        return [*(told for frames in self._timeline.finish() for told in self._look(frames)), *self._take_all()]

    def result(self, athlete: str, *, made_from: str, made_utc: str) -> Result:
        """Return what came of it: all movements measured once more, by how the boards sat after the last hinge."""
        moved = [measure(each, self._worn, self.header.rate_hz) for each in self._seen] if self._worn else self.moved
        seen = Seen(self.header.worn, self.stood, moved, self._slipped, self._worn)
        about = {"made_utc": made_utc, "made_from": made_from, "simulated": self.header.simulated}
        return judge(athlete, seen, about)

    def _look(self, frames: Frames) -> Iterator[Moved | SensorEvent]:
        """Look at frames a tenth of a second at a time, however many came."""
        together = max(1, round(TOGETHER_S * self.header.rate_hz))
        for start in range(0, len(frames.t_ns), together):
            yield from self._look_at(Frames._make(part[start : start + together] for part in frames))

    def _look_at(self, frames: Frames) -> Iterator[Moved | SensorEvent]:
        poses = self._orientation.push(frames)
        angles = self._alignment.push(poses).sagittal
        self._now_s = float(poses.t_ns[-1]) * NS
        self.stood |= poses.still.any(axis=0)
        for _, event in self._alignment.said():
            if isinstance(event, SensorEvent):
                self._slipped.append(event)
                yield event
        self._over += self._movements.push(poses, angles.thorax)
        if not self._alignment.bent:
            yield from self._take_all()

    def _take_all(self) -> list[Moved]:
        over, self._over = self._over, []
        return [self._take(movement) for movement in over]

    def _take(self, movement: Movement) -> Moved:
        worn = self._alignment.worn()
        self.moved.append(measured := measure(movement, worn, self.header.rate_hz))
        self._seen.append(movement)
        if measured.kind == "hinge":
            # What comes later, on all fours above all, may go aside; how the boards sit is what the hinges say.
            self._worn = worn
        self._idle_since_s = self._now_s
        return Moved.of(measured, self.hinges)


def live(
    config: Config, athlete: str, *, tell: Tell, watch: Watch, bus_number: int = 1, seconds: float | None = None
) -> Result:
    """Watch the wearer until all is there, ``seconds`` are over, or a signal asks to stop."""
    started = datetime.now(UTC)
    rescue = Rescue(config.bus)  # first of all: it brings the sensors' power up
    boards = identities(bus_number, config.sensors)
    config = calibrations.calibrated(config, calibrations.default_folders(), boards)
    sampler = Sampler(config, bus_number, rescue=rescue)
    sampler.survey()
    header = sampler.header(session_id="calibration", started_utc=started.isoformat())
    together = round(TOGETHER_S * header.rate_hz * len(header.sensors))
    round_ = Round(header)
    with ExitStack() as closing:
        closing.enter_context(stopping(sampler.stop, seconds))
        run(round_, batched(closing.enter_context(sampler).stream(), together), tell, watch, enough=sampler.stop)
    return round_.result(athlete, made_from="live", made_utc=started.isoformat(timespec="seconds"))


def from_recording(path: Path, athlete: str | None, *, tell: Tell, progress: Callable[[float], object]) -> Result:
    """Find the movements in a recording: all of it; without a name the athlete is the recording's own.

    Raises
    ------
    hinge_imu.recording.RecordingError
        It cannot be read.
    hinge_imu.config.ConfigError
        Nobody says who wore the strap.
    """
    recording = open_recording(path)
    header = recording.known
    name = wearers.named(athlete or header.athlete)
    round_ = Round(header)
    run(round_, recording.stream(), tell, lambda _: progress(recording.fraction))
    made_utc = header.started_utc or datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return round_.result(name, made_from=path.name, made_utc=made_utc)


def run(
    round_: Round, stream: Iterable[Item], tell: Tell, watch: Watch, enough: Callable[[], object] = lambda: None
) -> None:
    """Push everything through a round; ``enough`` is called when no more is needed."""
    for item in stream:
        for told in round_.push(item):
            tell(told)
        watch(round_)
        if round_.done:
            enough()
    for told in round_.finish():
        tell(told)


def keep(result: Result, folder: Path) -> Kept:
    """Store what came of it, where anything did.

    Raises
    ------
    hinge_imu.app.calibrations.CalibrationError
        It cannot be written there.
    """
    if result.stored is None:
        text = f"{result.athlete}: refused, nothing was stored; what there was before stays as it is"
        return Kept(athlete=result.athlete, stored=None, text=text)
    path, older = wearers.store(result.stored, folder)
    text = f"{result.athlete}: stored in {path}" + (f"; the older one is now {older.name}" if older else "")
    return Kept(athlete=result.athlete, stored=str(path), older=str(older) if older else None, text=text)
