"""A quarter of an hour of the campaign in which everything goes wrong."""

import importlib
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def campaign():
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("campaign")
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def chunk(campaign):
    return campaign.run_chunk(seed=1, minutes=16)


def test_every_kind_of_fault_happened_and_none_was_a_crash(chunk, campaign):
    assert chunk.crash == ""
    assert set(chunk.kinds) == set(campaign.KINDS)


def test_after_every_fault_both_chips_give_good_samples_again(chunk):
    assert {kind: tally.faults - tally.healed for kind, tally in chunk.kinds.items()} == dict.fromkeys(chunk.kinds, 0)


def test_what_costs_samples_is_said(chunk):
    silent = {kind for kind, tally in chunk.kinds.items() if tally.without_s and not tally.said}
    assert silent == set()


def test_no_sample_is_wrong_and_not_flagged(chunk):
    assert chunk.wrong == 0
    assert chunk.largest_share < 1
    assert chunk.good > 0.8 * chunk.measured


def test_sample_times_are_right_within_three_milliseconds(chunk, campaign):
    within = np.cumsum(chunk.times) / sum(chunk.times)
    assert within[np.searchsorted(campaign.ERROR_BINS_MS, 3.0) - 1] > 0.99


def test_a_campaign_that_was_broken_off_goes_on_where_it_was(campaign, monkeypatch, tmp_path, capsys):
    kept = tmp_path / "kept.jsonl"
    monkeypatch.setattr(
        sys, "argv", ["campaign", "--hours", "0.05", "--minutes", "1.5", "--jobs", "1", f"--kept={kept}"]
    )
    done = [campaign.Chunk(seed, 1.5, measured=100 + seed, times=[1] * 401) for seed in (0, 1)]
    kept.write_bytes(b"\n".join(map(msgspec.json.encode, done)) + b"\n")
    campaign.main()
    assert "samples measured 201" in capsys.readouterr().out
    assert len(kept.read_bytes().splitlines()) == 2
