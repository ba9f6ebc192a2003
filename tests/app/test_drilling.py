"""Drills by the button: three presses, and the strap guides, counts, ends it and judges."""

import re
import signal
import time

import msgspec
import numpy as np
import pytest

from hinge_imu.app import drill as wiring
from hinge_imu.app import drill_results, drill_words, live
from hinge_imu.app.drilling import TO_DO, Drilling, word
from hinge_imu.app.replay import BLOCK
from hinge_imu.app.session import Listeners, run
from hinge_imu.app.simulation import simulate_drill
from hinge_imu.config import CuesConfig, SessionConfig, load
from hinge_imu.cues.patterns import WORDS
from hinge_imu.events import MarkEvent, SessionEvent
from hinge_imu.protocols.protocol import find
from hinge_imu.recording import batched, open_recording
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable
from hinge_imu.simulate.strap import strap

BUTTON, BUZZER = 27, 23


@pytest.fixture(autouse=True)
def results(monkeypatch, tmp_path):
    """Where verdicts are kept."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return drill_results.default_results()


def drilled(path, samples=BLOCK):
    """Do a recorded drill once more, as a strap would; return what was heard, and how it ended."""
    recording = open_recording(path)
    heard, ended = [], []
    drill = Drilling(recording.header, heard.append, lambda: ended.append(True))
    listeners = Listeners(angles=[drill.angles], frames=[drill.frames], events=[drill.event])
    run(recording.header, batched(recording.stream(), samples), listeners)
    return heard, bool(ended), drill.finish(path.name)


@pytest.mark.parametrize(
    ("name", "fault", "said"),
    [("dowel", "rounding", "flat"), ("wall", None, "good"), ("plank", "short", "finish")],
)
def test_each_step_is_heard_it_ends_by_itself_and_the_verdict_is_that_of_its_recording(
    tmp_path, results, name, fault, said
):
    path = tmp_path / "drill.mcap"
    simulate_drill(path, load(), name, fault=fault, athlete="sam", seed=5)
    heard, ended, outcome = drilled(path, 40)
    steps = find(name).steps
    counted = sum(step.count for step in steps if step.kind in {"hinges", "reps"})
    assert heard.count("tick") == 1 + counted
    assert heard.count("finish") == len(steps) - 1 - (fault == "short")
    # The others' recordings end before their last lockout is long over, or before all was done.
    assert ended is (name == "dowel")
    assert outcome.word == said
    judged = wiring.from_recording(path, find(name)).verdict
    (kept,) = drill_results.read("sam", results).results
    assert plain(kept.verdict) == plain(drill_words.told(judged, find(name)))
    assert outcome.sentences[0].startswith(f"{find(name).title['en']}: ")


def plain(verdict):
    """Return a verdict as JSON has it; in other blocks the last digits are others."""
    return re.sub(r"-?[0-9]+\.[0-9]+", lambda found: f"{float(found[0]):.6f}", msgspec.json.encode(verdict).decode())


def test_every_word_that_is_said_of_a_finding_is_one_that_there_is():
    assert set(TO_DO.values()) <= WORDS.keys()


def test_three_presses_begin_the_drill_one_ends_it_and_the_recording_says_both(board, tmp_path, results, monkeypatch):
    monkeypatch.setattr("hinge_imu.cues.button.DOUBLE_S", 60.0)
    cues = CuesConfig(button_pin=BUTTON, buzzer_pin=BUZZER, drill="dowel")
    config = msgspec.structs.replace(load(), cues=cues, session=SessionConfig(athlete="sam", exercise="rdl"))
    rng = np.random.default_rng(1)
    chips = strap(Lifter(Timetable((), still_s=60.0), rng), config, rng, time.monotonic_ns)
    waits, said, sentences = [], [], []

    def press(times):
        for _ in range(times):
            board.pin(BUTTON).drive_low()
            board.pin(BUTTON).drive_high()

    def wait(*arguments, **options):
        waits.append(options)
        if len(waits) == 1:
            press(3)
        else:
            signal.raise_signal(signal.SIGTERM)
        return waiting(*arguments, **options)

    def tell(event):
        said.append(event)
        if isinstance(event, MarkEvent) and event.text == "dowel":
            monkeypatch.setattr("hinge_imu.cues.button.DOUBLE_S", 0.05)
            press(1)

    waiting = live.wait
    monkeypatch.setattr(live, "wait", wait)
    with chips.installed():
        live.standby(config, tell=tell, say=sentences.append, seconds=60.0, recordings=tmp_path, publish=False)
    assert [(event.what, event.text) for event in said if isinstance(event, MarkEvent)] == [
        ("drill", "dowel"),
        ("drill", None),
    ]
    assert [event.state for event in said if isinstance(event, SessionEvent)] == ["ended"]
    assert [each["worn"] for each in waits] == [False, True]
    (path,) = tmp_path.glob("*.mcap")
    recording = open_recording(path)
    assert (recording.header.exercise, recording.header.labels) == ("dowel", {"drill": "dowel"})
    assert [(item.what, item.text) for item in recording.stream() if isinstance(item, MarkEvent)] == [
        ("drill", "dowel"),
        ("drill", None),
    ]
    assert recording.events() == said
    (kept,) = drill_results.read("sam", results).results
    assert (kept.made_from, kept.verdict.drill, kept.verdict.verdict) == (path.name, "dowel", "unsure")
    assert word(kept.verdict) is None
    assert "could not be judged" in sentences[-1]
    assert any(state.state for state in board.pin(BUZZER).states)
