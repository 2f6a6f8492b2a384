#!/bin/sh
# stop-engine.sh FOLDER: ends the engine that engine.sh started there, and takes the rules of its networks out of the packet filter. What it has
# stored stays; the folder may be deleted.
set -eu

folder=$1
engine=$(cat "$folder/docker.pid")
kill "$engine"
while kill -0 "$engine" 2>/dev/null; do
  sleep 0.1
done

[ -e "$folder/bridge" ] || exit 0
bridge=$(cat "$folder/bridge")
for table in filter nat raw; do
  # Rules before chains: a chain that something leads to cannot be deleted.
  for rules in '/^-A.*DOCKER/s/^-A/-D/p' "/^-A.* $bridge /s/^-A/-D/p" '/^-N DOCKER/s/^-N/-F/p' '/^-N DOCKER/s/^-N/-X/p'; do
    iptables -t "$table" -S | sed -n "$rules" | xargs --no-run-if-empty -L 1 iptables -t "$table"
  done
done
ip link delete "$bridge"
cat "$folder/ip-forward" >/proc/sys/net/ipv4/ip_forward
