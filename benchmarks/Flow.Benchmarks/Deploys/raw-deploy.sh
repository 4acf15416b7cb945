#!/usr/bin/env bash
# What a shell script does instead of Flow: publish the code or run the release phase, start the app, probe until it is healthy.
#   raw-deploy.sh publish SOURCE OUTPUT PORT
#   raw-deploy.sh release SOURCE OUTPUT PORT
# Says "healthy" and keeps the app until its standard input ends.
set -euo pipefail
how=$1 source=$2 output=$3 port=$4

if [[ $how == publish ]]; then
    cd -- "$source"
    dotnet publish ./hello.csproj --configuration Release --verbosity minimal -p:Deterministic=true -p:ContinuousIntegrationBuild=true \
        -p:EnableSourceControlManagerQueries=false -p:EnableSourceLink=false -nodeReuse:false --output "$output" >&2
else
    dotnet "$output/hello.dll" migrate >&2
fi

PORT=$port dotnet "$output/hello.dll" >&2 &
app=$!
trap 'kill "$app"; wait "$app" || true' EXIT

healthy() (
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    read -r _ status _ <&3
    [[ $status == 200 ]]
) 2>/dev/null
until healthy; do sleep 0.02; done
echo healthy
read -r _ || true
