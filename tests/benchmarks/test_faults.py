import sys
from pathlib import Path
from runpy import run_path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def faults():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield run_path(str(ROOT / "benchmarks" / "faults.py"))
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


@pytest.mark.parametrize("beyond", [True, False])
def test_a_set_with_a_fault_beyond_its_limit_is_told_off_and_one_inside_is_not(faults, beyond):
    scores = {name: faults["Score"]() for name in faults["PATHOLOGIES"]}
    for seed in range(2):
        faults["add"](scores, *faults["done"](faults["Trial"]("spine_rounding", beyond, "rdl", seed)))
    score = scores["spine_rounding"]
    assert (score.found, score.wrong) == (score.there, 0)
    assert (score.there > 0) is beyond
    assert max(score.late, default=0.0) < 0.15


def test_a_rep_that_is_not_found_counts_as_missed(faults):
    scores = {name: faults["Score"]() for name in faults["PATHOLOGIES"]}
    trial = faults["Trial"]("bounce", beyond=True, exercise="rdl", seed=0)
    faults["add"](scores, trial, [({"faults": ["bounce"], "faults_absent": []}, faults["UNSEEN"])])
    assert (scores["bounce"].there, scores["bounce"].found) == (1, 0)
