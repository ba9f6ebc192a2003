"""Before and after: what has changed by more than two tests of the same person differ anyway."""

from __future__ import annotations

from hinge_imu.verdict import DrillChange, DrillEvent, DrillFinding, DrillUnit

LEAST: dict[DrillUnit, float] = {"deg": 10.0, "%": 15.0}
"""The least change that means something: deg of an angle, points of a share. MDC90 of ranges in bending is 5 to 15 deg,
of the back's part 8 to 15 points (Laird et al. 2016, DOI 10.1186/s12891-016-1250-1). Nothing else is compared."""

ALIKE = {
    "fine": "hips",
    "borderline": "hips",
    "limited": "hips",
    "kept": "worst",
    "rounded": "worst",
    "arched": "worst",
    "steady": "drift",
    "sagged": "drift",
    "rounded_up": "drift",
    "held_to": "holds_to",
    "gave_way": "holds_to",
    "symmetry": "asymmetry",
}
"""What is called differently by how it came out, and is the same number."""

EITHER_WAY = frozenset({"worst", "drift"})
"""Of these only the size is compared: whether rounding or arching was the worse is another matter."""

COMPARED = frozenset(
    {
        *("hips", "trunk", "spine", "gives_way", "back_share"),
        *("worst", "contact", "lost_at"),
        *("rounding", "drift", "holds_to", "square"),
        *("flexion", "extension", "range"),
    }
)
"""What is an angle of the body, or a share of it: a trend within a set and the share of a tempo are neither."""


def changes(before: DrillEvent, after: DrillEvent) -> tuple[DrillChange, ...]:
    """Return what has changed between two verdicts on the same drill, where it means something."""
    earlier = {_key(finding): finding for finding in before.findings}
    found = ((earlier.get(_key(finding)), finding) for finding in after.findings)
    return tuple(change for one, other in found if one is not None and (change := _change(one, other)) is not None)


def _key(finding: DrillFinding) -> tuple[str, str | None]:
    return ALIKE.get(finding.name, finding.name), finding.step


def _change(before: DrillFinding, after: DrillFinding) -> DrillChange | None:
    (name, step), unit = _key(after), after.unit
    if name not in COMPARED or unit not in LEAST or before.value is None or after.value is None:
        return None
    one, other = before.value, after.value
    if name in EITHER_WAY:
        one, other = abs(one), abs(other)
    # What is the least itself counts, however it was rounded.
    if abs(other - one) < LEAST[unit] - 1e-9:
        return None
    return DrillChange(name=name, step=step, before=one, after=other, least=LEAST[unit], unit=unit)
