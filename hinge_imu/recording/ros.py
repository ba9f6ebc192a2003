"""An MCAP for tools that plot and play (Foxglove, PlotJuggler, ROS 2): ``sensor_msgs/Imu``, a message a sample.

``/pelvis/imu`` and ``/thorax/imu`` in SI and sensor axes, and ``/angles`` in degrees, the hinge as it is judged; stamps
and log times are session times. The messages of one kind are all of one size, so a whole block is laid out at once.

Layout: plain CDR, as in `hinge_imu.recording.cdr`. Fields and their meaning: ROS 2 common_interfaces, and REP 145: an
orientation that is not given has -1 for its first covariance, a covariance that is not known is zero.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import Writer
from numpy.typing import NDArray

from hinge_imu.recording.base import new_file
from hinge_imu.recording.header import HEADER, encoded
from hinge_imu.samples import SEGMENTS, Angles, Floats, Header, Times

_LITTLE_ENDIAN = 0x0100  # the encapsulation header 00 01 00 00, as one little-endian number
_NAME = 7  # bytes of a frame's name with its zero: "pelvis", "thorax", and "hinge" with two more
_SECOND = 1_000_000_000

_HEAD = [("cdr", "<u4"), ("sec", "<i4"), ("nanosec", "<u4"), ("length", "<u4"), ("frame_id", f"S{_NAME}")]
_PAD = ("pad", "V5")  # the name ends at byte 19, and a double begins at 24
_IMU = np.dtype(
    [
        *(*_HEAD, _PAD),
        *(("orientation", "<f8", 4), ("orientation_covariance", "<f8", 9)),
        *(("angular_velocity", "<f8", 3), ("angular_velocity_covariance", "<f8", 9)),
        *(("linear_acceleration", "<f8", 3), ("linear_acceleration_covariance", "<f8", 9)),
    ]
)
_ANGLES = np.dtype([*_HEAD, _PAD, ("pelvis_deg", "<f8"), ("thorax_deg", "<f8"), ("spine_deg", "<f8")])

_RULE = "=" * 80
_STAMPED = f"""
{_RULE}
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
{_RULE}
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
"""
_IMU_SCHEMA = f"""\
std_msgs/Header header
geometry_msgs/Quaternion orientation
float64[9] orientation_covariance
geometry_msgs/Vector3 angular_velocity
float64[9] angular_velocity_covariance
geometry_msgs/Vector3 linear_acceleration
float64[9] linear_acceleration_covariance
{_RULE}
MSG: geometry_msgs/Quaternion
float64 x
float64 y
float64 z
float64 w
{_RULE}
MSG: geometry_msgs/Vector3
float64 x
float64 y
float64 z{_STAMPED}"""
_ANGLES_SCHEMA = f"""\
std_msgs/Header header
float64 pelvis_deg
float64 thorax_deg
float64 spine_deg{_STAMPED}"""


class RosWriter:
    """Writes measured samples and angles, block by block.

    Raises
    ------
    RecordingError
        If the file cannot be made.
    """

    def __init__(self, path: Path | str, header: Header) -> None:
        self._file = new_file(path)
        self._writer = writer = Writer(self._file)
        writer.start(profile="ros2", library="hinge-imu")
        writer.add_metadata(HEADER, {"json": encoded(header)})
        imu = writer.register_schema("sensor_msgs/msg/Imu", SchemaEncoding.ROS2, _IMU_SCHEMA.encode())
        angles = writer.register_schema("hinge_imu/msg/Angles", SchemaEncoding.ROS2, _ANGLES_SCHEMA.encode())
        self._imu = {
            i: writer.register_channel(f"/{SEGMENTS[i]}/imu", MessageEncoding.CDR, imu) for i in header.sensors
        }
        self._angles = writer.register_channel("/angles", MessageEncoding.CDR, angles)

    def samples(self, sensor: int, t_ns: Times, acc: Floats, gyr: Floats) -> None:
        """Append samples of one sensor: t_ns (N,), acc (N,3) m/s^2, gyr (N,3) rad/s."""
        messages = _stamped(_IMU, t_ns, SEGMENTS[sensor])
        messages["orientation"] = 0, 0, 0, 1
        messages["orientation_covariance"][:, 0] = -1
        messages["angular_velocity"], messages["linear_acceleration"] = gyr, acc
        self._write(self._imu[sensor], t_ns, messages)

    def angles(self, angles: Angles) -> None:
        """Append the angles of a block; nan where not valid."""
        sagittal = angles.sagittal
        messages = _stamped(_ANGLES, sagittal.t_ns, "hinge")
        for name in ("pelvis", "thorax", "spine"):
            messages[f"{name}_deg"] = np.degrees(getattr(sagittal, name))
        self._write(self._angles, sagittal.t_ns, messages)

    def close(self) -> None:
        """Write the index and the footer."""
        if not self._file.closed:
            self._writer.finish()  # type: ignore[no-untyped-call] # mcap leaves it without types
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, channel: int, t_ns: Times, messages: NDArray[np.void]) -> None:
        data, size = messages.tobytes(), messages.dtype.itemsize
        # MCAP's log times are unsigned, and a CSV's time axis may begin below zero.
        for i, log_time in enumerate(np.maximum(t_ns, 0).tolist()):
            self._writer.add_message(channel, log_time, data[i * size : (i + 1) * size], log_time)


def _stamped(dtype: np.dtype[np.void], t_ns: Times, frame_id: str) -> NDArray[np.void]:
    messages = np.zeros(len(t_ns), dtype)
    messages["cdr"], messages["length"], messages["frame_id"] = _LITTLE_ENDIAN, len(frame_id) + 1, frame_id.encode()
    messages["sec"], messages["nanosec"] = np.divmod(t_ns, _SECOND)
    return messages
