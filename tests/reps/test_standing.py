"""Whether somebody stood: told by pelvis and thorax, in deg."""

import numpy as np
import pytest

from hinge_imu.reps.standing import slumped, upright


@pytest.mark.parametrize("posture", [(-20.0, 5.0), (-15.0, -4.0), (25.0, 0.0), (25.0, 12.0)])
def test_nobody_stands_with_the_pelvis_rolled_back_or_tipped_and_the_trunk_upright(posture):
    """Tipped is what rolled back looks like, as long as nobody has bent forward yet."""
    assert slumped(*posture)
    assert not upright(posture)


@pytest.mark.parametrize(
    "posture", [(0.0, 0.0), (-8.0, -12.0), (8.0, -6.0), (18.0, 26.0), (np.nan, 3.0), (2.0, np.nan)]
)
def test_who_sways_leans_back_or_does_not_lock_out_stands(posture):
    """What a board that is away has not seen speaks against nothing."""
    assert not slumped(*posture)
    assert upright(posture)


@pytest.mark.parametrize("posture", [(-92.0, -88.0), (80.0, 85.0)])
def test_who_lies_does_not_stand(posture):
    assert not upright(posture)
