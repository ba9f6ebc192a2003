"""The whole product on the wall clock, once: what it says live, what it writes down, what a replay makes of it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest

from hinge_imu.app.replay import replay
from hinge_imu.events import RepEvent, SensorEvent, to_dict
from hinge_imu.pipeline import Pipeline
from hinge_imu.recording import batched, open_recording

SECONDS = 22


@pytest.fixture(scope="module")
def demo(hinge_imu, tmp_path_factory):
    """A demo as a user runs it: the process, and the recording that it left."""
    folder = tmp_path_factory.mktemp("demo")
    done = hinge_imu("demo", "--seconds", SECONDS, "--headless", "--recordings", folder)
    (recording,) = folder.glob("*.mcap")
    return done, open_recording(recording)


def flat(value, name=""):
    """Every leaf of an event, by its path."""
    if isinstance(value, dict):
        return {leaf: x for key, part in value.items() for leaf, x in flat(part, f"{name}.{key}").items()}
    if isinstance(value, list | tuple):
        return flat(dict(enumerate(value)), name)
    return {name: value}


def assert_same(events, others):
    assert len(events) == len(others)
    for event, other in zip(events, others, strict=True):
        leaves, their_leaves = flat(to_dict(event)), flat(to_dict(other))
        numbers = {name for name, x in leaves.items() if isinstance(x, float)}
        assert {name: leaves[name] for name in numbers} == pytest.approx(
            {n: their_leaves[n] for n in numbers}, abs=1e-9
        )
        assert {n: x for n, x in leaves.items() if n not in numbers} == {
            n: x for n, x in their_leaves.items() if n not in numbers
        }


def said_by(recording, cut):
    """What the pipeline says when the recorded stream is cut by ``cut``, which gives the sizes of the pieces."""
    pipeline, said, left = Pipeline(recording.header), [], cut()
    for item in batched(recording.stream(), 1 << 30):
        while not isinstance(item, SensorEvent) and len(item) > left:
            said += pipeline.push(item[:left])
            item, left = item[left:], cut()  # noqa: PLW2901 - what is left of it
        said += pipeline.push(item)
    return said + pipeline.finish()


def test_the_demo_shows_every_rep_that_the_simulated_lifter_made_as_it_arrives_from_the_broker(demo):
    done, recording = demo
    assert done.returncode == 0, done.stderr
    arrived, made = map(int, re.search(r"(\d+) of the (\d+) reps", done.stdout).groups())
    lines = [line for line in done.stdout.splitlines() if re.match(r"set \d+  rep \d+  at ", line)]
    live = {event.id for event in recording.events() if isinstance(event, RepEvent)}
    assert arrived == made == len(lines) == len(live) >= 3


def test_the_demo_says_where_the_recording_lies_and_how_to_replay_it(demo):
    done, recording = demo
    assert re.search(r"^replay it: hinge-imu replay .*\.mcap$", done.stdout, re.MULTILINE)
    assert recording.header.simulated
    assert recording.header.started_utc is not None


def test_the_replay_of_a_live_session_gives_event_for_event_what_was_said_live(demo):
    _, recording = demo
    assert_same(said_by(recording, lambda: 1 << 30), recording.events())


@pytest.mark.parametrize("size", [1, 7, 40, 1000])
def test_blocks_of_any_size_say_what_was_said_live(demo, size):
    _, recording = demo
    assert_same(said_by(recording, lambda: size), recording.events())


@pytest.mark.parametrize("seed", range(5))
def test_random_cuts_of_the_stream_say_what_was_said_live(demo, seed):
    _, recording = demo
    rng = np.random.default_rng(seed)
    assert_same(said_by(recording, lambda: int(rng.integers(1, 900))), recording.events())


def test_a_second_replay_equals_the_first_bit_for_bit(demo):
    _, recording = demo
    assert replay(recording) == replay(recording)
    assert [event.rep for event in replay(recording) if isinstance(event, RepEvent)] == [
        *range(1, 1 + len({event.id for event in recording.events() if isinstance(event, RepEvent)}))
    ]


def test_a_demo_too_short_for_a_rep_says_how_long_it_must_be(hinge_imu):
    done = hinge_imu("demo", "--seconds", 3, "--headless")
    assert done.returncode == 2
    assert "give at least 12" in done.stderr


def test_a_demo_that_is_stopped_half_way_ends_cleanly_with_its_recording(tmp_path):
    command = [
        Path(sys.executable).parent / "hinge-imu",
        "demo",
        "--seconds",
        "60",
        "--headless",
        "--recordings",
        tmp_path,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("set 1  rep 1")
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=20)[0]
    assert process.returncode == 0
    assert "replay it" in rest
    (path,) = tmp_path.glob("*.mcap")
    assert sum(isinstance(event, RepEvent) for event in replay(open_recording(path))) == 1


def test_the_demo_s_dashboard_is_served_while_three_lift_and_all_is_gone_afterwards(tmp_path):
    command = [Path(sys.executable).parent / "hinge-imu", "demo", "--recordings", tmp_path]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        said = [process.stderr.readline() for _ in range(3)]
        url = re.search(r"http://\S+", said[1])[0]
        assert "log in as coach" in said[2]
        with urlopen(f"{url}/login") as page:  # noqa: S310 - it is http
            assert b"password" in page.read()
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert process.returncode == 0, rest
    assert rest == ""
    # A lifter who has stood long enough has a recording, which is whole.
    assert {path.name for path in tmp_path.iterdir()} <= {"strap-1", "strap-2", "strap-3"}


BROKEN_OFF = """
import sys, time
from pathlib import Path
from hinge_imu.app.lifting import PARTS, lifters
with lifters("mqtt://127.0.0.1:1", Path(sys.argv[1]), None, PARTS[:1]):
    print("lifting", flush=True)
    time.sleep(600)
"""


def test_lifters_leave_with_whoever_started_them_even_if_that_was_killed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", BROKEN_OFF, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "lifting\n"
        process.kill()
        # The line is open for as long as a lifter has it.
        assert process.communicate(timeout=60)[0] == ""
