"""Draws the pictures in method.md anew: `python docs/method.py` (SIMULATED, always the same; needs matplotlib)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy.spatial.transform import Rotation

from hinge_imu import analyze
from hinge_imu.app.simulation import simulate
from hinge_imu.config import load
from hinge_imu.motion.alignment import Alignment
from hinge_imu.motion.positions import Positions
from hinge_imu.motion.sixpositions import GRAVITY, fit
from hinge_imu.samples import Header, Poses
from hinge_imu.simulate import truth
from hinge_imu.simulate.hands import FACES, Hands
from hinge_imu.simulate.imu import ImuErrors, Span, counts
from hinge_imu.simulate.lifter import Lifter
from hinge_imu.simulate.plan import Timetable, for_tempo

HERE = Path(__file__).parent
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#767676"
"""Okabe and Ito's colours, told apart by colour-blind eyes; line styles tell the same."""


def session(axes: Axes) -> None:
    """Show two reps, the second of which rounds: what is said live, beside what the simulated lifter did."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.mcap"
        simulate(path, load(), reps=2, rounded=True, seed=3)
        angles = analyze(path).angles
        with np.load(path.with_suffix(".npz")) as true:
            for name, colour, style in (("thorax", BLUE, "-"), ("pelvis", GREEN, "--"), ("spine", ORANGE, "-.")):
                axes.plot(true["t_s"], true[f"{name}_deg"], color=GREY, lw=4, alpha=0.35)
                axes.plot(angles.t_s, np.degrees(getattr(angles, name)), style, color=colour, label=name)
    axes.plot([], [], color=GREY, lw=4, alpha=0.35, label="what the lifter did")
    axes.axhline(25, color=ORANGE, lw=0.8, ls=":")
    axes.text(0.2, 26, "rounding is told from here", color=ORANGE, fontsize=8)
    axes.set(xlabel="s", ylabel="deg", title="Two reps, live: the second one rounds")
    axes.legend(ncols=4, fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.18), frameon=False)


def first_bend(axes: Axes) -> None:
    """Show a pelvis that tilts backwards in the first bend: by its tilt alone, and with what the thorax tells."""
    lifter = Lifter(Timetable([for_tempo(35, 42, (1.6, 0.4, 1.2, 1.0))] * 2, 2.0), np.random.default_rng(1), 0.1)
    t = np.arange(0, lifter.timetable.duration_s, 0.01)
    header = Header(session_id="docs", unit="SI", clock="timed", rate_hz=100.0)
    up, force = np.empty((2, len(t), 2, 3))
    for sensor in (0, 1):
        board, pose = Rotation.random(rng=np.random.default_rng(sensor)), lifter.orientation(sensor, t)
        up[:, sensor] = board.apply(pose.inv().apply([0.0, 1.0, 0.0]))
        force[:, sensor] = board.apply(lifter.specific_force_and_rate(sensor, t)[0])
    still = np.repeat((t > 1)[:, None] & (t < 1.9)[:, None], 2, axis=1)
    poses = Poses((t * 1e9).astype(np.int64), up, force - GRAVITY * up, np.zeros_like(up), still, np.ones_like(still))
    angles, true = Alignment(header).push(poses).sagittal, truth.angles(lifter)
    stance = up[(t > 1) & (t < 1.5), 0].mean(axis=0)
    axes.plot(true["t_s"], true["thorax_deg"], color=BLUE, label="thorax")
    axes.plot(true["t_s"], true["pelvis_deg"], color=GREY, lw=4, alpha=0.35, label="pelvis, what the lifter did")
    tilt = np.arccos(np.clip(up[:, 0] @ stance / np.linalg.norm(stance), -1, 1))
    axes.plot(t, np.degrees(tilt), ":", color=ORANGE, label="pelvis, its tilt alone")
    axes.plot(angles.t_s, np.degrees(angles.pelvis), "--", color=GREEN, label="pelvis, with what the thorax tells")
    axes.set(xlabel="s", ylabel="deg", title="A pelvis that tilts backwards in the very first bend")
    axes.legend(ncols=2, fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.18), frameon=False)


def calibration(axes: Axes) -> None:
    """Show the worst tilt error, at any attitude, of boards within the data sheet's tolerances."""
    errors = np.array([worst(seed) for seed in range(60)])
    bought, laid = (f"median {np.median(each):.2f}, worst {each.max():.2f} deg" for each in errors.T)
    bins = np.geomspace(0.01, 12, 40)
    axes.hist(errors[:, 0], bins, color=ORANGE, hatch="//", edgecolor="white", label=f"as bought: {bought}")
    axes.hist(errors[:, 1], bins, color=BLUE, edgecolor="white", label=f"laid on six sides: {laid}")
    axes.axvline(0.3, color=GREY, ls=":")
    axes.set(xscale="log", xlabel="worst tilt error, deg", ylabel="boards", title="60 boards, before and after")
    axes.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.18), ncols=2, frameon=False)


def worst(seed: int) -> tuple[float, float]:
    """Return the worst tilt error (deg) of one board as bought, and calibrated, but for one rotation of all of it."""
    rng, rate = np.random.default_rng(seed), 200.0
    hands, errors = Hands(FACES, rng), ImuErrors.draw(rng)
    t = np.arange(0, hands.duration_s, 1 / rate)
    span = Span(acc=16 * GRAVITY, gyr=np.radians(2000), acc_hz=44, gyr_hz=42)
    # Switched on for a minute, so that it is still warming.
    warm = -np.expm1(-(t + 60) / errors.warm_up_s)
    words = counts((*hands.specific_force_and_rate(t), 25.0), errors, span, rng.standard_normal((len(t), 7)), warm=warm)
    positions = Positions(rate)
    positions.push(words[:, :3] * span.acc / 32768, words[:, 4:] * span.gyr / 32768, np.ones(len(t), bool))
    found = fit(positions.stills, positions.turns)
    up = rng.normal(size=(1000, 3))
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    bias = errors.acc_bias + errors.warmth_c * warm.mean() * errors.acc_drift
    measured = GRAVITY * up @ errors.acc_matrix.T + bias
    return tilt(measured, up), tilt((measured - found.acc_bias) @ found.acc_matrix.T, up)


def tilt(force: np.ndarray, up: np.ndarray) -> float:
    """Return the largest angle (deg) between directions (N,3), after the rotation that brings them nearest."""
    seen = force / np.linalg.norm(force, axis=1, keepdims=True)
    turn, _ = Rotation.align_vectors(seen, up)
    return float(np.degrees(np.max(np.linalg.norm(seen - turn.apply(up), axis=1))))


def main() -> None:
    """Draw all of them."""
    plt.rcParams |= {"svg.hashsalt": "hinge", "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True}
    plt.rcParams |= {"grid.alpha": 0.3, "font.size": 10}
    for draw in (session, first_bend, calibration):
        figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
        draw(axes)
        figure.savefig(HERE / f"method_{draw.__name__}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
