"""A wearer's own limits: from a file to what is said, of a lift that was named as of one that was recognised."""

import msgspec
import pytest

import hinge_imu
from hinge_imu.app import wearers
from hinge_imu.config import ConfigError
from hinge_imu.profiles import built_in, load_limits, with_limits
from hinge_imu.recording import McapWriter, open_recording
from hinge_imu.samples import Header

OWN = """
[all]
not_square_deg = 20
spine_rounding_deg = 40
[rdl]
spine_rounding_deg = 30
"""


@pytest.fixture
def own(tmp_path):
    def write(text=OWN, name="limits_sam.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_those_of_a_lift_are_laid_over_those_of_all_and_the_rest_stays(own):
    limits = load_limits(own())
    rdl, hinge = (with_limits(built_in()[name], limits).limits for name in ("rdl", "hinge"))
    assert (rdl.spine_rounding_deg, hinge.spine_rounding_deg) == (30, 40)
    assert rdl.not_square_deg == hinge.not_square_deg == 20
    assert rdl.butt_wink_deg == built_in()["rdl"].limits.butt_wink_deg


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[rld]\nspine_rounding_deg = 30", "rld: no such exercise; name deadlift"),
        ("[rdl]\nrounding = 30", "unknown field `rounding`; limits are spine_rounding_deg"),
        ("[rdl]\nspine_rounding_deg = 300", "`$.spine_rounding_deg`"),
        ("[rdl]\nspine_arching_deg = 12", "`$.spine_arching_deg`"),
        ("[rdl]\nspine_rounding_deg = 'much'", "holds no limits"),
        ("spine_rounding_deg = 30", "holds no limits"),
        ("[rdl", "holds no limits"),
    ],
)
def test_a_file_that_holds_no_limits_is_answered_with_what_was_found_and_the_mend(own, text, found):
    path = own(text)
    with pytest.raises(ConfigError) as refused:
        load_limits(path)
    assert str(path) in str(refused.value)
    assert found in str(refused.value)


def test_all_that_look_at_a_session_take_a_lift_with_the_limits_of_its_header(own):
    header = Header(session_id="s", unit="SI", clock="timed", rate_hz=100.0, limits=load_limits(own()))
    assert header.lift("rdl").limits.spine_rounding_deg == 30
    mine = msgspec.structs.replace(built_in()["rdl"], name="mine", least_rom_deg=50.0)
    kept = msgspec.structs.replace(header, profile=mine).lift("mine")
    assert (kept.least_rom_deg, kept.limits.spine_rounding_deg) == (50.0, 40)


def test_an_athlete_s_file_is_found_by_name_beside_the_calibration(own, tmp_path):
    own()
    assert wearers.limits("sam", [tmp_path / "nothing", tmp_path])["rdl"] == {"spine_rounding_deg": 30}
    assert wearers.limits("kim", [tmp_path]) == wearers.limits(None, [tmp_path]) == {}


@pytest.mark.parametrize("exercise", ["hinge", "auto"])
@pytest.mark.parametrize("smooth", [False, True])
def test_what_is_beyond_the_usual_limit_and_inside_one_s_own_is_no_fault(
    own, lifting, hinge, evenly, tmp_path, exercise, smooth
):
    recorded = evenly(lifting(hinge(), hinge(70.0, 32.0), hinge(), still_s=3.0), more_s=1.0)
    rounded = []
    for limits in ({}, load_limits(own())):
        header = msgspec.structs.replace(recorded.header, exercise=exercise, limits=limits)
        path = tmp_path / "session.mcap"
        with McapWriter(path, header) as writer:
            writer.put(recorded.raw)
        assert open_recording(path).header.limits == limits, "a recording keeps them"
        said = hinge_imu.analyze(path, smooth=smooth)
        rounded.append([fault.limit for rep in said.reps for fault in rep.faults if fault.name == "spine_rounding"])
    assert rounded == [[25.0], []]
