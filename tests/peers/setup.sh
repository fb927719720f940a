# shellcheck shell=bash
#
# What the scripts of this folder share: their options, where landfall and Terraform are, a simulated region that is
# served for them, and how a command is measured. To be sourced first.

set -euo pipefail

# This folder.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Shows the comment at the head of the script, and ends.
usage() {
    sed -n '3,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 1
}

# Reads the arguments that follow $1, the names of options. `--NAME VALUE` sets the variable NAME; what is no option is
# the binary.
read_options() {
    local known=" $1 " name
    shift
    local binary=
    while [ $# -gt 0 ]; do
        case $1 in
        --*)
            name=${1#--}
            [[ $known = *" $name "* && $# -gt 1 ]] || usage
            printf -v "$name" %s "$2"
            shift
            ;;
        -*) usage ;;
        *) binary=$1 ;;
        esac
        shift
    done
    find_landfall "$binary"
}

# What the options `--into` and `--keep` say: a file and a folder, or nothing.
into=
keep=

# Sets `landfall` to the whole path of the binary $1, by default that of target/debug.
find_landfall() {
    landfall=${1:-${CARGO_TARGET_DIR:-$here/../../target}/debug/landfall}
    [ -x "$landfall" ] || { echo "$landfall is not there: cargo build" >&2; exit 1; }
    landfall=$(cd "$(dirname "$landfall")" && pwd)/$(basename "$landfall")
}

# Sets `mirror` to the folder that holds registry.terraform.io/hashicorp/aws. Exits 77 without Terraform or mirror.
find_terraform() {
    command -v terraform >/dev/null || { echo 'terraform is not on this machine' >&2; exit 77; }
    mirror=${LANDFALL_TERRAFORM_MIRROR:-}
    if [ -z "$mirror" ]; then
        # Folders that may not be read, and no match at all, make find fail; the next line says what is missing.
        local provider
        provider=$(find / -maxdepth 6 -type d -path '*/registry.terraform.io/hashicorp/aws' -not -path '/proc/*' \
            2>/dev/null | head -n 1 || true)
        [ -n "$provider" ] || { echo 'no mirror with the AWS provider: set LANDFALL_TERRAFORM_MIRROR' >&2; exit 77; }
        mirror=${provider%/registry.terraform.io/hashicorp/aws}
    fi
}

# Lets Terraform take its provider from `mirror`, by a configuration in the folder $1, and sees to it that nobody talks
# to a real account.
configure_terraform() {
    cat > "$1/terraformrc" <<RC
disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = "$mirror"
  }
}
RC
    export TF_CLI_CONFIG_FILE=$1/terraformrc TF_IN_AUTOMATION=1 TF_INPUT=0
    # compgen fails where no variable begins so, which is what is wanted.
    local variable
    for variable in $(compgen -e AWS_ || true); do
        unset "$variable"
    done
    export AWS_EC2_METADATA_DISABLED=true
}

# Sets up Terraform in the folder $1, which holds its configuration.
init_terraform() {
    (cd "$1" && terraform init -no-color > init.log) || { cat "$1/init.log" >&2; exit 1; }
}

# Sets `python` to the interpreter of the tests' virtual environment, which has moto and boto3.
find_python() {
    # shellcheck disable=SC2034 # The scripts use it.
    python=$(python3 -B "$here/../moto/environment.py" "${CARGO_TARGET_DIR:-$here/../../target}")
}

# Waits until the process $1 has written an address into one of the other arguments, and sets `address` to it.
wait_for_address() {
    local process=$1
    shift
    address=
    for _ in $(seq 100); do
        # Nothing written yet is no error: it is asked again.
        address=$(grep -h -o -m 1 'http://127.0.0.1:[0-9]*' "$@" 2>/dev/null | head -n 1 || true)
        [ -z "$address" ] || return 0
        kill -0 "$process" 2>/dev/null || break
        sleep 0.1
    done
    cat "$@" >&2
    echo 'a server did not start' >&2
    exit 1
}

# Serves a new account at $1 times the speed of AWS, with its output in the folder $2. Sets `server` and `endpoint`.
# What follows are further flags of `landfall simulate`.
serve_region() {
    local speed=$1 folder=$2
    shift 2
    : > "$folder/served"
    "$landfall" simulate --port 0 --speed "$speed" "$@" > "$folder/served" 2> "$folder/log" </dev/null &
    server=$!
    wait_for_address "$server" "$folder/served" "$folder/log"
    endpoint=$address
}

# Puts a counting proxy before the region at `endpoint`, with its output in the folder $1. What follows are flags of
# the proxy. Sets `proxy`, `region` (as `endpoint` was) and `endpoint` (the proxy's).
count_calls() {
    local folder=$1
    shift
    region=$endpoint
    python3 -B "$here/counting_proxy.py" "$@" "$region" > "$folder/proxy" 2>&1 </dev/null &
    proxy=$!
    wait_for_address "$proxy" "$folder/proxy"
    endpoint=$address
}

# The environment of those who call the region at $1.
account() {
    export AWS_ENDPOINT_URL=$1 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated
}

# Sets `work` to the folder `keep`, which is made and stays, or to a new one if `keep` is empty, and `measured` to an
# empty file in it. When the script ends, the processes `server` and `proxy` end too, and the new folder goes.
begin_work() {
    if [ -n "$keep" ]; then
        mkdir -p "$keep"
        work=$(cd "$keep" && pwd)
    else
        work=$(mktemp -d "${TMPDIR:-/tmp}/landfall-peers.XXXXXX")
    fi
    measured=$work/measured.jsonl
    : > "$measured"
    server=
    proxy=
    trap clean_up EXIT
}
clean_up() {
    leave
    [ -n "$keep" ] || rm -rf "$work"
}

# Ends what serves, so that the next can begin.
leave() {
    end "$proxy"
    end "$server"
    proxy=
    server=
}

# Makes the folder $1, empty, and sets `place` to it.
begin_place() {
    place=$1
    rm -rf "$place"
    mkdir "$place"
}

# Writes the stack file of $1 workers into `place`.
write_stack() {
    sed "s/^workers = .*/workers = $1/" "$here/stack.toml" > "$place/stack.toml"
}

# Measures a command of the client $2 in `place` under the name of the row $1. What follows are flags of measured.py,
# `--` and the command. Its output is shown if it fails.
measure() {
    local row=$1 client=$2 log=$place/${1//[^a-z0-9]/-}.log
    shift 2
    echo "==> $client: $row" >&2
    (
        cd "$place"
        account "$endpoint"
        python3 -B "$here/measured.py" --proxy "$endpoint" --into "$measured" --row "$row" --client "$client" "$@"
    ) > "$log" 2>&1 || { tail -n 60 "$log" >&2; echo "$client: $row has failed" >&2; exit 1; }
}

# Prints the table that the flags $@ of table.py name, and adds what was measured to the file `into`.
report() {
    [ -z "$into" ] || cat "$measured" >> "$into"
    python3 -B "$here/table.py" "$@" "$measured"
}

# Ends the process $1, if it is one.
end() {
    [ -n "$1" ] || return 0
    # It may have ended by itself, and ends with the signal's code.
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
