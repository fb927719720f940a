#!/usr/bin/env bash
#
# Measures all that docs/performance.md says of landfall and of Terraform, in one run, for that page. Takes about an hour
# and a half, most of it Terraform's. Nothing else should run on the machine.
#
#     tests/peers/everything.sh FOLDER [LANDFALL]
#
# Leaves in FOLDER one file for each section of the page, with its tables, and a folder of what was measured.
#
# LANDFALL is the binary, target/release/landfall by default. Needs what side_by_side.sh needs.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

case ${1:--} in -*) usage ;; esac
find_landfall "${2:-${CARGO_TARGET_DIR:-$here/../../target}/release/landfall}"
find_terraform
export LANDFALL_TERRAFORM_MIRROR=$mirror
mkdir -p "$1"
folder=$(cd "$1" && pwd)
found=$folder/found.jsonl
: > "$found"

{
    date -u '+%-d %B %Y, %H:%M UTC'
    echo "$(nproc) cores of:" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sort -u)"
    awk '/^MemTotal/ { printf "%.0f GB\n", $2 / 1e6 }' /proc/meminfo
    uname -sr
    rustc --version
    "$landfall" --version
    terraform version | sed '/^$/,$d'
    echo "load before: $(cut -d ' ' -f 1-3 /proc/loadavg)"
} > "$folder/machine"

# Built before it is run, so that the machine is quiet by then.
growth=(--quiet --release --manifest-path "$here/../../benches/Cargo.toml" --bin growth)
cargo build "${growth[@]}"
cargo run "${growth[@]}" > "$folder/core.md"
"$here/growth.sh" "$landfall" > "$folder/growth.md"
"$here/throttled.sh" "$landfall" > "$folder/throttled.md"
"$here/critical_path.sh" --into "$found" "$landfall" > "$folder/critical-path.md"
"$here/killed_side_by_side.sh" --into "$found" --keep "$folder/killed" "$landfall" > "$folder/killed.md"
"$here/side_by_side.sh" --all --with "$found" --graph "$folder/core.md" --keep "$folder/side-by-side" "$landfall" \
    > "$folder/side-by-side.md"

echo "load after: $(cut -d ' ' -f 1-3 /proc/loadavg)" >> "$folder/machine"
cat "$folder/machine"
