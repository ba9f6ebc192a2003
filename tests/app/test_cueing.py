"""Pins, modes, marks and the session, put together: on simulated chips and gpiozero's mock pins."""

import time
from threading import Thread

import msgspec
import numpy as np
import pytest

from hinge_imu.app.cueing import Cueing, Wishes
from hinge_imu.app.lesson import play
from hinge_imu.app.live import live, power_off
from hinge_imu.app.terminal import note
from hinge_imu.config import ConfigError, CuesConfig, load
from hinge_imu.cues.patterns import LIGHTS, WORDS
from hinge_imu.events import CueEvent, MarkEvent, SensorEvent, SetEvent
from hinge_imu.recording import open_recording
from hinge_imu.samples import Angles, FrontalAngles, Header, SagittalAngles
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable
from hinge_imu.simulate.strap import strap

BUTTON = 27


class Control:
    """Writes down what it is asked."""

    def __init__(self, *, standby=True):
        self.asked, self.standby = [], standby

    def drill(self, name):
        self.asked.append(("drill", name))

    def end_drill(self):
        self.mark("drill")

    def mark(self, what, exercise=None):
        self.asked.append((what, exercise))

    def start(self):
        self.mark("start")

    def hold(self):
        self.asked.append("hold")


class Outputs:
    """Writes down what it is told."""

    def __init__(self, _config):
        self.said, self.lights, self.beats = [], [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def say(self, word, urgency=1):
        self.said.append(word)

    def show(self, light):
        if self.lights[-1:] != [light]:
            self.lights.append(light)

    def beat(self, pattern, **how):
        self.beats.append((pattern, how))


HEADER = Header(session_id="monday", unit="SI", clock="timed", rate_hz=100.0, exercise="rdl")


@pytest.fixture
def cueing(monkeypatch):
    """Cues of a session; ``control`` and ``outputs`` write down what they hear."""
    monkeypatch.setattr("hinge_imu.app.cueing.Outputs", Outputs)

    def make(wishes=Wishes(), config=CuesConfig(), **about):  # noqa: B008 - frozen
        made = Cueing(msgspec.structs.replace(HEADER, **about), config, wishes, Control())
        made.__enter__()
        return made

    return make


def lean(degrees, from_s=0.0):
    t_ns = np.rint((from_s + np.arange(len(degrees)) / 100) * 1e9).astype(np.int64)
    angle = np.radians(degrees)
    aside = np.zeros((len(angle), 2))
    return Angles(SagittalAngles(t_ns, angle, angle, 0 * angle), FrontalAngles(t_ns, aside, aside))


CUE = CueEvent(name="spine_rounding", value=27.0, limit=25.0, unit="deg", at_s=3.0, said_s=3.0)
OVER = SetEvent(id="set", set=1, exercise="rdl", reps=5, start_s=0.0, end_s=9.0)


def test_a_cue_is_said_in_its_word(cueing):
    made = cueing()
    made.event(CUE)
    assert made._outputs.said == ["flat"]


def test_in_silence_it_is_not(cueing):
    made = cueing(config=CuesConfig(mode="silent"))
    made.event(CUE)
    assert made._outputs.said == []


def test_the_light_tells_a_session_from_its_start_to_its_set_and_its_trouble(cueing, rep):
    made = cueing()
    made.angles(lean(np.full(3, np.nan)))
    made.angles(lean(np.zeros(3)))
    made.event(rep)
    made.event(SensorEvent(segment="thorax", what="lost", at_s=3.0, text="0x69 does not answer"))
    made.event(rep)
    made.event(SensorEvent(segment="thorax", what="back", at_s=4.0, text="0x69 answers again"))
    made.event(OVER)
    assert made._outputs.lights == ["starting", "ready", "recording", "trouble", "recording", "ready"]
    assert set(made._outputs.lights) == set(LIGHTS)


def test_one_press_starts_a_set_and_the_next_moves_on_through_what_was_planned(cueing, rep):
    made = cueing(Wishes(then=["deadlift", "swing"]))
    for _ in range(4):
        made.pressed("once")
    assert made._control.asked == [("start", None), ("next", "deadlift"), ("next", "swing"), ("next", "rdl")]
    made.event(rep)
    made.pressed("once")
    assert made._control.asked[-1] == ("start", None)
    assert made._outputs.said == ["tick"] * 5


def test_pain_is_marked_and_holding_stops(cueing):
    made = cueing()
    made.pressed("twice")
    made.pressed("held")
    assert made._control.asked == [("pain", None), "hold"]


def test_three_presses_are_the_drill_that_is_configured_and_pain_where_none_is(cueing):
    for drill, asked in (("dowel", ("drill", "dowel")), (None, ("pain", None))):
        made = cueing(config=CuesConfig(drill=drill))
        made.pressed("thrice")
        assert made._control.asked == [asked]


def test_in_a_drill_one_press_ends_it_and_a_set_that_is_over_gets_no_word(cueing):
    made = cueing(config=CuesConfig(drill="dowel"), labels={"drill": "wall"})
    made.event(OVER)
    assert made._outputs.said == []
    for press in ("once", "twice", "thrice"):
        made.pressed(press)
    assert made._control.asked == [("drill", None), ("pain", None), ("pain", None)]


def test_a_metronome_beats_from_a_rep_s_onset_until_the_set_is_over(cueing):
    made = cueing(Wishes(metronome="rep"), tempo="3-1-X-1")
    made.angles(lean(np.zeros(100)))
    made.angles(lean(np.linspace(0, 12, 40), 1.0))
    ((pattern, how),) = made._outputs.beats
    # X takes no time, so one tick ends the pause and begins the top.
    assert [sum(pattern[:1]), sum(pattern[:3])] == [0.0, pytest.approx(3.05)]
    assert sum(pattern[:4]) == pytest.approx(4.0)
    assert how["repeats"] is False
    made.event(OVER)
    assert made._outputs.beats[-1][0] is None


def test_a_metronome_without_a_tempo_says_what_to_add(cueing):
    with pytest.raises(ConfigError, match="--metronome: has no tempo to beat; add one"):
        cueing(Wishes(metronome="free"))


def test_the_lesson_plays_every_word(board):
    waits = []
    sentences = list(play(CuesConfig(buzzer_pin=23), waits.append))
    assert [words.says in sentence for words, sentence in zip(WORDS.values(), sentences, strict=True)] == [True] * len(
        WORDS
    )
    assert len(waits) == 2 * len(WORDS)


@pytest.mark.parametrize("poweroff", [True, False])
def test_the_button_of_a_live_session_marks_pain_and_stops_it(board, tmp_path, monkeypatch, poweroff):
    """Pressed as it would be: the pin goes low and high again."""
    config = msgspec.structs.replace(load(), cues=CuesConfig(button_pin=BUTTON, led_pin=25, poweroff=poweroff))
    rng = np.random.default_rng(1)
    chips = strap(Lifter(Timetable((), still_s=60.0), rng), config, rng, time.monotonic_ns)
    said, pin = [], board.pin(BUTTON)

    def press(event):
        said.append(event)
        if isinstance(event, MarkEvent):
            Thread(target=pin.drive_low).start()  # and stays down

    def twice(_sentence):
        # What to expect of uncalibrated sensors is said when everything has been set up.
        monkeypatch.setattr("hinge_imu.cues.button.HOLD_S", 60.0)
        for seconds in (60.0, 0.05):
            monkeypatch.setattr("hinge_imu.cues.button.DOUBLE_S", seconds)
            pin.drive_low()
            pin.drive_high()
        monkeypatch.setattr("hinge_imu.cues.button.HOLD_S", 0.05)

    with chips.installed():
        outcome = live(config, tell=press, seconds=20.0, recordings=tmp_path, publish=False, say=twice)
    assert [event.what for event in said if isinstance(event, MarkEvent)] == ["pain"]
    assert outcome.poweroff is poweroff
    recording = open_recording(outcome.recording)
    stream = list(recording.stream())
    assert [item.what for item in stream if isinstance(item, MarkEvent)] == ["pain"]
    assert recording.warnings == []
    assert recording.events() == said


def test_powering_off_asks_systemd_and_says_where_there_is_none(monkeypatch):
    asked = []
    monkeypatch.setattr("hinge_imu.app.live.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("hinge_imu.app.live.subprocess.run", lambda command, check: asked.append(command))
    power_off()
    assert asked == [["/usr/bin/systemctl", "poweroff"]]
    monkeypatch.setattr("hinge_imu.app.live.shutil.which", lambda _: None)
    with pytest.raises(ConfigError, match="no systemctl"):
        power_off()


@pytest.mark.parametrize("option", [("--cues", "faded"), ("--metronome", "rep")])
def test_what_has_no_pin_to_be_heard_on_is_refused_with_the_mend(hinge_imu, option):
    done = hinge_imu("live", *option, "--no-publish", "--seconds", 1)
    assert done.returncode == 2
    assert "no buzzer, motor or LED is configured; name their pins under [cues]" in done.stderr


def test_an_exercise_that_is_to_follow_must_be_one(hinge_imu):
    done = hinge_imu("live", "--then", "dead_lift", "--no-publish", "--seconds", 1)
    assert done.returncode == 2
    assert "--then dead_lift: is not known; name one of" in done.stderr


def test_two_things_on_one_pin_are_refused(hinge_imu, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[cues]\nbuzzer_pin = 23\nled_pin = 23\n")
    done = hinge_imu("cues", "--config", path)
    assert done.returncode == 2
    assert "share the pin 23; give each its own" in done.stderr


def test_the_words_are_shown_where_nothing_plays_them(hinge_imu):
    done = hinge_imu("cues")
    assert done.returncode == 0
    assert all(words.says in done.stdout for words in WORDS.values())
    assert "docs/cues.md" in done.stderr


@pytest.mark.parametrize(
    ("mark", "sentence"),
    [
        (MarkEvent(what="pain", at_s=75.0), "1:15 marked: it hurts here"),
        (MarkEvent(what="next", at_s=3.0, exercise="rdl"), "0:03 marked: the next exercise, rdl"),
    ],
)
def test_a_mark_is_a_sentence(mark, sentence):
    assert note(mark) == sentence
