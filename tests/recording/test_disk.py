import os
import signal
import subprocess
import sys
import threading
from queue import Queue

import numpy as np
import pytest
from mcap.reader import make_reader

from hinge_imu.events import SensorEvent
from hinge_imu.recording import McapWriter, open_recording
from hinge_imu.recording.disk import Disk, in_use
from hinge_imu.samples import NS

SECOND = 1_000_000_000


def seconds(counts):
    """Six pieces of a second each."""
    return np.split(counts, np.searchsorted(counts["t_ns"] // SECOND, range(1, 6)))


@pytest.fixture
def whole(tmp_path, header, counts):
    """The bytes of a session that met no trouble."""
    with McapWriter(tmp_path / "whole.mcap", header) as writer:
        writer.samples(counts)
    return (tmp_path / "whole.mcap").read_bytes()


@pytest.fixture
def told():
    """What is said of the disk, as it is said."""
    return Queue()


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """Try again soon: nobody wants to wait for what a card takes its time for."""
    monkeypatch.setattr("hinge_imu.recording.disk._RETRY_S", 0.02)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "session.mcap"


def test_a_session_on_a_patient_disk_is_the_same_file(path, header, counts, whole, told):
    with McapWriter(path, header, told.put) as writer:
        for second in seconds(counts):
            writer.samples(second)
        assert writer._disk.wait(10.0)
        assert in_use(path)
    assert path.read_bytes() == whole
    assert not in_use(path)
    assert told.empty()


def test_it_is_synced_once_a_second_and_at_the_end(path, header, counts, told, monkeypatch):
    synced, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (fsync(file), synced.append(path.stat().st_size)))
    with McapWriter(path, header, told.put) as writer:
        for second in seconds(counts):
            writer.samples(second)
            assert writer._disk.wait(10.0)
        assert len(synced) == 1 + 1 + 5  # the folder, the header, and each of five seconds that are over
    assert len(synced) > 1 + 1 + 5
    assert synced == sorted(synced)
    assert synced[-1] == path.stat().st_size


def test_what_is_said_is_safe_at_once(path, header, counts, told):
    lost = SensorEvent(segment=None, what="lost", at_s=2.3, text="nobody answers")
    with McapWriter(path, header, told.put) as writer:
        writer.put(counts[:900])
        writer.put(lost)
        assert writer._disk.wait(10.0)
        assert [*open_recording(path).stream()][-1] == lost


def test_nobody_waits_for_a_disk_that_stalls(path, header, counts, whole, told, monkeypatch):
    stalled, put, fsync = threading.Event(), threading.Event(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (stalled.set(), put.wait(60.0), fsync(file)))
    with McapWriter(path, header, told.put) as writer:
        assert stalled.wait(10.0)
        for second in seconds(counts):
            writer.samples(second)
        put.set()  # so far the first sync has not come back
    assert path.read_bytes() == whole
    assert told.empty()


FULL_FOR_A_WHILE = """
import resource, signal, sys
from queue import Queue
import numpy as np
from hinge_imu.events import SensorEvent
from hinge_imu.recording import McapWriter, open_recording

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
recording, told = open_recording(sys.argv[1]), Queue()
raw = np.concatenate([*recording.blocks()])
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
with McapWriter(sys.argv[2], recording.header, told.put) as writer:
    writer.samples(raw[:1600])
    print(told.get(timeout=20))
    writer.samples(raw[1600:])
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(told.get(timeout=20))
"""


def test_a_file_on_a_disk_that_was_full_for_a_while_is_equal_to_one_on_a_disk_that_was_not(path, whole):
    done = subprocess.run(
        [sys.executable, "-c", FULL_FOR_A_WHILE, path.with_name("whole.mcap"), path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    sentence, over = done.stdout.splitlines() or [done.stderr, None]
    assert sentence.startswith(f"{path}: the disk is full: the session is published, and kept in memory for the next")
    assert sentence.endswith("minutes; free some space")
    assert over == "None"
    assert path.read_bytes() == whole


def test_a_disk_that_is_not_there_at_the_start_may_come_later(tmp_path, header, counts, whole, told):
    card = tmp_path / "card"
    card.write_text("this is no folder")
    with McapWriter(card / "recordings" / "session.mcap", header, told.put) as writer:
        writer.samples(counts[:1000])
        assert "the disk does not answer (Not a directory)" in told.get(timeout=60)
        card.unlink()
        assert told.get(timeout=60) is None
        writer.samples(counts[1000:])
    assert (card / "recordings" / "session.mcap").read_bytes() == whole


def test_what_a_failed_sync_has_lost_is_written_again(path, header, counts, whole, told, monkeypatch):
    fsync, failing = os.fsync, [True]

    def lossy(file):
        if failing and path.stat().st_size > 10_000:
            failing.clear()
            os.truncate(path, 0)  # what the kernel had not written yet, it does not have any more
            raise OSError(5, "Input/output error")
        fsync(file)

    monkeypatch.setattr(os, "fsync", lossy)
    disk = Disk(path, told.put)
    disk.write(whole)
    disk.close()
    assert "the disk does not answer (Input/output error)" in told.get(timeout=60)
    assert told.get(timeout=60) is None
    assert path.read_bytes() == whole


def test_when_memory_is_used_up_whole_stretches_are_missing_and_the_rest_is_read_by_anyone(path, header, counts, told):
    (path.parent / "card").write_text("this is no folder")
    path = path.parent / "card" / "session.mcap"
    writer = McapWriter(path, header, told.put)
    writer._disk._keep = 30_000
    writer.samples(counts)
    first, second = told.get(timeout=60), told.get(timeout=60)
    assert any(
        "memory is used up: from now on the session is published, and not recorded" in s for s in (first, second)
    )
    path.parent.unlink()
    assert told.get(timeout=60) is None
    writer.close()
    assert "stretches of about 1 s are missing" in told.get(timeout=60)
    recording = open_recording(path)
    raw = np.concatenate([*recording.blocks()])
    assert recording.warnings == []
    assert set(np.unique(raw["t_ns"] // SECOND)) < set(range(6))
    kept = np.isin(counts["t_ns"] // SECOND, raw["t_ns"] // SECOND)
    assert raw.tobytes() == counts[kept].tobytes(), "seconds are missing whole"
    with path.open("rb") as file:
        assert len([*make_reader(file, validate_crcs=True).iter_messages(topics="/samples")]) == len(raw) / 200


def test_a_dead_disk_is_not_waited_for_forever_and_what_is_lost_is_said(path, told, monkeypatch):
    monkeypatch.setattr("hinge_imu.recording.disk.CLOSE_S", 0.1)
    woken = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _: woken.wait(60.0))
    disk = Disk(path, told.put, bytes_s=100.0)
    disk.write(bytes(1_200))
    disk.close()
    assert told.get(timeout=60).startswith(f"{path}: the disk has not taken the last 12 s of the session")
    woken.set()
    disk._thread.join(10.0)


KILLED = """
import sys, time
import numpy as np
from hinge_imu.events import SensorEvent
from hinge_imu.recording import McapWriter, open_recording

recording = open_recording(sys.argv[1])
raw = np.concatenate([*recording.blocks()])
with McapWriter(sys.argv[2], recording.header, print) as writer:
    for number in range(100):
        for polled in np.split(raw.copy(), len(raw) // 8):
            polled["t_ns"] += number * 6_000_000_000
            writer.samples(polled)
            print(polled["t_ns"][-1], flush=True)
            time.sleep(0.001)  # 20 times as fast as it happens
"""


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_at_any_moment_costs_less_than_two_seconds(path, whole, seed):
    lines = int(np.random.default_rng(seed).integers(10, 800))
    command = [sys.executable, "-c", KILLED, path.with_name("whole.mcap"), path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        put_ns = int([*said, *process.stdout][-1])
    recording = open_recording(path)
    blocks = [*recording.blocks()]
    last_ns = blocks[-1]["t_ns"][-1] if blocks else 0
    assert 0 <= (put_ns - last_ns) * NS < 2.0


@pytest.mark.parametrize("tail", ["gone", "zeros", "noise"])
def test_a_power_cut_at_any_moment_costs_less_than_two_seconds(path, header, counts, told, tail, monkeypatch):
    safe, fsync = [0], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (fsync(file), safe.append(path.stat().st_size)))
    left = []
    with McapWriter(path, header, told.put) as writer:
        for piece in np.array_split(counts, 60):
            writer.samples(piece)
            assert writer._disk.wait(10.0)
            left.append((int(piece["t_ns"].max()), safe[-1]))
    file = path.read_bytes()
    rng = np.random.default_rng(1)
    for put_ns, size in left:
        lost = {"gone": b"", "zeros": bytes(len(file) - size), "noise": rng.bytes(len(file) - size)}[tail]
        path.write_bytes(file[:size] + lost)
        raw = [*open_recording(path).blocks()]
        joined = np.concatenate(raw) if raw else counts[:0]
        assert joined.tobytes() == counts[: len(joined)].tobytes()
        assert put_ns - (joined["t_ns"].max() if len(joined) else 0) < 2 * SECOND
