# What the suites of this folder share: where landfall and Terraform are, and a simulated region that is served for
# them. To be sourced, under `set -euo pipefail`, with `here` set to this folder.

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

# Sets `work` to the folder $1, which is made and kept, or to a new one if $1 is empty; and sees to it that at the end
# the processes `server` and `proxy` end, and the new folder goes.
work_in() {
    keep=$1
    if [ -n "$keep" ]; then
        mkdir -p "$keep"
        work=$(cd "$keep" && pwd)
    else
        work=$(mktemp -d "${TMPDIR:-/tmp}/landfall-peers.XXXXXX")
    fi
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

# Shows the comment at the head of the script, and ends.
usage() {
    sed -n '3,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 1
}

# Ends the process $1, if it is one.
end() {
    [ -n "$1" ] || return 0
    # It may have ended by itself, and ends with the signal's code.
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
