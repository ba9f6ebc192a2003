"""What the driver promises of any chip: simulated ones here, real ones for whoever has them.

``HINGE_IMU_BUS=1 HINGE_IMU_ADDRESS=0x68 pytest -m hardware tests/sensing/test_contract.py`` asks a chip that lies
still on a table.
"""

import os
import time

import numpy as np
import pytest
from smbus2 import SMBus

from hinge_imu.config import ChipConfig
from hinge_imu.samples import BAD, Flag
from hinge_imu.sensing.mpu6050 import Mpu6050

PER_G = 2048  # at the 16 g that ships


class Bench:
    """A driver with whatever it talks to, and the time that both live in."""

    def __init__(self, bus, address, now, wait):
        self.bus, self.address, self.now, self.wait = bus, address, now, wait
        self.said = []
        self.mpu = self.driver()

    def driver(self, **chip):
        return Mpu6050(
            self.bus, self.address, ChipConfig(**chip), clock=self.now, remark=lambda *remark: self.said.append(remark)
        )

    def start(self, mpu=None):
        for seconds in (mpu or self.mpu).start():
            self.wait(seconds)

    def poll_for(self, seconds, mpu=None):
        mpu = mpu or self.mpu
        end = self.now() + round(seconds * 1e9)
        blocks = []
        while self.now() < end:
            blocks.append(mpu.poll())
            self.wait(0 if mpu.more else 0.0217)
        return np.concatenate(blocks)

    def facts(self):
        return [what for what, _ in self.said if what != "clone"]


@pytest.fixture(params=[0x68, 0x70, 0x3C, pytest.param(None, marks=pytest.mark.hardware)])
def bench(request, new_rig, standing, noisy):
    if request.param is None:
        address = int(os.environ.get("HINGE_IMU_ADDRESS", "0x68"), 0)
        with SMBus(int(os.environ.get("HINGE_IMU_BUS", "1"))) as bus:
            yield Bench(bus, address, time.monotonic_ns, time.sleep)
    else:
        with new_rig(standing, noisy, who_am_i=request.param) as rig, SMBus(1) as bus:
            yield Bench(bus, 0x68, rig.clock.now, rig.wait)


@pytest.fixture
def running(bench):
    bench.start()
    return bench


def has(raw, flag):
    return (raw["flags"] & int(flag)) != 0


@pytest.mark.parametrize(
    "writes",
    [
        {},
        {0x6B: 0x40},
        {0x6B: 0x00, 0x23: 0xF8, 0x6A: 0x40},
        {0x6B: 0x01, 0x19: 99, 0x1A: 0x2E, 0x1B: 0xE8, 0x1C: 0xF8, 0x6C: 0x3F},
        {0x37: 0x92, 0x38: 0x11, 0x6B: 0x09},
    ],
)
def test_it_comes_up_from_any_state(bench, writes):
    for register, value in writes.items():
        bench.bus.write_byte_data(bench.address, register, value)
    bench.wait(0.1)
    bench.start()
    raw = bench.poll_for(1)
    assert len(raw) == pytest.approx(200, abs=12)
    assert not has(raw, BAD).any()
    assert bench.facts() == []


@pytest.mark.parametrize("rate", [50, 200, 500])
def test_it_samples_at_the_rate_it_says_within_three_percent(bench, rate):
    mpu = bench.driver(rate_hz=rate)
    bench.start(mpu)
    bench.poll_for(65 / rate + 0.2, mpu)  # the first 60 samples are handed out together
    began = bench.now()
    count = len(bench.poll_for(4, mpu))
    took_s = (bench.now() - began) * 1e-9
    # One poll more or less is in the FIFO at either end.
    assert count == pytest.approx(rate * took_s, rel=0.03, abs=0.025 * rate + 1)
    assert bench.facts() == []


def test_gravity_is_one_g_at_rest(running):
    raw = running.poll_for(2)
    g = np.linalg.norm(raw["acc"].mean(axis=0)) / PER_G
    assert g == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("acc_range", "gyr_range"), [(2, 250), (4, 500), (8, 1000)])
def test_a_g_is_a_g_on_every_range(running, acc_range, gyr_range):
    shipped = np.linalg.norm(running.poll_for(1)["acc"].mean(axis=0)) * 16
    mpu = running.driver(acc_range_g=acc_range, gyr_range_dps=gyr_range)
    running.start(mpu)
    assert np.linalg.norm(running.poll_for(1, mpu)["acc"].mean(axis=0)) * acc_range == pytest.approx(shipped, rel=0.02)


def test_it_hardly_turns_at_rest(running):
    raw = running.poll_for(2)
    assert np.abs(raw["gyr"].mean(axis=0)).max() / 16.4 < 40  # 20 deg/s as bought, and as much over temperature


def test_noise_is_never_zero(running):
    raw = running.poll_for(2)
    assert (raw["acc"].std(axis=0) > 0.5).all()
    assert (raw["gyr"].std(axis=0) > 0.1).all()
    assert not has(raw, Flag.FROZEN).any()


def test_temperature_is_that_of_a_room_or_of_a_gym(running):
    celsius = running.poll_for(1)["temp"] / 340 + 36.53
    assert -10 < celsius.min() <= celsius.max() < 60


def test_a_long_pause_overflows_says_so_and_goes_on(running):
    before = running.poll_for(1)
    running.wait(1.5)
    after = running.poll_for(1)
    assert running.facts() == ["overflow"]
    assert np.flatnonzero(has(after, Flag.AFTER_LOSS)).tolist() == [0]
    assert len(after) == pytest.approx(200, abs=15)
    assert np.array_equal(np.concatenate([before, after])["seq"], np.arange(len(before) + len(after)))


def test_it_can_be_started_again_and_again(running):
    for _ in range(3):
        running.start()
        assert len(running.poll_for(0.5)) == pytest.approx(100, abs=12)
    assert running.facts() == []


def test_stamps_rise_from_poll_to_poll_and_are_not_of_the_future(running):
    raw = running.poll_for(2)
    assert (np.diff(raw["t_ns"]) >= 0).all()
    assert raw["t_ns"][-1] <= running.now()
