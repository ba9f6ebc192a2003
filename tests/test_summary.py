from types import SimpleNamespace

import msgspec

from hinge_imu.events import SensorEvent, SensorSummary
from hinge_imu.samples import Header
from hinge_imu.summary import Summary

HEADER = Header(session_id="monday", unit="counts", clock="polled", rate_hz=200.0)
HEALTH = SimpleNamespace(samples={"pelvis": 900, "thorax": 800}, left_out={"pelvis": 0, "thorax": 7}, end_s=4.5)


def summed(events):
    summary = Summary(HEADER)
    assert summary.count(iter(events)) == events
    return summary.session(HEALTH)


def test_a_rep_said_twice_is_one_and_a_retracted_one_none(rep):
    again = [msgspec.structs.replace(rep, id=f"r{i}", status="provisional", revision=1) for i in range(3)]
    said = [
        *again,
        msgspec.structs.replace(rep, id="r0", status="confirmed", revision=2),
        msgspec.structs.replace(rep, id="r1", status="retracted", revision=2),
    ]
    assert summed(said).reps == 2


def test_sets_are_counted(events):
    assert summed(events).sets == 1


def test_each_sensors_troubles_are_its_own_and_the_bus_has_others():
    said = [
        SensorEvent(segment="thorax", what="gap", at_s=1.0, lost_s=0.5),
        SensorEvent(segment="thorax", what="lost", at_s=2.0),
        SensorEvent(segment="thorax", what="gap", at_s=2.0, lost_s=1.25),
        SensorEvent(segment=None, what="slow_bus", at_s=0.0),
    ]
    session = summed(said)
    assert session.sensors == {
        "pelvis": SensorSummary(samples=900, left_out=0, lost_s=0.0, events={}),
        "thorax": SensorSummary(samples=800, left_out=7, lost_s=1.75, events={"gap": 2, "lost": 1}),
    }
    assert session.bus == {"slow_bus": 1}
    assert session.end_s == 4.5
