#!/usr/bin/env bash
# Stands in for `uss node` and `uss web` where the supervisor of a cluster on one machine is tested: takes the same options, prints the
# same line, and does nothing. Files beside its data folder make it misbehave.
set -euo pipefail
line=$*
name=$1
shift
while [ $# -gt 1 ]; do
    case $1 in
        --data) data=$2 ;;
        --name) name=$2 ;;
    esac
    shift 2
done
mkdir -p "$data/log"
printf '%s\n' "$line" > "$data/line"
if [ -e "$data/../$name.refuses" ]; then
    echo "error: $name refuses" >&2
    exit 1
fi
echo $$ > "$data/uss.pid"
trap 'rm -f "$data/uss.pid"; exit 0' TERM
[ ! -e "$data/../$name.deaf" ] || trap '' TERM
echo "ready: $name"

# Waits without a process of its own that could be left behind.
[ -p "$data/idle" ] || mkfifo "$data/idle"
exec 3<> "$data/idle"
while :; do read -r -t 0.1 -u 3 || true; done
