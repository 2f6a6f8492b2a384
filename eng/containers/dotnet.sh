#!/bin/sh
# dotnet.sh: where no registry answers, stand-ins for the official images of .NET, made of Debian's packages and this machine's own .NET SDK, and
# given their names in the engine that DOCKER_HOST names. The SDK finds packages where this user does: it has their NuGet.Config, so it is for
# this machine alone. The files of Debian are kept in CONTAINERS_CACHE.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=eng/containers/cache.sh
. "$here/cache.sh"
sdk=mcr.microsoft.com/dotnet/sdk:10.0
aspnet=mcr.microsoft.com/dotnet/aspnet:10.0
files=$cache/dotnet-bookworm.tar
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")

if ! [ -e "$files" ]; then
  root=$(mktemp -d -p "$cache")
  trap 'rm -rf "$root" "$root.tar"' EXIT

  "$here/rootfs.sh" bookworm "$root" libc6 libgcc-s1 libstdc++6 zlib1g libssl3 tzdata dash coreutils >&2
  ln -sf dash "$root/usr/bin/sh"
  mkdir -p "$root/app" "$root/home/app"
  chown 1654:1654 "$root/home/app"
  echo 'app:x:1654:1654::/home/app:/bin/sh' >>"$root/etc/passwd"
  echo 'app:x:1654:' >>"$root/etc/group"
  tar --create --file "$root.tar" --directory "$root" .
  keep "$root.tar" "$files"
fi

own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
mkdir -p "$own/nuget" "$own/certificates"
cp -L /etc/ssl/certs/ca-certificates.crt "$own/certificates/"
if [ -e "$HOME/.nuget/NuGet/NuGet.Config" ]; then
  cp "$HOME/.nuget/NuGet/NuGet.Config" "$own/nuget/"
fi

docker import "$files" freegpt4/dotnet-base >&2
docker buildx build --quiet --tag "$aspnet" --build-context dotnet="$dotnet" --file - "$own/certificates" <<'D'
FROM freegpt4/dotnet-base
COPY ca-certificates.crt /etc/ssl/certs/
COPY --from=dotnet dotnet /usr/share/dotnet/
COPY --from=dotnet host /usr/share/dotnet/host
COPY --from=dotnet shared /usr/share/dotnet/shared
ENV PATH=/usr/share/dotnet:/usr/local/bin:/usr/bin:/bin APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true DOTNET_ROOT=/usr/share/dotnet
D
docker buildx build --quiet --tag "$sdk" --build-context dotnet="$dotnet" --build-arg aspnet="$aspnet" --file - "$own/nuget" <<'D'
ARG aspnet
FROM $aspnet
ENV HOME=/root
COPY --from=dotnet packs /usr/share/dotnet/packs
COPY --from=dotnet sdk-manifests /usr/share/dotnet/sdk-manifests
COPY --from=dotnet sdk /usr/share/dotnet/sdk
COPY . $HOME/.nuget/NuGet/
ENV DOTNET_NOLOGO=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
D
