"""A recording as rows: a moment each, the six columns of each worn sensor, in SI; what CSV and Parquet share.

``t_s`` in seconds; ``acc`` in m/s^2 and ``gyr`` in rad/s, sensor axes; where a sample was lost, there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from hinge_imu.config import Segment
from hinge_imu.recording.base import RecordingError
from hinge_imu.recording.trust import LAST_NS, MOST_HOLES, holes
from hinge_imu.samples import NS, RAW_SI, SEGMENTS, Floats, Frames, RawArray, Times

RATES_HZ = (20.0, 1000.0)

_SLACK = 0.02  # a nominal 20 Hz or 1 kHz may be a little off


def columns_of(segment: Segment) -> tuple[str, ...]:
    """Return the names of a sensor's six columns, in the order of the format."""
    return tuple(f"{segment}_{what}_{axis}" for what in ("acc", "gyr") for axis in "xyz")


def columns(sensors: Iterable[int]) -> list[str]:
    """Return the names of all columns, for the worn sensors."""
    return ["t_s", *(name for i in sensors for name in columns_of(SEGMENTS[i]))]


def worn_in(path: Path, names: Sequence[str]) -> tuple[Segment, ...]:
    """Return whose columns are there; raises `RecordingError` where some that are needed are not."""
    there = set(names)
    worn = tuple(segment for segment in SEGMENTS if there.intersection(columns_of(segment)))
    wanted = columns(SEGMENTS.index(segment) for segment in worn or SEGMENTS)
    if missing := [name for name in wanted if name not in there]:
        found = ",".join(names[:80])[:80]
        raise RecordingError(
            f"{path}: the header line lacks {', '.join(missing)} (found {found!r}); name the columns so, between commas"
        )
    return worn


def times_ns(path: Path, t_s: Floats, wrong: Callable[[int, str], RecordingError]) -> Times:
    """Return the times of all rows in ns; raises what ``wrong`` makes of a row that is no time, or does not rise."""
    if len(t_s) < 2:
        raise RecordingError(f"{path}: has {len(t_s)} rows of samples; a recording needs at least 2")
    no_time = ~(np.abs(t_s) < LAST_NS * NS)  # a nan fails too
    if no_time.any():
        row = int(no_time.argmax())
        raise wrong(row, f"t_s is {t_s[row]}, which is no time in seconds; every row needs one")
    t_ns = nanoseconds(t_s)
    falls = np.diff(t_ns) <= 0
    if falls.any():
        row = int(falls.argmax()) + 1
        how = "stands still at" if t_ns[row] == t_ns[row - 1] else f"runs back from {t_s[row - 1]} to"
        raise wrong(row, f"t_s {how} {t_s[row]}; times must rise, sort the rows and take out doubles")
    return t_ns


def rate_hz(path: Path, t_ns: Times) -> float:
    """Return the slope of a straight line through row times; a gap counts as the whole intervals it spans."""
    steps = np.diff(t_ns).astype(np.float64)
    k = np.concatenate([[0.0], np.cumsum(np.rint(steps / np.median(steps)))])
    k -= k.mean()
    # Nine digits: what is left of the rounding to ns must not make 200 Hz 199.9999999.
    rate = float(f"{1e9 * (k @ k) / (k @ (t_ns - t_ns[0])):.9g}")
    low, high = RATES_HZ
    if not low * (1 - _SLACK) <= rate <= high * (1 + _SLACK):
        raise RecordingError(
            f"{path}: has {rate:.6g} rows a second; from {low:g} to {high:g} can be used "
            "(is t_s in seconds? resample if so)"
        )
    check_holes(path, t_ns, rate)
    return rate


def check_holes(path: Path, t_ns: Times, rate: float) -> None:
    """Raise `RecordingError` where the holes between times would fill more than any memory, or night, is worth."""
    if holes(t_ns, rate) > MOST_HOLES:
        raise RecordingError(f"{path}: has holes of more than a day in all; cut it where a session ends")


def nanoseconds(t_s: Floats) -> Times:
    """Return times in ns."""
    return np.rint(t_s * 1e9).astype(np.int64)


def samples(piece: Floats, first_row: int, sensors: tuple[int, ...]) -> RawArray:
    """Return the samples of some rows (N, 1 + 6 a sensor), pelvis before thorax, without those that are not whole."""
    raw = np.zeros((len(piece), len(sensors)), RAW_SI)
    values = piece[:, 1:].reshape(len(piece), len(sensors), 2, 3)
    raw["t_ns"] = nanoseconds(piece[:, :1])
    raw["seq"] = first_row + np.arange(len(piece))[:, None]
    raw["acc"], raw["gyr"] = values[:, :, 0], values[:, :, 1]
    raw["temp"] = np.nan
    raw["sensor"] = sensors
    return raw[np.isfinite(values).all(axis=(2, 3))]


def rows_of(frames: Frames, sensors: Sequence[int], most: int) -> Iterator[Floats]:
    """Yield frames as rows (N, 1 + 6 a sensor), nan where a sensor is not valid, at most so many at once."""
    for start in range(0, len(frames.t_ns), most):
        part = slice(start, start + most)
        measured = np.concatenate([frames.acc[part], frames.gyr[part]], axis=2)
        values = np.where(frames.valid[part, :, None], measured, np.nan)[:, list(sensors)]
        # A division is rounded correctly, so 300000000 ns is 0.3; a product with 1e-9 would not be.
        yield np.column_stack([frames.t_ns[part] / 1e9, values.reshape(len(values), -1)])


def frames_of(blocks: Iterable[RawArray]) -> Iterator[Frames]:
    """Join timed SI samples of equal ``t_ns`` into frames, without resampling; block edges split no frame.

    Raises
    ------
    ValueError
        If the samples are counts: two chips' polled stamps share no time grid.
    """
    held = np.empty(0, RAW_SI)
    for block in blocks:
        if block.dtype != RAW_SI:
            raise ValueError("counts of polled chips share no time grid; give timed SI samples")
        raw = np.concatenate([held, block])
        # The other sensor's sample of the last moment may open the next block.
        last = raw["t_ns"] == raw["t_ns"].max(initial=np.iinfo(np.int64).min)
        held = raw[last]
        if not last.all():
            yield _joined(raw[~last])
    if len(held):
        yield _joined(held)


def _joined(raw: RawArray) -> Frames:
    t_ns, row = np.unique(raw["t_ns"], return_inverse=True)
    shape = (len(t_ns), len(SEGMENTS))
    acc, gyr = np.full((*shape, 3), np.nan), np.full((*shape, 3), np.nan)
    valid = np.zeros(shape, np.bool_)
    place = row, raw["sensor"]
    acc[place], gyr[place], valid[place] = raw["acc"], raw["gyr"], True
    return Frames(t_ns, acc, gyr, valid, np.zeros_like(valid))
