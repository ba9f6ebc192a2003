"""Stands in for `pinctrl` of raspi-utils: two pins, their pull-ups, and one chip on the wires that is in mid-byte.

The state is a file of marshal, which needs no import that takes time, named by PINCTRL_STATE:

- ``function`` and ``latch``: of each pin, as pinctrl names them ("a0", "ip", "op"; "lo", "hi");
- ``bits``: what the chip still has to send, the bit that is on the wire now first, "1" lets SDA go; it takes the next
  one when SCL falls, leaves SDA to the master's acknowledge after the last, and gives up at a STOP;
- ``short``: pins that something holds low for good; ``noise``: levels that the next looks at SDA will see instead;
- ``wires``: the trace, (SCL, SDA) after each change; ``said``: every command, and whether the request was there;
- ``term_at``: the command at which the whole process group is sent SIGTERM.
"""

# Not pathlib, which takes longer to import than all the rest takes.
# ruff: noqa: PTH110, PTH123
import marshal
import os
import sys

STATE = os.environ["PINCTRL_STATE"]
SDA, SCL = "2", "3"
SIGTERM = 15


def level(state, pin):
    """Return the wire's level: low where anyone pulls, high by its pull-up else."""
    master = state["function"][pin] == "op" and state["latch"][pin] == "lo"
    chip = pin == SDA and state["bits"].startswith("0")
    return "lo" if master or chip or pin in state["short"] else "hi"


def put(state, pin, words):
    """Do as `pinctrl set PIN WORDS` does: first the function, then the level."""
    before = [level(state, SCL), level(state, SDA)]
    for word in words:
        if word in {"dl", "dh"}:
            state["latch"][pin] = {"dl": "lo", "dh": "hi"}[word]
        else:
            state["function"][pin] = word
    after = [level(state, SCL), level(state, SDA)]
    if before[0] == "hi" and after[0] == "lo":
        state["bits"] = state["bits"][1:]
        after = [level(state, SCL), level(state, SDA)]
    if before == ["hi", "lo"] and after == ["hi", "hi"]:
        state["bits"] = ""
    state["wires"].append(after)


def show(state, pin):
    """Print what `pinctrl get PIN` prints."""
    function, name = state["function"][pin], {SDA: "SDA1", SCL: "SCL1"}[pin]
    drive = {"lo": "dl", "hi": "dh"}[state["latch"][pin]] if function == "op" else "  "
    seen = state["noise"].pop(0) if pin == SDA and state["noise"] else level(state, pin)
    sys.stdout.write(f"{int(pin):2d}: {function:>2} {drive} pu | {seen} // GPIO{pin} = {name}\n")


def main():
    with open(STATE, "rb") as file:
        state = marshal.load(file)  # noqa: S302 - the test wrote it
    command, pin, *words = sys.argv[1:]
    state["said"].append((" ".join(sys.argv[1:]), os.path.exists(state["request"])))
    if command == "set":
        put(state, pin, words)
    else:
        show(state, pin)
    with open(STATE, "wb") as file:
        marshal.dump(state, file)
    if state["term_at"] == len(state["said"]):
        os.killpg(os.getpgrp(), SIGTERM)


main()
