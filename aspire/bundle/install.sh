#!/bin/sh
# Installs DCP, the dashboard and the Aspire CLI from the npm package that package-lock.json pins.
#
#   install.sh FOLDER    makes FOLDER/bin/aspire, FOLDER/bundle/dcp/dcp and FOLDER/bundle/managed/aspire-managed
#
# FOLDER appears only when it is complete. Whatever goes wrong is told in one line on standard output, with a non-zero exit code.
# FOLDER.log holds what npm and the CLI printed.
set -eu

package=@microsoft/aspire-cli-linux-x64
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
log=$folder.log
otherwise='set ASPIRE_DCP_PATH (a folder with dcp in it) and ASPIRE_DASHBOARD_PATH (a file) to copies that you have, or use a NuGet source that carries Aspire.Hosting'

fail() {
  echo "$1"
  exit 1
}

complete() {
  [ -x "$folder/bin/aspire" ] && [ -x "$folder/bundle/dcp/dcp" ] && [ -x "$folder/bundle/managed/aspire-managed" ]
}

check_platform() {
  machine="$(uname -s) $(uname -m)"
  [ "$machine" = 'Linux x86_64' ] ||
    fail "DCP and the dashboard come from the npm package $package, which is for Linux x86_64; this is $machine: $otherwise."
  getconf GNU_LIBC_VERSION >/dev/null 2>&1 ||
    fail "DCP and the dashboard come from the npm package $package, which needs glibc; this system has another C library: $otherwise."
  command -v npm >/dev/null 2>&1 ||
    fail "DCP and the dashboard come from the npm package $package, and npm is not on the PATH: install Node.js with npm, or $otherwise."
  command -v flock >/dev/null 2>&1 ||
    fail "DCP and the dashboard cannot be installed: flock is not on the PATH. It is part of util-linux."
}

# Only one installs; the others wait, and find it done. The system drops the lock when its holder ends, however it ends.
lock() {
  mkdir -p "$(dirname "$folder")" 2>/dev/null && : 2>/dev/null >>"$folder.lock" ||
    fail "DCP and the dashboard cannot be installed: no write access to $(dirname "$folder"). Set ASPIRE_BUNDLE_CACHE to a folder of your own."
  exec 9>>"$folder.lock"
  flock 9
}

registry() {
  npm config get registry 2>/dev/null | sed 's|//[^/@]*@|//|'
}

explain_npm() {
  what="npm could not install $package"
  if grep -qE 'ENOSPC|No space left' "$log"; then
    fail "$what: the disk is full ($(dirname "$folder")). Free about 1 GB, or set ASPIRE_BUNDLE_CACHE to a folder with room. Log: $log"
  elif grep -q EINTEGRITY "$log"; then
    fail "$what: what the registry sent is not what aspire/bundle/package-lock.json pins (integrity). Ask whoever runs the registry, then \`npm cache verify\`. Log: $log"
  elif grep -qE 'E404|ETARGET|ENOVERSIONS' "$log"; then
    fail "$what: the npm registry $(registry) does not carry it; $otherwise. Log: $log"
  elif grep -qE 'E401|E403|ENEEDAUTH' "$log"; then
    fail "$what: the npm registry $(registry) refused it. Check npm's credentials, or $otherwise. Log: $log"
  elif grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH|CERT_|SELF_SIGNED' "$log"; then
    fail "$what: the npm registry $(registry) cannot be reached. Check the network and npm's settings, or $otherwise. Log: $log"
  fi
  fail "$what. Log: $log"
}

install() {
  staging=$(mktemp -d "$folder.staging.XXXXXX")
  trap 'rm -rf "$staging"' EXIT
  trap 'exit 1' HUP INT TERM

  cp "$here/package.json" "$here/package-lock.json" "$staging/" 2>/dev/null ||
    fail "DCP and the dashboard cannot be installed: no room in $(dirname "$folder"). Free about 1 GB, or set ASPIRE_BUNDLE_CACHE to a folder with room."
  (cd "$staging" && npm ci --no-audit --no-fund --ignore-scripts --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 9>&-) \
    >"$log" 2>&1 </dev/null || explain_npm

  # Outside of an npm package the CLI unpacks into $HOME/.aspire, once; inside it, also beside itself.
  home=$staging/home
  mkdir -p "$home/.aspire/bin" "$staging/done/bundle"
  mv "$staging/node_modules/$package/bin" "$staging/done/bin"
  ln "$staging/done/bin/aspire" "$home/.aspire/bin/aspire"
  env -i PATH="$PATH" HOME="$home" ASPIRE_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 \
    "$home/.aspire/bin/aspire" setup --non-interactive --nologo >>"$log" 2>&1 </dev/null 9>&- ||
    fail "The Aspire CLI could not unpack DCP and the dashboard in $(dirname "$folder"): is there 1 GB free, and may programs run there? ASPIRE_BUNDLE_CACHE sets another folder. Log: $log"
  mv "$home"/.aspire/versions/*/dcp "$home"/.aspire/versions/*/managed "$staging/done/bundle/"

  rm -rf "$folder"
  mv "$staging/done" "$folder"
}

check_platform
lock
complete && exit
rm -rf "$folder".staging.*
install
complete || fail "The npm package $package did not bring DCP and the dashboard in the form that was expected. Log: $log"
