import msgspec
import numpy as np
import pytest

from hinge_imu.events import RepEvent
from hinge_imu.reps.again import again, rows_of
from hinge_imu.samples import Header
from hinge_imu.simulate.performance import Manner, Rep
from hinge_imu.simulate.sets import floor_set

HEADER = Header(session_id="monday", unit="SI", clock="timed", rate_hz=100.0, exercise="hinge")


@pytest.fixture
def lifter(lifting, hinge):
    return lifting(hinge(), hinge(62, 12, (2.0, 0.3, 1.0, 1.0)), still_s=6.0)


@pytest.fixture
def final(counted):
    """Return the last that was said of each rep."""

    def of(angles):
        return list({event.id: event for _, event in counted(angles) if isinstance(event, RepEvent)}.values())

    return of


def test_on_the_same_angles_the_same_is_measured(lifter, seen_of, final, square):
    angles = seen_of(lifter)
    said = final(angles)
    renewed = again(said, rows_of(*square(angles), HEADER.rate_hz), HEADER)
    assert list(renewed) == ["monday-1", "monday-2"]
    for rep in said:
        new = renewed[rep.id]
        assert new.revision == rep.revision + 1
        for name in ("start_s", "bottom_s", "end_s", "eccentric_s", "concentric_s", "thorax_rom_deg"):
            assert getattr(new, name) == pytest.approx(getattr(rep, name), abs=0.01), name
        assert new.top_pause_s == pytest.approx(rep.top_pause_s, abs=0.01)


def test_better_angles_give_better_ranges_of_the_same_reps(lifter, seen, seen_of, final, square):
    true = seen_of(lifter)
    pelvis, thorax = np.degrees([true.pelvis, true.thorax])
    said = final(seen(0.9 * pelvis, 0.95 * thorax))
    renewed = again(said, rows_of(*square(true), HEADER.rate_hz), HEADER).values()
    assert [rep.thorax_rom_deg for rep in said] == pytest.approx([0.95 * 70, 0.95 * 62], abs=0.6)
    assert [rep.thorax_rom_deg for rep in renewed] == pytest.approx([70, 62], abs=0.6)


def test_what_follows_a_lockout_is_no_part_of_the_rep(lifter, seen, seen_of, final, square):
    """Two seconds after the last lockout the lifter leans back against a wall."""
    plain = seen_of(lifter)
    leaning_back = -20 * np.clip((plain.t_s - lifter.timetable.onsets_s[-1] - 1.0) / 1.0, 0, 1)
    leant = seen(*(np.degrees([plain.pelvis, plain.thorax]) + leaning_back))
    last = again(final(leant), rows_of(*square(leant), HEADER.rate_hz), HEADER)["monday-2"]
    assert last.end_s == pytest.approx(final(plain)[1].end_s, abs=0.02)
    assert last.thorax_rom_deg == pytest.approx(62, abs=0.6)


def test_of_lifts_from_the_floor_the_last_lowering_is_found_again(staged, seen_of, square, counted):
    """It is in the bend that was taken back."""
    pulls = [Rep(65.0, 25.0, 1.5, 1.2, 2.6, 0.9, Manner(thigh_deg=25.0)) for _ in range(3)]
    angles = seen_of(staged(lambda stage: floor_set(stage, pulls, 1)))
    said = list({e.id: e for _, e in counted(angles, exercise="deadlift") if isinstance(e, RepEvent)}.values())
    assert [rep.status for rep in said] == ["confirmed"] * 3 + ["retracted"]
    renewed = again(
        said, rows_of(*square(angles), HEADER.rate_hz), msgspec.structs.replace(HEADER, exercise="deadlift")
    )
    assert renewed.keys() >= {rep.id for rep in said[:3]}
    for rep in said[:3]:
        for name in ("start_s", "bottom_s", "end_s", "eccentric_s", "concentric_s", "thorax_rom_deg"):
            assert getattr(renewed[rep.id], name) == pytest.approx(getattr(rep, name), abs=0.02), name


def test_nothing_said_is_nothing_measured(lifter, seen_of, square):
    assert again([], rows_of(*square(seen_of(lifter)), HEADER.rate_hz), HEADER) == {}
