"""A trunk that bends: poses of two boards from inclinations, as motion knows them, and the angles told from them."""

import numpy as np
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hinge_imu.motion.alignment import Alignment
from hinge_imu.samples import Header, Poses, SagittalAngles

RATE = 100.0
HEADER = Header(session_id="s", unit="SI", clock="timed", rate_hz=RATE)
STILL = 150  # samples
seeds = st.integers(0, 2**32 - 1)


def leaning(t, *bends):
    """The inclination in deg: bends (from, to, depth), each half of the time down and half of it up."""
    return sum(depth * np.sin(np.pi * np.clip((t - start) / (stop - start), 0, 1)) ** 2 for start, stop, depth in bends)


def posed(pelvis, thorax, side=0.0, seed=0, sunk_m=0.0, turn=None):
    """Poses of two boards mounted any way round, from inclinations (N,) and a sideways lean of both, in deg.

    With a ``turn`` (N,) of both to the left, deg, the boards' rates are seen as well.

    The hips go back by 15 cm for each radian that the trunk goes forward; the upper board is 40 cm above them.
    """
    rng = np.random.default_rng(seed)
    n = len(thorax)
    hips, ahead = np.zeros((2, n, 3))
    hips[:, 0] = np.gradient(np.gradient(-0.15 * np.radians(thorax))) * RATE**2
    hips[:, 1] = -np.gradient(np.gradient(np.broadcast_to(sunk_m, n))) * RATE**2
    ahead[:, 0] = np.gradient(np.gradient(0.4 * np.sin(np.radians(thorax)))) * RATE**2
    up, acc, rate = np.zeros((3, n, 2, 3))
    for sensor, (lean, force) in enumerate(((pelvis, hips), (thorax, hips + ahead))):
        angles = np.stack([np.broadcast_to(side, n), -np.asarray(lean, float)], axis=1)
        segment = Rotation.from_euler("XZ", angles, degrees=True)
        board = Rotation.random(rng=rng)
        up[:, sensor] = board.apply(segment.inv().apply([0.0, 1.0, 0.0]))
        acc[:, sensor] = board.apply(segment.inv().apply(force))
        if turn is not None:
            faced = Rotation.from_euler("Y", np.asarray(turn, float)[:, None], degrees=True) * segment
            rate[:-1, sensor] = board.apply((faced[:-1].inv() * faced[1:]).as_rotvec()) * RATE
    still = np.zeros((n, 2), bool)
    still[99:STILL] = True
    t_ns = np.arange(n) * 10_000_000
    return Poses(t_ns=t_ns, up=up, acc=acc, rate=rate, still=still, valid=np.ones((n, 2), bool))


def aligned(poses, cuts=(), header=HEADER):
    alignment = Alignment(header)
    parts = [alignment.push(Poses(*(np.split(part, cuts)[i] for part in poses))).sagittal for i in range(len(cuts) + 1)]
    return SagittalAngles(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def deg(angles):
    return np.degrees(angles.pelvis), np.degrees(angles.thorax), np.degrees(angles.spine)


T = np.arange(0, 20, 1 / RATE)
PELVIS = leaning(T, (3, 6, 50), (8, 11, 55), (13, 16, 45))
THORAX = leaning(T, (3, 6, 70), (8, 11, 75), (13, 16, 68))
KNOWN = T >= 0.99 - 1e-9
SIDE = 4 * np.sin(0.9 * T + 1)  # deg, of someone who leans aside now and then
SET_S = np.arange(0, 60, 1 / RATE)
SET = leaning(SET_S, *[(3 + 5 * i, 6 + 5 * i, 70) for i in range(10)])
