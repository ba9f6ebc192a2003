"""The report of an uploaded session, behind the door: who gets it, what it may do, and what becomes of it."""

import shutil
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hinge_imu.app.session_pages import SessionPages
from hinge_imu.dashboard.reports import reports
from hinge_imu.dashboard.store import Store

RECORDING = Path(__file__).parents[3] / "recordings" / "simulated_toe_touch.mcap"


@pytest.fixture
def store(tmp_path):
    made = Store(str(tmp_path / "store.sqlite"), tmp_path / "uploads")
    yield made
    made.close()


@pytest.fixture
def kept(store, tmp_path):
    """Keep a recording as that of a session of Zoë's."""

    def keep(session_id="monday", content=None):
        path = tmp_path / "uploads" / "barbell-club" / "strap1" / f"{session_id}.mcap"
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            shutil.copy(RECORDING, path)
        else:
            path.write_bytes(content)
        about = {"session_id": session_id, "gym": "barbell-club", "strap": "strap1", "athlete": "Zoë"}
        store.recorded(path, about)
        return path

    return keep


@pytest.fixture
def served(serve, store, tmp_path):
    pages = SessionPages(tmp_path / "uploads")
    with serve(Starlette(routes=[Mount("/session", reports(store, pages.page))])) as started:
        yield started


def made(tmp_path):
    return sorted((tmp_path / "uploads/incoming/pages").glob("*/*.json"))


def test_a_coach_gets_it_made_once_in_the_language_asked_for_and_it_is_deleted_with_the_session(
    served, store, kept, tmp_path
):
    kept()
    coach = served.someone("anna")
    page = coach.get("/session/monday/report")
    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    assert "Plotly" in page.text
    (first,) = made(tmp_path)
    written = first.stat().st_mtime_ns
    assert coach.get("/session/monday/report").text == page.text
    assert first.stat().st_mtime_ns == written
    assert '<html lang="de">' in coach.get("/session/monday/report", **{"Accept-Language": "de"}).text
    assert len(made(tmp_path)) == 2
    assert store.delete("Zoë") == 1
    assert made(tmp_path) == []
    assert coach.get("/session/monday/report").status_code == 404


def test_only_the_scripts_of_the_page_itself_may_run_and_nothing_of_the_dashboard_is_in_its_reach(served, kept):
    kept()
    answer = served.someone("anna").get("/session/monday/report")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert all(each.startswith("'sha256-") for each in policy["script-src"].split())
    assert "allow-same-origin" not in policy["sandbox"]
    assert "nonce=" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_who_may_not_see_the_athlete_or_the_gym_is_told_no_more_than_of_one_that_is_not_there(served, kept):
    kept()
    strangers = [
        served.someone("screen", "wall"),
        served.someone("sam", "athlete", athlete="Sam"),
        served.someone("bea", "coach", gym="elsewhere"),
    ]
    coach = served.someone("anna")
    nothing = coach.get("/session/tuesday/report")
    assert nothing.status_code == 404
    assert "no recording of this session" in nothing.text
    for each in strangers:
        answer = each.get("/session/monday/report")
        assert (answer.status_code, answer.text) == (404, nothing.text)
    assert served.someone("zoe", "athlete", athlete="Zoë").get("/session/monday/report").status_code == 200
    assert served.browser().get("/session/monday/report").status_code == 303


def test_a_recording_of_which_no_page_can_be_made_is_a_sentence_and_the_reason_is_in_the_log(served, kept, caplog):
    kept("torn", b"no recording at all")
    coach = served.someone("anna")
    answer = coach.get("/session/torn/report")
    assert (answer.status_code, "log says why" in answer.text) == (500, True)
    assert "torn.mcap" in caplog.text
    assert "torn.mcap" not in answer.text
