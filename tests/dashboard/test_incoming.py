import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from hinge_imu.dashboard.incoming import About, DamagedError, Incoming

ONE = bytes(range(256)) * 8
OTHER = ONE[::-1]


def about(content=ONE, **fields):
    names = {"session_id": "monday", "name": "monday.mcap", "gym": "gym", "strap": "strap"}
    return msgspec.convert({**names, "sha256": hashlib.sha256(content).hexdigest(), **fields}, About)


class Told(list):
    """Whoever is told of recordings: fails as often as is asked."""

    def __init__(self, failures=0):
        super().__init__()
        self.failures = failures

    def __call__(self, path, about):
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the database is away")
        self.append((path.read_bytes(), about["sha256"]))


def receive(incoming, content=ONE, **fields):
    upload = incoming.create(about(content, **fields), len(content))
    with incoming.open(upload) as part:
        part.write(content)
    incoming.finish(upload)
    return upload


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def incoming(tmp_path, told):
    return Incoming(tmp_path, told, keep_days=1.0)


def test_whoever_asks_again_for_the_same_content_goes_on_with_it(incoming):
    upload = incoming.create(about(), len(ONE))
    with incoming.open(upload) as part:
        part.write(ONE[:100])
    again = incoming.create(about(), len(ONE))
    assert again.id == upload.id
    assert incoming.offset(again) == 100


def test_what_has_been_received_once_is_acknowledged_at_once(incoming, told):
    receive(incoming)
    again = incoming.create(about(), len(ONE))
    assert again.done
    assert incoming.offset(again) == len(ONE)
    assert len(told) == 1


def test_a_recording_that_is_gone_from_the_store_can_come_again(incoming, tmp_path, told):
    receive(incoming)
    (tmp_path / "gym/strap/monday.mcap").unlink()
    receive(incoming)
    assert (tmp_path / "gym/strap/monday.mcap").read_bytes() == ONE
    assert len(told) == 2


def test_another_version_stands_beside_the_first(incoming, tmp_path):
    receive(incoming, ONE)
    receive(incoming, OTHER)
    assert {path.read_bytes() for path in (tmp_path / "gym/strap").iterdir()} == {ONE, OTHER}
    assert (tmp_path / "gym/strap/monday.mcap").read_bytes() == ONE


def test_two_versions_on_their_way_at_once_both_arrive(incoming, tmp_path, told):
    told.failures = 1
    with pytest.raises(RuntimeError):
        receive(incoming, ONE)
    receive(incoming, OTHER)
    incoming.finish(incoming.find(incoming.create(about(ONE), len(ONE)).id))
    assert {path.read_bytes() for path in (tmp_path / "gym/strap").iterdir()} == {ONE, OTHER}


def test_what_is_not_what_was_announced_is_forgotten(incoming, tmp_path, told):
    upload = incoming.create(about(ONE), len(OTHER))
    with incoming.open(upload) as part:
        part.write(OTHER)
    with pytest.raises(DamagedError, match="has another checksum"):
        incoming.finish(upload)
    assert incoming.find(upload.id) is None
    assert told == []
    assert incoming.offset(incoming.create(about(ONE), len(ONE))) == 0


@pytest.mark.parametrize("placed", [False, True])
def test_what_was_whole_when_the_power_went_is_finished_at_the_next_start(tmp_path, told, placed):
    broken = Incoming(tmp_path, Told(failures=1), keep_days=1.0)
    upload = broken.create(about(), len(ONE))
    with broken.open(upload) as part:
        part.write(ONE)
    if placed:
        with pytest.raises(RuntimeError):
            broken.finish(upload)
    Incoming(tmp_path, told, keep_days=1.0)
    assert told == [(ONE, hashlib.sha256(ONE).hexdigest())]
    Incoming(tmp_path, told, keep_days=1.0)
    assert len(told) == 1


def test_it_comes_to_the_same_end_killed_at_any_step(tmp_path):
    program = Path(__file__).with_name("step_by_step.py")
    done = subprocess.run([sys.executable, program, tmp_path], capture_output=True, text=True, check=True)
    ends = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    assert len(ends) > 15
    assert [end for end in ends if end["files"] != ["gym/strap/monday.mcap"] or not end["equal"]] == []
    # Told again is only who was told a moment before a kill.
    assert {1} <= {len(end["told"]) for end in ends} <= {1, 2, 3}
    assert ends[-1]["told"] == ["monday.mcap"]


def test_a_start_goes_on_where_whoever_is_told_still_fails(tmp_path, caplog):
    broken = Incoming(tmp_path, Told(failures=1), keep_days=1.0)
    with pytest.raises(RuntimeError):
        receive(broken)
    Incoming(tmp_path, Told(failures=1), keep_days=1.0)
    assert "could not be brought to its end" in caplog.text


def test_a_damaged_note_makes_its_recording_come_again(incoming, tmp_path, caplog):
    upload = incoming.create(about(), len(ONE))
    (tmp_path / "incoming" / f"{upload.id}.json").write_bytes(b"{")
    assert incoming.find(upload.id) is None
    receive(incoming)
    assert (tmp_path / "gym/strap/monday.mcap").read_bytes() == ONE


def test_a_half_that_nobody_goes_on_with_goes(incoming, tmp_path):
    old, new = incoming.create(about(ONE), len(ONE)), incoming.create(about(OTHER), len(OTHER))
    part = tmp_path / "incoming" / f"{old.id}.part"
    os.utime(part, (0, part.stat().st_mtime - 86_401))
    incoming.create(about(OTHER), len(OTHER))
    assert incoming.find(old.id) is None
    assert incoming.find(new.id) is not None


def test_a_recording_that_does_not_fit_on_the_disk_is_not_begun(incoming):
    with pytest.raises(OSError) as error:
        incoming.create(about(), 1 << 60)
    assert error.value.errno == errno.ENOSPC


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "../../etc/cron.d/x.mcap"},
        {"name": ".hidden.mcap"},
        {"name": "monday.mcap\n"},
        {"name": "monday.sh"},
        {"gym": ".."},
        {"gym": "gym\n"},
        {"gym": "incoming"},
        {"strap": "a/b"},
        {"strap": "\N{GRINNING FACE}" * 64},
        {"sha256": "0"},
    ],
    ids=str,
)
def test_no_name_leads_out_of_its_folder(fields):
    with pytest.raises(msgspec.ValidationError):
        about(**fields)


@pytest.mark.parametrize("name", ["", "..", "../monday", "0" * 31, "g" * 32])
def test_only_an_id_finds_an_upload(incoming, name):
    assert incoming.find(name) is None
