import csv
import json

import numpy as np
import pytest

from hinge_imu.app.replay import replay
from hinge_imu.app.simulation import simulate
from hinge_imu.config import load
from hinge_imu.events import RepEvent, SetEvent
from hinge_imu.recording import open_recording

CONTRACT = {
    *("id", "revision", "set", "rep", "exercise", "status", "said_s", "start_s", "bottom_s", "end_s"),
    *("eccentric_s", "bottom_pause_s", "concentric_s", "top_pause_s", "tempo"),
    *("pelvis_rom_deg", "thorax_rom_deg", "spine_flexion_peak_deg", "spine_share", "faults"),
}


def test_a_replay_finds_the_reps_that_were_made_and_their_faults(made, truth):
    reps = [event for event in replay(open_recording(made)) if isinstance(event, RepEvent)]
    assert len(reps) == len(truth["reps"])
    for rep, true in zip(reps, truth["reps"], strict=True):
        assert rep.status == "confirmed"
        assert rep.bottom_s == pytest.approx(true["bottom_s"], abs=0.5)
        assert rep.thorax_rom_deg == pytest.approx(true["thorax_rom_deg"], abs=3)
        assert [fault.name for fault in rep.faults] == true["faults"]


def test_json_is_one_object_a_line_with_the_fields_of_the_contract_and_nothing_else(hinge_imu, lines, made):
    done = hinge_imu("replay", "--json", made)
    assert done.returncode == 0, done.stderr
    events = lines(done)
    reps = [event for event in events if event["event"] == "rep"]
    assert {event["file"] for event in events} == {str(made)}
    assert all(set(rep) >= CONTRACT for rep in reps)
    assert len({rep["id"] for rep in reps}) == len(reps)
    assert [event["reps"] for event in events if event["event"] == "set"] == [len(reps)]


def test_the_angles_come_a_row_a_sample_and_are_the_truth(hinge_imu, made, tmp_path):
    out = tmp_path / "angles.csv"
    assert hinge_imu("replay", "--angles", out, made).returncode == 0
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["t_s", "pelvis_deg", "thorax_deg", "spine_deg"]
    assert rows[0]["thorax_deg"] == ""  # nothing is known before the first still second
    known = np.array([[float(row[name]) for name in rows[0]] for row in rows if row["spine_deg"]])
    with np.load(made.with_suffix(".npz")) as true:
        error = known[:, 2] - np.interp(known[:, 0], true["t_s"], true["thorax_deg"])
    assert np.sqrt(np.mean(error**2)) < 2.5
    assert len(rows) == pytest.approx(float(rows[-1]["t_s"]) * 200, rel=0.02)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.csv", None, "there is no such file"),
        ("empty.csv", b"", "is empty"),
        ("photo.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "photo.csv"),
        ("notes.mcap", b"this is no recording", "is no MCAP file"),
        ("column.csv", b"t_s,pelvis_acc_x,pelvis_acc_y\n0,0,0\n0.05,0,0\n", "pelvis_acc_z"),
        ("film.mp4", b"xxxx", "the suffix '.mp4' is not known"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_helpful_line_and_exit_status_2(hinge_imu, tmp_path, name, content, words):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    done = hinge_imu("replay", "--json", path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert str(path) in line
    assert words in line


def test_times_that_run_backwards_are_named_by_their_line(hinge_imu, made, tmp_path):
    path = tmp_path / "backwards.csv"
    assert hinge_imu("convert", made, path).returncode == 0
    head, *rows = path.read_text().split("\nt_s", 1)[1].splitlines()
    rows[500], rows[501] = rows[501], rows[500]
    path.write_text("\n".join([f"t_s{head}", *rows]) + "\n")
    done = hinge_imu("replay", path)
    assert done.returncode == 2
    assert "line 503" in done.stderr
    assert "runs back" in done.stderr


def test_a_good_file_is_still_replayed_beside_a_wrong_one(hinge_imu, lines, made, tmp_path):
    done = hinge_imu("replay", "--json", tmp_path / "missing.csv", made)
    assert done.returncode == 2
    assert {event["file"] for event in lines(done)} == {str(made)}


def test_a_wrong_call_is_one_line_and_exit_status_2(hinge_imu, made):
    for arguments in (["replay", "--exercise", "yoga", made], ["replay"], ["replay", "--bogus", made]):
        done = hinge_imu(*arguments)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1


def test_a_recording_that_does_not_begin_still_is_no_error_but_said(hinge_imu, lines, tmp_path):
    t = np.arange(0, 12, 0.02)
    shake = np.where(t < 6, 3.0, 0.0) * np.sin(2 * np.pi * 2 * t)
    path = tmp_path / "late.csv"
    names = [f"thorax_{what}_{axis}" for what in ("acc", "gyr") for axis in "xyz"]
    rows = np.stack([t, shake, 9.81 + shake, 0 * t, shake, 0 * t, 0 * t], axis=1)
    path.write_text(",".join(["t_s", *names]) + "\n" + "\n".join(",".join(map(repr, row)) for row in rows.tolist()))
    done = hinge_imu("replay", "--json", path)
    assert done.returncode == 0
    assert [event["event"] for event in lines(done)] == ["session"]
    assert "did not stand still for the first" in done.stderr


def test_the_sets_are_said_after_their_reps(made):
    kinds = [type(event) for event in replay(open_recording(made)) if isinstance(event, RepEvent | SetEvent)]
    assert kinds == [RepEvent] * 6 + [SetEvent]


@pytest.fixture(scope="module")
def pulled(tmp_path_factory):
    """Four pulls from the floor."""
    path = tmp_path_factory.mktemp("pulled") / "session.mcap"
    simulate(path, load(), exercise="deadlift", reps=4, tempo=(1.5, 1.0, 2.5, 1.0), seed=3)
    return path


def test_pulls_from_the_floor_are_said_in_the_order_of_a_tempo_whichever_way_they_begin(hinge_imu, lines, pulled):
    labels = json.loads(pulled.with_suffix(".json").read_text())["reps"]
    for option in ([], ["--smooth"]):
        events = lines(hinge_imu("replay", "--json", *option, pulled))
        reps = [event for event in events if event["event"] == "rep"]
        for rep, label in zip(reps, labels, strict=True):
            assert label["order"] == "con"
            assert rep["start_s"] == pytest.approx(label["start_s"], abs=0.15)
            assert rep["eccentric_s"] == pytest.approx(label["eccentric_s"], abs=0.2)
            assert rep["concentric_s"] == pytest.approx(label["concentric_s"], abs=0.2)
        assert reps[-1]["bottom_pause_s"] is None
        [ended] = [event for event in events if event["event"] == "set"]
        assert (ended["start_s"], ended["end_s"]) == (reps[0]["start_s"], reps[-1]["end_s"])


def test_what_was_retracted_is_left_out_of_what_a_replay_says(pulled):
    events = replay(open_recording(pulled))
    reps = [event for event in events if isinstance(event, RepEvent)]
    assert {rep.status for rep in reps} == {"confirmed"}
    assert [event.reps for event in events if isinstance(event, SetEvent)] == [4] == [len(reps)]


def test_an_exercise_of_one_s_own_is_named_by_its_file(hinge_imu, lines, made, tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('name = "pull_through"\ntitle = "Cable pull-through"\n[limits]\nspine_rounding_deg = 89\n')
    said = lines(hinge_imu("replay", "--json", "--exercise", own, made))
    assert {event["exercise"] for event in said if event["event"] in {"rep", "set"}} == {"pull_through"}
    assert not [event for event in said if event["event"] == "fault"], "as it has been told"


@pytest.mark.parametrize(
    ("text", "found"),
    [(None, "cannot be read"), ("name = ", "is no exercise"), ('name = "rdl"\ntitle = "Mine"', "is taken")],
)
def test_a_file_that_is_no_exercise_is_one_helpful_line_and_exit_status_2(hinge_imu, made, tmp_path, text, found):
    own = tmp_path / "mine.toml"
    if text is not None:
        own.write_text(text)
    done = hinge_imu("replay", "--json", "--exercise", own, made)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert str(own) in line
    assert found in line


def test_the_exercise_of_the_call_replaces_that_of_the_recording(hinge_imu, lines, made):
    said = lines(hinge_imu("replay", "--json", "--exercise", "rdl", made))
    assert {event["exercise"] for event in said if event["event"] == "rep"} == {"rdl"}


def test_labels_beside_a_simulated_recording_say_that_it_is_simulated(truth):
    assert truth["simulated"] is True
    assert json.dumps(truth)


def test_smooth_measures_the_same_reps_again_and_closer_to_the_truth(hinge_imu, lines, made, truth):
    plain, smooth = (
        [event for event in lines(hinge_imu("replay", "--json", *option, made)) if event["event"] == "rep"]
        for option in ([], ["--smooth"])
    )
    assert [rep["id"] for rep in smooth] == [rep["id"] for rep in plain]
    assert [rep["revision"] for rep in smooth] == [rep["revision"] + 1 for rep in plain]

    def error(reps):
        pairs = zip(reps, truth["reps"], strict=True)
        return np.sqrt(np.mean([(rep["thorax_rom_deg"] - true["thorax_rom_deg"]) ** 2 for rep, true in pairs]))

    assert error(smooth) < max(error(plain), 0.5)


def test_smooth_knows_the_mounting_from_the_stance_on(hinge_imu, made, tmp_path):
    out = tmp_path / "smooth.csv"
    assert hinge_imu("replay", "--smooth", "--angles", out, made).returncode == 0
    table = np.genfromtxt(out, delimiter=",", names=True)
    known = np.isfinite(table["spine_deg"])
    with np.load(made.with_suffix(".npz")) as true:
        error = table["pelvis_deg"] - np.interp(table["t_s"], true["t_s"], true["pelvis_deg"])
    assert np.sqrt(np.mean(error[known] ** 2)) < 1.5
    assert np.flatnonzero(known)[0] < 1.5 * 200


@pytest.mark.parametrize("option", [[], ["--smooth"]])
@pytest.mark.parametrize("value", ["0", ""])
def test_a_recording_without_one_real_sample_says_so_and_is_no_error(hinge_imu, lines, tmp_path, value, option):
    path = tmp_path / "dead.csv"
    names = [f"thorax_{what}_{axis}" for what in ("acc", "gyr") for axis in "xyz"]
    rows = [",".join([f"{i / 100}", *[value] * 6]) for i in range(300)]
    path.write_text("\n".join([",".join(["t_s", *names]), *rows]) + "\n")
    done = hinge_imu("replay", "--json", *option, path)
    assert done.returncode == 0
    assert [event["event"] for event in lines(done)] == ["session"]
    assert done.stderr.splitlines() == ["note: no samples came, so there are no angles and no reps"]
