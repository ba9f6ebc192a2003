"""Recordings into pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from hinge_imu.app.workers import Apply
from hinge_imu.events import AnyEvent
from hinge_imu.report.html import Halves, needs_plotly, session_page
from hinge_imu.report.page import Asked, page_of
from hinge_imu.report.progress import Overview, index_page, overview
from hinge_imu.samples import Angles, SagittalAngles
from hinge_imu.words import words

INDEX = "index.html"


class Task(NamedTuple):
    """One recording to make a page of; ``lift`` replaces what its header says of the exercise."""

    recording: Path
    language: str
    lift: dict[str, Any]


class Made(NamedTuple):
    """A page without plotly's script, and what the list of sessions says of it; or what is wrong with the recording."""

    halves: Halves | None
    overview: Overview | None
    wrong: str | None = None


def count(task: Task) -> list[AnyEvent]:
    """Return the first look at one recording, which `make` can wait for."""
    from hinge_imu.app.replay import first_look
    from hinge_imu.recording import open_recording

    return first_look(open_recording(task.recording), **task.lift)


def make(task: Task, counted: Callable[[], list[AnyEvent]] | None = None) -> Made:
    """Return the page of one recording; it needs no more than the recording, and can be made anywhere.

    ``counted`` waits for what `count` returns, where somebody else does that meanwhile.
    """
    # Who only hands out the work, and writes what comes back, does without the pipeline.
    from hinge_imu.app.replay import replay, second_look
    from hinge_imu.recording import RecordingError, open_recording

    seen: list[Angles] = []
    try:
        recording = open_recording(task.recording)
        header = msgspec.structs.replace(recording.known, **task.lift)
        if counted is None:
            said = replay(recording, seen.append, smooth=True, **task.lift)
        else:
            said = second_look(recording, counted, seen.append, **task.lift)
    except RecordingError as error:
        return Made(None, None, str(error))
    except ValueError as error:  # what its header asks for is not to be had
        return Made(None, None, f"{task.recording}: {error}")
    angles = seen[0].sagittal if seen else SagittalAngles(np.empty(0, np.int64), *np.empty((3, 0)))
    page = page_of(header, said, angles, asked(header.tempo))
    return Made(session_page(page, words(task.language)), overview(page))


def asked(tempo: str | None) -> Asked:
    """Return the digits of a prescription with what each may be off by, in s."""
    from hinge_imu.reps.tempo import Prescription, compare

    if tempo is None:
        return (None,) * 4
    verdicts = compare(Prescription.parse(tempo), (0.0,) * 4)
    return tuple(
        None if each.asked_s is None or each.tolerance_s is None else (each.asked_s, each.tolerance_s)
        for each in verdicts
    )


def report(
    files: Sequence[Path],
    out: Path | None,
    *,
    language: str,
    lift: dict[str, Any],
    apply: Apply = map,
    progress: Callable[[float], None] = lambda _: None,
) -> tuple[list[Path], list[str]]:
    """Write a page for each recording, and an index where several share a folder; return paths, and what is wrong.

    Raises
    ------
    ValueError
        Where plotly is not installed, or one page is named for several recordings; the message says the mend.
    """
    script = plotly_script()
    targets = places(files, out)
    written, wrong, sessions = [], [], []
    tasks = [Task(file, language, lift) for file in files]
    for number, (target, made) in enumerate(zip(targets, apply(make, tasks), strict=True), 1):
        progress(number / len(files))
        if made.halves is None or made.overview is None:
            wrong.append(made.wrong or "")
            continue
        _write(target, made.halves, script)
        written.append(target)
        sessions.append(made.overview._replace(href=target.name))
    if len(written) > 1 and len({target.parent for target in written}) == 1:
        index = written[0].parent / INDEX
        _write(index, index_page(sessions, words(language)), script)
        written.append(index)
    return written, wrong


def places(files: Sequence[Path], out: Path | None) -> list[Path]:
    """Return where each page goes: beside its recording, to the file, or into the folder that ``out`` names.

    Two recordings of one name in different folders become two pages.
    """
    if out is not None and out.suffix.lower() in {".html", ".htm"}:
        if len(files) > 1:
            raise ValueError(f"{out}: is one page, and {len(files)} recordings were given; name a folder")
        return [out]
    taken: dict[Path, int] = {}
    targets = []
    for file in files:
        target = (out if out is not None else file.parent) / f"{file.stem}.html"
        taken[target] = taken.get(target, 0) + 1
        again = taken[target]
        targets.append(target if again == 1 else target.with_stem(f"{target.stem}-{again}"))
    return targets


def plotly_script() -> bytes:
    """Return what draws the pictures, to stand inside the page."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise ValueError("a report needs plotly, which is not installed; pip install 'hinge-imu[report]'") from error
    script: str = get_plotlyjs()
    return script.encode()


def _write(target: Path, halves: Halves, script: bytes) -> None:
    before, after = halves
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.writelines((before.encode(), script if needs_plotly(halves) else b"", after.encode()))
