import math

import numpy as np
import pytest

from hinge_imu.config import Calibration, Config, SensorConfig
from hinge_imu.samples import RAW, RAW_SI, Frames, Header


@pytest.fixture
def header():
    """A header in which every field differs from its default."""
    skewed = Calibration(acc_bias=(0.1, -0.2, 0.3), gyr_bias=(0.01, 0.02, -0.03))
    return Header(
        session_id="monday-1",
        unit="counts",
        clock="polled",
        rate_hz=200.0,
        acc_scale=16 * 9.80665 / 32768,
        gyr_scale=math.radians(2000) / 32768,
        delay_s=0.0049,
        exercise="rdl",
        athlete="Zoë",
        tempo="3-1-1-0",
        started_utc="2025-01-31T17:05:00Z",
        simulated=True,
        labels={"set": "2", "bar": "60 kg"},
        made_with={"numpy": "2.4.6", "machine": "aarch64 Raspberry Pi 4"},
        config=Config(sensors=(SensorConfig(segment="pelvis", address=0x69, calibration=skewed),)),
    )


@pytest.fixture
def counts():
    """Six seconds of two chips, polled: their stamps jitter and alternate, their numbers fill the range."""
    rng = np.random.default_rng(1)
    raw = np.zeros(2400, RAW)
    raw["t_ns"] = np.repeat(np.arange(1200) * 5_000_000, 2) + rng.integers(0, 900_000, 2400)
    raw["seq"] = np.repeat(np.arange(1200), 2)
    raw["acc"] = rng.integers(-32768, 32768, (2400, 3))
    raw["gyr"] = rng.integers(-32768, 32768, (2400, 3))
    raw["temp"] = rng.integers(-3000, 3000, 2400)
    raw["sensor"] = np.tile([0, 1], 1200)
    raw["flags"] = rng.integers(0, 16, 2400)
    return raw


@pytest.fixture
def frames():
    """Six seconds at 100 Hz in which each sensor loses some samples, never both at once."""
    rng = np.random.default_rng(2)
    acc, gyr = rng.normal(size=(2, 600, 2, 3)) * 10.0 ** rng.integers(-9, 3, (2, 600, 2, 3))
    valid = np.ones((600, 2), bool)
    valid[rng.random(600) < 0.1, 0] = False
    valid[valid[:, 0] & (rng.random(600) < 0.1), 1] = False
    valid[300] = True, False
    return Frames(np.arange(600) * 10_000_000, acc, gyr, valid, np.zeros_like(valid))


@pytest.fixture
def si_header():
    return Header(session_id="s", unit="SI", clock="timed", rate_hz=100.0)


@pytest.fixture
def timed(frames):
    """The same six seconds as raw SI samples, in order of arrival."""
    raw = np.zeros((600, 2), RAW_SI)
    raw["t_ns"] = frames.t_ns[:, None]
    raw["seq"] = np.arange(600)[:, None]
    raw["acc"], raw["gyr"], raw["temp"] = frames.acc, frames.gyr, np.nan
    raw["sensor"] = 0, 1
    return raw[frames.valid]
