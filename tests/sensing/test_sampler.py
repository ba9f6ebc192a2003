import errno
import time

import msgspec
import numpy as np
import pytest
from smbus2 import smbus2

from hinge_imu.config import ChipConfig, Config, ConfigError, SensorConfig
from hinge_imu.samples import Flag
from hinge_imu.sensing.sampler import Sampler, poll_period_s
from hinge_imu.simulate.bus import SimulatedBus
from hinge_imu.simulate.chip import Chip


@pytest.fixture
def said():
    return []


@pytest.fixture
def sampler(rig, said):
    return Sampler(Config(), say=said.append, clock=rig.clock.now)


def run(sampler, rig, seconds):
    end = rig.clock.now() + round(seconds * 1e9)
    while rig.clock.now() < end:
        rig.wait(max(sampler.turn(), 1e-6))


def drain(sampler):
    sampler.stop()
    return np.concatenate(list(sampler.blocks()))


def of(raw, sensor):
    return raw[raw["sensor"] == sensor]


def has(raw, flag):
    return (raw["flags"] & flag) != 0


def test_both_chips_samples_come_once_each_in_order_of_arrival(sampler, rig, said, serial):
    run(sampler, rig, 60)
    raw = drain(sampler)
    for sensor in (0, 1):
        mine = of(raw, sensor)
        assert set(np.diff(serial(mine))) == {1}
        assert len(mine) == pytest.approx(200 * 59.7, abs=20)
    assert np.all(np.diff(raw["t_ns"]) >= 0)
    assert raw["t_ns"][-1] == pytest.approx(60e9, abs=30e6), "session time starts with the sampler"
    assert said == []


def test_a_missing_chip_is_said_once_while_the_other_goes_on(sampler, rig, said, serial):
    rig.bus.unplug(0x69)
    run(sampler, rig, 30)
    assert said == ["thorax: no answer at 0x69: AD0 is not wired to 3V3, or a wire is loose (VCC, GND, SDA, SCL)"]
    raw = drain(sampler)
    assert len(of(raw, 1)) == 0
    assert set(np.diff(serial(of(raw, 0)))) == {1}


def test_a_chip_that_is_plugged_in_later_is_found_within_seconds(sampler, rig, said):
    rig.bus.unplug(0x69)
    run(sampler, rig, 30)
    rig.bus.plug(0x69)
    run(sampler, rig, 5)
    raw = of(drain(sampler), 1)
    assert 30e9 < raw["t_ns"][0] < 33e9
    assert said[1:] == ["thorax: back, 0x69 answers again"]


def test_a_chip_that_is_lost_and_back_goes_on_counting_after_a_loss(sampler, rig, said, serial):
    run(sampler, rig, 5)
    for _ in range(3):
        rig.bus.unplug(0x68)
        run(sampler, rig, 5)
        rig.bus.plug(0x68)
        run(sampler, rig, 5)
    raw = drain(sampler)
    pelvis = of(raw, 0)
    assert np.array_equal(pelvis["seq"], np.arange(len(pelvis)))
    jumps = np.flatnonzero(np.diff(serial(pelvis)) != 1) + 1
    assert np.flatnonzero(has(pelvis, Flag.AFTER_LOSS)).tolist() == jumps.tolist()
    assert len(jumps) == 3
    assert [sentence.split(":")[0] for sentence in said] == ["pelvis"] * 6
    assert set(np.diff(serial(of(raw, 1)))) == {1}, "the other chip never noticed"


def test_a_supply_dip_that_no_poll_saw_is_found_and_mended(sampler, rig, said):
    run(sampler, rig, 5)
    rig.chips[0x68].power_on(rig.clock.now())
    run(sampler, rig, 5)
    raw = of(drain(sampler), 0)
    assert has(raw, Flag.AFTER_LOSS).sum() == 1
    assert np.diff(raw["t_ns"]).max() < 1e9
    assert len(said) == 2


def test_a_missing_chip_is_looked_for_at_growing_intervals(sampler, rig, monkeypatch):
    looks_s = []
    reach = rig.bus._addressed
    began = rig.clock.now()

    def watched(address):
        looks_s.append((rig.clock.now() - began) * 1e-9)
        return reach(address)

    monkeypatch.setattr(rig.bus, "_addressed", watched)
    for address in rig.chips:
        rig.bus.unplug(address)
    run(sampler, rig, 10)
    # Each look is three tries at each of two addresses, within a millisecond.
    pauses = np.diff(looks_s)[np.diff(looks_s) > 0.01]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0], abs=0.01)


def test_an_adapter_that_is_not_there_is_waited_for(rig, said):
    late = SimulatedBus(rig.chips, rig.clock.now)
    sampler = Sampler(Config(), 97, say=said.append, clock=rig.clock.now)
    run(sampler, rig, 10)
    assert len(said) == 2
    assert all("/dev/i2c-97 is not there: put dtparam=i2c_arm=on" in sentence for sentence in said)
    with late.installed(97):
        run(sampler, rig, 5)
        assert set(drain(sampler)["sensor"]) == {0, 1}


def test_a_stall_of_the_host_is_a_loss_and_no_fault(sampler, rig, said, serial):
    run(sampler, rig, 5)
    rig.wait(2)
    run(sampler, rig, 5)
    raw = drain(sampler)
    for sensor in (0, 1):
        assert has(of(raw, sensor), Flag.AFTER_LOSS).sum() == 1
        assert (np.diff(serial(of(raw, sensor))) != 1).sum() == 1
    assert said == []


def test_the_thread_reads_in_real_time_and_ends_when_told(standing):
    bus = SimulatedBus({0x68: Chip(standing), 0x69: Chip(standing)}, time.monotonic_ns)
    with bus.installed(), Sampler(Config(), say=lambda _: None) as sampler:
        count = 0
        for block in sampler.blocks():
            count += len(block)
            if count >= 100:
                sampler.stop()
    assert 100 <= count < 200


def test_what_the_thread_died_of_is_raised_to_who_reads(rig, monkeypatch):
    inner = smbus2.ioctl

    def held(fd, request, argument=0):
        if request == smbus2.I2C_SLAVE:
            raise OSError(errno.EBUSY, "busy")
        return inner(fd, request, argument)

    monkeypatch.setattr(smbus2, "ioctl", held)
    with (
        pytest.raises(ConfigError, match="a kernel driver holds it"),
        Sampler(Config(), say=lambda _: None, clock=rig.clock.now) as sampler,
    ):
        list(sampler.blocks())


def test_a_rate_that_cannot_be_set_is_refused_at_once():
    config = Config(chip=ChipConfig(rate_hz=5, low_pass_hz=260))
    with pytest.raises(ConfigError, match="rate_hz = 5"):
        Sampler(config, say=lambda _: None)


def test_the_header_says_what_the_counts_mean(rig):
    config = Config(
        chip=ChipConfig(rate_hz=190, acc_range_g=4, gyr_range_dps=500, low_pass_hz=94),
        sensors=(SensorConfig(segment="thorax", address=0x69),),
    )
    header = Sampler(config, say=lambda _: None, clock=rig.clock.now).header(session_id="s", athlete="sam")
    assert (header.unit, header.clock) == ("counts", "polled")
    assert header.rate_hz == 200
    assert header.acc_scale * 8192 == pytest.approx(9.80665)
    assert header.gyr_scale * 65.5 == pytest.approx(np.radians(1), rel=1e-3)
    assert header.delay_s == 0.0028
    assert header.worn == ("thorax",)
    assert header.athlete == "sam"
    assert msgspec.json.decode(msgspec.json.encode(header), type=type(header)) == header


@pytest.mark.parametrize("rate", [1000 / n for n in range(1, 251)])
def test_polls_see_every_phase_of_the_sample_clock_well_before_the_fifo_is_full(rate):
    period = poll_period_s(rate)
    assert period * rate <= 1024 / 12 / 4
    assert 0.005 < period <= max(0.03, 1.4 / rate)
    phases = np.sort(np.arange(200) * period * rate % 1)
    assert np.diff(phases).max() < 3 / 200
