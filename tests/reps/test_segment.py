import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.reps.segment import Bends

RATE = 100.0


def path(*points):
    """Inclination in deg at 100 Hz along (time, angle) points, each stretch eased in and out."""
    times, angles = np.transpose(points)
    t = np.arange(0, times[-1], 1 / RATE)
    part = np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 2)
    share = (t - times[part]) / np.diff(times)[part]
    return angles[part] + np.diff(angles)[part] * (1 - np.cos(np.pi * share)) / 2


def bends(angle, cuts=()):
    machine = Bends(RATE)
    found = [bend for part in np.split(angle, cuts) for bend in machine.push(part)]
    return [*found, *machine.finish()]


TWO = path((0, 0), (2, 0), (3.5, 70), (4, 70), (5, 0), (7, 0), (8, 60), (9.5, 0), (12, 0))


def test_a_bend_is_found_with_its_bottom():
    first, second = bends(TWO)
    assert first.returned
    assert 350 <= first.bottom <= 400
    assert second.bottom == 800


def test_a_bend_is_noticed_fifteen_degrees_above_where_it_came_from():
    first, second = bends(TWO + 10)
    assert first.entered == np.argmax(TWO > 15)
    assert second.entered == 700 + np.argmax(TWO[700:] > 15)


def test_a_bend_is_certain_within_a_quarter_second_of_coming_to_rest():
    first, second = bends(TWO)
    assert 480 < first.known < 525
    assert 930 < second.known < 975


def test_a_bend_is_certain_when_the_next_one_begins_at_once():
    """Touch and go at the top: no rest, but down again."""
    first, second = bends(path((0, 0), (2, 0), (3, 60), (4, 5), (5, 60), (6, 0), (8, 0)))
    assert (first.bottom, second.bottom) == (300, 500)
    assert first.known <= 415


def test_a_pull_that_turns_back_before_most_of_the_way_is_undone_stays_the_same_bend():
    [bend] = bends(path((0, 0), (2, 0), (3, 60), (4, 30), (5, 62), (6, 0), (8, 0)))
    assert bend.bottom == 500


def test_a_bob_is_no_bend():
    assert bends(path((0, 0), (2, 0), (2.5, 14), (3, 0), (5, 0))) == []


def test_slow_drift_is_no_bend():
    assert bends(path((0, 0), (60, 60))) == [], "less than 15 degrees in any five seconds"


def test_who_goes_down_and_stays_there_for_half_a_minute_did_not_return():
    angle = path((0, 0), (2, 0), (3, 80), (40, 80), (41, 0), (45, 0), (46, 60), (47, 0), (49, 0))
    down, later = bends(angle)
    assert not down.returned
    assert down.known - down.entered == 30 * RATE
    assert later.returned
    assert later.bottom == 4600


def test_a_bend_on_its_way_to_rest_ends_with_the_stream():
    cut_short = path((0, 0), (2, 0), (3, 70), (4, 0))[:390]
    [bend] = bends(cut_short)
    assert bend.returned
    assert bend.known == 389, "the last sample there is"


def test_a_stream_that_ends_at_the_bottom_holds_no_bend():
    assert bends(path((0, 0), (2, 0), (3, 70), (5, 70))) == []


def test_who_is_under_way_is_known():
    machine = Bends(RATE)
    assert machine.entered is None
    assert list(machine.push(TWO[:300])) == []
    assert machine.entered == np.argmax(TWO > 15)
    assert len(list(machine.push(TWO[300:600]))) == 1
    assert machine.entered is None


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(0, 3000), max_size=10).map(sorted),
)
def test_bends_are_the_same_however_the_stream_is_cut(seed, cuts):
    """Any wandering path: bends come in order, each with its bottom between where it was noticed and certain."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.3, 4, 20))
    angle = path((0, 0), *zip(times, rng.uniform(-5, 90, 20), strict=True))
    whole = bends(angle)
    assert bends(angle, [cut for cut in cuts if cut <= len(angle)]) == whole
    for bend in whole:
        assert bend.entered <= bend.bottom <= bend.known
    assert [bend.known for bend in whole] == sorted(bend.known for bend in whole)


def test_sample_by_sample_the_bends_are_the_same():
    assert bends(TWO, range(1, len(TWO))) == bends(TWO)


def test_what_is_kept_does_not_grow_with_the_stream():
    machine = Bends(RATE)
    for _ in range(100):
        list(machine.push(TWO))
    assert len(machine._angle) < 2 * len(TWO)
