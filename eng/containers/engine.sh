#!/bin/sh
# engine.sh FOLDER: a Docker engine of its own from Debian's packages, started in FOLDER, for a machine where no other source answers. Needs
# root. Prints what the shell of its users has to export, for eval. Stop it with: kill "$(cat FOLDER/docker.pid)"
# Its programs are unpacked, and not installed, into CONTAINERS_CACHE.
set -eu

here=$(dirname "$(readlink -f "$0")")
. "$here/cache.sh"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
programs=$cache/engine

if ! [ -x "$programs/usr/sbin/dockerd" ]; then
  unpacked=$(mktemp -d -p "$cache")
  (
    cd "$unpacked"
    # The engine of stable is older than Compose needs it; the runc of testing needs a newer libc than stable has.
    "$here/debian.sh" forky update
    "$here/debian.sh" forky download containerd docker-cli docker.io
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

# Its bridges are those of the networks that its users make, and their published ports go through docker-proxy: so it changes neither the
# packet filter of the machine nor the bridge of another engine.
setsid dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/docker.pid" \
  --bridge none --iptables=false --ip6tables=false --ip-forward=false >"$folder/dockerd.log" 2>&1 </dev/null &

# The socket is there when it listens, unless it has ended before.
until docker version >/dev/null 2>&1; do
  kill -0 $! 2>/dev/null || { tail -n 5 "$folder/dockerd.log" >&2; exit 1; }
  sleep 0.1
done

# shellcheck disable=SC2016 # The PATH of whoever evaluates it.
printf 'export PATH=%s:%s:$PATH DOCKER_HOST=%s DOCKER_CONFIG=%s\n' \
  "$programs/usr/sbin" "$programs/usr/bin" "$DOCKER_HOST" "$DOCKER_CONFIG"
