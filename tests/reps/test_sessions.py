"""Simulated sessions that need a rule of their own each: every rep of theirs is counted, and nothing else."""

import numpy as np
import pytest

from hinge_imu.events import RepEvent
from hinge_imu.pipeline import Pipeline
from hinge_imu.simulate import fast, repertoire, truth


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(14000075, id="a weight that is picked up like a rep, and put down unlike one"),
        pytest.param(20000118, id="the same on one leg, and plates loaded between sets"),
        pytest.param(23000204, id="touch and go after the bar was let go, so that the standing-up is like a bounce"),
        pytest.param(18000839, id="swings with a round back in every other one"),
        pytest.param(20000036, id="shoes that are tied right after the bell was parked"),
        pytest.param(14000718, id="every other pull after a rest on the floor"),
        pytest.param(14000333, id="every other pull of a bell after a rest on the floor"),
        pytest.param(14000856, id="a dropped bar that makes a soft jolt"),
        pytest.param(17000025, id="shoes that are tied and things picked up, in which nobody sees a deadlift"),
        pytest.param(14001146, id="plates that are loaded right after a set"),
    ],
)
def test_every_rep_of_a_session_is_counted_and_nothing_else(seed):
    drawn = repertoire.draw(seed)
    header, raw = fast.recorded(drawn.lifter, np.random.default_rng([seed, 1]), exercise=drawn.exercise)
    pipeline = Pipeline(header)
    events = [*pipeline.push(raw), *pipeline.finish()]
    last = {event.id: event for event in events if isinstance(event, RepEvent)}
    found = [rep.end_s for rep in last.values() if rep.status == "confirmed"]
    made = [rep["end_s"] for rep in truth.labels(drawn.lifter, drawn.exercise)["reps"]]
    assert found == pytest.approx(made, abs=0.3)
