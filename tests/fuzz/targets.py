"""What strangers may hand to the program, each as a function of bytes that must end well, or in the one right error.

A target returns where the input was used or refused as it should be, and lets everything else out.
"""

import struct
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mcap.writer import CompressionType, Writer

from hinge_imu.app import calibrations, wearers
from hinge_imu.app.replay import replay
from hinge_imu.config import ConfigError, load
from hinge_imu.profiles import load_limits, load_profile
from hinge_imu.publish.commands import parse
from hinge_imu.recording import RecordingError, open_recording
from hinge_imu.recording.header import HEADER
from hinge_imu.recording.mcap import EVENTS, SAMPLES, SENSORS

SHM = Path("/dev/shm")  # noqa: S108 - a folder in memory where there is one, and in it one of a name of its own
TOPICS = (SAMPLES, SENSORS, EVENTS)
MOST = 1 << 16
"""Bytes of an input; what is longer says nothing new."""


def recording(data):
    """An MCAP file, byte by byte."""
    _opened("a.mcap", data)


def session(data):
    """An MCAP file whose frame is right, and whose header and messages are anything (see `packed`)."""
    with TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder:
        path = Path(folder) / "a.mcap"
        _framed(path, data)
        _replayed(path)


def table(data):
    """A CSV, or a Parquet file where the bytes begin as one does."""
    _opened("a.parquet" if data.startswith(b"PAR1") else "a.csv", data)


def configuration(data):
    """A configuration, an exercise, and a wearer's limits in TOML."""
    with TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder:
        path = Path(folder) / "a.toml"
        path.write_bytes(data)
        for read in (load, load_profile, load_limits):
            with suppress(ConfigError):
                read(path)


def calibration(data):
    """A sensor's calibration, and a wearer's."""
    with TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder:
        path = Path(folder) / "a.json"
        path.write_bytes(data)
        for read in (calibrations.load, wearers.load):
            with suppress(ConfigError):
                read(path)


def command(data):
    """What comes in over the network."""
    with suppress(ValueError):
        parse(data)


TARGETS = {each.__name__: each for each in (recording, session, table, configuration, calibration, command)}


def packed(header, messages):
    """Return what `session` takes: the header's JSON, a zero, and each message after its topic's number and length."""
    return b"\0".join(
        [header, b"".join(struct.pack("<BH", TOPICS.index(topic), len(data)) + data for topic, data in messages)]
    )


def _unpacked(data):
    header, _, rest = data.partition(b"\0")
    messages = []
    while len(rest) > 3:
        topic, length = struct.unpack_from("<BH", rest)
        messages.append((TOPICS[topic % len(TOPICS)], rest[3 : 3 + length]))
        rest = rest[3 + length :]
    return header, messages


def _framed(path, data):
    header, messages = _unpacked(data)
    with path.open("wb") as file:
        writer = Writer(file, compression=CompressionType.NONE)
        writer.start()
        writer.add_metadata(HEADER, {"json": header.decode(errors="replace")})
        channels = {topic: writer.register_channel(topic, "", 0) for topic in TOPICS}
        for topic, message in messages:
            writer.add_message(channels[topic], 0, message, 0)
        writer.finish()


def _opened(name, data):
    with TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        _replayed(path)


def _replayed(path):
    with suppress(RecordingError):
        opened = open_recording(path)
        with suppress(RecordingError):
            opened.events()
        replay(opened)
