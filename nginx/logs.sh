#!/bin/sh
# The log files of the edge, for run.sh, whose variables it uses.
# shellcheck disable=SC2154

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

# remove_old LOG: what is more than LOG_FILE_COUNT.
remove_old() {
    last=$log_file_count
    while [ -e "$1.$last" ]; do
        rm -f "$1.$last"
        last=$((last + 1))
    done
}

rotate_logs() {
    [ -n "$log_dir" ] || return 0
    if rotate "$log_dir/access.log"; then
        # nginx opens its logs again, by name.
        kill -USR1 "$server" 2>/dev/null || true
    fi
    rotate "$log_dir/error.log" || true
    remove_old "$log_dir/access.log"
    remove_old "$log_dir/error.log"
}
