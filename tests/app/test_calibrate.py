import io
import itertools
import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from rich.console import Console
from scipy.spatial.transform import Rotation

from hinge_imu.app import calibrate, guide, replay, sides
from hinge_imu.app.calibrations import calibrated
from hinge_imu.app.convert import convert
from hinge_imu.app.sides import named
from hinge_imu.config import Calibration, ConfigError, load
from hinge_imu.events import SensorEvent
from hinge_imu.motion.expectation import uncalibrated
from hinge_imu.recording import McapWriter, open_recording
from hinge_imu.samples import RAW_SI, Flag, Header
from hinge_imu.sensing.identity import identities
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.hands import EDGES, FACES, Hands
from hinge_imu.simulate.imu import ImuErrors, mounted
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.strap import timetable

G = 9.80665
SEED = 12  # of two boards for which six sides are enough
TWICE = (FACES[0], FACES[1], FACES[0], *FACES[2:])


class Boards:
    """Two boards as bought, on the simulated bus in virtual time: first in somebody's hands, then on a lifter."""

    def __init__(self, seed, **errors):
        self._rng = np.random.default_rng(seed)
        self.clock = VirtualClock(5_000_000_000)
        self.errors = [replace(ImuErrors.draw(self._rng), **errors) for _ in range(2)]
        self._source = None
        chips = [Chip(lambda t_ns, i=i: self._source[i](t_ns), self.errors[i], seed=9 * seed + i) for i in (0, 1)]
        for chip in chips:
            chip.power_on(self.clock.now() - 300_000_000_000)
        self.chips = dict(zip((0x68, 0x69), chips, strict=True))
        self.bus = SimulatedBus(self.chips, self.clock.now, busy=self.clock.advance)

    def move(self, motions, mountings):
        start = self.clock.now()
        self._source = [mounted(*pair, start_ns=start) for pair in zip(motions, mountings, strict=True)]

    def in_hands(self, ups=FACES, **options):
        hands = Hands(ups, self._rng, **options)
        skewed = [Rotation.from_rotvec(self._rng.normal(0, 0.1, 3)).as_matrix() for _ in range(2)]
        self.move([hands.specific_force_and_rate] * 2, skewed)
        return hands.duration_s

    def record(self, path, seconds, config=None):
        with self.bus.installed():
            sampler = Sampler(config or load(), clock=self.clock.now)
            header = sampler.header(session_id="s", simulated=True, started_utc="2026-01-31T17:05:00+00:00")
            with McapWriter(path, header) as writer:
                for item in sampler.in_virtual_time(self.clock.advance, seconds):
                    writer.put(item)
            sampler.close()
        return path


def calibration_of(path, segments=()):
    told = []
    results = calibrate.from_recording(path, segments, tell=told.append, progress=lambda _: None)
    return {result.segment: result for result in results}, told


@pytest.fixture(scope="module")
def round_(tmp_path_factory):
    """One round of six sides, recorded."""
    boards = Boards(SEED)
    path = tmp_path_factory.mktemp("round") / "round.mcap"
    return boards, boards.record(path, boards.in_hands())


# A round ----------------------------------------------------------------------------------------------------


def test_six_sides_calibrate_both_boards_and_each_position_is_told(round_):
    _, path = round_
    results, told = calibration_of(path)
    assert {line.verdict for result in results.values() for line in result.lines} == {"good"}
    for segment in ("pelvis", "thorax"):
        mine = [side for side in told if side.segment == segment]
        assert [side.side for side in mine] == ["z up", "x up", "y up", "z down", "x down", "y down"]
        assert all(side.new for side in mine)
        assert mine[3].missing == ["x down", "y down"]
        assert mine[-1].missing == []
        assert results[segment].stored.cross_axis_fitted
        assert results[segment].stored.simulated
        assert results[segment].stored.made_utc == "2026-01-31T17:05:00+00:00"


def test_what_is_stored_reads_gravity_at_any_attitude_of_that_board(round_):
    boards, path = round_
    results, _ = calibration_of(path)
    up = np.random.default_rng(1).normal(size=(500, 3))
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    for errors, result in zip(boards.errors, results.values(), strict=True):
        warm = errors.acc_bias + (result.stored.temperature_deg_c - 25) * errors.acc_drift
        fit = result.stored.calibration
        seen = (G * up @ errors.acc_matrix.T + warm - fit.acc_bias) @ np.array(fit.acc_matrix)
        board, _ = Rotation.align_vectors(seen, up)
        cosine = np.sum(board.apply(up) * seen, axis=1) / np.linalg.norm(seen, axis=1)
        assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 0.3
        assert np.degrees(fit.gyr_bias) == pytest.approx(np.degrees(errors.gyr_bias), abs=5.0)


def test_a_repeated_side_is_told_and_does_no_harm(tmp_path):
    boards = Boards(7)
    path = boards.record(tmp_path / "again.mcap", boards.in_hands(TWICE))
    results, told = calibration_of(path, ("pelvis",))
    assert [side.new for side in told] == [True, True, False, True, True, True, True]
    assert "z up again; missing: x down, y up, y down, z down" in guide.said(told[2])
    assert results["pelvis"].stored is not None


def test_one_sensor_alone_can_be_asked_for(round_):
    results, told = calibration_of(round_[1], ("thorax",))
    assert list(results) == ["thorax"]
    assert {side.segment for side in told} == {"thorax"}


def test_the_same_comes_of_it_as_csv_within_a_twentieth_of_a_degree(round_, tmp_path):
    convert(round_[1], tmp_path / "round.csv")
    from_mcap, from_csv = (calibration_of(path)[0]["pelvis"].stored for path in (round_[1], tmp_path / "round.csv"))
    assert from_csv.acc_bias_m_s2 == pytest.approx(from_mcap.acc_bias_m_s2, abs=0.01)
    assert np.array(from_csv.acc_matrix) == pytest.approx(np.array(from_mcap.acc_matrix), abs=1e-3)
    assert from_csv.temperature_deg_c is None


def test_the_round_itself_is_read_as_it_was_measured_whatever_calibration_was_in_use(round_, tmp_path):
    boards = Boards(SEED)
    used = Calibration(acc_bias=(1.0, 1.0, 1.0), acc_matrix=((1.2, 0, 0), (0, 1, 0), (0, 0, 1)))
    config = load()
    sensors = tuple(msgspec.structs.replace(sensor, calibration=used) for sensor in config.sensors)
    path = boards.record(tmp_path / "r.mcap", boards.in_hands(), msgspec.structs.replace(config, sensors=sensors))
    with_one, without = calibration_of(path)[0], calibration_of(round_[1])[0]
    assert with_one["pelvis"].stored.acc_matrix == without["pelvis"].stored.acc_matrix


def test_when_six_sides_are_not_enough_a_lean_is_asked_for(tmp_path):
    # Over and over: no turn shows how x goes with z.
    flips = [(0, 0, 1), (0, 0, -1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0)]
    asked = []
    for seed in range(3):
        boards = Boards(20 + seed)
        path = boards.record(tmp_path / f"{seed}.mcap", boards.in_hands([*flips, *EDGES], turn_s=0.8))
        _, told = calibration_of(path, ("pelvis",))
        asked += [side for side in told if side.advice]
        assert told[-1].tilt_error_deg < 0.3
    assert asked
    assert all(side.advice.startswith("between ") for side in asked)
    assert "lean it, between" in guide.said(asked[0])


# What is refused --------------------------------------------------------------------------------------------


def header(**changes):
    return Header(
        **{"session_id": "s", "unit": "SI", "clock": "timed", "rate_hz": 100.0, "worn": ("pelvis",), **changes}
    )


def lying(ups, still_s=3.0, turn_s=1.0, change=lambda acc: acc):
    """A round by one perfect sensor at 100 Hz, with what is done to what it measures."""
    hands = Hands(ups, np.random.default_rng(0), still_s=still_s, turn_s=turn_s)
    t = np.arange(0, hands.duration_s, 0.01)
    raw = np.zeros(len(t), RAW_SI)
    raw["t_ns"], raw["seq"], raw["temp"] = np.rint(t * 1e9), np.arange(len(t)), 25.0
    raw["acc"], raw["gyr"] = hands.specific_force_and_rate(t)
    raw["acc"] = change(raw["acc"])
    return raw


def result_of(raw):
    one = calibrate.Round(header(), ("pelvis",))
    told = [*one.push(raw), *one.finish()]
    [result] = one.results(made_from="test", made_utc="2026-01-31T17:05:00Z", boards={})
    return result, told


def refusal(raw):
    result, _ = result_of(raw)
    assert result.stored is None
    return next(line for line in result.lines if line.verdict == "mend")


def test_too_few_sides_are_refused_and_the_missing_ones_named():
    line = refusal(lying(FACES[:4]))
    assert line.text == "4 of 6 positions; missing: x down, y down"
    assert "six sides" in line.mend


def test_who_never_lets_go_is_told_to():
    shaking = np.random.default_rng(0)
    line = refusal(lying(FACES, change=lambda acc: acc + shaking.normal(0, 1.0, acc.shape)))
    assert "never lay still" in line.text
    assert "let go" in line.mend


def test_gravity_that_is_none_points_to_the_unit():
    line = refusal(lying(FACES, change=lambda acc: acc / G))
    assert line.text == "lying still it measures 1.00 m/s^2, and gravity is 9.81"
    assert "must be in m/s^2" in line.mend


def test_a_position_that_does_not_fit_the_others_is_refused():
    def knocked(acc):
        spoiled = acc.copy()
        spoiled[1000:1400] *= 1.04  # the third position measures 40 mg too much
        return spoiled

    raw = lying([*FACES, *EDGES], change=knocked)
    line = refusal(raw)
    assert line.what == "residual"
    assert line.unit == "mg"
    assert "calibrate again" in line.mend


def test_an_axis_at_the_end_of_its_range_is_told():
    raw = lying(FACES)
    raw["flags"] = Flag.SATURATED
    assert f"{len(raw)} samples stand at the end of the range" in refusal(raw).text


def test_a_chip_that_still_warms_is_minded():
    raw = lying(FACES)
    raw["temp"] = 25 + 5 * np.arange(len(raw)) / len(raw)
    one = calibrate.Round(header(), ("pelvis",))
    for block in np.array_split(raw, 50):
        one.push(block)
    [result] = one.results(made_from="test", made_utc="2026-01-31T17:05:00Z", boards={})
    [line] = [line for line in result.lines if line.what == "temperature"]
    assert line.verdict == "mind"
    assert "five minutes" in line.mend
    assert result.stored is not None


def test_a_perfect_sensor_is_left_as_it_is():
    result, told = result_of(lying(FACES))
    assert result.stored.acc_bias_m_s2 == pytest.approx((0, 0, 0), abs=0.01)
    assert np.array(result.stored.acc_matrix) == pytest.approx(np.eye(3), abs=3e-3)
    assert [side.positions for side in told] == [1, 2, 3, 4, 5, 6]


def test_a_board_beyond_the_data_sheet_is_calibrated_and_minded():
    result, _ = result_of(lying([*FACES, *EDGES], change=lambda acc: acc + np.array([0.0, 0.0, 2.0])))
    [line] = [line for line in result.lines if line.what == "offset"]
    assert line.verdict == "mind"
    assert "clone" in line.mend
    assert result.stored.acc_bias_m_s2 == pytest.approx((0, 0, 2.0), abs=0.02)


def test_a_sensor_that_a_recording_does_not_have_is_named(tmp_path):
    boards = Boards(3)
    config = msgspec.structs.replace(load(), sensors=load().sensors[:1])
    boards.in_hands()
    path = boards.record(tmp_path / "one.mcap", 2.0, config)
    with pytest.raises(ConfigError, match=r"one.mcap: has no thorax; its sensors: pelvis"):
        calibration_of(path, ("thorax",))
    with pytest.raises(ConfigError, match=r"segment = 'thorax'"):
        calibrate.only(config, ("thorax",))


# What a person sees -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("up", "name"),
    [
        ((0, 0, 9), "z up"),
        ((-5, 1, 2), "x down"),
        ((1, 1, 0), "between x up and y up"),
        ((0, -1, 1), "between y down and z up"),
        ((-1, 0.2, 1), "between x down and z up"),
    ],
)
def test_positions_are_named_by_the_arrows_on_the_board(up, name):
    assert named(np.array(up) / np.linalg.norm(up)) == name


def test_every_lean_that_is_asked_for_is_one_that_is_recognised():
    for (first, second), way in itertools.product(sides.EDGES, ("up", "down")):
        up = np.zeros(3)
        up["xyz".index(first)], up["xyz".index(second)] = 1, 1 if way == "up" else -1
        assert named(up / np.linalg.norm(up)) == f"between {first} up and {second} {way}"


def test_the_seconds_left_to_hold_still_are_counted_down():
    one = sides.Sides("pelvis", 100.0)
    acc, gyr = np.tile([0.0, 0.0, G], (50, 1)), np.zeros((50, 3))
    seen = [guide.state(one)]
    for _ in range(5):
        one.push(acc, gyr, np.ones(50, bool))
        seen.append(guide.state(one))
    assert seen[0] == "pelvis: 0 of 6  moves"
    assert seen[1:4] == [f"pelvis: 0 of 6  hold still ... {left} s" for left in ("1.5", "1.0", "0.5")]
    assert seen[4] == seen[5] == "pelvis: 1 of 6  taken: turn it slowly to the next side"


def test_the_table_fits_into_80_columns_and_says_what_to_mend(round_):
    results, _ = calibration_of(round_[1])
    refused, _ = result_of(lying(FACES[:3]))
    for each in ([*results.values()], [refused]):
        page = io.StringIO()
        Console(file=page, width=80).print(guide.report(each))
        assert all(len(line) <= 80 for line in page.getvalue().splitlines())
    assert "! mend pelvis, positions:" in page.getvalue()


def test_what_the_driver_has_to_say_is_passed_on(round_):
    one = calibrate.Round(header(), ("pelvis",))
    event = SensorEvent(segment="pelvis", what="lost", at_s=1.0, text="0x68 does not answer")
    assert one.push(event) == [event]
    assert "0x68 does not answer" in guide.said(event)


# As a program -----------------------------------------------------------------------------------------------


def test_a_recording_becomes_files_and_json_lines(hinge_imu, lines, round_, tmp_path):
    done = hinge_imu("calibrate", "sensor", "--from", round_[1], "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    said = lines(done)
    assert [event["event"] for event in said].count("position") == 12
    stored = [event for event in said if event["event"] == "calibrated"]
    assert [event["stored"] for event in stored] == [
        str(tmp_path / name) for name in ("pelvis_0x68.json", "thorax_0x69.json")
    ]
    assert all(event["tilt_error_deg"] < 0.3 for event in stored)
    assert json.loads((tmp_path / "pelvis_0x68.json").read_text())["made_from"] == "round.mcap"


def test_a_refused_recording_ends_with_1_and_stores_nothing(hinge_imu, made, tmp_path):
    done = hinge_imu("calibrate", "sensor", "--from", made, "--out", tmp_path / "none")
    assert done.returncode == 1
    assert "! mend" in done.stdout
    assert "refused, nothing was stored" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_no_recording_ends_with_2_and_one_line(hinge_imu, tmp_path):
    done = hinge_imu("calibrate", "sensor", "--from", tmp_path / "gone.mcap")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "gone.mcap" in line


def test_the_help_teaches_the_procedure(hinge_imu):
    done = hinge_imu("calibrate", "sensor", "--help")
    assert done.returncode == 0
    assert "six sides" in " ".join(done.stdout.split())


# What it is for ---------------------------------------------------------------------------------------------


def inclinations(path, truth):
    """The largest error of the thorax's and pelvis' inclinations over a replayed session, deg."""
    seen = []
    replay.replay(open_recording(path), lambda angles: seen.append(angles.sagittal))
    t, pelvis, thorax = (np.concatenate([getattr(part, name) for part in seen]) for name in ("t_s", "pelvis", "thorax"))
    valid = np.isfinite(pelvis) & np.isfinite(thorax) & (t > 2.0)
    true = truth(t[valid])
    return max(np.abs(np.degrees(found[valid]) - deg).max() for found, deg in zip((pelvis, thorax), true, strict=True))


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_a_session_of_boards_as_bought_is_as_wrong_as_told_without_and_right_with_a_calibration(seed, tmp_path):
    # The gyroscope's own scale, up to 3 % of a fast movement, is not what this is about.
    boards = Boards(seed, gyr_matrix=np.eye(3))
    path = boards.record(tmp_path / "round.mcap", boards.in_hands())
    results = calibrate.from_recording(path, (), tell=lambda _: None, progress=lambda _: None)
    for result in results:
        calibrate.keep(result, tmp_path / "calibration")
    rng = np.random.default_rng(seed)
    lifter = Lifter(timetable(rng, "hinge", 3), rng, sway_deg=0.0)
    seconds = lifter.timetable.duration_s
    mountings = [Rotation.random(rng=rng).as_matrix() for _ in range(2)]
    off = {}
    for name, folders in (("without", []), ("with", [tmp_path / "calibration"])):
        boards.move([lambda t, i=i: lifter.specific_force_and_rate(i, t) for i in (0, 1)], mountings)
        with boards.bus.installed():
            config = calibrated(load(), folders, identities(1, load().sensors))
        recorded = boards.record(tmp_path / f"{name}.mcap", seconds, config)
        off[name] = inclinations(recorded, lifter.inclinations)
    assert off["without"] < np.degrees(uncalibrated().worst)
    assert off["with"] < 1.5
    assert off["with"] < off["without"] / 2
