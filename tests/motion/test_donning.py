from types import SimpleNamespace

import numpy as np
import pytest

from hinge_imu.motion.donning import Donning
from hinge_imu.samples import NS, stretches
from hinge_imu.simulate import distractors, fast
from hinge_imu.simulate.performance import GRAVITY


def first_standing(header, raw, **options):
    """When (s) it is first said that the wearer stands, and since when; in blocks of a tenth of a second."""
    donning = Donning(header, **options)
    for block in np.array_split(raw, max(1, len(raw) // 20)):
        if (since_s := donning.push(block)) is not None:
            return float(block["t_ns"][-1]) * NS, since_s
    return None


@pytest.fixture
def walked(staged):
    """Someone stands, walks up for some steps, and stands."""
    return fast.recorded(staged(distractors.walk, still_s=4.0), np.random.default_rng(3))


@pytest.fixture
def on_a_table():
    """Both boards lie; handled for a second in the middle of ten."""
    rng = np.random.default_rng(1)
    header, raw = fast.recorded(_Lying(), rng)
    return header, raw


class _Lying:
    timetable = SimpleNamespace(duration_s=10.0)

    @staticmethod
    def specific_force_and_rate(segment, t_s):
        handled = ((t_s > 4.0) & (t_s < 5.0)) * 1.0
        force = np.tile([0.0, GRAVITY, 0.0], (len(t_s), 1))
        rate = np.stack([np.sin(9 * t_s) * handled * 2.0, 0 * t_s, 0 * t_s], axis=1)
        return force, rate


def test_who_has_moved_and_stands_for_a_second_wears_it(walked):
    header, raw = walked
    gyr = raw["gyr"][raw["sensor"] == 0]
    t_s = raw["t_ns"][raw["sensor"] == 0] * NS
    moving = np.linalg.norm(gyr - np.median(gyr, axis=0), axis=1) > np.radians(15)
    last_s = t_s[stretches(moving)[-1][1]]
    said_s, since_s = first_standing(header, raw)
    assert last_s < since_s < last_s + 2.0
    assert said_s == pytest.approx(since_s + 1.0, abs=0.2)


def test_who_only_stands_is_not_known_to_have_put_it_on_unless_it_was_on_already(walked):
    header, raw = walked
    still = raw[raw["t_ns"] < 3.0 / NS]
    assert first_standing(header, still) is None
    said_s, _ = first_standing(header, still, worn=True)
    assert said_s == pytest.approx(1.0, abs=0.3)


def test_a_strap_on_a_table_waits_though_it_was_picked_up_and_laid_down(on_a_table):
    header, raw = on_a_table
    assert first_standing(header, raw) is None


def test_a_sensor_that_is_away_is_not_waited_for(walked):
    header, raw = walked
    alone = raw[raw["sensor"] == 0]
    assert first_standing(header, alone) is not None
