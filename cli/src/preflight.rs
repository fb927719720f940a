//! Before the first deletion: looks for what others put in its way.

use landfall_aws::blockers::{Blocker, blockers, detach};
use landfall_engine::provider::CallFailure;

use crate::context::Context;
use crate::failure::{Explanation, Failure, NOTHING_CHANGED};
use crate::render::escape::visible;
use crate::render::nouns::count_of;
use crate::session::{Planned, Session};

/// Who has read so many lines knows what to do.
const LINES_MAX: usize = 30;

/// What to do about things of others that can be loosened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// Stop; the command has no way to loosen them.
    Stop,
    /// Stop, and say that `--force-foreign` would loosen them.
    Offer,
    /// Loosen them.
    Loosen,
}

/// Looks for what keeps the things from going that the plan deletes, and returns what is to be loosened.
///
/// # Errors
/// If something is in the way that may not be loosened, or the account cannot be read. Nothing was changed.
pub(crate) async fn look(
    context: &Context,
    session: &Session,
    planned: &Planned,
    foreign: Foreign,
) -> Result<Vec<Blocker>, Failure> {
    let around = blockers(&session.provider, &planned.plan).await?;
    if !around.not_allowed.is_empty() {
        context.printer.note(not_looked_for(&around.not_allowed));
    }
    let may_go_on = foreign == Foreign::Loosen && around.found.iter().all(|blocker| blocker.loosening.is_some());
    if !around.found.is_empty() && !may_go_on {
        return Err(blocked(session.file.name(), &around.found, foreign));
    }
    for blocker in &around.found {
        context.printer.note(format!("{} is loosened before the first deletion\n", named(blocker)));
    }
    Ok(around.found)
}

/// Loosens what was found.
///
/// # Errors
/// If AWS refuses it. What was loosened before stays so; nothing was deleted.
pub(crate) async fn loosen(session: &Session, found: &[Blocker]) -> Result<(), Failure> {
    for blocker in found {
        let Some(loosening) = &blocker.loosening else { continue };
        detach(&session.provider, loosening).await.map_err(|failure| not_loosened(blocker, &failure))?;
    }
    Ok(())
}

fn not_loosened(blocker: &Blocker, failure: &CallFailure) -> Failure {
    Explanation::new(format!("{} could not be loosened: {failure}", named(blocker)))
        .kept("nothing was deleted")
        .next(format!("{}; then run `landfall destroy` again", blocker.remedy))
        .into()
}

fn not_looked_for(denied: &[CallFailure]) -> String {
    let operations: Vec<String> = denied.iter().map(|failure| visible(&failure.operation)).collect();
    format!(
        "not everything of others could be looked for, since the credentials may not call {}: AWS itself refuses to \
         delete what is still used\n",
        operations.join(", ")
    )
}

fn named(blocker: &Blocker) -> String {
    let detail = if blocker.detail.is_empty() { String::new() } else { format!(" ({})", visible(&blocker.detail)) };
    format!("{} {}{detail}", blocker.kind, visible(&blocker.id))
}

/// Returns the error that names each of them, what it keeps and how to remove it.
fn blocked(stack: &str, found: &[Blocker], foreign: Foreign) -> Failure {
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
    if foreign == Foreign::Offer && !loosened.is_empty() {
        let sentence = format!("or let `landfall destroy --force-foreign` loosen {}", loosened.join(", "));
        explanation = explanation.next(sentence);
    }
    explanation.next("then run the same command again").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_aws::blockers::Loosening;
    use snapbox::{assert_data_eq, str};

    fn shown(found: &[Blocker], foreign: Foreign) -> String {
        anstream::adapter::strip_str(&blocked("acme", found, foreign).text()).to_string()
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
            shown(&[balancer(), profile], Foreign::Offer),
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
        let text = shown(&crowd, Foreign::Stop);
        assert!(text.contains("40 things") && text.contains("and 10 more") && !text.contains("eni-30"), "{text}");
    }
}
