//! What others have in the way of a teardown.

use landfall_aws::blockers::Blocker;
use landfall_engine::provider::CallFailure;
use landfall_operations::preflight::{Blocked, ForeignPolicy};
use landfall_presentation::text::escape::visible;
use landfall_presentation::text::nouns::count_of;

use super::{Explanation, Failure, NOTHING_CHANGED};

/// Who has read so many lines knows what to do.
const LINES_MAX: usize = 30;

/// Returns the failure to loosen what is in the way.
pub(super) fn not_loosened(blocker: &Blocker, failure: &CallFailure) -> Failure {
    Explanation::new(format!("{} could not be loosened: {failure}", named(blocker)))
        .kept("nothing was deleted")
        .next(format!("{}; then run `landfall destroy` again", blocker.remedy))
        .into()
}

fn named(blocker: &Blocker) -> String {
    let detail = if blocker.detail.is_empty() { String::new() } else { format!(" ({})", visible(&blocker.detail)) };
    format!("{} {}{detail}", blocker.kind, visible(&blocker.id))
}

/// Names each thing, what it keeps and how to remove it.
impl From<Blocked> for Failure {
    fn from(Blocked { stack, found, policy }: Blocked) -> Failure {
        let is_one = found.len() == 1;
        let are = if is_one { "that is not of this stack keeps" } else { "that are not of this stack keep" };
        let mut explanation =
            Explanation::new(format!("{} {are} parts of {stack} from being deleted", count_of(found.len(), "thing")));
        for blocker in found.iter().take(LINES_MAX) {
            explanation = explanation
                .meaning(format!("{} keeps {}", named(blocker), visible(&blocker.blocks.join(", "))))
                .next(format!("{}: {}", visible(&blocker.id), visible(&blocker.remedy)));
        }
        if found.len() > LINES_MAX {
            explanation = explanation.meaning(format!("and {} more", found.len() - LINES_MAX));
        }
        explanation = explanation.kept(NOTHING_CHANGED);
        let loosened: Vec<String> =
            found.iter().filter(|blocker| blocker.loosening.is_some()).map(|blocker| visible(&blocker.id)).collect();
        if policy == ForeignPolicy::Offer && !loosened.is_empty() {
            let sentence = format!("or let `landfall destroy --force-foreign` loosen {}", loosened.join(", "));
            explanation = explanation.next(sentence);
        }
        explanation.next("then run the same command again").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_aws::blockers::{Blocker, Loosening};
    use snapbox::{assert_data_eq, str};

    fn shown(found: &[Blocker], policy: ForeignPolicy) -> String {
        let blocked = Blocked { stack: "acme".to_owned(), found: found.to_vec(), policy };
        anstream::adapter::strip_str(&Failure::from(blocked).text()).to_string()
    }

    fn balancer() -> Blocker {
        Blocker {
            kind: "ec2.network_interface",
            id: "eni-0a1".to_owned(),
            detail: "ELB app/web\u{1b}[2K/50dc".to_owned(),
            blocks: vec!["network/subnet/public/us-east-1a (subnet-0b2)".to_owned()],
            remedy: "delete the load balancer `web`; its interfaces go with it".to_owned(),
            loosening: None,
        }
    }

    #[test]
    fn each_is_named_with_what_it_keeps_and_how_to_remove_it() {
        let profile = Blocker {
            kind: "iam.instance_profile",
            id: "theirs".to_owned(),
            detail: "holds the role acme".to_owned(),
            blocks: vec!["identity/role (arn)".to_owned()],
            remedy: "take it out".to_owned(),
            loosening: Some(Loosening::RoleFromProfile { role: "acme".to_owned(), profile: "theirs".to_owned() }),
        };
        assert_data_eq!(
            shown(&[balancer(), profile], ForeignPolicy::Offer),
            str![[r#"
error: 2 things that are not of this stack keep parts of acme from being deleted
  meaning  ec2.network_interface eni-0a1 (ELB app/web/u{1b}[2K/50dc) keeps network/subnet/public/us-east-1a (subnet-0b2)
           iam.instance_profile theirs (holds the role acme) keeps identity/role (arn)
  kept     nothing was changed
  next     eni-0a1: delete the load balancer `web`; its interfaces go with it
           theirs: take it out
           or let `landfall destroy --force-foreign` loosen theirs
           then run the same command again

"#]]
        );
    }

    #[test]
    fn a_crowd_is_counted() {
        let crowd: Vec<Blocker> =
            (0..40).map(|index| Blocker { id: format!("eni-{index:02}"), ..balancer() }).collect();
        let text = shown(&crowd, ForeignPolicy::Stop);
        assert!(text.contains("40 things") && text.contains("and 10 more") && !text.contains("eni-30"), "{text}");
    }
}
