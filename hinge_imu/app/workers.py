"""Who makes the pages: this process, with or without a helper, several processes, or a cluster; always the same bytes.

What is slow to import is imported by none of this, so that whoever helps can import it at the same time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from hinge_imu.app.report import Made, Task

Apply: TypeAlias = "Callable[[Callable[..., Made], Sequence[Task]], Iterable[Made]]"
"""What does the same to all of many, in their order: `map`, or somebody with more hands."""

NEEDED = ["hinge_imu.cli", "hinge_imu.app.report", "hinge_imu.app.replay", "hinge_imu.recording.mcap"]
"""What a process imports that makes pages."""

LONG_BYTES = 4_000_000
"""A recording of a quarter of an hour: from there on two processes are sooner done with it than one. Chosen."""

ROOM_BYTES = 1_000_000_000
"""Two processes with an hour need 0.6 GB: they are for computers with more memory than this, and no Pi Zero. Chosen."""


@contextmanager
def workers(files: Sequence[Path], jobs: int, address: str | None) -> Iterator[Apply]:
    """Give who works on the files: a cluster, where an address is named, or as many processes as there is work for."""
    jobs = jobs if address is not None else min(jobs, len(files))
    if address is not None:
        chosen = cluster(address, jobs)
    elif jobs > 1:
        chosen = several(jobs)
    elif (os.cpu_count() or 1) > 1 and _roomy() and any(map(_long, files)):
        chosen = helped()
    else:
        yield map
        return
    with chosen as apply:
        yield apply


@contextmanager
def several(jobs: int) -> Iterator[Apply]:
    """Give what works on ``jobs`` recordings at a time, each in a process of its own."""
    with _pool(jobs) as pool:
        yield pool.map


@contextmanager
def helped() -> Iterator[Apply]:
    """Give what makes one page after the other; another process counts the reps of long recordings meanwhile."""
    with _pool(1) as pool:

        def apply(make: Callable[..., Made], tasks: Sequence[Task]) -> Iterator[Made]:
            # Imported before, as handing out work waits until the helper has done the same.
            import_module("hinge_imu.app.replay")
            from hinge_imu.app.report import count

            for task in tasks:
                yield make(task, pool.submit(count, task).result) if _long(task.recording) else make(task)

        yield apply


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


def _long(file: Path) -> bool:
    return file.is_file() and file.stat().st_size >= LONG_BYTES


def _roomy() -> bool:
    """Return whether the computer has the memory, or does not say, as Windows."""
    known = "SC_PHYS_PAGES" in getattr(os, "sysconf_names", ())
    return not known or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") > ROOM_BYTES


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Not forked from here: a process with threads, as one that shows a bar is, must not be. A server that has imported
    # what all need, and does nothing else, is forked for each; where there is none, as on Windows, each starts anew.
    if "forkserver" not in get_all_start_methods():
        return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    from multiprocessing import forkserver

    context = get_context("forkserver")
    context.set_forkserver_preload(NEEDED)
    forkserver.ensure_running()
    return ProcessPoolExecutor(jobs, mp_context=context)


def _reached(client: Any, address: str) -> Any:
    try:
        return client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise ValueError(
            f"--cluster {address}: no Dask scheduler answers there ({error}); start one, or name local"
        ) from error


def _through(client: Any) -> Apply:
    def apply(make: Callable[..., Made], tasks: Sequence[Task]) -> Iterator[Made]:
        tasks = [task._replace(recording=task.recording.resolve()) for task in tasks]
        for future in client.map(make, tasks, pure=False):
            yield future.result()
            future.release()

    return apply
