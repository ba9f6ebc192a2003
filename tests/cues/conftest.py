"""Pins: gpiozero's own mock, or with ``-m hardware`` the computer's real ones."""

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

BUZZER, MOTOR, LED, BUTTON = 23, 24, 25, 27


@pytest.fixture
def board():
    """Give the pins of a board that is not there."""
    before, Device.pin_factory = Device.pin_factory, MockFactory()
    yield Device.pin_factory
    Device.pin_factory.close()
    Device.pin_factory = before


@pytest.fixture(params=["mock", pytest.param("real", marks=pytest.mark.hardware)])
def pins(request):
    """Give the mock's pins; with ``-m hardware``, those of the computer, with nothing connected to them."""
    if request.param == "real":
        return None
    return request.getfixturevalue("board")
