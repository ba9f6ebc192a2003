import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.reps.lead import Lead

RATE = 100.0


def led(angles, cuts=()):
    lead = Lead(RATE)
    both = np.degrees([angles.pelvis, angles.thorax])
    return np.concatenate([lead.push(block) for block in np.split(both, cuts, axis=1)])


def without(angles, name, *stretches):
    """Take a sensor's angles away from second to second."""
    gone = np.zeros(len(angles.t_ns), bool)
    for start, stop in stretches:
        gone |= (angles.t_s >= start) & (angles.t_s < stop)
    hidden = {each: np.where(gone, np.nan, getattr(angles, each)) for each in (name, "spine")}
    return angles._replace(**hidden)


@pytest.fixture(scope="module")
def set_of_six(lifting, hinge):
    """Six reps, each a little different, in which the spine takes a fifth of the bend."""
    return lifting(*[hinge(70.0 + 2 * i, 14.0 + i, (1.6, 0.4, 1.2, 0.8)) for i in range(6)])


@pytest.fixture(scope="module")
def angles(set_of_six, seen_of):
    return seen_of(set_of_six)


def steepest(lead):
    return np.abs(np.diff(lead)).max() * RATE


def test_a_thorax_that_is_always_seen_leads_as_it_is(angles):
    assert np.array_equal(led(angles), np.degrees(angles.thorax))


def test_a_pelvis_that_is_alone_leads_as_it_is(angles):
    alone = without(angles, "thorax", (0.0, 100.0))
    assert np.array_equal(led(alone), np.degrees(angles.pelvis))


@pytest.mark.parametrize("lost_s", np.arange(6.5, 12.0, 0.5))
@pytest.mark.parametrize("away_s", [1.0, 5.0])
def test_wherever_in_a_rep_the_thorax_is_lost_and_found_the_lead_does_not_jump(angles, lost_s, away_s):
    """A jump of one degree from sample to sample would be a rate of 100 deg/s on top of the wearer's own."""
    lead = led(without(angles, "thorax", (lost_s, lost_s + away_s)))
    assert steepest(lead) < 1.5 * steepest(np.degrees(angles.thorax))


def test_after_a_few_reps_the_pelvis_tells_how_far_a_missing_thorax_leans(angles):
    lost = 14.0, 24.0
    off = led(without(angles, "thorax", lost)) - np.degrees(angles.thorax)
    of_the_pelvis_alone = np.degrees(angles.spine)[angles.t_s >= lost[0]]
    assert np.abs(off).max() < 0.5 * of_the_pelvis_alone.max()


@pytest.mark.parametrize("found_s", [8.4, 9.0, 9.6])  # on the way down, at the bottom, on the way up
def test_a_thorax_that_is_back_leads_again_from_the_next_standing_on(angles, set_of_six, found_s):
    lead = led(without(angles, "thorax", (4.0, found_s)))
    standing = angles.t_s >= set_of_six.timetable.onsets_s[2]
    assert lead[standing] == pytest.approx(np.degrees(angles.thorax)[standing], abs=3.0)
    assert lead[-1] == pytest.approx(np.degrees(angles.thorax[-1]), abs=0.2)


def test_while_nothing_is_seen_the_lead_is_held_and_what_comes_back_counts_as_it_is(angles):
    lost = 4.0, 6.0
    lead = led(without(without(angles, "pelvis", lost), "thorax", lost))
    before, after = np.searchsorted(angles.t_s, lost)
    assert (lead[before:after] == lead[before - 1]).all()
    assert np.array_equal(lead[after:], np.degrees(angles.thorax[after:]))


def test_nobody_leads_before_the_first_inclination(angles):
    late = without(without(angles, "pelvis", (0.0, 1.0)), "thorax", (0.0, 1.5))
    assert np.array_equal(np.isfinite(led(late)), angles.t_s >= 1.0)


holes = st.lists(st.tuples(st.floats(0, 27), st.sampled_from([0.02, 0.3, 1.0, 4.0])), max_size=4).map(
    lambda each: [(start, start + long) for start, long in each]
)


@settings(deadline=None, max_examples=40)
@given(pelvis=holes, thorax=holes, cuts=st.lists(st.integers(0, 2700), max_size=10).map(sorted))
def test_the_lead_is_the_same_however_the_angles_are_cut(angles, pelvis, thorax, cuts):
    holed = without(without(angles, "pelvis", *pelvis), "thorax", *thorax)
    np.testing.assert_allclose(led(holed, cuts), led(holed), rtol=0, atol=1e-9)
