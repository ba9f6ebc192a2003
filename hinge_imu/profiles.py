"""What is known of each lift, as data: a file for each in `hinge_imu/exercises`, and whatever a user adds.

A profile says where a rep starts, how far it must go to count, and where its faults begin. Who wants another lift, or
other limits, copies one of the files, changes it, and names it with ``--exercise FILE``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from hinge_imu.config import ConfigError
from hinge_imu.events import FaultName

Degrees = Annotated[float, msgspec.Meta(gt=0, le=180)]
Backward = Annotated[float, msgspec.Meta(ge=-90, lt=0)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=120)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
_NO_TOML = (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError)
Starts = Literal["standing", "floor", "hike"]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where on each fault is one; angles in degrees against the standing stance, as the contract has them.

    Arching and what is behind upright are negative. A back may become rounder by ``rounding_from_set_up_deg`` than it
    was before a pull from the floor; a lockout is overextended where the thorax and the spine pass theirs, or thorax
    and pelvis both pass ``leaning_back_deg``.
    """

    spine_rounding_deg: Degrees = 25.0
    rounding_from_set_up_deg: Degrees = 10.0
    spine_arching_deg: Backward = -10.0
    butt_wink_deg: Degrees = 5.0
    spine_first_s: Seconds = 0.10
    incomplete_lockout_deg: Degrees = 8.0
    overextended_thorax_deg: Backward = -5.0
    overextended_spine_deg: Backward = -8.0
    leaning_back_deg: Backward = -8.0
    least_lowering_s: Seconds = 0.7
    lowering_rate_deg_s: Positive = 180.0
    bounce_g: Positive = 0.8
    partial_rep_share: Share = 0.7
    not_square_deg: Degrees = 15.0


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One lift, angles in degrees against the standing stance.

    ``starts`` is where a rep begins: ``standing`` (down, then up), on the ``floor`` (up, then down; the way down to the
    bar and the unloaded standing-up are no reps), or out of a ``hike`` (the first rep comes from the floor, the others
    from standing, as in swings). ``least_rom_deg`` is the least range of motion of the thorax that counts,
    ``set_gap_s`` the rest after which a set is over. ``limits`` are where its faults begin, ``never`` those that it
    cannot have. ``may_round`` says that a round back at the bottom is what the exercise is for, ``may_squat`` that low
    hips are, ``may_drop`` that people let the load go from lockout.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    title: str
    starts: Starts = "standing"
    least_rom_deg: Degrees = 35.0
    set_gap_s: Seconds = 10.0
    limits: Limits = Limits()
    never: frozenset[FaultName] = frozenset()
    may_round: bool = False
    may_squat: bool = False
    may_drop: bool = True

    @property
    def starts_bent(self) -> bool:
        """Whether the first rep of a set comes from the floor."""
        return self.starts != "standing"


OwnLimits = dict[str, dict[str, float]]
"""A wearer's own limits: by the name of an exercise, or ``all``, what replaces the lift's, by the names of `Limits`."""


def with_limits(profile: Profile, own: OwnLimits) -> Profile:
    """Return the profile with a wearer's own limits: those of all lifts, and over them those of this one.

    Raises
    ------
    ConfigError
        Where one is no limit, or cannot be one; the message says what there is.
    """
    laid_over = {**own.get("all", {}), **own.get(profile.name, {})}
    if not laid_over:
        return profile
    try:
        limits = msgspec.convert({**msgspec.structs.asdict(profile.limits), **laid_over}, Limits)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{error}; limits are {', '.join(Limits.__struct_fields__)}") from error
    return msgspec.structs.replace(profile, limits=limits)


def load_limits(path: Path) -> OwnLimits:
    """Read a wearer's own limits: a table of TOML for each exercise, or for ``all``.

    Raises
    ------
    ConfigError
        Names the file, what was found, and the mend.
    """
    try:
        own = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), OwnLimits)
        for profile in built_in().values():
            with_limits(profile, own)
    except (OSError, UnicodeDecodeError, *_NO_TOML, ConfigError) as error:
        raise ConfigError(
            f"{path}: holds no limits ({error}); write as in [rdl] and below it, not_square_deg = 20"
        ) from error
    if strange := set(own) - {"all", *built_in()}:
        raise ConfigError(
            f"{path}: {', '.join(sorted(strange))}: no such exercise; name {', '.join(built_in())}, or all"
        )
    return own


@cache
def built_in() -> dict[str, Profile]:
    """Return the profiles that come with the package, by name."""
    folder = files("hinge_imu") / "exercises"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)
    profiles = [_parse(path.read_text(encoding="utf-8"), path.name) for path in paths]
    return {profile.name: profile for profile in profiles}


def load_profile(path: Path) -> Profile:
    """Read a profile that a user has written.

    Raises
    ------
    ConfigError
        Names the file, what was found, and the mend.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as an exercise ({error})") from error
    profile = _parse(text, str(path))
    if profile.name in built_in() or profile.name == "auto":
        raise ConfigError(f"{path}: name = {profile.name!r} is taken; give the exercise a name of its own")
    return profile


def _parse(text: str, name: str) -> Profile:
    try:
        return msgspec.convert(tomllib.loads(text), Profile)
    except _NO_TOML as error:
        known = ", ".join(Profile.__struct_fields__)
        raise ConfigError(f"{name}: is no exercise: {error}; an exercise says {known}") from error


def exercises() -> tuple[str, ...]:
    """Return the names that ``--exercise`` knows."""
    return "auto", *built_in()


def choose(exercise: str) -> tuple[str, Profile | None]:
    """Return the name of an exercise, and its profile where it is a user's own, named by its file.

    Raises
    ------
    ConfigError
        Where there is none of that name, or the file does not hold one.
    """
    if exercise.endswith(".toml"):
        own = load_profile(Path(exercise))
        return own.name, own
    if exercise not in exercises():
        raise ConfigError(
            f"--exercise {exercise}: is not known; "
            f"name one of {', '.join(exercises())}, or the file of your own (.toml)"
        )
    return exercise, None
