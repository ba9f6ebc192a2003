"""How accurate and how fast orientation filters are beside each other, on recordings with a reference.

Without a folder the movements are SIMULATED: lifters with perfect sensors, mounted any way round. A folder holds one
.npz file a trial, as made from optically tracked data (such as BROAD, DOI 10.3390/data6070072), with the arrays

    gyr       (N,3) rad/s, in sensor axes
    acc       (N,3) m/s^2, the specific force in sensor axes
    quat      (N,4) w x y z, the reference from sensor axes to a room whose z is up; nan where it is not known
    movement  (N,) true where the error counts
    rate_hz   samples a second

Told is the angle between the filter's up and the reference's: its root mean square over each trial. Speeds are the
best of a few runs on the first trial, one filter after the other, round by round.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from trials import Trial, degraded, read, up_of

from hinge_imu.motion.library import Library, LibraryFilter
from hinge_imu.motion.orientation import STANDARD_GRAVITY, Inclination, up_offline
from hinge_imu.samples import Floats

Push = Callable[[Floats, Floats], Floats]
"""gyr (N,3) rad/s, acc (N,3) m/s^2 -> up (N,3)."""

BLOCK, FEW, ROUNDS = 10, 2000, 3
SIMULATED = 6


class Filter(NamedTuple):
    """A filter: whose it is, how to start one at a rate, whether it looks ahead, whether it is a Python loop."""

    package: str
    start: Callable[[float], Push]
    ahead: bool = False
    loop: bool = False


def filters() -> dict[str, Filter]:
    """Return every filter by name."""
    return {
        "Inclination": Filter("hinge_imu", lambda rate: Inclination(rate).push),
        "up_offline": Filter("hinge_imu", lambda rate: lambda gyr, acc: up_offline(gyr, acc, rate), ahead=True),
        "VQF": Filter("vqf", lambda rate: _vqf("VQF", rate)),
        "BasicVQF": Filter("vqf", lambda rate: _vqf("BasicVQF", rate)),
        "offlineVQF": Filter("vqf", _offline_vqf, ahead=True),
        "Fusion": Filter("imufusion", _fusion),
        **{name: Filter("ahrs", lambda rate, name=name: _library(name, rate), loop=True) for name in get_args(Library)},
    }


def _vqf(kind: str, rate_hz: float) -> Push:
    import vqf

    update = getattr(vqf, kind)(1 / rate_hz).updateBatch
    return lambda gyr, acc: up_of(update(gyr, acc)["quat6D"])


def _offline_vqf(rate_hz: float) -> Push:
    import vqf

    return lambda gyr, acc: up_of(vqf.offlineVQF(gyr, acc, None, 1 / rate_hz)["quat6D"])


def _fusion(rate_hz: float) -> Push:
    import imufusion

    ahrs, bias = imufusion.Ahrs(), imufusion.Bias()
    for part, settings in (ahrs, imufusion.AhrsSettings()), (bias, imufusion.BiasSettings()):
        settings.sample_rate = rate_hz
        part.set_settings(settings)

    def push(gyr: Floats, acc: Floats) -> Floats:
        up = np.empty_like(acc)
        for i, (rate, force) in enumerate(zip(np.degrees(gyr), acc / STANDARD_GRAVITY, strict=True)):
            ahrs.update_no_magnetometer(bias.update(rate), force)
            up[i] = ahrs.get_gravity()
        return up

    return push


def _library(name: Library, rate_hz: float) -> Push:
    tracker = LibraryFilter(name, rate_hz)
    return lambda gyr, acc: tracker.track(gyr, acc)[0]


def error_deg(name: str, source: Path | int, seed: int | None, late_s: float = 0.0) -> float:
    """Return the root mean square (deg) of a filter's error on a trial, whose samples come so late."""
    trial = read(source) if seed is None else degraded(read(source), seed)
    up = filters()[name].start(trial.rate_hz)(trial.gyr, trial.acc)
    up = (up + late_s * np.cross(up, trial.gyr))[trial.judged]  # turned on at the present rate
    true = trial.up[trial.judged]
    angle = np.arctan2(np.linalg.norm(np.cross(up, true), axis=1), np.sum(up * true, axis=1))
    return float(np.degrees(np.sqrt(np.mean(angle**2))))


def speeds(trial: Trial, names: list[str]) -> dict[str, tuple[float, float]]:
    """Return the us a sample of each filter: of the whole trial at once, and in blocks of ten (nan: looks ahead)."""
    best = dict.fromkeys(names, (np.nan, np.nan))
    for _ in range(ROUNDS):
        for name in names:
            kind = filters()[name]
            n = min(len(trial.gyr), FEW) if kind.loop else len(trial.gyr)
            few = min(len(trial.gyr), FEW)
            whole = _took(kind.start(trial.rate_hz), trial, n, n)
            streamed = np.nan if kind.ahead else _took(kind.start(trial.rate_hz), trial, few, BLOCK)
            best[name] = float(np.fmin(best[name][0], whole)), float(np.fmin(best[name][1], streamed))
    return best


def _took(push: Push, trial: Trial, n: int, block: int) -> float:
    """Return the us a sample of pushing n samples block by block."""
    began = time.perf_counter()
    for start in range(0, n, block):
        push(trial.gyr[start : start + block], trial.acc[start : start + block])
    return (time.perf_counter() - began) / n * 1e6


def table(title: str, errors: dict[str, dict[str, list[float]]], took: dict[str, tuple[float, float]]) -> Table:
    """Return what was measured, most accurate filter first."""
    shown = Table(title=title)
    shown.add_column("filter", no_wrap=True)
    shown.add_column("package", no_wrap=True)
    for column in [*next(iter(errors.values())), "us, whole", f"us, by {BLOCK}"]:
        shown.add_column(column, justify="right", no_wrap=True)
    for name, kinds in errors.items():
        numbers = [" / ".join(f"{of(kind):.3f}" for of in (np.mean, np.median, np.max)) for kind in kinds.values()]
        times = ["looks ahead" if np.isnan(us) else f"{us:.2f}" for us in took[name]]
        shown.add_row(name, filters()[name].package, *numbers, *times)
    return shown


def plot(path: Path, errors: dict[str, dict[str, list[float]]], took: dict[str, tuple[float, float]]) -> None:
    """Draw every trial's error and each filter's speed, in colours and marks that all can tell apart (Okabe & Ito)."""
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(11, 0.45 * len(errors) + 1.6), width_ratios=[3, 2])
    rows = np.arange(len(errors))
    marks = (("o", "#0072B2"), ("^", "#D55E00"))
    for shift, (kind, (mark, colour)) in enumerate(zip(next(iter(errors.values())), marks, strict=False)):
        of_kind = [kinds[kind] for kinds in errors.values()]
        for row, values in zip(rows, of_kind, strict=True):
            left.scatter(values, np.full(len(values), row + 0.2 * shift), s=14, c=colour, marker=mark, alpha=0.45)
        means = [np.mean(values) for values in of_kind]
        left.scatter(means, rows + 0.2 * shift, s=90, c=colour, marker="|", label=f"{kind}, mean and every trial")
    for side, (what, (mark, colour)) in enumerate(zip(("whole", f"in blocks of {BLOCK}"), marks, strict=True)):
        right.scatter([times[side] for times in took.values()], rows, c=colour, marker=mark, label=what)
    left.set(xscale="log", xlabel="inclination error of a trial, RMS (deg)", yticks=rows, yticklabels=list(errors))
    right.set(xscale="log", xlabel="us a sample")
    left.invert_yaxis()
    for axes in (left, right):
        axes.grid(axis="both", alpha=0.3)
        axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _measured(tasks: list[tuple[str, Path | int, int | None]], late_s: float, jobs: int) -> Iterator[float]:
    arguments = [list(column) for column in zip(*tasks, strict=True)]
    if jobs == 1:
        yield from map(error_deg, *arguments, [late_s] * len(tasks))
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(error_deg, *arguments, [late_s] * len(tasks))


def main() -> None:
    """Measure, print the table, and draw the plot if asked to."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path, nargs="?", help="of .npz trials; without one, simulated movements")
    options.add_argument("--degrade", type=int, metavar="SEED", help="also with the errors of an MPU-6050, drawn so")
    options.add_argument("--late-ms", type=float, default=0.0, help="how much later than the reference samples come")
    options.add_argument("--only", nargs="+", metavar="FILTER", choices=sorted(filters()), help="these filters alone")
    options.add_argument("--trials", type=int, help="the first so many alone")
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--plot", type=Path, metavar="FILE", help="draw to a .png or .svg (needs matplotlib)")
    asked = options.parse_args()
    sources: list[Path | int] = sorted(asked.folder.glob("*.npz")) if asked.folder else list(range(SIMULATED))
    sources = sources[: asked.trials]
    if not sources:
        options.error(f"{asked.folder} holds no .npz trial; --help tells what one looks like")
    wanted = {name: kind for name, kind in filters().items() if not asked.only or name in asked.only}
    missing = {name for name, kind in wanted.items() if find_spec(kind.package) is None}
    names = [name for name in wanted if name not in missing]
    kinds = {"clean": None} | ({"degraded": asked.degrade} if asked.degrade is not None else {})
    tasks = [(name, source, seed) for source in sources for name in names for seed in kinds.values()]
    console = Console(width=120)
    results = _measured(tasks, asked.late_ms / 1000, asked.jobs)
    done = dict(zip(tasks, track(results, "filtering", len(tasks), console=console), strict=True))
    errors = {
        name: {kind: [done[name, source, seed] for source in sources] for kind, seed in kinds.items()} for name in names
    }
    errors = dict(sorted(errors.items(), key=lambda item: np.mean(item[1]["clean"])))
    took = speeds(read(sources[0]), list(errors))
    what = "trials" if asked.folder else "SIMULATED sets of hinges"
    console.print(
        table(
            f"{len(sources)} {what}: error of up, RMS of a trial (deg: mean / median / worst), and us a sample",
            errors,
            took,
        )
    )
    for package in sorted({wanted[name].package for name in missing}):
        console.print(f"{package} is not installed and so left out: pip install {package}")
    if asked.plot:
        plot(asked.plot, errors, took)


if __name__ == "__main__":
    main()
