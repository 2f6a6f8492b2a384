#!/bin/sh
# The aspire CLI that building the AppHost has installed, with DCP and the dashboard from beside it. By itself it would unpack them once
# more, 300 MB into ~/.aspire.
set -eu

version=$(sed -n 's/.*linux-x64": "\([^"]*\)".*/\1/p' "$(dirname "$0")/bundle/package.json")
folder=${ASPIRE_BUNDLE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/freegpt4}/aspire-$version
if [ ! -x "$folder/bin/aspire" ]; then
  echo "The aspire CLI is not in $folder. It is installed by: dotnet build FreeGpt4.AppHost" >&2
  exit 1
fi

export ASPIRE_LAYOUT_PATH="${ASPIRE_LAYOUT_PATH:-$folder/bundle}"
exec "$folder/bin/aspire" "$@"
