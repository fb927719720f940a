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

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

sizes='1000 2000'
speed=20
read_options 'sizes speed into keep' "$@"
begin_work
echo 'throttling = true' > "$work/faults.toml"

# Applies the stack of $1 workers under the name of the row $2. What follows are flags of the region.
apply() {
    local size=$1 row=$2
    shift 2
    begin_place "$work/${row//[^a-z0-9]/-}"
    write_stack "$size"
    serve_region "$speed" "$place" "$@"
    count_calls "$place"
    measure "$row" landfall -- "$landfall" apply --yes stack.toml
    leave
}

for size in $sizes; do
    apply "$size" "not throttled: apply $size"
    apply "$size" "throttled: apply $size" --faults "$work/faults.toml"
done

report --throttled "$speed"
