#!/usr/bin/env bash
# One push, all the way to production, on this machine. Needs git and the .NET 10 SDK.
#   ./demo.sh         tells the story, then serves the board until Ctrl+C
#   ./demo.sh --once  tells the story and exits: 0 only if every part of it held; the last line is a JSON object
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
cd -- "$root"

for tool in git dotnet; do
    command -v "$tool" >/dev/null || { echo "The demo needs $tool in the PATH." >&2; exit 1; }
done
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Build servers would outlive this script.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0

echo "Building the sample host ..."
log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
if ! dotnet build samples/Demo/Flow.Samples.Demo.csproj -c Release -v quiet >"$log" 2>&1; then
    cat -- "$log" >&2
    exit 1
fi
dotnet artifacts/bin/Flow.Samples.Demo/release/Flow.Samples.Demo.dll "$root" "$@"
