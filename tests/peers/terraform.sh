#!/usr/bin/env bash
#
# Terraform with its real AWS provider against the simulated region: apply, plan without a change, destroy.
#
#     tests/peers/terraform.sh [LANDFALL]
#
# LANDFALL is the binary, target/debug/landfall by default. Needs terraform and, since the provider may not be
# downloadable, a filesystem mirror that holds registry.terraform.io/hashicorp/aws: LANDFALL_TERRAFORM_MIRROR names its
# folder; without it the usual places are searched. Exits 77 where Terraform or the mirror is missing.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
landfall=${1:-${CARGO_TARGET_DIR:-$here/../../target}/debug/landfall}
[ -x "$landfall" ] || { echo "$landfall is not there: cargo build" >&2; exit 1; }
landfall=$(cd "$(dirname "$landfall")" && pwd)/$(basename "$landfall")

command -v terraform >/dev/null || { echo 'terraform is not on this machine' >&2; exit 77; }
mirror=${LANDFALL_TERRAFORM_MIRROR:-}
if [ -z "$mirror" ]; then
    provider=$(find / -maxdepth 6 -type d -path '*/registry.terraform.io/hashicorp/aws' -not -path '/proc/*' 2>/dev/null | head -n 1 || true)
    [ -n "$provider" ] || { echo 'no mirror with the AWS provider: set LANDFALL_TERRAFORM_MIRROR' >&2; exit 77; }
    mirror=${provider%/registry.terraform.io/hashicorp/aws}
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/landfall-peer.XXXXXX")
server=
clean_up() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT

cat > "$work/terraformrc" <<RC
disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = "$mirror"
  }
}
RC
export TF_CLI_CONFIG_FILE=$work/terraformrc TF_IN_AUTOMATION=1 TF_INPUT=0
for variable in $(compgen -e AWS_ || true); do
    unset "$variable"
done
export AWS_EC2_METADATA_DISABLED=true

# Things take a tenth of the time that they take on AWS.
"$landfall" simulate --port 0 --speed 10 > "$work/served" 2> "$work/log" </dev/null &
server=$!
endpoint=
for _ in $(seq 100); do
    endpoint=$(grep -o -m 1 'http://127.0.0.1:[0-9]*' "$work/served" "$work/log" 2>/dev/null | head -n 1 | sed 's/^[^h]*//' || true)
    [ -z "$endpoint" ] || break
    kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done
endpoint=http://${endpoint#*http://}
echo "the simulated region is at $endpoint"

cp "$here/network.tf" "$work/"
cd "$work"
export TF_VAR_endpoint=$endpoint
terraform init -no-color > init.log || { cat init.log >&2; exit 1; }
terraform version | head -n 3

echo '==> apply'
terraform apply -no-color -auto-approve > apply.log 2>&1 || { tail -n 60 apply.log >&2; exit 1; }
grep 'Apply complete' apply.log

echo '==> plan: no change'
terraform plan -no-color -detailed-exitcode > plan.log 2>&1 || { tail -n 80 plan.log >&2; exit 1; }
grep 'No changes' plan.log

echo '==> destroy'
terraform destroy -no-color -auto-approve > destroy.log 2>&1 || { tail -n 60 destroy.log >&2; exit 1; }
grep 'Destroy complete' destroy.log
echo 'Terraform accepts the simulated region.'
