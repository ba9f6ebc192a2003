"""A program that knows nothing of simulation, on chips that live in another process."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

RUN_S = 60

PROLOGUE = """
import errno, fcntl, json, os, sys, time
from smbus2 import SMBus, i2c_msg

def failing(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]

def written(*data):
    return i2c_msg.write(0x68, data)

def wake(bus):
    for register, value in (0x6B, 0x01), (0x19, 9), (0x1A, 3), (0x23, 0x78), (0x6A, 0x40):
        bus.write_byte_data(0x68, register, value)

def say(*what):
    print(json.dumps(what), flush=True)

"""


@pytest.fixture
def program(i2c):
    """Start a few lines of Python under the library; returns the process and the bus it runs on."""
    started = []

    def start(lines, **options):
        bus = i2c(**options)
        code = PROLOGUE + textwrap.dedent(lines)
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", code],
                env=bus.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1], bus

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def said(program):
    """Run a few lines to their end and return what they said."""

    def run(lines, **options):
        process, _ = program(lines, **options)
        out, err = process.communicate(timeout=RUN_S)
        assert (process.returncode, err) == (0, "")
        return [json.loads(line) for line in out.splitlines()]

    return run


def next_of(process):
    return json.loads(process.stdout.readline())


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_program_finds_the_chips_and_what_the_adapter_can_do(said):
    lines = """
    bus = SMBus(1)
    names = [bus.read_byte_data(address, 0x75) for address in (0x68, 0x69)]
    say(names, int(bus.funcs), bus.read_word_data(0x68, 0x74), bus.read_i2c_block_data(0x68, 0x6A, 3))
    """
    assert said(lines) == [[[0x68, 0x68], 0x0EFF0009, 0, [0, 0x40, 0]]]


def test_what_is_written_is_read_back(said):
    lines = """
    bus = SMBus(1)
    bus.write_byte_data(0x68, 0x6B, 0)
    bus.write_i2c_block_data(0x68, 0x19, [4, 3, 0x18])
    bus.i2c_rdwr(written(0x1C, 0x10))
    bus.write_byte(0x68, 0x19)
    block = i2c_msg.read(0x68, 4)
    bus.i2c_rdwr(written(0x19), block)
    say(bus.read_byte(0x68), list(block))
    """
    # The read of the block has left the register pointer behind it, at one that reads zero.
    assert said(lines) == [[0, [4, 3, 0x18, 0x10]]]


def test_a_long_burst_holds_whole_frames_of_gravity(said):
    lines = """
    bus = SMBus(1)
    wake(bus)
    time.sleep(0.3)
    burst = i2c_msg.read(0x68, 240)
    bus.i2c_rdwr(written(0x74), burst)
    say(list(burst))
    """
    ((data,),) = said(lines)
    words = [int.from_bytes(data[at : at + 2], "big", signed=True) for at in range(0, 240, 2)]
    norms = [sum(word**2 for word in words[at : at + 3]) ** 0.5 for at in range(0, 120, 6)]
    assert norms == pytest.approx([16384] * 20, rel=0.05)
    assert len(set(norms)) > 10


def test_a_transfer_takes_as_long_as_it_takes_on_the_wire(said):
    lines = """
    bus = SMBus(1)
    started = time.monotonic()
    for _ in range(10):
        bus.i2c_rdwr(written(0x74), i2c_msg.read(0x68, 240))
    say(time.monotonic() - started)
    """
    ((seconds,),) = said(lines, hz=400_000)
    assert seconds > 10 * (30 + 9 * 240) / 400_000


def test_failures_have_the_errno_of_the_kernel(said):
    lines = """
    bus = SMBus(1)
    say(
        failing(bus.read_byte_data, 0x42, 0x75),
        failing(bus.i2c_rdwr, written(0x75), i2c_msg.read(0x68, 1), written(0x75), i2c_msg.read(0x68, 1)),
        failing(bus.i2c_rdwr, written(0x74), i2c_msg.read(0x68, 8193)),
        failing(bus.i2c_rdwr, *[written(0x75)] * 43),
        failing(fcntl.ioctl, bus.fd, 0x07FF, 0),
    )
    """
    # Two names of one number: Python gives EOPNOTSUPP by its other one.
    assert said(lines) == [["EREMOTEIO", "ENOTSUP", "EINVAL", "EINVAL", "ENOTTY"]]


def test_the_longest_transfer_arrives_whole(said):
    lines = """
    bus = SMBus(1)
    message = i2c_msg.read(0x68, 8192)
    bus.i2c_rdwr(*[written(0x19, *range(64)) for _ in range(40)], written(0x74), message)
    bus.i2c_rdwr(i2c_msg.write(0x68, [0x74] + [0] * 8191))
    say(len(bytes(message)), bus.read_byte_data(0x68, 0x75))
    """
    assert said(lines, hz=100_000_000) == [[8192, 0x68]]


def test_other_files_are_left_alone(said, tmp_path):
    (tmp_path / "there").write_text("as it was")
    lines = f"""
    folder = {str(tmp_path)!r}
    created = os.open(folder + "/new", os.O_WRONLY | os.O_CREAT, 0o640)
    os.close(created)
    here = os.open(folder, os.O_RDONLY)
    there = os.open("there", os.O_RDONLY, dir_fd=here)
    read, write = os.pipe()
    os.write(write, b"123")
    waiting = int.from_bytes(fcntl.ioctl(read, 0x541B, bytes(4)), sys.byteorder)  # FIONREAD
    mode = oct(os.stat(folder + "/new").st_mode)
    say(os.read(there, 99).decode(), mode, waiting, failing(SMBus, 2), failing(fcntl.ioctl, there, 0x0703, 0x68))
    """
    old = os.umask(0o022)
    try:
        assert said(lines) == [["as it was", "0o100640", 3, "ENOENT", "ENOTTY"]]
    finally:
        os.umask(old)


def test_a_relative_open_finds_the_device_by_its_whole_path(said):
    lines = """
    here = os.open("/", os.O_RDONLY)
    fd = os.open("/dev/i2c-7", os.O_RDWR, dir_fd=here)
    fcntl.ioctl(fd, 0x0703, 0x69)
    say(failing(SMBus, 1))
    """
    assert said(lines, number=7) == [["ENOENT"]]


def test_closing_gives_the_descriptor_back(said):
    lines = """
    opened = []
    for _ in range(3):
        bus = SMBus(1)
        bus.read_byte_data(0x69, 0x75)
        opened.append(bus.fd)
        bus.close()
    with open("/dev/null") as file:
        say(len({*opened, file.fileno()}), failing(fcntl.ioctl, file.fileno(), 0x0703, 0x69))
    """
    assert said(lines) == [[1, "ENOTTY"]]


def test_two_threads_never_get_each_others_answers(said):
    lines = """
    from concurrent.futures import ThreadPoolExecutor

    def read(bus, address, register):
        return {bus.read_byte_data(address, register) for _ in range(300)}

    first, second = SMBus(1), SMBus(1)
    for bus, address, divider in (first, 0x68, 17), (second, 0x69, 34):
        bus.write_byte_data(address, 0x19, divider)
    with ThreadPoolExecutor() as pool:
        answers = [
            pool.submit(read, bus, address, register)
            for bus, address in ((first, 0x68), (second, 0x69))
            for register in (0x19, 0x75)
        ]
        say(*(list(answer.result()) for answer in answers))
    """
    assert said(lines, hz=100_000_000) == [[[17], [0x68], [34], [0x68]]]


def test_parent_and_child_share_an_open_bus(said):
    lines = """
    bus = SMBus(1)
    bus.write_byte_data(0x68, 0x19, 17)
    child = os.fork()
    registers = {bus.read_byte_data(0x68, 0x75 if child else 0x19) for _ in range(300)}
    if not child:
        os._exit(registers == {17})
    say(list(registers), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert said(lines, hz=100_000_000) == [[[0x68], 1]]


def test_a_program_that_a_program_starts_has_the_bus_too(said):
    lines = """
    import subprocess
    child = "from smbus2 import SMBus; print(SMBus(1).read_byte_data(0x69, 0x75))"
    say(int(subprocess.run([sys.executable, "-c", child], stdout=subprocess.PIPE, check=True).stdout))
    """
    assert said(lines) == [[0x68]]


def test_a_signal_does_not_break_a_transfer_off(said):
    lines = """
    import signal
    bus = SMBus(1)
    rung = []
    signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    names = {bus.read_byte_data(0x68, 0x75) for _ in range(300)}
    signal.setitimer(signal.ITIMER_REAL, 0)
    say(list(names), len(rung) > 5)
    """
    assert said(lines) == [[[0x68], True]]


def test_a_chip_can_be_unplugged_and_put_back_while_the_program_runs(program):
    process, i2c = program("""
    bus = SMBus(1)
    bus.write_byte_data(0x69, 0x6B, 0x01)
    for _ in sys.stdin:
        say(failing(bus.read_byte_data, 0x69, 0x75) or bus.read_byte_data(0x69, 0x6B))
    """)
    seen = []
    for happens in (lambda _: None, i2c.unplug, i2c.plug):
        happens(0x69)
        go_on(process)
        seen += next_of(process)
    assert seen == [0x01, "EREMOTEIO", 0x40]


def test_a_bus_that_goes_away_is_an_adapter_that_was_pulled_out(program):
    process, i2c = program("""
    bus = SMBus(1)
    say("open")
    sys.stdin.readline()
    say(failing(bus.read_byte_data, 0x68, 0x75), failing(bus.read_byte_data, 0x68, 0x75), failing(SMBus, 1))
    """)
    assert next_of(process) == ["open"]
    i2c.kill()
    go_on(process)
    assert next_of(process) == ["ENODEV", "ENODEV", "ENOENT"]


@pytest.mark.parametrize(
    ("scenario", "pelvis", "thorax"),
    [
        ("good", [0x68, 0x01], [0x68, 0x01]),
        ("missing", [0x68, 0x01], ["EREMOTEIO", "EREMOTEIO"]),
        ("clash", [0x68, 0x01], ["EREMOTEIO", "EREMOTEIO"]),
        ("clone", [0x70, 0x01], [0x70, 0x01]),
        ("asleep", [0x68, 0x01], [0x68, 0x40]),
        ("none", ["EREMOTEIO", "EREMOTEIO"], ["EREMOTEIO", "EREMOTEIO"]),
    ],
)
def test_a_scenario_shows_in_names_and_in_who_wakes(said, scenario, pelvis, thorax):
    lines = """
    bus = SMBus(1)

    def woken(address):
        bus.write_byte_data(address, 0x6B, 0x01)
        return bus.read_byte_data(address, 0x6B)

    for address in 0x68, 0x69:
        asked = (bus.read_byte_data, address, 0x75), (woken, address)
        say(*(failing(*ask) or ask[0](*ask[1:]) for ask in asked))
    """
    assert said(lines, scenario=scenario) == [pelvis, thorax]


def test_both_chips_at_one_address_pull_at_the_same_line(said):
    lines = """
    bus = SMBus(1)
    for register, value in (0x6B, 0x01), (0x19, 4), (0x1A, 3):
        bus.write_byte_data(0x68, register, value)
    norms = []
    for _ in range(20):
        time.sleep(0.01)
        data = bytes(bus.read_i2c_block_data(0x68, 0x3B, 6))
        norms.append(sum(int.from_bytes(data[at : at + 2], "big", signed=True) ** 2 for at in (0, 2, 4)) ** 0.5)
    say(max(abs(norm / 16384 - 1) for norm in norms))
    """
    ((alone,),), ((together,),) = said(lines), said(lines, scenario="clash")
    assert alone < 0.1 < together


def test_a_set_begins_when_somebody_looks(said):
    lines = """
    started = time.monotonic()
    bus = SMBus(1)
    wake(bus)
    bus.write_byte_data(0x68, 0x1B, 0x18)
    turning, still = [], 0
    while time.monotonic() - started < 3:
        time.sleep(0.01)
        data = bytes(bus.read_i2c_block_data(0x68, 0x43, 6))
        turning.append(max(abs(int.from_bytes(data[at : at + 2], "big", signed=True)) for at in (0, 2, 4)) / 16.4)
        still += time.monotonic() - started < 0.9
    say(max(turning[:still]), max(turning))
    """
    ((still, moving),) = said(lines, reps=1, still_s=1)
    assert still < 5
    assert moving > 20


def test_what_a_bus_cannot_do_is_said_to_the_test(i2c):
    bus = i2c()
    with pytest.raises(RuntimeError, match="a SimulatedBus has no explode"):
        bus.bus("explode")


def test_chips_that_do_not_start_say_why(i2c):
    with pytest.raises(RuntimeError, match="invalid choice: 'sunny'"):
        i2c(scenario="sunny")
