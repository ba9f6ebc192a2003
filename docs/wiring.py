"""Draws the picture in wiring.md anew: `python docs/wiring.py`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
WIDTH, HEIGHT = 800, 600

# Okabe and Ito's colours, told apart by colour-blind eyes; each wire is named at both its ends as well.
COLOUR = {"3V3": "#d55e00", "SDA": "#0072b2", "SCL": "#009e73", "GND": "#000000", "ON": "#aa4499"}
FAINT = "#767676"
DASHED = 'stroke-dasharray="7 4"'
BOLD = 'font-weight="bold"'
ON_WIRE = 'stroke="#fff" stroke-width="8" paint-order="stroke"'
MIDDLE, RIGHT = 'text-anchor="middle"', 'text-anchor="end"'

TRUNK = {"3V3": 368, "SDA": 408, "SCL": 448, "GND": 488}
"""Where the four wires run from board to board, x."""

PI_PINS = {1: "3V3", 3: "SDA", 5: "SCL", 7: "", 9: "GND", 11: "GPIO 17"}
BOARD_PINS = ("VCC", "GND", "SCL", "SDA", "XDA", "XCL", "AD0", "INT")
WIRE_OF = {"VCC": "3V3", "GND": "GND", "SCL": "SCL", "SDA": "SDA"}
PI_X, BOARD_X, ROW = 190, 560, 25


class Board(NamedTuple):
    """One GY-521: where its first pin is (y), and what is said of it."""

    y: int
    title: str
    address: str
    ad0: str


THORAX = Board(96, "thorax (T4 to T8)", "address 0x69", "to 3V3: 0x69")
PELVIS = Board(388, "pelvis (S1/S2)", "address 0x68", "open: 0x68")
PI_Y = {pin: PELVIS.y + 12 + ROW * row for row, pin in enumerate(PI_PINS)}


def _text(x: float, y: float, words: str, *, size: int = 15, fill: str = "#000", more: str = "") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}" {more}>{words}</text>'


def _wire(kind: str, *points: tuple[float, float], more: str = "") -> str:
    path = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{COLOUR[kind]}" stroke-width="3" {more}/>'


def _joint(kind: str, x: float, y: float) -> str:
    return f'<circle cx="{x}" cy="{y}" r="5" fill="{COLOUR[kind]}"/>'


def _box(x: float, y: float, width: float, height: float, more: str = 'fill="#f4f4f4"') -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" stroke="#444" stroke-width="1.5" {more}/>'


def _hole(x: float, y: float, *, used: bool) -> str:
    fill, stroke = ("#fff", "#000") if used else ("#eee", FAINT)
    return f'<circle cx="{x}" cy="{y}" r="7" fill="{fill}" stroke="{stroke}" stroke-width="2"/>'


def _pi() -> list[str]:
    """Draw the first six odd pins of the header."""
    parts = [
        _box(20, PI_Y[1] - 66, 190, 242),
        _text(34, PI_Y[1] - 42, "Raspberry Pi", size=17, more=BOLD),
        _text(34, PI_Y[1] - 22, "odd pins of the header", size=14),
        _text(34, PI_Y[11] + 36, "pull-ups of 1.8 kΩ", size=14),
    ]
    for pin, name in PI_PINS.items():
        parts += [
            _hole(PI_X, PI_Y[pin], used=bool(name)),
            _text(PI_X - 14, PI_Y[pin] + 5, str(pin), more=RIGHT, fill="#000" if name else FAINT),
            _text(PI_X - 44, PI_Y[pin] + 5, name, more=f"{RIGHT} {BOLD}"),
        ]
    return parts


def _board(which: Board) -> list[str]:
    """Draw a GY-521, its pins in the order in which they are on the board."""
    parts = [
        _box(BOARD_X, which.y - 66, 230, 268),
        _text(BOARD_X + 14, which.y - 42, which.title, size=17, more=BOLD),
        _text(BOARD_X + 14, which.y - 22, f"GY-521, {which.address}", size=14),
    ]
    for row, name in enumerate(BOARD_PINS):
        y = which.y + ROW * row
        used = name in WIRE_OF or name == "AD0"
        label = f"{name} {which.ad0}" if name == "AD0" else name if used else f"{name} open"
        weight = BOLD if used else ""
        parts += [
            _hole(BOARD_X + 18, y, used=used),
            _text(BOARD_X + 34, y + 5, label, fill="#000" if used else FAINT, more=weight),
        ]
    return parts


def _board_wires(which: Board) -> list[str]:
    parts = []
    for name, kind in WIRE_OF.items():
        y = which.y + ROW * BOARD_PINS.index(name)
        parts += [_wire(kind, (TRUNK[kind], y), (BOARD_X + 11, y)), _joint(kind, TRUNK[kind], y)]
    return parts


def _ad0_wire() -> list[str]:
    """Draw the one difference between the boards."""
    x, y = 525, THORAX.y + ROW * BOARD_PINS.index("AD0")
    return [_wire("3V3", (x, THORAX.y), (x, y), (BOARD_X + 11, y)), _joint("3V3", x, THORAX.y)]


def _pi_wires() -> list[str]:
    """Draw what leads from the header to the trunk, and what the switch needs beside the supply."""
    parts = [
        _wire("ON", (PI_X + 7, PI_Y[11]), (255, PI_Y[11]), (255, PI_Y[1] + 16), more=DASHED),
        _wire("GND", (322, PI_Y[1] + 16), (322, PI_Y[9]), more=DASHED),
        _joint("GND", 322, PI_Y[9]),
    ]
    for pin, kind in PI_PINS.items():
        if kind in TRUNK:
            y = PI_Y[pin]
            parts += [_wire(kind, (PI_X + 7, y), (TRUNK[kind], y)), _joint(kind, TRUNK[kind], y)]
    return parts


def _switch() -> list[str]:
    y = PI_Y[1]
    return [
        _box(235, y - 36, 110, 52, f'fill="#fff" {DASHED}'),
        _text(290, y - 64, "load switch,", size=14, more=MIDDLE),
        _text(290, y - 46, "optional", size=14, more=MIDDLE),
        _text(243, y - 16, "VIN", size=14),
        _text(337, y - 16, "VOUT", size=14, more=RIGHT),
        _text(243, y + 8, "ON", size=14, fill=COLOUR["ON"], more=BOLD),
        _text(337, y + 8, "GND", size=14, more=RIGHT),
    ]


def _trunk() -> list[str]:
    """Draw the cable from board to board: each wire from its topmost joint to its lowest."""
    parts = []
    for kind, x in TRUNK.items():
        pin = next(name for name, of in WIRE_OF.items() if of == kind)
        row = ROW * BOARD_PINS.index(pin)
        pi_pin = next(number for number, name in PI_PINS.items() if name == kind)
        parts.append(_wire(kind, (x, THORAX.y + row), (x, max(PELVIS.y + row, PI_Y[pi_pin]))))
        parts.append(_text(x, 315, kind, size=14, fill=COLOUR[kind], more=f"{MIDDLE} {BOLD} {ON_WIRE}"))
    parts.append(_text(350, 290, "cable 2", more=RIGHT))
    parts.append(_text(356, PI_Y[11] + 14, "cable 1", more=RIGHT))
    return parts


def _notes() -> list[str]:
    lines = (
        ("Two sensors, one bus", 17),
        ("Cable 1, Pi to pelvis: about 30 cm", 15),
        ("Cable 2, to the thorax: about 40 cm", 15),
        ("Together 1 m at most at 400 kHz;", 15),
        ("twist SDA with one GND wire,", 15),
        ("and SCL with another.", 15),
        ("Each GY-521 has pull-ups, too.", 15),
    )
    parts = []
    for row, (words, size) in enumerate(lines):
        more = BOLD if size > 15 else ""
        parts.append(_text(24, 52 + 25 * row, words, size=size, more=more))
    y = 52 + 25 * len(lines) + 8
    parts += [_joint("GND", 32, y - 5), _text(48, y, "joined; without a dot they only cross")]
    return parts


def drawing() -> str:
    """Return the picture as SVG."""
    wires = [*_trunk(), *_pi_wires(), *_board_wires(THORAX), *_board_wires(PELVIS), *_ad0_wire()]
    parts = [*_pi(), *_board(THORAX), *_board(PELVIS), *wires, *_switch(), *_notes()]
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="DejaVu Sans, Verdana, Arial, sans-serif">',
            "<title>Two GY-521 boards on the I2C bus of a Raspberry Pi</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def main() -> None:
    """Write wiring.svg."""
    (HERE / "wiring.svg").write_text(drawing(), encoding="utf-8")


if __name__ == "__main__":
    main()
