#!/usr/bin/env bash
# Builds Flow and runs its tests. The last line is "N passed, N failed, N skipped".
#
#   ./test.sh                                 all tests
#   ./test.sh --long                          also the long ones
#   ./test.sh --no-build                      what was built last (configuration Release)
#   ./test.sh --simulate COUNT [--from SEED] [--planted [NAME]]
#                                             only the simulator: COUNT seeds from SEED on; then every fault that is planted (or
#                                             the one that is named) until a seed finds it. The last line is one JSON object.
#
# With CI=true nothing may be left out: a missing tool or a skipped test is a failure.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
cd -- "$root"

usage() {
    sed -n '2,10s/^# \{0,1\}//p' "$root/test.sh" >&2
    exit 64
}

number() {
    [[ $1 =~ ^[0-9]{1,18}$ ]] || usage
}

long='' build=1 simulate='' from=1 planted=()
while (($# > 0)); do
    case $1 in
        --long) long=1 ;;
        --no-build) build='' ;;
        --simulate) number "${2-}"; simulate=$2; shift ;;
        --from) number "${2-}"; from=$2; shift ;;
        --planted)
            planted=(--planted)
            if [[ ${2-} =~ ^[a-z][a-z0-9-]*$ ]]; then planted+=("$2"); shift; fi
            ;;
        *) usage ;;
    esac
    shift
done

say() { printf '%s\n' "$*" >&2; }
in_ci() { [[ ${CI-} == true ]]; }

if ! command -v dotnet >/dev/null; then
    say "The .NET 10 SDK is missing: 'dotnet' is not in the PATH. See https://dotnet.microsoft.com/download"
    exit 1
fi

# Build servers would outlive this script.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

if [[ -n $simulate ]]; then
    exec dotnet run --project tests/Flow.Simulation -c Release -- "$simulate" --from "$from" "${planted[@]}"
fi

# What the tests need beside the SDK. Installed only where that is this script's business: as root on Debian.
missing=()
has() {
    local programs
    if [[ $1 == initdb ]] && ! command -v initdb >/dev/null; then
        # Debian keeps the server's programs outside the PATH.
        for programs in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V); do
            if [[ -x $programs/initdb ]]; then export PATH=$programs:$PATH; fi
        done
    fi
    command -v "$1" >/dev/null
}
need() {
    local tool=$1 package=$2
    has "$tool" && return
    if [[ $(id -u) == 0 && -e /etc/debian_version ]] && command -v apt-get >/dev/null; then
        say "Installing $package ..."
        # The tests start servers of their own; Debian's package need not.
        if [[ $package == postgresql && ! -e /etc/postgresql-common/createcluster.conf ]]; then
            mkdir -p /etc/postgresql-common
            printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
        fi
        if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package"; } </dev/null >/dev/null 2>&1 \
            && has "$tool"; then return; fi
        say "Left out: tests that need $tool. The package $package could not be installed."
    else
        say "Left out: tests that need $tool. It is not installed, and this script installs packages only as root on Debian."
    fi
    missing+=("$tool")
}

need git git
need initdb postgresql
if ((${#missing[@]} > 0)); then
    if in_ci; then
        say "Nothing may be left out with CI=true."
        printf '0 passed, 1 failed, 0 skipped\n'
        exit 1
    fi
    # Such tests skip only when they are told so here; otherwise they fail.
    export FLOW_TESTS_WITHOUT="${missing[*]}"
fi
if [[ -n $long ]]; then export FLOW_LONG_TESTS=1; fi

# Everything that tests write goes here, and goes away.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/flow-test.XXXXXX")
export TMPDIR=$scratch
# Found again in the environment of whatever is left behind.
export FLOW_TEST_RUN=${scratch##*/}

# Processes of this run, as "PID COMMAND": they carry its mark, or work on its scratch directory. Without /proc there is nothing to see.
ours() {
    local directory pid command_line
    for directory in /proc/[0-9]*; do
        pid=${directory#/proc/}
        if [[ $before == *" $pid "* || $pid == "${BASHPID-$$}" ]]; then continue; fi
        command_line=$(tr '\0' ' ' 2>/dev/null <"$directory/cmdline") || continue
        if [[ -z $command_line || $command_line == *"/test.sh "* ]]; then continue; fi
        if [[ $command_line == *"$scratch"* || $(readlink "$directory/cwd" 2>/dev/null || true) == "$scratch"* ]] \
            || tr '\0' '\n' 2>/dev/null <"$directory/environ" | grep -qxF "FLOW_TEST_RUN=$FLOW_TEST_RUN"; then
            printf '%s %s\n' "$pid" "$command_line"
        fi
    done
    return 0
}

before=" "
for directory in /proc/[0-9]*; do before+="${directory#/proc/} "; done

clean_up() {
    trap '' INT TERM
    local pid
    while read -r pid _; do kill -KILL "$pid" 2>/dev/null || true; done < <(ours)
    rm -rf -- "$scratch" "/dev/shm/flow-crash-$FLOW_TEST_RUN"* "/dev/shm/flow-postgres-$FLOW_TEST_RUN"*
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ -n $build ]]; then
    if ! dotnet build Flow.Sdk.sln -c Release -v quiet; then
        say "The build failed: nothing was tested."
        printf '0 passed, 1 failed, 0 skipped\n'
        exit 1
    fi
fi

# A crashed module loses its tests from the counts, so the exit code counts as well.
code=0
dotnet test --solution Flow.Sdk.sln -c Release --no-build 2>&1 | tee "$scratch/output" || code=$?

total() {
    local number
    number=$(sed -n "s/^ *$1: *\([0-9][0-9]*\) *\r\{0,1\}\$/\1/p" "$scratch/output" | tail -n 1)
    printf '%s' "${number:-0}"
}
passed=$(total succeeded) failed=$(total failed) skipped=$(total skipped)

if ((code != 0 && failed == 0)); then
    say "The test run ended with exit code $code although no test failed: a module crashed, could not start, or has no tests (8). See above."
    failed=1
fi
if ((code == 0 && passed == 0)); then
    say "No test ran."
    failed=1
fi
if in_ci && ((skipped > 0)); then
    say "$skipped tests were skipped: nothing may be left out with CI=true."
    code=1
fi

# What ends by itself within a few seconds is fine; what does not is a defect of a test.
left=''
for ((i = 0; i < 50; i++)); do
    left=$(ours)
    [[ -z $left ]] && break
    sleep 0.1
done
if [[ -n $left ]]; then
    say "Left behind by the tests, and ended now:"
    say "$left"
    code=1
fi

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
((code == 0 && failed == 0))
