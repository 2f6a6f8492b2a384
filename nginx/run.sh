#!/bin/sh
# run.sh NGINX FOLDER
# Runs nginx in the foreground with the nginx.conf in FOLDER, and removes FOLDER when nginx has ended.
set -eu

nginx=$1
folder=$2
here=$(dirname "$0")
server=
stopping=

# Whoever stops this sends SIGTERM. At that nginx would cut every stream; at SIGQUIT it lets them end, for worker_shutdown_timeout.
stop() {
    stopping=yes
    if [ -n "$server" ]; then
        # nginx hears signals from the moment it has written its id.
        while [ ! -s "$folder/nginx.pid" ] && kill -0 "$server" 2>/dev/null; do
            sleep 0.1
        done
        kill -QUIT "$server" 2>/dev/null || true
    fi
}

trap stop TERM INT
trap 'rm -rf "$folder"' EXIT

rm -f "$folder/errors"
mkfifo "$folder/errors"
mkdir -p "$folder/temp"
sed -u -f "$here/error-log.sed" <"$folder/errors" >&2 &
filter=$!

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

# A signal ends a wait early.
status=0
while kill -0 "$server" 2>/dev/null; do
    wait "$server" && status=0 || status=$?
done
kill -s KILL -- "-$server" 2>/dev/null || true
wait "$filter" || true
exit "$status"
