"""A gym of simulated straps, a real broker, a real database, and a dashboard's ingest that are killed on the way."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, update

from hinge_imu.dashboard.store import Store
from hinge_imu.dashboard.store.models import MessageRow, RepRow, TraceRow
from hinge_imu.dashboard.wire import parse

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")


@pytest.fixture(scope="module")
def fleet():
    sys.path.insert(0, BENCHMARKS)
    try:
        import arrivals
        import fleet
        import straps

        yield SimpleNamespace(**{**vars(arrivals), **vars(straps), **vars(fleet)})
    finally:
        sys.path.remove(BENCHMARKS)


SHARED = ["ingest killed", "broker stopped", "ingest killed"]


@pytest.mark.parametrize(
    ("database", "speed", "befalls"),
    [("sqlite", 12, SHARED), ("postgresql", 8, ["database stopped", "ingest killed", "database killed"])],
)
def test_every_rep_is_in_the_store_once_whatever_was_killed_while_they_lifted(
    fleet, tmp_path, database, speed, befalls
):
    with fleet.Gym(tmp_path, database) as gym:
        mishaps = [fleet.Mishap(what, after_s=0.4, away_s=0.2) for what in befalls]
        outcome = fleet.campaign(gym, mishaps, "--straps", "6", "--speed", str(speed), "--over", "1")
    assert sum(outcome.happened.values()) == len(befalls)
    assert outcome.holes == fleet.Holes(reps=24, lost=0, strange=0, stale=0)


def test_what_is_missing_in_a_store_what_nobody_said_and_what_is_not_up_to_date_is_found(fleet, tmp_path):
    lines = fleet.play(fleet.RECORDING, angles=False)
    said = [fleet.note(line, "strap", at=0.0) for line in lines]
    reps = sorted({note.id for note in said if note.level == "rep"})
    store = Store(str(tmp_path / "store.sqlite"))
    store.take_all([parse(f"hinge/v1/gym/strap/{line.level}", line.payload) for line in lines])
    assert fleet.compare(said, store.engine).none
    with store.engine.begin() as database:
        database.execute(delete(MessageRow).where(MessageRow.id == reps[0], MessageRow.revision == 1))
        database.execute(delete(TraceRow).where(TraceRow.rep_id == reps[0]))
        database.execute(update(RepRow).where(RepRow.id == reps[1]).values(revision=1))
        database.execute(update(TraceRow).where(TraceRow.rep_id == reps[2]).values(rep_id="another"))
    assert fleet.compare(said, store.engine) == fleet.Holes(reps=4, lost=3, strange=1, stale=1)
    store.close()
