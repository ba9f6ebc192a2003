import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.motion.heading import Heading

RATE = 100.0
T = np.arange(0, 8, 1 / RATE)
SEEN = np.ones(len(T), bool)


def trunk(turn, *, lower_m=0.05, t=T):
    """Accelerations and tilts of pelvis and thorax, seen from above; the thorax's board is turned.

    The hips sway and shift, the trunk leans on a course of its own, and the pelvis tilts backwards meanwhile.
    """
    courses = ((0.05, 0.4, 0.0), (0.03, 0.9j, 1.0), (0.02, 0.7 + 0.7j, 2.0))
    hips = sum(
        -size * w**2 * way / abs(way) * np.sin(w * t + at)
        for (size, way, at), w in zip(courses, (3, 4, 6), strict=True)
    )
    back = -np.exp(0.3j)
    lean, bending = 0.5 * np.sin(1.5 * t) ** 2, 0.5 * 2 * 1.5**2 * np.cos(3 * t)
    thorax = hips - (lower_m * -0.2 * bending + (0.4 - lower_m) * bending) * back
    other = np.exp(1j * turn)
    return np.stack([hips + 0j, other * thorax]), np.stack([-0.2 * lean * back, other * lean * back])


turns = st.floats(-np.pi, np.pi)


@settings(deadline=None)
@given(turn=turns)
def test_how_the_boards_are_turned_against_each_other_is_found(turn):
    found = Heading(RATE).push(*trunk(turn), SEEN)
    assert abs(np.angle(found[-1] * np.exp(-1j * turn), deg=True)) < 2
    assert abs(np.angle(found[50] * np.exp(-1j * turn), deg=True)) < 20, "half a second tells most of it"
    assert abs(found[-1]) > 0.95


@pytest.mark.parametrize("lower_m", [0.0, 0.15])
def test_a_spine_that_bends_elsewhere_changes_little(lower_m):
    found = Heading(RATE).push(*trunk(1.0, lower_m=lower_m), SEEN)
    assert abs(np.angle(found[-1] * np.exp(-1j), deg=True)) < 10


def test_who_does_not_move_shows_nothing():
    rng = np.random.default_rng(0)
    noise = 0.005 * (rng.normal(size=(4, len(T))) + 1j * rng.normal(size=(4, len(T))))
    found = Heading(RATE).push(noise[:2], 1e-4 * noise[2:], SEEN)
    assert np.abs(found).max() < 0.05


def test_what_is_not_valid_teaches_nothing_and_its_edges_do_not_either():
    series = [part.copy() for part in trunk(1.0)]
    seen = SEEN.copy()
    seen[150:400] = False
    for part in series:
        part[:, 150:400] = 100.0
    found = Heading(RATE).push(*series, seen)
    assert found[150:400] == pytest.approx(found[149])
    assert abs(np.angle(found[-1] * np.exp(-1j), deg=True)) < 10


def test_a_board_that_turns_is_followed_from_bend_to_bend():
    heading = Heading(RATE)
    for turn in (0.0, 0.0, 0.0, *[1.0] * 8):
        found = heading.push(*trunk(turn), SEEN)
        heading.fade()
    assert np.angle(found[-1]) == pytest.approx(1.0, abs=0.2)


def test_after_a_restart_it_begins_anew():
    heading = Heading(RATE)
    heading.push(*trunk(0.0), SEEN)
    heading.restart()
    assert np.angle(heading.push(*trunk(2.0), SEEN)[-1]) == pytest.approx(2.0, abs=0.2)


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, len(T)), max_size=8).map(sorted))
def test_it_is_the_same_however_the_stream_is_cut(cuts):
    seen = SEEN.copy()
    seen[300:330] = False
    whole = Heading(RATE).push(*trunk(1.0), seen)
    heading = Heading(RATE)
    parts = zip(*(np.split(part, cuts, axis=-1) for part in (*trunk(1.0), seen)), strict=True)
    assert np.array_equal(np.concatenate([heading.push(*part) for part in parts]), whole)
