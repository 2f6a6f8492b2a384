#!/bin/sh
# run-engine.sh FOLDER DOCKERD-OPTION...: for engine.sh. Runs the engine of FOLDER and, however that ends, takes away what it leaves on the machine:
# rules and bridges of its networks, and what a swarm has mounted. Only then its lock is free for the next.
set -eu

folder=$1
shift

# It has the lock, and no process of the engine, which could outlive it.
dockerd --host "unix://$folder/docker.sock" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/docker.pid" "$@" 9>&- || true

# Network namespaces of a swarm, and more if it was killed; the folder could not be deleted.
sed -n "s,^[^ ]* \($folder/[^ ]*\) .*,\1,p" /proc/self/mounts | sort --reverse | xargs --no-run-if-empty umount || true

[ -e "$folder/bridge" ] || exit 0
for bridge in $(cat "$folder/bridge") $(ip -oneline link show type bridge | sed -n 's/^[0-9]*: \(docker_gwbridge\|br-[0-9a-f]\{12\}\):.*/\1/p'); do
  ! grep -qx "$bridge" "$folder/bridges-before" || continue
  for table in filter nat raw; do
    iptables -t "$table" -S | sed -n "/^-A.* $bridge /s/^-A/-D/p" | xargs --no-run-if-empty -L 1 iptables -t "$table"
  done
  ip link delete "$bridge"
done
for table in filter nat raw; do
  # Rules before chains: a chain that something leads to cannot be deleted.
  for rules in '/^-A.*DOCKER/s/^-A/-D/p' '/^-N DOCKER/s/^-N/-F/p' '/^-N DOCKER/s/^-N/-X/p'; do
    iptables -t "$table" -S | sed -n "$rules" | xargs --no-run-if-empty -L 1 iptables -t "$table"
  done
done
cat "$folder/ip-forward" >/proc/sys/net/ipv4/ip_forward
