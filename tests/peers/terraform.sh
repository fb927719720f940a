#!/usr/bin/env bash
#
# Terraform with its real AWS provider against the simulated region: apply, plan without a change, destroy.
#
#     tests/peers/terraform.sh [LANDFALL]
#
# LANDFALL is the binary, target/debug/landfall by default. Needs terraform and, since the provider may not be
# downloadable, a filesystem mirror that holds registry.terraform.io/hashicorp/aws: LANDFALL_TERRAFORM_MIRROR names its
# folder; without it the usual places are searched. Exits 77 where Terraform or the mirror is missing.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
find_landfall "${1:-}"
find_terraform

begin_work
configure_terraform "$work"
# Things take a tenth of the time that they take on AWS.
serve_region 10 "$work"
echo "the simulated region is at $endpoint"

cp "$here/stack.tf" "$work/"
cd "$work"
export TF_VAR_endpoint=$endpoint TF_VAR_workers=4
init_terraform "$work"
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
