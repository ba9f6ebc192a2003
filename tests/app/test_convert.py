import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

from hinge_imu.app.convert import convert
from hinge_imu.app.replay import replay
from hinge_imu.events import RepEvent
from hinge_imu.recording import RecordingError, open_recording
from hinge_imu.simulate.imu import STANDARD_GRAVITY


def reps(path):
    return [event for event in replay(open_recording(path)) if isinstance(event, RepEvent)]


def test_a_csv_made_from_counts_holds_the_same_reps(made, tmp_path):
    convert(made, tmp_path / "session.csv")
    for before, after in zip(reps(made), reps(tmp_path / "session.csv"), strict=True):
        assert after.id == before.id
        assert abs(after.start_s - before.start_s) < 0.02
        assert abs(after.thorax_rom_deg - before.thorax_rom_deg) < 0.2


def test_a_csv_comes_back_from_mcap_bit_for_bit_with_the_same_events(made, tmp_path):
    first, through, second = tmp_path / "1.csv", tmp_path / "2.mcap", tmp_path / "3.csv"
    convert(made, first)
    convert(first, through)
    convert(through, second)
    assert second.read_text() == first.read_text()
    assert replay(open_recording(through)) == replay(open_recording(first))


def test_counts_stay_counts_on_the_way_into_another_mcap(made, tmp_path):
    convert(made, tmp_path / "copy.mcap")
    one, other = open_recording(made), open_recording(tmp_path / "copy.mcap")
    assert other.header == one.header
    assert np.array_equal(np.concatenate([*one.blocks()]), np.concatenate([*other.blocks()]))


def test_a_recording_is_never_written_over_itself(hinge_imu, made):
    before = made.read_bytes()
    done = hinge_imu("convert", made, made)
    assert done.returncode == 2
    assert "is the recording itself" in done.stderr
    assert made.read_bytes() == before


def test_a_target_of_an_unknown_kind_is_refused_before_anything_is_written(hinge_imu, made, tmp_path):
    done = hinge_imu("convert", made, tmp_path / "out.xlsx")
    assert done.returncode == 2
    assert "'.xlsx' is not known" in done.stderr
    assert not (tmp_path / "out.xlsx").exists()


def test_parquet_holds_what_a_csv_holds_and_the_header_besides(made, tmp_path):
    for name in ("a.csv", "a.parquet"):
        convert(made, tmp_path / name)
    table, rows = open_recording(tmp_path / "a.csv"), open_recording(tmp_path / "a.parquet")
    assert np.concatenate([*table.blocks()]).tobytes() == np.concatenate([*rows.blocks()]).tobytes()
    assert rows.header.config.chip == open_recording(made).header.config.chip
    assert [rep.id for rep in reps(tmp_path / "a.parquet")] == [rep.id for rep in reps(made)]


def test_what_a_calibration_takes_away_is_taken_away_once(made, tmp_path):
    convert(made, tmp_path / "once.parquet")
    convert(tmp_path / "once.parquet", tmp_path / "copy.mcap")
    convert(tmp_path / "copy.mcap", tmp_path / "again.parquet")
    once, again = (open_recording(tmp_path / name) for name in ("once.parquet", "again.parquet"))
    assert np.concatenate([*once.blocks()]).tobytes() == np.concatenate([*again.blocks()]).tobytes()


def test_a_public_ros_reader_finds_every_sample_in_si_and_the_angles(made, tmp_path, truth):
    convert(made, tmp_path / "ros.mcap", ros=True)
    counts = np.concatenate([*open_recording(made).blocks()])
    with (tmp_path / "ros.mcap").open("rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        found = {}
        for schema, channel, message, decoded in reader.iter_decoded_messages():
            found.setdefault(channel.topic, []).append((schema.name, message.log_time, decoded))
    assert found.keys() == {"/pelvis/imu", "/thorax/imu", "/angles"}
    header = open_recording(made).header
    for sensor, segment in enumerate(("pelvis", "thorax")):
        names, times, messages = zip(*found[f"/{segment}/imu"], strict=True)
        mine = counts[counts["sensor"] == sensor]
        assert set(names) == {"sensor_msgs/msg/Imu"}
        assert len(messages) == len(mine)
        assert [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in messages] == list(times)
        assert {m.header.frame_id for m in messages} == {segment}
        assert {m.orientation_covariance[0] for m in messages} == {-1.0}
        acc = np.array([[m.linear_acceleration.x, m.linear_acceleration.y, m.linear_acceleration.z] for m in messages])
        gyr = np.array([[m.angular_velocity.x, m.angular_velocity.y, m.angular_velocity.z] for m in messages])
        np.testing.assert_allclose(acc, mine["acc"] * (16 * STANDARD_GRAVITY / 32768), rtol=1e-12)
        np.testing.assert_allclose(gyr, np.radians(mine["gyr"] * (2000 / 32768)), rtol=1e-12)
        assert abs(np.array(times) - mine["t_ns"]).max() < 60_000_000, "a poll sees a sample some ms after it was taken"
        assert header.rate_hz == 200.0
    deepest = max(m.thorax_deg for _, _, m in found["/angles"] if m.thorax_deg == m.thorax_deg)
    assert abs(deepest - max(rep["thorax_rom_deg"] for rep in truth["reps"])) < 6


def test_ros_messages_go_into_mcap_and_nowhere_else(made, tmp_path):
    with pytest.raises(RecordingError, match=r"a name that ends in \.mcap"):
        convert(made, tmp_path / "a.csv", ros=True)
