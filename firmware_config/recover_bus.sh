#!/bin/sh
# Frees an I2C bus on which a chip holds SDA low, as it does when it was cut off in the middle of a byte: it waits for
# clocks that nobody sends any more. UM10204 section 3.1.16: nine of them get any chip to let go. Then the adapter's
# driver is taken off and put back, which starts its controller anew.
#
# Lines are pulled low or let go, never driven high: a chip may be pulling the other way. A pin that turns into an
# output shows the level it last had as one, which is low unless some program has set it high.
set -eu

usage() {
    cat <<'END'
Usage: recover_bus.sh [options], as root
  --bus N         the adapter /dev/i2c-N (1)
  --sda GPIO      the pin of its data line (2)
  --scl GPIO      the pin of its clock line (3)
  --request FILE  the request that is being answered; it is removed first (/run/hinge-imu/recover-bus)
  --sysfs DIR     where sysfs is (/sys)
  --dry-run       look, and say what would be done
Exit status: 0 the bus is free, 1 it is not, 2 the call is wrong.
END
}

say() { printf '%s\n' "$*"; }

refuse() {
    printf 'recover_bus.sh: %s\n' "$*" >&2
    exit "${status:-1}"
}

# A line of pinctrl: " 2: a0    pu | hi // GPIO2/SDA1 = SDA1"
function_of() { pinctrl get "$1" | sed -n 's/^ *[0-9]*: *\([^ ]*\) .*/\1/p'; }
level_of() { pinctrl get "$1" | sed -n 's/.*| \([a-z-]*\) .*/\1/p'; }

# Low once may be a bit that is passing by.
held_low() {
    for _ in 1 2 3 4 5; do [ "$(level_of "$1")" = lo ] || return 1; done
}

pull_low() { pinctrl set "$1" op dl; }
let_go() { pinctrl set "$1" ip; }

give_back() {
    pinctrl set "$sda" "$sda_function"
    pinctrl set "$scl" "$scl_function"
    say "pins given back: GPIO $sda is $sda_function, GPIO $scl is $scl_function"
}

# A subshell, so that the pins are given back however it ends. SDA follows SCL half a clock behind: whenever the chip
# lets go, that is a STOP, and never a START that would wake another chip.
clock_out() (
    trap give_back EXIT
    trap 'exit 1' HUP INT TERM
    let_go "$scl"
    let_go "$sda"
    for clock in 1 2 3 4 5 6 7 8 9; do
        pull_low "$scl"
        pull_low "$sda"
        let_go "$scl"
        if [ "$(level_of "$scl")" != hi ]; then
            refuse "SCL (GPIO $scl) is held low, too: look for a short, then take the sensors' power off and on"
        fi
        let_go "$sda"
        if [ "$(level_of "$sda")" = hi ]; then
            say "SDA came free, with a STOP, at clock $clock"
            exit 0
        fi
    done
    refuse "SDA is still low after nine clocks: take the sensors' power off and on"
)

# An adapter's parent in sysfs is the device, and the device links to its driver: true of every model's controller.
find_driver() {
    adapter=$sysfs/bus/i2c/devices/i2c-$bus
    [ -e "$adapter" ] || refuse "there is no i2c-$bus: its driver is not loaded, or --bus is wrong"
    device=$(cd -P "$adapter/.." && pwd -P)
    [ -e "$device/driver" ] || refuse "i2c-$bus hangs on ${device##*/}, which has no driver to start anew"
    driver=$(cd -P "$device/driver" && pwd -P)
}

rebind() {
    [ -w "$driver/unbind" ] || refuse "$driver/unbind may not be written: run this as root"
    # The kernel waits here, beyond the reach of signals, for whoever has the bus open.
    say "taking ${driver##*/} off ${device##*/}, as soon as every program has closed /dev/i2c-$bus"
    trap '' HUP INT TERM # a bus without a driver would be worse than a stuck one
    printf '%s' "${device##*/}" >"$driver/unbind"
    printf '%s' "${device##*/}" >"$driver/bind"
    say "${driver##*/} is back on ${device##*/}"
}

bus=1 sda=2 scl=3 request=/run/hinge-imu/recover-bus sysfs=/sys dry_run=
while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) dry_run=yes ;;
        --help) usage && exit 0 ;;
        --bus | --sda | --scl | --request | --sysfs)
            [ $# -gt 1 ] || status=2 refuse "$1 needs a value"
            case $1 in
                --bus) bus=$2 ;;
                --sda) sda=$2 ;;
                --scl) scl=$2 ;;
                --request) request=$2 ;;
                --sysfs) sysfs=$2 ;;
            esac
            shift
            ;;
        *) status=2 refuse "there is no option '$1'; --help lists them" ;;
    esac
    shift
done
for number in "$bus" "$sda" "$scl"; do
    case $number in '' | *[!0-9]*) status=2 refuse "'$number' is no number" ;; esac
done

# First of all, so that a request that cannot be answered is not answered for ever.
if [ -z "$dry_run" ] && [ -e "$request" ]; then
    rm -f -- "$request"
    say "request taken: $request"
fi

command -v pinctrl >/dev/null || refuse "pinctrl is not there: it comes with Raspberry Pi OS, in raspi-utils"
sda_function=$(function_of "$sda")
scl_function=$(function_of "$scl")
# The controller's function, or the input that a bit-banged bus rests at; an output is somebody else's.
for found in "$sda_function" "$scl_function"; do
    case $found in
        a[0-8] | ip) ;;
        '') refuse "pinctrl cannot read GPIO $sda and GPIO $scl: run this as root, on a Raspberry Pi" ;;
        *) refuse "GPIO $sda is $sda_function and GPIO $scl is $scl_function: these are not the pins of a bus" ;;
    esac
done
find_driver

if ! held_low "$sda"; then
    say "SDA (GPIO $sda) goes high: no chip holds it"
elif [ -n "$dry_run" ]; then
    say "SDA (GPIO $sda) is held low: would clock SCL (GPIO $scl) up to nine times"
else
    say "SDA (GPIO $sda) is held low: clocking SCL (GPIO $scl) up to nine times"
    clock_out
fi
if [ -n "$dry_run" ]; then
    say "would take ${driver##*/} off ${device##*/} and put it back"
else
    rebind
fi
