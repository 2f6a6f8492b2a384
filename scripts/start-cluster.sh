#!/bin/sh
# start-cluster.sh [--no-build]: the cluster in containers, from nothing to a first answer. Looks for what it needs, builds the images, starts what
# does not run yet and waits until all of it is healthy. Settings are those of deploy/.env and of the shell; it can be run again at any time.
set -eu

cd "$(dirname "$0")/../deploy"
build=yes
case ${1:-} in
  '') ;;
  --no-build) build= ;;
  *) echo "\"$1\" is no option of start-cluster.sh; allowed is --no-build." >&2; exit 2 ;;
esac

longest_start=300
log=$(mktemp)
up=
trap 'rm -f "$log"; [ -z "$up" ] || kill "$up" 2>/dev/null || true' EXIT

missing() {
  printf 'Missing: %s\n' "$1" >&2
  exit 1
}

# at_least VERSION MAJOR MINOR: of "2.40.3-3" the first two numbers count.
at_least() {
  major=${1%%.*}
  minor=${1#*.}
  minor=${minor%%.*}
  [ "$major" -gt "$2" ] || { [ "$major" -eq "$2" ] && [ "$minor" -ge "$3" ]; }
}

command -v docker >/dev/null || missing 'docker, by which containers are run: https://docs.docker.com/engine/install/'
engine=$(docker version --format '{{.Server.Version}}' 2>"$log") || missing "a Docker engine that answers: $(tail -n 1 "$log")"
at_least "$engine" 25 0 || missing "Docker 25 or newer; the engine is $engine."
compose=$(docker compose version --short 2>/dev/null) || missing 'Docker Compose 2: https://docs.docker.com/compose/install/'
at_least "${compose#v}" 2 20 || missing "Docker Compose 2.20 or newer; this is $compose."
docker compose config --quiet || missing 'a Compose file without mistakes: see above.'

# Where there is TLS.
certificates=$(docker compose config --format json | sed -n 's/.*"source": *"\([^"]*\)".*/\1/p' | grep '/certs$' || true)
if [ -n "$certificates" ]; then
  mkdir -p "$certificates"
  for file in tls.crt tls.key; do
    [ -e "$certificates/$file" ] || missing "a certificate with its key: $certificates/$file"
  done
fi

if [ -n "$build" ]; then
  echo 'Building the images; the first time that takes some minutes.'
  if ! docker compose build >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo 'The images could not be built: see above.' >&2
    exit 1
  fi
fi

# All containers, a line each: "llm-api healthy".
states() {
  docker compose ps --all --format '{{.Service}} {{if .Health}}{{.Health}}{{else}}{{.State}}{{end}}'
}

progress() {
  states | awk '
    { all[$1]++; if ($2 == "healthy" || $2 == "running") ready[$1]++ }
    END { for (service in all) printf "%s %d of %d ready\n", service, ready[service], all[service] }' | sort | tr '\n' ',' | sed 's/,$//; s/,/, /g'
}

docker compose up --detach --no-build >"$log" 2>&1 &
up=$!
waited=0
shown=
while kill -0 "$up" 2>/dev/null || states | grep -qv -e ' healthy$' -e ' running$'; do
  now=$(progress)
  [ "$now" = "$shown" ] || [ -z "$now" ] || printf '%3d s  %s\n' "$waited" "$now"
  shown=$now
  if [ "$waited" -ge "$longest_start" ]; then
    docker compose ps --all >&2
    echo "Not healthy within $longest_start s: 'docker compose logs' in deploy/ says why." >&2
    exit 1
  fi
  sleep 1
  waited=$((waited + 1))
done

result=0
wait "$up" || result=$?
up=
if [ "$result" -ne 0 ]; then
  cat "$log" >&2
  docker compose logs --tail 5 >&2
  exit 1
fi
printf '%3d s  %s\n' "$waited" "$(progress)"

address=$(docker compose port nginx 15432)
url=http://localhost:${address##*:}
cat <<END

FreeGpt4 is ready: $url

  curl '$url/?text=hi'

scripts/monitor-cluster.sh shows how it is, 'docker compose down' in deploy/ stops it.
END
