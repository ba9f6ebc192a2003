"""The dashboard as a coach, an athlete and a wall see it: a real broker, the real program, a real browser.

All tests of a process share them, as a gym would. The files are taken in the order of their names: those that count the
lifters come before `test_wall_full.py`, which fills the gym, and before `test_wire.py`, in which straps and broker die.
"""

from types import SimpleNamespace

import pytest
from browser.program import Program, enter
from browser.straps import HOSTILE, PAIN, Fake
from browser.tab import Browser

from hinge_imu.publish.broker import PrivateBroker


@pytest.fixture(scope="session")
def broker():
    with PrivateBroker() as running:
        yield running


@pytest.fixture(scope="session")
def program(broker, tmp_path_factory):
    running = Program(broker, tmp_path_factory.mktemp("dashboard"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def gym(broker, program):
    """Sam has trained twice before; now Sam hinges, somebody of a hostile name lifts, and something hurts."""
    say = Fake
    for day in ("10", "17"):
        past = {"speed": 0, "started_utc": f"2026-11-{day}T17:00:00Z", "tempo": "3-1-1-0"}
        with say(broker.port, "strap1", "Sam", "simulated_hinge", **past) as session:
            assert session.over.wait(30)
    with (
        say(broker.port, "strap1", "Sam", "simulated_hinge", speed=4.0, skip_s=15.0, tempo="3-1-1-0") as sam,
        say(broker.port, "strap2", HOSTILE, "simulated_rdl", speed=4.0, skip_s=8.0) as other,
    ):
        other.say("mark", PAIN)
        yield SimpleNamespace(sam=sam, other=other)


@pytest.fixture(scope="session")
def chrome(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="session")
def entered(chrome, program):
    """Log in, in a browser that has never been here; what comes of it is the wall."""

    def log_in(user, width=1180, height=820, **how):
        return enter(chrome.tab(width, height, **how).open(program.url), user)

    return log_in


@pytest.fixture(scope="session")
def coach(gym, entered):
    tab = entered("anna")
    tab.until("document.querySelectorAll('.card').length >= 2")
    return tab


@pytest.fixture(scope="session")
def admin(gym, entered):
    return entered("ada", 390, 844, touch=True)


@pytest.fixture
def users(admin, program):
    """The page of who may look."""
    admin.open(f"{program.url}/users")
    admin.until("document.querySelectorAll('li.user').length >= 5")
    return admin


@pytest.fixture
def history(gym, coach, program):
    """Sam's page, with the session of the 17th, which is over."""
    coach.open(f"{program.url}/athlete/Sam")
    coach.until("document.querySelectorAll('.days button').length == 3")
    coach.click(".days button", "2026-11-17")
    coach.until("document.querySelector('main').innerText.includes('Session: 2026-11-17')")
    (session,) = [each for each in program.store.sessions("Sam") if each.started_utc and each.started_utc.day == 17]
    return SimpleNamespace(tab=coach, session=session, store=program.store)
