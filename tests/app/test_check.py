import errno
import io
import math
import os

import msgspec
import numpy as np
import pytest
from rich.console import Console
from scipy.spatial.transform import Rotation
from smbus2 import smbus2

from hinge_imu.app import check, condition, verdicts
from hinge_imu.app.checklist import MARKS, Checklist
from hinge_imu.app.findings import Finding
from hinge_imu.config import ChipConfig, Config, SensorConfig, load
from hinge_imu.events import SensorEvent
from hinge_imu.sensing import budget
from hinge_imu.sensing.selftest import METHODS, Bench
from hinge_imu.sensing.survey import BroughtUp, Run, Streamed
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import ImuErrors

G = 9.80665


class Strap:
    """Two boards on a table, on a bus in virtual time; spoil something, then check."""

    def __init__(self, names=(0x68, 0x68), *, hz=400_000, seed=3):
        rng = np.random.default_rng(seed)
        self.clock = VirtualClock(987_654_321)
        self.pelvis, self.thorax = (
            Chip(self._lying(rng), ImuErrors.draw(rng), seed=i, who_am_i=names[i]) for i in (0, 1)
        )
        self.bus = SimulatedBus({0x68: self.pelvis, 0x69: self.thorax}, self.clock.now, busy=self.clock.advance, hz=hz)
        self.shake = 0.0

    def _lying(self, rng):
        up = Rotation.random(rng=rng).apply([0, 0, G])

        def source(t_ns):
            rate = self.shake * np.sin(t_ns * 1e-9 * 12)[:, None] * np.ones(3)
            return np.tile(up, (len(t_ns), 1)), rate, 21.0

        return source

    def wait(self, seconds):
        self.clock.advance(round(seconds * 1e9))

    def check(self, config=None, **options):
        options = {"clock": self.clock.now, "wait": self.wait, "seconds": 2.0, **options}
        with self.bus.installed():
            return check.check(config or load(), **options)


@pytest.fixture
def strap():
    return Strap()


def verdict(findings, what, segment=None):
    (finding,) = [each for each in findings if (each.what, each.segment) == (what, segment)]
    return finding


def mends(findings):
    return {(each.what, each.segment) for each in findings if each.verdict == "mend"}


def plan(hz=400_000.0, rate=200.0, chips=2):
    return budget.plan(hz, rate, chips)


def run_at(hz=400_000.0, rate=200.0, free_s=0.018, said=()):
    return Run(hz, plan(hz, rate), rate, free_s, said=list(said))


def streamed(**changes):
    usual = Streamed(200.0, 0.0027 * G, math.radians(0.033), np.array([0.0, G, 0.0]), 25.0, 1000, 0, 0)
    return usual._replace(**changes)


def judged(what, found, run=None):
    return verdict(condition.streamed("pelvis", found, run or run_at(), ChipConfig()), what, "pelvis")


# All of it, on simulated chips -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_two_good_boards_as_bought_are_good_in_every_line(seed):
    findings = Strap(seed=seed).check()
    assert {finding.verdict for finding in findings} == {"good"}
    assert not check.failed(findings)
    assert [finding.segment for finding in findings].count("pelvis") == 11
    assert [finding.segment for finding in findings].count("thorax") == 11
    assert [finding.what for finding in findings if finding.segment is None] == [
        "bus",
        "bus_speed",
        "bus_load",
        "free_time",
    ]


def test_a_missing_chip_is_named_with_its_wires_and_ad0_while_the_other_is_checked(strap):
    strap.bus.unplug(0x69)
    findings = strap.check()
    assert mends(findings) == {("answer", "thorax")}
    answer = verdict(findings, "answer", "thorax")
    assert "0x69" in answer.text
    assert "AD0 to 3V3" in answer.mend
    assert "VCC" in answer.mend
    assert verdict(findings, "rate", "pelvis").verdict == "good"


def test_the_lower_chip_missing_is_no_matter_of_two_at_one_address(strap):
    strap.bus.unplug(0x68)
    answer = verdict(strap.check(), "answer", "pelvis")
    assert answer.verdict == "mend"
    assert "AD0 to GND" in answer.mend


def test_both_boards_at_one_address_are_seen_through(strap):
    strap.bus = SimulatedBus({0x68: (strap.pelvis, strap.thorax)}, strap.clock.now, busy=strap.clock.advance)
    findings = strap.check()
    assert mends(findings) == {("answer", "pelvis"), ("answer", "thorax")}
    assert verdict(findings, "answer", "pelvis").text == "two chips answer at 0x68"
    assert "AD0" in verdict(findings, "answer", "pelvis").mend
    assert "both boards sit at 0x68" in verdict(findings, "answer", "thorax").mend


def test_a_clone_works_and_is_named(strap):
    findings = Strap((0x68, 0x70)).check()
    assert not check.failed(findings)
    part = verdict(findings, "part", "thorax")
    assert part.verdict == "mind"
    assert "MPU-6500" in part.text
    assert "512 bytes" in part.mend
    assert verdict(findings, "self_test", "thorax").verdict == "good"


def test_an_unknown_part_is_named_by_its_number_and_its_self_test_left_out():
    findings = Strap((0x3C, 0x68)).check()
    assert not check.failed(findings)
    assert "0x3c" in verdict(findings, "part", "pelvis").text
    assert verdict(findings, "self_test", "pelvis").text.startswith("skipped")


def test_a_failing_self_test_names_the_axis_and_the_board(strap):
    strap.thorax.self_test_response = 0.5
    findings = strap.check()
    assert mends(findings) == {("self_test", "thorax")}
    finding = verdict(findings, "self_test", "thorax")
    assert finding.value == pytest.approx(50, abs=3)
    assert "replace the board" in finding.mend


def test_a_chip_that_does_not_wake_points_to_its_supply(strap):
    strap.thorax.deafen(1_000_000)
    findings = strap.check()
    assert mends(findings) == {("awake", "thorax")}
    assert verdict(findings, "awake", "thorax").text == "does not stay awake"
    assert "VCC" in verdict(findings, "awake", "thorax").mend


@pytest.mark.parametrize("every_s", [0.45, 0.9, 1.7, 2.6])
def test_a_chip_that_falls_asleep_again_and_again_points_to_its_supply_too(strap, every_s):
    def wait(seconds):
        before = strap.clock.now()
        strap.wait(seconds)
        if strap.clock.now() // (every_s * 1e9) != before // (every_s * 1e9):
            strap.thorax.power_on(strap.clock.now())

    # Its self-test may go through between two dips, or not.
    finding = verdict(strap.check(wait=wait), "awake", "thorax")
    assert finding.verdict == "mend"
    assert "supply" in finding.mend


def test_a_slow_bus_is_named_with_the_line_for_the_boot_configuration():
    findings = Strap(hz=100_000).check()
    assert mends(findings) == {("bus_speed", None)}
    speed = verdict(findings, "bus_speed")
    assert speed.value == pytest.approx(100, abs=2)
    assert "dtparam=i2c_arm=on,i2c_arm_baudrate=400000" in speed.mend


def test_a_bus_that_cannot_carry_the_rate_at_all_is_told_by_what_it_can():
    findings = Strap(hz=62_500).check()
    # Both chips would keep it busy 83 % of the time at 125 Hz; 100 Hz is the next round rate.
    assert "it carries 100 samples a second" in verdict(findings, "bus_speed").mend
    assert verdict(findings, "rate", "pelvis").verdict == "good", "judged by the rate that was set instead"


def test_a_strap_that_is_moved_is_to_be_laid_down_and_nothing_else_is_said_of_it(strap):
    strap.shake = 0.5
    findings = strap.check()
    assert mends(findings) == {("still", "pelvis"), ("still", "thorax")}
    assert verdict(findings, "self_test", "pelvis").text == "not judged: it moved"
    assert "gravity" not in {finding.what for finding in findings}


def test_a_stuck_bus_is_one_line(strap):
    strap.bus.hold()
    (finding,) = strap.check()
    assert (finding.what, finding.verdict) == ("bus", "mend")
    assert "SDA or SCL" in finding.text


def test_a_chip_pulled_out_while_it_runs_has_dropped_samples(strap):
    began = strap.clock.now()

    def wait(seconds):
        strap.wait(seconds)
        if strap.clock.now() - began > 4.5e9:
            strap.bus.unplug(0x69)

    findings = strap.check(wait=wait)
    assert mends(findings) == {("dropped", "thorax")}
    assert "0x69" in verdict(findings, "dropped", "thorax").mend


def test_a_chip_that_goes_between_its_self_test_and_the_run_is_not_passed_over(strap):
    config = Config(sensors=(SensorConfig(segment="pelvis", address=0x68),))
    findings = strap.check(config, progress=lambda _: strap.bus.unplug(0x68))
    bus = verdict(findings, "bus")
    assert bus.verdict == "mend"
    assert "0x68" in bus.text
    assert "a wire is loose" in bus.mend


def test_a_chip_without_a_place_in_the_configuration_is_mentioned(strap):
    config = Config(sensors=(SensorConfig(segment="thorax", address=0x69),))
    findings = strap.check(config)
    assert not check.failed(findings)
    (stranger,) = [finding for finding in findings if finding.verdict == "mind"]
    assert "0x68" in stranger.text


@pytest.mark.parametrize(
    ("number", "mend"), [(errno.ENOENT, "dtparam=i2c_arm=on"), (errno.EACCES, "group i2c"), (errno.EMFILE, "--bus N")]
)
def test_a_bus_that_does_not_open_is_the_only_line(strap, monkeypatch, number, mend):
    def refuse(path, flags):
        raise OSError(number, os.strerror(number))

    with strap.bus.installed():
        monkeypatch.setattr(smbus2.os, "open", refuse)
        (finding,) = check.check(load())
    assert (finding.what, finding.verdict) == ("bus", "mend")
    assert finding.text.startswith("/dev/i2c-1 ")
    assert mend in finding.mend


def test_an_address_that_a_kernel_driver_holds_is_told_with_the_overlay(strap, monkeypatch):
    with strap.bus.installed():
        inner = smbus2.ioctl

        def held(fd, request, argument=0):
            if request == smbus2.I2C_SLAVE and argument == 0x68:
                raise OSError(errno.EBUSY, "busy")
            return inner(fd, request, argument)

        monkeypatch.setattr(smbus2, "ioctl", held)
        findings = check.check(load(), seconds=2.0, clock=strap.clock.now, wait=strap.wait)
    answer = verdict(findings, "answer", "pelvis")
    assert "kernel driver holds 0x68" in answer.text
    assert "dtoverlay" in answer.mend
    assert verdict(findings, "rate", "thorax").verdict == "good"


def test_progress_rises_to_the_whole(strap):
    shares = []
    strap.check(progress=shares.append)
    assert np.all(np.diff(shares) >= 0)
    assert shares[-1] == pytest.approx(1, abs=0.02)


# Verdicts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "expected"), [(200.0, "good"), (203.9, "good"), (196.2, "good"), (205.0, "mind"), (193.9, "mend")]
)
def test_the_rate_is_judged_by_its_distance_from_nominal_either_way(rate, expected):
    assert judged("rate", streamed(rate_hz=rate)).verdict == expected


def test_a_rate_that_could_not_be_measured_is_no_number(strap):
    finding = judged("rate", streamed(rate_hz=math.nan))
    assert (finding.value, finding.verdict) == (None, "mind")


@pytest.mark.parametrize(("times", "expected"), [(1.0, "good"), (1.9, "good"), (3.0, "mind"), (6.0, "mend")])
def test_noise_is_judged_by_the_data_sheet(times, expected):
    # 0.05 deg/s rms at 98 Hz (PS 6.1) are 0.033 at 44 Hz; 400 ug per root of Hz are 2.65 mg.
    gyr = math.radians(0.05 * math.sqrt(44 / 98)) * times
    assert judged("gyr_noise", streamed(gyr_noise=gyr)).verdict == expected
    assert judged("acc_noise", streamed(acc_noise=0.00265 * G * times)).verdict == expected


def test_no_noise_at_all_is_a_frozen_chip():
    assert judged("gyr_noise", streamed(gyr_noise=0.0)).verdict == "mend"
    assert "never change" in judged("acc_noise", streamed(acc_noise=0.0)).mend


@pytest.mark.parametrize(
    ("acc_g", "expected"),
    [
        ((0, 1.079, 0), "good"),  # 3 % of scale and 50 mg on y
        ((0, 1.09, 0), "mend"),
        ((0, 0, -1.109), "good"),  # 3 % and 80 mg on z
        ((0, 0, -1.12), "mend"),
        ((0.921, 0, 0), "good"),
        ((0.91, 0, 0), "mend"),
        ((0, 0, 0), "mend"),
    ],
)
def test_gravity_may_be_off_by_what_the_axis_it_lies_on_may(acc_g, expected):
    assert judged("gravity", streamed(acc=np.array(acc_g) * G)).verdict == expected


@pytest.mark.parametrize(("missing", "bad", "expected"), [(0, 0, "good"), (3, 2, "mind"), (8, 8, "mend")])
def test_dropped_samples_are_judged_by_their_share(missing, bad, expected):
    assert judged("dropped", streamed(missing=missing, bad=bad)).verdict == expected


def test_the_mend_for_dropped_samples_quotes_the_driver():
    lost = SensorEvent(segment="pelvis", what="lost", at_s=1.0, text="no answer at 0x68")
    other = SensorEvent(segment="thorax", what="lost", at_s=2.0, text="no answer at 0x69")
    mend = judged("dropped", streamed(missing=500), run_at(said=[lost, other])).mend
    assert "no answer at 0x68" in mend
    assert "0x69" not in mend


@pytest.mark.parametrize(("celsius", "expected"), [(25.0, "good"), (-20.0, "mind"), (80.0, "mind")])
def test_a_temperature_nobody_trains_at_is_to_be_minded(celsius, expected):
    assert judged("temperature", streamed(temperature_c=celsius)).verdict == expected


def test_a_chip_that_gave_nothing_has_only_dropped():
    nothing = Streamed(math.nan, math.nan, math.nan, np.full(3, math.nan), math.nan, 1000, 1000, 0)
    (finding,) = condition.streamed("pelvis", nothing, run_at(), ChipConfig())
    assert (finding.what, finding.verdict) == ("dropped", "mend")


@pytest.mark.parametrize(("change", "expected"), [(0.13, "good"), (-0.13, "good"), (0.15, "mend"), (-0.15, "mend")])
def test_a_self_test_passes_within_14_percent_of_the_trim(change, expected):
    noise = np.random.default_rng(0).normal(0, 3, (50, 6))
    trim = np.array([2000.0, 2000, 2000, 4000, -4000, 4000])
    response = trim * np.array([1, 1, 1, 1, 1 + change, 1])
    finding = condition.self_test("pelvis", Bench(noise, noise + response, trim, METHODS["mpu6050"]))
    assert finding.verdict == expected
    assert "gyroscope y" in finding.text


@pytest.mark.parametrize(
    ("hz", "rate", "expected"), [(400e3, 200, "good"), (250e3, 200, "good"), (100e3, 200, "mend"), (100e3, 100, "good")]
)
def test_a_bus_is_slow_where_it_could_be_faster_and_has_little_room(hz, rate, expected):
    speed, _, _ = verdicts.carried(run_at(hz, rate), ChipConfig(rate_hz=rate), 2)
    assert speed.verdict == expected


def test_a_fast_bus_is_not_made_faster_for_a_rate_that_it_cannot_carry():
    speed, _, _ = verdicts.carried(run_at(330e3, 1000), ChipConfig(rate_hz=1000, low_pass_hz=184), 2)
    assert speed.verdict == "mend"
    assert speed.mend.endswith("lower [chip] rate_hz")
    assert "dtparam" not in speed.mend


@pytest.mark.parametrize(("free_s", "expected"), [(0.018, "good"), (0.002, "mend")])
def test_little_free_time_is_to_be_mended(free_s, expected):
    _, _, free = verdicts.carried(run_at(free_s=free_s), ChipConfig(), 2)
    assert free.verdict == expected


def test_a_chip_that_does_not_start_is_told_in_the_drivers_words():
    finding = verdicts.awake("pelvis", BroughtUp(None, "register 0x1a should read 0x03"), None)
    assert (finding.verdict, finding.mend) == ("mend", "register 0x1a should read 0x03")


# Words -----------------------------------------------------------------------------------------------------


def shown(findings, width=80):
    console = Console(file=io.StringIO(), width=width)
    console.print(Checklist("/dev/i2c-1", findings))
    return console.file.getvalue()


def test_what_is_to_be_mended_stands_below_the_table_before_what_is_to_be_minded(strap):
    strap = Strap((0x70, 0x68))
    strap.thorax.self_test_response = 0.5
    text = shown(strap.check())
    assert text.index("! mend thorax, self-test") < text.index("• mind pelvis, part")
    assert max(map(len, text.splitlines())) <= 80
    assert "nothing to mend" not in text


def test_a_good_strap_has_nothing_to_mend_and_each_line_on_one_line(strap):
    findings = strap.check()
    lines = shown(findings).splitlines()
    assert lines[-1].strip() == "nothing to mend"
    assert sum("✓ good" in line for line in lines) == len(findings)
    assert sum(bool(line.strip()) for line in lines) == len(findings) + 4, "title, head, rule and the last line"


def test_verdicts_are_told_apart_without_colour():
    assert len({words for words, _ in MARKS.values()}) == 3
    assert len({words[0] for words, _ in MARKS.values()}) == 3


def test_a_finding_as_json_has_its_kind_and_every_field():
    finding = Finding(what="rate", segment="pelvis", value=199.5, unit="Hz", text="199.5 Hz")
    assert msgspec.json.decode(msgspec.json.encode(finding.plain())) == {
        "event": "check",
        "what": "rate",
        "segment": "pelvis",
        "value": 199.5,
        "unit": "Hz",
        "verdict": "good",
        "text": "199.5 Hz",
        "mend": None,
    }
