from pathlib import Path

import msgspec
import pytest
from mcap.reader import make_reader

from hinge_imu.recording import RecordingError, open_recording
from hinge_imu.recording.lift import LIFTS, lift
from hinge_imu.samples import FORMAT

RECORDINGS = Path(__file__).parents[2] / "recordings"


def header_in(path):
    with path.open("rb") as file:
        (record,) = [each for each in make_reader(file).iter_metadata() if each.name == "hinge_imu.header"]
    return msgspec.json.decode(record.metadata["json"])


def test_every_earlier_format_has_a_lift_and_a_recording_to_try_it_on():
    kept = {header_in(path)["format"] for path in RECORDINGS.glob("*.mcap")}
    assert set(LIFTS) == set(range(1, FORMAT))
    assert set(LIFTS) <= kept


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.mcap")), ids=lambda path: path.stem)
def test_a_header_of_an_earlier_format_says_what_it_said(path):
    before, now = header_in(path), msgspec.json.decode(msgspec.json.encode(open_recording(path).header))
    config = before.pop("config")
    assert before.pop("format") <= FORMAT
    assert now["format"] == FORMAT
    assert now["made_with"] == before.get("made_with", {})
    assert {name: now[name] for name in before} == before
    assert {name: now["config"][name] for name in ("chip", "motion")} == {n: config[n] for n in ("chip", "motion")}


@pytest.mark.parametrize(
    ("found", "sentence"), [(99, "has format 99, and this version reads up to"), (0, "there never was"), ("x", "'x'")]
)
def test_what_is_no_format_or_a_newer_one_is_refused(found, sentence):
    with pytest.raises(ValueError, match=sentence):
        lift({"format": found})


def test_the_sentence_names_the_file(tmp_path, header, counts):
    from hinge_imu.recording import McapWriter

    with McapWriter(tmp_path / "a.mcap", msgspec.structs.replace(header, format=FORMAT + 1)) as writer:
        writer.samples(counts)
    with pytest.raises(RecordingError, match=rf"a\.mcap: has format {FORMAT + 1}, .*; update hinge-imu"):
        open_recording(tmp_path / "a.mcap")
