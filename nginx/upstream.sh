#!/bin/sh
# The way to the replicas, for render.sh: from the settings to what the upstream.*.conf.template are filled with.
# shellcheck disable=SC2034,SC2089,SC2154

read_upstream() {
    read_address
    read_keepalive
    read_failures
    read_resolving
}

read_address() {
    within UPSTREAM_CONNECT_TIMEOUT 5s 10 60000 "$milliseconds" "a time such as 500ms, 5s or 1m, from 10ms to 1m"
    UPSTREAM_CONNECT_TIMEOUT=$value
    within UPSTREAM_READ_TIMEOUT 10m 1000 86400000 "$milliseconds" "a time such as 30s, 10m or 1h, from 1s to 24h"
    UPSTREAM_READ_TIMEOUT=$value

    setting UPSTREAM llm-api:5500
    UPSTREAM=$value
    upstream_port=${UPSTREAM##*:}
    if ! matches "$UPSTREAM" '([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]+' || ! digits "$upstream_port" \
        || [ "$number" -lt 1 ] || [ "$number" -gt 65535 ]; then
        bad UPSTREAM "$UPSTREAM" "a host with its port, such as llm-api:5500"
    fi
}

read_keepalive() {
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
}

read_failures() {
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
}

read_resolving() {
    oneof STICKY off off ip
    STICKY=$value
    oneof UPSTREAM_RESOLVE off off on
    UPSTREAM_RESOLVE=$value
    setting UPSTREAM_RESOLVER "$(sed -n 's/^nameserver[ 	][ 	]*\([0-9A-Fa-f.:]*\).*/\1/p' /etc/resolv.conf 2>/dev/null | head -n 1)"
    UPSTREAM_RESOLVER=$value
    case $value in
    *:*:*) matches "$value" '\[.*\](:[0-9]+)?' || UPSTREAM_RESOLVER="[$value]" ;;
    esac

    UPSTREAM_CONF=upstream.plain.conf
    HEALTH_WAITS="# For nothing."
    REPLICAS_HOST=
    REPLICAS_PORT=$upstream_port
    RESOLVER=
    RESOLVER_PORT=
    # Without a name to resolve there is nobody to choose from.
    [ "$UPSTREAM_RESOLVE" = on ] || return 0

    UPSTREAM_CONF=upstream.resolve.conf
    if ! nginx_has 1 27 3; then
        bad UPSTREAM_RESOLVE on "off, because resolving needs nginx 1.27.3 or newer and this is $(printf %s "$version" | tr ' ' .)"
    fi
    if ! matches "$UPSTREAM_RESOLVER" '([0-9.]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?'; then
        bad UPSTREAM_RESOLVER "$UPSTREAM_RESOLVER" "the address of a name server, such as 127.0.0.11 or [::1]:53"
    fi
    if [ "$STICKY" = ip ]; then
        read_sticky
    else
        # nginx asks for the name when it has started, and until it has the answer every request would fail. run.sh makes the file. (A root
        # is relative to the folder of the configuration, a file is not.)
        # shellcheck disable=SC2016
        HEALTH_WAITS='root .; if (!-f $document_root/asked) { return 503 Starting; }'
    fi
}

# run.sh finds the replicas itself then, with nslookup, which wants address and port apart.
read_sticky() {
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
}
