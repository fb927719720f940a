#!/usr/bin/env bash
#
# Terraform with its real AWS provider and landfall are killed with signal 9 as their K-th creating call arrives, apply
# again, and destroy. What is in the account then, which nobody records? Prints a table in Markdown. Takes about 25
# minutes, nearly all of them Terraform's.
#
#     tests/peers/killed_side_by_side.sh [--times N] [--workers N] [--speed N] [--timeout S] [--client NAME]
#                                        [--into FILE] [--keep FOLDER] [LANDFALL]
#
#     --times N      So many K, spread evenly from the first creating call of an apply to the last: 6.
#     --workers N    The size of the stack: 10.
#     --speed N      How many times as fast as AWS the regions are: 20.
#     --timeout S   How long a destroy may take in seconds, before it is ended and what is there is counted: 180.
#                    Terraform tries for longer than that to delete a VPC in which there is what it does not know of.
#     --client NAME  Only terraform, or only landfall.
#     --into FILE    Append what was found there too, as table.py reads it.
#     --keep FOLDER  Leave there what was found, the inventories and the clients' output.
#
# LANDFALL is the binary, target/debug/landfall by default. Needs what side_by_side.sh needs.
#
# The moment is exact: the proxy passes the K-th creating call on to the region, and from its arrival on answers nobody
# and passes on nothing else, until the client and all of its processes are dead. So K things were asked for, and the
# client has heard of fewer. Destroy is tried whatever came of the second apply, as a user would.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

times=6
workers=10
speed=20
timeout=180
client='landfall terraform'
read_options 'times workers speed timeout client into keep' "$@"
clients=$client
case $clients in *terraform*) find_terraform ;; esac
find_python
begin_work
case $clients in *terraform*) configure_terraform "$work" ;; esac

# A new account for the client $1, in the folder $2.
begin() {
    client=$1
    begin_place "$2"
    serve_region "$speed" "$place"
    count_calls "$place"
    look new
    if [ "$client" = terraform ]; then
        cp "$here/stack.tf" "$place/"
        init_terraform "$place"
    else
        write_stack "$workers"
    fi
}

# Takes the account's inventory under the name $1, not through the proxy.
look() {
    (account "$region" && "$python" -B "$here/../moto/inventory.py" --save "$place/$1.json")
}

# Asks the proxy for $1, and prints its answer.
ask_proxy() {
    python3 -B -c 'import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], data=b"", timeout=700).read().decode())' "$endpoint/$1"
}

# Becomes the client's command $1, which is apply or destroy. What follows is a command that runs it.
become() {
    local what=$1
    shift
    cd "$place"
    account "$endpoint"
    if [ "$client" = terraform ]; then
        exec "$@" terraform "$what" -no-color -auto-approve -var "endpoint=$endpoint" -var "workers=$workers"
    fi
    exec "$@" "$landfall" "$what" --yes stack.toml
}

# Runs the command $1, with its output in a file of that name, and prints its exit code. What follows is as above.
code_of() {
    local code=0
    (become "$@") > "$place/$1.log" 2>&1 </dev/null || code=$?
    echo "$code"
}

# Starts an apply, and kills it with all of its processes as its creating call $1 arrives. Sets `action`.
apply_and_kill() {
    ask_proxy "hold/$1" > "$place/held"
    # With job control a background command leads a process group of its own.
    set -m
    (become apply) > "$place/killed.log" 2>&1 </dev/null &
    local client_process=$!
    set +m
    action=$(ask_proxy held) || { cat "$place/killed.log" >&2; echo "the creating call $1 did not come" >&2; exit 1; }
    kill -KILL -- "-$client_process"
    # It ends with the signal's code, which is what is wanted.
    wait "$client_process" 2>/dev/null || true
    # What it started is not this script's child, and is gone a moment later.
    while kill -0 -- "-$client_process" 2>/dev/null; do sleep 0.05; done
    ask_proxy release > "$place/held"
}

for name in $clients; do
    echo "==> $name: apply, unbroken" >&2
    begin "$name" "$work/$name-unbroken"
    unbroken=$place/applied.json
    [ "$(code_of apply)" = 0 ] || { tail -n 40 "$place/apply.log" >&2; exit 1; }
    look applied
    creating=$(ask_proxy take | python3 -c 'import json, sys; print(json.load(sys.stdin)["creating"])')
    leave
    for turn in $(seq 0 $((times - 1))); do
        at=$((times == 1 ? 1 : 1 + (creating - 1) * turn / (times - 1)))
        begin "$name" "$work/$name-$at"
        apply_and_kill "$at"
        echo "==> $name: killed at $at of $creating, $action" >&2
        apply_code=$(code_of apply)
        look applied
        # It ends the whole process group, the provider too.
        destroy_code=$(code_of destroy timeout --signal=KILL "$timeout")
        look destroyed
        leave
        # One line that says which kill it was and what it left.
        python3 -B "$here/aftermath.py" --new "$place/new.json" --unbroken "$unbroken" \
            --applied "$place/applied.json" --destroyed "$place/destroyed.json" |
            python3 -c 'import json, sys
names = ("row", "client", "killed_at", "of", "action", "apply_code", "destroy_code")
words = [int(word) if word.isdigit() else word for word in sys.argv[1:]]
print(json.dumps(dict(zip(names, words)) | json.load(sys.stdin)))' \
                "killed at $at" "$name" "$at" "$creating" "$action" "$apply_code" "$destroy_code" >> "$measured"
    done
done

report --killed
