"""Passwords: what is asked of one, and how it is kept (argon2id)."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
"""Least number of characters. NIST SP 800-63B-4 asks 15 of one that stands alone, 8 beside something else. Chosen."""

LONGEST = 256
"""Most of them, so that nobody has the server hash a book. Chosen; NIST SP 800-63B-4 asks that 64 are possible."""

# RFC 9106, section 4, second choice: 3 passes over 64 MiB in 4 lanes.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)


class AccessError(ValueError):
    """A name, a password or a link that cannot be used; the message says what was found, and the mend.

    ``word`` is where a table of words has the sentence in other languages, ``values`` what goes into its places.
    """

    def __init__(self, message: str, word: str = "", **values: object) -> None:
        super().__init__(message)
        self.word = word
        self.values = values


def hash_of(password: str, name: str = "") -> str:
    """Return what is kept of a new password of that user.

    Raises
    ------
    AccessError
        It is too short, too long, or the name again.
    """
    length = len(password)
    if length < SHORTEST:
        raise AccessError(
            f"the password has {length} characters; take {SHORTEST} or more, a sentence for example",
            "short",
            length=length,
            least=SHORTEST,
        )
    if length > LONGEST:
        raise AccessError(
            f"the password has {length} characters; take {LONGEST} at most", "long", length=length, most=LONGEST
        )
    if len(set(password)) < 5 or (name and password.casefold().replace(name.casefold(), "") == ""):
        raise AccessError("the password is guessed at once; take a sentence, for example", "guessed")
    return _HASHER.hash(_normal(password))


def fits(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one that was kept; it takes as long where none was."""
    if len(password) > LONGEST:
        return False
    try:
        return _HASHER.verify(kept or _nobody(), _normal(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_old(kept: str) -> bool:
    """Tell whether it was kept with less effort than is made now."""
    return _HASHER.check_needs_rehash(kept)


def again(password: str) -> str:
    """Return what is kept of a password that was good before."""
    return _HASHER.hash(_normal(password))


def _normal(password: str) -> str:
    """Return it as every keyboard would give it (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password, and its time is that of all")
