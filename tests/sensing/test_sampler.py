import errno
import time

import msgspec
import numpy as np
import pytest
from smbus2 import SMBus, smbus2

from hinge_imu.config import ChipConfig, Config, ConfigError, SensorConfig
from hinge_imu.events import SensorEvent
from hinge_imu.samples import RAW, Flag
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate.bus import SimulatedBus
from hinge_imu.simulate.chip import Chip


@pytest.fixture
def sampler(rig):
    return Sampler(Config(), clock=rig.clock.now)


NOTHING = np.empty(0, RAW)


def run(sampler, rig, seconds):
    end = rig.clock.now() + round(seconds * 1e9)
    while rig.clock.now() < end:
        rig.wait(max(sampler.turn(), 1e-6))


def drain(sampler):
    """Return the samples and the events so far."""
    sampler.stop()
    items = list(sampler.stream())
    events = [item for item in items if isinstance(item, SensorEvent)]
    return np.concatenate([NOTHING, *(item for item in items if not isinstance(item, SensorEvent))]), events


def facts(events):
    return [(event.segment, event.what) for event in events]


def of(raw, sensor):
    return raw[raw["sensor"] == sensor]


def has(raw, flag):
    return (raw["flags"] & flag) != 0


def test_both_chips_samples_come_once_each_in_order_of_arrival(sampler, rig, serial):
    run(sampler, rig, 60)
    raw, events = drain(sampler)
    for sensor in (0, 1):
        mine = of(raw, sensor)
        assert set(np.diff(serial(mine))) == {1}
        assert len(mine) == pytest.approx(200 * 59.7, abs=20)
    later = raw[raw["t_ns"] > 1e9]  # the first of each were held back until they were known to be one chip's
    assert np.all(np.diff(later["t_ns"]) >= 0)
    assert raw["t_ns"][-1] == pytest.approx(60e9, abs=30e6), "session time starts with the sampler"
    assert events == []


def test_a_missing_chip_is_said_once_while_the_other_goes_on(sampler, rig, serial):
    rig.bus.unplug(0x68)
    run(sampler, rig, 30)
    raw, events = drain(sampler)
    assert facts(events) == [("pelvis", "lost")]
    assert events[0].text.startswith("no answer at 0x68: AD0 is wired to 3V3 and not to GND, or a wire is loose")
    assert len(of(raw, 0)) == 0
    assert set(np.diff(serial(of(raw, 1)))) == {1}


def test_a_second_board_that_is_missing_may_sit_at_the_first_ones_address(sampler, rig):
    rig.bus.unplug(0x69)
    run(sampler, rig, 1)
    assert "0x68 answers, so both boards may sit at 0x68: wire AD0" in drain(sampler)[1][0].text


def test_where_neither_board_answers_there_is_no_word_of_an_address_that_both_share(sampler, rig):
    rig.bus.unplug(0x68)
    rig.bus.unplug(0x69)
    run(sampler, rig, 1)
    assert ["both boards" in event.text for event in drain(sampler)[1]] == [False, False]


def test_a_chip_that_is_plugged_in_later_is_found_within_seconds(sampler, rig):
    rig.bus.unplug(0x69)
    run(sampler, rig, 30)
    rig.bus.plug(0x69)
    run(sampler, rig, 5)
    raw, events = drain(sampler)
    assert 30e9 < of(raw, 1)["t_ns"][0] < 33e9
    assert facts(events) == [("thorax", "lost"), ("thorax", "back")]
    assert events[1].text == "0x69 answers again"


def test_back_is_said_before_the_first_samples_and_lost_after_the_last(sampler, rig):
    run(sampler, rig, 2)
    rig.bus.unplug(0x69)
    run(sampler, rig, 2)
    rig.bus.plug(0x69)
    run(sampler, rig, 3)
    sampler.stop()
    thorax = [item for item in sampler.stream() if isinstance(item, SensorEvent) or item["sensor"][0] == 1]
    kinds = [item.what if isinstance(item, SensorEvent) else "samples" for item in thorax]
    assert [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before] == [
        *("samples", "lost", "back", "samples")
    ]
    assert 2.0 < thorax[kinds.index("lost")].at_s < 2.2


def test_a_chip_that_is_lost_and_back_goes_on_counting_after_a_loss(sampler, rig, serial):
    run(sampler, rig, 6)
    for _ in range(3):
        rig.bus.unplug(0x68)
        run(sampler, rig, 6)
        rig.bus.plug(0x68)
        run(sampler, rig, 8)
    raw, events = drain(sampler)
    pelvis = of(raw, 0)
    assert np.array_equal(pelvis["seq"], np.arange(len(pelvis)))
    jumps = np.flatnonzero(np.diff(serial(pelvis)) != 1) + 1
    assert np.flatnonzero(has(pelvis, Flag.AFTER_LOSS)).tolist() == jumps.tolist()
    assert len(jumps) == 3
    assert facts(events) == [("pelvis", "lost"), ("pelvis", "back")] * 3
    assert set(np.diff(serial(of(raw, 1)))) == {1}, "the other chip never noticed"


def test_a_loose_plug_is_said_seldom_and_with_how_often_it_came_and_went(sampler, rig):
    run(sampler, rig, 10)
    for _ in range(12):
        rig.bus.unplug(0x68)
        run(sampler, rig, 0.5)
        rig.bus.plug(0x68)
        run(sampler, rig, 2.9)
    run(sampler, rig, 10)
    _, events = drain(sampler)
    assert facts(events) == [("pelvis", "lost"), ("pelvis", "back")] * 2
    assert "came and went 11 times" in events[-1].text


def test_a_supply_dip_that_no_poll_saw_is_found_and_mended(sampler, rig):
    run(sampler, rig, 5)
    rig.chips[0x68].power_on(rig.clock.now())
    run(sampler, rig, 5)
    raw, events = drain(sampler)
    pelvis = of(raw, 0)
    assert has(pelvis, Flag.AFTER_LOSS).sum() == 1
    assert np.diff(pelvis["t_ns"]).max() < 0.6e9
    assert facts(events) == [("pelvis", "lost"), ("pelvis", "back")]


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


def test_an_adapter_that_is_not_there_is_waited_for(rig):
    late = SimulatedBus(rig.chips, rig.clock.now)
    sampler = Sampler(Config(), 97, clock=rig.clock.now)
    sampler.survey()
    run(sampler, rig, 10)
    with late.installed(97):
        run(sampler, rig, 5)
        raw, events = drain(sampler)
    assert facts(events) == [(*each,) for what in ("lost", "back") for each in (("pelvis", what), ("thorax", what))]
    assert all("/dev/i2c-97 is not there: put dtparam=i2c_arm=on" in event.text for event in events[:2])
    assert set(raw["sensor"]) == {0, 1}


def test_a_stall_of_the_host_is_a_loss_and_no_fault(sampler, rig, serial):
    run(sampler, rig, 5)
    rig.wait(2)
    run(sampler, rig, 5)
    raw, events = drain(sampler)
    for sensor in (0, 1):
        assert has(of(raw, sensor), Flag.AFTER_LOSS).sum() == 1
        assert (np.diff(serial(of(raw, sensor))) != 1).sum() == 1
    assert facts(events) == [("pelvis", "overflow"), ("thorax", "overflow")]


def test_after_a_short_stall_both_chips_are_emptied_by_turns(sampler, rig, serial):
    run(sampler, rig, 5)
    rig.wait(0.35)
    run(sampler, rig, 5)
    raw, events = drain(sampler)
    assert events == []
    late = raw["sensor"][(raw["t_ns"] > 5.34e9) & has(raw, Flag.LAST_OF_POLL)][:6]
    assert late.tolist() == [0, 1] * 3
    for sensor in (0, 1):
        assert set(np.diff(serial(of(raw, sensor)))) == {1}


def test_what_the_fifos_hold_when_it_ends_is_read(rig):
    sampler = Sampler(Config(), clock=rig.clock.now)
    last = list(sampler.in_virtual_time(rig.clock.advance, 3))[-1]
    with SMBus(1) as bus:
        left = [int.from_bytes(bytes(bus.read_i2c_block_data(address, 0x72, 2)), "big") for address in (0x68, 0x69)]
    # Emptying the second one took a millisecond; between two polls there are seven samples and more.
    assert max(left) <= 12
    assert last["t_ns"][0] == pytest.approx(3e9, abs=40e6)


def test_the_thread_reads_in_real_time_and_ends_when_told(standing, noisy):
    bus = SimulatedBus({address: Chip(standing, noisy, seed=address) for address in (0x68, 0x69)}, time.monotonic_ns)
    with bus.installed(), Sampler(Config()) as sampler:
        count = 0
        for block in sampler.stream():
            count += len(block)
            if count >= 100:
                sampler.stop()
    assert 100 <= count < 250


def test_what_the_thread_died_of_is_raised_to_who_reads(rig, monkeypatch):
    inner = smbus2.ioctl

    def held(fd, request, argument=0):
        if request == smbus2.I2C_SLAVE:
            raise OSError(errno.EBUSY, "busy")
        return inner(fd, request, argument)

    monkeypatch.setattr(smbus2, "ioctl", held)
    with (
        pytest.raises(ConfigError, match="a kernel driver holds it"),
        Sampler(Config(), clock=rig.clock.now) as sampler,
    ):
        list(sampler.stream())


def test_a_rate_that_cannot_be_set_is_refused_at_once():
    config = Config(chip=ChipConfig(rate_hz=5, low_pass_hz=260))
    with pytest.raises(ConfigError, match="rate_hz = 5"):
        Sampler(config)


def test_the_header_says_what_the_counts_mean(rig):
    config = Config(
        chip=ChipConfig(rate_hz=190, acc_range_g=4, gyr_range_dps=500, low_pass_hz=94),
        sensors=(SensorConfig(segment="thorax", address=0x69),),
    )
    header = Sampler(config, clock=rig.clock.now).header(session_id="s", athlete="sam")
    assert (header.unit, header.clock) == ("counts", "polled")
    assert header.rate_hz == 200
    assert header.acc_scale * 8192 == pytest.approx(9.80665)
    assert header.gyr_scale * 65.5 == pytest.approx(np.radians(1), rel=1e-3)
    assert header.delay_s == 0.0028
    assert header.worn == ("thorax",)
    assert header.athlete == "sam"
    assert msgspec.json.decode(msgspec.json.encode(header), type=type(header)) == header


def test_a_bus_that_carries_less_than_configured_is_said_first_and_read_as_it_can(rig, serial):
    rig.bus.hz = 100_000
    sampler = Sampler(Config(chip=ChipConfig(rate_hz=500)), clock=rig.clock.now)
    sampler.survey()
    header = sampler.header(session_id="s")
    run(sampler, rig, 60)
    raw, events = drain(sampler)
    assert header.rate_hz == 200
    assert header.config.chip.rate_hz == 200, "what was done is kept, not what was wished for"
    assert facts(events) == [(None, "slow_bus")]
    assert "100 kHz: it carries 200 and not 500" in events[0].text
    assert "i2c_arm_baudrate=400000" in events[0].text
    for sensor in (0, 1):
        assert set(np.diff(serial(of(raw, sensor)))) == {1}
        assert len(of(raw, sensor)) == pytest.approx(200 * 59.7, abs=20)


def test_a_slow_bus_with_little_room_is_said_though_it_carries_the_rate(rig):
    rig.bus.hz = 100_000
    sampler = Sampler(Config(), clock=rig.clock.now)
    sampler.survey()
    run(sampler, rig, 1)
    _, events = drain(sampler)
    assert facts(events) == [(None, "slow_bus")]
    assert "100 kHz: 200 samples a second of each sensor keep it busy 65 %" in events[0].text
    assert sampler.header(session_id="s").rate_hz == 200


def test_a_survey_of_a_bus_that_is_fast_enough_says_nothing(rig):
    sampler = Sampler(Config(), clock=rig.clock.now)
    sampler.survey()
    run(sampler, rig, 1)
    assert drain(sampler)[1] == []
    assert sampler.header(session_id="s").rate_hz == 200


def test_a_bus_that_became_too_slow_is_said_once(sampler, rig):
    run(sampler, rig, 5)
    rig.bus.hz = 50_000
    run(sampler, rig, 60)
    _, events = drain(sampler)
    assert facts(events).count((None, "slow_bus")) == 1
    assert "i2c_arm_baudrate=400000 into" in next(event.text for event in events if event.what == "slow_bus")


def test_a_clone_is_named_once_however_often_it_is_started(new_rig):
    with new_rig(who_am_i=0x70) as rig:
        sampler = Sampler(Config(), clock=rig.clock.now)
        run(sampler, rig, 2)
        rig.chips[0x68].power_on(rig.clock.now())
        run(sampler, rig, 2)
        events = drain(sampler)[1]
    assert facts(events)[:2] == [("pelvis", "clone"), ("thorax", "clone")]
    assert [event.what for event in events].count("clone") == 2
    assert "MPU-6500, and no MPU-6050; it works, with 512 bytes" in events[0].text
