#!/bin/sh
# How a setting is read from the environment and checked, for render.sh. A function sets $value to what the setting is; of one that is
# not allowed it says so, takes the default, and sets $failed, so that all of them are told of at once.
# shellcheck disable=SC2034

failed=

milliseconds="ms=1 s=1000 m=60000 h=3600000"
bytes="=1 k=1024 K=1024 m=1048576 M=1048576 g=1073741824 G=1073741824"

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

# whole_or_off NAME DEFAULT MAX: off is 0.
whole_or_off() {
    setting "$1" "$2"
    if [ "$value" = off ]; then
        value=0
    else
        whole "$1" "$2" 0 "$3" "a whole number from 0 to $3, or off"
    fi
}

# list TEXT: what is separated by commas, for a loop. (Settings are no patterns of file names: set -f.)
list() {
    printf %s "$1" | tr , ' '
}

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

# others_can_enter FOLDER
others_can_enter() {
    entered=$1
    while [ "$entered" != / ]; do
        [ -n "$(find "$entered" -prune -perm -1)" ] || return 1
        entered=$(dirname "$entered")
    done
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
