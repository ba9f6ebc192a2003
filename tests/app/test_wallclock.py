from datetime import UTC, datetime

import pytest

from hinge_imu.app.wallclock import Wallclock


def clock(root, at=datetime(2026, 5, 1, 12, 0, 10, tzinfo=UTC), *, in_step=False):
    return Wallclock(lambda: at, root, lambda: in_step)


@pytest.fixture
def board(tmp_path):
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/model").write_text("Raspberry Pi Zero 2 W Rev 1.0")
    return tmp_path


def test_a_board_without_a_battery_does_not_know_the_time_before_the_network_has_told_it(board):
    assert clock(board).began(10.0) is None


def test_a_board_knows_the_time_once_the_kernel_or_timesyncd_says_so(board):
    assert clock(board, in_step=True).began(10.0) == "2026-05-01T12:00:00+00:00"
    (board / "run/systemd/timesync").mkdir(parents=True)
    (board / "run/systemd/timesync/synchronized").touch()
    assert clock(board).began(10.0) == "2026-05-01T12:00:00+00:00"


def test_a_computer_with_a_clock_of_its_own_is_believed(tmp_path):
    assert clock(tmp_path).known


def test_a_year_before_this_program_is_never_believed(tmp_path):
    assert clock(tmp_path, datetime(1970, 1, 1, 0, 1, tzinfo=UTC), in_step=True).began(1.0) is None
