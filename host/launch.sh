# Shared by ./run, ./uss and ./test: finds the .NET SDK, installs missing Debian packages, builds the program.
# Sourced with $root set to the repository's root. Everything it says goes to standard error.
# shellcheck shell=bash

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# A build that outlives its command would keep the caller's pipes open.
export MSBUILDDISABLENODEREUSE=1
# The plain write barrier; only the environment can ask for it. See docs/decisions/0011-plain-garbage-collector.md.
export DOTNET_GCWriteBarrier=${DOTNET_GCWriteBarrier:-3}

: "${root:?launch.sh is sourced with root set}"
program=$root/host/bin/Release/net10.0/Uss.dll
stamp=$root/host/bin/Release/.built

say() { printf '%s\n' "$*" >&2; }

# fail WHAT FIX: one error in the form that the program itself uses.
fail() {
    printf 'error: %s\nfix: %s\n' "$1" "$2" >&2
    exit 1
}

# A .NET 10 SDK, from PATH or from the place where Microsoft's install script puts it.
need_sdk() {
    if ! command -v dotnet > /dev/null && [ -x "$HOME/.dotnet/dotnet" ]; then
        export DOTNET_ROOT=$HOME/.dotnet
        PATH=$HOME/.dotnet:$PATH
    fi
    command -v dotnet > /dev/null || fail "the .NET 10 SDK is missing: there is no program 'dotnet'" \
        "install package dotnet-sdk-10.0, see https://learn.microsoft.com/dotnet/core/install/linux-debian"
    dotnet --list-sdks | grep -q '^1[0-9]\.' || fail "'dotnet' has no SDK of version 10: $(dotnet --list-sdks | tr '\n' ' ')" \
        "install package dotnet-sdk-10.0, see https://learn.microsoft.com/dotnet/core/install/linux-debian"
}

# need_packages WHY PACKAGE...: installs the Debian packages that are not there. Quiet when all are.
need_packages() {
    local why=$1 missing=() package
    shift
    command -v dpkg-query > /dev/null || return 0
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2> /dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing Debian packages for $why: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo > /dev/null || fail "cannot install ${missing[*]}: not root, and there is no sudo" \
            "as root: apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    # Services of the packages (iscsid, tgt, etcd, ...) must not start here: tests start their own.
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -o DPkg::Lock::Timeout=120)
    "${apt[@]}" update >&2 || say "apt-get update failed; going on with the package lists that are here"
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 || fail "apt-get could not install ${missing[*]}" \
        "see its messages above, then: apt-get install --no-install-recommends ${missing[*]}"
}

# True when nothing that the program is built from changed since the last build.
program_is_current() {
    [ -f "$program" ] && [ -f "$stamp" ] || return 1
    local newer
    newer=$(cd "$root" && find host web-ui target nfs-frontend cluster placement tests/Simulation tests/Benchmarks Directory.* \
        .editorconfig BannedSymbols.txt \( -name bin -o -name obj \) -prune -o \
        \( -type d -o -name '*.cs' -o -name '*.csproj' -o -name '*.razor' -o -name '*.json' -o -name 'Directory.*' \
        -o -name .editorconfig -o -name BannedSymbols.txt \) -newer "$stamp" -print -quit 2> /dev/null)
    [ -z "$newer" ]
}

# Builds the program in Release when its sources changed. One build at a time; it does not get the lock itself, since its servers
# would keep that when it is killed.
build_program() {
    need_sdk
    mkdir -p "$root/artifacts"
    exec 8> "$root/artifacts/build.lock"
    flock 8
    if ! program_is_current; then
        say "Building USS (Release) ..."
        # A running service keeps the files that it has open; the new build gets files of its own.
        rm -rf "$root/host/bin/Release/net10.0"
        local log=$root/artifacts/build.log
        if ! dotnet build "$root/host/Uss.csproj" -c Release -v quiet -nologo -p:UseSharedCompilation=false > "$log" 2>&1 8>&-; then
            grep -E 'error|warning' "$log" | sort -u | head -20 >&2 || tail -20 "$log" >&2
            fail "the build failed" "see the messages above; all of them are in $log"
        fi
        touch "$stamp"
    fi
    exec 8>&-
}
