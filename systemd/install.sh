#!/usr/bin/env bash
# Puts the strap's service onto this computer, and takes it off again; see docs/install.md. Whatever is as it should be
# is left alone, so that a second run has nothing to do.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

PACKAGES=(python3-venv)
# Not whichever comes first: Debian's own sees python3-lgpio, and lies in nobody's home.
PYTHON=/usr/bin/python3
OPT=/opt/hinge-imu
CONFIG=/etc/hinge-imu/strap.toml

usage() {
    cat <<'END'
./run install [options]    the service, its user, its rights and its configuration
  --broker      mosquitto as well, on this computer
  --rollback    go back to the version before
./run uninstall [options]  all of it but recordings, configuration and passwords
  --purge       those, too
Both:
  --dry-run     say each step and change nothing
  --root DIR    into the system that is mounted there; the program itself is installed once that has started
END
}

say() { printf 'install: %s\n' "$*"; }

refuse() {
    printf 'install: %s\n' "$*" >&2
    exit "${status:-1}"
}

# Where each file goes, and its mode.
files() {
    cat <<'END'
systemd/hinge-imu.service 644 /etc/systemd/system/hinge-imu.service
systemd/hinge-imu-recover.service 644 /etc/systemd/system/hinge-imu-recover.service
systemd/hinge-imu-recover.path 644 /etc/systemd/system/hinge-imu-recover.path
systemd/hinge-imu.sysusers.conf 644 /etc/sysusers.d/hinge-imu.conf
systemd/hinge-imu.tmpfiles.conf 644 /etc/tmpfiles.d/hinge-imu.conf
systemd/hinge-imu.polkit.rules 644 /etc/polkit-1/rules.d/50-hinge-imu.rules
firmware_config/60-hinge-imu-i2c.rules 644 /etc/udev/rules.d/60-hinge-imu-i2c.rules
firmware_config/60-hinge-imu-gpio.rules 644 /etc/udev/rules.d/60-hinge-imu-gpio.rules
firmware_config/hinge-imu-i2c.conf 644 /etc/modules-load.d/hinge-imu-i2c.conf
firmware_config/recover_bus.sh 755 /usr/local/lib/hinge-imu/recover_bus.sh
END
}

# step SENTENCE COMMAND...: the only way in which anything is changed.
step() {
    changes=$((changes + 1))
    say "$1"
    [ -n "$dry_run" ] || "${@:2}"
}

# put SOURCE MODE DESTINATION
put() {
    cmp -s "$1" "$root$3" && [ "$(stat -c %a "$root$3")" = "$2" ] && return
    step "put $3" install -D -m "$2" "$1" "$root$3"
}

# link TARGET DESTINATION: in one move, so that a pulled plug leaves the old one or the new one.
link() {
    [ "$(readlink "$root$2")" = "$1" ] || step "link $2 to $1" relink "$1" "$root$2"
}

relink() {
    mkdir -p "${2%/*}"
    ln -sfn "$1" "$2.new"
    mv -T "$2.new" "$2"
}

drop() {
    if [ -e "$root$1" ] || [ -L "$root$1" ]; then step "remove $1" rm -rf -- "$root$1"; fi
}

running() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

packages() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] || step "apt install ${missing[*]}" apt "${missing[@]}"
}

# Raspberry Pi OS and Debian 13 have it; without it there is no buzzer, LED, button or power switch.
pins() { ! apt-cache show python3-lgpio >/dev/null 2>&1 || echo python3-lgpio; }

apt() {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# The version, and what it is made of: a change of a line is another version.
version() {
    local name
    name=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
    find hinge_imu firmware_config pyproject.toml -type f ! -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum |
        { cat; "$PYTHON" --version; } | sha256sum | sed "s/^\(.\{12\}\).*/$name-\1/"
}

# Beside the one that runs, which goes on undisturbed, and is what --rollback goes back to.
program() {
    local new=versions/$1
    [ -e "$OPT/$new/whole" ] || step "make $OPT/$new" build "$OPT/$new"
    switch "$new"
    link current/bin "$OPT/bin"
    link "$OPT/bin/hinge-imu" /usr/local/bin/hinge-imu
    old_versions
}

build() {
    "$PYTHON" -m venv --clear --system-site-packages "$1"
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --root-user-action ignore ".[pi]"
    # On the card before anything points to it.
    sync
    touch "$1/whole"
}

switch() {
    local before
    before=$(readlink "$OPT/current") || before=
    [ "$before" != "$1" ] || return 0
    [ -z "$before" ] || link "$before" "$OPT/previous"
    link "$1" "$OPT/current"
}

old_versions() {
    local folder
    for folder in "$OPT"/versions/*; do
        case versions/${folder##*/} in
            "$(readlink "$OPT/current")" | "$(readlink "$OPT/previous")" | 'versions/*') ;;
            *) [ -n "$dry_run" ] || drop "$folder" ;;
        esac
    done
}

# What the user has changed stays; what is new then lies beside it.
configuration() {
    local shipped=firmware_config/strap.toml mine=$root$CONFIG before=$root$OPT/strap.toml.shipped
    if [ ! -e "$mine" ] || cmp -s "$mine" "$before"; then
        put "$shipped" 644 "$CONFIG"
    elif ! cmp -s "$shipped" "$mine" && ! cmp -s "$shipped" "$before"; then
        say "$CONFIG has been changed and stays as it is; what ships is beside it"
        put "$shipped" 644 "$CONFIG.new"
    fi
    put "$shipped" 644 "$OPT/strap.toml.shipped"
}

users() {
    local groups
    groups=" $(id -nG hinge-imu 2>/dev/null || true) "
    [[ $groups = *" i2c "* && $groups = *" gpio "* ]] ||
        step "make the user hinge-imu, of the groups i2c and gpio" systemd-sysusers /etc/sysusers.d/hinge-imu.conf
    [ -d /run/hinge-imu ] || step "make /run/hinge-imu" systemd-tmpfiles --create /etc/tmpfiles.d/hinge-imu.conf
}

enable() {
    [ -L "$root/etc/systemd/system/multi-user.target.wants/hinge-imu.service" ] ||
        step "enable hinge-imu.service" systemctl --quiet --root="${root:-/}" enable hinge-imu.service
}

start() {
    if ! running; then
        [ "$changes" -eq 0 ] || say "it starts when the computer does"
    elif [ "$changes" -gt 0 ]; then
        step "let systemd and udev read what is new" reload
        step "start hinge-imu.service anew" systemctl restart --no-block hinge-imu.service
    elif ! systemctl --quiet is-active hinge-imu.service; then
        step "start hinge-imu.service" systemctl start --no-block hinge-imu.service
    fi
}

reload() {
    systemctl daemon-reload
    udevadm control --reload
    udevadm trigger --subsystem-match=i2c-dev --subsystem-match=gpio
    modprobe i2c-dev || say "there is no module i2c-dev for this kernel"
}

hint() {
    local boot=$root/boot/firmware/config.txt
    [ ! -e "$boot" ] || grep -q '^dtparam=.*i2c_arm=on' "$boot" ||
        say "the I2C bus is off: put the lines of firmware_config/boot_config.txt into ${boot#"$root"} and restart"
}

install_all() {
    local source mode to
    if [ -z "$root" ]; then
        mapfile -t -O 1 PACKAGES < <(pins)
        packages "${PACKAGES[@]}" ${broker:+mosquitto}
        program "$(version)"
    fi
    while read -r source mode to; do put "$source" "$mode" "$to"; done < <(files)
    configuration
    if [ -z "$root" ]; then users; fi
    enable
    start
    hint
}

roll_back() {
    local before
    before=$(readlink "$OPT/previous") || refuse "there is no version before this one in $OPT"
    switch "$before"
    start
}

uninstall_all() {
    local to
    if running; then
        step "stop hinge-imu.service" systemctl --quiet stop hinge-imu.service hinge-imu-recover.path || true
    fi
    for to in multi-user.target.wants/hinge-imu.service paths.target.wants/hinge-imu-recover.path; do
        drop "/etc/systemd/system/$to"
    done
    while read -r _ _ to; do drop "$to"; done < <(files)
    for to in /usr/local/bin/hinge-imu /usr/local/lib/hinge-imu "$OPT"; do drop "$to"; done
    if running; then step "let systemd and udev read what is left" reload; fi
    if [ -n "$purge" ]; then purge_all; else say "kept: /etc/hinge-imu, /var/lib/hinge-imu, /etc/credstore"; fi
}

purge_all() {
    local left
    for left in /etc/hinge-imu /var/lib/hinge-imu "$root"/etc/credstore/hinge-imu.*; do drop "${left#"$root"}"; done
    [ -n "$root" ] || ! id hinge-imu >/dev/null 2>&1 || step "remove the user hinge-imu" userdel hinge-imu
}

action=${1:-help} broker='' rollback='' purge='' dry_run='' root='' changes=0
shift || true
given=("$@")
while [ $# -gt 0 ]; do
    case $action$1 in
        install--broker) broker=yes ;;
        install--rollback) rollback=yes ;;
        uninstall--purge) purge=yes ;;
        *--dry-run) dry_run=yes ;;
        *--help) action=help ;;
        *--root)
            [[ ${2:-} = /* && -d $2 ]] || status=2 refuse "--root needs the whole path of a folder, not '${2:-}'"
            root=$(readlink -f "$2")
            shift
            ;;
        *) status=2 refuse "$action has no option '$1'; ./run $action --help lists them" ;;
    esac
    shift
done
root=${root%/}
[ "$action" != help ] || { usage && exit; }
if [ -z "$dry_run$root" ] && [ "$(id -u)" != 0 ]; then
    exec sudo systemd/install.sh "$action" "${given[@]}"
fi
case $action$rollback in
    install) install_all ;;
    installyes) roll_back ;;
    uninstall) uninstall_all ;;
    *) status=2 refuse "there is nothing called '$action'" ;;
esac
[ "$changes" -gt 0 ] || say "nothing to do"
