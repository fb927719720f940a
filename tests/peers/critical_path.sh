#!/usr/bin/env bash
#
# How long landfall's apply takes over the least that it could take, where every call takes 50 ms. Prints a table in
# Markdown. Takes about six minutes, of which two regions are as slow as AWS.
#
#     tests/peers/critical_path.sh [--speeds "1000 1"] [--delay MS] [--into FILE] [--keep FOLDER] [LANDFALL]
#
#     --speeds       How many times as fast as AWS the regions are. At 1000 nearly nothing but calls takes time, and
#                    what landfall adds shows most; at 1 the NAT gateway and the boot of instances take nearly all.
#     --delay MS     What every call takes at least: 50. The proxy adds about 1 ms, which counts against landfall.
#     --into FILE    Append what was measured there too, as table.py reads it.
#     --keep FOLDER  Leave there what was measured, the graphs and the output.
#
# LANDFALL is the binary, target/debug/landfall by default; a release build says more. Needs the virtual environment of
# the tests with moto, to measure the region's waits with boto3.
#
# The least time is that of somebody with any number of calls at once, who does nothing of his own and asks at the very
# moment when a thing is ready:
#
#     least = 3 × delay + the longest way through the graph, where a resource of a kind weighs
#             delay × (1 + settings + asked) + wait
#
#     3         reads that need each other before anything is made: who the caller is, what compiling must know of the
#               account, what of the stack exists
#     graph     that of `landfall graph`: an arrow is what must be ready first
#     1         the creating call. That one call makes many things, or that many calls go at once, shortens no way
#     settings  what the creating call cannot say: DNS host names of a VPC, retention of a log group, one call each
#     wait      what the region itself takes until such a thing is ready, as region_waits.py finds it from outside in a
#               region ten times as fast, over the speed
#     asked     1 where only asking shows that it is ready: NAT gateway, instance
#
# The time held against it is the whole command's, from the start of its process to its end.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

speeds='1000 1'
delay=50
read_options 'speeds delay into keep' "$@"
find_python
begin_work

echo '==> waits of the region' >&2
mkdir -p "$work/waits"
serve_region 10 "$work/waits"
(account "$endpoint" && "$python" -B "$here/region_waits.py" --speed 10) > "$work/waits.json"
leave

for speed in $speeds; do
    for workers in 10 100; do
        row="critical path $workers at $speed"
        begin_place "$work/$workers-at-$speed"
        write_stack "$workers"
        serve_region "$speed" "$place"
        count_calls "$place" --delay "$delay"
        (cd "$place" && account "$region" && "$landfall" graph --stack stack.toml > graph.dot)
        measure "$row" landfall -- "$landfall" apply --yes stack.toml
        leave
        python3 -B "$here/critical_path.py" --graph "$place/graph.dot" --waits "$work/waits.json" --speed "$speed" \
            --delay "$delay" --measured "$measured" --row "$row"
    done
done

report --critical-path
