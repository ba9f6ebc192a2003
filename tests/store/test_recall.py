"""What the wall knows after a new start."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from hinge_imu.dashboard.live import Gym
from hinge_imu.dashboard.recall import recall
from hinge_imu.dashboard.store import Store

SHOWN = ("gym", "name", "session", "athlete", "exercise", "asked", "simulated", "set", "reps", "ended", "broken")
SHOWN = (*SHOWN, "notice", "pain", "described")


@pytest.fixture(scope="module")
def session(heard, spoken):
    """A session of two sets, up to the middle of the second; then a tempo is prescribed, and something hurts."""
    said = heard(spoken("hinge", started_utc=None), topic="gym/strap1", athlete="Sam")
    first = [each for each in said if each.level in {"meta", "rep", "set"}]
    reps = [each for each in first if each.level == "rep"]
    again = [{**rep.fields, "id": f"{rep.fields['id']}-again", "set": 2} for rep in reps[:-3]]
    marks = [
        {
            **reps[0].fields,
            "id": f"mark-{what}",
            "event": "mark",
            "revision": 1,
            "at_s": 90.0,
            "exercise": None,
            "what": what,
            "text": text,
        }
        for what, text in (("tempo", "4-1-1-0"), ("pain", None))
    ]
    second = [("rep", fields) for fields in again] + [("mark", fields) for fields in marks]
    return first + [msgspec.structs.replace(first[0], level=level, fields=fields) for level, fields in second]


@pytest.fixture
def recalled():
    def look(store):
        gym = Gym()
        recall(gym, store, 1000.0, for_s=3600.0)
        return gym

    return look


def test_the_wall_is_as_if_it_had_heard_it_all(store, session, recalled):
    live = Gym()
    for each in session:
        store.take(each)
        live.hear(each, 990.0)
    (before,), (after,) = live.straps.values(), recalled(store).straps.values()
    assert (before.set, before.asked, before.pain) == (2, "4-1-1-0", True)
    assert len(before.reps) > 0
    assert {name: getattr(after, name) for name in SHOWN} == {name: getattr(before, name) for name in SHOWN}
    assert 0.0 <= 1000.0 - after.seen < 60.0


def test_who_was_here_yesterday_is_not_on_the_wall(tmp_path, session, recalled):
    store = Store(str(tmp_path / "store.db"), now=lambda: datetime.now(UTC) - timedelta(hours=2))
    store.take_all(session)
    assert not recalled(store).straps
    store.close()


def test_without_the_store_the_wall_begins_empty_and_says_so(postgres, heard, session, recalled, caplog):
    store = Store(postgres.database())
    postgres.stop()
    try:
        assert not recalled(store).straps
    finally:
        postgres.start()
        store.close()
    assert "the store does not answer" in caplog.text
