import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hinge_imu.motion.expectation import AWAY_C, DRIFT, LEAN, uncalibrated
from hinge_imu.motion.sixpositions import CROSS_AXIS, GRAVITY, OFFSET, SCALE
from hinge_imu.simulate.imu import ImuErrors

BOARDS = 2000


def off(matrix, bias, lean, mounting):
    """How far the angle between what is measured standing and leaning is from the lean, rad."""
    up = mounting.apply([[1.0, 0.0, 0.0], [np.cos(lean), np.sin(lean), 0.0]])
    standing, leaning = (up @ matrix.T) * GRAVITY + bias
    crossed = np.linalg.norm(np.cross(standing, leaning))
    return abs(np.arctan2(crossed, standing @ leaning) - lean)


@pytest.mark.parametrize("degrees", [30, 60, 90, 105])
def test_boards_as_bought_keep_what_is_told(degrees):
    lean, seen = np.radians(degrees), []
    for seed in range(BOARDS):
        rng = np.random.default_rng(seed)
        errors = ImuErrors.draw(rng)
        warm = errors.acc_bias + errors.acc_drift * (rng.uniform(10, 40) - 25)
        seen.append(off(errors.acc_matrix, warm, lean, Rotation.random(rng=rng)))
    told = uncalibrated(lean)
    assert max(seen) < told.worst
    assert np.quantile(seen, 0.95) == pytest.approx(told.usual, rel=0.15)


def test_not_even_the_worst_corners_of_the_data_sheet_exceed_the_worst():
    rng = np.random.default_rng(0)
    seen = []
    for _ in range(BOARDS):
        limits = np.where(np.eye(3, dtype=bool), SCALE, CROSS_AXIS)
        matrix = np.eye(3) + limits * rng.choice([-1, 1], (3, 3))
        bias = (OFFSET + AWAY_C * DRIFT) * rng.choice([-1, 1], 3)
        seen.append(off(matrix, bias, LEAN, Rotation.random(rng=rng)))
    told = uncalibrated().worst
    assert 0.7 * told < max(seen) < told


def test_whoever_stands_is_upright_and_a_deeper_lean_is_told_less_surely():
    assert uncalibrated(0.0) == (0.0, 0.0)
    leans = [uncalibrated(lean) for lean in np.radians([10, 30, 50, 70])]
    assert leans == sorted(leans)
