#!/bin/sh
# Where clients connect, for render.sh: the port and the one for TLS.
# shellcheck disable=SC2034,SC2154

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

read_listen() {
    oneof EDGE_LISTEN loopback loopback any
    EDGE_LISTEN=$value
    whole EDGE_PORT 15432 1 65535
    port=$value
    LISTEN=$(listen "$port" " backlog=4096")
}

read_tls() {
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
}
