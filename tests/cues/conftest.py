"""Pins: gpiozero's own mock, or with ``-m hardware`` the computer's real ones."""

import pytest

BUZZER, MOTOR, LED, BUTTON = 23, 24, 25, 27


@pytest.fixture(params=["mock", pytest.param("real", marks=pytest.mark.hardware)])
def pins(request):
    """Give the mock's pins; with ``-m hardware``, those of the computer, with nothing connected to them."""
    if request.param == "real":
        return None
    return request.getfixturevalue("board")
