import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_imu.events import RepEvent, SetEvent
from hinge_imu.reps.kinematics import Movement, kinematics
from hinge_imu.reps.phases import Phase, phase

RATE = 200.0
MEASURED = RepEvent.__struct_fields__[-len(RepEvent.__struct_defaults__) :]
"""The fields that a rep has only once it is confirmed."""

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"


def eased(t, start, duration):
    share = np.clip((t - start) / duration, 0, 1)
    return 10 * share**3 - 15 * share**4 + 6 * share**5


@dataclass
class Rep:
    """A rep from standing: 2 s down, half a second at the bottom, 1 s up; the back takes a fifth of the way."""

    start: float = 1.0
    pelvis: float = 60.0
    spine: float = 15.0
    lag: float = 0.0  # how much later the spine begins to flex than the pelvis to tip
    t0: float = 0.0
    rate: float = RATE

    def movement(self):
        t = np.arange(0, 6, 1 / self.rate)
        pelvis, spine = (
            size * (eased(t, self.start + lag, 2.0) - eased(t, self.start + 2.5, 1.0))
            for size, lag in ((self.pelvis, 0.0), (self.spine, self.lag))
        )
        thorax = pelvis + spine
        speed = np.gradient(thorax, 1 / self.rate)
        bottom = int(np.argmax(thorax))
        t = t + self.t0
        down = phase(t[: bottom + 1], speed[: bottom + 1])
        up = phase(t[bottom:], -speed[bottom:])
        return Movement(t, pelvis, thorax, spine, self.rate, Phase(down.start, up.end), down, up, float(t[bottom]))


def fields(movement, impact_g=None):
    return dict.fromkeys(MEASURED) | kinematics(movement, impact_g)


def measured(movement, impact_g=None):
    return SimpleNamespace(**fields(movement, impact_g))


def holed(movement, name, at_s, width_s=0.1):
    """The same with a sensor away for a moment."""
    away = np.abs(movement.t - at_s) < width_s / 2
    lost = {each: np.where(away, np.nan, getattr(movement, each)) for each in (name, "spine")}
    return movement._replace(**lost)


def test_a_rep_is_measured_as_it_was_made():
    found = measured(Rep().movement(), impact_g=0.3)
    assert found.pelvis_rom_deg == pytest.approx(60, abs=0.6), "less what is slower than a tenth of the peak"
    assert found.thorax_rom_deg == pytest.approx(75, abs=0.7)
    assert (found.pelvis_bottom_deg, found.thorax_bottom_deg, found.spine_bottom_deg) == pytest.approx((60, 75, 15))
    assert found.thorax_eccentric_peak_deg_s == pytest.approx(15 / 8 * 75 / 2, rel=1e-3)
    assert found.pelvis_concentric_peak_deg_s == pytest.approx(15 / 8 * 60, rel=1e-3)
    assert found.eccentric_to_peak_share == pytest.approx(0.5, abs=0.01)
    assert found.concentric_to_peak_share == pytest.approx(0.5, abs=0.01)
    assert found.eccentric_sparc == pytest.approx(-1.52, abs=0.02)
    assert found.concentric_ldlj == pytest.approx(-4.04, abs=0.03)
    shares = found.spine_early_share, found.spine_middle_share, found.spine_late_share
    assert shares == pytest.approx((0.2, 0.2, 0.2), abs=0.002)
    assert found.coupling_deg == pytest.approx(np.degrees(np.arctan2(75, 60)), abs=0.01)
    assert (found.slowest_deg, found.slowest_at_s) == (None, None)
    assert found.impact_g == 0.3


def test_the_load_is_held_from_the_first_onset_to_lockout():
    movement = Rep().movement()
    held = movement.concentric.end - movement.eccentric.start
    assert fields(movement)["time_under_tension_s"] == pytest.approx(held)
    assert 3.2 < held < 3.5


def test_a_rounding_back_is_seen_where_and_how_late_it_rounds():
    found = measured(Rep(spine=25.0, lag=0.6).movement())
    assert found.spine_early_share < 0.1
    assert found.spine_late_share > 0.4
    assert found.coupling_sd_deg > 5 > measured(Rep().movement()).coupling_sd_deg
    pelvis_then = 60 * eased(np.linspace(0, 2, 4001), 0, 2.0)
    spine_then = 25 * eased(np.linspace(0, 2, 4001), 0.6, 2.0)
    assert found.neutral_depth_deg == pytest.approx(np.interp(10, spine_then, pelvis_then), abs=0.3)
    assert 0.2 < found.out_of_neutral_share < 0.9


def test_who_sinks_on_at_the_bottom_is_still_on_the_way_down():
    """The back rounds while the pelvis rests at 60 deg: the phase is over, the deepest moment is still to come."""
    rep = Rep().movement()
    spine = rep.spine - 7 + 4 * eased(rep.t, 3.0, 0.2)
    found = measured(rep._replace(spine=spine, bottom_s=3.45))
    assert found.neutral_depth_deg == pytest.approx(60)
    phase_alone = measured(rep._replace(spine=spine, bottom_s=rep.eccentric.end))
    assert phase_alone.neutral_depth_deg < 60


@settings(deadline=None, max_examples=20)
@given(later=st.integers(-3600, 36000))
def test_the_time_of_day_changes_only_times_of_day(later):
    plain, shifted = fields(Rep(spine=25.0).movement()), fields(Rep(spine=25.0, t0=float(later)).movement())
    for name in plain:
        assert shifted[name] == pytest.approx(plain[name], abs=1e-6), name


@settings(deadline=None, max_examples=30)
@given(name=st.sampled_from(["pelvis", "thorax"]), at_s=st.floats(0.0, 5.5), width_s=st.floats(0.02, 3.0))
def test_what_a_hole_does_not_touch_is_measured_as_if_there_were_none(name, at_s, width_s):
    movement = Rep(spine=25.0, lag=0.3).movement()
    whole, lost = fields(movement), fields(holed(movement, name, at_s, width_s))
    assert {each for each in lost if lost[each] not in {None, whole[each]}} == set()


def test_without_a_pelvis_the_thorax_is_measured_and_the_spine_is_not():
    movement = Rep().movement()
    lost = {name for name, value in fields(holed(movement, "pelvis", 3.0, 9.0)).items() if value is None}
    assert lost - {name for name, value in fields(movement).items() if value is None} == {
        *("pelvis_rom_deg", "pelvis_bottom_deg", "spine_rom_deg", "spine_bottom_deg"),
        *("out_of_neutral_share", "neutral_depth_deg", "coupling_deg", "coupling_sd_deg"),
        *("spine_early_share", "spine_middle_share", "spine_late_share"),
        *(f"pelvis_{phase_}_{what}_deg_s" for phase_ in ("eccentric", "concentric") for what in ("mean", "peak")),
    }


def test_a_floor_lift_is_held_up_and_down_and_rests_in_between():
    """A rep upside down: from the floor up in 2 s, half a second at the top, down in 1 s."""
    rep = Rep().movement()
    found = measured(
        rep._replace(
            pelvis=60 - rep.pelvis,
            thorax=75 - rep.thorax,
            spine=15 - rep.spine,
            eccentric=rep.concentric,
            concentric=rep.eccentric,
            bottom_s=rep.eccentric.start,
        )
    )
    assert found.time_under_tension_s == pytest.approx(rep.eccentric.duration + rep.concentric.duration)
    assert found.thorax_concentric_peak_deg_s == pytest.approx(15 / 8 * 75 / 2, rel=1e-3)
    assert found.thorax_bottom_deg == pytest.approx(75, abs=1)
    assert found.spine_late_share == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("gone", ["eccentric", "concentric"])
def test_a_phase_that_is_not_there_has_no_values_and_the_other_keeps_its_own(gone):
    movement = Rep().movement()
    found = fields(movement._replace(**{gone: None}))
    other = "eccentric" if gone == "concentric" else "concentric"
    assert {value for name, value in found.items() if gone in name} == {None}
    assert found[f"thorax_{other}_mean_deg_s"] == fields(movement)[f"thorax_{other}_mean_deg_s"]
    assert found["time_under_tension_s"] is None


@pytest.mark.parametrize("rate", [20.0, 50.0, 100.0])
def test_a_slower_stream_measures_nearly_the_same(rate):
    fine, coarse = fields(Rep(spine=25.0, lag=0.3).movement()), fields(Rep(spine=25.0, lag=0.3, rate=rate).movement())
    for name, value in fine.items():
        scale = {"deg": 1.0, "deg_s": 3.0, "s": 0.03, "share": 0.03}
        unit = re.search(r"_(deg_s|deg|s|share)$", name)
        assert coarse[name] == pytest.approx(value, abs=scale[unit[1]] if unit else 0.15), name


def test_every_number_is_one_that_an_event_carries(rep):
    found = kinematics(Rep().movement(), 0.2)
    event = msgspec.structs.replace(rep, **found)
    assert msgspec.json.decode(msgspec.json.encode(event), type=RepEvent) == event


OF_THE_EVENT = {
    "id",
    "revision",
    "set",
    "rep",
    "exercise",
    "status",
    "said_s",
    "tempo",
    "faults",
    "reps",
    "exercise_sure",
}
"""What says which rep or set it is, and what is said of it in words."""


def test_every_metric_is_in_the_documentation_and_nothing_else_is():
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    documented = list(chain.from_iterable(re.findall(r"`(\w+)`", row.split("|")[1]) for row in rows))
    assert len(documented) == len(set(documented))
    said = {*RepEvent.__struct_fields__, *SetEvent.__struct_fields__} - OF_THE_EVENT
    assert said == set(documented)
