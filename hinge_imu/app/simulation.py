"""A labelled recording of a lifter who is not there, made by the real driver on simulated chips, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from hinge_imu.app.convert import convert
from hinge_imu.config import Config
from hinge_imu.events import SensorEvent
from hinge_imu.protocols.protocol import find
from hinge_imu.recording import McapWriter, RecordingError
from hinge_imu.samples import NS, Item
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate import drills, repertoire, truth
from hinge_imu.simulate.bus import VirtualClock
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.strap import strap
from hinge_imu.simulate.styles import Tempo


def simulate(
    target: Path,
    config: Config,
    *,
    exercise: str = "hinge",
    reps: int = 8,
    tempo: Tempo | None = None,
    fault: str | None = None,
    rounded: bool = False,
    distractors: bool = False,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> tuple[Path, ...]:
    """Write a recording (.mcap or .csv) with its truth beside it (.json labels, .npz angles); return all paths.

    ``fault`` is shown by every other rep (``rounded`` is short for spine_rounding); ``distractors`` are what people do
    around a set.

    Raises
    ------
    hinge_imu.recording.RecordingError
        Where the target's suffix is not known or it cannot be written.
    ValueError
        Where the exercise is not simulated, or does not know the fault; the message lists those that there are.
    """
    _expect_known(target)
    rng = np.random.default_rng(seed)
    fault = "spine_rounding" if rounded else fault
    if fault == "off_tempo" and tempo is None:
        raise ValueError("--fault off_tempo: is a fault against a prescription; add --tempo, as in --tempo 3-1-1-0")
    lifter = repertoire.session(
        rng,
        "hinge" if exercise == "auto" else exercise,
        reps=reps,
        tempo=tempo,
        fault=fault,
        with_distractors=distractors,
    )
    prescribed = "-".join(f"{digit:g}" for digit in tempo) if tempo else None
    about = {"session_id": f"simulated-{exercise}-{seed}", "exercise": exercise, "tempo": prescribed}
    _record_as(target, lifter, config, rng, progress, **about)
    return target, *truth.write(lifter, exercise, target, tempo)


def simulate_drill(
    target: Path,
    config: Config,
    name: str,
    *,
    fault: str | None = None,
    beyond: float | None = None,
    athlete: str | None = None,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> tuple[Path, ...]:
    """Write a recording of a drill with its truth beside it, the verdict that it calls for among it; return all paths.

    ``beyond`` is by how much more than its limit the ``fault`` is, in the limit's own unit; less than 0 stays inside.

    Raises
    ------
    hinge_imu.recording.RecordingError
        Where the target's suffix is not known or it cannot be written.
    ValueError
        Where there is no such drill, or it does not know the fault; the message lists those that there are.
    """
    _expect_known(target)
    rng = np.random.default_rng(seed)
    done = drills.drill(rng, name, fault, beyond)
    protocol = find(name)
    about = {
        "session_id": f"simulated-drill-{name}-{fault or 'well'}-{seed}",
        "exercise": protocol.exercise,
        "profile": protocol.profile,
        "tempo": protocol.tempo,
        "athlete": athlete,
        "labels": {"drill": name},
    }
    _record_as(target, done.lifter, config, rng, progress, **about)
    called_for = {"name": name, "fault": fault, "verdict": done.verdict}
    return target, *truth.write(done.lifter, done.exercise, target, drill=called_for)


def _expect_known(target: Path) -> None:
    if target.suffix.lower() not in {".mcap", ".csv"}:
        raise RecordingError(f"{target}: the suffix {target.suffix!r} is not known; write to .mcap or .csv")


def _record_as(
    target: Path,
    lifter: Lifter,
    config: Config,
    rng: np.random.Generator,
    progress: Callable[[float], None] | None,
    **about: Any,
) -> None:
    """Write the recording of a lifter in the format that its suffix says."""
    as_mcap = target.with_suffix(".mcap")
    if target != as_mcap and as_mcap.exists():
        raise RecordingError(f"{as_mcap}: stands where the recording is made before it becomes a CSV; move it away")
    record(as_mcap, lifter, config, rng, progress, **about)
    if target != as_mcap:
        convert(as_mcap, target)
        as_mcap.unlink()


def parse_tempo(text: str) -> Tempo:
    """Return the four digits (s) of ``3-1-1-0``; three are without the pause at the top. Raises ValueError."""
    try:
        digits = [float(digit) for digit in text.split("-")]
        down, bottom, up, top = [*digits, 0.0][:4] if len(digits) == 3 else digits
    except ValueError as error:
        raise ValueError(
            f"--tempo {text}: is not understood; write seconds as 3-1-1-0 (down-pause-up-pause)"
        ) from error
    if not (0.2 <= down <= 30 and 0.2 <= up <= 30 and 0 <= bottom <= 30 and 0 <= top <= 30):
        raise ValueError(f"--tempo {text}: cannot be lifted; down and up take 0.2 to 30 s, pauses 0 to 30 s")
    return down, bottom, up, top


def record(
    path: Path,
    lifter: Lifter,
    config: Config,
    rng: np.random.Generator,
    progress: Callable[[float], None] | None = None,
    **about: Any,
) -> None:
    """Write the MCAP of a lifter from the first moment to the last; ``about`` are further fields of the header."""
    clock = VirtualClock()
    bus = strap(lifter, config, rng, clock.now, busy=clock.advance)
    seconds = lifter.timetable.duration_s
    with bus.installed(), closing(Sampler(config, clock=clock.now)) as sampler:
        header = sampler.header(simulated=True, **about)
        with McapWriter(path, header) as writer:
            for item in sampler.in_virtual_time(clock.advance, seconds):
                _expect_no_trouble(item)
                writer.put(item)
                if progress is not None:
                    progress(clock.now() * NS / seconds)


def _expect_no_trouble(item: Item) -> None:
    trouble = item.text if isinstance(item, SensorEvent) else None
    if trouble is not None:
        raise RuntimeError(f"a simulated chip has trouble: {trouble}")
