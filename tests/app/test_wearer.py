import io
import json
from dataclasses import dataclass
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from rich.console import Console
from scipy.interpolate import PchipInterpolator
from scipy.spatial.transform import Rotation

from hinge_imu.app import wearer, wearer_guide, wearers
from hinge_imu.app.replay import replay
from hinge_imu.events import SensorEvent
from hinge_imu.pipeline import Pipeline
from hinge_imu.recording import McapWriter, open_recording
from hinge_imu.samples import NS, RAW_SI, SEGMENTS, Header, SagittalAngles
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable

RATE_HZ = 100.0
STANDING = (0.0, 0.0)
FOLDED = (70.0, 62.0)
TOES = (105.0, 60.0)
CATCOW = ((90.0, 90.0), (108.0, 66.0), (76.0, 100.0), (110.0, 64.0), (74.0, 102.0), (90.0, 90.0))


class Person(Lifter):
    """Someone who goes from one posture (thorax, pelvis, deg) to the next and stays there for a moment."""

    def __init__(self, *postures, move_s=2.0, stay_s=1.0, seed=0):
        times, values = [0.0, 2.0], [STANDING, STANDING]
        for posture in postures:
            times += [times[-1] + move_s, times[-1] + move_s + stay_s]
            values += [posture, posture]
        super().__init__(Timetable((), still_s=times[-1] / 2), np.random.default_rng(seed), sway_deg=0.1)
        self._way = PchipInterpolator(times, values, extrapolate=False)
        self._last = times[-1]

    def trunk(self, t, at):
        thorax, pelvis = self._way(np.clip(t, 0.0, self._last)).T
        return pelvis + self._lean.at(t), thorax + self._lean.at(t) + self._breath.at(t)


def hinges(number, posture=FOLDED):
    return [each for _ in range(number) for each in (posture, STANDING)]


@dataclass(frozen=True)
class Strap:
    """Two boards, mounted any way round; `seed` draws how."""

    seed: int = 0

    def worn(self, person, *, further=lambda t: (Rotation.identity(), Rotation.identity()), **header):
        rng = np.random.default_rng(self.seed)
        t = np.arange(0.0, person.timetable.duration_s, 1 / RATE_HZ)
        raw = np.zeros((len(t), 2), RAW_SI)
        raw["t_ns"], raw["seq"] = np.rint(t / NS).astype(np.int64)[:, None], np.arange(len(t))[:, None]
        raw["sensor"] = 0, 1
        for sensor in (0, 1):
            board = Rotation.random(rng=rng) * further(t)[sensor]
            raw["acc"][:, sensor], raw["gyr"][:, sensor] = map(board.apply, person.specific_force_and_rate(sensor, t))
        fields = {"session_id": "s", "unit": "SI", "clock": "timed", "rate_hz": RATE_HZ, "simulated": True}
        head = Header(**{**fields, "started_utc": "2026-01-31T17:05:00+00:00", **header})
        return head, raw[:, list(head.sensors)].ravel()


def result_of(header, raw, cuts=12, athlete="sam"):
    round_, told = wearer.Round(header), []
    wearer.run(round_, np.array_split(raw, cuts), told.append, lambda _: None)
    return round_.result(athlete, made_from="test", made_utc="2026-01-31T17:05:00+00:00"), told


def kinds(told):
    return [each.kind for each in told if not isinstance(each, SensorEvent)]


def refusal(header, raw):
    result, _ = result_of(header, raw)
    assert result.stored is None
    return next(line for line in result.lines if line.verdict == "mend")


def angles_of(header, raw):
    seen = []
    pipeline = Pipeline(header, lambda angles: seen.append(angles.sagittal))
    for block in np.array_split(raw, 40):
        pipeline.push(block)
    pipeline.finish()
    return SagittalAngles(*(np.concatenate(part) for part in zip(*seen, strict=True)))


def off(angles, person):
    """The largest error of pelvis and thorax, deg, from the first still second on."""
    since = angles.t_s > 1.6
    true = person.inclinations(angles.t_s[since])
    stance = person.inclinations(np.arange(0.3, 1.3, 0.01))
    found = np.degrees([angles.pelvis[since], angles.thorax[since]])
    return [np.nanmax(np.abs(f - (t - s.mean()))) for f, t, s in zip(found, true, stance, strict=True)]


BACKWARDS_FIRST = Person((15.0, -8.0), (60.0, -3.0), FOLDED, STANDING, *hinges(1), seed=5)


# What it is for ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_after_three_hinges_a_new_session_of_the_same_wearer_is_right_from_the_first_bend_on(seed):
    strap = Strap(seed)
    result, _ = result_of(*strap.worn(Person(*hinges(3), seed=seed)))
    assert {line.verdict for line in result.lines} == {"good"}
    header, raw = strap.worn(BACKWARDS_FIRST, wearer=result.stored.wearer)
    assert max(off(angles_of(header, raw), BACKWARDS_FIRST)) < 2.5
    unknown = msgspec.structs.replace(header, wearer=None)
    assert max(off(angles_of(unknown, raw), BACKWARDS_FIRST)) > 10.0


def test_a_pelvis_that_first_tilts_backwards_shows_that_it_does():
    strap = Strap(3)
    result, _ = result_of(*strap.worn(Person(*hinges(3))))
    angles = angles_of(*strap.worn(BACKWARDS_FIRST, wearer=result.stored.wearer))
    early = (angles.t_s > 3.8) & (angles.t_s < 5.0)
    assert np.degrees(np.nanmin(angles.pelvis[early])) == pytest.approx(-8.0, abs=1.5)


def test_what_is_stored_is_where_up_and_forward_are_on_each_board():
    strap = Strap(4)
    stored = result_of(*strap.worn(Person(*hinges(3))))[0].stored
    rng = np.random.default_rng(4)
    for segment in SEGMENTS:
        board = Rotation.random(rng=rng)
        for found, true in ((stored.worn[segment].up, (0, 1, 0)), (stored.worn[segment].falls, (-1, 0, 0))):
            assert np.degrees(np.arccos(np.dot(found, board.apply(true)))) < 1.0


def test_how_the_recording_is_cut_into_blocks_does_not_matter():
    header, raw = Strap(1).worn(Person(*hinges(3), TOES, STANDING, *CATCOW, STANDING))
    one, many = (result_of(header, raw, cuts)[0].stored for cuts in (1, 200))
    assert one.spine_flexion_deg == pytest.approx(many.spine_flexion_deg, abs=0.2)
    for segment in SEGMENTS:
        assert one.worn[segment].falls == pytest.approx(many.worn[segment].falls, abs=1e-3)


def test_what_was_known_before_counts_for_nothing():
    strap = Strap(2)
    header, raw = strap.worn(Person(*hinges(3)))
    stored = result_of(header, raw)[0].stored
    worn = {
        name: msgspec.structs.replace(each, falls=tuple(-x for x in each.falls)) for name, each in stored.worn.items()
    }
    wrong = msgspec.structs.replace(stored.wearer, worn=worn)
    assert result_of(msgspec.structs.replace(header, wearer=wrong), raw)[0].stored == stored


# The limits of the spine ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_toe_touch_and_cat_cow_are_told_apart_and_give_the_limits(seed):
    person = Person(*hinges(3), TOES, STANDING, *CATCOW, STANDING, seed=seed)
    result, told = result_of(*Strap(seed).worn(person))
    assert kinds(told) == ["hinge"] * 3 + ["toe_touch", "cat_cow"]
    assert result.stored.hinges == 3
    assert result.stored.spine_flexion_deg == pytest.approx(46.0, abs=2.0)
    assert result.stored.spine_extension_deg == pytest.approx(-28.0, abs=2.0)


def test_hinges_alone_leave_the_limits_unknown():
    stored = result_of(*Strap().worn(Person(*hinges(3))))[0].stored
    assert stored.spine_flexion_deg is None
    assert stored.spine_extension_deg is None


@pytest.mark.parametrize(
    ("postures", "kind"),
    [
        (((95.0, 88.0), (96.0, 96.0), (95.0, 88.0)), "hinge"),  # all fours, without arching or rounding
        (((50.0, 24.0),), "unsure"),  # rounds, but hardly leans
        (((28.0, 25.0),), "shallow"),
        (((45.0, 5.0),), "unsure"),  # from the back alone
        (((70.0, 62.0), TOES, (70.0, 62.0)), "toe_touch"),
    ],
)
def test_what_is_not_sure_gives_no_limit(postures, kind):
    person = Person(*hinges(3), *postures, STANDING)
    result, told = result_of(*Strap(1).worn(person))
    assert kinds(told)[3:] == [kind]
    assert result.stored.spine_extension_deg is None
    assert (result.stored.spine_flexion_deg is not None) == (kind == "toe_touch")


def test_who_leans_to_one_side_on_all_fours_does_not_turn_forward():
    straight, aside = (Person(*hinges(3), *CATCOW, STANDING) for _ in range(2))
    sway = aside._side
    # The hinges are over after 20 s, the round on all fours after 38.
    aside._side = SimpleNamespace(
        at=lambda t: sway.at(t) + np.interp(t, [20.5, 23.0, 37.0, 39.0], [0.0, 9.0, 9.0, 0.0])
    )
    one, other = (result_of(*Strap(2).worn(person))[0].stored for person in (straight, aside))
    for segment in SEGMENTS:
        assert one.worn[segment].falls == pytest.approx(other.worn[segment].falls, abs=2e-3)


def each_bend(angles, person, bends):
    """The largest error of either segment in each bend, deg."""
    starts = 2.0 + 6.0 * np.arange(bends)
    parts = [SagittalAngles(*(x[(angles.t_s > a) & (angles.t_s < a + 6)] for x in angles)) for a in starts]
    return [max(off(part, person)) for part in parts]


def put_on(turn):
    """Both boards turned on the body, about its axes: x forward, y up, z right."""
    return lambda t: (Rotation.from_rotvec(turn, degrees=True),) * 2


@pytest.mark.parametrize(
    ("turn", "wrong"),
    [
        ((0, 0, 30), 0),  # leans back: another stance, so forward is learnt anew
        ((180, 0, 0), 0),  # upside down, likewise
        ((0, 0, 12), 0),
        ((0, 12, 0), 0),
        ((0, 90, 0), 1),  # about the trunk's long axis the stance is the same; the first bend shows it
        ((0, 180, 0), 1),
    ],
)
def test_a_strap_that_is_put_on_another_way_costs_the_first_bend_at_most(turn, wrong):
    strap, person = Strap(2), Person(*hinges(3), seed=3)
    known = result_of(*strap.worn(Person(*hinges(3))))[0].stored.wearer
    angles = angles_of(*strap.worn(person, wearer=known, further=put_on(turn)))
    assert max(each_bend(angles, person, 3)[wrong:]) < 2.0


# What is refused --------------------------------------------------------------------------------------------


def test_who_never_stood_still_is_told_so():
    header, raw = Strap().worn(Person(*hinges(3)))
    raw["gyr"] += np.random.default_rng(0).normal(0, 0.5, raw["gyr"].shape)
    line = refusal(header, raw)
    assert (line.what, line.text) == ("stance", "never stood still")
    assert "stand still for a second" in line.mend


def test_no_bend_is_no_calibration():
    line = refusal(*Strap().worn(Person(STANDING, STANDING)))
    assert (line.what, line.text) == ("hinges", "no bend was seen")


def test_bends_that_are_too_shallow_are_refused_and_told_why():
    line = refusal(*Strap().worn(Person(*hinges(3, (29.0, 26.0)))))
    assert line.text == "0 whole hinges; of the other bends 3 leant less than 35 degrees"


def test_one_hinge_is_not_enough_and_two_are_minded():
    assert refusal(*Strap().worn(Person(*hinges(1)))).text == "1 whole hinge"
    result, _ = result_of(*Strap().worn(Person(*hinges(2))))
    assert [line.verdict for line in result.lines if line.what == "hinges"] == ["mind"]
    assert result.stored.hinges == 2


def test_who_rounds_the_back_instead_of_hinging_is_told_so():
    line = refusal(*Strap().worn(Person(*hinges(3, (75.0, 48.0)))))
    assert "3 rounded the back by more than 20 degrees" in line.text


def test_one_sensor_alone_is_refused():
    line = refusal(*Strap().worn(Person(*hinges(3)), worn=("thorax",)))
    assert (line.segment, line.text) == ("pelvis", "is not there")


def test_a_board_that_fails_meanwhile_spoils_its_hinges():
    header, raw = Strap().worn(Person(*hinges(3)))
    gone = (raw["sensor"] == 0) & (raw["t_ns"] > 9e9)
    line = refusal(header, raw[~gone])
    assert "not seen whole" in line.text


def about_up(degrees, since_s):
    """Let the pelvis's board turn about the long axis of the trunk from a moment on."""
    return lambda t: (
        Rotation.from_rotvec(np.outer(np.radians(degrees) * (t > since_s), (0, 1, 0))),
        Rotation.identity(),
    )


def test_bends_that_go_different_ways_are_refused():
    header, raw = Strap().worn(Person(*hinges(3)), further=about_up(14.0, 13.7))
    line = refusal(header, raw)
    assert (line.what, line.segment) == ("forward", "pelvis")
    assert line.value == pytest.approx(14.0, abs=6.0)
    assert "without turning" in line.mend


def test_a_strap_that_slips_meanwhile_is_refused():
    header, raw = Strap().worn(Person(*hinges(5)), further=about_up(40.0, 13.7))
    line = refusal(header, raw)
    assert (line.what, line.segment) == ("straps", "pelvis")
    assert "tighten" in line.mend


# Live, it ends by itself ------------------------------------------------------------------------------------


def states(person):
    header, raw = Strap().worn(person)
    round_, seen, done_s = wearer.Round(header), [], None
    for number, block in enumerate(np.array_split(raw, len(raw) // 20)):
        round_.push(block)
        seen.append(wearer_guide.state(round_))
        if done_s is None and round_.done:
            done_s = number / 10
    return [each for each, before in zip(seen, ["", *seen], strict=False) if each != before], done_s


def test_the_lifter_is_told_what_is_next():
    said, done_s = states(Person(*hinges(3)))
    assert said[0] == "stand still ..."
    assert said[1] == "0 of 3 hinges  next: a slow hinge, and up again"
    assert said[2] == "seen: come up slowly, and stand tall"
    assert said[3].startswith("1 of 3 hinges")
    assert said[-1].startswith("3 hinges, that is enough; a toe touch, then all fours; or stand 1")
    assert done_s is None


def test_it_ends_once_all_is_seen_or_after_standing_idle():
    _, all_seen = states(Person(*hinges(3), TOES, STANDING, *CATCOW, STANDING))
    assert all_seen == pytest.approx(2 + 14 * 3 + 2, abs=3)
    idle = [STANDING] * 8
    _, gave_up = states(Person(*hinges(3), *idle))
    assert gave_up == pytest.approx(20 - 2 + 15, abs=2)


def test_what_was_seen_is_said_in_plain_words():
    person = Person(*hinges(1), (29.0, 26.0), STANDING, *hinges(1), TOES, STANDING, *CATCOW, STANDING)
    _, told = result_of(*Strap().worn(person))
    first, shallow, _, toes, fours = map(wearer_guide.said, told)
    assert first == "hinge 1: trunk 70, hips 62 degrees"
    assert shallow == "a bend that does not count as a hinge: it leant less than 35 degrees"
    assert toes.startswith("toe touch: spine ")
    assert fours.startswith("arching and rounding on all fours: spine -2")


def test_the_table_fits_into_80_columns_and_says_what_to_mend():
    good = result_of(*Strap().worn(Person(*hinges(3))))[0]
    refused = result_of(*Strap().worn(Person(*hinges(3, (29.0, 26.0)))))[0]
    for each in (good, refused):
        page = io.StringIO()
        Console(file=page, width=80).print(wearer_guide.report(each))
        assert all(len(line) <= 80 for line in page.getvalue().splitlines())
    assert "! mend hinges: bend slowly" in page.getvalue()


# As a program -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    path = tmp_path_factory.mktemp("wearer") / "hinges.mcap"
    header, raw = Strap(7).worn(Person(*hinges(3), TOES, STANDING), athlete="Sam O'Neil")
    with McapWriter(path, header) as writer:
        for block in np.array_split(raw, 20):
            writer.put(block)
    return path


def test_a_recording_becomes_a_file_and_json_lines(hinge_imu, lines, recorded, tmp_path):
    done = hinge_imu("calibrate", "wearer", "--from", recorded, "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    said = lines(done)
    assert [each["kind"] for each in said if each["event"] == "movement"] == ["hinge"] * 3 + ["toe_touch"]
    assert {each["what"] for each in said if each["event"] == "calibration"} >= {"hinges", "forward", "flexion"}
    [path] = tmp_path.iterdir()
    assert said[-1]["stored"] == str(path)
    fields = json.loads(path.read_text())
    assert (fields["athlete"], fields["made_from"], fields["version"]) == ("Sam O'Neil", "hinges.mcap", 1)
    assert fields["simulated"]


def test_a_session_carries_what_is_known_of_its_wearer(recorded, tmp_path):
    result = wearer.from_recording(recorded, "kim", tell=lambda _: None, progress=lambda _: None)
    wearer.keep(result, tmp_path)
    known = wearers.find("kim", [tmp_path / "none", tmp_path])
    path = tmp_path / "later.mcap"
    header, raw = Strap(7).worn(BACKWARDS_FIRST, wearer=known)
    with McapWriter(path, header) as writer:
        writer.put(raw)
    seen = []
    replay(open_recording(path), lambda angles: seen.append(angles.sagittal))
    angles = SagittalAngles(*(np.concatenate(part) for part in zip(*seen, strict=True)))
    assert max(off(angles, BACKWARDS_FIRST)) < 2.0


def test_refused_ends_with_1_and_stores_nothing(hinge_imu, made, tmp_path):
    recording = open_recording(made)
    short = tmp_path / "short.mcap"
    with McapWriter(short, recording.header) as writer:
        writer.put(next(recording.blocks()))
    done = hinge_imu("calibrate", "wearer", "--from", short, "--athlete", "sam", "--out", tmp_path / "none")
    assert done.returncode == 1
    assert "! mend" in done.stdout
    assert "sam: refused, nothing was stored" in done.stderr
    assert not (tmp_path / "none").exists()


def test_without_a_name_or_a_recording_the_call_is_wrong(hinge_imu, tmp_path):
    for arguments, word in ((("--bus", 97), "--athlete NAME"), (("--from", tmp_path / "gone.mcap"), "gone.mcap")):
        done = hinge_imu("calibrate", "wearer", *arguments)
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert word in line


def test_live_uses_the_athletes_file_and_says_so_once(hinge_imu, recorded, tmp_path):
    environment = {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    assert hinge_imu("calibrate", "wearer", "--from", recorded, env=environment).returncode == 0
    options = ("--no-publish", "--bus", 97, "--seconds", 1, "--recordings", tmp_path / "recordings")
    for athlete, known in (("Sam O'Neil", True), ("somebody else", False)):
        done = hinge_imu("live", "--athlete", athlete, *options, env=environment)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("is known since 2026-01-31") == known
        newest = max((tmp_path / "recordings").glob("*.mcap"), key=lambda path: path.stat().st_mtime_ns)
        assert (open_recording(newest).header.wearer is not None) == known


def test_a_damaged_file_of_the_athlete_keeps_live_from_starting(hinge_imu, tmp_path):
    path = tmp_path / "hinge-imu" / "calibration" / "wearer_sam.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    done = hinge_imu("live", "--athlete", "sam", "--seconds", 1, "--no-publish", env={"XDG_DATA_HOME": str(tmp_path)})
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "wearer_sam.json: is damaged" in line
    assert "calibrate again" in line


def test_the_help_teaches_the_procedure(hinge_imu):
    text = " ".join(hinge_imu("calibrate", "wearer", "--help").stdout.split())
    assert "three slow hinges" in text
    assert "optional" in text
