import numpy as np

from hinge_imu.app.convert import convert
from hinge_imu.app.replay import replay
from hinge_imu.events import RepEvent
from hinge_imu.recording import open_recording


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
