"""What is slow beside the sensors costs no sample: the real program parts on simulated chips, in real time."""

import os
import signal
import time

import msgspec
import numpy as np

from hinge_imu.app.folders import OUTBOX
from hinge_imu.app.live import live
from hinge_imu.config import load
from hinge_imu.events import SensorEvent
from hinge_imu.publish.broker import PrivateBroker
from hinge_imu.publish.messages import Message
from hinge_imu.publish.outbox import Outbox
from hinge_imu.recording import open_recording
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.strap import strap, timetable

STALL_S = 0.4
WAITING = 100_000


def test_no_sample_is_lost_while_the_broker_hangs_the_disk_stalls_and_100000_messages_wait(tmp_path, monkeypatch):
    with Outbox(tmp_path / OUTBOX, 1000.0) as outbox:
        backlog = [
            Message("notice", "hinge/v1/home/strap/notice", b'{"text": "old"}', f"old-{n}") for n in range(WAITING)
        ]
        outbox.put(backlog).result()
    sync = os.fsync
    stalls = []

    def slow(file):
        stalls.append(file)
        time.sleep(STALL_S)
        sync(file)

    monkeypatch.setattr(os, "fsync", slow)
    rng = np.random.default_rng(4)
    shipped = load()
    said = []
    with PrivateBroker() as broker:
        publish = msgspec.structs.replace(shipped.publish, mqtt=broker.url, keep_mb=1000.0)
        config = msgspec.structs.replace(shipped, publish=publish)
        os.kill(broker._process.pid, signal.SIGSTOP)
        try:
            with strap(Lifter(timetable(rng, reps=1), rng), config, rng, time.monotonic_ns).installed():
                outcome = live(config, tell=said.append, seconds=6.0, recordings=tmp_path)
        finally:
            os.kill(broker._process.pid, signal.SIGCONT)
    assert len(stalls) >= 4
    assert outcome.unacknowledged > WAITING
    assert [event for event in said if isinstance(event, SensorEvent)] == []
    samples = np.concatenate([*open_recording(outcome.recording).blocks()])
    for sensor in (0, 1):
        numbers = samples["seq"][samples["sensor"] == sensor].astype(int)
        assert len(numbers) > 1000
        assert set(np.diff(numbers)) == {1}
