"""What a stranger, or a damaged disk, may have written: refused in one sentence, before it costs time or memory."""

import resource
import subprocess
import sys

import msgspec
import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from mcap.writer import Writer

from hinge_imu.app.replay import replay
from hinge_imu.events import ClockEvent, MarkEvent
from hinge_imu.recording import RecordingError, cdr, open_recording
from hinge_imu.recording.trust import is_tempo
from hinge_imu.reps.tempo import Prescription
from hinge_imu.samples import RAW, RAW_SI

BARE = {"session_id": "s", "unit": "counts", "clock": "polled", "rate_hz": 200.0, "format": 2}
SENSOR = {"segment": "pelvis", "address": 0x68}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.mcap"


def framed(path, header, *messages, topic="/samples"):
    """Write an MCAP with any header, as fields or as text, and any messages."""
    text = header if isinstance(header, str) else msgspec.json.encode(header).decode()
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.add_metadata("hinge_imu.header", {"json": text})
        channel = writer.register_channel(topic, "", 0)
        for message in messages:
            writer.add_message(channel, 0, message, 0)
        writer.finish()
    return path


def refusal(path):
    with pytest.raises(RecordingError) as caught:
        replay(open_recording(path))
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate_hz": 0}, "has 0 samples a second"),
        ({"rate_hz": -200}, "has -200 samples a second"),
        ({"rate_hz": 1e9}, "has 1e+09 samples a second"),
        ({"acc_scale": 0}, "acc_scale = 0"),
        ({"gyr_scale": 1e300}, "gyr_scale = 1e+300"),
        ({"acc_scale": None}, "Expected `float`, got `null`"),
        ({"delay_s": 1e18}, "delay_s = 1e+18"),
        ({"worn": []}, "worn = ()"),
        ({"worn": ["pelvis", "pelvis"]}, "worn = "),
        ({"worn": ["knee"]}, "Invalid enum value 'knee'"),
        ({"exercise": "yoga"}, "the exercise 'yoga', which is not known"),
        ({"renamed": {"1": "yoga"}}, "the exercise 'yoga'"),
        ({"tempo": "fast"}, "the tempo 'fast'"),
        ({"tempo": "0-0-0-0"}, "the tempo '0-0-0-0'"),
        ({"started_utc": "noon"}, "started_utc = 'noon'"),
        ({"athlete": "a" * 100_000}, "a name of 100000 characters"),
        ({"limits": {"rdl": {"not_square_deg": -1}}}, "not_square_deg"),
        ({"config": {"sensors": [{**SENSOR, "calibration": {"acc_bias": [1e300, 0, 0]}}]}}, "acc_bias"),
        ({"config": {"motion": {"tau_s": 1e-300}}}, "tau_s = 1e-300"),
        ({"wearer": {"made_utc": "", "worn": {"pelvis": {"up": [0, 0, 0], "falls": [1, 0, 0]}}}}, "no unit vectors"),
        ({"format": 1.5}, "has format 1.5, which there never was"),
        ({"format": None}, "has format None"),
    ],
)
def test_a_header_that_nobody_can_work_with_is_refused_in_its_own_words(path, change, words):
    assert words in refusal(framed(path, {**BARE, **change}))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"format": 2, "profile": ' + "[" * 5000])
def test_nesting_without_end_is_refused(path, text):
    assert "is not one of this version" in refusal(framed(path, text))


def good(samples=40):
    raw = np.zeros(samples, RAW)
    raw["t_ns"], raw["seq"] = np.arange(samples) * 5_000_000, np.arange(samples)
    raw["acc"], raw["flags"] = [0, 0, 2048], 1
    return raw


def claiming(at, count):
    """A message that claims so many numbers of the field whose length stands at that byte."""
    message = bytearray(cdr.encode(good()))
    assert int.from_bytes(message[at : at + 4], "little") == 40
    message[at : at + 4] = count.to_bytes(4, "little")
    return bytes(message)


TIMES, NUMBERS = 4, 4 + 8 + 40 * 8
NOT_THERE = [b"", b"\0\1\0\0", claiming(TIMES, 2**32 - 1), claiming(TIMES, 1), claiming(NUMBERS, 1), b"junk" * 99]


@pytest.mark.parametrize("message", NOT_THERE)
def test_numbers_that_are_not_there_are_refused(path, message):
    assert "a block of samples cannot be read" in refusal(framed(path, BARE, message))


def test_a_block_without_samples_is_passed_over(path):
    framed(path, BARE, cdr.encode(good()[:0]), cdr.encode(good()))
    assert [len(block) for block in open_recording(path).blocks()] == [40]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("sensor", 2, "samples of sensor 2, which is not worn"),
        ("sensor", 255, "samples of sensor 255"),
        ("t_ns", 2**63 - 1, "times that are none"),
        ("t_ns", -(2**63), "times that are none"),
    ],
)
def test_a_sample_that_cannot_be_is_refused(path, field, value, words):
    raw = good()
    raw[field][20] = value
    assert words in refusal(framed(path, BARE, cdr.encode(raw)))


def test_a_sensor_that_is_not_worn_has_no_samples(path):
    raw = good()
    raw["sensor"] = 1
    framed(path, {**BARE, "worn": ["pelvis"]}, cdr.encode(raw))
    assert "samples of sensor 1, which is not worn" in refusal(path)


def test_numbers_of_samples_that_jump_within_a_poll_are_refused(path):
    raw = good()
    raw["flags"][:-1] = 0
    raw["seq"][20:] += np.uint32(2**31)
    assert "numbers of the pelvis's samples that jump" in refusal(framed(path, BARE, cdr.encode(raw)))


def samples_of(path):
    return replay(open_recording(path))[-1].sensors["pelvis"].samples


def test_between_polls_they_may_jump_as_they_do_after_a_loss(path):
    raw = good()
    raw["seq"][20:] += np.uint32(2**31)
    raw["flags"][20] |= 2
    assert samples_of(framed(path, BARE, cdr.encode(raw))) == 40


def test_a_clock_that_jumps_by_years_costs_a_minute_of_the_grid(path):
    raw = good()
    raw["t_ns"][20:] += 10 * 365 * 86_400 * 10**9
    assert samples_of(framed(path, BARE, cdr.encode(raw))) == 40


def test_a_loss_within_a_poll_ends_it(path):
    raw = good()
    raw["flags"] = 0
    raw["flags"][20], raw["flags"][39] = 2, 1
    assert samples_of(framed(path, BARE, cdr.encode(raw))) == 40


def test_holes_that_fill_more_than_a_day_are_refused(path):
    raw = good(2000)
    raw["t_ns"] = np.arange(2000) * 70 * 10**9
    with pytest.raises(RecordingError, match="holes of more than a day"):
        list(open_recording(framed(path, BARE, *map(cdr.encode, np.split(raw, 20)))).stream())


def test_few_samples_hours_apart_take_no_memory(path):
    raw = good(400)
    raw["t_ns"] = np.arange(400) * 40 * 10**9  # 4.4 hours, in one block
    framed(path, {**BARE, "rate_hz": 1000.0}, cdr.encode(raw))
    done = within_memory(path)
    assert done.returncode == 0, done.stderr


def test_numbers_in_si_that_are_none_or_beyond_all_measure_reach_no_angle(path):
    raw = np.zeros(400, RAW_SI)
    raw["t_ns"], raw["seq"] = np.arange(400) * 5_000_000, np.arange(400)
    raw["acc"], raw["gyr"] = [0, 9.81, 0], 0.001
    for row, value in ((300, np.nan), (310, np.inf), (320, 1e308), (330, -1e300)):
        raw["gyr"][row, 1] = value
    seen = []
    replay(open_recording(framed(path, {**BARE, "unit": "SI", "clock": "timed"}, cdr.encode(raw))), seen.append)
    pelvis = np.concatenate([angles.sagittal.pelvis for angles in seen])
    assert np.nanmax(np.abs(pelvis)) < 0.1


@given(st.from_regex(r"[0-9.xX]{1,5}(-[0-9.xX]{1,5}){1,4}", fullmatch=True))
def test_a_tempo_is_one_here_where_it_is_one_for_the_pipeline(text):
    try:
        Prescription.parse(text)
    except ValueError:
        assert not is_tempo(text)
    else:
        assert is_tempo(text)


def test_what_a_stranger_wrote_is_quoted_in_one_line_that_a_terminal_bears(path):
    sentence = refusal(framed(path, {**BARE, "worn": ["\x1b[2J\nknee" + "e" * 9999]}))
    assert "\x1b" not in sentence
    assert len(sentence) < 1000


REMARKS = [
    MarkEvent(what="tempo", at_s=0.1, text="soon"),
    ClockEvent(at_s=0.1, started_utc="noon"),
    MarkEvent(what="pain", at_s=1e300),
    MarkEvent(what="next", at_s=0.1, exercise="yoga"),
]


@pytest.mark.parametrize("remark", REMARKS)
def test_a_remark_that_says_nothing_is_refused(path, remark):
    refusal(framed(path, BARE, msgspec.json.encode(remark), topic="/sensors"))


REPLAY = "import sys; from hinge_imu.cli import main; sys.argv[0] = 'hinge-imu'; main()"


def within_memory(path, megabytes=1500):
    """Replay in a process that may have no more than so much address space."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    command = [sys.executable, "-c", REPLAY, "replay", path]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, preexec_fn=limit)


def test_a_bomb_in_a_chunk_is_damage_and_takes_no_memory(path):
    """Some 100 KB, out of which 4 GB of zeros would come, and the chunk does not say so."""
    whole = framed(path, BARE, cdr.encode(good())).read_bytes()
    packed = zstandard.ZstdCompressor(level=1).compressobj(size=4 << 30)
    data = b"".join(packed.compress(bytes(1 << 24)) for _ in range(256)) + packed.flush()
    fields = bytes(28) + b"\4\0\0\0zstd" + len(data).to_bytes(8, "little")
    bomb = b"\6" + (len(fields) + len(data)).to_bytes(8, "little") + fields + data
    at = whole.index(b"\4\0\0\0zstd") - 28 - 9  # where the chunk of samples begins
    path.write_bytes(whole[:at] + bomb + whole[at:])
    done = within_memory(path)
    assert done.returncode == 0, done.stderr
    assert "1 damaged" in done.stderr


SIX = ",".join(f"pelvis_{what}_{axis}" for what in ("acc", "gyr") for axis in "xyz")
TABLE = f"t_s,{SIX}\n0,1,1,1,1,1,1\n0.01,1,1,1,1,1,1\n".encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"t_s," + b"a," * 2_000_000, "a line has more than 65536 characters"),
        (TABLE + b"1" * 70_000_000, "a line has more than 65536 characters"),
        (b"# a: b\n" * 20_000, "has no header line"),
        (b"t_s,pelvis_acc_x\n0,\0\n", "lacks"),
        (TABLE + b"0.02,\0,1,1,1,1,1\n", "which is no number"),
        (TABLE.decode().encode("utf-16"), "is not UTF-8 text"),
        (b"# tempo: soon\n" + TABLE, "'# tempo: soon' is no tempo"),
    ],
    ids=range(7),
)
def test_text_that_is_no_table_is_refused(tmp_path, content, words):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert words in refusal(path)


def test_a_file_full_of_beginnings_of_chunks_is_read_in_no_time(path):
    """Each claims most of the file, and none is one: whoever read them all would read for days."""
    whole = framed(path, BARE, cdr.encode(good())).read_bytes()
    size = 4 << 20
    sign = b"\6" + (size // 2).to_bytes(8, "little") + bytes(28) + b"\4\0\0\0zstd" + (size // 3).to_bytes(8, "little")
    path.write_bytes(whole[: whole.index(b"\4\0\0\0zstd") - 28 - 9] + sign * (size // len(sign)))
    recording = open_recording(path)
    assert [*recording.stream()] == []
    assert "torn" in recording.warnings[0]
