import os
import signal
import subprocess
import sys

import msgspec
import numpy as np
import pytest
from mcap.reader import make_reader

from hinge_imu.events import ClockEvent, MarkEvent, SensorEvent
from hinge_imu.recording import McapWriter, RecordingError, open_recording
from hinge_imu.recording.recover import is_whole, recover
from hinge_imu.recording.scan import Scan


@pytest.fixture
def path(tmp_path):
    return tmp_path / "session.mcap"


@pytest.fixture
def whole(path, header, counts, events):
    """The bytes of a session in which something was said now and then."""
    said = [
        SensorEvent(segment="thorax", what="lost", at_s=1.3, text="a wire is loose"),
        ClockEvent(started_utc="2026-03-01T17:00:00+00:00", at_s=2.2),
        MarkEvent(what="athlete", at_s=3.1, text="kim"),
    ]
    with McapWriter(path, msgspec.structs.replace(header, started_utc=None)) as writer:
        for number, piece in enumerate(np.array_split(counts, 12)):
            writer.put(piece)
            if number in {2, 4, 6}:
                writer.put(said[number // 2 - 1])
            for event in events[number : number + 1]:
                writer.event(event)
    return path.read_bytes()


def contents(path):
    """Everything that can be read of a recording, samples joined between what was said."""
    recording = open_recording(path)
    items = []
    for item in recording.stream():
        if isinstance(item, np.ndarray) and items and isinstance(items[-1], bytes):
            items[-1] += item.tobytes()
        else:
            items.append(item.tobytes() if isinstance(item, np.ndarray) else item)
    return recording.header, recording.known, items, recording.events()


def end_of_data(path):
    with path.open("rb") as file:
        return make_reader(file).get_summary().chunk_indexes[-1]


def test_a_recording_that_lacks_only_its_index_becomes_the_very_file_it_would_have_been(path, whole):
    last = end_of_data(path)
    end = last.chunk_start_offset + last.chunk_length + last.message_index_length
    for cut in np.linspace(end, len(whole) - 1, 7).astype(int):
        path.write_bytes(whole[:cut])
        assert not is_whole(path)
        assert not recover(path).whole
        assert path.read_bytes() == whole
        assert path.with_name("session.mcap.torn").read_bytes() == whole[:cut]
        path.with_name("session.mcap.torn").unlink()


def test_a_recording_torn_anywhere_keeps_all_that_was_read_of_it(path, whole):
    header_bytes = next(at for at in range(len(whole)) if readable(path, whole[:at]))
    for cut in np.linspace(header_bytes, len(whole) - 1, 60).astype(int):
        path.write_bytes(whole[:cut])
        before = contents(path)
        target = path.with_name(f"{cut}.mcap")
        done = recover(path, target)
        assert contents(target) == before
        assert is_whole(target)
        assert open_recording(target).known == before[1]
        assert done.samples == sum(len(item) for item in before[2] if isinstance(item, bytes)) / 28
        assert path.read_bytes() == whole[:cut], "the torn one is left alone"
        assert recover(target).whole


def readable(path, data):
    path.write_bytes(data)
    try:
        open_recording(path)
    except RecordingError:
        return False
    return True


def test_a_damaged_stretch_is_left_out_and_counted_and_the_rest_is_whole(path, whole, counts):
    with path.open("rb") as file:
        third = make_reader(file).get_summary().chunk_indexes[2]
    damaged = bytearray(whole)
    damaged[third.chunk_start_offset + 100] ^= 0xFF
    path.write_bytes(damaged)
    before = contents(path)
    done = recover(path)
    assert (done.whole, done.damaged) == (False, 1)
    assert 0.1 < done.left_out_s < 1.2
    assert contents(path) == before
    assert open_recording(path).warnings == []


def test_a_whole_recording_is_left_alone(path, whole):
    before = path.stat()
    done = recover(path)
    assert done.whole
    assert done.samples == 2400
    assert done.saved_s == pytest.approx(6.0, abs=0.02)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_recording_that_is_being_written_is_not_touched(path, header, counts):
    with McapWriter(path, header, print) as writer:
        writer.samples(counts)
        assert writer._disk.wait(10.0)
        with pytest.raises(RecordingError, match="is being written just now; end that session first"):
            recover(path)
    assert recover(path).whole


def test_a_torn_one_that_was_kept_before_is_never_written_over(path, whole):
    kept = path.with_name("session.mcap.torn")
    kept.write_text("from another day")
    path.write_bytes(whole[:-100])
    with pytest.raises(RecordingError, match=r"session\.mcap\.torn: is there already; move it away"):
        recover(path)
    assert path.read_bytes() == whole[:-100]
    assert kept.read_text() == "from another day"
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, kept.name]


RECOVER = """
import os, sys
from pathlib import Path
from hinge_imu.recording.recover import recover

left = int(sys.argv[2])

def counted(name, real):
    def call(*given, **named):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
        return real(*given, **named)
    return call

for name in ("link", "replace", "fsync"):
    setattr(os, name, counted(name, getattr(os, name)))
recover(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("calls", range(4))
def test_killed_between_any_two_steps_it_loses_nothing_and_can_be_called_again(path, whole, calls):
    torn = whole[:-100]
    path.write_bytes(torn)
    done = subprocess.run([sys.executable, "-c", RECOVER, path, str(calls)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() in {torn, whole}
    recover(path)
    assert path.read_bytes() == whole
    assert path.with_name("session.mcap.torn").read_bytes() == torn


def test_where_there_is_no_room_for_the_whole_one_the_torn_one_stays_as_it_was(path, whole, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    path.write_bytes(whole[:-100])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(RecordingError, match=r"cannot be made whole \(No space left on device\), and is as it was"):
            recover(path)
    assert path.read_bytes() == whole[:-100]
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("data", "sentence"), [(b"", "is empty"), (b"t_s,pelvis", "is no MCAP"), (None, "no such file")]
)
def test_what_is_hopeless_is_refused_with_the_reason(path, data, sentence):
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(RecordingError, match=sentence):
        recover(path)


def test_a_recording_of_an_earlier_format_stays_of_that_format(path, header, counts, tmp_path):
    earlier = msgspec.structs.replace(header, format=1)
    with McapWriter(path, earlier) as writer:
        writer.samples(counts)
    path.write_bytes(path.read_bytes()[:-50])
    recover(path)
    texts = [record.metadata["json"] for record in Scan(path) if getattr(record, "name", "") == "hinge_imu.header"]
    assert [msgspec.json.decode(text)["format"] for text in texts] == [1]
