from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chain():
    return run_path(str(ROOT / "benchmarks" / "chain.py"))


@pytest.mark.parametrize("smooth", [False, True])
def test_the_kept_sessions_are_mostly_within_half_a_degree_of_their_truth(chain, smooth):
    total = chain["Score"]()
    for path in sorted((ROOT / "recordings").glob("*.mcap")):
        chain["score"](path, chain["Way"]("inclination", smooth), total)
    assert (total.found, total.made) == (32, 32)
    assert np.median([total.rmse[key] for key in ("pelvis", "thorax", "spine")]) < 0.5
    assert total.recorded_s > 30


def test_another_filter_gives_other_errors(chain):
    scores = []
    for name in ("inclination", "madgwick"):
        scores.append(total := chain["Score"]())
        chain["score"](ROOT / "recordings" / "simulated_rdl.mcap", chain["Way"](name), total)
    assert scores[0].rmse["spine"] != scores[1].rmse["spine"]


def test_recordings_without_truth_are_left_out(chain, tmp_path):
    (tmp_path / "session.csv").write_text("t_s\n")
    with chain["sessions"]([tmp_path], 0, 0) as paths:
        assert paths == []
