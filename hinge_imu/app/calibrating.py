"""A session that is there to calibrate its wearer: watched for three hinges, and over when they are done."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hinge_imu.app import wearers
from hinge_imu.app.kept import CalibrationError
from hinge_imu.app.wearer import Round, keep
from hinge_imu.samples import Header, Item

_log = logging.getLogger(__name__)


class Calibrating:
    """Takes what the session takes; ``done`` is told once, in a sentence, what came of it.

    Raises
    ------
    hinge_imu.config.ConfigError
        Nobody knows who wears the strap.
    """

    def __init__(self, header: Header, folder: Path, done: Callable[[str], object]) -> None:
        self._athlete = wearers.named(header.athlete)
        self._round = Round(header)
        self._folder = folder
        self._done = done
        self._over = False

    def put(self, item: Item) -> None:
        """Look at samples, and store what they show once that is enough."""
        if self._over:
            return
        self._round.push(item)
        if self._round.done:
            self._over = True
            self._done(self._kept())

    def _kept(self) -> str:
        made_utc = self._round.header.started_utc or datetime.now(UTC).isoformat(timespec="seconds")
        result = self._round.result(self._athlete, made_from="live", made_utc=made_utc)
        try:
            return keep(result, self._folder).text
        except CalibrationError as error:
            _log.warning("%s", error)
            return str(error)
