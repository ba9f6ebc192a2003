"""Drills done by the simulated lifter, recorded evenly with real parts' errors, and judged."""

from typing import NamedTuple

import msgspec
import numpy as np
import pytest

from hinge_imu.motion.timeline import Timeline
from hinge_imu.pipeline import Pipeline
from hinge_imu.protocols.judge import judge
from hinge_imu.protocols.protocol import find
from hinge_imu.protocols.seen import Seen
from hinge_imu.simulate import drills, fast
from hinge_imu.verdict import DrillEvent


class Done(NamedTuple):
    drill: drills.Done
    seen: Seen
    verdict: DrillEvent

    def finding(self, name, step=None):
        return next(each for each in self.verdict.findings if (each.name, each.step) == (name, step))

    @property
    def names(self):
        return {each.name for each in self.verdict.findings}


@pytest.fixture(scope="session")
def looked_at():
    """Run a lifter's recording through the pipeline as a drill asks for."""

    def look(lifter, protocol, seed=0, *, cuts=1, lost=0.0, **about):
        header, raw = fast.recorded(lifter, np.random.default_rng(seed), exercise=protocol.exercise, lost=lost)
        if "worn" in about:
            raw = raw[np.isin(raw["sensor"], [("pelvis", "thorax").index(segment) for segment in about["worn"]])]
        header = msgspec.structs.replace(header, profile=protocol.profile, tempo=protocol.tempo, **about)
        angles, timeline = [], Timeline(header)
        pipeline = Pipeline(header, angles.append)
        said = [event for block in np.array_split(raw, cuts) for event in pipeline.push(block)]
        said += pipeline.finish()
        frames = [each for each in (timeline.push(raw), *timeline.finish()) if len(each.t_ns)]
        return Seen.of(header, said, angles, frames)

    return look


@pytest.fixture(scope="session")
def done(looked_at):
    """Do a drill, well or with a fault, and judge it; the same one is done once."""
    kept = {}

    def do(name, fault=None, beyond=None, seed=0, **about):
        key = name, fault, beyond, seed, tuple(about.items())
        if key not in kept:
            drill = drills.drill(np.random.default_rng(seed), name, fault, beyond)
            seen = looked_at(drill.lifter, find(name), seed, **about)
            kept[key] = Done(drill, seen, judge(find(name), seen))
        return kept[key]

    return do
