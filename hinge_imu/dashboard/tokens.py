"""Who may send: a token for each strap, kept as its hash only."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

import msgspec

from hinge_imu.config import ConfigError, Name


class Tokens:
    """The tokens in a file: JSON, ``GYM/STRAP`` to SHA-256. It is read each time, so that a token taken back is gone.

    A token is 32 random bytes: no list of guesses finds it, so its hash needs no salt and no stretching.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def new(self, gym: str, strap: str) -> str:
        """Make a token for a strap, in place of the one it had; this is the only time that anyone sees it."""
        made = secrets.token_urlsafe(32)
        self._write({**self._hashes(), f"{msgspec.convert(gym, Name)}/{msgspec.convert(strap, Name)}": _hash(made)})
        return made

    def take_back(self, gym: str, strap: str) -> bool:
        """Take a strap's token back; returns whether it had one."""
        hashes = self._hashes()
        had = hashes.pop(f"{gym}/{strap}", None) is not None
        if had:
            self._write(hashes)
        return had

    def strap_of(self, token: str) -> str | None:
        """Return ``GYM/STRAP`` of a token, in the same time whichever it is; None where nobody has it."""
        asked, found = _hash(token), None
        for strap, kept in self._hashes().items():
            if hmac.compare_digest(asked, kept):
                found = strap
        return found

    def _write(self, hashes: dict[str, str]) -> None:
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.parent.mkdir(parents=True, exist_ok=True)
        fresh.touch(0o600)
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(hashes), indent=1) + b"\n")
        fresh.replace(self._path)

    def _hashes(self) -> dict[str, str]:
        if not os.path.lexists(self._path):
            return {}
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except (OSError, msgspec.DecodeError) as error:
            raise ConfigError(f"{self._path}: cannot be read ({error}); mend it, or give out new tokens") from error


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
