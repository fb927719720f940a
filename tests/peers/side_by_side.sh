#!/usr/bin/env bash
#
# Terraform with its real AWS provider and landfall do the same work, each in a simulated region of its own, and a proxy
# in between counts their calls. Prints two tables in Markdown: the steps, and the goals of landfall. Takes about 25
# minutes, with --all 50, most of them Terraform's.
#
#     tests/peers/side_by_side.sh [--all] [--speed N] [--with FILE]… [--graph FILE] [--keep FOLDER] [LANDFALL]
#
#     --all          Terraform with 1,000 workers too, and its plan of a graph of 100,000 resources, which is given ten
#                    minutes; landfall has 1,000 workers always.
#     --speed N      How many times as fast as AWS the regions are: 1, which is AWS's own. Waiting takes fewer calls in
#                    a faster one.
#     --with FILE    What critical_path.sh or killed_side_by_side.sh have found --into FILE, for the table of goals.
#     --graph FILE   What the program `growth` of the benchmarks has printed, for the same.
#     --keep FOLDER  Leave there what was measured, with the calls by action, and the clients' output.
#
# LANDFALL is the binary, target/debug/landfall by default. Needs what terraform.sh needs, and exits 77 without it; and
# the virtual environment of the tests with moto, to look at both accounts. Exits 1 if the two did not do the same.
#
# Terraform does ten things at once, as is its default, but for growing to 1,000 workers, where it is given fifty: its
# calls stay the same, and its time is not to be compared.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

all=
speed=1
found=()
binary=
# How long a plan of a large graph may take, in seconds.
timeout=600
while [ $# -gt 0 ]; do
    case $1 in
    --all) all=1 ;;
    --speed) speed=$2 && shift ;;
    --with) found+=("$2") && shift ;;
    --graph) found+=(--graph "$2") && shift ;;
    --keep) keep=$2 && shift ;;
    -*) usage ;;
    *) binary=$1 ;;
    esac
    shift
done
find_landfall "$binary"
find_terraform
find_python

begin_work
configure_terraform "$work"

# A new account for the client $1, which begins with nothing: another proxy, another state.
begin() {
    client=$1
    end "$proxy"
    end "$server"
    begin_place "$work/$client-$((++accounts))"
    serve_region "$speed" "$place"
    count_calls "$place"
    if [ "$client" = terraform ]; then
        cp "$here/stack.tf" "$place/"
        init_terraform "$place"
    fi
}
accounts=0

# The commands. Both apply without asking; both plans fail if they find a change.
apply() {
    if [ "$client" = terraform ]; then
        local at_once=()
        # Ten at once would take most of an hour here.
        [ "$2" -lt 1000 ] || at_once=(-parallelism=50)
        measure "$1" terraform -- terraform apply -no-color -auto-approve "${at_once[@]}" \
            -var "endpoint=$endpoint" -var "workers=$2"
    else
        write_stack "$2"
        measure "$1" landfall -- "$landfall" apply --yes stack.toml
    fi
    look "$1"
}
plan() {
    if [ "$client" = terraform ]; then
        measure "$1" terraform -- terraform plan -no-color -detailed-exitcode -var "endpoint=$endpoint" -var "workers=$2"
    else
        measure "$1" landfall -- "$landfall" plan --detailed-exitcode stack.toml
    fi
}
destroy() {
    if [ "$client" = terraform ]; then
        # AWS refuses to release an address for some seconds after its NAT gateway is gone. Terraform does not try that
        # again, and a person must.
        measure "$1" terraform --tries 3 -- terraform destroy -no-color -auto-approve -var "endpoint=$endpoint" -var "workers=$2"
    else
        measure "$1" landfall -- "$landfall" destroy --yes stack.toml
    fi
    look "$1"
}

# Takes the account's inventory after the row $1, not through the proxy. Once both clients have had that row, they must
# have the same.
look() {
    local name=${1//[^a-z0-9]/-}
    (
        account "$region"
        "$python" -B "$here/../moto/inventory.py" --save "$work/$client-$name.json"
    )
    if [ "$client" = terraform ]; then
        python3 -B "$here/same_work.py" "$work/terraform-$name.json" "$work/landfall-$name.json" >&2
    fi
}

life() {
    begin "$1"
    apply 'apply 10' 10
    plan 'no-op plan at 10' 10
    apply 'scale 10 → 100' 100
    plan 'no-op plan at 100' 100
    if [ "$1" = landfall ] || [ -n "$all" ]; then
        apply 'scale 100 → 1,000' 1000
        plan 'no-op plan at 1,000' 1000
    fi
    begin "$1"
    apply 'apply 100' 100
    destroy 'destroy 100' 100
}
# The quick one first: the other one's inventories are held against its.
life landfall
life terraform

# Terraform's plan of a large graph without any API: for landfall's see --graph.
client=terraform
sizes=10000
[ -z "$all" ] || sizes='10000 100000'
for size in $sizes; do
    begin_place "$work/terraform-graph-$size"
    python3 -B "$here/terraform_graph.py" "$size" > "$place/graph.tf"
    init_terraform "$place"
    measure "graph $size" terraform -- timeout --signal=KILL "$timeout" terraform plan -no-color -refresh=false
done

terraform version | head -n 3 >&2
python3 -B "$here/table.py" "$measured" "${found[@]}"
