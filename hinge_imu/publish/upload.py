"""A recording to the dashboard, piece by piece, going on from wherever the last attempt came to.

The protocol is tus 1.0 with creation and checksum (https://tus.io/protocols/resumable-upload). The dashboard knows an
upload by what is in it, so that nothing has to be remembered here: whoever asks again is told how much has arrived.
"""

from __future__ import annotations

import hashlib
import os
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPSConnection
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, Self
from urllib.parse import SplitResult, urljoin, urlsplit

from hinge_imu.config import ConfigError, UploadConfig

PIECE = 1 << 18
"""Bytes sent at a time, a second on 2 Mbit/s: what a cut link may cost, and how long a stop may take. Chosen."""

TIMEOUT_S = 30.0
"""How long the dashboard may be silent; longer than it waits itself (`hinge_imu.dashboard.uploads.IDLE_S`). Chosen."""

CREDENTIAL = "upload-token"
"""The systemd credential that holds the token where no file is named (systemd.exec(5), LoadCredential)."""

_HERE = {"localhost", "127.0.0.1", "::1"}
# Of the file: malformed, too large. Of the settings: token, address, protocol. All else passes with time.
_OF_THE_FILE, _OF_THE_SETTINGS = {400, 413}, {401, 403, 405, 412, 415}


class UploadError(RuntimeError):
    """An upload that did not come to its end: a sentence, and in ``mend`` what it takes.

    ``time`` will mend it, or trying again will; the dashboard will never take this ``file``; or none before the
    ``settings`` are mended.
    """

    def __init__(self, sentence: str, mend: Literal["time", "file", "settings"] = "time") -> None:
        super().__init__(sentence)
        self.mend = mend


class _Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    said: str


def upload(
    path: Path,
    config: UploadConfig,
    token: str,
    about: Mapping[str, str],
    *,
    progress: Callable[[float], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Send a file; when this returns, the dashboard has all of it on its disk.

    ``about`` goes with it (``session_id``, ``gym``, ``strap``, ``name`` ...); ``progress`` is told the share (0..1)
    each time more has been acknowledged; ``stop`` is asked between two pieces.

    Raises
    ------
    UploadError
        It did not come to its end; what has arrived need not be sent again.
    ConfigError
        The configuration cannot be used.
    """
    with path.open("rb") as file, _Line(config, token) as line:
        length = os.fstat(file.fileno()).st_size
        told = {**about, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
        where = line.create(length, told)
        offset = line.offset(where, length)
        while offset < length:
            if stop():
                raise UploadError(f"{path.name}: stopped at {offset} of {length} bytes; it goes on from there")
            offset = line.append(where, file, offset)
            progress(offset / length)


def address(config: UploadConfig) -> SplitResult:
    """Return the dashboard's URL, taken apart.

    Raises
    ------
    ConfigError
        There is none, or it cannot be used.
    """
    if config.url is None:
        raise ConfigError('[upload] has no url, so there is nowhere to send to; set url = "https://..." in it')
    if "@" in config.url:  # the URL itself is not repeated: error messages end in logs
        raise ConfigError("[upload] url names a user; leave that out, the strap's token says who it is")
    try:
        parts = urlsplit(config.url)
        wrong = parts.scheme not in {"https", "http"} or not parts.hostname or parts.port == 0
    except ValueError:  # no number for a port, or none from 1 to 65535
        wrong = True
    if wrong or parts.query or parts.fragment:
        raise ConfigError(f"[upload] url = {config.url!r} is no address of a dashboard; write https://HOST[:PORT]")
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise ConfigError(f"[upload] url = {config.url!r} would show the token to the whole network; write https://")
    return parts


def token(config: UploadConfig) -> str:
    """Return the strap's token, from the file that is named or the systemd credential.

    Raises
    ------
    ConfigError
        It is nowhere, cannot be read, or is no token.
    """
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    named = config.token_file or (str(Path(given) / CREDENTIAL) if given else None)
    if named is None:
        raise ConfigError(f"[upload] has no token_file; name it, or give systemd the credential {CREDENTIAL}")
    try:
        found = Path(named).read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConfigError(f"{named}: the token cannot be read ({error.strerror}); mend [upload] token_file") from error
    except UnicodeDecodeError:
        found = ""
    if re.fullmatch(r"[!-~]+", found) is None:
        raise ConfigError(f"{named}: holds no token; put into it the one line that the dashboard has given out")
    return found


class _Line:
    """A connection to the dashboard, and the four things that are said on it."""

    def __init__(self, config: UploadConfig, token: str) -> None:
        self._url = address(config)
        self._base = self._url.geturl().rstrip("/") + "/uploads/"
        self._common = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
        host, port = self._url.hostname or "", self._url.port
        self._connection = (
            HTTPSConnection(host, port, timeout=TIMEOUT_S, context=_trust(config.ca_file))
            if self._url.scheme == "https"
            else HTTPConnection(host, port, timeout=TIMEOUT_S)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def create(self, length: int, about: Mapping[str, str]) -> str:
        """Say what is coming; return where it goes."""
        told = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in about.items())
        answer = self._ask("POST", self._base, {"Upload-Length": str(length), "Upload-Metadata": told})
        if answer.status != 201:
            raise self._refused(answer, "settings" if answer.status < 400 or answer.status == 404 else "time")
        where = urljoin(self._base, answer.headers.get("Location", ""))
        if urlsplit(where)[:2] != self._url[:2]:
            raise UploadError(f"{self._url.netloc} sends recordings to another host; mend the dashboard", "settings")
        return where

    def offset(self, where: str, length: int) -> int:
        """Return how much has arrived."""
        answer = self._ask("HEAD", where, {})
        if answer.status != 200 or answer.headers.get("Upload-Length") != str(length):
            raise self._refused(answer)
        return self._number(answer, length)

    def append(self, where: str, file: BinaryIO, offset: int) -> int:
        """Send the next piece; return how much has arrived with it."""
        file.seek(offset)
        piece = file.read(PIECE)
        headers = {
            "Upload-Offset": str(offset),
            "Upload-Checksum": "sha256 " + b64encode(hashlib.sha256(piece).digest()).decode(),
            "Content-Type": "application/offset+octet-stream",
        }
        answer = self._ask("PATCH", where, headers, piece)
        if answer.status != 204 or self._number(answer, offset + len(piece)) != offset + len(piece) or not piece:
            raise self._refused(answer)
        return offset + len(piece)

    def _ask(self, method: str, where: str, headers: Mapping[str, str], body: bytes | None = None) -> _Answer:
        try:
            self._connection.request(method, urlsplit(where).path, body, {**self._common, **headers})
            response = self._connection.getresponse()
            said = response.read(PIECE).decode(errors="replace")
        except ssl.SSLCertVerificationError as error:
            raise UploadError(
                f"{self._url.netloc} cannot prove that it is the dashboard ({error.verify_message}); "
                "mend [upload] ca_file, the dashboard's certificate, or the clock"
            ) from error
        except (OSError, HTTPException) as error:
            what = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UploadError(
                f"{self._url.netloc} is out of reach ({what}); look whether it runs, and the network"
            ) from error
        return _Answer(response.status, response.headers, said)

    def _number(self, answer: _Answer, most: int) -> int:
        said = answer.headers.get("Upload-Offset", "")
        if not said.isascii() or not said.isdigit() or int(said) > most:
            raise self._refused(answer)
        return int(said)

    def _refused(self, answer: _Answer, otherwise: Literal["time", "settings"] = "time") -> UploadError:
        said = "".join(filter(str.isprintable, answer.said.partition("\n")[0]))[:200]
        what = f"{self._url.netloc} answers {answer.status}" + (f": {said}" if said else "")
        if answer.status in _OF_THE_FILE:
            return UploadError(what, "file")
        return UploadError(what, "settings" if answer.status in _OF_THE_SETTINGS else otherwise)


def _trust(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # SSLError is one
        raise ConfigError(f"{ca_file}: holds no certificate to trust ({error}); mend [upload] ca_file") from error
