"""Recordings into pages: one after the other, on several cores, or on a cluster; always the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from hinge_imu.report.html import Halves, needs_plotly, session_page
from hinge_imu.report.page import Asked, page_of
from hinge_imu.report.progress import Overview, index_page, overview
from hinge_imu.reps.tempo import Prescription, compare
from hinge_imu.samples import Angles, SagittalAngles
from hinge_imu.words import words

INDEX = "index.html"

Apply = Callable[["Callable[[Task], Made]", "Sequence[Task]"], "Iterable[Made]"]
"""What does the same to all of many, in their order: `map`, or somebody with more hands."""


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


def make(task: Task) -> Made:
    """Return the page of one recording; it needs no more than the recording, and can be made anywhere."""
    # Who only hands out the work, and writes what comes back, does without the pipeline.
    from hinge_imu.app.replay import replay
    from hinge_imu.recording import RecordingError, open_recording

    seen: list[Angles] = []
    try:
        recording = open_recording(task.recording)
        header = msgspec.structs.replace(recording.known, **task.lift)
        said = replay(recording, seen.append, smooth=True, **task.lift)
    except RecordingError as error:
        return Made(None, None, str(error))
    except ValueError as error:  # what its header asks for is not to be had
        return Made(None, None, f"{task.recording}: {error}")
    angles = seen[0].sagittal if seen else SagittalAngles(np.empty(0, np.int64), *np.empty((3, 0)))
    page = page_of(header, said, angles, asked(header.tempo))
    return Made(session_page(page, words(task.language)), overview(page))


def asked(tempo: str | None) -> Asked:
    """Return the digits of a prescription with what each may be off by, in s."""
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


@contextmanager
def several(jobs: int) -> Iterator[Apply]:
    """Give what works on ``jobs`` recordings at a time, each in a process of its own."""
    if jobs == 1:
        yield map
        return
    # Not forked: a process with threads, as one that shows a bar is, must not be.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield pool.map


@contextmanager
def cluster(address: str, jobs: int) -> Iterator[Apply]:
    """Give what hands recordings to a Dask cluster, ``local`` or at an address, where their paths mean the same."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ValueError("--cluster needs Dask, which is not installed; pip install 'hinge-imu[cluster]'") from error
    if address == "local":
        here = LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None)  # type: ignore[no-untyped-call]  # of Dask
        with here, Client(here) as client:  # type: ignore[no-untyped-call]  # of Dask
            yield _through(client)
    else:
        with _reached(Client, address) as client:
            yield _through(client)


def _reached(client: Any, address: str) -> Any:
    try:
        return client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise ValueError(
            f"--cluster {address}: no Dask scheduler answers there ({error}); start one, or name local"
        ) from error


def _through(client: Any) -> Apply:
    def apply(call: Callable[[Task], Made], tasks: Sequence[Task]) -> Iterator[Made]:
        tasks = [task._replace(recording=task.recording.resolve()) for task in tasks]
        for future in client.map(call, tasks, pure=False):
            yield future.result()
            future.release()

    return apply


def _write(target: Path, halves: Halves, script: bytes) -> None:
    before, after = halves
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.writelines((before.encode(), script if needs_plotly(halves) else b"", after.encode()))
