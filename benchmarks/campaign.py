"""Simulate hours in which everything goes wrong that can in a gym, and ask what became of it.

Two SIMULATED chips on a back, the real driver through the real smbus2, a virtual clock, and a fault about every half
minute, drawn from the ways in which wires, supplies, parts and hosts fail. Afterwards every sample that was handed out
is held against what its chip really measured, and when.

The hours are done in chunks, each by its own seed, and kept in a file, so that a campaign that was broken off goes on
where it was: `python benchmarks/campaign.py --hours 24 --jobs 2`.
"""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from gym_faults import KINDS, Gym
from rich.console import Console
from rich.progress import track
from rich.table import Table

from hinge_imu.events import SensorEvent
from hinge_imu.motion.clock import Clock
from hinge_imu.pipeline import Pipeline
from hinge_imu.recording import batched
from hinge_imu.samples import BAD, NS, SEGMENTS, Header, Item, RawArray

HEALED_S = 6.0
"""A lost chip is looked for every 2 s and takes 0.3 s to start; the rest is for a look that fails."""

LEAST_PAUSE_S = 0.08
"""Polls are 32 to 42 ms apart; a longer pause between two good samples is one without samples."""

WRONG = np.array([2 * 2048] * 3 + [125 * 16.4] * 3)
"""In counts: 2 g, 125 deg/s. I2C has no checksum; a flipped bit that changes less than this is not noticed."""

ERROR_BINS_MS = np.linspace(0, 20, 401)


class Tally(msgspec.Struct):
    """What became of the faults of one kind."""

    faults: int = 0
    said: int = 0
    without_s: float = 0.0
    healed: int = 0
    slowest_s: float = 0.0

    def add(self, other: Tally) -> None:
        """Add another chunk's."""
        self.faults += other.faults
        self.said += other.said
        self.without_s += other.without_s
        self.healed += other.healed
        self.slowest_s = max(self.slowest_s, other.slowest_s)


class Chunk(msgspec.Struct):
    """What came of one chunk; ``times`` counts the errors of sample times in `ERROR_BINS_MS`."""

    seed: int
    minutes: float
    kinds: dict[str, Tally] = {}
    measured: int = 0
    good: int = 0
    flagged: int = 0
    wrong: int = 0
    altered: int = 0
    largest_share: float = 0.0
    times: list[int] = []
    crash: str = ""


def run_chunk(seed: int, minutes: float) -> Chunk:
    """Simulate one chunk and judge it; a crash is a result, too."""
    chunk = Chunk(seed, minutes)
    try:
        judge(Gym(seed, minutes * 60), chunk)
    except Exception:  # noqa: BLE001 - whatever it is, it is counted and shown
        chunk.crash = traceback.format_exc()
    return chunk


def judge(gym: Gym, chunk: Chunk) -> None:
    """Run a gym to its end, and fill in what came of it."""
    header, items = gym.run()
    raw = np.concatenate([item for item in items if not isinstance(item, SensorEvent)])
    said = list(everything_said(header, items))
    timed = Clock(header).push(raw)
    errors = []
    for sensor, address in enumerate(gym.addresses):
        mine = timed.raw["sensor"] == sensor
        errors.append(compare(timed.raw[mine], timed.t_ns[mine], *gym.measured(address), chunk))
    chunk.times = np.histogram(np.abs(np.concatenate(errors)), np.append(ERROR_BINS_MS, np.inf))[0].tolist()
    outcomes(gym, raw, said, chunk)


def everything_said(header: Header, items: list[Item]) -> Iterator[SensorEvent]:
    """Yield what driver and pipeline say of the sensors."""
    pipeline = Pipeline(header)
    for item in batched(items, 4000):
        yield from (event for event in pipeline.push(item) if isinstance(event, SensorEvent))
    yield from (event for event in pipeline.finish() if isinstance(event, SensorEvent))


def compare(raw: RawArray, t_ns: np.ndarray, true_ns: np.ndarray, true_words: np.ndarray, chunk: Chunk) -> np.ndarray:
    """Hold what was handed out against what was measured; return the errors of the good samples' times in ms."""
    good = raw["flags"] & BAD == 0
    words = np.concatenate([raw["acc"], raw["gyr"]], axis=1)
    chunk.measured += len(true_ns)
    chunk.good += int(good.sum())
    chunk.flagged += int((~good).sum())
    nearest = np.clip(np.searchsorted(true_ns, t_ns), 1, len(true_ns) - 1)
    found = best_match(words, true_words, nearest)
    off = np.abs(words.astype(int) - true_words[found].astype(int))
    altered = good & off.any(axis=1)
    chunk.altered += int(altered.sum())
    share = (off / WRONG).max(axis=1)
    chunk.wrong += int((good & (share > 1)).sum())
    chunk.largest_share = max(chunk.largest_share, float(share[good].max(initial=0.0)))
    return (t_ns - true_ns[found])[good & ~altered] * 1e-6


REACH = 12
"""So many samples before and after its time is looked for what a sample really was."""


def best_match(words: np.ndarray, true_words: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """Return for each sample the number of the measured one, near its time, that it is most like."""
    best, least = nearest.copy(), np.full(len(words), np.iinfo(np.int64).max)
    for shift in sorted(range(-REACH, REACH + 1), key=abs):
        candidate = np.clip(nearest + shift, 0, len(true_words) - 1)
        off = np.abs(words.astype(np.int64) - true_words[candidate]).sum(axis=1)
        closer = off < least
        best[closer], least[closer] = candidate[closer], off[closer]
    return best


def outcomes(gym: Gym, raw: RawArray, said: list[SensorEvent], chunk: Chunk) -> None:
    """Count for each fault whether it was said, what it cost, and whether every chip gave good samples after it."""
    good = raw[raw["flags"] & BAD == 0]
    stamps = [good["t_ns"][good["sensor"] == sensor] * NS for sensor in range(len(SEGMENTS))]
    for fault in gym.faults:
        tally = chunk.kinds.setdefault(fault.kind, Tally())
        tally.faults += 1
        tally.said += any(fault.start_s <= event.at_s <= fault.end_s + HEALED_S for event in said)
        waits = []
        for t in stamps:
            after = t[np.searchsorted(t, fault.end_s) :]
            waits.append(float(after[0]) - fault.end_s if len(after) else np.inf)
            first, stop = np.searchsorted(t, [fault.start_s - 0.5, fault.end_s + HEALED_S])
            pauses = np.diff(t[first:stop])
            tally.without_s += float(pauses[pauses > LEAST_PAUSE_S].sum())
        tally.healed += max(waits) <= HEALED_S
        tally.slowest_s = max(tally.slowest_s, *waits)


def table(chunks: Iterable[Chunk]) -> Table:
    """Return what all chunks together say."""
    chunks = list(chunks)
    kinds: dict[str, Tally] = {kind: Tally() for kind in KINDS}
    for chunk in chunks:
        for kind, tally in chunk.kinds.items():
            kinds[kind].add(tally)
    hours = sum(chunk.minutes for chunk in chunks) / 60
    shown = Table(
        title=f"{hours:g} SIMULATED hours, two chips at 200 Hz", caption=summary(chunks), title_justify="left"
    )
    for name in ("fault", "times", "said", "healed", "slowest, s", "without samples, s each"):
        shown.add_column(name, justify="left" if name == "fault" else "right")
    for kind, tally in kinds.items():
        each = tally.without_s / max(tally.faults, 1) / len(SEGMENTS)
        cells = (tally.faults, tally.said, tally.healed, f"{tally.slowest_s:.2f}", f"{each:.2f}")
        shown.add_row(kind, *map(str, cells))
    total = [sum(getattr(tally, name) for tally in kinds.values()) for name in ("faults", "said", "healed")]
    shown.add_section()
    shown.add_row("all", *map(str, total))
    return shown


def summary(chunks: list[Chunk]) -> str:
    """Return the sentence under the table."""
    times = np.sum([chunk.times for chunk in chunks if chunk.times], axis=0)
    edges = [*ERROR_BINS_MS[1:], np.inf]
    median, most = (edges[int(np.searchsorted(np.cumsum(times), share * times.sum()))] for share in (0.5, 0.99))
    names = ("measured", "good", "flagged", "altered")
    largest = max(chunk.largest_share for chunk in chunks)
    total = {name: sum(getattr(chunk, name) for chunk in chunks) for name in names}
    return (
        f"samples measured {total['measured']}, handed out as good {total['good']}, flagged {total['flagged']}\n"
        f"wrong and not flagged: {sum(chunk.wrong for chunk in chunks)}; altered on the wire by less, so unnoticed: "
        f"{total['altered']}, the largest by {largest:.2f} of what counts as wrong\n"
        f"error of sample times: median {median:.2f} ms, 99th percentile {most:.2f} ms; "
        f"crashes: {sum(bool(chunk.crash) for chunk in chunks)}"
    )


def done_already(path: Path, minutes: float) -> dict[int, Chunk]:
    """Return the chunks that an earlier run has kept, by seed."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    chunks = [msgspec.json.decode(line, type=Chunk) for line in lines]
    return {chunk.seed: chunk for chunk in chunks if chunk.minutes == minutes}


def main() -> None:
    """Do the chunks that are missing, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--hours", type=float, default=24.0)
    options.add_argument("--minutes", type=float, default=30.0, help="of one chunk")
    options.add_argument("--first-seed", type=int, default=0)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--kept", type=Path, default=Path("campaign.jsonl"), help="what is done already")
    asked = options.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + round(asked.hours * 60 / asked.minutes))
    chunks = {seed: chunk for seed, chunk in done_already(asked.kept, asked.minutes).items() if seed in seeds}
    missing = [seed for seed in seeds if seed not in chunks]
    with ProcessPoolExecutor(asked.jobs) as pool, asked.kept.open("ab") as kept:
        work = pool.map(partial(run_chunk, minutes=asked.minutes), missing)
        for chunk in track(work, "simulating", total=len(missing)):
            chunks[chunk.seed] = chunk
            kept.write(msgspec.json.encode(chunk) + b"\n")
            kept.flush()
    console = Console(width=120)
    console.print(table(chunks.values()))
    for chunk in chunks.values():
        if chunk.crash:
            console.print(f"seed {chunk.seed}: {chunk.crash}", markup=False)


if __name__ == "__main__":
    main()
