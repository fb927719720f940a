#!/usr/bin/env bash
#
# What landfall alone takes as a stack grows: calls, time at 50 ms a call, processor, memory, state. Prints a table in
# Markdown. Takes about three minutes.
#
#     tests/peers/growth.sh [--sizes "10 100 …"] [--delay MS] [--speed N] [--into FILE] [--keep FOLDER] [LANDFALL]
#
#     --sizes        Numbers of workers: 10 100 1000 10000.
#     --delay MS     What every call takes at least: 50.
#     --speed N      How many times as fast as AWS the region is: 1000, so that nearly all of the time is landfall's
#                    and the calls'.
#     --into FILE    Append what was measured there too, as table.py reads it.
#     --keep FOLDER  Leave there what was measured, the stacks and the output.
#
# LANDFALL is the binary, target/debug/landfall by default; a release build says more. The stack is that of stack.toml
# but for what an account has no room for: a subnet has 4,091 addresses and m6i.large half the vCPUs of m6i.xlarge, of
# which the region gives 32,768. So all workers are m6i.large, and from 2,500 on there is a cluster in each of several
# zones. Nothing is throttled: throttled.sh is about that.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

sizes='10 100 1000 10000'
delay=50
speed=1000
read_options 'sizes delay speed into keep' "$@"
begin_work

# The most workers that a cluster is given here.
most=2500

# Writes the stack of $1 workers into the file $2.
stack_of() {
    local left=$1 zone
    sed '/^\[cluster/,$d' "$here/stack.toml" > "$2"
    for zone in a b c d e f; do
        [ "$left" -gt 0 ] || break
        local share=$((left < most ? left : most))
        printf '[cluster.zone-%s]\nworkers = %d\nworker_type = "m6i.large"\nzone = "us-east-1%s"\n' \
            "$zone" "$share" "$zone" >> "$2"
        left=$((left - share))
    done
    [ "$left" -eq 0 ] || { echo "$1 workers are more than six zones hold" >&2; exit 1; }
}

# Measures landfall with the further arguments under the name of the row $1.
measure_landfall() {
    local row=$1
    shift
    measure "$row" landfall --state .landfall/peer.db -- "$landfall" "$@"
}

for size in $sizes; do
    begin_place "$work/$size"
    stack_of "$size" "$place/stack.toml"
    serve_region "$speed" "$place"
    count_calls "$place" --delay "$delay"
    measure_landfall "growth: apply $size" apply --yes stack.toml
    measure_landfall "growth: no-op plan $size" plan --detailed-exitcode stack.toml
    measure_landfall "growth: destroy $size" destroy --yes stack.toml
    leave
done

report --growth
