import hashlib
import statistics
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hinge_imu.dashboard.incoming import About, Incoming
from hinge_imu.dashboard.store import AwayError, Extent, Store
from hinge_imu.dashboard.store.store import edits

BEGAN = datetime(2025, 1, 31, 17, 5, tzinfo=UTC)


def latest(heard, level="rep"):
    """What a receiver has who keeps the highest revision of each id: docs/mqtt.md's one rule."""
    found = {}
    for each in sorted(heard, key=lambda each: each.fields["revision"]):
        if each.level == level:
            found[each.fields["id"]] = each.fields
    return found


def standing(heard):
    return {key: fields for key, fields in latest(heard).items() if fields["status"] != "retracted"}


def about(session, content):
    """What a strap says of its recording."""
    names = {"name": f"{session.id}.mcap", "gym": session.gym, "strap": session.strap, "athlete": session.athlete}
    return About(session_id=session.id, sha256=hashlib.sha256(content).hexdigest(), **names)


def upload(incoming, session, content):
    """Let a recording come in, and return where it stands."""
    made = incoming.create(about(session, content), len(content))
    with incoming.open(made) as part:
        part.write(content)
    incoming.finish(made)
    return incoming._folder / made.placed


def whole(store):
    """All that the store shows of its sessions, but for when it has heard them."""
    return [
        (
            msgspec.structs.replace(session, at_utc=BEGAN),
            store.sets(session.id),
            store.reps(session.id, every=True),
            store.remarks(session.id),
            [store.trace(rep.id) for rep in store.reps(session.id)],
        )
        for session in store.sessions(limit=None)
    ]


def test_a_session_is_there_with_all_that_was_said(store, heard, spoken):
    said = heard(spoken("toe_touch", athlete="Ana", started_utc=BEGAN.isoformat()))
    assert [news for news, each in zip(store.take_all(said), said, strict=True) if each.level != "meta"] == [True] * (
        len(said) - 1
    )
    (session,) = store.sessions("Ana")
    ended = latest(said, "session").popitem()[1]
    assert (session.state, session.end_s, session.sensors) == ("ended", ended["end_s"], ended["sensors"])
    assert (session.sets, session.reps, session.started_utc, session.simulated) == (1, 3, BEGAN, True)
    assert {rep.id: rep.data for rep in store.reps(session.id)} == standing(said)
    assert [each.data for each in store.sets(session.id)] == [*latest(said, "set").values()]
    assert [each.data for each in store.remarks(session.id)] == [*latest(said, "fault").values()]
    traces = {trace["rep_id"]: trace for trace in latest(said, "trace").values()}
    for rep in store.reps(session.id):
        stored = msgspec.to_builtins(store.trace(rep.id))
        assert stored == {name: traces[rep.id][name] for name in stored}
        assert rep.start_utc == BEGAN + timedelta(seconds=rep.start_s)
        assert rep.athlete == "Ana"
    assert [(each.name, each.sessions, each.last_utc) for each in store.athletes()] == [("Ana", 1, BEGAN)]


@pytest.mark.parametrize("seed", range(3))
def test_in_whatever_order_and_however_often_it_comes_it_is_the_same_in_the_end(seed, url, store, heard, spoken):
    said = heard(spoken("session", athlete="Ana"))
    rng = np.random.default_rng(seed)
    again = said * 2
    rng.shuffle(again)
    while again:
        number = rng.integers(1, 12)
        store.take_all(again[:number])
        again = again[number:]
    (shown,) = whole(store)
    reps = latest(said)
    assert any(fields["status"] == "retracted" for fields in reps.values())
    assert {rep.id: rep.data for rep in shown[2]} == reps
    assert {rep.id for rep in store.reps(shown[0].id)} == standing(said).keys()
    for key in reps:
        revisions = [fields.fields for fields in said if fields.fields["id"] == key and fields.level == "rep"]
        assert store.revisions(key) == revisions
    before = whole(store)
    assert store.take_all(said) == [False] * len(said)
    assert whole(store) == before


def test_two_who_take_in_the_same_at_once_leave_it_there_once(store, heard, spoken):
    said = [each for name in ("session", "hinge", "rdl") for each in heard(spoken(name))]
    with ThreadPoolExecutor(2) as both:
        news = list(both.map(lambda part: [store.take(each) for each in part], [said, said]))
    kept = [each.level != "meta" for each in said]
    assert [one + other for one, other in zip(*news, strict=True)] == kept
    assert sum(len(shown[2]) for shown in whole(store)) == len(latest(said))


def test_a_clock_and_a_name_that_are_known_late_hold_for_all_that_came_before(store, heard, spoken):
    early = heard(spoken("hinge"))
    store.take_all([each for each in early if each.level != "session"])
    (session,) = store.sessions()
    assert [rep.start_utc for rep in store.reps(session.id)] == [None] * 4
    assert store.unassigned() == [session]
    late = heard(spoken("hinge", started_utc="2025-01-31T18:05:00+01:00", athlete="Zoë"))
    store.take_all([each for each in late if each.level == "session"])
    assert store.session(session.id).started_utc == BEGAN
    assert [rep.start_utc for rep in store.reps(session.id)] == [
        BEGAN + timedelta(seconds=rep.start_s) for rep in store.reps(session.id)
    ]
    assert {rep.athlete for rep in store.reps(session.id)} == {"Zoë"}
    store.take_all(early)  # a strap that had not known it, once more
    assert store.session(session.id).started_utc == BEGAN
    assert store.session(session.id).athlete == "Zoë"
    assert store.unassigned() == []


def test_what_a_user_changes_stays_changed_and_is_remembered(store, heard, spoken):
    said = heard(spoken("session", athlete="Ana"))
    firsts = [each for each in said if each.level != "rep" or each.fields["revision"] == 1]
    store.take_all(firsts)
    (session,) = store.sessions()
    (ended,) = store.sets(session.id)
    struck = next(rep for rep in store.reps(session.id) if rep.id in standing(said))
    store.strike_out(struck.id, by="coach")
    store.strike_out(struck.id, by="coach")
    store.rename(ended.id, "swing", by="coach")
    store.assign(session.id, "Bo", by="admin")
    store.note("rep", struck.id, "a child walked into the bar", by="coach")
    store.pain("session", session.id, by="Bo")
    store.take_all(said)
    assert {rep.id for rep in store.reps(session.id)} == standing(said).keys() - {struck.id}
    assert {rep.exercise for rep in store.reps(ended.id)} == {"swing"}
    assert store.sets(session.id)[0].said_exercise == "deadlift"
    shown = store.session(session.id)
    assert (shown.athlete, shown.said_athlete, shown.exercises) == ("Bo", "Ana", ("swing",))
    assert shown.reps == len(standing(said)) - 1 == store.sets(session.id)[0].reps
    assert store.sessions("Ana") == []
    assert [(each.what, each.about_id, each.before, each.value, each.by) for each in store.edits(session.id)] == [
        ("strike_out", struck.id, None, None, "coach"),
        ("rename", ended.id, "deadlift", "swing", "coach"),
        ("assign", session.id, "Ana", "Bo", "admin"),
        ("note", struck.id, None, "a child walked into the bar", "coach"),
        ("pain", session.id, None, "", "Bo"),
    ]
    store.restore(struck.id, by="coach")
    store.rename(ended.id, None, by="coach")
    store.assign(session.id, None, by="coach")
    assert {rep.id for rep in store.reps(session.id)} == standing(said).keys()
    assert store.session(session.id).exercises == ("deadlift",)
    assert store.session(session.id).athlete == "Ana"
    assert [each.what for each in store.edits(session.id)][5:] == ["restore", "rename", "assign"]


def test_what_a_session_said_last_holds_and_who_a_user_has_named_more_than_that(store, heard, spoken):
    (ended,) = [each for each in spoken("hinge") if each.level == "session"]
    (last,) = heard([ended], revision=3, athlete="Ana")
    (first,) = heard([ended], revision=1, state="open", athlete="Bo", started_utc=None)
    assert [store.take(last), store.take(first)] == [True, True]
    (session,) = store.sessions()
    assert (session.state, session.athlete) == ("ended", "Ana")
    store.assign(session.id, "Cy", by="coach")
    store.take_all(heard([ended], revision=4, athlete="Bo"))
    assert (store.session(session.id).athlete, store.session(session.id).said_athlete) == ("Cy", "Bo")


def test_what_is_not_there_cannot_be_changed(store):
    for edit in (store.strike_out, store.restore):
        with pytest.raises(LookupError, match="there is no rep 'x'"):
            edit("x", by="coach")
    with pytest.raises(LookupError, match="there is no set"):
        store.rename("x", "rdl", by="coach")
    with pytest.raises(LookupError, match="there is no session"):
        store.assign("x", "Ana", by="coach")
    with pytest.raises(ValueError, match="at most"):
        store.note("session", "x", "y" * (edits.LONGEST + 1), by="coach")
    assert store.session("x") is None
    assert store.trace("x") is None
    assert store.reps("x") == store.sets("x") == store.remarks("x") == store.edits("x") == []


def test_progress_is_of_the_reps_that_stand(store, heard, spoken):
    days = {"toe_touch": "2025-02-03", "hinge": "2025-02-01", "rdl": "2025-02-02"}
    for name, day in days.items():
        store.take_all(heard(spoken(name, athlete="Ana", started_utc=f"{day}T10:00:00+00:00")))
    store.take_all(heard(spoken("swing", athlete="Bo")))
    found = store.progress("Ana")
    assert [(day.exercise, day.at_utc.date().isoformat()) for day in found] == sorted(days.items(), key=lambda x: x[1])
    for day in found:
        reps = [*standing(heard(spoken(day.exercise))).values()]
        faults = [{fault["name"] for fault in rep["faults"]} for rep in reps]
        assert (day.sets, day.reps, day.measured) == (1, len(reps), len(reps))
        assert day.faults == {name: sum(name in each for each in faults) for name in set().union(*faults)}
        for name in ("spine_flexion_peak_deg", "thorax_rom_deg", "eccentric_s", "concentric_s"):
            assert getattr(day, name) == pytest.approx(statistics.median(rep[name] for rep in reps))
    assert {day.exercise: day.reps - day.held for day in found}["rdl"] == 0
    first = store.reps(found[0].session_id)[0]
    store.strike_out(first.id, by="coach")
    assert store.progress("Ana")[0].reps == found[0].reps - 1
    assert store.progress("Ana", gym="another") == []


def test_a_gym_cannot_speak_of_the_sessions_of_another(store, heard, spoken):
    said = heard(spoken("hinge", athlete="Ana"), topic="barbell-club/strap1")
    store.take_all(said)
    before = whole(store)
    (session,) = store.sessions()
    forged = heard(spoken("hinge", athlete="Eve"), topic="river/strap1", revision=9)
    assert store.take_all(forged) == [False] * len(forged)
    own = heard(spoken("hinge", athlete="Eve"), topic="river/strap1", revision=9, session_id="hers")
    store.take_all(own)
    assert next(shown for shown in whole(store) if shown[0].id == session.id) == before[0]
    assert [each.gym for each in store.sessions(gym="river")] == ["river"]
    assert [(each.name, each.gym) for each in store.athletes("barbell-club")] == [("Ana", "barbell-club")]


def test_what_is_only_for_the_moment_is_not_stored_and_what_no_session_says_is(store, heard, spoken):
    angles = [each for each in heard(spoken("hinge", angles=True)) if each.level in {"angles", "cue"}]
    assert angles
    assert not any(store.take_all(angles))
    assert store.sessions() == []
    alone = {"session_id": None, "text": "no sensor answers", "at_s": 0.0, "schema": "hinge/v1/notice", "id": "n-1"}
    (message,) = [each for each in spoken("hinge") if each.level == "session"]
    notice = heard([message._replace(level="notice")], "home/strap", **alone)
    assert store.take_all(notice * 2) == [True, False]
    assert [each["text"] for each in store.revisions("n-1")] == ["no sensor answers"]


def test_an_athlete_who_is_deleted_is_gone_and_does_not_come_back(store, heard, spoken, tmp_path, url):
    name, other = "Wilhelmina-Ana", "Bo"
    said, kept = heard(spoken("session", athlete=name)), heard(spoken("hinge", athlete=other))
    store.take_all([*said, *kept])
    (session,), (stays,) = store.sessions(name), store.sessions(other)
    incoming = Incoming(tmp_path / "uploads", store.recorded, keep_days=7)
    uploads = {each.id: upload(incoming, each, b"recording") for each in (session, stays)}
    half = incoming.create(about(session, b"another"), len(b"another"))
    assert half.about.athlete == name
    store.note("session", session.id, f"{name} has a cold", by="coach")
    reps = len(store.reps(session.id, every=True))
    assert store.extent(name) == Extent(sessions=1, reps=reps, recordings=1)
    assert store.extent(name, gym="elsewhere") == Extent(sessions=0, reps=0, recordings=0)
    assert store.delete(name) == 1
    assert store.delete(name) == 0
    assert store.sessions(name) == store.edits(session.id) == store.reps(session.id, every=True) == []
    assert all(store.trace(each.fields["rep_id"]) is None for each in said if each.level == "trace")
    assert [path.exists() for path in uploads.values()] == [False, True]
    assert incoming.find(half.id) is None
    receipts = b"".join(path.read_bytes() for path in (tmp_path / "uploads" / "incoming").iterdir())
    assert stays.id.encode() in receipts
    assert name.encode() not in receipts
    assert not any(store.take_all(said))
    late = tmp_path / "late.mcap"
    late.write_bytes(b"recording")
    store.recorded(late, {"session_id": session.id, "gym": session.gym, "strap": session.strap, "athlete": name})
    assert not late.exists()
    assert [each.athlete for each in store.sessions()] == [other]
    assert store.recording(stays.id) == uploads[stays.id]
    if url.startswith("sqlite"):
        left = b"".join(path.read_bytes() for path in tmp_path.glob("store.sqlite*"))
        assert stays.id.encode() in left
        assert name.encode() not in left
        assert session.id.encode() not in left


def test_the_latest_recording_of_a_session_is_the_one_even_before_the_session_has_said_anything(
    store, heard, spoken, tmp_path
):
    said = heard(spoken("hinge"))
    about = {"session_id": said[0].fields["session_id"], "gym": "home", "strap": "strap", "athlete": "Ana"}
    for name in ("first", "second"):
        (tmp_path / name).write_bytes(b"recording")
        store.recorded(tmp_path / name, about)
        store.recorded(tmp_path / name, about)
    store.take_all(said)
    assert store.recording(about["session_id"]) == tmp_path / "second"
    (tmp_path / "second").unlink()
    assert store.recording(about["session_id"]) == tmp_path / "first"
    assert store.session(about["session_id"]).athlete == "Ana"
    assert store.recording("another") is None
    Path(tmp_path / "forged").write_bytes(b"recording")
    store.recorded(tmp_path / "forged", {**about, "gym": "river"})
    assert store.recording(about["session_id"]) == tmp_path / "first"


def test_a_file_that_is_no_database_is_away_until_it_is_one(tmp_path, heard, spoken):
    path = tmp_path / "store.sqlite"
    store = Store(str(path))
    store.engine.dispose()
    whole_file = path.read_bytes()
    path.write_bytes(b"scribbled over" * 1000)
    for beside in tmp_path.glob("store.sqlite-*"):
        beside.unlink()
    with pytest.raises(AwayError):
        store.take_all(heard(spoken("hinge")))
    store.engine.dispose()
    path.write_bytes(whole_file)
    assert sum(store.take_all(heard(spoken("hinge")))) == len(spoken("hinge")) - 1
    store.close()
