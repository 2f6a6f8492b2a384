#!/bin/sh
# run.sh NGINX FOLDER
# Runs NGINX in the foreground, configured by the settings in the environment (render.sh). FOLDER is made for it, and removed when it
# has ended. Meanwhile the log files are rotated, and a renewed certificate is put to use.
#
# SIGTERM ends it: no more connections are taken, and what still runs after NGINX_SHUTDOWN_TIMEOUT is cut.
set -eu

nginx=$1
folder=$2
here=$(dirname "$0")
server=
stopping=
# Of run.settings.
shutdown_seconds=
log_dir=
log_file_bytes=
log_file_count=
tls_certificate=
tls_certificate_key=

# At SIGTERM nginx would cut every stream; at SIGQUIT it lets them end.
stop() {
    stopping=yes
    if [ -n "$server" ]; then
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
    sleep "$1" &
    trap 'kill $! 2>/dev/null; exit' TERM
    shift
    wait $!
    "$@" 2>/dev/null || true
}

# The error log: on standard error, and in a file that is opened for each line, so that it can be renamed. nginx quotes the request
# with its query, which can hold a token, and then what else it knows of it, which is left out with it:
#   …, request: "GET /?text=hi&token=secret HTTP/1.1", upstream: "http://127.0.0.1:5500/?text=hi&token=secret"
write_errors() {
    # It ends when nginx and all its workers have, and not before.
    trap '' TERM INT QUIT
    # Not sed, which some machines cannot keep from holding lines back.
    while IFS= read -r line; do
        case $line in
        *', request: "'*)
            request=${line#*', request: "'}
            line=${line%%', request: "'*}
            request=${request%%[?\"]*}
            method=${request%% *}
            path=${request#"$method"}
            path=${path# }
            line="$line, request: \"$method ${path%% *}\""
            ;;
        esac
        printf '%s\n' "$line" >&2
        [ -z "$log_dir" ] || printf '%s\n' "$line" >>"$log_dir/error.log" || true
    done
}

# rotate LOG: when it is too large it becomes LOG.1, LOG.1 becomes LOG.2, and so on. Fails when there was nothing to do.
rotate() {
    [ -n "$(find "$1" -prune -size "+${log_file_bytes}c" 2>/dev/null)" ] || return 1
    last=$((log_file_count - 1))
    while [ "$last" -gt 1 ]; do
        [ ! -e "$1.$((last - 1))" ] || mv -f "$1.$((last - 1))" "$1.$last"
        last=$((last - 1))
    done
    mv -f "$1" "$1.1"
}

# remove_old LOG: all that is more than LOG_FILE_COUNT.
remove_old() {
    last=$log_file_count
    while [ -e "$1.$last" ]; do
        rm -f "$1.$last"
        last=$((last + 1))
    done
}

certificate() {
    cat "$tls_certificate" "$tls_certificate_key" 2>/dev/null || true
}

# Every few seconds, until it is ended by a signal or nginx has ended.
maintain() {
    trap 'kill $! 2>/dev/null; exit' TERM
    used=$(certificate)
    before=$used
    while kill -0 "$server" 2>/dev/null; do
        if [ -n "$log_dir" ]; then
            if rotate "$log_dir/access.log"; then
                # nginx opens its logs again, by name.
                kill -USR1 "$server" 2>/dev/null || true
            fi
            rotate "$log_dir/error.log" || true
            remove_old "$log_dir/access.log"
            remove_old "$log_dir/error.log"
        fi
        if [ -n "$tls_certificate" ]; then
            now=$(certificate)
            # Twice the same: the certificate and its key are not written at once. With files that do not fit nginx goes on as before.
            if [ "$now" = "$before" ] && [ "$now" != "$used" ]; then
                used=$now
                kill -HUP "$server" 2>/dev/null || true
            fi
            before=$now
        fi
        sleep 2 &
        wait $! || true
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

# A signal ends a wait early.
status=0
while kill -0 "$server" 2>/dev/null; do
    wait "$server" && status=0 || status=$?
done
kill "$maintenance" ${cutter:+"$cutter"} 2>/dev/null || true
kill -s KILL -- "-$server" 2>/dev/null || true
wait "$writer" || true
exit "$status"
