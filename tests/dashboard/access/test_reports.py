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


def test_whoever_may_see_the_session_gets_it_made_once_and_it_is_deleted_with_the_session(
    served, store, kept, tmp_path
):
    kept()
    coach = served.someone("anna")
    page = coach.get("/session/monday/report")
    assert page.status_code == 200
    assert "Plotly" in page.text
    assert "nonce=" not in page.text  # what is in it is not touched on its way out
    (first,) = made(tmp_path)
    written = first.stat().st_mtime_ns
    assert served.someone("zoe", "athlete", athlete="Zoë").get("/session/monday/report").text == page.text
    assert first.stat().st_mtime_ns == written

    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert all(each.startswith("'sha256-") for each in policy["script-src"].split())
    assert "allow-same-origin" not in policy["sandbox"]
    assert page.headers["Cache-Control"] == "no-store"

    assert store.delete("Zoë") == 1
    assert made(tmp_path) == []
    assert coach.get("/session/monday/report").status_code == 404


def test_who_may_not_see_the_athlete_or_the_gym_is_told_no_more_than_of_one_that_is_not_there(served, kept):
    kept()
    nothing = served.someone("anna").get("/session/tuesday/report")
    assert nothing.status_code == 404
    assert "no recording of this session" in nothing.text
    strangers = [
        served.someone("screen", "wall"),
        served.someone("sam", "athlete", athlete="Sam"),
        served.someone("bea", "coach", gym="elsewhere"),
    ]
    for each in strangers:
        answer = each.get("/session/monday/report")
        assert (answer.status_code, answer.text) == (404, nothing.text)
    assert served.browser().get("/session/monday/report").status_code == 303


def test_a_recording_of_which_no_page_can_be_made_is_a_sentence_and_the_reason_is_in_the_log(served, kept, caplog):
    kept("torn", b"no recording at all")
    coach = served.someone("anna")
    answer = coach.get("/session/torn/report")
    assert (answer.status_code, "log says why" in answer.text) == (500, True)
    assert "torn.mcap" in caplog.text
    assert "torn.mcap" not in answer.text
