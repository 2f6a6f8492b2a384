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
failed=

# --- Reading settings ------------------------------------------------------------------------------------------------------------

# bad NAME VALUE ALLOWED
bad() {
    printf '%s is "%s"; allowed is %s.\n' "$1" "$(printf %s "$2" | tr '\n\r' '  ')" "$3" >&2
    failed=yes
}

# setting NAME DEFAULT: sets $value. What is empty counts as not set.
setting() {
    eval "value=\${$1:-}"
    value=${value#"${value%%[! 	]*}"}
    value=${value%"${value##*[! 	]}"}
    value=${value:-$2}
}

# matches TEXT PATTERN: an extended regular expression for all of a text, which has one line.
matches() {
    case $1 in
    *'
'*) return 1 ;;
    esac
    printf '%s\n' "$1" | grep -Eq "^($2)\$"
}

# digits NUMBER: sets $number to it without leading zeros, which to the shell would mean octal. Fails on what is no number.
digits() {
    case $1 in
    '' | *[!0-9]* | ????????????*) return 1 ;;
    esac
    number=${1#"${1%%[!0]*}"}
    number=${number:-0}
}

# amount TEXT UNITS: sets $amount. UNITS is "ms=1 s=1000".
amount() {
    unit=${1#"${1%%[!0-9]*}"}
    digits "${1%"$unit"}" || return 1
    for known in $2; do
        if [ "${known%=*}" = "$unit" ]; then
            amount=$((number * ${known#*=}))
            return 0
        fi
    done
    return 1
}

# within NAME DEFAULT MIN MAX UNITS ALLOWED: sets $value and, in the smallest unit, $amount.
within() {
    setting "$1" "$2"
    if ! amount "$value" "$5" || [ "$amount" -lt "$3" ] || [ "$amount" -gt "$4" ]; then
        bad "$1" "$value" "$6"
        value=$2
        amount "$value" "$5"
    fi
}

whole() {
    within "$1" "$2" "$3" "$4" "=1" "${5:-a whole number from $3 to $4}"
    value=$amount
}

# list TEXT: what is separated by commas, for a loop. (Settings are no patterns of file names: set -f.)
list() {
    printf %s "$1" | tr , ' '
}

# others_can_enter FOLDER
others_can_enter() {
    entered=$1
    while [ "$entered" != / ]; do
        [ -n "$(find "$entered" -prune -perm -1)" ] || return 1
        entered=$(dirname "$entered")
    done
}

# whole_or_off NAME DEFAULT MAX: off is 0.
whole_or_off() {
    setting "$1" "$2"
    if [ "$value" = off ]; then
        value=0
    else
        whole "$1" "$2" 0 "$3" "a whole number from 0 to $3, or off"
    fi
}

milliseconds="ms=1 s=1000 m=60000 h=3600000"
bytes="=1 k=1024 K=1024 m=1048576 M=1048576 g=1073741824 G=1073741824"

# oneof NAME DEFAULT CHOICE...
oneof() {
    setting "$1" "$2"
    name=$1
    fallback=$2
    shift 2
    for choice; do
        if [ "$choice" = "$value" ]; then
            return
        fi
    done
    bad "$name" "$value" "$(printf '%s, ' "$@" | sed 's/, $//')"
    value=$fallback
}

# Of a file or folder; quoted in the configuration, where it must not end the quotes or be taken for a variable.
path() {
    setting "$1" ""
    case $value in
    '') ;;
    *[\"\'\\\$\;\{\}\`]* | *[[:cntrl:]]*)
        bad "$1" "$value" "a path without quotes, backslashes, dollars, semicolons, braces and control characters"
        value=
        ;;
    /*) ;;
    *) value=$PWD/$value ;;
    esac
}

# is_network TEXT: an IPv4 or IPv6 address, or a network such as 10.0.0.0/8.
is_network() {
    printf '%s\n' "$1" | awk '
        function is_v4(text,    parts, count, i) {
            count = split(text, parts, ".")
            for (i = 1; i <= count; i++) {
                if (parts[i] !~ /^[0-9][0-9]?[0-9]?$/ || parts[i] + 0 > 255) {
                    return 0
                }
            }
            return count == 4
        }

        # How many groups of 16 bits, or 99 when it is none.
        function groups(text,    parts, count, i, total) {
            if (text == "") {
                return 0
            }
            count = split(text, parts, ":")
            for (i = 1; i <= count; i++) {
                if (parts[i] ~ /^[0-9A-Fa-f][0-9A-Fa-f]?[0-9A-Fa-f]?[0-9A-Fa-f]?$/) {
                    total++
                } else if (i == count && is_v4(parts[i])) {
                    total += 2
                } else {
                    return 99
                }
            }
            return total
        }

        function is_v6(text,    gap, before) {
            gap = index(text, "::")
            if (gap == 0) {
                return groups(text) == 8
            }
            before = substr(text, 1, gap - 1)
            return before !~ /\./ && groups(before) + groups(substr(text, gap + 2)) < 8
        }

        {
            slash = index($0, "/")
            address = slash ? substr($0, 1, slash - 1) : $0
            bits = slash ? substr($0, slash + 1) : 0
            most = is_v4(address) ? 32 : is_v6(address) ? 128 : -1
            good = bits ~ /^[0-9][0-9]?[0-9]?$/ && bits + 0 <= most
        }

        END { exit good ? 0 : 1 }'
}

# --- Where it listens ------------------------------------------------------------------------------------------------------------

has_ipv6_loopback() {
    if [ -d /proc/net ]; then
        grep -qs '^0\{31\}1 ' /proc/net/if_inet6
    else
        ifconfig lo0 2>/dev/null | grep -q '::1'
    fi
}

has_ipv6() {
    [ ! -d /proc/net ] || [ -e /proc/net/if_inet6 ]
}

# listen PORT OPTIONS: nginx does not start when it cannot listen on one of its addresses, and not every machine has IPv6.
listen() {
    case $EDGE_LISTEN in
    loopback)
        printf 'listen 127.0.0.1:%s%s;' "$1" "$2"
        has_ipv6_loopback && printf ' listen [::1]:%s%s;' "$1" "$2"
        ;;
    any)
        printf 'listen %s%s;' "$1" "$2"
        has_ipv6 && printf ' listen [::]:%s%s;' "$1" "$2"
        ;;
    esac || true
}

oneof EDGE_LISTEN loopback loopback any
EDGE_LISTEN=$value
whole EDGE_PORT 15432 1 65535
port=$value
LISTEN=$(listen "$port" " backlog=4096")

# --- nginx itself ----------------------------------------------------------------------------------------------------------------

version=$("$nginx" -v 2>&1 | sed -n 's,.*nginx/\([0-9]*\)\.\([0-9]*\)\.\([0-9]*\).*,\1 \2 \3,p') || version=
if [ -z "$version" ]; then
    printf '%s is no nginx that can be run.\n' "$nginx" >&2
    exit 1
fi

# nginx_has MAJOR MINOR PATCH
nginx_has() {
    # shellcheck disable=SC2086
    set -- $version "$@"
    [ $((($1 * 1000 + $2) * 1000 + $3)) -ge $((($4 * 1000 + $5) * 1000 + $6)) ]
}

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

# --- The way to the replicas -----------------------------------------------------------------------------------------------------

within UPSTREAM_CONNECT_TIMEOUT 5s 10 60000 "$milliseconds" "a time such as 500ms, 5s or 1m, from 10ms to 1m"
UPSTREAM_CONNECT_TIMEOUT=$value
within UPSTREAM_READ_TIMEOUT 10m 1000 86400000 "$milliseconds" "a time such as 30s, 10m or 1h, from 1s to 24h"
UPSTREAM_READ_TIMEOUT=$value
within MAX_BODY_SIZE 16M 1024 1073741824 "$bytes" "a size such as 65536, 512K, 16M or 1G, from 1K to 1G"
MAX_BODY_SIZE=$value

setting UPSTREAM llm-api:5500
UPSTREAM=$value
upstream_port=${UPSTREAM##*:}
if ! matches "$UPSTREAM" '([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]+' || ! digits "$upstream_port" \
    || [ "$number" -lt 1 ] || [ "$number" -gt 65535 ]; then
    bad UPSTREAM "$UPSTREAM" "a host with its port, such as llm-api:5500"
fi

whole UPSTREAM_KEEPALIVE 32 0 10000
if [ "$value" = 0 ]; then
    # Newer nginx keeps connections unless told otherwise.
    UPSTREAM_CONNECTION=close
    KEEPALIVE="# No connection is kept: it would always reach the same replica."
else
    UPSTREAM_CONNECTION='""'
    # A replica that stops says "Connection: close" for a second before it stops listening. A connection that has been idle for longer
    # may not have heard that, and could be closed just when a request is sent on it.
    KEEPALIVE="keepalive $value; keepalive_timeout 800ms;"
fi

whole_or_off NGINX_MAX_FAILS 3 1000
MAX_FAILS=$value
setting NGINX_FAIL_TIMEOUT 5s
FAIL_TIMEOUT=$value
if [ "$value" = off ]; then
    MAX_FAILS=0
    FAIL_TIMEOUT=1s
elif ! amount "$value" "s=1 m=60 h=3600" || [ "$amount" -lt 1 ] || [ "$amount" -gt 3600 ]; then
    bad NGINX_FAIL_TIMEOUT "$value" "a time in whole seconds such as 5s or 1m, from 1s to 1h, or off"
fi

oneof STICKY off off ip
STICKY=$value
oneof UPSTREAM_RESOLVE off off on
UPSTREAM_RESOLVE=$value

setting UPSTREAM_RESOLVER "$(sed -n 's/^nameserver[ 	][ 	]*\([0-9A-Fa-f.:]*\).*/\1/p' /etc/resolv.conf 2>/dev/null | head -n 1)"
UPSTREAM_RESOLVER=$value
case $value in
*:*:*) matches "$value" '\[.*\](:[0-9]+)?' || UPSTREAM_RESOLVER="[$value]" ;;
esac

# Without a name to resolve there is nobody to choose from.
UPSTREAM_CONF=upstream.plain.conf
REPLICAS_HOST=
REPLICAS_PORT=$upstream_port
RESOLVER=
RESOLVER_PORT=
if [ "$UPSTREAM_RESOLVE" = on ]; then
    UPSTREAM_CONF=upstream.resolve.conf
    if ! nginx_has 1 27 3; then
        bad UPSTREAM_RESOLVE on "off, because resolving needs nginx 1.27.3 or newer and this is $(printf %s "$version" | tr ' ' .)"
    fi
    if ! matches "$UPSTREAM_RESOLVER" '([0-9.]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?'; then
        bad UPSTREAM_RESOLVER "$UPSTREAM_RESOLVER" "the address of a name server, such as 127.0.0.11 or [::1]:53"
    fi
    if [ "$STICKY" = ip ]; then
        UPSTREAM_CONF=upstream.sticky.conf
        REPLICAS_HOST=${UPSTREAM%:*}
        RESOLVER_PORT=53
        case $UPSTREAM_RESOLVER in
        *]:* | [0-9]*:*) RESOLVER_PORT=${UPSTREAM_RESOLVER##*:} ;;
        esac
        case $UPSTREAM_RESOLVER in
        \[*) RESOLVER=${UPSTREAM_RESOLVER#?} RESOLVER=${RESOLVER%%]*} ;;
        *) RESOLVER=${UPSTREAM_RESOLVER%%:*} ;;
        esac
        if ! command -v nslookup >/dev/null; then
            bad STICKY ip "off where there is no nslookup, which finds the replicas"
        fi
    fi
fi

# --- Who the client is -----------------------------------------------------------------------------------------------------------

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

# --- How often a client may ask --------------------------------------------------------------------------------------------------

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

limit RATE_LIMIT_API 10r/s RATE_LIMIT_BURST 20 edge_api_key
LIMIT_API=$limit
API_RETRY_AFTER=$seconds
limit RATE_LIMIT_SETTINGS 5r/m RATE_LIMIT_SETTINGS_BURST 5 edge_settings_key
LIMIT_SETTINGS=$limit
SETTINGS_RETRY_AFTER=$seconds

# --- TLS -------------------------------------------------------------------------------------------------------------------------

path TLS_CERTIFICATE
TLS_CERTIFICATE=$value
path TLS_CERTIFICATE_KEY
TLS_CERTIFICATE_KEY=$value
# Of the image.
if [ -z "$TLS_CERTIFICATE$TLS_CERTIFICATE_KEY" ] && [ -e "${TLS_FOLDER:-/nowhere}/tls.crt" ]; then
    TLS_CERTIFICATE=$TLS_FOLDER/tls.crt
    TLS_CERTIFICATE_KEY=$TLS_FOLDER/tls.key
fi
whole TLS_PORT 15443 1 65535
tls_port=$value
oneof TLS_REDIRECT false false true
TLS_REDIRECT=$value

TLS=
TLS_LISTEN=
TLS_REDIRECT_PORT=:$tls_port
[ "$tls_port" != 443 ] || TLS_REDIRECT_PORT=
if [ -n "$TLS_CERTIFICATE$TLS_CERTIFICATE_KEY" ]; then
    for name in TLS_CERTIFICATE TLS_CERTIFICATE_KEY; do
        eval "file=\$$name"
        if ! [ -f "$file" ] || ! [ -r "$file" ]; then
            bad "$name" "$file" "a PEM file that can be read, and for TLS there must be both, TLS_CERTIFICATE and TLS_CERTIFICATE_KEY"
        fi
    done
    if [ "$tls_port" = "$port" ]; then
        bad TLS_PORT "$tls_port" "another port than EDGE_PORT"
    fi
    TLS="include tls.conf;"
    if nginx_has 1 25 1; then
        TLS_LISTEN="$(listen "$tls_port" " ssl backlog=4096") http2 on;"
    else
        TLS_LISTEN=$(listen "$tls_port" " ssl http2 backlog=4096")
    fi
elif [ "$TLS_REDIRECT" = true ]; then
    bad TLS_REDIRECT true "false, unless there are TLS_CERTIFICATE and TLS_CERTIFICATE_KEY"
fi

# --- Logs ------------------------------------------------------------------------------------------------------------------------

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

# --- Filling in ------------------------------------------------------------------------------------------------------------------

[ -z "$failed" ] || exit 1

export KEEPALIVE_MIN_TIMEOUT WORKERS WORKER_CONNECTIONS OPEN_FILES LISTEN SHUTDOWN_SECONDS MAX_BODY_SIZE \
    UPSTREAM UPSTREAM_CONF UPSTREAM_CONNECTION UPSTREAM_CONNECT_TIMEOUT UPSTREAM_READ_TIMEOUT UPSTREAM_RESOLVER KEEPALIVE \
    REPLICAS_HOST REPLICAS_PORT RESOLVER RESOLVER_PORT MAX_FAILS FAIL_TIMEOUT REAL_IP TRUSTED_PEERS CORS CORS_VARY ALLOWED_ORIGINS \
    LIMIT_API LIMIT_SETTINGS API_RETRY_AFTER SETTINGS_RETRY_AFTER \
    TLS TLS_LISTEN TLS_CERTIFICATE TLS_CERTIFICATE_KEY TLS_REDIRECT TLS_REDIRECT_PORT \
    ACCESS_LOG LOG_DIR LOG_FILE_BYTES LOG_FILE_COUNT

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
