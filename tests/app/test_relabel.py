import numpy as np
import pytest

from hinge_imu.app.relabel import relabel
from hinge_imu.app.replay import replay
from hinge_imu.recording import McapWriter, RecordingError, open_recording


@pytest.fixture
def path(made, tmp_path):
    copy = tmp_path / "session.mcap"
    copy.write_bytes(made.read_bytes())
    return copy


def test_who_wore_it_and_what_was_on_the_bar_is_noted_and_nothing_else_changes(path, made):
    relabel(path, {"athlete": "Zoë", "load": "60 kg"})
    relabel(path, {"note": "belt"})
    before, after = open_recording(made), open_recording(path)
    assert (after.known.athlete, after.known.labels["load"], after.known.labels["note"]) == ("Zoë", "60 kg", "belt")
    assert np.concatenate([*after.blocks()]).tobytes() == np.concatenate([*before.blocks()]).tobytes()
    assert after.events() == before.events()
    assert after.header == before.header
    assert replay(after) == replay(before)


def test_one_that_is_torn_is_left_alone(path):
    torn = path.read_bytes()[:-100]
    path.write_bytes(torn)
    with pytest.raises(RecordingError, match="is not whole yet"):
        relabel(path, {"athlete": "Zoë"})
    assert path.read_bytes() == torn


def test_one_that_is_being_written_is_left_alone(made, tmp_path):
    with McapWriter(tmp_path / "now.mcap", open_recording(made).header, trouble=lambda _: None) as writer:
        writer._disk.wait(5.0)
        with pytest.raises(RecordingError, match="is not whole yet"):
            relabel(tmp_path / "now.mcap", {"athlete": "Zoë"})
