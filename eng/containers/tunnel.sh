#!/bin/sh
# tunnel.sh: where no registry answers, a stand-in for mcr.microsoft.com/azurelinux/base/core:3.0, from which DCP builds the image of the tunnel that
# leads from containers to this machine. Made of Debian's libc and OpenSSL and given that name in the engine that DOCKER_HOST names. Its files are
# kept in CONTAINERS_CACHE.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=eng/containers/cache.sh
. "$here/cache.sh"
image=mcr.microsoft.com/azurelinux/base/core:3.0
files=$cache/tunnel-bookworm.tar

if ! [ -e "$files" ]; then
  root=$(mktemp -d -p "$cache")
  trap 'rm -rf "$root" "$root.tar"' EXIT

  "$here/rootfs.sh" bookworm "$root" libc6 libssl3 >&2
  tar --create --file "$root.tar" --directory "$root" .
  keep "$root.tar" "$files"
fi

docker import "$files" "$image"
