"""Simulated chips on a virtual clock, and a driver that talks to them through the real smbus2."""

from contextlib import contextmanager

import numpy as np
import pytest
from smbus2 import SMBus

from hinge_imu.config import ChipConfig
from hinge_imu.sensing.mpu6050 import Mpu6050
from hinge_imu.simulate.bus import SimulatedBus, VirtualClock
from hinge_imu.simulate.chip import Chip
from hinge_imu.simulate.imu import ImuErrors

G = 9.80665
NOISY = ImuErrors(acc_noise=400e-6 * G, gyr_noise=float(np.radians(0.005)), temp_noise=0.01)
WARM = ImuErrors(temp_noise=0.01)
COUNT = 16 * 9.80665 / 32768  # m/s^2 at +-16 g
PERIOD_NS = 5_000_000


def numbered(t_ns):
    """A motion whose acceleration tells in which 5 ms a sample was taken."""
    high, low = np.divmod(t_ns // PERIOD_NS, 4096)
    acc = np.stack([low, high, np.zeros(len(t_ns))], axis=1) * COUNT
    return acc, np.zeros((len(t_ns), 3)), 25.0


def still(t_ns):
    return np.tile([0.0, 9.80665, 0.0], (len(t_ns), 1)), np.zeros((len(t_ns), 3)), 25.0


class Rig:
    """A clock, two chips and their bus, whose transfers take as long as they would at 400 kHz."""

    def __init__(self, source=numbered, errors=WARM, **chip):
        self.clock = VirtualClock(123_456_789)
        self.chips = {address: Chip(source, errors, seed=address, **chip) for address in (0x68, 0x69)}
        self.hiccup_ns = 0
        self.said = []
        self.bus = SimulatedBus(self.chips, self.clock.now, busy=self._busy)

    def _busy(self, ns):
        self.clock.advance(ns + self.hiccup_ns)

    def mpu(self, address=0x69, witness=lambda: True, **settings):
        return Mpu6050(
            SMBus(1),
            address,
            ChipConfig(**settings),
            sensor=address - 0x68,
            clock=self.clock.now,
            remark=lambda *remark: self.said.append(remark),
            witness=witness,
        )

    def wait(self, seconds):
        self.clock.advance(round(seconds * 1e9))

    def empty(self, mpu):
        """Poll until nothing was left behind."""
        blocks = [mpu.poll()]
        while mpu.more:
            blocks.append(mpu.poll())
        return np.concatenate(blocks)

    def facts(self):
        return [what for what, _ in self.said]

    def start(self, mpu):
        for seconds in mpu.start():
            self.wait(seconds)
        mpu._unproven = None  # that the first samples prove to be one chip's has tests of its own
        return mpu

    def poll_for(self, mpu, seconds, every=0.022):
        end = self.clock.now() + round(seconds * 1e9)
        blocks = []
        while self.clock.now() < end:
            self.wait(every)
            blocks.append(self.empty(mpu))
        return np.concatenate(blocks)


@pytest.fixture(scope="session")
def new_rig():
    @contextmanager
    def build(*args, **kwargs):
        rig = Rig(*args, **kwargs)
        with rig.bus.installed():
            yield rig

    return build


@pytest.fixture
def rig(new_rig):
    with new_rig() as rig:
        yield rig


@pytest.fixture(scope="session")
def noisy():
    """The errors of a typical part that is otherwise perfect."""
    return NOISY


@pytest.fixture(scope="session")
def standing():
    return still


@pytest.fixture(scope="session")
def serial():
    """Read the numbers that the numbered motion wrote."""
    return lambda raw: raw["acc"][:, 0].astype(int) + 4096 * raw["acc"][:, 1].astype(int)
