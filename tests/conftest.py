"""For every folder: simulated sessions, recorded on the simulated bus or evenly, replayed; one event of each kind."""

import socket
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from runpy import run_path
from shutil import which
from types import MappingProxyType, SimpleNamespace
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory
from hypothesis import settings
from scipy.spatial.transform import Rotation

from hinge_imu.config import Config
from hinge_imu.events import (
    AnyEvent,
    CueEvent,
    Fault,
    FaultEvent,
    MarkEvent,
    NoticeEvent,
    RepEvent,
    SensorEvent,
    SensorSummary,
    SessionEvent,
    SetEvent,
    to_dict,
)
from hinge_imu.pipeline import Pipeline
from hinge_imu.publish.broker import mosquitto
from hinge_imu.samples import NS, RAW_SI, SEGMENTS, Header, RawArray, SagittalAngles
from hinge_imu.sensing.sampler import Sampler
from hinge_imu.simulate import fast
from hinge_imu.simulate.bus import VirtualClock
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable, for_tempo
from hinge_imu.simulate.repertoire import SWAY_DEG
from hinge_imu.simulate.stage import Stage
from hinge_imu.simulate.strap import strap

# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


class Recorded(NamedTuple):
    header: Header
    raw: RawArray
    remarks: Mapping[int, SensorEvent] = MappingProxyType({})
    """What the driver said, by the number of the sample before which it did."""

    def items(self, cuts=()):
        cuts = sorted({*cuts, *self.remarks})
        for start, block in zip([0, *cuts], np.split(self.raw, cuts), strict=True):
            if start in self.remarks:
                yield self.remarks[start]
            yield block


class Replayed(NamedTuple):
    events: list[AnyEvent]
    angles: SagittalAngles

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def final(self):
        """The last word on each rep, those that were retracted included."""
        return list({event.id: event for event in self.of(RepEvent)}.values())

    @property
    def reps(self):
        return [rep for rep in self.final if rep.status == "confirmed"]

    @property
    def retracted(self):
        return [rep for rep in self.final if rep.status == "retracted"]

    @property
    def sets(self):
        return [(ended.set, ended.exercise, ended.reps) for ended in self.of(SetEvent)]


@pytest.fixture(scope="session")
def hinge():
    """Plan one unhurried rep of a hinge; say what is different about it."""

    def plan(depth=70.0, spine=9.0, tempo=(1.6, 0.4, 1.2, 0.8)):
        return for_tempo(depth, spine, tuple(tempo))

    return plan


@pytest.fixture(scope="session")
def lifting():
    def build(*plans, still_s=2.0, sway_deg=0.0, seed=0):
        return Lifter(Timetable(plans, still_s), np.random.default_rng(seed), sway_deg)

    return build


@pytest.fixture(scope="session")
def on_the_bus():
    """Record a lifter through the real driver: two chips with their errors and mountings, drawn from the seed."""

    def record(lifter, *, seed=0, exercise="hinge", more_s=0.0):
        clock = VirtualClock(5_000_000_000)
        bus = strap(lifter, Config(), np.random.default_rng(seed), clock.now, busy=clock.advance)
        with bus.installed():
            sampler = Sampler(Config(), clock=clock.now)
            items = list(sampler.in_virtual_time(clock.advance, lifter.timetable.duration_s + more_s))
            sampler.close()
        assert not [item for item in items if isinstance(item, SensorEvent)]
        raw = np.concatenate(items)
        return Recorded(sampler.header(session_id="monday", exercise=exercise), raw)

    return record


@pytest.fixture(scope="session")
def evenly():
    """Record a lifter as a CSV has it: SI at known, even times, perfect sensors, mounted any way round."""

    def record(lifter, rate_hz=100.0, *, seed=0, worn=SEGMENTS, from_s=0.0, more_s=0.0):
        rng = np.random.default_rng(seed)
        t_s = np.arange(from_s, lifter.timetable.duration_s + more_s, 1 / rate_hz)
        raw = np.zeros((len(t_s), 2), RAW_SI)
        raw["t_ns"] = np.rint(t_s / NS).astype(np.int64)[:, None]
        raw["seq"] = np.arange(len(t_s))[:, None]
        raw["sensor"] = 0, 1
        for sensor in (0, 1):
            board = Rotation.random(rng=rng)
            raw["acc"][:, sensor], raw["gyr"][:, sensor] = map(board.apply, lifter.specific_force_and_rate(sensor, t_s))
        header = Header(session_id="monday", unit="SI", clock="timed", rate_hz=rate_hz, worn=worn, exercise="hinge")
        return Recorded(header, raw[:, list(header.sensors)].ravel())

    return record


@pytest.fixture(scope="session")
def staged():
    """Let a lifter do one thing after the other on a stage; each is told where it stands."""

    def act(*scenes, seed=0, still_s=2.0):
        stage = Stage(np.random.default_rng(seed), still_s)
        for scene in scenes:
            scene(stage)
        return Lifter(stage.script(still_s), stage.rng, SWAY_DEG)

    return act


@pytest.fixture(scope="session")
def with_errors():
    """Record a lifter at even times, with the errors of real parts; ``about`` is more of the header."""

    def record(lifter, exercise="auto", *, seed=0, **about):
        header, raw = fast.recorded(lifter, np.random.default_rng(seed), exercise=exercise)
        return Recorded(msgspec.structs.replace(header, **about), raw)

    return record


@pytest.fixture(scope="session")
def untrue():
    """Return the faults of a rep's truth that were not said, and those that were and are clearly not there."""

    def compare(rep, label):
        faults = rep["faults"] if isinstance(rep, dict) else msgspec.to_builtins(rep.faults)
        said = {fault["name"] for fault in faults}
        return sorted(set(label["faults"]) - said), sorted(set(label["faults_absent"]) & said)

    return compare


@pytest.fixture(scope="session")
def replayed():
    """Run a recording through the pipeline, whole or cut before the samples with these numbers."""

    def run(recorded, cuts=()):
        seen = []
        pipeline = Pipeline(recorded.header, lambda angles: seen.append(angles.sagittal))
        events = [event for item in recorded.items(cuts) for event in pipeline.push(item)]
        events += pipeline.finish()
        return Replayed(events, SagittalAngles(*(np.concatenate(part) for part in zip(*seen, strict=True))))

    return run


@pytest.fixture(scope="session")
def agree():
    """Check that the same events were said in the same order, with numbers within 1e-9."""

    def check(said, expected):
        words, numbers = _flat([to_dict(event) for event in said])
        expected_words, expected_numbers = _flat([to_dict(event) for event in expected])
        assert words == expected_words
        np.testing.assert_allclose(numbers, expected_numbers, rtol=0, atol=1e-9)

    return check


def _flat(value, place=""):
    """Return what is not a number, and the numbers, of nested plain values; the former with their places."""
    if isinstance(value, float):
        return [(place, float)], [value]
    if not isinstance(value, dict | list | tuple):
        return [(place, value)], []
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    parts = [_flat(each, f"{place}.{key}") for key, each in inner]
    return [word for words, _ in parts for word in words], [number for _, numbers in parts for number in numbers]


@pytest.fixture
def rep():
    fault = Fault(name="spine_rounding", value=27.1, limit=25.0, unit="deg", at_s=14.2, confidence=0.9)
    return RepEvent(
        id="monday-1-3",
        revision=2,
        set=1,
        rep=3,
        exercise="rdl",
        status="confirmed",
        said_s=16.52,
        start_s=12.31,
        bottom_s=14.92,
        end_s=16.4,
        eccentric_s=2.41,
        bottom_pause_s=0.3,
        concentric_s=1.22,
        top_pause_s=None,
        tempo="2.4-0.3-1.2-?",
        pelvis_rom_deg=61.0,
        thorax_rom_deg=70.2,
        spine_flexion_peak_deg=11.4,
        spine_share=0.13,
        faults=(fault,),
    )


@pytest.fixture
def events(rep):
    return [
        rep,
        FaultEvent(rep_id=rep.id, name="spine_rounding", value=27.1, limit=25.0, unit="deg", at_s=14.2, confidence=0.9),
        SetEvent(id="monday-1-set-1", set=1, exercise="rdl", reps=8, start_s=1.0, end_s=60.25),
        CueEvent(name="spine_arching", value=-11.5, limit=-10.0, unit="deg", at_s=61.5, said_s=61.5, serious=True),
        MarkEvent(what="next", at_s=62.0, exercise="deadlift"),
        SensorEvent(segment=None, what="slow_bus", at_s=0.0, text="the bus runs at 98 kHz"),
        SensorEvent(segment="thorax", what="gap", at_s=3.0, lost_s=0.5),
        NoticeEvent(text="stand still for a second", at_s=0.5),
        SessionEvent(
            id="monday-session",
            end_s=61.0,
            sets=1,
            reps=8,
            sensors={"thorax": SensorSummary(samples=12_000, left_out=3, lost_s=0.5, events={"gap": 1})},
            bus={"slow_bus": 1},
        ),
    ]


@pytest.fixture(scope="session")
def simulated_i2c():
    return SimpleNamespace(**run_path(str(Path(__file__).parent / "preload" / "simulated_i2c.py")))


@pytest.fixture(scope="session")
def preload_library(simulated_i2c, tmp_path_factory):
    """The library that, preloaded into any program, puts simulated chips behind its /dev/i2c-1."""
    if which("cc") is None:
        pytest.skip("needs a C compiler: sudo apt install gcc libc6-dev")
    return simulated_i2c.compile_library(tmp_path_factory.mktemp("preload"))


@pytest.fixture
def i2c(simulated_i2c, preload_library):
    """Start chips in a process of their own; programs run under the `environment` of what this returns."""
    with ExitStack() as running:
        yield lambda **options: running.enter_context(simulated_i2c.simulated_i2c(preload_library, **options))


@pytest.fixture(scope="session")
def receiver():
    """What puts a dashboard of one's own behind TLS, in a process that can be killed."""
    return SimpleNamespace(**run_path(str(Path(__file__).parents[1] / "benchmarks" / "receiver.py")))


@pytest.fixture(scope="session")
def certificates(receiver, tmp_path_factory):
    return receiver.Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def dashboard(receiver, certificates, tmp_path):
    """A dashboard that has just begun, and that a test may kill."""
    with receiver.Dashboard(tmp_path / "store", certificates) as running:
        yield running


@pytest.fixture(scope="module")
def lasting(receiver, certificates, tmp_path_factory):
    """A dashboard that the tests of a module share."""
    with receiver.Dashboard(tmp_path_factory.mktemp("store"), certificates, LIMIT_BYTES="5000000") as running:
        yield running


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL of the tests' own, which can be stopped and started; it forgets what a power cut would."""
    helper = run_path(str(Path(__file__).parents[1] / "benchmarks" / "postgres.py"))
    with helper["Postgres"]("fsync = off") as server:
        yield server


@pytest.fixture
def own_broker(tmp_path):
    """Start a mosquitto with a configuration of the test's own."""
    with ExitStack() as running:
        yield lambda *lines: running.enter_context(OwnBroker(tmp_path, lines))


class OwnBroker:
    """A real mosquitto that can be killed, and started again on the same port."""

    def __init__(self, folder, lines):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self.config = folder / "mosquitto.conf"
        self.config.write_text("\n".join([f"listener {self.port} 127.0.0.1", "user root", *lines, ""]))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        with (self.config.parent / "mosquitto.log").open("a") as log:
            self.process = subprocess.Popen([mosquitto(), "-c", self.config], stderr=log)
        while self.process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
                return

    def stop(self):
        """Ask it to end: it writes down what waits."""
        self.process.terminate()
        self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def board():
    """Give the pins of a board that is not there: gpiozero's own mock."""
    before, Device.pin_factory = Device.pin_factory, MockFactory()
    yield Device.pin_factory
    Device.pin_factory.close()
    Device.pin_factory = before
