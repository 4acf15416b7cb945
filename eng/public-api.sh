#!/usr/bin/env bash
# Writes PublicAPI.Unshipped.txt of every package anew, from the code. Read the diff before you commit it: it is what others build on.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
for project in src/*/*.csproj; do
    echo '#nullable enable' > "${project%/*}/PublicAPI.Unshipped.txt"
    dotnet format analyzers "$project" --diagnostics RS0016 --severity info --no-restore
done
