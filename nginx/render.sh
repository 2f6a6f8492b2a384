#!/bin/sh
# render.sh FOLDER [NGINX]
# Checks the settings in the environment and writes the configuration for NGINX (by default the one on the PATH) to FOLDER: each
# *.template beside this script, with every ${NAME} filled in. Of a setting that is not allowed it says so, a line each, and fails.
#
# Runs wherever there is a POSIX shell with awk and sed.
# The quotes within values are nginx's.
# shellcheck disable=SC2089,SC2090
set -euf
LC_ALL=C
export LC_ALL

folder=$1
nginx=${2:-nginx}
here=$(dirname "$0")

# shellcheck source=nginx/settings.sh
. "$here/settings.sh"
# shellcheck source=nginx/ports.sh
. "$here/ports.sh"
# shellcheck source=nginx/upstream.sh
. "$here/upstream.sh"

find_version() {
    version=$("$nginx" -v 2>&1 | sed -n 's,.*nginx/\([0-9]*\)\.\([0-9]*\)\.\([0-9]*\).*,\1 \2 \3,p') || version=
    if [ -z "$version" ]; then
        printf '%s is no nginx that can be run.\n' "$nginx" >&2
        exit 1
    fi
}

# nginx_has MAJOR MINOR PATCH
nginx_has() {
    # shellcheck disable=SC2086
    set -- $version "$@"
    [ $((($1 * 1000 + $2) * 1000 + $3)) -ge $((($4 * 1000 + $5) * 1000 + $6)) ]
}

read_processes() {
    # The nginx that has it lets clients that were just served learn from an answer that it stops or reloads.
    KEEPALIVE_MIN_TIMEOUT=
    if nginx_has 1 27 4; then
        KEEPALIVE_MIN_TIMEOUT="keepalive_min_timeout 1s;"
    fi

    # More workers than an edge has use for would only cost memory.
    WORKERS=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
    [ "$WORKERS" -le 8 ] || WORKERS=8

    # 10,000 idle clients and some thousand requests. Files are the logs, the cache and the like.
    WORKER_CONNECTIONS=16384
    OPEN_FILES=17408
    # shellcheck disable=SC3045
    allowed=$(ulimit -H -n)
    if [ "$allowed" != unlimited ] && [ "$allowed" -lt "$OPEN_FILES" ]; then
        OPEN_FILES=$allowed
        [ "$allowed" -ge "$WORKER_CONNECTIONS" ] || WORKER_CONNECTIONS=$allowed
    fi

    within NGINX_SHUTDOWN_TIMEOUT 2s 0 86400000 "$milliseconds" "a time such as 500ms, 2s or 10m, up to 24h"
    SHUTDOWN_SECONDS=$((amount / 1000)).$(printf %03d $((amount % 1000)))
}

read_body_size() {
    within MAX_BODY_SIZE 16M 1024 1073741824 "$bytes" "a size such as 65536, 512K, 16M or 1G, from 1K to 1G"
    MAX_BODY_SIZE=$value
    MAX_BODY_BYTES=$amount
}

read_trusted_proxies() {
    setting TRUSTED_PROXIES off
    REAL_IP=
    TRUSTED_PEERS=
    if [ "$value" != off ]; then
        REAL_IP="real_ip_header X-Forwarded-For; real_ip_recursive on;"
        proxies=$value
        for network in $(list "$proxies"); do
            if is_network "$network"; then
                REAL_IP="$REAL_IP set_real_ip_from $network;"
                TRUSTED_PEERS="$TRUSTED_PEERS $network 1;"
            else
                bad TRUSTED_PROXIES "$proxies" "addresses and networks such as 10.0.0.0/8 separated by commas, or off"
                break
            fi
        done
    fi
}

read_origins() {
    setting CORS_ORIGINS '*'
    CORS=on
    CORS_VARY=
    case $value in
    off)
        CORS=off
        ALLOWED_ORIGINS='default "";'
        ;;
    '*')
        ALLOWED_ORIGINS='"" ""; default "*";'
        ;;
    *)
        CORS_VARY=Origin
        ALLOWED_ORIGINS='default "";'
        origins=$value
        for origin in $(list "$origins"); do
            # As a browser writes it.
            origin=$(printf %s "$origin" | tr '[:upper:]' '[:lower:]')
            if matches "$origin" 'https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?'; then
                ALLOWED_ORIGINS="$ALLOWED_ORIGINS \"$origin\" \$http_origin;"
            else
                bad CORS_ORIGINS "$origins" "*, off, or origins such as https://chat.example.com separated by commas"
                break
            fi
        done
        ;;
    esac
}

# limit NAME RATE NAME-OF-BURST BURST KEY: sets $limit and, to the seconds that one request takes, $seconds.
limit() {
    setting "$1" "$2"
    rate=$value
    whole_or_off "$3" "$4" 100000
    seconds=1
    limit="# Not limited: $1 is off."
    [ "$rate" != off ] || return 0
    if ! amount "$rate" "r/s=1 r/m=1" || [ "$number" -lt 1 ] || [ "$number" -gt 100000 ]; then
        bad "$1" "$rate" "a rate such as 10r/s or 5r/m, from 1 to 100000, or off"
        return 0
    fi
    case $rate in
    *m) seconds=$(((60 + number - 1) / number)) ;;
    esac
    burst=
    if [ "$value" != 0 ]; then
        burst=" burst=$value"
    fi
    limit="limit_req_zone \$$5 zone=$5:10m rate=$rate; limit_req zone=$5$burst nodelay;"
}

read_limits() {
    limit RATE_LIMIT_API 10r/s RATE_LIMIT_BURST 20 edge_api_key
    LIMIT_API=$limit
    API_RETRY_AFTER=$seconds
    limit RATE_LIMIT_SETTINGS 5r/m RATE_LIMIT_SETTINGS_BURST 5 edge_settings_key
    LIMIT_SETTINGS=$limit
    SETTINGS_RETRY_AFTER=$seconds
}

read_logs() {
    path LOG_DIR
    LOG_DIR=$value
    within LOG_FILE_SIZE 10M 65536 1073741824 "$bytes" "a size such as 512K, 10M or 1G, from 64K to 1G"
    LOG_FILE_BYTES=$amount
    whole LOG_FILE_COUNT 5 1 100
    LOG_FILE_COUNT=$value
    ACCESS_LOG="access_log off;"
    if [ -n "$LOG_DIR" ]; then
        ACCESS_LOG="access_log \"$LOG_DIR/access.log\" json;"
        if ! mkdir -p "$LOG_DIR" 2>/dev/null || ! [ -w "$LOG_DIR" ]; then
            bad LOG_DIR "$LOG_DIR" "a folder that can be written to"
        elif [ "$(id -u)" = 0 ] && ! others_can_enter "$LOG_DIR"; then
            bad LOG_DIR "$LOG_DIR" "a folder that every user can enter, because the workers of an nginx that root starts are another user's"
        fi
    fi
}

fill_in() {
    set +f
    for template in "$here"/*.template; do
        file=$folder/$(basename "$template" .template)
        # Not envsubst, which not every machine has and which says nothing of a name without a value.
        awk -v template="$template" '
            {
                line = ""
                while (match($0, /[$][{][A-Z][A-Z0-9_]*[}]/)) {
                    name = substr($0, RSTART + 2, RLENGTH - 3)
                    if (!(name in ENVIRON)) {
                        print template " has ${" name "}, which has no value." | "cat 1>&2"
                        exit 1
                    }
                    line = line substr($0, 1, RSTART - 1) ENVIRON[name]
                    $0 = substr($0, RSTART + RLENGTH)
                }
                print line $0
            }' "$template" >"$file"
    done
}

read_listen
find_version
read_processes
read_body_size
read_upstream
read_trusted_proxies
read_origins
read_limits
read_tls
read_logs
[ -z "$failed" ] || exit 1

export KEEPALIVE_MIN_TIMEOUT WORKERS WORKER_CONNECTIONS OPEN_FILES LISTEN SHUTDOWN_SECONDS MAX_BODY_SIZE MAX_BODY_BYTES \
    HEALTH_WAITS UPSTREAM UPSTREAM_CONF UPSTREAM_CONNECTION UPSTREAM_CONNECT_TIMEOUT UPSTREAM_READ_TIMEOUT UPSTREAM_RESOLVER KEEPALIVE \
    REPLICAS_HOST REPLICAS_PORT RESOLVER RESOLVER_PORT MAX_FAILS FAIL_TIMEOUT REAL_IP TRUSTED_PEERS CORS CORS_VARY ALLOWED_ORIGINS \
    LIMIT_API LIMIT_SETTINGS API_RETRY_AFTER SETTINGS_RETRY_AFTER \
    TLS TLS_LISTEN TLS_CERTIFICATE TLS_CERTIFICATE_KEY TLS_REDIRECT TLS_REDIRECT_PORT \
    ACCESS_LOG LOG_DIR LOG_FILE_BYTES LOG_FILE_COUNT
fill_in
