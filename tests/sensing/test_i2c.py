import errno
import os

import pytest
from smbus2 import SMBus, smbus2

from hinge_imu.sensing.i2c import BusFault, Registers, open_bus


@pytest.fixture
def fail(monkeypatch):
    """Let the next transfers fail with an errno; return how many were tried."""

    def plant(number, times=99):
        inner = smbus2.ioctl
        tried = []

        def failing(fd, request, argument=0):
            if request not in {smbus2.I2C_SMBUS, smbus2.I2C_RDWR}:
                return inner(fd, request, argument)
            tried.append(request)
            if len(tried) <= times:
                raise OSError(number, os.strerror(number))
            return inner(fd, request, argument)

        monkeypatch.setattr(smbus2, "ioctl", failing)
        return tried

    return plant


@pytest.fixture
def registers(rig):
    return Registers(SMBus(1), 0x68)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EREMOTEIO, "no answer at 0x68: AD0 is wired to 3V3 and not to GND, or a wire is loose"),
        (errno.ENXIO, "no answer at 0x68"),
        (errno.EIO, "the bus failed at 0x68 .*: SDA or SCL is held low"),
        (errno.ETIMEDOUT, "the bus failed at 0x68 .*pull-ups"),
        (errno.EAGAIN, "the bus failed at 0x68"),
        (errno.ENODEV, "the I2C adapter went away while 0x68 was read"),
    ],
)
def test_what_wires_do_is_a_bus_fault_that_says_where_to_look(registers, fail, number, sentence):
    fail(number)
    with pytest.raises(BusFault, match=sentence):
        registers.read(0x75)


def test_what_is_no_fault_of_the_wire_stays_what_it_is(registers, fail):
    fail(errno.EOPNOTSUPP)
    with pytest.raises(OSError) as refused:
        registers.read(0x75)
    assert refused.type is OSError
    assert refused.value.errno == errno.EOPNOTSUPP


def test_a_register_is_tried_three_times(registers, fail):
    tried = fail(errno.EREMOTEIO, times=2)
    assert registers.read(0x75) == b"\x68"
    assert len(tried) == 3


def test_a_burst_is_tried_once(registers, fail):
    tried = fail(errno.EREMOTEIO)
    with pytest.raises(BusFault):
        registers.burst(0x74, 12)
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("number", "mend"), [(errno.ENOENT, "dtparam=i2c_arm=on"), (errno.EACCES, "group i2c"), (errno.EBUSY, "busy")]
)
def test_a_bus_that_does_not_open_is_told_with_its_mend(rig, monkeypatch, number, mend):
    def refuse(path, flags):
        raise OSError(number, os.strerror(number))

    bus = SMBus()
    monkeypatch.setattr(smbus2.os, "open", refuse)
    with pytest.raises(BusFault, match=f"(?i)/dev/i2c-1 .*{mend}"):
        open_bus(bus, 1)
