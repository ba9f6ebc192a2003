import io
import json
import time
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from rich.console import Console

from hinge_imu.app import drill as wiring
from hinge_imu.app import drill_guide, drill_results, drill_words
from hinge_imu.app.simulation import simulate_drill
from hinge_imu.config import ConfigError, CuesConfig, load
from hinge_imu.events import to_dict
from hinge_imu.protocols.protocol import LANGUAGES, find
from hinge_imu.recording import open_recording
from hinge_imu.simulate import drills
from hinge_imu.simulate.strap import strap
from hinge_imu.verdict import DrillEvent, DrillFinding


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Recordings of drills, through the real driver on simulated chips, each made once."""
    folder = tmp_path_factory.mktemp("drills")

    def record(name, fault=None, suffix=".mcap", **about):
        path = folder / f"{name}_{fault}_{suffix[1:]}{suffix}"
        if not path.exists():
            simulate_drill(path, load(), name, fault=fault, seed=5, **about)
        return path

    return record


def called_for(path):
    return json.loads(path.with_suffix(".json").read_text())["drill"]["verdict"]


@pytest.mark.parametrize(
    ("name", "fault"),
    [("toe_touch", None), ("self_assessment", "late_rounding"), ("single_leg", "not_square_left"), ("cat_cow", "flat")],
)
def test_a_recording_gets_the_verdict_that_its_truth_calls_for(recorded, name, fault):
    path = recorded(name, fault)
    assert wiring.from_recording(path, find(name)).verdict.verdict == called_for(path)


def test_a_recording_says_which_drill_it_is_of_and_how_its_reps_count(recorded):
    header = open_recording(recorded("flexibility")).header
    assert (header.labels["drill"], header.exercise, header.profile.name) == ("flexibility",) + ("forward_bend",) * 2
    assert open_recording(recorded("toe_touch")).header.tempo == "1-1-0"


def test_json_is_reps_and_sets_and_then_the_verdict_with_its_sentences(hinge_imu, lines, recorded, tmp_path):
    path = recorded("toe_touch")
    done = hinge_imu("drill", "toe_touch", "--from", path, "--json", "--athlete", "Zoë", "--results", tmp_path)
    assert done.returncode == 0, done.stderr
    *said, verdict = lines(done)
    assert [each["event"] for each in said] == ["rep"] * 15 + ["set"]
    assert {each["file"] for each in said} == {str(path)} == {verdict["file"]}
    assert (verdict["event"], verdict["drill"], verdict["verdict"]) == ("drill", "toe_touch", "passed")
    assert verdict["athlete"] == "Zoë"
    assert [mark["rep_id"] for mark in verdict["reps"]] == [rep["id"] for rep in said[:15]]
    assert all(finding["text"] for finding in verdict["findings"])
    assert {advice["name"] for advice in verdict["unseen"]} == {"forefoot", "fingertips", "knees"}
    assert verdict["changes"] is None


def test_what_cannot_be_judged_ends_with_1_and_says_why(hinge_imu, recorded, tmp_path):
    done = hinge_imu("drill", "plank", "--from", recorded("toe_touch"), "--results", tmp_path)
    assert done.returncode == 1
    assert "could not be judged" in done.stdout
    assert "no hold" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("bridge",), "drill bridge: is not known; name one of dowel"),
        (("dowel", "--from", "gone.mcap"), "gone.mcap"),
        (("dowel", "--from", "made", "--before", "gone.csv"), "gone.csv"),
        (("dowel", "--from", "made", "--compare", "made"), "only the drill kneeling is compared"),
        (("dowel", "--from", "made", "--athlete", " "), "--athlete NAME"),
        (("dowel", "--from", "made", "--language", "fr"), "'fr' is not one of 'en', 'de'"),
    ],
)
def test_a_wrong_call_is_one_line_that_says_how_it_is_right(hinge_imu, made, tmp_path, arguments, sentence):
    done = hinge_imu("drill", *(made if each == "made" else each for each in arguments), "--results", tmp_path / "r")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert sentence in line
    assert not (tmp_path / "r").exists()


def test_results_that_cannot_be_kept_are_said_with_the_mend(hinge_imu, recorded, tmp_path):
    (tmp_path / "file").write_text("")
    done = hinge_imu(
        "drill", "cat_cow", "--from", recorded("cat_cow"), "--athlete", "sam", "--results", tmp_path / "file" / "in"
    )
    assert done.returncode == 2
    assert "name another folder, --results DIR" in done.stderr


def test_without_a_name_the_drills_are_listed(hinge_imu):
    for arguments in ((), ("--list",)):
        done = hinge_imu("drill", *arguments)
        assert done.returncode == 0
        assert not [name for name in drills.DRILLS if name not in done.stdout]


def test_before_and_after_are_compared_and_only_what_means_something_is_said(recorded):
    limited, fine = recorded("flexibility", "limited"), recorded("flexibility", suffix=".csv")
    changed = wiring.from_recording(fine, find("flexibility"), before=limited).verdict.changes
    (hips,) = (change for change in changed if change.name == "hips")
    assert (hips.before, hips.after) == pytest.approx((42.0, 72.0), abs=1.5)
    assert wiring.from_recording(limited, find("flexibility"), before=limited).verdict.changes == ()


def test_kneeling_is_compared_with_the_standing_hinges_of_another_recording(recorded, tmp_path):
    both, standing = recorded("kneeling", "flexibility"), recorded("self_assessment", "late_rounding")
    verdict = wiring.from_recording(recorded("dowel"), find("kneeling"), standing=standing).verdict
    assert {finding.step for finding in verdict.findings} >= {"standing", "kneeling"}
    assert wiring.from_recording(both, find("kneeling")).verdict.verdict == called_for(both)


# What is said ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "fault"), [("single_leg", None), ("self_assessment", "late_rounding")])
def test_the_page_fits_into_80_columns_and_says_what_is_not_seen(recorded, name, fault, language):
    verdict = wiring.from_recording(recorded(name, fault), find(name)).verdict
    page = io.StringIO()
    told = drill_words.told(verdict, find(name), language)
    Console(file=page, width=80).print(drill_words.report(told, find(name), language))
    assert all(len(line) <= 80 for line in page.getvalue().splitlines())
    assert {"en": "do not see", "de": "nicht sehen"}[language] in page.getvalue()
    assert {"en": "not medical advice", "de": "kein medizinischer Rat"}[language] in page.getvalue()


def test_nothing_that_changed_by_enough_is_said_so(recorded):
    verdict = wiring.from_recording(recorded("dowel"), find("dowel"), before=recorded("dowel")).verdict
    page = io.StringIO()
    Console(file=page, width=80).print(drill_words.report(verdict, find("dowel")))
    assert "nothing changed by more than" in page.getvalue()


# Live ------------------------------------------------------------------------------------------------------


def test_live_it_is_guided_counted_ends_by_itself_and_is_judged_by_its_recording(board, tmp_path):
    config = msgspec.structs.replace(load(), cues=CuesConfig(buzzer_pin=23))
    protocol = find("dowel")
    step = msgspec.structs.replace(protocol.steps[-1], count=1)
    one = msgspec.structs.replace(protocol, steps=(protocol.steps[0], step))
    rng = np.random.default_rng(3)
    stage = drills.Stage(rng, 2.0)
    rep = replace(drills._reps(stage, "dowel", 1, spine_deg=5.0, depth_deg=60.0)[0], eccentric_s=1.5, concentric_s=1.2)
    drills.standing_set(stage, [rep], 1)
    bus = strap(drills.Lifter(stage.script(60.0), rng), config, rng, time.monotonic_ns)
    shown = []
    with bus.installed():
        path = wiring.live(
            config,
            one,
            tell=lambda _: None,
            watch=lambda progress: shown.append(drill_guide.state(progress)),
            seconds=40.0,
            recordings=tmp_path,
            athlete="sam",
        )
    assert shown[0].startswith("stand tall")
    assert any(text.startswith("0 / 1  a slow hinge") for text in shown)
    assert shown[-1] == "done: stand for a moment"
    played = board.pin(23).states
    assert sum(after.state for after in played) >= 2, "go, and the rep, are heard"
    judged = wiring.from_recording(path, one)
    assert (judged.verdict.verdict, judged.verdict.athlete) == ("passed", "sam")
    assert open_recording(path).header.labels == {"drill": "dowel"}


def test_live_without_a_strap_all_steps_are_shown_and_it_is_said_that_nobody_stood(hinge_imu, tmp_path):
    done = hinge_imu("drill", "wall", "--bus", 97, "--seconds", 1, "--recordings", tmp_path, "--language", "de")
    assert done.returncode == 1
    assert "Hinge zur Wand: nicht zu beurteilen" in done.stdout
    assert "1. eine Sekunde stillstehen" in done.stderr
    assert "2. die Hüfte nach hinten schieben" in done.stderr
    assert len([*tmp_path.glob("*.mcap")]) == 1


# What is kept, and what it opens ---------------------------------------------------------------------------


def test_verdicts_are_kept_and_open_the_next_level(hinge_imu, lines, recorded, tmp_path):
    for seed in (1, 2):
        for name in ("dowel", "wall"):
            path = tmp_path / f"{name}{seed}.csv"
            simulate_drill(path, load(), name, athlete="sam", seed=seed)
            assert hinge_imu("drill", name, "--from", path, "--results", tmp_path / "r").returncode == 0
    levels = lines(hinge_imu("progression", "--athlete", "sam", "--results", tmp_path / "r", "--json"))
    assert [each["level"] for each in levels if each["open"]] == ["unloaded", "light"]
    assert levels[1]["needs"][0] == {"drill": "dowel", "sessions": 2, "passed": 2}
    table = hinge_imu("progression", "--athlete", "sam", "--results", tmp_path / "r").stdout
    assert "SIMULATED" in table


def test_the_coach_opens_a_level_and_takes_it_back_with_name_and_time(hinge_imu, lines, tmp_path):
    options = ("--athlete", "sam", "--results", tmp_path)
    assert hinge_imu("progression", *options, "--unlock", "swing", "--by", "Kim").returncode == 0
    swing = lines(hinge_imu("progression", *options, "--json"))[-1]
    assert (swing["open"], swing["unlocked_by"], swing["unlocked_utc"][:2]) == (True, "Kim", "20")
    assert "opened by Kim" in hinge_imu("progression", *options).stdout
    assert "geöffnet von Kim" in hinge_imu("progression", *options, "--language", "de").stdout
    assert hinge_imu("progression", *options, "--lock", "swing", "--by", "Kim").returncode == 0
    assert not lines(hinge_imu("progression", *options, "--json"))[-1]["open"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--unlock", "swing"), "--unlock swing: say who decides, --by NAME"),
        (("--unlock", "fast", "--by", "Kim"), "level fast: is not known; name one of unloaded"),
    ],
)
def test_a_decision_that_is_nobodys_or_of_nothing_is_not_kept(hinge_imu, tmp_path, options, sentence):
    done = hinge_imu("progression", "--athlete", "sam", "--results", tmp_path, *options)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not [*tmp_path.iterdir()]


@pytest.fixture
def result():
    finding = DrillFinding(name="kept", grade="good", value=5.0, limit=10.0, unit="deg")
    nothing = {"reps": (), "practise": (), "unseen": ()}
    verdict = DrillEvent(id="a", drill="dowel", athlete="sam", verdict="passed", findings=(finding,), **nothing)
    return drill_results.Result(
        athlete="sam", made_utc="2026-01-31T17:05:00+00:00", made_from="a.mcap", simulated=False, verdict=verdict
    )


def test_what_is_kept_is_read_back_the_oldest_first(result, tmp_path):
    older = msgspec.structs.replace(result, made_utc="2025-01-31T17:05:00+00:00")
    for each in (result, older):
        path = drill_results.add(each, tmp_path)
    assert path == drill_results.path_of("sam", tmp_path)
    assert drill_results.read("sam", tmp_path).results == (older, result)
    assert json.loads(path.read_text().splitlines()[0])["verdict"]["verdict"] == "passed"


def test_a_line_that_a_power_cut_has_torn_costs_only_itself(result, hinge_imu, tmp_path):
    path = drill_results.add(result, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    drill_results.add(result, tmp_path)
    kept = drill_results.read("sam", tmp_path)
    assert (len(kept.results), kept.damaged) == (2, 1)
    assert "1 line of the results" in hinge_imu("progression", "--athlete", "sam", "--results", tmp_path).stderr


def test_results_are_kept_beside_the_calibrations(monkeypatch, tmp_path):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert drill_results.default_results() == tmp_path / "hinge-imu" / "drills"


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path):
    drill_results.path_of("sam", tmp_path).mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        drill_results.read("sam", tmp_path)


def test_a_verdict_is_plain_values(result):
    assert to_dict(result.verdict)["event"] == "drill"


# Simulated -------------------------------------------------------------------------------------------------


def test_a_simulated_drill_has_its_truth_beside_it(hinge_imu, tmp_path):
    out = tmp_path / "wall.csv"
    assert hinge_imu("simulate", out, "--drill", "wall", "--fault", "spine_first", "--athlete", "sam").returncode == 0
    truth = json.loads(out.with_suffix(".json").read_text())
    assert truth["drill"] == {"name": "wall", "fault": "spine_first", "verdict": "practise"}
    assert len(truth["reps"]) == 6
    assert open_recording(out).header.athlete == "sam"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--drill", "bridge"), "--drill bridge: is not simulated; these are: dowel"),
        (("--drill", "wall", "--tempo", "3-1-1-0"), "leave --tempo and --distractors out"),
        (("--drill", "wall", "--fault", "flat"), "--fault flat: is no fault of the drill wall; these are: rounding"),
    ],
)
def test_a_drill_that_is_not_simulated_is_refused_with_those_that_are(hinge_imu, tmp_path, options, sentence):
    done = hinge_imu("simulate", tmp_path / "x.mcap", *options)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not [*tmp_path.iterdir()]
