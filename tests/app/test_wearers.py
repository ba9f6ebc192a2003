import json

import msgspec
import pytest

from hinge_imu.app.calibrations import CalibrationError
from hinge_imu.app.wearers import Stored, file_name, find, load, named, store
from hinge_imu.config import ConfigError
from hinge_imu.samples import Worn

BOARD = Worn(up=(0.0, 0.6, 0.8), falls=(1.0, 0.0, 0.0))
SAM = Stored(
    athlete="sam",
    made_utc="2026-01-31T17:05:00+00:00",
    made_from="live",
    hinges=3,
    disagreement_deg=1.5,
    worn={"pelvis": BOARD, "thorax": BOARD},
    spine_flexion_deg=52.0,
    spine_extension_deg=-21.0,
)


def changed(folder, **fields):
    path, _ = store(SAM, folder)
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
    return path


def test_what_was_stored_is_found_by_name(tmp_path):
    store(SAM, tmp_path)
    assert find("sam", [tmp_path]) == SAM.wearer
    assert find(" sam ", [tmp_path]) == SAM.wearer
    assert find("kim", [tmp_path]) is None
    assert find(None, [tmp_path]) is None


def test_the_first_folder_that_has_one_is_taken(tmp_path):
    store(SAM, tmp_path / "first")
    store(msgspec.structs.replace(SAM, spine_flexion_deg=1.0), tmp_path / "second")
    folders = [tmp_path / name for name in ("none", "first", "second")]
    assert find("sam", folders).spine_flexion_deg == 52.0


def test_an_older_file_is_kept_under_its_date(tmp_path):
    path, older = store(SAM, tmp_path)
    assert older is None
    for number in ("", "-2"):
        _, older = store(SAM, tmp_path)
        assert older.name == f"wearer_sam.20260131T170500Z{number}.json"
        assert load(older) == SAM
    path.write_text("{")
    assert store(SAM, tmp_path)[1].name == "wearer_sam.damaged.json"


@pytest.mark.parametrize(
    "athlete", ["../../etc/passwd", "Sam O'Neil", "a/b", ".", "日本", "x" * 300, "a\nb", "sam.old"]
)
def test_any_name_becomes_a_file_in_the_folder_and_no_two_the_same(athlete, tmp_path):
    name = file_name(athlete)
    path, _ = store(msgspec.structs.replace(SAM, athlete=athlete), tmp_path)
    assert path.parent == tmp_path
    assert path.name == name
    assert find(athlete, [tmp_path]) == SAM.wearer
    assert name not in {file_name("sam"), file_name("a-b"), file_name("a b")}


def test_an_accent_is_the_same_however_it_was_typed():
    assert file_name(named("Zoe\u0308")) == file_name(named("Zo\u00eb"))


def test_nobody_is_no_athlete():
    with pytest.raises(ConfigError, match="--athlete NAME"):
        named("  ")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"version": 2}, "is of format version 2, and this program reads 1"),
        ({"kind": "hinge-imu sensor calibration"}, "is no wearer's calibration"),
        ({"athlete": "kim"}, "is kim's, not sam's"),
        ({"hinges": "many"}, "is damaged"),
        ({"worn": {"pelvis": {"up": [0, 1, 0], "falls": [1, 0, 0]}}}, "how the thorax's board sits is missing"),
        ({"worn": {name: {"up": [0, 1, 0], "falls": [0, 1, 0]} for name in ("pelvis", "thorax")}}, "no unit vectors"),
        ({"worn": {name: {"up": [0, 9, 0], "falls": [1, 0, 0]} for name in ("pelvis", "thorax")}}, "no unit vectors"),
        ({"spine_flexion_deg": 400}, "no spine goes beyond"),
        ({"spine_extension_deg": 12}, "no spine goes beyond"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_was_found_and_the_mend(fields, found, tmp_path):
    path = changed(tmp_path, **fields)
    with pytest.raises(CalibrationError) as raised:
        find("sam", [tmp_path])
    sentence = str(raised.value)
    assert sentence.startswith(f"{path}: ")
    assert found in sentence
    assert "hinge-imu calibrate wearer" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null"])
def test_a_torn_file_is_told(content, tmp_path):
    path, _ = store(SAM, tmp_path)
    path.write_bytes(content)
    with pytest.raises(CalibrationError, match=r"wearer_sam\.json: is "):
        load(path)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CalibrationError, match="--out DIR"):
        store(SAM, tmp_path / "file")
