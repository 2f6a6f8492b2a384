#!/bin/sh
# run.sh NGINX FOLDER
# Runs NGINX in the foreground, configured by the settings in the environment (render.sh). FOLDER is made for it, and removed when it
# has ended. Meanwhile the log files are rotated (logs.sh), and a renewed certificate is put to use.
#
# SIGTERM ends it: no more connections are taken, and what still runs after NGINX_SHUTDOWN_TIMEOUT is cut.
set -eu

nginx=$1
folder=$2
here=$(dirname "$0")
server=
stopping=
cutter=
# Of run.settings.
shutdown_seconds=
log_dir=
log_file_bytes=
log_file_count=
tls_certificate=
tls_certificate_key=
replicas_host=

# shellcheck source=nginx/logs.sh
. "$here/logs.sh"
# shellcheck source=nginx/replicas.sh
. "$here/replicas.sh"

# At SIGTERM nginx would cut every stream; at SIGQUIT it lets them end.
stop() {
    stopping=yes
    interrupted=yes
    if [ -n "$server" ] && [ -z "$cutter" ]; then
        # nginx hears signals from the moment it has written its id.
        while [ ! -s "$folder/nginx.pid" ] && kill -0 "$server" 2>/dev/null; do
            sleep 0.1
        done
        kill -QUIT "$server" 2>/dev/null || true
        after "$shutdown_seconds" kill -TERM "$server" &
        cutter=$!
    fi
}

# after SECONDS COMMAND...: in the background, where it can be ended by a signal at any time.
after() {
    pause "$1"
    shift
    "$@" 2>/dev/null || true
}

pause() {
    sleep "$1" &
    pausing=$!
    trap 'kill "$pausing" 2>/dev/null; exit' TERM
    wait "$pausing" || true
}

reload() {
    kill -HUP "$server" 2>/dev/null || true
}

certificate() {
    cat "$tls_certificate" "$tls_certificate_key" 2>/dev/null || true
}

# Twice the same: a certificate and its key are not written at once. With files that do not fit nginx goes on as before.
renew_certificate() {
    [ -n "$tls_certificate" ] || return 0
    now=$(certificate)
    if [ "$now" = "$before" ] && [ "$now" != "$used" ]; then
        used=$now
        reload
    fi
    before=$now
}

# Every few seconds, until it is ended by a signal or nginx has ended.
maintain() {
    trap exit TERM
    trap '' INT QUIT
    used=$(certificate)
    before=$used
    while [ ! -s "$folder/nginx.pid" ] && kill -0 "$server" 2>/dev/null; do
        sleep 0.1
    done
    # The resolver_timeout: by now nginx knows what is behind the name, or that it cannot be told.
    pause 1
    touch "$folder/asked" 2>/dev/null || true
    while kill -0 "$server" 2>/dev/null; do
        rotate_logs
        renew_certificate
        if [ -z "$replicas_host" ]; then
            pause 2
        elif find_replicas; then
            reload
        else
            pause 1
        fi
    done
}

trap stop TERM INT QUIT
# Only what is ours is removed.
if [ -e "$folder" ] && [ ! -e "$folder/run.settings" ] && [ -n "$(ls -A "$folder")" ]; then
    printf '%s is not empty.\n' "$folder" >&2
    exit 1
fi
trap 'rm -rf "$folder"' EXIT
rm -rf "$folder"
mkdir "$folder" "$folder/temp"
# The workers of an nginx that root starts are another user's.
chmod 711 "$folder"
sh "$here/render.sh" "$folder" "$nginx"
# shellcheck source=/dev/null
. "$folder/run.settings"

if [ -n "$replicas_host" ]; then
    find_replicas || true
fi

mkfifo "$folder/errors"
write_errors <"$folder/errors" &
writer=$!

# Where this machine can do it: a group of its own, by which workers are found that lost their master, and no life without this script.
tied=
if setsid true 2>/dev/null; then
    tied=setsid
fi
if setpriv --pdeathsig TERM true 2>/dev/null; then
    tied="setpriv --pdeathsig TERM $tied"
fi
$tied "$nginx" -p "$folder" -c "$folder/nginx.conf" -e stderr -g 'daemon off;' 2>"$folder/errors" &
server=$!
if [ -n "$stopping" ]; then
    stop
fi
maintain &
maintenance=$!

# A signal ends a wait early, with a status of its own. Whose status the shell has told already is unknown to it: 127.
status=127
interrupted=yes
while [ -n "$interrupted" ]; do
    interrupted=
    wait "$server" && now=0 || now=$?
    [ "$now" -eq 127 ] || status=$now
done
kill "$maintenance" ${cutter:+"$cutter"} 2>/dev/null || true
kill -s KILL -- "-$server" 2>/dev/null || true
wait "$writer" || true
exit "$status"
