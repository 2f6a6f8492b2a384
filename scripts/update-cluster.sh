#!/bin/sh
# update-cluster.sh [--no-build]: puts the newest image, and settings that have changed, to the replicas without failing a request. One after the
# other a new replica is started and, when it is healthy, an old one told to stop, which ends what it has first. ('docker compose up' would stop all
# at once.) Meanwhile there is one replica more than usual. One that does not start is taken away, and the old ones stay.
set -eu

cd "$(dirname "$0")/../deploy"
case ${1:-} in
  '') docker compose build llm-api ;;
  --no-build) ;;
  *) echo "\"$1\" is no option of update-cluster.sh; allowed is --no-build." >&2; exit 2 ;;
esac

longest_notice=30

# noticed REPLICA: whether the edge uses it. It answers in its turn, and others ask in between; with STICKY=ip it answers only clients of its own,
# but there the edge has a list.
noticed() {
  addresses=$(docker inspect --format '{{range .NetworkSettings.Networks}} -e {{.IPAddress}}:{{end}}' "$1")
  # shellcheck disable=SC2016 # The variables are those of the other shell.
  docker compose exec -T -e replica="$(printf %.12s "$1")" -e addresses="$addresses" -e tries="$((4 * (replicas + 1)))" nginx sh -c '
    ! grep -qsF $addresses /tmp/edge/replicas.conf || exit 0
    for _ in $(seq "$tries"); do
      wget -S -q -O /dev/null "http://127.0.0.1:${EDGE_PORT:-15432}/status" 2>&1
    done | grep -qi "x-freegpt4-replica: $replica"'
}

# give_up WHY: takes the new replica away again, which would be started over and over.
give_up() {
  if [ -n "$new" ]; then
    echo 'The last lines of the new replica:' >&2
    docker logs --tail 20 "$new" 2>&1 | uniq | tail -n 5 | sed 's/^/  /' >&2
    docker rm --force "$new" >/dev/null
  fi
  echo "$1 It is taken away, and the old ones go on: $updated of $replicas replicas are updated." >&2
  exit 1
}

old=$(docker compose ps --quiet llm-api)
[ -n "$old" ] || { echo 'No replica runs: scripts/start-cluster.sh starts the cluster.' >&2; exit 1; }
replicas=$(printf '%s\n' "$old" | wc -l)
known=$old
updated=0
for replica in $old; do
  started=0
  docker compose --progress quiet up --detach --no-deps --no-build --no-recreate --scale "llm-api=$((replicas + 1))" --wait llm-api || started=$?
  new=$(docker compose ps --all --quiet llm-api | grep -vxF "$known" || true)
  [ "$started" -eq 0 ] || give_up "The new replica does not start."
  known=$(printf '%s\n%s' "$known" "$new")
  waited=0
  until noticed "$new"; do
    [ "$waited" -lt "$longest_notice" ] || give_up "The edge does not use the new replica $new after $waited s."
    sleep 1
    waited=$((waited + 1))
  done
  docker stop "$replica" >/dev/null
  docker rm "$replica" >/dev/null
  updated=$((updated + 1))
  echo "$updated of $replicas replicas are updated."
done
