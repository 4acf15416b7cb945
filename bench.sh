#!/usr/bin/env bash
# Measures Flow. One JSON object a line on stdout: name, value, unit, baseline (the same without Flow), ratio, goal, met, pairs. Words on stderr.
#   ./bench.sh             all figures, about seven minutes
#   ./bench.sh NAME...     the named ones
# Needs git and the .NET 10 SDK. What each figure is, and what it is not: docs/performance.md
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
cd -- "$root"

for tool in git dotnet; do
    command -v "$tool" >/dev/null || { echo "The benchmark needs $tool in the PATH." >&2; exit 1; }
done
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Build servers would outlive this script.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0

echo "Building ..." >&2
log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
if ! dotnet build benchmarks/Flow.Benchmarks/Flow.Benchmarks.csproj -c Release -v quiet >"$log" 2>&1; then
    cat -- "$log" >&2
    exit 1
fi
dotnet artifacts/bin/Flow.Benchmarks/release/Flow.Benchmarks.dll "$@"
