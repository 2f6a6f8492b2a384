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
most_restarts=2
log=$(mktemp)
before=$(mktemp)
up=
trap 'rm -f "$log" "$before"; [ -z "$up" ] || kill "$up" 2>/dev/null || true' EXIT

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

# All containers, a line each: service, state, how often it was started again, id. With a health check there is no "running", only what that says.
# One that goes meanwhile is no error.
states() {
  ids=$(docker compose ps --all --quiet)
  # shellcheck disable=SC2086 # One argument for each.
  [ -z "$ids" ] || docker inspect $ids --format '{{index .Config.Labels "com.docker.compose.service"}} {{if ne .State.Status "running"}}{{.State.Status}}{{else if not .Config.Healthcheck}}running{{else if .State.Health}}{{.State.Health.Status}}{{else}}starting{{end}} {{.RestartCount}} {{.Id}}' 2>/dev/null | grep . || true
}

progress() {
  states | awk '
    { all[$1]++; if ($2 == "healthy" || $2 == "running") ready[$1]++ }
    END { for (service in all) printf "%s %d of %d ready\n", service, ready[service], all[service] }' | sort | tr '\n' ',' | sed 's/,$//; s/,/, /g'
}

# The services of which a container has ended again and again since this began.
failing() {
  states | awk -v before="$before" -v most="$most_restarts" '
    BEGIN { while ((getline line < before) > 0) { split(line, f, " "); restarts[f[4]] = f[3] } }
    $3 - restarts[$4] > most { print $1 }' | sort -u
}

last_lines() {
  echo "The last lines of $1:" >&2
  docker compose logs --no-log-prefix --tail 20 "$1" 2>&1 | uniq | tail -n 5 | sed 's/^/  /' >&2
}

fail() {
  echo "$1 When that is mended, run this again; 'docker compose down' in deploy/ stops what runs." >&2
  exit 1
}

states >"$before"
docker compose up --detach --no-build >"$log" 2>&1 &
up=$!
waited=0
shown=
while [ -n "$up" ] || states | grep -qv -e '^[^ ]* healthy ' -e '^[^ ]* running '; do
  now=$(progress)
  [ "$now" = "$shown" ] || [ -z "$now" ] || printf '%3d s  %s\n' "$waited" "$now"
  shown=$now

  ended=$(failing)
  if [ -n "$ended" ]; then
    for service in $ended; do last_lines "$service"; done
    fail "$(echo "$ended" | tr '\n' ' ')cannot start."
  fi

  if [ -n "$up" ] && ! kill -0 "$up" 2>/dev/null; then
    result=0
    wait "$up" || result=$?
    up=
    if [ "$result" -ne 0 ]; then
      grep -v -e '^ *Container ' -e '^ *Network ' -e '^ *Volume ' "$log" >&2
      for service in $(states | awk '$2 != "healthy" && $2 != "running" && $2 != "created" { print $1 }' | sort -u); do last_lines "$service"; done
      fail "Docker Compose could not start the cluster."
    fi
    continue
  fi

  if [ "$waited" -ge "$longest_start" ]; then
    docker compose ps --all >&2
    fail "Not healthy within $longest_start s; 'docker compose logs' says why."
  fi
  sleep 1
  waited=$((waited + 1))
done
printf '%3d s  %s\n' "$waited" "$(progress)"

address=$(docker compose port nginx 15432)
url=http://localhost:${address##*:}
cat <<END

FreeGpt4 is ready: $url

  curl '$url/?text=hi'

scripts/monitor-cluster.sh shows how it is, 'docker compose down' in deploy/ stops it.
END
