#!/bin/sh
# The replicas behind a name, for run.sh when clients are to stay with theirs (STICKY=ip). nginx finds replicas by itself, but then it
# takes all that are behind one name for one, and does not tell them apart when it hashes. The variables are those of run.sh.
# shellcheck disable=SC2154

# find_replicas: writes replicas.conf. Fails when nothing has changed.
find_replicas() {
    # After "Name:", because the name server's own address comes first.
    found=$(nslookup -port="$resolver_port" -timeout=1 "$replicas_host" "$resolver" 2>/dev/null \
        | sed -n '/^Name:/,$s/^Address[ 0-9]*:[ \t]*\([0-9A-Fa-f.:]*\).*/\1/p' | sort -u)
    # Without an answer those known are as good as any.
    if [ -n "$found" ] || [ ! -e "$folder/replicas.conf" ]; then
        servers "$found" >"$folder/replicas.new"
        if ! cmp -s "$folder/replicas.new" "$folder/replicas.conf"; then
            mv -f "$folder/replicas.new" "$folder/replicas.conf"
            return 0
        fi
    fi
    return 1
}

# servers ADDRESSES
servers() {
    if [ -z "$1" ]; then
        # nginx wants one.
        echo 'server 127.0.0.1:9 down;'
    fi
    for address in $1; do
        case $address in
        *:*) address="[$address]" ;;
        esac
        # The second is for when all are set aside: then all are used rather than none. To nginx it is another server, by the zero, and a
        # small part of the clients is given to it at once.
        echo "server $address:$replicas_port weight=50 max_fails=$max_fails fail_timeout=$fail_timeout;"
        echo "server $address:0$replicas_port max_fails=0;"
    done
}
