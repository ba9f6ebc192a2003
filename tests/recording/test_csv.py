import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.recording import CsvWriter, McapWriter, RecordingError, frames_of, open_recording
from hinge_imu.samples import Frames, Header

SIX = ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]
NAMES = ["t_s", *(f"{segment}_{name}" for segment in ("pelvis", "thorax") for name in SIX)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "session.csv"


def table(rows=5, rate_hz=100.0):
    """Rows of cells in which every number names its own row and column."""
    return [[repr(row / rate_hz), *(f"{row}.{column:02}" for column in range(1, 13))] for row in range(rows)]


def text(rows, names=NAMES, head="", end="\n"):
    return head + end.join([",".join(names), *(",".join(row) for row in rows), ""])


def opened(path, content):
    path.write_text(content, newline="")
    return open_recording(path)


def samples(recording):
    return np.concatenate(list(recording.blocks()))


def refusal(path, content):
    with pytest.raises(RecordingError) as caught:
        opened(path, content)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    return sentence


def test_rows_become_samples_pelvis_before_thorax(path):
    recording = opened(path, text(table()))
    raw = samples(recording)
    assert raw["t_ns"].tolist() == [t for t in range(0, 50_000_000, 10_000_000) for _ in "pt"]
    assert raw["sensor"].tolist() == [0, 1] * 5
    assert raw["acc"][3].tolist() == [1.07, 1.08, 1.09]
    assert raw["gyr"][8].tolist() == [4.04, 4.05, 4.06]
    assert raw["seq"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert np.isnan(raw["temp"]).all()
    assert (recording.header.unit, recording.header.clock, recording.header.rate_hz) == ("SI", "timed", 100.0)
    assert recording.header.worn == ("pelvis", "thorax")
    assert recording.events() == []
    assert recording.fraction == 1.0


def test_header_lines_name_the_session_and_keep_the_rest_as_labels(path):
    head = "# session: s7\n#athlete: Zoë\n# exercise: rdl\n# tempo: 3-1-1-0\n# bar: 60 kg: steel\n# a remark\n"
    header = opened(path, text(table(), head=head)).header
    assert (header.session_id, header.athlete, header.exercise, header.tempo) == ("s7", "Zoë", "rdl", "3-1-1-0")
    assert header.labels == {"bar": "60 kg: steel"}
    assert not header.simulated


def test_a_session_without_a_name_is_named_by_its_bytes(path, tmp_path):
    first = opened(path, text(table())).header.session_id
    again = opened(tmp_path / "copy.csv", text(table())).header.session_id
    other = opened(tmp_path / "other.csv", text(table(6))).header.session_id
    assert first.startswith("csv-")
    assert len(first) == 4 + 16
    assert first == again != other


def test_byte_order_mark_line_ends_spaces_quotes_and_blank_lines_change_nothing(path, tmp_path):
    plain = samples(opened(path, text(table())))
    rough = [[f" {cell}\t" for cell in row] for row in table()]
    names = [f' "{name}" ' for name in NAMES]
    content = "\ufeff# athlete: sam\r\n" + text(rough, names, end="\r\n") + "\r\n\r\n"
    recording = opened(tmp_path / "rough.csv", content)
    assert samples(recording).tobytes() == plain.tobytes()
    assert recording.header.athlete == "sam"


@given(st.permutations([*NAMES, "note", "heart_rate"]))
def test_columns_may_stand_in_any_order_among_others(tmp_path_factory, order):
    path = tmp_path_factory.mktemp("order") / "a.csv"
    plain = samples(opened(path, text(table(3))))
    cells = [dict(zip([*NAMES, "note", "heart_rate"], [*row, "slow", ""], strict=True)) for row in table(3)]
    mixed = samples(opened(path, text([[row[name] for name in order] for row in cells], order)))
    assert mixed.tobytes() == plain.tobytes()


def test_one_sensor_alone_is_a_recording(path):
    rows = [[row[0], *row[7:]] for row in table()]
    recording = opened(path, text(rows, [NAMES[0], *NAMES[7:]]))
    raw = samples(recording)
    assert recording.header.worn == ("thorax",)
    assert raw["sensor"].tolist() == [1] * 5
    assert raw["acc"][2].tolist() == [2.07, 2.08, 2.09]


@pytest.mark.parametrize("column", range(1, 13))
@pytest.mark.parametrize("cell", ["", "  ", "nan"])
def test_an_empty_cell_loses_that_sensors_sample_and_only_that(path, column, cell):
    rows = table()
    rows[2][column] = cell
    raw = samples(opened(path, text(rows)))
    lost = 0 if column <= 6 else 1
    kept = [(row, sensor) for row in range(5) for sensor in (0, 1) if (row, sensor) != (2, lost)]
    assert list(zip(raw["seq"].tolist(), raw["sensor"].tolist(), strict=True)) == kept


def test_a_row_of_empty_cells_loses_both_sensors(path):
    rows = table()
    rows[2][1:] = [""] * 12
    assert samples(opened(path, text(rows)))["seq"].tolist() == [0, 0, 1, 1, 3, 3, 4, 4]


@pytest.mark.parametrize("rate_hz", [20.0, 50.0, 60.0, 100.0, 104.0, 200.0, 500.0, 1000.0])
def test_an_even_file_has_its_exact_rate(path, rate_hz):
    assert opened(path, text(table(400, rate_hz))).header.rate_hz == rate_hz


def test_times_rounded_to_milliseconds_still_show_the_rate(path):
    rows = [[f"{i / 60:.3f}", *["0"] * 12] for i in range(1200)]
    assert opened(path, text(rows)).header.rate_hz == pytest.approx(60.0, rel=1e-4)


def test_a_gap_does_not_change_the_rate(path):
    rows = [row for i, row in enumerate(table(400, 100.0)) if not 100 <= i < 250]
    assert opened(path, text(rows)).header.rate_hz == 100.0


def test_a_torn_last_row_is_left_out_with_a_warning(path):
    recording = opened(path, text(table()) + "0.05,1.0,2.")
    assert len(samples(recording)) == 10
    assert recording.warnings == [f"{path}: the last row is torn and was left out"]


def test_a_last_row_without_a_line_end_counts(path):
    recording = opened(path, text(table()).rstrip("\n"))
    assert len(samples(recording)) == 10
    assert recording.warnings == []


def test_a_long_file_is_read_in_pieces_without_a_seam(path):
    rows = table(40_000, 500.0)
    recording = opened(path, text(rows))
    blocks = list(recording.blocks())
    raw = np.concatenate(blocks)
    assert len(blocks) > 1
    assert raw["seq"].tolist() == np.repeat(np.arange(40_000), 2).tolist()
    assert raw["gyr"][-1].tolist() == [39999.10, 39999.11, 39999.12]


def spoiled(row, column, cell):
    rows = table()
    rows[row][column] = cell
    return text(rows, head="# athlete: sam\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("# athlete: sam\n", "has no header line"),
        ("\n".join(",".join(row) for row in table()), "line 1 holds numbers where the columns should be named"),
        (text(table(), ["time", *NAMES[1:]]), "the header line lacks t_s"),
        (text(table(), [*NAMES[:5], "x", "y", *NAMES[7:]]), "lacks pelvis_gyr_y, pelvis_gyr_z"),
        (text([row[:1] for row in table()], NAMES[:1]), "lacks pelvis_acc_x, pelvis_acc_y"),
        (text(table()).replace(",", ";"), "between commas"),
        (spoiled(2, 3, "1,5"), "line 5 has 14 cells, and the header line names 13"),
        (spoiled(2, 3, "NA"), "line 5: pelvis_acc_z is 'NA', which is no number"),
        (spoiled(0, 12, "--"), "line 3: thorax_gyr_z is '--', which is no number"),
        (spoiled(2, 3, "1_0"), "from line 3 on: could not convert string '1_0'"),
        (spoiled(3, 0, ""), "line 6: t_s is nan, which is no time"),
        (spoiled(3, 0, "1e12"), "line 6: t_s is 1000000000000.0, which is no time"),
        (spoiled(3, 0, "0.005"), "line 6: t_s runs back from 0.02 to 0.005"),
        (spoiled(3, 0, "0.02"), "line 6: t_s stands still at 0.02"),
        (text(table(1)), "has 1 rows of samples; a recording needs at least 2"),
        (text([]), "has 0 rows"),
        (text(table(50, 10.0)), "has 10 rows a second; from 20 to 1000 can be used"),
        (text(table(50, 1100.0)), "has 1100 rows a second"),
        (text(table(), head="# started_utc: monday\n"), "'# started_utc: monday' is no date and time"),
    ],
)
def test_each_wrong_table_is_refused_in_its_own_words(path, content, words):
    assert words in refusal(path, content)


def test_a_lift_that_is_not_known_is_kept_as_a_label_and_said(path):
    path.write_text(text(table(), head="# exercise: zercher\n"))
    recording = open_recording(path)
    assert (recording.header.exercise, recording.header.labels["exercise"]) == ("auto", "zercher")
    assert "names none that is known" in recording.warnings[0]


def test_a_wrong_cell_is_named_by_its_line_across_pieces_and_blank_lines(path):
    rows = table(30_000, 500.0)
    rows[29_000][0] = rows[28_999][0]
    content = text(rows).replace("\n", "\n\n", 1)
    line = 1 + content[: content.index(",".join(rows[29_000]) + "\n")].count("\n")
    assert f"line {line}: t_s stands still" in refusal(path, content)


@pytest.mark.parametrize("rate_hz", [19.7, 1015.0])
def test_a_rate_a_little_outside_is_tolerated(path, rate_hz):
    assert opened(path, text(table(50, rate_hz))).header.rate_hz == pytest.approx(rate_hz, rel=1e-6)


def test_written_frames_read_back_exactly(path, frames, si_header, timed):
    with CsvWriter(path, si_header) as writer:
        writer.frames(frames)
    assert samples(open_recording(path)).tobytes() == timed.tobytes()


def test_another_csv_reader_finds_the_same_cells(path, frames, si_header):
    with CsvWriter(path, si_header) as writer:
        writer.frames(frames)
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert list(rows[0]) == NAMES
    for i, row in enumerate(rows):
        assert float(row["t_s"]) == frames.t_ns[i] / 1e9
        assert (
            row["thorax_gyr_y"] == "" if not frames.valid[i, 1] else float(row["thorax_gyr_y"]) == frames.gyr[i, 1, 1]
        )


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=24, max_size=24), st.integers(-(10**15), 10**15))
def test_any_number_and_any_time_survive_the_text(tmp_path_factory, numbers, start_ns):
    values = np.array(numbers).reshape(2, 2, 6)
    valid = np.ones((2, 2), bool)
    frames = Frames(start_ns + np.array([0, 5_000_000]), values[..., :3], values[..., 3:], valid, ~valid)
    path = tmp_path_factory.mktemp("exact") / "a.csv"
    with CsvWriter(path, Header(session_id="s", unit="SI", clock="timed", rate_hz=200)) as writer:
        writer.frames(frames)
    raw = samples(open_recording(path)).reshape(2, 2)
    assert raw["t_ns"][:, 0].tolist() == frames.t_ns.tolist()
    assert raw["acc"].tobytes() == frames.acc.tobytes()
    assert raw["gyr"].tobytes() == frames.gyr.tobytes()


def test_the_header_survives_a_csv(path, frames):
    header = Header(
        session_id="s7",
        unit="SI",
        clock="timed",
        rate_hz=100.0,
        worn=("thorax",),
        exercise="rdl",
        athlete="Zoë",
        tempo="3-1-1-0",
        started_utc="2025-01-31T17:05:00Z",
        simulated=True,
        labels={"bar": "60 kg"},
    )
    with CsvWriter(path, header) as writer:
        writer.frames(frames)
    assert open_recording(path).header == header


def test_a_label_with_a_line_end_stays_on_its_line(path, frames, si_header):
    header = Header(session_id="s", unit="SI", clock="timed", rate_hz=100.0, labels={"remark": "tired\n1,2,3"})
    with CsvWriter(path, header) as writer:
        writer.frames(frames)
    assert open_recording(path).header.labels == {"remark": "tired 1,2,3"}


def test_csv_to_mcap_to_csv_gives_the_same_bytes(path, tmp_path, frames, si_header):
    with CsvWriter(path, si_header) as writer:
        writer.frames(frames)
    first = open_recording(path)
    with McapWriter(tmp_path / "b.mcap", first.header) as writer:
        for block in first.blocks():
            writer.samples(block)
    second = open_recording(tmp_path / "b.mcap")
    with CsvWriter(tmp_path / "c.csv", second.header) as writer:
        for part in frames_of(second.blocks()):
            writer.frames(part)
    assert (tmp_path / "c.csv").read_bytes() == path.read_bytes()


@given(st.lists(st.integers(0, 1080), max_size=20).map(sorted))
def test_block_edges_split_no_frame(cuts):
    t_ns = np.repeat(np.arange(540) * 10_000_000, 2)
    raw = np.zeros(1080, Header(session_id="s", unit="SI", clock="timed", rate_hz=100.0).dtype)
    raw["t_ns"], raw["sensor"] = t_ns, np.tile([0, 1], 540)
    raw["acc"][:, 0] = np.arange(1080)
    parts = list(frames_of(np.split(raw, cuts)))
    assert np.concatenate([part.t_ns for part in parts]).tolist() == (np.arange(540) * 10_000_000).tolist()
    assert np.concatenate([part.acc for part in parts])[..., 0].tolist() == np.arange(1080.0).reshape(-1, 2).tolist()
    assert all(part.valid.all() for part in parts)


def test_a_lost_sample_leaves_its_place_in_the_frame_invalid(timed):
    alone = timed[timed["t_ns"] == 3_000_000_000]
    (frame,) = frames_of([alone])
    assert alone["sensor"].tolist() == [0]
    assert frame.valid.tolist() == [[True, False]]
    assert math.isnan(frame.acc[0, 1, 0])


def test_counts_are_not_joined_by_their_stamps(counts):
    with pytest.raises(ValueError, match="share no time grid"):
        next(frames_of([counts]))
