# shellcheck shell=sh
# For the scripts beside it: a folder for what is downloaded and unpacked once.
cache=${CONTAINERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/freegpt4/containers}
mkdir -p "$cache"
export DEBIAN_STATE="$cache/debian"

# keep FRESH KEPT: gives what is complete its name, unless another process was quicker.
keep() {
  mv --no-target-directory "$1" "$2" 2>/dev/null || [ -e "$2" ]
  rm -rf "$1"
}
