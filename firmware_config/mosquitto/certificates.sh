#!/bin/sh
# Makes what TLS needs, with no one else's help: a certificate authority of your own, a certificate for the broker, and,
# where users are named, one for each of them. What is there already stays.
#
#   certificates.sh FOLDER HOST [USER...]
#
# HOST is what straps and screens call the broker, a name or an IP address. ca.crt goes to everyone; server.crt and
# server.key to the broker; USER.crt and USER.key to that user; ca.key to a drawer.
set -eu
umask 077

if [ $# -lt 2 ]; then
    echo "certificates.sh: write certificates.sh FOLDER HOST [USER...]" >&2
    exit 2
fi
folder=$1 host=$2
shift 2
# A broker's certificate for five years, the authority's for twenty. Chosen.
days=1826 days_ca=7305

mkdir -p "$folder"
cd "$folder"

# key NAME: elliptic, P-256, which every client knows.
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }

# signed NAME SUBJECT EXTENSIONS
signed() {
    [ -e "$1.crt" ] && return
    key "$1"
    printf '%s\n' "$3" "basicConstraints=CA:FALSE" >"$1.ext"
    openssl req -new -key "$1.key" -subj "/CN=$2" |
        openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days "$days" -extfile "$1.ext" -out "$1.crt" 2>/dev/null
    rm "$1.ext"
    chmod 644 "$1.crt"
    echo "made $folder/$1.crt and $1.key"
}

if [ ! -e ca.crt ]; then
    key ca
    openssl req -new -x509 -key ca.key -subj "/CN=hinge-imu broker authority" -days "$days_ca" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca.crt
    chmod 644 ca.crt
    echo "made $folder/ca.crt and ca.key"
fi

case $host in
    *[!0-9.:]*) name=DNS:$host ;;
    *) name=IP:$host ;;
esac
signed server "$host" "subjectAltName=$name
extendedKeyUsage=serverAuth"
for user in "$@"; do signed "$user" "$user" "extendedKeyUsage=clientAuth"; done
