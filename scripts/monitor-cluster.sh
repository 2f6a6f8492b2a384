#!/bin/sh
# monitor-cluster.sh [--once | --json]: how the cluster in containers is, on one screen that is refreshed: the replicas, what the edge served in the
# last minute, and the providers. --once shows it once, --json as a JSON object.
set -eu

cd "$(dirname "$0")/../deploy"
mode=${1:---screen}
case $mode in
  --screen | --once | --json) ;;
  *) echo "\"$mode\" is no option of monitor-cluster.sh; allowed are --once and --json." >&2; exit 2 ;;
esac

pause=2
seconds=60

# A line for each container of a service: name, state, health, restarts, CPU, memory, limit.
containers() {
  ids=$(docker compose ps --all --quiet "$1")
  [ -n "$ids" ] || return 0
  # shellcheck disable=SC2086 # One argument for each.
  docker stats --no-stream --format '{{.Name}} {{.CPUPerc}} {{.MemUsage}}' $ids >"$folder/stats"
  # shellcheck disable=SC2086
  docker inspect --format '{{slice .Name 1}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.RestartCount}}' $ids \
    | awk -v stats="$folder/stats" '
      BEGIN { while ((getline line < stats) > 0) { split(line, f, " "); cpu[f[1]] = f[2]; used[f[1]] = f[3]; limit[f[1]] = f[5] } }
      { print $1, $2, $3, $4, cpu[$1] ? cpu[$1] : "-", used[$1] ? used[$1] : "-", limit[$1] ? limit[$1] : "-" }' | sort
}

# Of the access log: requests, errors (500 and more), refused (429), and the times of half and of 95 % of the requests in seconds. The edge does it,
# since its clock wrote the log.
edge() {
  # shellcheck disable=SC2016 # The variables are those of the other shell.
  docker compose exec -T -e seconds="$seconds" nginx sh -c '
    since=$(date -u -d "@$(($(date +%s) - seconds))" +%FT%T)
    cat /var/log/edge/access.log.1 /var/log/edge/access.log 2>/dev/null | tail -n 50000 | awk -v since="$since" "
      { match(\$0, /\"time\":\"[^\"]*/); time = substr(\$0, RSTART + 8, RLENGTH - 8) }
      time < since { next }
      { match(\$0, /\"status\":\"[^\"]*/); status = substr(\$0, RSTART + 10, RLENGTH - 10) }
      { match(\$0, /\"seconds\":[0-9.]*/); print substr(\$0, RSTART + 10, RLENGTH - 10), status }" | sort -n | awk "
      { times[NR] = \$1; errors += \$2 >= 500; refused += \$2 == 429 }
      END { print NR, errors + 0, refused + 0, NR ? times[int((NR + 1) / 2)] : 0, NR ? times[int(NR * 0.95 + 0.999)] : 0 }"' 2>/dev/null || echo '- - - - -'
}

status() {
  docker compose exec -T nginx sh -c 'wget -q -O - "http://127.0.0.1:${EDGE_PORT:-15432}/status"' 2>/dev/null || true
}

# A line for each provider that is asked: name, state.
providers() {
  sed 's/{"name":/\n&/g' "$1" | sed -n 's/^{"name":"\([^"]*\)","usable":\([a-z]*\),"position":[0-9][^}]*"coolDownUntil":\(null\|"[^"]*"\).*/\1 \2 \3/p' | awk '
    $3 != "null" { gsub(/"/, "", $3); print $1, "cools down until " $3; next }
    { print $1, $2 == "true" ? "usable" : "not usable" }'
}

collect() {
  containers llm-api >"$folder/replicas"
  containers nginx >"$folder/edges"
  edge >"$folder/edge"
  status >"$folder/status"
}

# What is no number is null.
json() {
  rows() {
    awk 'function number(text) { return text ~ /^[0-9.]+$/ ? text : "null" }
      { sub(/%/, "", $5); printf "%s{\"name\":\"%s\",\"state\":\"%s\",\"health\":\"%s\",\"restarts\":%s,\"cpuPercent\":%s,\"memory\":\"%s\",\"limit\":\"%s\"}",
          (NR > 1 ? "," : ""), $1, $2, $3, number($4), number($5), $6, $7 }' "$1"
  }
  printf '{"replicas":[%s],"edges":[%s],' "$(rows "$folder/replicas")" "$(rows "$folder/edges")"
  awk -v seconds="$seconds" 'function number(text) { return text ~ /^[0-9.]+$/ ? text + 0 : "null" }
    { printf "\"edge\":{\"seconds\":%d,\"requests\":%s,\"errors\":%s,\"refused\":%s,\"medianSeconds\":%s,\"p95Seconds\":%s},",
        seconds, number($1), number($2), number($3), number($4), number($5) }' "$folder/edge"
  if [ -s "$folder/status" ]; then
    printf '"status":%s}\n' "$(cat "$folder/status")"
  else
    printf '"status":null}\n'
  fi
}

text() {
  printf 'FreeGpt4  %s\n\n' "$(date '+%F %T')"
  { echo 'CONTAINER STATE HEALTH RESTARTS CPU MEMORY LIMIT'; cat "$folder/replicas" "$folder/edges"; } \
    | awk '{ printf "%-28s %-10s %-10s %8s %8s %10s %10s\n", $1, $2, $3, $4, $5, $6, $7 }'
  [ -s "$folder/replicas" ] || echo 'No replica runs: scripts/start-cluster.sh starts the cluster.'
  awk -v seconds="$seconds" '$1 == "-" { print "\nThe edge does not run."; next }
    { printf "\nLast %d s: %.1f requests/s, %.2f %% errors, %d refused (429), median %.0f ms, 95 %% within %.0f ms\n",
        seconds, $1 / seconds, $1 ? $2 * 100 / $1 : 0, $3, $4 * 1000, $5 * 1000 }' "$folder/edge"
  if [ -s "$folder/status" ]; then
    echo
    providers "$folder/status" | awk 'BEGIN { printf "%-14s %s\n", "PROVIDER", "STATE" } { name = $1; $1 = ""; printf "%-14s%s\n", name, $0 }'
  fi
}

command -v docker >/dev/null || { echo 'Missing: docker, in which the cluster runs.' >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
case $mode in
  --json) collect; json ;;
  --once) collect; text ;;
  --screen)
    while true; do
      collect
      text >"$folder/screen"
      # All at once, so that nothing flickers: to the top, each line to its end, and what was below.
      printf '\033[H'
      sed "s/\$/$(printf '\033')[K/" "$folder/screen"
      printf '\033[J'
      sleep "$pause"
    done
    ;;
esac
