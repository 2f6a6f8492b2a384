#!/bin/sh
# The entry point of the stand-in for postgres:17: makes the database at the first start, then runs the command.
set -eu

user=${POSTGRES_USER:-postgres}
if ! [ -s "$PGDATA/PG_VERSION" ]; then
  if [ -z "${POSTGRES_PASSWORD:-}" ]; then
    echo 'POSTGRES_PASSWORD is not set: the superuser of a new database needs a password.' >&2
    exit 1
  fi

  password=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$password"
  initdb --username="$user" --pwfile="$password" --auth-local=trust --auth-host=scram-sha-256 --no-sync
  rm "$password"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"

  # Without a server, which others would take for the real one.
  echo "CREATE DATABASE \"${POSTGRES_DB:-$user}\"" | postgres --single -D "$PGDATA" postgres
fi

unset POSTGRES_PASSWORD
exec "$@" -c listen_addresses='*'
