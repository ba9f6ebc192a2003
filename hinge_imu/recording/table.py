"""The text of a CSV: its header lines, its column names, and its numbers, parsed in C piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from hinge_imu.config import Segment
from hinge_imu.recording.base import RecordingError
from hinge_imu.recording.rows import columns, worn_in
from hinge_imu.samples import SEGMENTS, Floats

_PIECE = 1 << 20  # characters parsed at once
_LONGEST = 1 << 16  # characters of a line
_MOST_HEAD = 10_000  # lines before the numbers
_SPACES_BEFORE_END = re.compile(r"[ \t]+(?=[,\n])")


class TableReader:
    """Reads one file: ``labels`` and ``worn`` at once, then the numbers.

    Raises
    ------
    RecordingError
        If it is not text, or its header line does not name what is needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.labels: dict[str, str] = {}
        self.warnings: list[str] = []
        with self._text() as file:
            self._head_lines, self._names = self._read_head(file)
        self.worn = self._find_worn()
        self._columns = [self._names.index(name) for name in columns(map(SEGMENTS.index, self.worn))]

    def pieces(self) -> Iterator[Floats]:
        """Yield tables (rows, 1 + 6 a sensor): ``t_s`` first, then the worn sensors' columns; nan where empty."""
        line = self._head_lines + 1
        try:
            with self._text() as file:
                for _ in range(self._head_lines):
                    file.readline()
                while text := file.read(_PIECE) + self._line(file, line):
                    yield self._parsed(self._without_torn_end(text), line)
                    line += text.count("\n")
        except UnicodeDecodeError as error:
            raise self._not_text() from error

    def wrong(self, row: int, sentence: str) -> RecordingError:
        """Return the error that names the line of the given row of numbers."""
        with self._text() as file:
            lines = [number for number, line in enumerate(file, 1) if number > self._head_lines and line.strip()]
        return RecordingError(f"{self.path}: line {lines[row]}: {sentence}")

    def _text(self) -> TextIO:
        return self.path.open(encoding="utf-8-sig")  # with or without a byte order mark, any line ends

    def _not_text(self) -> RecordingError:
        return RecordingError(
            f"{self.path}: is not UTF-8 text, so no CSV; save it as CSV (UTF-8), or give another file"
        )

    def _read_head(self, file: TextIO) -> tuple[int, list[str]]:
        """Return how many lines stand before the numbers, and the column names."""
        try:
            for number in range(1, _MOST_HEAD):
                line = self._line(file, number)
                if not line:
                    break
                if "\0" in line:
                    raise self._not_text()
                if line.startswith("#"):
                    self._keep_label(line)
                elif line.strip():
                    return number, [name.strip().strip('"').strip() for name in line.split(",")]
        except UnicodeDecodeError as error:
            raise self._not_text() from error
        raise RecordingError(f"{self.path}: has no header line; the first must name the columns, t_s,pelvis_acc_x,...")

    def _line(self, file: TextIO, number: int) -> str:
        """Return the next line, at or after the line of that number; a file without line ends is no table."""
        line = file.readline(_LONGEST + 1)
        if len(line) > _LONGEST:
            raise RecordingError(
                f"{self.path}: from line {number} on: a line has more than {_LONGEST} characters; "
                "put a line end after each row"
            )
        return line

    def _keep_label(self, line: str) -> None:
        key, colon, value = line[1:].partition(":")
        if colon and value.strip():
            self.labels[key.strip()] = value.strip()

    def _find_worn(self) -> tuple[Segment, ...]:
        if not any(_is_name(name) for name in self._names):
            raise RecordingError(
                f"{self.path}: line {self._head_lines} holds numbers where the columns should be named; "
                "put a header line t_s,pelvis_acc_x,... above it"
            )
        return worn_in(self.path, self._names)

    def _without_torn_end(self, text: str) -> str:
        whole, _, last = text.rpartition("\n")
        if last.strip() and last.count(",") < len(self._names) - 1:
            self.warnings.append(f"{self.path}: the last row is torn and was left out")
            return whole
        return text

    def _parsed(self, text: str, first_line: int) -> Floats:
        if not text.strip():
            return np.empty((0, len(self._columns)))
        lines = _filled(text).split("\n")
        try:
            table = np.loadtxt(lines, delimiter=",", comments=None, usecols=self._columns, ndmin=2)
        except ValueError as error:
            raise self._first_wrong(text, first_line, str(error)) from error
        if text.count(",") != len(table) * (len(self._names) - 1):
            raise self._first_wrong(text, first_line, "its commas do not add up")
        return table

    def _first_wrong(self, text: str, first_line: int, otherwise: str) -> RecordingError:
        """Look for the cell that the fast parser stumbled over, and say what is wrong with it."""
        for number, line in enumerate(text.split("\n"), first_line):
            cells = [cell.strip().strip('"') for cell in line.split(",")]
            where = f"{self.path}: line {number}"
            if line.strip() and len(cells) != len(self._names):
                return RecordingError(
                    f"{where} has {len(cells)} cells, and the header line names {len(self._names)}; mend that row"
                )
            wrong = [i for i in self._columns if line.strip() and cells[i] and not _is_number(cells[i])]
            if wrong:
                return RecordingError(
                    f"{where}: {self._names[wrong[0]]} is {cells[wrong[0]][:40]!r}, which is no number; "
                    "write one with a point, or leave the cell empty where the sample was lost"
                )
        return RecordingError(f"{self.path}: from line {first_line} on: {otherwise}; mend that row")


def _filled(text: str) -> str:
    """Write nan into the empty cells."""
    text = f"\n{text}\n".replace('"', "")
    if " " in text or "\t" in text:
        text = _SPACES_BEFORE_END.sub("", text)
    for _ in range(2):  # neighbours share a comma, so the second run finds what the first left
        text = text.replace(",,", ",nan,")
    return text.replace("\n,", "\nnan,").replace(",\n", ",nan\n")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_name(cell: str) -> bool:
    return bool(cell) and not _is_number(cell)
