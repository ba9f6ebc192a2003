"""A drill from live sensors or a recording to its verdict; live, it is guided, recorded, and then judged alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hinge_imu.app import live as session
from hinge_imu.app.replay import frames_on_grid, replay
from hinge_imu.config import Config, ConfigError
from hinge_imu.events import AnyEvent
from hinge_imu.protocols.change import changes
from hinge_imu.protocols.judge import judge
from hinge_imu.protocols.progress import Progress
from hinge_imu.protocols.protocol import Protocol
from hinge_imu.protocols.seen import LOOKED_AT_CLOSELY, Seen
from hinge_imu.recording import open_recording
from hinge_imu.samples import Angles
from hinge_imu.verdict import DrillEvent


class Judged(NamedTuple):
    """A verdict, all that was said on the way to it, and when and of what it was made."""

    verdict: DrillEvent
    said: list[AnyEvent]
    made_utc: str
    made_from: str
    simulated: bool


def from_recording(
    path: Path,
    protocol: Protocol,
    *,
    athlete: str | None = None,
    standing: Path | None = None,
    before: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Judged:
    """Judge a drill by its recording; without a name the athlete is the recording's own.

    ``standing`` is a recording of standing hinges to compare kneeling ones with, ``before`` an earlier recording of
    the same drill: what has changed since is said.

    Raises
    ------
    hinge_imu.recording.RecordingError
        One of them cannot be read.
    hinge_imu.config.ConfigError
        This drill compares nothing.
    """
    if standing is not None and protocol.name != "kneeling":
        raise ConfigError(f"--compare {standing}: only the drill kneeling is compared with another recording")
    seen, said = _look(path, protocol, progress)
    beside = None if standing is None else _look(standing, protocol)[0]
    verdict = judge(protocol, seen, beside)
    if before is not None:
        earlier = judge(protocol, _look(before, protocol)[0], beside)
        verdict = msgspec.structs.replace(verdict, changes=changes(earlier, verdict))
    if athlete is not None:
        verdict = msgspec.structs.replace(verdict, athlete=athlete)
    made = seen.header.started_utc or datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return Judged(verdict, said, made, path.name, seen.header.simulated)


def live(
    config: Config,
    protocol: Protocol,
    *,
    tell: Callable[[AnyEvent], None],
    watch: Callable[[Progress], object],
    bus_number: int = 1,
    seconds: float | None = None,
    recordings: Path | None = None,
    calibrations: tuple[Path, ...] = (),
    athlete: str | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> Path:
    """Guide somebody through a drill until it is done, ``seconds`` are over, or a signal asks to stop.

    Returns the recording of it.
    """
    progress = Progress(protocol)

    def look(angles: Angles, *, stop: Callable[[], None]) -> None:
        progress.push(angles)
        watch(progress)
        if progress.over:
            stop()

    def hear(event: AnyEvent) -> None:
        progress.hear(event)
        tell(event)

    lift: dict[str, Any] = {
        "exercise": protocol.exercise,
        "profile": protocol.profile,
        "tempo": protocol.tempo,
        "athlete": athlete,
    }
    return session.live(
        config,
        tell=hear,
        watch=look,
        bus_number=bus_number,
        seconds=seconds,
        recordings=recordings,
        publish=False,
        say=say,
        calibrations=calibrations,
        labels={"drill": protocol.name},
        **lift,
    ).recording


def _look(
    path: Path, protocol: Protocol, progress: Callable[[float], None] | None = None
) -> tuple[Seen, list[AnyEvent]]:
    """Return what a recording shows, its reps counted as this drill asks for, and what was said of it."""
    recording = open_recording(path)
    angles: list[Angles] = []
    said = replay(
        recording,
        angles.append,
        progress,
        exercise=protocol.exercise,
        profile=protocol.profile,
        tempo=protocol.tempo,
        renamed={},
    )
    closely = protocol.name in LOOKED_AT_CLOSELY
    frames = [frames for frames in frames_on_grid(recording) if len(frames.t_ns)] if closely else []
    return Seen.of(recording.known, said, angles, frames), said
