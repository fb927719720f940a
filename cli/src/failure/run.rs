//! What went wrong in a run, and what came of the rest.

use std::collections::BTreeMap;

use landfall_engine::address::Address;
use landfall_engine::apply::{Cause, Failure as StepFailure, Report};
use landfall_engine::plan::{Plan, Summary};
use landfall_engine::provider::CallError;
use landfall_presentation::text::bundle::named;
use landfall_presentation::text::nouns::{count_of, past};

use super::account::explained;
use super::{Explanation, Failure};

impl Failure {
    /// Returns what must be told of a run that did not do all of its plan; `None` if it did.
    pub(crate) fn of_run(report: &Report, plan: &Plan, command: &str) -> Option<Failure> {
        if report.is_complete() {
            return None;
        }
        let kept = kept(report, plan);
        let mut explanations: Vec<Explanation> =
            alike(&report.failures).into_iter().map(|failures| explain(&failures, report).kept(&kept)).collect();
        if !report.interrupted {
            return Some(Failure::of(explanations));
        }
        let stopped = Explanation::new(format!("`landfall {command}` was stopped before it was done"))
            .kept(kept)
            .next(format!("run `landfall {command}` again; it continues from here"));
        let begun = named(&report.unfinished);
        explanations.push(match report.unfinished.is_empty() {
            true => stopped,
            false => stopped.meaning(format!("not done, or not seen to its end: {begun}")),
        });
        Some(Failure::interrupted(explanations))
    }
}

/// Puts failures together that have the same cause: a hundred workers without capacity are one thing to read.
fn alike(failures: &[StepFailure]) -> Vec<Vec<&StepFailure>> {
    let mut groups: BTreeMap<(&str, String), Vec<&StepFailure>> = BTreeMap::new();
    for failure in failures {
        let key = match refused_credentials(&failure.cause) {
            Some(code) => ("", code.to_owned()),
            None => (failure.action, sameness(&failure.cause)),
        };
        groups.entry(key).or_default().push(failure);
    }
    groups.into_values().collect()
}

/// Credentials that do not work any more fail every call alike, whatever it is: that is one thing to read.
fn refused_credentials(cause: &Cause) -> Option<&str> {
    match cause {
        Cause::Call(call) | Cause::RetriesTimedOut { failure: call, .. } if call.class == CallError::Credentials => {
            Some(call.code.as_deref().unwrap_or_default())
        }
        _ => None,
    }
}

/// The ids of two requests differ though the failure is the same.
fn sameness(cause: &Cause) -> String {
    match cause {
        Cause::Call(call) | Cause::RetriesTimedOut { failure: call, .. } => {
            format!("{} {:?} {}", call.operation, call.code, call.message)
        }
        other => other.to_string(),
    }
}

fn explain(failures: &[&StepFailure], report: &Report) -> Explanation {
    let addresses: Vec<Address> = failures.iter().map(|failure| failure.address.clone()).collect();
    let Some(first) = failures.first() else { return Explanation::new("a step failed") };
    let were = if failures.len() == 1 { "was" } else { "were" };
    let is_one_action = failures.iter().all(|failure| failure.action == first.action);
    let done = if is_one_action { past(first.action) } else { "brought to their end" };
    let what = format!("{} {were} not {done}: {}", named(&addresses), first.cause);
    let lost: Vec<Address> =
        report.skipped.iter().filter(|(_, of)| addresses.contains(of)).map(|(address, _)| address.clone()).collect();
    let mut explanation = Explanation::new(what);
    explanation = match &first.cause {
        Cause::Call(call) | Cause::RetriesTimedOut { failure: call, .. } => explained(explanation, call),
        Cause::Failed(_) => explanation.next("mend what AWS names, then run the same command again; it starts afresh"),
        Cause::TimedOut { .. } => explanation
            .meaning("AWS took longer than it ever should; it may still come to its end")
            .next("run the same command again; it waits on from here"),
        Cause::NoOutput { .. } => explanation
            .meaning("the state lacks something that this needs")
            .next("run `landfall plan`, which reads the account anew, then the same command again"),
    };
    if lost.is_empty() {
        return explanation;
    }
    explanation.meaning(format!("not started, because they wait for it: {}", named(&lost)))
}

fn kept(report: &Report, plan: &Plan) -> String {
    let all = plan.pending().count();
    let Summary { no_op, create, update, replace, delete, forget, import } = report.done;
    let done = create + update + replace + delete + forget + import;
    let unchanged = if no_op == 0 { String::new() } else { format!("; {no_op} others stay as they were") };
    format!("{done} of {} are done and recorded{unchanged}", count_of(all, "change"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_engine::provider::CallFailure;
    use snapbox::{assert_data_eq, str};

    fn address(text: &str) -> Address {
        Address::new(text).expect("an address")
    }

    fn refused(address_text: &str, request: &str) -> StepFailure {
        let cause = Cause::Call(Box::new(CallFailure {
            class: CallError::NoCapacity,
            operation: "ec2:RunInstances".to_owned(),
            code: Some("InsufficientInstanceCapacity".to_owned()),
            message: "no m6i.xlarge in us-east-1a".to_owned(),
            request_id: Some(request.to_owned()),
        }));
        StepFailure { address: address(address_text), action: "create", cause }
    }

    fn shown(report: &Report) -> String {
        let failure = Failure::of_run(report, &Plan::default(), "apply").expect("not complete");
        anstream::adapter::strip_str(&failure.text()).to_string()
    }

    #[test]
    fn failures_of_one_cause_are_told_once() {
        let report = Report {
            failures: vec![refused("cluster/a/worker/0", "r-1"), refused("cluster/a/worker/1", "r-2")],
            skipped: vec![(address("cluster/a/alarm"), address("cluster/a/worker/1"))],
            ..Report::default()
        };
        assert_data_eq!(
            shown(&report),
            str![[r#"
error: cluster/a/worker/[0,1] were not created: ec2:RunInstances answered InsufficientInstanceCapacity: no m6i.xlarge in us-east-1a (request r-1)
  meaning  AWS has no room for it at the moment; your account and stack are fine
           not started, because they wait for it: cluster/a/alarm
  kept     0 of 0 changes are done and recorded
  next     choose another `zone` or `worker_type` in the stack file, or run the same command again later

"#]]
        );
    }

    #[test]
    fn expired_credentials_are_told_once_whatever_was_being_done() {
        let expired = |address_text: &str, action, operation: &str| {
            let cause = Cause::Call(Box::new(CallFailure {
                class: CallError::Credentials,
                operation: operation.to_owned(),
                code: Some("ExpiredToken".to_owned()),
                message: "The security token included in the request is expired".to_owned(),
                request_id: None,
            }));
            StepFailure { address: address(address_text), action, cause }
        };
        let report = Report {
            failures: vec![
                expired("network/nat-gateway", "create", "ec2:DescribeNatGateways"),
                expired("cluster/a/worker/1", "delete", "ec2:TerminateInstances"),
            ],
            ..Report::default()
        };
        assert_data_eq!(
            shown(&report),
            str![[r#"
error: cluster/a/worker/1, network/nat-gateway were not brought to their end: ec2:DescribeNatGateways answered ExpiredToken: The security token included in the request is expired
  meaning  the credentials have expired
  kept     0 of 0 changes are done and recorded
  next     renew them (for example with `aws sso login`), then run the same command again; it continues from here

"#]]
        );
    }

    #[test]
    fn a_stopped_run_says_how_to_go_on() {
        let report = Report {
            unfinished: vec![address("network/vpc"), address("network/nat-gateway")],
            interrupted: true,
            ..Report::default()
        };
        assert_data_eq!(
            shown(&report),
            str![[r#"
error: `landfall apply` was stopped before it was done
  meaning  not done, or not seen to its end: network/nat-gateway, network/vpc
  kept     0 of 0 changes are done and recorded
  next     run `landfall apply` again; it continues from here

"#]]
        );
    }
}
