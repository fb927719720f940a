#!/usr/bin/env bash
#
# How landfall's apply stands where EC2 throttles, as its documented buckets do. Prints a table in Markdown. Takes about
# two minutes.
#
#     tests/peers/throttled.sh [--sizes "1000 2000"] [--speed N] [--into FILE] [--keep FOLDER] [LANDFALL]
#
#     --sizes        Numbers of workers: 1000 2000.
#     --speed N      How many times as fast as AWS the regions are, and their buckets fill: 20.
#     --into FILE    Append what was measured there too, as table.py reads it.
#     --keep FOLDER  Leave there what was measured, and the output.
#
# LANDFALL is the binary, target/debug/landfall by default. Every size is made twice, in a region that throttles and in
# one that does not. RunInstances has a bucket of 1,000 instances and 2 more a second, and the scheduler takes one too:
# N workers have to wait (N + 1 − 1000) / 2 / speed seconds for it, whoever makes them. The ratio is the time where it
# is throttled over that wait and the time of the smallest size where nothing is throttled: landfall keeps the buckets
# itself, so a larger size takes as long there. A refused call is one that need not have been sent.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$here/setup.sh"

sizes='1000 2000'
speed=20
into=
keep=
binary=
while [ $# -gt 0 ]; do
    case $1 in
    --sizes) sizes=$2 && shift ;;
    --speed) speed=$2 && shift ;;
    --into) into=$2 && shift ;;
    --keep) keep=$2 && shift ;;
    -*) usage ;;
    *) binary=$1 ;;
    esac
    shift
done
find_landfall "$binary"
work_in "$keep"
measured=$work/measured.jsonl
: > "$measured"
echo 'throttling = true' > "$work/faults.toml"

# Applies the stack of $1 workers under the name of the row $2. What follows are flags of the region.
apply() {
    local size=$1 row=$2 place=$work/${2//[^a-z0-9]/-}
    shift 2
    echo "==> $row" >&2
    rm -rf "$place"
    mkdir "$place"
    sed "s/^workers = .*/workers = $size/" "$here/stack.toml" > "$place/stack.toml"
    serve_region "$speed" "$place" "$@"
    count_calls "$place"
    (
        cd "$place"
        account "$endpoint"
        python3 -B "$here/measured.py" --proxy "$endpoint" --into "$measured" --row "$row" --client landfall \
            -- "$landfall" apply --yes stack.toml
    ) > "$place/log" 2>&1 || { tail -n 40 "$place/log" >&2; echo "$row has failed" >&2; exit 1; }
    leave
}

for size in $sizes; do
    apply "$size" "not throttled: apply $size"
    apply "$size" "throttled: apply $size" --faults "$work/faults.toml"
done

python3 -B "$here/table.py" --throttled "$speed" "$measured"
[ -z "$into" ] || cat "$measured" >> "$into"
