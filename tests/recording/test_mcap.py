import errno
import os
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.writer import Writer
from mcap_ros2.decoder import DecoderFactory

from hinge_imu.events import ClockEvent, MarkEvent, SensorEvent, decode
from hinge_imu.recording import McapWriter, RecordingError, batched, open_recording
from hinge_imu.recording.mcap_writer import EVENTS_ID
from hinge_imu.samples import NS, RAW, Header


@pytest.fixture
def path(tmp_path):
    return tmp_path / "session.mcap"


def written(path, header, raw, events=()):
    with McapWriter(path, header) as writer:
        writer.samples(raw)
        for event in events:
            writer.event(event)
    return path


def read(path):
    recording = open_recording(path)
    blocks = list(recording.blocks())
    return np.concatenate(blocks) if blocks else np.empty(0, recording.header.dtype), recording


def test_samples_header_and_events_come_back_as_they_were(path, header, counts, events):
    raw, recording = read(written(path, header, counts, events))
    assert raw.tobytes() == counts.tobytes()
    assert recording.header == header
    assert recording.events() == events
    assert recording.warnings == []


def test_what_the_driver_said_stands_where_it_was_said_between_the_samples(path, header, counts):
    lost = SensorEvent(segment="thorax", what="lost", at_s=1.3, text="a wire is loose")
    back = SensorEvent(segment="thorax", what="back", at_s=1.9)
    with McapWriter(path, header) as writer:
        for item in (counts[:333], lost, back, counts[333:]):
            writer.put(item)
    recording = open_recording(path)
    items = list(recording.stream())
    at = next(number for number, item in enumerate(items) if isinstance(item, SensorEvent))
    assert items[at] == lost
    assert items[at + 1] == back
    assert np.concatenate(items[:at]).tobytes() == counts[:333].tobytes()
    assert np.concatenate(items[at + 2 :]).tobytes() == counts[333:].tobytes()
    assert np.concatenate(list(recording.blocks())).tobytes() == counts.tobytes()
    assert recording.events() == [], "an input is nothing that the pipeline said"


def test_si_samples_come_back_bit_for_bit(path, si_header, timed):
    raw, _ = read(written(path, si_header, timed))
    assert raw.tobytes() == timed.tobytes()


def decoded_by_a_public_ros_reader(path, name):
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        messages = [message for *_, message in reader.iter_decoded_messages(topics="/samples")]
    return np.concatenate([list(getattr(message, name)) for message in messages])


@pytest.mark.parametrize("name", RAW.names)
def test_a_public_ros_reader_lists_and_decodes_counts(path, name, header, counts):
    written(path, header, counts)
    np.testing.assert_array_equal(decoded_by_a_public_ros_reader(path, name), counts[name].ravel())


@pytest.mark.parametrize("name", RAW.names)
def test_a_public_ros_reader_lists_and_decodes_si(path, name, si_header, timed):
    written(path, si_header, timed)
    np.testing.assert_array_equal(decoded_by_a_public_ros_reader(path, name), timed[name].ravel())


def test_a_public_reader_finds_the_index_the_schemas_and_the_header(path, header, counts, events):
    written(path, header, counts, events)
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary = reader.get_summary()
        metadata = {record.name: record.metadata for record in reader.iter_metadata()}
        said = [decode(message.data) for *_, message in reader.iter_messages(topics="/events")]
    encodings = {channel.topic: channel.message_encoding for channel in summary.channels.values()}
    assert encodings == {"/samples": "cdr", "/sensors": "json", "/events": "json"}
    assert {s.encoding for s in summary.schemas.values()} == {"ros2msg", "jsonschema"}
    assert all(index.message_index_length > 0 for index in summary.chunk_indexes)
    assert msgspec.json.decode(metadata["hinge_imu.header"]["json"])["athlete"] == "Zoë"
    assert said == events


def test_a_message_holds_half_a_second_and_is_logged_at_its_last_sample(path, header, counts):
    written(path, header, counts)
    with path.open("rb") as file:
        times = [message.log_time * NS for *_, message in make_reader(file).iter_messages(topics="/samples")]
    assert len(times) == 12
    np.testing.assert_allclose(times, np.arange(1, 13) * 0.5, atol=0.006)


@settings(max_examples=25)
@given(st.lists(st.integers(0, 2400), max_size=30).map(sorted))
def test_the_file_does_not_depend_on_how_the_samples_came_in(cuts):
    raw = np.zeros(2400, RAW)
    raw["t_ns"] = np.arange(2400) * 2_500_000
    header = Header(session_id="s", unit="counts", clock="polled", rate_hz=200)
    with tempfile.TemporaryDirectory() as folder:
        whole = written(Path(folder) / "whole.mcap", header, raw).read_bytes()
        with McapWriter(Path(folder) / "cut.mcap", header) as writer:
            for block in np.split(raw, cuts):
                writer.samples(block)
        assert (Path(folder) / "cut.mcap").read_bytes() == whole


def test_the_writer_keeps_a_copy_because_drivers_reuse_their_buffers(path, header, counts):
    buffer = counts[:10].copy()
    with McapWriter(path, header) as writer:
        writer.samples(buffer)
        buffer["acc"] = 0
    assert read(path)[0].tobytes() == counts[:10].tobytes()


def test_a_file_that_cannot_be_synced_is_heard_of(path, header, counts, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = McapWriter(path, header)
    writer.samples(counts)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        writer.close()


def test_what_the_wearer_marked_stands_between_the_samples(path, header, counts):
    mark = MarkEvent(what="next", at_s=1.0, exercise="rdl")
    with McapWriter(path, header) as writer:
        for item in (counts[:400], mark, counts[400:800]):
            writer.put(item)
    before, again, after = batched(open_recording(path).stream(), 10_000)
    assert (len(before), again, len(after)) == (400, mark, 400)


def test_what_became_known_later_is_known_and_the_header_is_as_it_was(path, header, counts):
    begun = msgspec.structs.replace(header, started_utc=None, renamed={2: "deadlift"})
    said = [
        ClockEvent(started_utc="2026-03-01T17:00:00+00:00", at_s=1.0),
        MarkEvent(what="athlete", at_s=2.0, text="kim"),
        ClockEvent(started_utc="2026-03-01T17:00:02+00:00", at_s=3.0),
    ]
    with McapWriter(path, begun) as writer:
        for item in (counts[:400], said[0], said[1], counts[400:800], said[2], counts[800:]):
            writer.put(item)
    recording = open_recording(path)
    assert recording.header == begun
    known = msgspec.structs.replace(begun, started_utc="2026-03-01T17:00:02+00:00", athlete="kim")
    assert recording.known == known
    assert [item for item in recording.stream() if not isinstance(item, np.ndarray)] == said
    path.write_bytes(path.read_bytes()[:-100])  # without its index
    assert open_recording(path).known == known


def test_what_became_known_survives_damage_before_it_and_its_own_damage_costs_only_itself(path, header, counts):
    begun = msgspec.structs.replace(header, started_utc=None)
    clock = ClockEvent(started_utc="2026-03-01T17:00:00+00:00", at_s=3.0)
    with McapWriter(path, begun) as writer:
        for item in (counts[:1200], clock, counts[1200:]):
            writer.put(item)
    whole = path.read_bytes()
    later = whole.index(b"hinge_imu.later") - 4 - 9
    for at, known in [(later - 60, clock.started_utc), (later, None), (later + 40, None)]:
        path.write_bytes(whole[:at] + b"\xff" + whole[at + 1 : -100])
        recording = open_recording(path)
        assert recording.known.started_utc == known
        raw = np.concatenate([*recording.blocks()])
        assert len(raw) > 1990
        assert np.isin(raw, counts).all()


def test_a_header_that_nothing_was_added_to_is_what_is_known(path, header, counts):
    assert open_recording(written(path, header, counts)).known == header


def test_a_killed_session_keeps_all_but_its_last_second(path, header, counts):
    writer = McapWriter(path, header, trouble=print)
    writer.samples(counts)
    assert writer._disk.wait(10.0)
    left_behind = path.with_name("left.mcap")
    left_behind.write_bytes(path.read_bytes())
    writer.close()
    raw, recording = read(left_behind)
    assert raw.tobytes() == counts[: len(raw)].tobytes()
    assert counts["t_ns"][-1] - raw["t_ns"][-1] < 1_010_000_000
    assert recording.warnings[0].endswith(
        f"the end is torn; {(raw['t_ns'][-1] - raw['t_ns'][0]) * NS:.1f} s of it are whole"
    )


def test_a_file_cut_anywhere_after_its_header_gives_back_a_true_beginning(path, header, counts):
    with McapWriter(path, header) as writer:
        header_bytes = path.stat().st_size
        writer.samples(counts)
    whole = path.read_bytes()
    kept = []
    for cut in np.linspace(header_bytes, len(whole) - 1, 200).astype(int):
        path.write_bytes(whole[:cut])
        raw, recording = read(path)
        assert raw.tobytes() == counts[: len(raw)].tobytes()
        assert len(raw) == len(counts) or "torn" in recording.warnings[0]
        kept.append(len(raw))
    assert kept == sorted(kept)
    assert (kept[0], kept[-1]) == (0, len(counts))


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_file_cut_within_its_header_is_refused(path, header, share):
    writer = McapWriter(path, header)
    whole = path.read_bytes()
    writer.close()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(RecordingError, match=r"no 'hinge_imu\.header' record .* cut off within its first bytes"):
        open_recording(path)


def test_a_damaged_stretch_in_the_middle_costs_only_itself(path, header, counts):
    whole = bytearray(written(path, header, counts).read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    raw, recording = read(path)
    assert np.isin(raw, counts).all()
    assert 1.9 < (len(counts) - len(raw)) / 400 + 1 < 2.5  # about one second of 400 samples is gone
    assert raw["t_ns"][0] == counts["t_ns"][0]
    assert raw["t_ns"][-1] == counts["t_ns"][-1]
    assert "1 damaged" in recording.warnings[0]
    assert recording.left_out_s == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("where", range(9))
def test_a_record_whose_beginning_is_damaged_hides_nothing_that_comes_after_it(path, header, counts, where):
    whole = bytearray(written(path, header, counts).read_bytes())
    with path.open("rb") as file:
        chunk = make_reader(file).get_summary().chunk_indexes[2]
    whole[chunk.chunk_start_offset + where] ^= 0x41  # the byte that says what it is, or one of its length
    path.write_bytes(whole)
    raw, recording = read(path)
    assert raw.tobytes() == counts[counts["t_ns"] // 1_000_000_000 != 2].tobytes()
    assert recording.damaged == 1
    assert not recording.torn


def test_what_was_read_is_told_as_a_rising_fraction(path, header, counts):
    recording = open_recording(written(path, header, counts))
    seen = [recording.fraction for _ in recording.blocks()]
    assert seen == sorted(seen)
    assert 0 < seen[0] < 0.5
    assert recording.fraction == 1.0


def test_reading_twice_gives_the_same_and_warns_once(path, header, counts):
    whole = written(path, header, counts).read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    recording = open_recording(path)
    first, second = (b"".join(block.tobytes() for block in recording.blocks()) for _ in range(2))
    assert first == second
    assert len(recording.warnings) == 1


def test_times_below_zero_are_kept(path, si_header, timed):
    timed["t_ns"] -= 3_000_000_000
    raw, _ = read(written(path, si_header, timed))
    assert raw["t_ns"][0] == -3_000_000_000


def test_a_session_without_samples_is_whole_and_empty(path, header, counts):
    raw, recording = read(written(path, header, counts[:0]))
    assert len(raw) == 0
    assert recording.warnings == []


def test_another_programs_mcap_is_refused(path):
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.finish()
    with pytest.raises(RecordingError, match=r"no 'hinge_imu\.header' record.*another program"):
        open_recording(path)


def with_header(path, text):
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.add_metadata("hinge_imu.header", {"json": text})
        writer.finish()
    return path


def test_a_newer_format_asks_for_an_update(path, header):
    newer = {**msgspec.to_builtins(header), "format": 7}
    with pytest.raises(RecordingError, match="has format 7, and this version reads up to 2; update"):
        open_recording(with_header(path, msgspec.json.encode(newer).decode()))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "{"])
def test_a_header_that_is_none_is_refused(path, text):
    with pytest.raises(RecordingError, match="header' record is not one of this version"):
        open_recording(with_header(path, text))


def test_an_event_of_the_future_is_an_error_that_asks_for_an_update(path, header, counts):
    writer = McapWriter(path, header)
    writer.samples(counts)
    writer._append(EVENTS_ID, b'{"event": "applause"}', 0)
    writer.close()
    with pytest.raises(RecordingError, match=r"applause.*update"):
        open_recording(path).events()


def test_a_folder_that_is_not_there_is_named_when_writing(tmp_path, header):
    with pytest.raises(RecordingError, match=r"nowhere/a.mcap: cannot be written \(No such file or directory\)"):
        McapWriter(tmp_path / "nowhere" / "a.mcap", header)
