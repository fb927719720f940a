#!/usr/bin/env bash
#
# landfall from nothing to nothing on this machine, without an AWS account: plan, apply, drift, destroy.
#
#     examples/quickstart.sh [STACK]
#
# Needs bash, cargo and python3 with venv. AWS is played by a moto server on a free port of 127.0.0.1, which ends with
# this script, and state lies in a temporary folder: the checkout stays as it is, but for target/. Whatever AWS
# settings the shell has are put aside, so that nothing here can reach a real account.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
stack=${1:-$root/examples/quickstart.toml}
[ -f "$stack" ] || { echo "$stack: no such stack file" >&2; exit 1; }
stack=$(cd "$(dirname "$stack")" && pwd)/$(basename "$stack")

value_of() { sed -n "s/^$1 *= *\"\([^\"]*\)\".*/\1/p" "$stack" | head -n 1; }
name=$(value_of name)
region=$(value_of region)

target=${CARGO_TARGET_DIR:-$root/target}
mkdir -p "$target"
target=$(cd "$target" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/landfall-quickstart.XXXXXX")
server=
clean_up() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT

step() {
    if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
        printf '\n\033[1m==> %s\033[0m\n' "$1"
    else
        printf '\n==> %s\n' "$1"
    fi
}

landfall() {
    local command=$1
    shift
    "$target/debug/landfall" "$command" "$stack" --state "$work/state.db" "$@"
}

step "Building landfall (the first time takes some minutes)"
CARGO_TARGET_DIR=$target cargo build --manifest-path "$root/Cargo.toml" --bin landfall

step "Starting a fake AWS on this machine (the first time installs moto into $target)"
python=$(python3 -B "$root/tests/moto/environment.py" "$target")

for variable in $(compgen -e AWS_ || true); do
    unset "$variable"
done
"$python" -B "$root/tests/moto/server.py" --port-file "$work/port" </dev/null &
server=$!
until [ -f "$work/port" ]; do
    kill -0 "$server" 2>/dev/null || { echo "the moto server does not start" >&2; exit 1; }
    sleep 0.1
done
AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$work/port")
export AWS_ENDPOINT_URL
export AWS_ACCESS_KEY_ID=AKIAFAKEFAKEFAKEFAKE AWS_SECRET_ACCESS_KEY=fake
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
echo "$AWS_ENDPOINT_URL"

step "The stack file"
cat "$stack"

step "landfall plan: what would be made of it"
landfall plan

step "landfall apply: making it"
landfall apply --yes

step "landfall plan again: nothing left to do"
landfall plan

step "landfall status: the clusters and how to reach them"
landfall status

step "Somebody else deletes a firewall rule, behind landfall's back"
"$python" -B - "$name" "$region" <<'PYTHON'
import sys

import boto3

name, region = sys.argv[1:]
ec2 = boto3.client("ec2", region_name=region)
groups = ec2.describe_security_groups(Filters=[{"Name": "tag:landfall:stack", "Values": [name]}])["SecurityGroups"]
ids = [group["GroupId"] for group in groups]
rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": ids}])["SecurityGroupRules"]
open_to_people = [rule for rule in rules if not rule["IsEgress"] and "CidrIpv4" in rule]
rule = max(open_to_people, key=lambda rule: rule["FromPort"])
ec2.revoke_security_group_ingress(GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
print(f"{rule['SecurityGroupRuleId']} is gone: {rule['CidrIpv4']} no longer reaches port {rule['FromPort']}.")
PYTHON

step "landfall drift: what differs from what was made (exit code 2 says that something does)"
code=0
landfall drift || code=$?
[ "$code" -eq 2 ] || { echo "expected exit code 2, got $code" >&2; exit 1; }

step "landfall destroy: all of it goes"
landfall destroy --yes

step "The account, asked by other means than landfall: what is left of the stack"
left=$("$python" -B "$root/tests/moto/inventory.py" --stack "$name" --region "$region")
echo "$left"
[ "$left" = "{}" ] || { echo "something is left" >&2; exit 1; }
