"""Databases as coaches have them, and what real sessions say, as it comes over the wire."""

from pathlib import Path

import msgspec
import pytest

from hinge_imu.app.session import Listeners, run
from hinge_imu.dashboard.store import Store
from hinge_imu.dashboard.wire import parse
from hinge_imu.publish.greetings import Greetings
from hinge_imu.publish.messages import Messages
from hinge_imu.recording import batched, open_recording

RECORDINGS = Path(__file__).parents[2] / "recordings"
BEGAN = "2025-01-31T17:05:00+00:00"


@pytest.fixture(scope="session")
def recordings():
    return RECORDINGS


@pytest.fixture(scope="session")
def spoken():
    """Return all that a strap says of a shipped recording, as messages; ``about`` is more of its header."""
    known = {}

    def speak(name, *, angles=False, **about):
        path = RECORDINGS / f"simulated_{name}.mcap"
        key = name, angles, *sorted(about.items())
        if key not in known:
            recording = open_recording(path)
            header = msgspec.structs.replace(recording.header, **about)
            messages = Messages(header)
            said = [Greetings(header.config.publish).meta(header)]
            listeners = Listeners(
                angles=[lambda block: said.extend(messages.angles(block))],
                events=[lambda event: said.extend(messages.event(event))],
            )
            run(header, batched(recording.stream(), 4096), listeners)
            known[key] = [each for each in said if each.qos or angles]
        return known[key]

    return speak


@pytest.fixture(scope="session")
def heard():
    """Return messages as they are heard, and how others would have said them; the topic may be another strap's."""

    def hear(messages, topic=None, **fields):
        parsed = []
        for message in messages:
            payload = msgspec.json.encode({**msgspec.json.decode(message.payload), **fields})
            where = message.topic if topic is None else f"hinge/v1/{topic}/{message.level}"
            parsed.append(parse(where, payload))
        return parsed

    return hear


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A new database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return request.getfixturevalue("postgres").database()


@pytest.fixture
def store(url, tmp_path):
    opened = Store(url, tmp_path / "uploads")
    yield opened
    opened.close()
