"""A session that a coach asked for to calibrate its wearer, on recordings of the simulated lifter."""

import msgspec
import numpy as np
import pytest

from hinge_imu.app import wearers
from hinge_imu.app.calibrating import Calibrating
from hinge_imu.config import ConfigError
from hinge_imu.simulate import fast
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable
from hinge_imu.simulate.strap import timetable


@pytest.fixture(scope="module")
def hinges():
    """Three slow hinges, and twenty seconds of standing."""
    rng = np.random.default_rng(8)
    plans = timetable(rng, reps=3).reps
    return fast.recorded(Lifter(Timetable(plans, still_s=20.0), rng), rng)


def fed(header, raw, folder):
    sentences = []
    calibrating = Calibrating(header, folder, sentences.append)
    for block in np.array_split(raw, len(raw) // 20):
        calibrating.put(block)
    return sentences


def test_three_hinges_and_a_rest_are_stored_for_the_athlete_and_said_once(hinges, tmp_path):
    header, raw = hinges
    (sentence,) = fed(msgspec.structs.replace(header, athlete="Zoë"), raw, tmp_path)
    assert sentence.startswith("Zoë: stored in")
    assert wearers.find("Zoë", [tmp_path]).worn.keys() == {"pelvis", "thorax"}


def test_too_few_hinges_store_nothing(hinges, tmp_path):
    header, raw = hinges
    early = raw[raw["t_ns"] < 28e9]
    assert fed(msgspec.structs.replace(header, athlete="Zoë"), early, tmp_path) == []
    assert wearers.find("Zoë", [tmp_path]) is None


def test_nobody_s_calibration_is_refused_in_a_sentence(hinges, tmp_path):
    with pytest.raises(ConfigError, match="whose calibration is it"):
        Calibrating(hinges[0], tmp_path, print)


def test_a_disk_that_cannot_take_it_is_said(hinges, tmp_path):
    header, raw = hinges
    (tmp_path / "file").touch()
    (sentence,) = fed(msgspec.structs.replace(header, athlete="Zoë"), raw, tmp_path / "file")
    assert "cannot be written" in sentence
