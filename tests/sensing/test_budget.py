from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbus2 import SMBus

from hinge_imu.config import Config
from hinge_imu.sensing import budget
from hinge_imu.sensing.i2c import Registers
from hinge_imu.sensing.sampler import Sampler


@pytest.mark.parametrize("rate", [1000 / n for n in range(1, 251)])
def test_polls_come_well_before_the_fifo_is_full(rate):
    period = budget.poll_period_s(rate)
    pauses = list(islice(budget.pauses_s(rate, period), 300))
    assert max(pauses) * rate < 18, "the smallest FIFO holds 42, and a burst takes 20"
    assert min(pauses) > 0
    assert np.mean(pauses) == pytest.approx(period, rel=0.01)


@pytest.mark.parametrize("rate", [50.0, 100.0, 200.0, 1000.0])
@pytest.mark.parametrize("off", [-0.05, -0.03, -0.02, -0.01, 0.0, 0.01, 0.02, 0.03, 0.05])
def test_polls_see_every_phase_of_the_sample_clock_however_far_off_it_runs(rate, off):
    polls = np.cumsum(list(islice(budget.pauses_s(rate, budget.poll_period_s(rate)), 200)))
    phases = np.sort(polls * rate * (1 + off) % 1)
    assert np.diff(phases, append=1 + phases[0]).max() < 0.06
    assert np.mean(phases) == pytest.approx(0.5, abs=0.05)
    for first in range(0, 175, 25):
        few = np.sort(polls[first : first + 25] * rate * (1 + off) % 1)
        assert np.diff(few, append=1 + few[0]).max() < 0.45, "nor falls into step with it for a second"


@pytest.mark.parametrize(
    ("bus_hz", "wanted", "rate"),
    [
        (400_000, 200, 200),
        (400_000, 500, 500),
        (400_000, 1000, 1000),
        (100_000, 200, 200),
        (100_000, 500, 200),
        (100_000, 100, 100),
        (62_500, 200, 100),
        (62_500, 1000 / 3, 100),
        (62_500, 40, 40),
    ],
)
def test_two_chips_get_what_the_bus_carries(bus_hz, wanted, rate):
    plan = budget.plan(bus_hz, wanted, 2)
    assert plan.rate_hz == rate
    assert plan.load <= 0.75


@given(bus_hz=st.floats(5_000, 1e6), wanted=st.floats(4, 1000), chips=st.integers(1, 2))
def test_a_plan_never_asks_for_more_than_was_wanted_nor_for_more_than_the_bus_carries(bus_hz, wanted, chips):
    plan = budget.plan(bus_hz, wanted, chips)
    assert plan.rate_hz <= wanted
    assert plan.load <= 0.75 or plan.rate_hz <= 10


def test_the_sums_are_those_of_the_wire(new_rig, noisy):
    with new_rig(errors=noisy) as rig:
        sampler = Sampler(Config(), clock=rig.clock.now)
        list(sampler.in_virtual_time(rig.clock.advance, 1))
        spent = []
        rig.bus._busy = lambda ns: (spent.append(ns), rig.clock.advance(ns))
        before = rig.clock.now()
        list(sampler.in_virtual_time(rig.clock.advance, 20))
        share = sum(spent) / (rig.clock.now() - before)
    # What is read once a second, and counts that are read again in a frame's writing time, come on top.
    expected = budget.load(400_000, 200, 1 / budget.poll_period_s(200), 2)
    assert expected < share < 1.1 * expected


@pytest.mark.parametrize("hz", [62_500, 100_000, 400_000])
def test_the_speed_of_the_bus_is_measured_whatever_a_call_costs(rig, hz):
    rig.bus.hz = hz
    rig.hiccup_ns = 300_000
    with SMBus(1) as bus:
        assert budget.measure_hz(Registers(bus, 0x68), rig.clock.now) == pytest.approx(hz, rel=0.01)


def test_ten_seconds_of_polls_that_fill_the_time_are_told():
    watch = budget.Watch()
    shares = [watch.share(k * 10**9, k * 10**9 + 900_000_000, usual=True) for k in range(21)]
    assert np.flatnonzero(shares).tolist() == [10, 20]
    assert shares[10] == pytest.approx(0.9)


def test_time_in_which_a_chip_is_looked_for_does_not_count():
    watch = budget.Watch()
    assert not any(watch.share(k * 10**9, k * 10**9 + 900_000_000, usual=k % 8 != 0) for k in range(50))
