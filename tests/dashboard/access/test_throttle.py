"""How often somebody may try."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_imu.dashboard.access.throttle import Throttle, neighbourhood


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_so_many_tries_at_once_then_one_more_each_so_many_seconds():
    clock = Clock()
    throttle = Throttle(3, 10.0, clock=clock)
    assert [throttle.take("kim") for _ in range(5)] == [0, 0, 0, 10.0, 10.0]
    assert throttle.take("lee") == 0
    clock.now = 4.0
    assert throttle.take("kim") == 6.0
    clock.now = 10.0
    assert [throttle.take("kim") for _ in range(2)] == [0, 10.0]
    throttle.forgive("kim")
    assert throttle.take("kim") == 0


@given(st.lists(st.floats(0, 30), max_size=200))
def test_no_rhythm_gets_more_than_its_share(gaps):
    clock = Clock()
    throttle = Throttle(3, 10.0, clock=clock)
    allowed = []
    for gap in gaps:
        clock.now += gap
        if throttle.take("kim") == 0:
            allowed.append(clock.now)
    for first in range(len(allowed)):
        for last in range(first, len(allowed)):
            assert last - first + 1 <= 3 + (allowed[last] - allowed[first]) / 10.0 + 1e-6


def test_whoever_tries_all_names_fills_no_memory():
    throttle = Throttle(3, 10.0, keys=100)
    for number in range(10_000):
        throttle.take(f"name {number}")
    assert len(throttle) == 100


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
        ("a proxy's idea", "another's", False),
    ],
)
def test_all_addresses_of_a_household_are_one(one, other, same):
    assert (neighbourhood(one) == neighbourhood(other)) == same
