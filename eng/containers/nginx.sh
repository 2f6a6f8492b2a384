#!/bin/sh
# nginx.sh: where no registry answers, a stand-in for the official image nginx:1.29-alpine, made of Debian's packages and given that name in the
# engine that DOCKER_HOST names. Of the official image it has nginx, the user 101 and BusyBox. Its files are kept in CONTAINERS_CACHE.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=eng/containers/cache.sh
. "$here/cache.sh"
image=nginx:1.29-alpine
files=$cache/nginx-forky.tar

if ! [ -e "$files" ]; then
  root=$(mktemp -d -p "$cache")
  trap 'rm -rf "$root" "$root.tar"' EXIT

  "$here/rootfs.sh" forky "$root" nginx busybox-static >&2
  for applet in $("$root/usr/bin/busybox" --list); do
    [ -e "$root/usr/bin/$applet" ] || [ -e "$root/usr/sbin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"
  done
  echo 'nginx:x:101:101:nginx:/nonexistent:/bin/false' >>"$root/etc/passwd"
  echo 'nginx:x:101:' >>"$root/etc/group"
  # What Debian's nginx is by itself when root starts it; the official one is nginx.
  echo 'nobody:x:65534:65534:nobody:/nonexistent:/bin/false' >>"$root/etc/passwd"
  echo 'nogroup:x:65534:' >>"$root/etc/group"
  tar --create --file "$root.tar" --directory "$root" .
  keep "$root.tar" "$files"
fi

docker import \
  --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
  --change 'EXPOSE 80' \
  --change 'STOPSIGNAL SIGQUIT' \
  --change 'CMD ["nginx", "-g", "daemon off;"]' \
  "$files" "$image"
