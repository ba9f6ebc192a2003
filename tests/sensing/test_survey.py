import math

import numpy as np
import pytest
from smbus2 import SMBus

from hinge_imu.config import BusConfig, Config
from hinge_imu.samples import RAW, Flag, Header
from hinge_imu.sensing import survey
from hinge_imu.sensing.rescue import Rescue
from hinge_imu.simulate.imu import ImuErrors

G = 9.80665
HEADER = Header(
    session_id="check", unit="counts", clock="polled", rate_hz=200, acc_scale=G / 2048, gyr_scale=math.radians(1 / 16.4)
)
PART = ImuErrors(acc_noise=400e-6 * G, gyr_noise=math.radians(0.005), rate_error=0.008)
S = 1_000_000_000


@pytest.fixture
def lying(new_rig, standing):
    with new_rig(standing, PART) as rig:
        yield rig


@pytest.fixture
def run(lying):
    def build(seconds=5.0, wait=lying.wait, progress=lambda _: None):
        return survey.run(
            Config(),
            1,
            SMBus(1),
            seconds=seconds,
            clock=lying.clock.now,
            wait=wait,
            rescue=Rescue(BusConfig()),
            progress=progress,
        )

    return build


def polled(rate_hz, *, start_s=0.0, stop_s=5.0, first_seq=0):
    """Samples of a chip of this rate, polled every 21.9 ms, without noise."""
    taken_s = np.arange(start_s, stop_s, 1 / rate_hz)
    polls_s = np.arange(start_s, stop_s + 0.0219, 0.0219)
    stamps_s = polls_s[np.searchsorted(polls_s, taken_s)]
    raw = np.zeros(len(taken_s), RAW)
    raw["t_ns"] = np.rint(stamps_s * S)
    raw["seq"] = first_seq + np.arange(len(raw))
    raw["acc"][:, 1] = 2048
    raw["temp"] = round((21 - 36.53) * 340)
    return raw


def after_loss(raw):
    raw["flags"][0] = Flag.AFTER_LOSS
    return raw


def test_an_address_gives_its_name_or_why_there_is_none(lying):
    bus = SMBus(1)
    assert survey.ask(bus, 0x68) == 0x68
    lying.bus.unplug(0x69)
    assert survey.ask(bus, 0x69) == "none"
    lying.bus.hold()
    assert survey.ask(bus, 0x68) == "held"
    lying.bus.release()
    lying.bus.short(0xFF)
    assert survey.ask(bus, 0x68) == "held"


def test_a_chip_that_does_not_wake_is_found_asleep(lying):
    lying.chips[0x69].deafen(1_000_000)
    found = survey.brought_up(SMBus(1), 0x69, clock=lying.clock.now, wait=lying.wait)
    assert (found.bench, found.asleep) == (None, True)
    assert "asleep" in found.fault


def test_a_chip_that_does_not_come_up_for_another_reason_is_not_said_to_sleep(lying):
    lying.bus.unplug(0x69)
    found = survey.brought_up(SMBus(1), 0x69, clock=lying.clock.now, wait=lying.wait)
    assert (found.bench, found.asleep) == (None, False)
    assert "0x69" in found.fault


def test_a_run_measures_what_the_chips_and_the_bus_are(run):
    result = run()
    assert result.bus_hz == pytest.approx(400_000, rel=0.01)
    assert result.rate_hz == 200
    assert (result.asleep, result.said) == (set(), [])
    for segment in ("pelvis", "thorax"):
        chip = result.chips[segment]
        assert chip.rate_hz == pytest.approx(201.6, rel=2e-4)
        assert chip.due == pytest.approx(5 * 201.6, abs=15), "a poll more or less at either end"
        assert (chip.missing, chip.bad) == (0, 0)
        assert np.linalg.norm(chip.acc) == pytest.approx(G, abs=0.02)
        assert chip.acc_noise == pytest.approx(400e-6 * G * math.sqrt(44), rel=0.25)
        assert chip.gyr_noise == pytest.approx(math.radians(0.005) * math.sqrt(42), rel=0.35)
        assert chip.temperature_c == pytest.approx(25, abs=0.5)


def test_the_time_that_is_left_is_what_the_bus_is_not_busy_for(run, lying):
    busy = []
    inner = lying.bus._busy
    lying.bus._busy = lambda ns: (busy.append(ns), inner(ns))
    began = lying.clock.now()
    result = run()
    share = sum(busy) / (lying.clock.now() - began)
    assert result.free_s / result.plan.poll_s == pytest.approx(1 - share, abs=0.01)
    assert result.plan.load == pytest.approx(share, abs=0.03)


def test_progress_rises_to_the_whole(run):
    shares = []
    run(progress=shares.append)
    assert np.all(np.diff(shares) >= 0)
    assert shares[0] < 0.3
    assert shares[-1] == pytest.approx(1, abs=0.02)


def test_a_chip_that_falls_asleep_meanwhile_is_found_so(run, lying):
    began = lying.clock.now()
    dips = iter([3, 4, 5, 99])
    next_dip = [next(dips)]

    def wait(seconds):
        lying.wait(seconds)
        if lying.clock.now() - began > next_dip[0] * S:
            lying.chips[0x69].power_on(lying.clock.now())
            next_dip[0] = next(dips)

    result = run(wait=wait)
    assert result.asleep == {"thorax"}
    assert next(event.what for event in result.said if event.segment == "thorax") == "lost"
    assert result.chips["thorax"].missing > 50
    assert result.chips["pelvis"].missing == 0


def test_a_chip_that_is_pulled_out_is_no_sleeper_and_misses_the_rest(run, lying):
    began = lying.clock.now()

    def wait(seconds):
        lying.wait(seconds)
        if lying.clock.now() - began > 3 * S:
            lying.bus.unplug(0x69)

    result = run(wait=wait)
    chip = result.chips["thorax"]
    assert result.asleep == set()
    assert chip.missing == pytest.approx((6 - 3) * 201.6, abs=20)
    assert chip.due == pytest.approx(5 * 201.6, abs=20)


@pytest.mark.parametrize("rate", [190.0, 200.0, 207.3])
def test_the_rate_is_found_to_a_hundredth_of_a_percent_within_five_seconds(rate):
    assert survey.rate_hz(polled(rate)) == pytest.approx(rate, rel=2e-4)


def test_the_rate_is_that_of_the_longest_stretch_without_a_loss():
    raw = np.concatenate([polled(201.0, stop_s=1), after_loss(polled(201.0, start_s=2.3, stop_s=5, first_seq=201))])
    assert survey.rate_hz(raw) == pytest.approx(201.0, rel=5e-4)


def test_polls_that_were_interrupted_say_nothing_about_the_rate():
    raw = polled(200.0)
    late = (raw["t_ns"] // round(0.0219 * S)) % 5 == 0
    raw["flags"][late] = Flag.UNSURE_TIME
    raw["t_ns"][late] += round(0.015 * S)
    assert survey.rate_hz(raw) == pytest.approx(200.0, rel=5e-4)


def test_few_samples_have_no_rate_and_no_noise():
    few = survey.streamed(polled(200.0, stop_s=0.05), HEADER, 0, 5 * S)
    assert math.isnan(few.rate_hz)
    assert math.isnan(few.gyr_noise)
    assert few.missing == pytest.approx(4.94 * 200, abs=6)


def test_a_chip_that_gave_nothing_missed_everything():
    silent = survey.streamed(np.empty(0, RAW), HEADER, 0, 5 * S)
    assert (silent.due, silent.missing) == (1000, 1000)
    assert math.isnan(silent.temperature_c)


def test_what_is_missing_at_a_loss_is_counted():
    raw = np.concatenate([polled(200.0, stop_s=2), after_loss(polled(200.0, start_s=2.5, stop_s=5, first_seq=400))])
    assert survey.missed(raw, 200.0, 0, 5 * S) == pytest.approx(100, abs=6)


def test_nothing_is_missing_where_nothing_was_lost():
    assert survey.missed(polled(200.0), 200.0, 0, 5 * S) == 0


def test_bad_samples_are_counted_and_left_out():
    raw = polled(200.0)
    raw["flags"][100:110] = Flag.SPIKE
    raw["acc"][100:110] = 30_000
    found = survey.streamed(raw, HEADER, 0, 5 * S)
    assert (found.bad, found.missing) == (10, 0)
    np.testing.assert_allclose(found.acc, [0, G, 0], atol=1e-9)
    assert found.temperature_c == pytest.approx(21, abs=0.01)


def test_noise_is_that_of_the_noisiest_axis_and_knows_no_drift():
    rng = np.random.default_rng(5)
    values = rng.normal(0, [1.0, 3.0, 2.0], (5000, 3)) + np.linspace(0, 100, 5000)[:, None]
    assert survey.noise(values) == pytest.approx(3.0, rel=0.04)
