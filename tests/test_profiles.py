"""Exercises as data: those that come with the package, and a user's own, from its file to what is said."""

import msgspec
import pytest

import hinge_imu
from hinge_imu.config import ConfigError
from hinge_imu.profiles import Limits, Profile, built_in, choose, exercises, load_profile
from hinge_imu.recording import McapWriter, open_recording

OWN = """
name = "pull_through"
title = "Cable pull-through"
least_rom_deg = 40
set_gap_s = 7

[limits]
spine_rounding_deg = 20
"""


@pytest.fixture
def own(tmp_path):
    def write(text=OWN, name="mine.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refusal(path):
    with pytest.raises(ConfigError) as caught:
        load_profile(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said


def test_the_lifts_and_the_drills_come_with_the_package():
    lifts = {"hinge", "rdl", "good_morning", "deadlift", "kettlebell_deadlift", "swing"}
    drills = {"single_leg", "kneeling", "toe_touch", "wall", "dowel"}
    assert built_in().keys() == lifts | drills
    assert set(exercises()) == built_in().keys() | {"auto"}
    assert all(profile.name == name for name, profile in built_in().items())
    assert len({profile.title for profile in built_in().values()}) == len(built_in())


def test_each_starts_where_its_lift_does():
    starts = {name: profile.starts for name, profile in built_in().items() if profile.starts != "standing"}
    assert starts == {"deadlift": "floor", "kettlebell_deadlift": "floor", "swing": "hike"}
    assert {name for name, profile in built_in().items() if profile.starts_bent} == starts.keys()


LEAST = {"deadlift": 30, "kettlebell_deadlift": 30, "swing": 30, "kneeling": 25, "toe_touch": 50}
ROUND = {"deadlift": 45, "kettlebell_deadlift": 45, "swing": 35}
GAPS = {"deadlift": 15, "kettlebell_deadlift": 15, "swing": 5}


@pytest.mark.parametrize("name", built_in())
def test_limits_are_those_that_coaches_are_told(name):
    profile = built_in()[name]
    assert profile.least_rom_deg == LEAST.get(name, 35)
    assert profile.set_gap_s == GAPS.get(name, 10)
    if name != "toe_touch":
        assert profile.limits.spine_rounding_deg == ROUND.get(name, 25)


def test_a_toe_touch_may_round():
    assert built_in()["toe_touch"].may_round
    assert built_in()["toe_touch"].limits.spine_rounding_deg > 60


def test_a_user_s_own_says_what_it_says_and_the_rest_is_as_ever(own):
    profile = load_profile(own())
    assert (profile.name, profile.least_rom_deg, profile.set_gap_s) == ("pull_through", 40.0, 7.0)
    assert profile == Profile(
        name="pull_through",
        title="Cable pull-through",
        least_rom_deg=40,
        set_gap_s=7,
        limits=Limits(spine_rounding_deg=20),
    )


def test_a_name_is_chosen_or_a_file(own):
    assert choose("rdl") == ("rdl", None)
    assert choose("auto") == ("auto", None)
    path = own()
    assert choose(str(path)) == ("pull_through", load_profile(path))


def test_a_name_that_there_is_not_is_answered_with_those_there_are():
    with pytest.raises(ConfigError) as caught:
        choose("yoga")
    assert str(caught.value).startswith("--exercise yoga: is not known; name one of auto, ")
    assert all(name in str(caught.value) for name in exercises())
    assert ".toml" in str(caught.value)


@pytest.mark.parametrize("name", ["hinge", "toe_touch", "auto"])
def test_a_name_that_is_taken_is_refused(own, name):
    said = refusal(own(OWN.replace("pull_through", name)))
    assert f"name = '{name}' is taken" in said
    assert "name of its own" in said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name = ", "Invalid value"),
        ("name = 'x'\ntitle 3", "line 2"),
        ("title = 'Nameless'", "missing required field `name`"),
        ("name = 'x'", "missing required field `title`"),
        (OWN + "depth = 3", "unknown field `depth`"),
        (OWN.replace("40", "'forty'"), "`$.least_rom_deg`"),
        (OWN.replace("40", "-3"), "`$.least_rom_deg`"),
        (OWN.replace("= 20", "= 400"), "`$.limits.spine_rounding_deg`"),
        (OWN.replace("= 7\n", "= 0\n"), "`$.set_gap_s`"),
        (OWN.replace("pull_through", "Pull Through"), "`$.name`"),
        ("starts = 'lying'\n" + OWN, "Invalid enum value 'lying'"),
    ],
)
def test_a_file_that_is_no_exercise_is_answered_with_what_was_found_and_what_one_says(own, text, found):
    said = refusal(own(text))
    assert found in said
    assert "an exercise says name, title, starts, least_rom_deg" in said


def test_a_file_that_is_not_there_or_no_text_is_named(own, tmp_path):
    assert "cannot be read" in refusal(tmp_path / "nothing.toml")
    assert "cannot be read" in refusal(own(b"name = '\xff\xfe'"))
    assert "cannot be read" in refusal(tmp_path)


def test_a_user_s_own_exercise_is_counted_and_judged_by_its_own_limits(lifting, hinge, evenly, replayed, own):
    """Reps that go less than 40 degrees are none, 22 of flexion are too much, and seven seconds end a set."""
    small, plain, rounded = hinge(37.0, 4.0), hinge(), hinge(70.0, 22.5, (1.6, 0.4, 1.2, 9.0))
    lifter = lifting(plain, small, plain, rounded, plain, still_s=3.0)
    recorded = evenly(lifter, more_s=1.0)
    as_hinge = replayed(recorded)
    profile = load_profile(own())
    header = msgspec.structs.replace(recorded.header, exercise=profile.name, profile=profile)
    as_own = replayed(recorded._replace(header=header))
    assert [count for _, _, count in as_hinge.sets] == [5]
    assert as_own.sets == [(1, "pull_through", 3), (2, "pull_through", 1)]
    assert [fault.name for rep in as_hinge.reps for fault in rep.faults if fault.name == "spine_rounding"] == []
    assert [bool(rep.faults) for rep in as_own.reps] == [False, False, True, False]
    assert as_own.reps[2].faults[0].limit == 20.0


def test_a_recording_keeps_the_user_s_profile(own, lifting, hinge, evenly, tmp_path, replayed):
    recorded = evenly(lifting(hinge(), hinge()))
    profile = load_profile(own())
    header = msgspec.structs.replace(recorded.header, exercise=profile.name, profile=profile)
    path = tmp_path / "session.mcap"
    with McapWriter(path, header) as writer:
        writer.put(recorded.raw)
    assert open_recording(path).header.profile == profile
    said = hinge_imu.analyze(path)
    assert [rep.exercise for rep in said.reps] == ["pull_through"] * 2
    assert list(said.reps) == replayed(recorded._replace(header=header)).reps


def test_the_file_of_the_call_replaces_what_a_recording_was_of(own, lifting, hinge, evenly, tmp_path):
    recorded = evenly(lifting(hinge(), hinge(60.0)))
    path = tmp_path / "session.mcap"
    with McapWriter(path, recorded.header) as writer:
        writer.put(recorded.raw)
    assert hinge_imu.analyze(path).sets[0].exercise == "hinge"
    for smooth in (False, True):
        session = hinge_imu.analyze(path, exercise=str(own()), smooth=smooth)
        assert [(ended.exercise, ended.reps) for ended in session.sets] == [("pull_through", 2)]


def test_a_name_of_the_call_replaces_a_user_s_own(own, lifting, hinge, evenly, tmp_path):
    recorded = evenly(lifting(hinge(37.0, 4.0), hinge(37.0, 4.0)))
    profile = load_profile(own())
    path = tmp_path / "session.mcap"
    with McapWriter(path, msgspec.structs.replace(recorded.header, exercise=profile.name, profile=profile)) as writer:
        writer.put(recorded.raw)
    assert list(hinge_imu.analyze(path).reps) == []
    session = hinge_imu.analyze(path, exercise="hinge")
    assert [(ended.exercise, ended.reps) for ended in session.sets] == [("hinge", 2)]
