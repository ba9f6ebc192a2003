"""What counts as a rep of each lift, and where its faults begin."""

from __future__ import annotations

from dataclasses import dataclass

from hinge_imu.config import Exercise


@dataclass(frozen=True)
class Profile:
    """One lift: its name, and its limits in degrees against the standing stance."""

    name: Exercise
    least_rom_deg: float
    spine_rounding_deg: float = 25.0
    set_gap_s: float = 10.0
    starts_bent: bool = False


PROFILES: dict[Exercise, Profile] = {
    profile.name: profile
    for profile in (
        Profile("hinge", least_rom_deg=35.0),
        Profile("rdl", least_rom_deg=35.0),
        Profile("good_morning", least_rom_deg=35.0),
        # Trained lifters lose a third of a right angle of lordosis on the way to the bar; a swing rounds less.
        Profile("deadlift", least_rom_deg=30.0, spine_rounding_deg=45.0, set_gap_s=15.0, starts_bent=True),
        Profile("swing", least_rom_deg=30.0, spine_rounding_deg=35.0, set_gap_s=5.0, starts_bent=True),
        Profile("single_leg", least_rom_deg=35.0),
        Profile("wall", least_rom_deg=35.0),
        Profile("dowel", least_rom_deg=35.0),
        Profile("kneeling", least_rom_deg=25.0),
        # A toe touch is meant to round the back; only beyond what a healthy spine flexes is it worth a word.
        Profile("toe_touch", least_rom_deg=50.0, spine_rounding_deg=90.0),
    )
}


def profile(exercise: Exercise) -> Profile:
    """Return the limits of an exercise; ``auto`` takes every bend for a hinge."""
    return PROFILES["hinge" if exercise == "auto" else exercise]
