#!/bin/sh
# engine.sh FOLDER [--with-networks]: a Docker engine of its own from Debian's packages, with Compose and Buildx, started in FOLDER, for a machine
# where no other source answers. Needs root. Prints what the shell of its users has to export, for eval. Stop it with: stop-engine.sh FOLDER
# Its programs are unpacked, and not installed, into CONTAINERS_CACHE.
#
# Without --with-networks containers reach nobody outside, and the packet filter of the machine stays as it is. With it networks are what they are
# on a user's machine: they lead out unless they are internal, and not into each other. That is rules in the machine's packet filter, which
# are taken away again when it ends. Two such engines would take away each other's: the second waits until the first has ended.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=eng/containers/cache.sh
. "$here/cache.sh"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
networks=${2:-}
programs=$cache/docker
lock=/run/freegpt4-engine.lock
longest_wait=540

if ! [ -x "$programs/usr/sbin/dockerd" ]; then
  unpacked=$(mktemp -d -p "$cache")
  (
    cd "$unpacked"
    # The engine of stable is older than Compose needs it; the runc of testing needs a newer libc than stable has.
    "$here/debian.sh" forky update
    "$here/debian.sh" forky download containerd docker-buildx docker-cli docker-compose docker.io tini-static
    "$here/debian.sh" bookworm update
    "$here/debian.sh" bookworm download runc
    for package in *.deb; do
      dpkg-deb --extract "$package" .
    done
    rm ./*.deb
  ) >&2
  keep "$unpacked" "$programs"
fi

PATH=$programs/usr/sbin:$programs/usr/bin:$PATH
DOCKER_HOST=unix://$folder/docker.sock
DOCKER_CONFIG=$folder/config
export PATH DOCKER_HOST DOCKER_CONFIG
mkdir -p "$DOCKER_CONFIG/cli-plugins"
ln -sf "$programs"/usr/libexec/docker/cli-plugins/* "$DOCKER_CONFIG/cli-plugins/"

case $networks in
  --with-networks)
    for tool in ip iptables; do
      command -v "$tool" >/dev/null || { echo "There is no $tool, by which networks are made: apt-get install iproute2 iptables." >&2; exit 1; }
    done
    exec 9>>"$lock"
    if ! flock --nonblock 9; then
      echo "Waiting for the engine with networks in $(cat "$lock") to end: the two would take away each other's rules in the packet filter." >&2
      flock --timeout "$longest_wait" 9 || { echo "It has not ended within $longest_wait s. To end it: stop-engine.sh $(cat "$lock")" >&2; exit 1; }
    fi
    echo "$folder" >"$lock"
    cat /proc/sys/net/ipv4/ip_forward >"$folder/ip-forward"
    ip -oneline link show type bridge | sed 's/^[0-9]*: \([^:@]*\).*/\1/' >"$folder/bridges-before"
    # A bridge of its own: the usual one, docker0, is taken away by every engine that starts without one.
    bridge=fg4-$$
    ip link add name "$bridge" type bridge
    ip address add "10.$((200 + $$ % 50)).$(($$ / 50 % 250)).1/24" dev "$bridge"
    ip link set "$bridge" up
    echo "$bridge" >"$folder/bridge"
    set -- --bridge "$bridge" --ip-forward-no-drop --ip6tables=false
    ;;
  # Its bridges are those of the networks that its users make, and their published ports go through docker-proxy.
  '') set -- --bridge none --iptables=false --ip6tables=false --ip-forward=false ;;
  *) echo "\"$networks\" is no option of engine.sh; allowed is --with-networks." >&2; exit 2 ;;
esac

rm -f "$folder/docker.pid"
setsid "$here/run-engine.sh" "$folder" "$@" >"$folder/dockerd.log" 2>&1 </dev/null &
echo $! >"$folder/engine.pid"

# The socket is there when it listens, unless it has ended before.
until docker version >/dev/null 2>&1; do
  kill -0 $! 2>/dev/null || { tail -n 5 "$folder/dockerd.log" >&2; exit 1; }
  sleep 0.1
done

# shellcheck disable=SC2016 # The PATH of whoever evaluates it.
printf 'export PATH=%s:%s:$PATH DOCKER_HOST=%s DOCKER_CONFIG=%s\n' \
  "$programs/usr/sbin" "$programs/usr/bin" "$DOCKER_HOST" "$DOCKER_CONFIG"
