"""A calibration judged line by line: what was fitted, what is left, what to expect, and why it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast

import msgspec
import numpy as np

from hinge_imu.app.calibrations import Stored
from hinge_imu.app.findings import Limit, Verdict
from hinge_imu.app.sides import FEWEST, Sides
from hinge_imu.config import Matrix, Segment, Vector
from hinge_imu.motion.positions import HOLD_S
from hinge_imu.motion.sixpositions import CROSS_AXIS, GRAVITY, MG, OFFSET, SCALE, Fit
from hinge_imu.samples import Floats

TILT_DEG = Limit(0.3, 2.5)
"""Beyond the first more positions would help; beyond the second it is hardly better than the data sheet. Chosen."""

LEFT_MG = Limit(2.0, 5.0)
"""Of a still position: noise and warming leave up to 1 mg, and 5 mg are a third of a degree. Chosen."""

TURN_LEFT_MG = Limit(1.0, 5.0)
"""Of a turn, likewise."""

WARMED_C = Limit(3.0, 10.0)
"""Beyond 3 deg C an offset may have moved by as much as is to be fitted (0.8 mg a degree: PS 6.2)."""

PLAUSIBLE = 0.25
"""Share of gravity by which no chip at rest is off: its tolerances come to 15 %, and clones are worse."""

AGAIN = "lay it on a firm table, let go, wait for the word, and turn it slowly; then calibrate again"

What = Literal["positions", "fit", "residual", "turns", "offset", "scale", "gyr_bias", "temperature", "tilt"]


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="calibration"):
    """One line about a calibration: what was looked at, the number behind it, the verdict, and what mends it."""

    what: What
    segment: Segment
    value: float | None = None
    unit: str | None = None
    verdict: Verdict = "good"
    text: str
    mend: str | None = None

    def plain(self) -> dict[str, Any]:
        """Return the line as plain values, ``"event": "calibration"`` among them."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


class Result(NamedTuple):
    """What came of one sensor: the lines, and what to store, None where it is refused."""

    segment: Segment
    lines: list[Line]
    stored: Stored | None


def judge(sides: Sides, temperatures: list[float], saturated: int, about: Mapping[str, Any]) -> Result:
    """Judge one sensor's round; ``about`` are the fields of `Stored` that say what was calibrated, and when."""
    refusal = _refusal(sides, saturated)
    if refusal is not None or sides.fit is None:
        return Result(sides.segment, [refusal] if refusal else [], None)
    lines = [*_fitted(sides, sides.fit), *_temperature(sides.segment, temperatures)]
    if any(line.verdict == "mend" for line in lines):
        return Result(sides.segment, lines, None)
    return Result(sides.segment, lines, _stored(sides, sides.fit, temperatures, about))


def _refusal(sides: Sides, saturated: int) -> Line | None:
    """Return why nothing can be fitted, where that is so."""
    stills = sides.positions.stills
    sizes = np.array([np.linalg.norm(still.acc) for still in stills])
    text, mend = "", AGAIN
    if not stills and saturated:
        text = f"{saturated} samples stand at the end of the range, and it never lay still for {HOLD_S:g} s"
    elif not stills:
        text = f"it never lay still for {HOLD_S:g} s"
    elif (np.abs(sizes / GRAVITY - 1) > PLAUSIBLE).any():
        worst = sizes[np.argmax(np.abs(sizes - GRAVITY))]
        text = f"lying still it measures {worst:.2f} m/s^2, and gravity is {GRAVITY:.2f}"
        mend = "a recording must be in m/s^2; of a sensor, an axis is broken: replace the board"
    elif sides.different < FEWEST:
        text = f"{sides.different} of {FEWEST} positions; missing: {', '.join(sides.missing)}"
        mend = "lay it on each of its six sides, and let it lie until it is taken"
    return _line(sides, "positions", text=text, verdict="mend", mend=mend) if text else None


def _fitted(sides: Sides, fit: Fit) -> list[Line]:
    turned = np.abs(fit.turn_residuals) / MG
    tilt = float(np.degrees(fit.tilt))
    fitted = "offset, scale and cross-axis" if fit.cross_axis else "offset and scale; cross-axis is little known"
    lines = [
        _line(
            sides, "positions", value=sides.different, text=f"{sides.different} different, {len(turned)} turns between"
        ),
        _line(
            sides,
            "fit",
            value=fit.condition if np.isfinite(fit.condition) else None,
            text=fitted,
        ),
        *(
            _line(
                sides,
                "residual",
                value=value,
                unit="mg",
                text=f"{name}: {value:+.1f} mg",
                **_verdict(LEFT_MG, value, AGAIN),
            )
            for name, value in zip(sides.names, (fit.still_residuals / MG).tolist(), strict=True)
        ),
    ]
    if len(turned):
        worst = float(turned.max())
        lines.append(
            _line(
                sides,
                "turns",
                value=worst,
                unit="mg",
                text=f"at most {worst:.1f} mg left over a turn",
                **_verdict(TURN_LEFT_MG, worst, AGAIN),
            )
        )
    lines += [_offset(sides, fit), _scale(sides, fit), _gyroscope(sides, fit)]
    mend = "lay it on further sides and edges, turning it slowly from one to the next, and calibrate again"
    text = f"inclination within {max(tilt, 0.1):.1f} degrees, at any attitude"
    return [*lines, _line(sides, "tilt", value=tilt, unit="deg", text=text, **_verdict(TILT_DEG, tilt, mend))]


def _offset(sides: Sides, fit: Fit) -> Line:
    within = bool((np.abs(fit.acc_bias) <= OFFSET * 1.5).all())
    text = f"accelerometer off by {_three(fit.acc_bias / MG, '.0f')} mg"
    mend = "more than the data sheet allows: a clone, or damaged; `hinge-imu check` tells"
    size = float(np.abs(fit.acc_bias).max() / MG)
    return _line(
        sides, "offset", value=size, unit="mg", text=text, **({} if within else {"verdict": "mind", "mend": mend})
    )


def _scale(sides: Sides, fit: Fit) -> Line:
    error = np.eye(3) - fit.acc_matrix
    within = bool((np.abs(error) <= np.where(np.eye(3, dtype=bool), SCALE, CROSS_AXIS) * 1.5).all())
    crossed = fit.acc_matrix[[0, 0, 1], [1, 2, 2]]
    text = f"scale off by {_three(100 * np.diag(error), '+.1f')} %, cross-axis by {_three(100 * crossed, '+.1f')} %"
    mend = "more than the data sheet allows: a clone, or damaged; `hinge-imu check` tells"
    return _line(
        sides,
        "scale",
        value=float(100 * np.abs(error).max()),
        unit="%",
        text=text,
        **({} if within else {"verdict": "mind", "mend": mend}),
    )


def _gyroscope(sides: Sides, fit: Fit) -> Line:
    rates = np.degrees(fit.gyr_bias)
    text = f"gyroscope at rest {_three(rates, '+.2f')} deg/s"
    return _line(sides, "gyr_bias", value=float(np.abs(rates).max()), unit="deg/s", text=text)


def _temperature(segment: Segment, temperatures: list[float]) -> list[Line]:
    if not temperatures:
        return []
    low, high = min(temperatures), max(temperatures)
    mend = "switch it on five minutes before, so that it is as warm as in use, and calibrate again"
    text = f"{np.mean(temperatures):.1f} deg C, changing by {high - low:.1f}"
    return [
        Line(
            what="temperature",
            segment=segment,
            value=float(np.mean(temperatures)),
            unit="deg C",
            text=text,
            **_verdict(WARMED_C, high - low, mend),
        )
    ]


def _stored(sides: Sides, fit: Fit, temperatures: list[float], about: Mapping[str, Any]) -> Stored:
    return Stored(
        **about,
        temperature_deg_c=round(float(np.mean(temperatures)), 2) if temperatures else None,
        acc_bias_m_s2=cast("Vector", tuple(fit.acc_bias.tolist())),
        acc_matrix=cast("Matrix", tuple(map(tuple, fit.acc_matrix.tolist()))),
        gyr_bias_rad_s=cast("Vector", tuple(fit.gyr_bias.tolist())),
        cross_axis_fitted=fit.cross_axis,
        tilt_error_deg=round(float(np.degrees(fit.tilt)), 3),
        positions=sides.different,
        residuals_mg=np.round(fit.still_residuals / MG, 3).tolist(),
        turn_residuals_mg=np.round(fit.turn_residuals / MG, 3).tolist(),
    )


def _verdict(limit: Limit, value: float, mend: str) -> dict[str, Any]:
    verdict = limit.verdict(abs(value))
    return {"verdict": verdict, "mend": None if verdict == "good" else mend}


def _line(sides: Sides, what: What, **rest: Any) -> Line:
    return Line(what=what, segment=sides.segment, **rest)


def _three(values: Floats, spec: str) -> str:
    return " ".join(format(value, spec) for value in values.tolist())
