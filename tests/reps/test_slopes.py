import numpy as np
import pytest
from scipy.stats import theilslopes

from hinge_imu.reps.slopes import CONFIDENCE, theil_sen


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n", [2, 5, 8, 15])
def test_slope_and_interval_are_those_of_scipy(n, ties):
    rng = np.random.default_rng(n)
    x = np.sort(rng.choice(30, n, replace=False))
    y = 0.3 * x + rng.normal(size=n)
    if ties:
        y = np.round(y / 3)
    known = theilslopes(y, x, alpha=CONFIDENCE)
    assert theil_sen(y, x) == (known.slope, known.low_slope, known.high_slope)
