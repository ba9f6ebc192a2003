import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.motion.angles import inclination, segment_axes


@given(lean=st.floats(-179.9, 179.9))
def test_leaning_forward_is_positive_all_the_way_round(lean):
    """Forward is x, so the lean takes the segment's own y from up towards x."""
    lean_forward = Rotation.from_matrix(
        [
            [np.cos(np.radians(lean)), np.sin(np.radians(lean)), 0],
            [-np.sin(np.radians(lean)), np.cos(np.radians(lean)), 0],
            [0, 0, 1],
        ]
    )
    along_the_segment = lean_forward.apply([0.0, 1.0, 0.0])
    assert np.sign(along_the_segment[0]) in {0.0, np.sign(np.sin(np.radians(lean)))}
    forward, along, _ = lean_forward.inv().apply([0.0, 1.0, 0.0])
    assert np.degrees(inclination(forward, along)) == pytest.approx(lean)


@pytest.mark.parametrize("side", [-40.0, 25.0])
def test_a_bow_that_is_carried_sideways_is_as_deep_as_before(side):
    """Seen from the segment, what up loses sideways it loses in both of the other directions alike."""
    bow = Rotation.from_euler("z", -30, degrees=True)
    up = bow.inv().apply([0.0, 1.0, 0.0])
    aside = np.cos(np.radians(side)) * up
    assert np.degrees(inclination(*np.stack([up, aside], axis=1)[:2])) == pytest.approx([30, 30])


@given(seed=st.integers(0, 2**32 - 1))
def test_the_axes_of_a_segment_are_found_from_where_up_falls(seed):
    """However the board sits, turning sensor axes into segment axes undoes the mounting."""
    board = Rotation.random(rng=np.random.default_rng(seed))
    neutral = board.apply([0.0, 1.0, 0.0])
    bent = board.apply(Rotation.from_euler("z", -50, degrees=True).inv().apply([0.0, 1.0, 0.0]))
    np.testing.assert_allclose(segment_axes(neutral, bent), board.inv().as_matrix(), atol=1e-9)
