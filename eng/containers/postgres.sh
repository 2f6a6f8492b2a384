#!/bin/sh
# postgres.sh: where no registry answers, a stand-in for the official image postgres:17, made of Debian's packages and given that name in
# the engine that DOCKER_HOST names. Of the official image it has POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB, the volume, the port and
# the signal that stops it. Its files are kept in CONTAINERS_CACHE.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=eng/containers/cache.sh
. "$here/cache.sh"
image=postgres:17
files=$cache/postgres-17.tar

if ! [ -e "$files" ]; then
  root=$(mktemp -d -p "$cache")
  trap 'rm -rf "$root" "$root.tar"' EXIT

  # Left out: what compiles queries, and what manages several versions of the server.
  "$here/rootfs.sh" trixie "$root" postgresql-17 dash coreutils libllvm19- libz3-4- perl- perl-modules-5.40- libperl5.40- >&2
  rm -r "$root"/usr/lib/postgresql/17/lib/llvmjit* "$root"/usr/lib/postgresql/17/lib/bitcode

  echo 'postgres:x:999:999::/var/lib/postgresql:/bin/sh' >>"$root/etc/passwd"
  echo 'postgres:x:999:' >>"$root/etc/group"
  mkdir -p "$root/var/lib/postgresql/data" "$root/run/postgresql"
  chown -R 999:999 "$root/var/lib/postgresql" "$root/run/postgresql"
  install -D -m 755 "$here/postgres-entrypoint.sh" "$root/usr/local/bin/docker-entrypoint.sh"
  tar --create --file "$root.tar" --directory "$root" .
  keep "$root.tar" "$files"
fi

docker import \
  --change 'ENV PATH=/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data' \
  --change 'USER postgres' \
  --change 'VOLUME /var/lib/postgresql/data' \
  --change 'EXPOSE 5432' \
  --change 'STOPSIGNAL SIGINT' \
  --change 'ENTRYPOINT ["docker-entrypoint.sh"]' \
  --change 'CMD ["postgres"]' \
  "$files" "$image"
