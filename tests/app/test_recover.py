import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hinge_imu.app.made_with import made_with
from hinge_imu.app.replay import replay
from hinge_imu.recording import open_recording


def test_a_torn_recording_becomes_a_whole_one_with_the_same_reps(hinge_imu, made, tmp_path):
    torn = tmp_path / "torn.mcap"
    cut = made.read_bytes()[: made.stat().st_size * 6 // 10]
    torn.write_bytes(cut)
    said = replay(open_recording(torn))
    done = hinge_imu("recover", torn)
    assert done.returncode == 0
    assert "samples were saved; what was torn is kept as" in " ".join(done.stderr.split())
    assert open_recording(torn).warnings == []
    assert replay(open_recording(torn)) == said[1:], "but for the note that it is torn"
    assert (tmp_path / "torn.mcap.torn").read_bytes() == cut


def test_it_may_go_elsewhere_and_a_whole_one_is_said_to_be_whole(hinge_imu, made, tmp_path):
    torn = tmp_path / "torn.mcap"
    torn.write_bytes(made.read_bytes()[:-1])
    assert hinge_imu("recover", torn, "-o", tmp_path / "whole.mcap").returncode == 0
    assert (tmp_path / "whole.mcap").read_bytes() == made.read_bytes()
    done = hinge_imu("recover", tmp_path / "whole.mcap")
    assert done.returncode == 0
    assert "is whole" in done.stderr
    assert "nothing was done" in " ".join(done.stderr.split())


@pytest.mark.parametrize(("name", "said"), [("a.csv", "is no MCAP file"), ("none.mcap", "there is no such file")])
def test_what_cannot_be_recovered_is_one_sentence_and_status_2(hinge_imu, tmp_path, name, said):
    (tmp_path / "a.csv").write_text("t_s,pelvis_acc_x\n")
    done = hinge_imu("recover", tmp_path / name)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def written(folder):
    """Return the recording in a folder, as soon as something is in it."""
    end = time.monotonic() + 20
    while not (found := [path for path in folder.glob("*.mcap") if path.stat().st_size]):
        assert time.monotonic() < end, "nothing was written"
        time.sleep(0.02)
    (path,) = found
    return path


def test_a_session_that_was_killed_is_recovered(hinge_imu, tmp_path):
    program = Path(sys.executable).parent / "hinge-imu"
    command = [program, "live", "--no-publish", "--recordings", tmp_path / "new", "--bus", "97", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        said = [json.loads(process.stdout.readline()) for _ in range(2)]
        # The disk is never waited for: what is said may not be on it yet.
        path = written(tmp_path / "new")
        process.send_signal(signal.SIGKILL)
    assert [event["what"] for event in said] == ["lost", "lost"]
    assert hinge_imu("recover", path).returncode == 0
    recording = open_recording(path)
    assert [*recording.blocks()] == []
    assert recording.warnings == []
    assert recording.header.made_with == made_with()


def test_what_a_session_is_counted_with_is_named():
    made = made_with()
    assert made["numpy"] == np.__version__
    assert made["python"] == ".".join(map(str, sys.version_info[:3]))
    assert made["machine"].startswith(subprocess.check_output(["uname", "-m"], text=True).strip())
