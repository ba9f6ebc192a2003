import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.events import MarkEvent
from hinge_imu.recording import RecordingError, batched, open_recording, pushes, rounds
from hinge_imu.samples import RAW


def refusal(path):
    with pytest.raises(RecordingError) as caught:
        open_recording(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    return sentence


def test_each_wrong_path_is_refused_in_its_own_words(tmp_path):
    (tmp_path / "folder.mcap").mkdir()
    (tmp_path / "empty.csv").touch()
    (tmp_path / "empty.mcap").touch()
    (tmp_path / "notes.txt").write_text("t_s")
    (tmp_path / "plain").write_text("t_s")
    assert "no such file" in refusal(tmp_path / "gone.csv")
    assert "is a folder" in refusal(tmp_path / "folder.mcap")
    assert "is empty" in refusal(tmp_path / "empty.csv")
    assert "is empty" in refusal(tmp_path / "empty.mcap")
    assert "suffix '.txt' is not known" in refusal(tmp_path / "notes.txt")
    assert "suffix '' is not known" in refusal(tmp_path / "plain")


def test_text_named_mcap_is_refused(tmp_path):
    path = tmp_path / "table.mcap"
    path.write_text("t_s,pelvis_acc_x\n")
    assert "is no MCAP file (it begins with b't_s,pelv'); a CSV must be named .csv" in refusal(path)


@pytest.mark.parametrize("junk", [b"\x89MCAP0\r\n" + bytes(100), bytes(range(256)), "t_s,\n".encode("utf-16")])
def test_binary_junk_named_csv_is_refused(tmp_path, junk):
    path = tmp_path / "junk.csv"
    path.write_bytes(junk)
    assert "is not UTF-8 text" in refusal(path)


def test_batches_hold_what_was_asked_for_and_lose_nothing():
    raw = stamped(np.arange(100))
    joined = list(batched(np.split(raw, [3, 4, 4, 50, 51, 99]), 20))
    assert [len(block) for block in joined] == [50, 49, 1]
    assert np.concatenate(joined).tobytes() == raw.tobytes()


def stamped(t_s):
    raw = np.zeros(len(t_s), RAW)
    raw["t_ns"] = np.asarray(t_s) * 10**9
    return raw


def test_a_batch_is_no_longer_than_what_comes_of_it_may_be():
    raw = stamped(np.arange(50) * 40)
    for pieces in (batched(np.split(raw, [10, 11]), 1000), pushes([raw], 1000)):
        found = list(pieces)
        assert np.concatenate(found).tobytes() == raw.tobytes()
        assert max(int(piece["t_ns"][-1] - piece["t_ns"][0]) for piece in found) <= 2 * 300 * 10**9
        assert len(found) >= 4


def test_no_blocks_make_no_batches():
    assert list(batched([], 5)) == []


def poll(sensor, samples=7):
    raw = np.zeros(samples, RAW)
    raw["sensor"] = sensor
    return raw


def heard(items, chips):
    """The sensors of each piece, once for each sample of three; a remark as it is."""
    pieces = [item if isinstance(item, MarkEvent) else item["sensor"].tolist() for item in rounds(items, chips)]
    return ["".join(map(str, piece)) if isinstance(piece, list) else piece for piece in pieces]


def test_a_round_is_a_poll_of_each_chip():
    assert heard([poll(0, 3), poll(1, 2), poll(1, 3), poll(0, 3)], 2) == ["00011", "111000"]
    assert heard([poll(0, 2), poll(0, 2)], 1) == ["00", "00"]
    assert heard([], 2) == []


def test_nobody_waits_for_a_chip_that_is_away_while_the_other_comes_again():
    assert heard([poll(0, 1), poll(0, 2), poll(0, 3), poll(1, 1)], 2) == ["0", "00", "0001"]


def test_a_remark_stays_between_the_samples_before_and_after_it():
    mark = MarkEvent(what="pain", at_s=1.0)
    assert heard([poll(0, 1), mark, poll(1, 1), poll(0, 1)], 2) == ["0", mark, "10"]


@given(st.lists(st.sampled_from([0, 1, None]), max_size=20), st.lists(st.integers(0, 200), max_size=9))
def test_the_pieces_of_live_are_found_again_however_they_were_stored(polls, cuts):
    mark = MarkEvent(what="pain", at_s=1.0)
    live = [*rounds([mark if sensor is None else poll(sensor) for sensor in polls], 2)]
    stored = [part for item in live for part in ([item] if item is mark else np.split(item, sorted(cuts)))]
    stored = [*batched((part for part in stored if part is mark or len(part)), 15)]
    found = [*pushes(stored, 1000)]
    assert [item if item is mark else item.tobytes() for item in found] == [
        item if item is mark else item.tobytes() for item in live
    ]


def test_a_stream_without_marks_is_cut_at_a_bounded_length():
    assert [len(piece) for piece in pushes([poll(0, 30), poll(1, 30), poll(0, 5)], 50)] == [60, 5]
