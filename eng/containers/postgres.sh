#!/bin/sh
# postgres.sh FOLDER: where no registry answers, a stand-in for the official image postgres:17, made in FOLDER of Debian's packages and given
# that name in the engine that DOCKER_HOST names. Of the official image it has POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB, the volume,
# the port and the signal that stops it.
set -eu

here=$(dirname "$(readlink -f "$0")")
mkdir -p "$1"
folder=$(cd "$1" && pwd)
export DEBIAN_STATE="$folder/debian"
image=postgres:17

# Nobody needs it twice.
[ -z "$(docker image ls --quiet "$image")" ] || exit 0

root=$(mktemp -d -p "$folder")
trap 'rm -rf "$root"' EXIT
"$here/rootfs.sh" trixie "$root" postgresql-17 dash coreutils >&2

echo 'postgres:x:999:999::/var/lib/postgresql:/bin/sh' >>"$root/etc/passwd"
echo 'postgres:x:999:' >>"$root/etc/group"
mkdir -p "$root/var/lib/postgresql/data" "$root/run/postgresql"
chown -R 999:999 "$root/var/lib/postgresql" "$root/run/postgresql"
install -m 755 "$here/postgres-entrypoint.sh" "$root/usr/local/bin/docker-entrypoint.sh" -D

tar --create --directory "$root" . | docker import \
  --change 'ENV PATH=/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data' \
  --change 'USER postgres' \
  --change 'VOLUME /var/lib/postgresql/data' \
  --change 'EXPOSE 5432' \
  --change 'STOPSIGNAL SIGINT' \
  --change 'ENTRYPOINT ["docker-entrypoint.sh"]' \
  --change 'CMD ["postgres"]' \
  - "$image"
