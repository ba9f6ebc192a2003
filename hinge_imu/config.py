"""What can be set, as frozen structs: read from TOML, checked once, stored whole in every recording."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

Segment = Literal["pelvis", "thorax"]
Filter = Literal["inclination", "madgwick", "mahony", "ekf", "aqua", "complementary"]

Correction = Annotated[float, msgspec.Meta(ge=-1000, le=1000)]
Vector = tuple[Correction, Correction, Correction]
Matrix = tuple[Vector, Vector, Vector]
Pin = Annotated[int, msgspec.Meta(ge=2, le=27)]
Mode = Literal["every", "serious", "faded", "after_set", "silent"]
Beats = Literal["rep", "free"]
Drill = Literal[
    "dowel",
    "self_assessment",
    "wall",
    "flexibility",
    "toe_touch",
    "kneeling",
    "single_leg",
    "cat_cow",
    "plank",
    "hamstring_stretch",
]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]  # not endless: JSON has no word for that
# What may stand between two slashes of an MQTT topic, and in a file's name.
Name = Annotated[str, msgspec.Meta(pattern=r"^[^/+#\s\x00]{1,64}$(?!\n)")]

PATHS = {"calibration_file", "password_file", "ca_file", "certificate_file", "key_file", "token_file", "folder"}
"""Settings that name a file or folder, from the folder of the file that sets them."""

IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the file, what was found, and the mend."""


class ChipConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the MPU-6050s are set; the allowed values are those that the chip has."""

    rate_hz: Annotated[float, msgspec.Meta(ge=4, le=1000)] = 200.0
    gyr_range_dps: Literal[250, 500, 1000, 2000] = 2000
    acc_range_g: Literal[2, 4, 8, 16] = 16
    low_pass_hz: Literal[260, 184, 94, 44, 21, 10, 5] = 44


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Corrections of one chip: ``acc = acc_matrix @ (measured - acc_bias)``, ``gyr = measured - gyr_bias``.

    ``acc_bias`` in m/s^2, ``gyr_bias`` in rad/s, both in sensor axes; ``made_utc`` says when it was made, where that is
    known.
    """

    acc_bias: Vector = (0.0, 0.0, 0.0)
    acc_matrix: Matrix = IDENTITY
    gyr_bias: Vector = (0.0, 0.0, 0.0)
    made_utc: str | None = None


class SensorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sensor of the strap: where it sits, its I2C address, and its calibration.

    ``calibration_file`` names one that `hinge-imu calibrate sensor` has stored, from the folder of the TOML file; it
    is read when a session starts, and its numbers then stand in ``calibration``.
    """

    segment: Segment
    address: Literal[0x68, 0x69]
    calibration: Calibration = Calibration()
    calibration_file: str | None = None


class BusConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ways out when the bus or a chip hangs, both off as shipped.

    ``power_pin`` is the GPIO number (BCM) of a switch in the sensors' supply, on while high; ``recovery_request`` a
    file that, when it appears, asks a privileged helper to free the bus.
    """

    power_pin: Pin | None = None
    recovery_request: str | None = None


class MotionConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How orientation is found: the filter's name, and its time constant where it has one."""

    filter: Filter = "inclination"
    tau_s: Positive = 3.0


class PublishConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who says it: the first levels of every MQTT topic; and the broker (``mqtt[s]://[USER@]HOST[:PORT]``).

    ``version`` is MQTT's, ``auto`` tries 5 first. The user's password is in ``password_file``, or in the systemd
    credential ``mqtt-password``; with mqtts, ``ca_file`` names whom to trust (the system's where it is not given), and
    ``certificate_file`` with ``key_file`` is how the strap proves itself. With ``discovery``, Home Assistant finds it.
    ``keep_mb`` is how much may wait for a broker that is away.
    """

    gym: Name = "home"
    strap: Name = "strap"
    mqtt: str = "mqtt://localhost:1883"
    version: Literal["auto", "5", "3.1.1"] = "auto"
    password_file: str | None = None
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    discovery: bool = False
    keep_mb: Annotated[float, msgspec.Meta(ge=1, le=10_000)] = 100.0


class RecordingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where sessions are kept, and for how long.

    ``folder`` is where (the service's own, or the user's, where it is not given). Whatever is older than ``keep_days``
    goes, and the oldest while less than ``keep_free_mb`` are free on the disk, but nothing that has yet to be uploaded.
    A session that has lasted ``longest_h`` is ended when the wearer rests, and another one begun.
    """

    folder: str | None = None
    keep_days: Positive = 180.0
    keep_free_mb: Annotated[float, msgspec.Meta(ge=0)] = 500.0
    longest_h: Positive = 4.0


class SessionConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wears the strap and does what, where nothing else says so.

    A session ends after ``quiet_min`` minutes without a bend.
    """

    athlete: str | None = None
    exercise: str = "auto"
    tempo: str | None = None
    quiet_min: Positive = 10.0


class UploadConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where recordings go when a session is over: ``url`` of the dashboard (https), nowhere where it is not given.

    The strap's token is in ``token_file``, or in the systemd credential ``upload-token``; ``ca_file`` names whom to
    trust.
    """

    url: str | None = None
    token_file: str | None = None
    ca_file: str | None = None


class CuesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What tells the wearer, and what the wearer presses: GPIO numbers (BCM), all off as shipped.

    Outputs are on while high; the button closes its pin to ground. ``mode`` says which faults are worth a word
    (`hinge_imu.cues.modes`); ``drill`` is what three presses begin; with ``poweroff``, holding the button down powers
    the computer off once the recording is closed.
    """

    buzzer_pin: Pin | None = None
    motor_pin: Pin | None = None
    led_pin: Pin | None = None
    button_pin: Pin | None = None
    mode: Mode = "every"
    drill: Drill | None = None
    poweroff: bool = False

    @property
    def pins(self) -> dict[str, int]:
        """The pins that are configured, by their names."""
        named = {name: getattr(self, name) for name in ("buzzer_pin", "motor_pin", "led_pin", "button_pin")}
        return {name: pin for name, pin in named.items() if pin is not None}


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    chip: ChipConfig = ChipConfig()
    sensors: tuple[SensorConfig, ...] = (
        SensorConfig(segment="pelvis", address=0x68),
        SensorConfig(segment="thorax", address=0x69),
    )
    bus: BusConfig = BusConfig()
    motion: MotionConfig = MotionConfig()
    publish: PublishConfig = PublishConfig()
    cues: CuesConfig = CuesConfig()
    recording: RecordingConfig = RecordingConfig()
    session: SessionConfig = SessionConfig()
    upload: UploadConfig = UploadConfig()

    def __post_init__(self) -> None:
        for what in ("segment", "address"):
            values = [getattr(sensor, what) for sensor in self.sensors]
            shared = [value for value in values if values.count(value) > 1]
            if shared:
                shown = repr(shared[0]) if isinstance(shared[0], str) else hex(shared[0])
                raise ValueError(f"two sensors share the {what} {shown}; give each its own")
        pins = [*self.cues.pins.values(), *([self.bus.power_pin] if self.bus.power_pin is not None else [])]
        if len(set(pins)) < len(pins):
            raise ValueError(f"two of [cues] and [bus] share the pin {max(pins, key=pins.count)}; give each its own")
        if not self.sensors:
            raise ValueError("no sensor is named; give at least one [[sensors]] table")


def shipped() -> Path:
    """Return the folder of the configuration that ships: in the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "firmware_config"
    return inside if inside.is_dir() else package.parent / "firmware_config"


def load(path: Path | None = None) -> Config:
    """Read the shipped configuration, with the tables of the user's own file laid over it.

    Raises
    ------
    ConfigError
        Names the file, what was found in it, and what to change.
    """
    tables: dict[str, Any] = {}
    files = [shipped() / f"{name}.toml" for name in ("mpu6050", "sensors", "cues", "strap")] + ([path] if path else [])
    for file in files:
        for name, value in _located(_read(file), file.parent).items():
            before = tables.get(name)
            tables[name] = {**before, **value} if isinstance(value, dict) and isinstance(before, dict) else value
    try:
        return msgspec.convert(tables, Config)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigError(f"{files[-1]}: {error}; firmware_config/README.md lists what can be set") from error


def _located(tables: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Let the files that the tables name be found from anywhere."""
    for entry in tables.values():
        for table in entry if isinstance(entry, list) else [entry]:
            for name in PATHS & table.keys() if isinstance(table, dict) else ():
                if isinstance(named := table[name], str):
                    # pathlib's own raises where there is no such user.
                    table[name] = str(folder.absolute() / os.path.expanduser(named))  # noqa: PTH111
    return tables


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); give the path of a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: is not TOML ({error}); mend that line") from error
