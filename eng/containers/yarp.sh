#!/bin/sh
# yarp.sh: where no registry answers, a stand-in for mcr.microsoft.com/dotnet/nightly/yarp:2.3-preview, made of the program in yarp/ and the stand-in
# of dotnet.sh, and given that name in the engine that DOCKER_HOST names. Of the original it has the proxy, configured by environment
# variables, and the port 5000; it has no static files, no TLS and no telemetry. The program is kept in CONTAINERS_CACHE.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=eng/containers/cache.sh
. "$here/cache.sh"
image=mcr.microsoft.com/dotnet/nightly/yarp:2.3-preview
program=$cache/yarp-$(cat "$here/yarp/Program.cs" "$here/yarp/yarp.csproj" "$here/../../Directory.Packages.props" | sha256sum | cut -c 1-12)

if ! [ -e "$program" ]; then
  published=$(mktemp -d -p "$cache")
  trap 'rm -rf "$published"' EXIT
  # Elsewhere than other builds, which may run at the same time.
  dotnet publish "$here/yarp" --output "$published/app" -p:ArtifactsPath="$published/artifacts" -p:UseSharedCompilation=false -nodeReuse:false >&2
  rm -rf "$published/artifacts"
  keep "$published/app" "$program"
fi

docker buildx build --quiet --tag "$image" --file - "$program" <<'D'
FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY . /app/
ENV ASPNETCORE_HTTP_PORTS=5000
WORKDIR /app
USER $APP_UID
ENTRYPOINT ["dotnet", "/app/yarp.dll"]
D
