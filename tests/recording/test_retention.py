import os
from datetime import UTC, datetime, timedelta

import pytest

from hinge_imu.config import RecordingConfig
from hinge_imu.recording.retention import free_mb, tidy

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CONFIG = RecordingConfig(keep_days=100, keep_free_mb=500)
PLENTY = 10_000.0


@pytest.fixture
def kept(tmp_path):
    """Make recordings that were begun so many days ago; return their paths."""

    def make(*days):
        return [recording(tmp_path, NOW - timedelta(days=each)) for each in days]

    return make


def recording(folder, at, suffix=".mcap", written=None):
    path = folder / f"{at:%Y%m%dT%H%M%SZ}_0123456789ab{suffix}"
    path.write_bytes(bytes(1000))
    when = (written or at).timestamp()
    os.utime(path, (when, when))
    return path


def yes(_):
    return True


def left(folder):
    return set(folder.iterdir())


def test_what_is_older_than_it_may_be_goes_and_the_sentence_says_so(tmp_path, kept):
    old, younger, new = kept(101, 99, 1)
    removed, short = tidy(tmp_path, CONFIG, [], yes, now=NOW, free=lambda _: PLENTY)
    assert removed == [(old, f"{old}: removed, it was older than 100 days")]
    assert short is None
    assert left(tmp_path) == {younger, new}


def test_while_the_clock_is_not_known_nothing_is_old(tmp_path, kept):
    paths = kept(3000, 101)
    assert tidy(tmp_path, CONFIG, [], yes, now=None, free=lambda _: PLENTY) == ([], None)
    assert left(tmp_path) == set(paths)


@pytest.mark.parametrize("now", [datetime(1970, 1, 1, 0, 5, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)])
def test_nothing_is_old_for_a_clock_that_stands_before_it(tmp_path, kept, now):
    paths = kept(0, 10, 50)
    assert tidy(tmp_path, CONFIG, [], yes, now=now, free=lambda _: PLENTY).removed == []
    assert left(tmp_path) == set(paths)


def test_the_oldest_go_until_there_is_room_and_no_more(tmp_path, kept):
    paths = kept(1, 2, 3, 4, 5)
    room = lambda folder: 490.0 + 5 * (5 - len(left(folder)))  # noqa: E731 - each that goes makes 5 MB free
    removed, short = tidy(tmp_path, CONFIG, [], yes, now=NOW, free=room)
    assert [each.path for each in removed] == [paths[4], paths[3]]
    assert "as less than 500 MB were free and it was the oldest" in removed[0].why
    assert short is None
    assert left(tmp_path) == set(paths[:3])


def test_one_that_is_being_written_never_goes(tmp_path, kept):
    old, new = kept(400, 1)
    removed, short = tidy(tmp_path, CONFIG, {old}, yes, now=NOW, free=lambda _: 0.0)
    assert [each.path for each in removed] == [new]
    assert "0 MB are free, and 500 should be; none of the 1 recordings in it may go" in short
    assert left(tmp_path) == {old}


def test_one_that_has_yet_to_be_uploaded_never_goes(tmp_path, kept):
    old, new = kept(400, 1)
    removed, short = tidy(tmp_path, CONFIG, [], {new}.__contains__, now=NOW, free=lambda _: 0.0)
    assert [each.path for each in removed] == [new]
    assert short is not None
    assert left(tmp_path) == {old}


def test_a_torn_copy_goes_unless_it_is_all_there_is(tmp_path):
    at = NOW - timedelta(days=300)
    whole, copy = recording(tmp_path, at), recording(tmp_path, at, ".mcap.torn")
    alone = recording(tmp_path, at - timedelta(days=1), ".mcap.torn")
    removed, _ = tidy(tmp_path, CONFIG, [], lambda _: False, now=NOW, free=lambda _: PLENTY)
    assert [each.path for each in removed] == [copy]
    assert left(tmp_path) == {whole, alone}


def test_a_recording_made_before_the_clock_was_set_is_as_old_as_its_last_byte(tmp_path):
    began = datetime(1970, 1, 1, 0, 0, 12, tzinfo=UTC)
    new = recording(tmp_path, began, written=NOW - timedelta(days=2))
    old = recording(tmp_path, began + timedelta(seconds=1), written=NOW - timedelta(days=200))
    removed, _ = tidy(tmp_path, CONFIG, [], yes, now=NOW, free=lambda _: PLENTY)
    assert [each.path for each in removed] == [old]
    assert left(tmp_path) == {new}


def test_a_recording_whose_clock_was_never_set_is_not_old_and_the_last_to_go(tmp_path, kept):
    unknown = recording(tmp_path, datetime(1970, 1, 1, 0, 0, 12, tzinfo=UTC))
    (known,) = kept(1)
    assert tidy(tmp_path, CONFIG, [], yes, now=NOW, free=lambda _: PLENTY).removed == []
    removed, _ = tidy(tmp_path, CONFIG, [], yes, now=NOW, free=lambda _: 0.0)
    assert [each.path for each in removed] == [known, unknown]


def test_other_files_are_nobodys_business(tmp_path, kept):
    kept(400)
    for name in ("notes.txt", "session.csv", "20200101T000000Z_a.mcap.recovering"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    tidy(tmp_path, CONFIG, [], yes, now=NOW, free=lambda _: 0.0)
    assert {each.name for each in left(tmp_path)} == {
        "notes.txt",
        "session.csv",
        "20200101T000000Z_a.mcap.recovering",
    }


def test_where_no_recordings_are_left_something_else_needs_the_space(tmp_path):
    _, short = tidy(tmp_path, CONFIG, [], yes, now=NOW, free=lambda _: 3.0)
    assert short.startswith(f"{tmp_path}: 3 MB are free, and 500 should be; no recordings are left in it")


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert tidy(tmp_path / "none", CONFIG, [], yes, now=NOW) == ([], None)


def test_how_much_is_free_is_what_the_system_says(tmp_path):
    stat = os.statvfs(tmp_path)
    assert free_mb(tmp_path) == pytest.approx(stat.f_bavail * stat.f_frsize / 1e6, abs=500)
