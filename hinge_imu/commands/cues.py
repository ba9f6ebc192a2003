"""The command `hinge-imu cues`: words and options."""

from __future__ import annotations

from hinge_imu.commands.options import ConfigFile
from hinge_imu.config import load


def cues(config: ConfigFile = None) -> None:
    """Learn the cues in a minute: plays each on the configured pins, with what it says beside it."""
    from hinge_imu.app import lesson, terminal

    settings = load(config).cues
    terminal.out.print(lesson.table())
    if not settings.pins.keys() - {"button_pin"}:
        terminal.say("no buzzer, motor or LED is configured, so nothing is played: docs/cues.md shows how to wire them")
        return
    for sentence in lesson.play(settings):
        terminal.say(sentence)
