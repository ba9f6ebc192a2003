import numpy as np
import pytest

from hinge_imu.motion.mount import HINT, LITTLE, Mount

STANCE = np.array([0.0, 1.0, 0.0])
BACK = np.array([-1.0, 0.0, 0.0])


def leaning(degrees, towards=BACK):
    """Up in sensor axes, for leans by so many degrees that move it towards a direction."""
    lean = np.radians(np.atleast_1d(degrees))
    return np.multiply.outer(STANCE, np.cos(lean)) + np.multiply.outer(towards, np.sin(lean))


def gather(mount, up):
    mount.reach(mount.across(up))
    mount.gather(mount.across(up))
    mount.gather(LITTLE / HINT * np.full(up.shape[1], mount.across(mount.hint)))


def bend(mount, deepest, towards=BACK):
    gather(mount, leaning(np.linspace(20, deepest, 50), towards))
    mount.settle()


def test_a_hint_that_misleads_does_not_outweigh_a_deep_lean_however_many_bends_follow():
    mount = Mount(neutral=STANCE, hint=-0.25 * BACK)
    for _ in range(50):
        bend(mount, 60)
        assert np.degrees(mount.angle(leaning(45))) == pytest.approx(45)


def test_a_hint_decides_where_the_lean_is_small():
    mount = Mount(neutral=STANCE, hint=0.25 * BACK)
    gather(mount, leaning(np.linspace(0, 9, 50), -BACK))  # the pelvis tilted backwards
    mount.settle()
    assert np.degrees(mount.angle(leaning(30))) == pytest.approx(30)


def test_small_leans_never_turn_a_known_forward_round():
    mount = Mount(neutral=STANCE)
    bend(mount, 60)
    for _ in range(30):
        gather(mount, leaning(np.linspace(0, 15, 50), -BACK))
        mount.settle()
    assert np.degrees(mount.angle(leaning(45))) == pytest.approx(45)


@pytest.mark.parametrize(("axis", "turns"), [(40, True), (25, False)])
def test_only_bends_about_one_axis_show_in_a_row_that_a_board_has_turned(axis, turns):
    """Twice they end 40 deg aside; about an axis that is not square to that, it was the wearer who went there."""
    mount = Mount(neutral=STANCE)
    bend(mount, 60)
    way, across = (np.array([-np.cos(each), 0.0, np.sin(each)]) for each in np.radians([40, axis]))
    for _ in range(2):
        mount.follow(-1j * mount.across(leaning(np.full(50, 90), across)), np.ones(50))
        bend(mount, 55, way)
    aside = float(np.degrees(np.arccos(mount.axes[0] @ [1.0, 0.0, 0.0])))
    assert aside == pytest.approx(40, abs=5) if turns else aside < 3


def test_bends_a_little_off_to_one_side_turn_forward_there_bit_by_bit():
    mount = Mount(neutral=STANCE)
    bend(mount, 60)
    aside = np.array([-np.cos(0.3), 0.0, np.sin(0.3)])
    before = np.degrees(mount.angle(leaning(60, aside)))[0]
    for _ in range(20):
        bend(mount, 60, aside)
    assert before < 59
    assert np.degrees(mount.angle(leaning(60, aside))) == pytest.approx(60, abs=0.01)


def test_leans_that_wander_sideways_take_the_deepest_one_for_forward():
    mount = Mount(neutral=STANCE)
    swept = [
        leaning(depth, np.array([-np.cos(turn), 0, np.sin(turn)]))
        for depth, turn in zip(np.linspace(40, 60, 80), np.linspace(1.8, 0.0, 80), strict=True)
    ]
    gather(mount, np.concatenate(swept, axis=1))
    mount.settle()
    assert np.degrees(mount.angle(leaning(60))) == pytest.approx(60, abs=1e-6)
