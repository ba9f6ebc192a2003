"""The dashboard as a coach, an athlete and a wall see it: a real broker, the real program, a real browser."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import pytest

from hinge_imu.app.replay import replay
from hinge_imu.app.uploads import Uploads
from hinge_imu.config import Config, PublishConfig, UploadConfig
from hinge_imu.dashboard.access.users import Users
from hinge_imu.dashboard.store import Store
from hinge_imu.dashboard.tokens import Tokens
from hinge_imu.events import RepEvent
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.recording import open_recording

HERE = Path(__file__).parent
STRAPS = SimpleNamespace(**run_path(str(HERE / "straps.py")))
TAB = SimpleNamespace(**run_path(str(HERE / "tab.py")))
SECRET = "no dowel leaves the back"  # noqa: S105 - of users that live as long as these tests
HOSTILE = "<img src=x onerror=document.title='caught'>"
USERS = {"anna": ("coach", None), "sam": ("athlete", "Sam"), "screen": ("wall", None)}


class Program:
    """The command, running; `store` is what it keeps."""

    def __init__(self, broker, folder):
        self.store = Store(str(folder / "dashboard.db"))
        users = Users(self.store.engine)
        for name, (role, athlete) in USERS.items():
            users.add(name, role, SECRET, athlete=athlete)
        self.uploads = folder / "uploads"
        where = ("--database", folder / "dashboard.db", "--port", "0", "--uploads", self.uploads)
        command = [Path(sys.executable).parent / "hinge-imu", "dashboard", "--mqtt", broker.url, *where]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder)
        said = []
        for line in self._process.stderr:
            said.append(line)
            if "become admin" in line:
                break
        self.url = re.search(r"dashboard is at (\S+)", "".join(said))[1]

    def close(self):
        self.store.close()
        self._process.send_signal(signal.SIGTERM)
        self.said = self._process.communicate(timeout=20)[1]
        assert self._process.returncode == 0, self.said


@pytest.fixture(scope="module")
def broker():
    with PrivateBroker() as running:
        yield running


@pytest.fixture(scope="module")
def program(broker, tmp_path_factory):
    running = Program(broker, tmp_path_factory.mktemp("dashboard"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def gym(broker, program):
    """Sam has trained twice before; now Sam hinges, somebody of a hostile name lifts, and something hurts."""
    say = STRAPS.Fake
    for day in ("10", "17"):
        past = {"speed": 0, "started_utc": f"2026-11-{day}T17:00:00Z", "tempo": "3-1-1-0"}
        with say(broker.port, "strap1", "Sam", "simulated_hinge", **past) as session:
            assert session.over.wait(30)
    with (
        say(broker.port, "strap1", "Sam", "simulated_hinge", speed=4.0, skip_s=15.0, tempo="3-1-1-0") as sam,
        say(broker.port, "strap2", HOSTILE, "simulated_rdl", speed=4.0, skip_s=8.0) as other,
    ):
        other.say("mark", {"event": "mark", "what": "pain", "at_s": 5.0, "exercise": None, "text": None})
        yield SimpleNamespace(sam=sam, other=other)


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    with TAB.Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def entered(chrome, program):
    """Log in, in a browser that has never been here; what comes of it is the wall."""

    def log_in(user, width=1180, height=820, **how):
        tab = chrome.tab(width, height, **how).open(program.url)
        tab.until("document.querySelector('input[name=secret]')")
        for field, value in (("name", user), ("secret", SECRET)):
            tab.js(f"document.querySelector('input[name={field}]').value = {value!r}")
        tab.js("document.querySelector('form').requestSubmit()")
        tab.until("document.querySelector('.wall')")
        return tab

    return log_in


@pytest.fixture(scope="module")
def coach(gym, entered):
    tab = entered("anna")
    tab.until("document.querySelectorAll('.card').length == 2")
    return tab


@pytest.fixture
def history(gym, coach, program):
    """Sam's page, with the session of the 17th, which is over."""
    coach.open(f"{program.url}/athlete/Sam")
    coach.until("document.querySelectorAll('.days button').length == 3")
    click(coach, ".days button", "2026-11-17")
    coach.until("document.querySelector('main').innerText.includes('Session: 2026-11-17')")
    (session,) = [each for each in program.store.sessions("Sam") if each.started_utc and each.started_utc.day == 17]
    return SimpleNamespace(tab=coach, session=session, store=program.store)


def click(tab, which, text):
    tab.js(f"[...document.querySelectorAll({which!r})].find((each) => each.innerText.includes({text!r})).click()")


def card(name):
    return f"[...document.querySelectorAll('.card')].find((each) => each.querySelector('h2').innerText == {name!r})"


def test_the_wall_counts_with_the_lifter_and_the_figure_bends(coach, gym):
    assert coach.until(f"{card('Sam')}.querySelector('.count b').innerText == '4'", 20)
    gym.sam.over.wait(20)
    assert coach.js(f"{card('Sam')}.querySelector('.trace .line').getAttribute('d').length") > 100
    assert "rounds 33°" in coach.js(f"{card('Sam')}.innerText")


def test_a_name_that_is_a_trap_is_shown_and_does_nothing(coach):
    assert coach.js(f"Boolean({card(HOSTILE)})")
    assert coach.js("document.querySelectorAll('.card img').length") == 0
    assert "caught" not in coach.js("document.title")


def test_nothing_is_fetched_from_elsewhere_and_the_console_stays_silent(history, program):
    click(history.tab, ".acts button", "show")
    history.tab.until("document.querySelector('.chart canvas')")
    strange = [url for url in history.tab.asked if not url.startswith((program.url, "data:", "blob:"))]
    assert (strange, history.tab.complaints) == ([], [])


def test_a_coach_sees_that_it_hurts_and_a_screen_for_everyone_does_not(coach, entered, program):
    coach.open(program.url)
    coach.until(f"{card(HOSTILE)}.innerText.includes('said that it hurts')")
    screen = entered("screen", 1920, 1080)
    screen.until(f"{card(HOSTILE)}.querySelector('.count b').innerText > '0'")
    assert "hurts" not in screen.text()
    assert screen.js("document.querySelectorAll('.card a, .top a[href*=athletes]').length") == 0
    screen.open(f"{program.url}/athlete/Sam")
    screen.until("document.querySelector('.page')")
    assert screen.js("document.querySelectorAll('table, form.command').length") == 0


def test_an_athlete_is_sent_nothing_of_anybody_else(gym, entered, program):
    own = entered("sam", 390, 844, touch=True)
    own.until("document.querySelectorAll('.card').length == 1")
    assert "Sam" in own.text()
    own.open(f"{program.url}/athlete/{HOSTILE.replace(' ', '%20').replace('/', '%2F')}")
    own.until("document.querySelector('main').innerText.includes('nobody of that name')")
    assert own.js("document.querySelectorAll('.card').length") == 0
    own.open(f"{program.url}/athlete/Sam")
    own.until("document.querySelectorAll('table').length")
    assert (
        own.js("[...document.querySelectorAll('button')].filter((b) => /strike|Keep|Send/.test(b.innerText)).length")
        == 0
    )


def test_a_rep_is_struck_out_and_taken_back(history):
    reps = {rep.rep: rep for rep in history.store.reps(history.session.id)}
    click(history.tab, "tbody tr:nth-child(2) button", "strike out")
    history.tab.until("document.querySelector('tr.struck')")
    assert {rep.rep for rep in history.store.reps(history.session.id)} == set(reps) - {2}
    click(history.tab, "tr.struck button", "restore")
    history.tab.until("!document.querySelector('tr.struck')")
    assert {rep.rep for rep in history.store.reps(history.session.id)} == set(reps)


def test_a_note_is_kept_as_it_was_written(history):
    history.tab.js("document.querySelector('.note textarea').focus()")
    history.tab.write(HOSTILE)
    click(history.tab, "button", "Keep the note")
    history.tab.until("document.querySelector('.list li')")
    (note,) = history.store.edits(history.session.id)[-1:]
    assert (note.what, note.value, note.by) == ("note", HOSTILE, "anna")
    assert HOSTILE in history.tab.js("document.querySelector('.list').innerText")


def test_a_prescription_reaches_the_strap_and_what_is_none_does_not(history, gym):
    for tempo, answer in (("fast, please", "Not sent"), ("4-1-X-0", "Sent to strap1")):
        history.tab.js("document.querySelector('.command input').select()")
        history.tab.write(tempo)
        click(history.tab, ".command button", "Send")
        history.tab.until(f"document.body.innerText.includes({answer!r})")
    assert gym.sam.told.get(timeout=10)["tempo"] == "4-1-X-0"
    assert gym.sam.told.empty()


def test_a_session_is_played_again(history):
    click(history.tab, ".acts button", "Play the session")
    history.tab.until("Number(document.querySelector('.played').dataset.played) > 20")
    assert history.tab.js("document.querySelector('.played .trace .line').getAttribute('d').length") > 20


def test_the_keyboard_leads_to_an_athlete(coach, program):
    coach.open(program.url)
    coach.until("document.querySelectorAll('.card a').length == 2")
    for _ in range(20):
        coach.press("Tab")
        if coach.js("document.activeElement.href || ''").endswith("/athlete/Sam"):
            break
    coach.press("Enter")
    assert coach.until("location.pathname == '/athlete/Sam' && document.querySelector('h1')?.innerText == 'Sam'")


def test_on_a_dark_german_telephone_nothing_is_cut_off(gym, entered, program):
    phone = entered("anna", 360, 740, touch=True, language="de", dark=True)
    phone.until("document.querySelectorAll('.card').length == 2")
    for path in ("", "/athletes", "/athlete/Sam"):
        phone.open(program.url + path)
        phone.until("document.querySelector('.card, .list a')")
        assert phone.js("document.documentElement.scrollWidth") <= 360
    assert "Einheiten" in phone.text()
    assert phone.js("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"


def test_what_a_strap_uploads_is_in_the_history_whole_though_nothing_of_it_came_live(history, program, tmp_path):
    token = tmp_path / "token"
    token.write_text(Tokens(program.uploads / "tokens.json").new("gym", "strap9"))
    recording = shutil.copy(HERE.parents[1] / "recordings" / "simulated_hinge.mcap", tmp_path / "monday.mcap")
    session_id = open_recording(recording).header.session_id
    said = [event for event in replay(open_recording(recording)) if isinstance(event, RepEvent)]
    to = UploadConfig(url=program.url, token_file=str(token))
    with Uploads(tmp_path, Config(publish=PublishConfig(gym="gym", strap="strap9"), upload=to)) as uploads:
        until(lambda: uploads.uploaded(recording))
    until(lambda: program.store.complete(session_id))
    assert [(rep.id, rep.status) for rep in program.store.reps(session_id)] == [(rep.id, rep.status) for rep in said]
    program.store.assign(session_id, "Sam", by="anna")
    history.tab.open(f"{program.url}/athlete/Sam")
    history.tab.until("document.querySelectorAll('.days button').length == 4")
    history.tab.js("document.querySelectorAll('.days button')[0].click()")
    link = history.tab.until("document.querySelector('a[href$=\"/report\"]')?.href")
    complained = len(history.tab.complaints)
    history.tab.open(link)
    assert history.tab.until("document.querySelectorAll('.plot .main-svg path').length > 10", 40)
    assert history.tab.complaints[complained:] == []


def until(true, seconds=60):
    end_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def test_a_broker_that_is_gone_is_said(coach, broker, program):
    """The last one: it ends the broker."""
    coach.open(program.url)
    coach.until("document.querySelectorAll('.card').length == 2")
    os.kill(broker._process.pid, signal.SIGKILL)
    assert coach.until("document.querySelector('.warn').innerText.includes('broker does not answer')")
