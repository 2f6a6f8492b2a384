#!/bin/sh
# debian.sh SUITE COMMAND [ARGUMENT...]: apt-get for another suite of Debian. It asks the mirror that this machine's apt asks, keeps its
# lists and packages in DEBIAN_STATE, and takes nothing for installed, so that downloads come with all that they depend on.
set -eu

suite=$1
shift
state=${DEBIAN_STATE:?the folder for lists and packages}/$suite
mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/parts"
: >"$state/status"

# Told also by a machine whose own lists are empty:
# 'http://deb.example.org/debian/dists/bookworm/InRelease' deb.example.org_debian_dists_bookworm_InRelease 0
mirror=$(apt-get update --print-uris | sed -n "s,^'\(.*\)/dists/[a-z]*/InRelease'.*,\1,p" | head -n 1)
[ -n "$mirror" ] || { echo 'apt on this machine has no Debian mirror.' >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$state/sources.list"

exec apt-get -qq \
  -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/parts" -o Dir::State::Lists="$state/lists" \
  -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" -o Acquire::Languages=none -o Debug::NoLocking=true \
  -o APT::Sandbox::User= "$@"
