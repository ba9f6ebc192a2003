"""Buzzer, vibration motor and LED that tell the wearer, and the button that the wearer presses."""
