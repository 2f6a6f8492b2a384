#!/bin/sh
# update-cluster.sh [--no-build]: puts the newest image, and settings that have changed, to the replicas without failing a request. One after the
# other a new replica is started and, when it is healthy, an old one told to stop, which ends what it has first. ('docker compose up' would stop all
# at once.) Meanwhile there is one replica more than usual.
set -eu

cd "$(dirname "$0")/../deploy"
case ${1:-} in
  '') docker compose build llm-api ;;
  --no-build) ;;
  *) echo "\"$1\" is no option of update-cluster.sh; allowed is --no-build." >&2; exit 2 ;;
esac

# The edge asks for the addresses of the replicas every two seconds.
notice=3

old=$(docker compose ps --quiet llm-api)
[ -n "$old" ] || { echo 'No replica runs: scripts/start-cluster.sh starts the cluster.' >&2; exit 1; }
replicas=$(printf '%s\n' "$old" | wc -l)
updated=0
for replica in $old; do
  docker compose --progress quiet up --detach --no-deps --no-build --no-recreate --scale "llm-api=$((replicas + 1))" --wait llm-api
  sleep "$notice"
  docker stop "$replica" >/dev/null
  docker rm "$replica" >/dev/null
  updated=$((updated + 1))
  echo "$updated of $replicas replicas are updated."
done
