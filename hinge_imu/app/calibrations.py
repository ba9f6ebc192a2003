"""Calibrations on disk: JSON with units in the names, one file a sensor, found again, and never overwritten."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from hinge_imu.app.kept import CalibrationError, Kind, read, write
from hinge_imu.config import Calibration, Config, Matrix, Segment, SensorConfig, Vector
from hinge_imu.sensing.identity import Identity

VERSION: Final = 1
KIND: Final = "hinge-imu sensor calibration"
MOST_BIAS, MOST_SKEW = 5.0, 0.5
AGAIN = "hinge-imu calibrate sensor"


class Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a calibration file says; ``acc = acc_matrix @ (measured - acc_bias)``, ``gyr = measured - gyr_bias``.

    ``who_am_i`` and ``self_test_registers`` (0x0D to 0x10, in hex) tell the very board, null where it came from a
    recording. ``residuals_mg`` are those of the still stretches, ``turn_residuals_mg`` those of the turns between
    them.
    """

    kind: Literal["hinge-imu sensor calibration"] = KIND
    version: Literal[1] = VERSION
    segment: Segment
    address: str
    who_am_i: str | None = None
    self_test_registers: str | None = None
    made_utc: str
    made_from: str
    simulated: bool = False
    temperature_deg_c: float | None = None
    acc_bias_m_s2: Vector
    acc_matrix: Matrix
    gyr_bias_rad_s: Vector
    cross_axis_fitted: bool
    tilt_error_deg: float
    positions: int
    residuals_mg: list[float]
    turn_residuals_mg: list[float]

    @property
    def calibration(self) -> Calibration:
        """What is applied."""
        return Calibration(
            acc_bias=self.acc_bias_m_s2,
            acc_matrix=self.acc_matrix,
            gyr_bias=self.gyr_bias_rad_s,
            made_utc=self.made_utc,
        )


def default_folder() -> Path:
    """Return where calibrations are stored: systemd's state directory in a service, else the user's data folder."""
    state = os.environ.get("STATE_DIRECTORY")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    # systemd names several with colons between them.
    return (Path(state.split(":")[0]) if state else data / "hinge-imu") / "calibration"


def default_folders() -> list[Path]:
    """Return where calibrations are looked for, first things first."""
    configured = os.environ.get("CONFIGURATION_DIRECTORY")
    return [default_folder(), *([Path(configured.split(":")[0]) / "calibration"] if configured else [])]


def file_name(segment: Segment, address: int) -> str:
    """Return what a sensor's file is called."""
    return f"{segment}_{address:#04x}.json"


def store(stored: Stored, folder: Path) -> tuple[Path, Path | None]:
    """Write a calibration; return its path, and that of the older one that had its name, which is kept.

    Raises
    ------
    CalibrationError
        Where the folder cannot be written to.
    """
    return write(stored, folder / file_name(stored.segment, int(stored.address, 16)))


def load(path: Path) -> Stored:
    """Read a calibration file.

    Raises
    ------
    CalibrationError
        It is missing, damaged, something else, or of another version.
    """
    return read(path, Stored, Kind(KIND, "sensor calibration", VERSION, AGAIN), _check)


def _check(stored: Stored) -> None:
    """Raise ValueError where the numbers cannot be those of a chip: half of gravity, or of its scale, is far beyond."""
    if max(map(abs, stored.acc_bias_m_s2)) > MOST_BIAS:
        raise ValueError(f"an offset of {max(map(abs, stored.acc_bias_m_s2)):g} m/s^2")
    for row, line in enumerate(stored.acc_matrix):
        for column, value in enumerate(line):
            if abs(value - (row == column)) > MOST_SKEW:
                raise ValueError(f"a matrix with {value:g} in row {row + 1}, column {column + 1}")


def calibrated(config: Config, folders: Sequence[Path], boards: Mapping[int, Identity]) -> Config:
    """Return the configuration with each sensor's stored calibration in it, where there is one.

    What stands in the configuration itself goes first, then the file that it names, then what is found in the folders
    by segment and address. ``boards`` are those that answer by now; a file must fit them.

    Raises
    ------
    CalibrationError
        A file cannot be used, or was made with another board.
    """
    return msgspec.structs.replace(
        config, sensors=tuple(_with_file(sensor, folders, boards.get(sensor.address)) for sensor in config.sensors)
    )


def _with_file(sensor: SensorConfig, folders: Sequence[Path], board: Identity | None) -> SensorConfig:
    path = _file_of(sensor, folders)
    if path is None:
        return sensor
    stored = load(path)
    if (wrong := misfit(stored, sensor, board)) is not None:
        raise CalibrationError(f"{path}: {wrong}")
    return msgspec.structs.replace(sensor, calibration=stored.calibration, calibration_file=path.name)


def _file_of(sensor: SensorConfig, folders: Sequence[Path]) -> Path | None:
    if sensor.calibration_file is not None:
        return Path(sensor.calibration_file)
    if sensor.calibration != Calibration():
        return None
    named = [folder / file_name(sensor.segment, sensor.address) for folder in folders]
    return next((path for path in named if path.exists()), None)


def misfit(stored: Stored, sensor: SensorConfig, board: Identity | None) -> str | None:
    """Return why a calibration is not that of a sensor, and the mend; None where it is, as far as can be told."""
    here = f"{sensor.segment} at {sensor.address:#04x}"
    if (stored.segment, stored.address) != (sensor.segment, f"{sensor.address:#04x}"):
        return (
            f"is that of the {stored.segment} at {stored.address}, not of the {here}; name the {sensor.segment}'s own"
        )
    if board is None or stored.self_test_registers is None:
        return None
    made_with, found = _board(stored.who_am_i, stored.self_test_registers), _board(*noted(board))
    if made_with == found:
        return None
    mend = f"calibrate this one with `{AGAIN} --segment {sensor.segment}`, or remove the file"
    return f"was made with another board ({made_with}) than the {here} now ({found}); {mend}"


def noted(board: Identity) -> tuple[str, str]:
    """Return WHO_AM_I and self-test registers of a board as a file has them."""
    return f"{board.who_am_i:#04x}", board.self_test.hex()


def _board(who_am_i: str | None, self_test: str | None) -> str:
    return f"name {who_am_i}, self-test registers {self_test}"
