"""One suite for all formats that hold samples at their own times: what goes in comes out."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from hinge_imu.recording import CsvWriter, McapWriter, ParquetWriter, RecordingError, open_recording
from hinge_imu.samples import RAW_SI, Frames, Header

SUFFIXES = (".mcap", ".csv", ".parquet")
SIX = [f"pelvis_{what}_{axis}" for what in ("acc", "gyr") for axis in "xyz"]
HEADER = Header(session_id="s", unit="SI", clock="timed", rate_hz=200.0)


def written(path, header, frames):
    """Write frames in the format of the path's suffix."""
    if path.suffix == ".mcap":
        raw = np.zeros((len(frames.t_ns), 2), RAW_SI)
        raw["t_ns"], raw["seq"], raw["sensor"] = frames.t_ns[:, None], np.arange(len(raw))[:, None], (0, 1)
        raw["acc"], raw["gyr"], raw["temp"] = frames.acc, frames.gyr, np.nan
        with McapWriter(path, header) as writer:
            writer.put(raw[frames.valid])
        return path
    with {".csv": CsvWriter, ".parquet": ParquetWriter}[path.suffix](path, header) as writer:
        for part in (slice(0, 7), slice(7, None)):
            writer.frames(Frames(*(each[part] for each in frames)))
    return path


def samples(path):
    return np.concatenate([*open_recording(path).blocks()])


@pytest.fixture(params=SUFFIXES)
def path(request, tmp_path):
    return tmp_path / f"session{request.param}"


def test_every_sample_comes_back_bit_for_bit(path, si_header, frames, timed):
    assert samples(written(path, si_header, frames)).tobytes() == timed.tobytes()


def test_the_header_comes_back_with_all_that_the_format_has_room_for(path, si_header, frames):
    about = {"athlete": "Zoë", "tempo": "3-1-1-0", "exercise": "rdl", "labels": {"bar": "60 kg"}, "simulated": True}
    header = msgspec.structs.replace(si_header, started_utc="2025-01-31T17:05:00Z", **about)
    assert open_recording(written(path, header, frames)).header == header


def test_what_was_read_is_told_as_a_rising_fraction_that_ends_at_one(path, si_header, frames):
    recording = open_recording(written(path, si_header, frames))
    seen = [recording.fraction for _ in recording.blocks()]
    assert seen == sorted(seen)
    assert recording.fraction == 1.0


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_one_sensor_alone_is_a_recording_in_any_format(tmp_path, si_header, frames, timed, suffix):
    header = msgspec.structs.replace(si_header, worn=("thorax",))
    path = written(tmp_path / f"a{suffix}", header, frames)
    assert open_recording(path).header.worn == ("thorax",)
    assert samples(path)["acc"].tobytes() == timed["acc"][timed["sensor"] == 1].tobytes()


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=25, deadline=None)
@given(st.lists(finite, min_size=24, max_size=24), st.integers(-(10**15), 10**15))
def test_any_number_and_any_time_survive(tmp_path_factory, numbers, start_ns):
    values = np.array(numbers).reshape(2, 2, 6)
    valid = np.ones((2, 2), bool)
    frames = Frames(start_ns + np.array([0, 5_000_000]), values[..., :3], values[..., 3:], valid, ~valid)
    path = tmp_path_factory.mktemp("exact") / "a.parquet"
    raw = samples(written(path, HEADER, frames)).reshape(2, 2)
    assert raw["t_ns"][:, 0].tolist() == frames.t_ns.tolist()
    assert raw["acc"].tobytes() == frames.acc.tobytes()
    assert raw["gyr"].tobytes() == frames.gyr.tobytes()


def strangers(path, t_s, /, *, drop=(), **columns):
    """A Parquet file as another program writes it: no header, its own types, more columns."""
    cells = {
        "heart_rate": [60] * len(t_s),
        **{
            name: np.full(len(t_s), 1, np.float32)
            for name in (*SIX, *(name.replace("pelvis", "thorax") for name in SIX))
        },
        "t_s": t_s,
    }
    parquet.write_table(pa.table({k: v for k, v in {**cells, **columns}.items() if k not in drop}), path)
    return path


def test_a_parquet_file_of_someone_else_is_read_by_its_columns(tmp_path):
    recording = open_recording(strangers(tmp_path / "a.parquet", np.arange(50) / 100, thorax_acc_x=np.arange(50)))
    raw = np.concatenate([*recording.blocks()])
    assert (recording.header.rate_hz, recording.header.worn) == (100.0, ("pelvis", "thorax"))
    assert raw["acc"][raw["sensor"] == 1][:, 0].tolist() == list(range(50))
    assert recording.header.session_id.startswith("parquet-")


@pytest.mark.parametrize(
    ("t_s", "columns", "words"),
    [
        ([0.0, 0.01], {"drop": ["pelvis_gyr_y"]}, "lacks pelvis_gyr_y"),
        ([0.0, 0.01, 0.01], {}, "row 3: t_s stands still at 0.01"),
        ([0.0, None, 0.02], {}, "row 2: t_s is nan"),
        ([0.0, 1e10], {}, "row 2: t_s is 10000000000.0"),
        ([0.0, 1.0], {}, "has 1 rows a second"),
        ([0.0], {}, "a recording needs at least 2"),
        ([0.0, 0.01], {"t_s": ["now", "then"]}, "cannot be read as Parquet (Failed to parse string"),
    ],
)
def test_each_wrong_parquet_file_is_refused_in_its_own_words(tmp_path, t_s, columns, words):
    path = strangers(tmp_path / "a.parquet", t_s, **columns)
    with pytest.raises(RecordingError) as caught:
        open_recording(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_a_few_bytes_that_claim_a_billion_rows_are_refused(tmp_path):
    path = tmp_path / "a.parquet"
    schema = pa.schema(
        [(name, pa.null()) for name in ("t_s", *(f"thorax_{w}_{a}" for w in ("acc", "gyr") for a in "xyz"))]
    )
    with parquet.ParquetWriter(path, schema) as writer:
        for _ in range(4):
            writer.write_table(pa.table([pa.nulls(6_000_000)] * 7, schema=schema))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(RecordingError, match="claims 24000000 rows"):
        open_recording(path)


def test_a_parquet_file_that_is_cut_is_refused(tmp_path, frames, si_header):
    path = written(tmp_path / "a.parquet", si_header, frames)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RecordingError, match="cannot be read as Parquet"):
        open_recording(path)
