from contextlib import ExitStack

import pytest

from hinge_imu.app.replay import replay
from hinge_imu.app.republish import republish
from hinge_imu.events import RepEvent
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.coach import Coach
from hinge_imu.recording import open_recording


@pytest.fixture(scope="module")
def broker():
    with PrivateBroker() as running:
        yield running


@pytest.fixture
def hears(broker):
    """Listen to a gym; what is returned tells the levels and payloads of a strap, up to its last word."""
    with ExitStack() as listening:

        def listen(gym):
            coach = listening.enter_context(Coach(broker.url, gym))

            def heard(strap):
                said = []
                for topic, payload in coach.messages(10.0):
                    *_, name, level = topic.split("/")
                    said.append((name, level, payload))
                    if level == "session" and payload["state"] == "ended":
                        break
                assert {name for name, _, _ in said} == {strap}
                return [(level, payload) for _, level, payload in said]

            return heard

        yield listen


def test_a_session_is_published_again_as_strap_replay_with_every_rep(hinge_imu, made, broker, hears):
    heard = hears("home")
    done = hinge_imu("replay", "--mqtt", broker.url, made)
    assert done.returncode == 0, done.stderr
    said = heard("replay")
    reps = {payload["id"]: payload for level, payload in said if level == "rep"}
    expected = [event for event in replay(open_recording(made)) if isinstance(event, RepEvent)]
    assert [(rep.id, rep.tempo) for rep in expected] == [(each["id"], each["tempo"]) for each in reps.values()]
    # When it is over, its status has no session any more.
    sessions = {payload["session_id"] for level, payload in said if level != "status"}
    assert sessions == {open_recording(made).header.session_id}


def test_another_strap_gym_and_pace_may_be_asked_for(hinge_imu, made, broker, hears):
    heard = hears("elsewhere")
    done = hinge_imu("replay", "--mqtt", broker.url, "--gym", "elsewhere", "--strap", "two", "--speed", 200, made)
    assert done.returncode == 0, done.stderr
    assert "angles" in {level for level, _ in heard("two")}


def test_a_broker_that_is_not_there_is_counted(made):
    assert republish(open_recording(made), "mqtt://127.0.0.1:1", patience_s=0.5) > 0


def test_what_does_not_go_together_is_refused(hinge_imu, made):
    done = hinge_imu("replay", "--mqtt", "mqtt://localhost", "--smooth", made)
    assert done.returncode == 2
    assert "--smooth: does not go with --mqtt" in done.stderr
    assert hinge_imu("replay", "--mqtt", "http://localhost", made).returncode == 2
