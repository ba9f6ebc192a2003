import sqlite3
import subprocess
import sys
from contextlib import closing
from threading import Event

import pytest

from hinge_imu.publish import outbox as module
from hinge_imu.publish.messages import Message
from hinge_imu.publish.outbox import Outbox

MB = 1_000_000
FAR_S = 10.0


def message(number, level="notice", revision=1, size=10):
    return Message(level, f"hinge/v1/gym/strap/{level}", b"x" * size, f"monday-{level}-{number}", revision)


def some(*numbers, **about):
    return [message(number, **about) for number in numbers]


def drained(outbox):
    """Return all that waits, oldest first, as one who sends it and gets every answer."""
    found = []
    while batch := outbox.take(7):
        outbox.done(each.key for each in batch)
        found += batch
    return found


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.sqlite"


@pytest.fixture(params=["on disk", "in memory"])
def outbox(request, path):
    with Outbox(path if request.param == "on disk" else None, 1.0) as made:
        yield made


def test_what_is_put_comes_out_oldest_first_and_once(outbox):
    outbox.put(some(*range(20)))
    outbox.put(some(*range(20, 30)))
    assert len(outbox) == 30
    assert drained(outbox) == some(*range(30))
    assert len(outbox) == 0
    assert drained(outbox) == []


def test_what_is_handed_out_is_not_handed_out_again_until_it_is_put_back(outbox):
    outbox.put(some(1, 2, 3))
    assert outbox.take(2) == some(1, 2)
    assert outbox.take(2) == some(3)
    outbox.done([message(2).key])
    outbox.back([message(3).key])
    assert outbox.take(9) == some(3)
    outbox.back()
    assert outbox.take(9) == some(1, 3)


def test_levels_that_must_wait_are_passed_over(outbox):
    outbox.put([message(1), message(1, "rep"), message(2)])
    assert outbox.take(9, but=["notice"]) == [message(1, "rep")]
    assert outbox.take(9) == some(1, 2)


def test_what_was_said_before_is_passed_over_sent_or_not_and_a_higher_revision_is_not(outbox):
    outbox.put(some(1, 2))
    assert drained(outbox) == some(1, 2)
    outbox.put([message(3), *some(1, 2, 3), message(1, revision=2)])
    outbox.put([message(1), message(1, revision=2)])
    assert drained(outbox) == [message(3), message(1, revision=2)]


def test_what_is_for_the_moment_is_not_kept(outbox):
    outbox.put([message(1, "angles"), message(1)])
    assert drained(outbox) == some(1)


def test_what_is_kept_is_there_when_the_program_is_not_any_more(path):
    with Outbox(path, 1.0) as outbox:
        outbox.put(some(*range(9))).result()
        outbox.done(each.key for each in outbox.take(3))
        assert outbox.take(2) == some(3, 4)
    with Outbox(path, 1.0) as outbox:
        outbox.put(some(*range(10)))  # the session is worked through again
        assert drained(outbox) == some(*range(3, 10))


def test_messages_of_one_put_are_kept_all_or_none_by_a_program_that_is_killed(path):
    program = """
import sys
from pathlib import Path
from hinge_imu.publish.messages import Message
from hinge_imu.publish.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]), 100.0)
for number in range(1000000):
    one, other = (Message(level, level, b"x" * 5000, f"{level}-{number}") for level in ("rep", "trace"))
    kept = outbox.put([one, other])
    if number % 50 == 0:
        kept.result()
        print(number, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True) as process:
        while (line := process.stdout.readline()) != "500\n":
            assert line
        process.kill()
    with Outbox(path, 1000.0) as outbox:
        ids = [each.id for each in drained(outbox)]
    assert ids == [f"{level}-{number}" for number in range(len(ids) // 2) for level in ("rep", "trace")]
    assert len(ids) > 2 * 500


def test_where_there_is_no_room_the_oldest_traces_go_then_the_oldest_others_said_once_and_counted(outbox, caplog):
    small, large = 1_000, 90_000
    for number in range(10):  # 0.91 MB
        outbox.put([message(number, size=small), message(number, "trace", size=large)])
    outbox.put(some(*range(100, 200), size=small))  # 0.1 MB: a trace has to go
    assert [each.id for each in outbox.take(999) if each.level == "trace"] == [
        f"monday-trace-{n}" for n in range(1, 10)
    ]
    outbox.put(some(*range(200, 1300), size=small)).result()  # 1.1 MB: all traces, and then the oldest
    outbox.back()
    assert drained(outbox) == some(*range(300, 1300), size=small)
    sentences = [record.getMessage() for record in caplog.records]
    assert sentences == [
        "more than 1 MB wait for the broker: the oldest are given up, traces first; the recording keeps everything"
    ]
    assert outbox.given_up == 10 + 10 + 200


def test_the_memory_of_what_was_said_has_an_end_too(path):
    with Outbox(path, 1.0) as outbox:
        outbox.put(some(*range(3000), size=1))
        assert len(drained(outbox)) == 3000
        outbox.put(some(*range(2500, 3000), size=1))
        assert len(outbox) == 0
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM said").fetchone() == (1000,)


def test_another_program_may_put_into_the_same_file_and_what_either_said_the_other_need_not(path):
    with Outbox(path, 1.0) as sender, Outbox(path, 1.0) as other:
        sender.put(some(1)).result()
        other.put(some(1, 2)).result()
        assert drained(sender) == some(1, 2)


@pytest.fixture
def troubles():
    """What is said of trouble, and an event for when there is none any more."""

    class Heard(list):
        def __init__(self):
            self.over = Event()

        def __call__(self, sentence):
            self.append(sentence)
            if sentence is None:
                self.over.set()

    return Heard()


def test_a_damaged_file_is_set_aside_and_said_and_nothing_new_is_lost(path, troubles, monkeypatch):
    monkeypatch.setattr(module, "CALM_S", 0.0)
    with Outbox(path, 1.0) as outbox:
        outbox.put(some(*range(1000))).result()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 60_000)
    with Outbox(path, 1.0, troubles) as outbox:
        outbox.put(some(*range(2000, 2010)))
        assert drained(outbox)[-10:] == some(*range(2000, 2010))
        outbox.put(some(3000)).result()
    aside = path.with_name("outbox.sqlite.damaged-1")
    assert aside.stat().st_size > 60_000
    assert str(aside) in troubles[0]
    assert troubles[1:] == [None]
    with Outbox(path, 1.0) as outbox:
        assert drained(outbox) == some(3000)


def test_what_is_no_database_at_all_is_set_aside_each_time_under_a_name_of_its_own(path):
    for number in 1, 2:
        path.write_bytes(b"a letter, not a database" * 100)
        path.with_name("outbox.sqlite-wal").unlink(missing_ok=True)
        with Outbox(path, 1.0) as outbox:
            outbox.put(some(number))
        assert path.with_name(f"outbox.sqlite.damaged-{number}").read_bytes().startswith(b"a letter")
    with Outbox(path, 1.0) as outbox:
        assert drained(outbox) == some(2)


def test_a_folder_that_cannot_be_written_keeps_messages_in_memory_and_gets_them_once_it_can(
    tmp_path, troubles, monkeypatch
):
    """Root may write anywhere, so something else is in the way: a file where the folder should be."""
    monkeypatch.setattr(module, "RETRY_S", 0.0)
    monkeypatch.setattr(module, "CALM_S", 0.0)
    (tmp_path / "away").write_text("")
    path = tmp_path / "away" / "outbox.sqlite"
    with Outbox(path, 1.0, troubles) as outbox:
        outbox.put(some(1, 2, 3)).result()
        assert outbox.take(1) == some(1)
        outbox.done([message(1).key])
        outbox.put(some(1)).result()  # said before, though not on disk
        (tmp_path / "away").unlink()
        outbox.put(some(4)).result()
        assert troubles.over.is_set()
    assert "outbox.sqlite: unable to open database file; what is said waits in memory" in troubles[0]
    assert troubles[1:] == [None]
    with Outbox(path, 1.0) as outbox:
        outbox.put(some(1)).result()  # acknowledged before there was a disk, and still known
        assert drained(outbox) == some(2, 3, 4)


FULL = """
import resource, sys
from pathlib import Path
from hinge_imu.publish import outbox as module
from hinge_imu.publish.messages import Message
from hinge_imu.publish.outbox import Outbox

module.RETRY_S = module.CALM_S = 0.0
troubles = []
outbox = Outbox(Path(sys.argv[1]), 100.0, troubles.append)
def put(*numbers):
    outbox.put([Message("notice", "notice", b"x" * 1000, f"n-{number}") for number in numbers]).result()
put(*range(100))
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
for number in range(100, 200):
    put(number)
assert len(troubles) == 1, troubles
first = outbox.take(150)
assert [m.id for m in first] == [f"n-{number}" for number in range(150)]
outbox.done(m.key for m in first)
assert [m.id for m in outbox.take(150)] == [f"n-{number}" for number in range(150, 200)]
outbox.back()
print(troubles[0])
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
put(200)
assert troubles[1:] == [None], troubles
outbox.close()
"""


def test_on_a_full_disk_messages_are_kept_and_sent_from_memory_and_brought_to_disk_when_there_is_room(path):
    """A limit on the size of files stands for the full disk: SQLite's writes fail in the same place."""
    done = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "make room on the disk" in done.stdout
    with Outbox(path, 100.0) as outbox:
        assert [each.id for each in drained(outbox)] == [f"n-{number}" for number in range(150, 201)]


def test_a_file_of_another_version_of_the_program_is_set_aside(path):
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 99")
    with Outbox(path, 1.0) as outbox:
        outbox.put(some(1))
    with Outbox(path, 1.0) as outbox:
        assert drained(outbox) == some(1)
    assert path.with_name("outbox.sqlite.damaged-1").exists()


def test_putting_waits_for_nobody_though_another_program_holds_the_file(path):
    with Outbox(path, 1.0) as outbox, closing(sqlite3.connect(path, isolation_level=None)) as other:
        outbox.put(some(0)).result()
        other.execute("BEGIN IMMEDIATE")
        kept = [outbox.put(some(number)) for number in range(1, 100)]
        assert not kept[0].done()
        other.execute("ROLLBACK")
        kept[-1].result(FAR_S)
        assert drained(outbox) == some(*range(100))
