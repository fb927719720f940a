//! The single place where an error becomes text and an exit code.
//!
//! What a reader needs when something failed is always the same: what happened, what it means, what was kept, what to
//! do next. [`Failure`] has a place for each; the submodules fill them, one for each source of errors.

mod account;
mod blocked;
mod operation;
mod run;
mod saved_plan;
mod state;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use landfall_operations::stack_file::Problems;
use landfall_presentation::text::escape::visible_lines;
use landfall_presentation::text::style::{ERROR, HEADING, paint};

/// What most failures before a run have kept.
pub(crate) const NOTHING_CHANGED: &str = "nothing was changed";

/// The exit code of a command that the user stopped.
pub(crate) const INTERRUPTED: u8 = 130;

/// How a command ends that did what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, nothing to say.
    Done,
    /// There is something: changes, drift.
    Something,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        match exit {
            Exit::Done => ExitCode::SUCCESS,
            Exit::Something => ExitCode::from(2),
        }
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    parts: Vec<Part>,
}

/// One error to tell of.
#[derive(Debug)]
enum Part {
    Explained(Explanation),
    /// The problems of a stack file.
    Problems(Problems),
}

/// One error: what happened, and what a reader needs to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explanation {
    what: String,
    causes: Vec<String>,
    meaning: Vec<String>,
    kept: Vec<String>,
    next: Vec<String>,
}

impl Explanation {
    /// Starts with what happened.
    pub(crate) fn new(what: impl Into<String>) -> Explanation {
        Explanation { what: what.into(), causes: vec![], meaning: vec![], kept: vec![], next: vec![] }
    }

    /// Starts with an error and its causes.
    pub(crate) fn of(error: &dyn Error) -> Explanation {
        Explanation { causes: chain(error.source()), ..Explanation::new(error.to_string()) }
    }

    /// Adds an error, and its own causes, as the cause.
    pub(crate) fn because(mut self, cause: &dyn Error) -> Explanation {
        self.causes.extend(chain(Some(cause)));
        self
    }

    /// Adds what it means.
    pub(crate) fn meaning(mut self, text: impl Into<String>) -> Explanation {
        self.meaning.push(text.into());
        self
    }

    /// Adds what was kept.
    pub(crate) fn kept(mut self, text: impl Into<String>) -> Explanation {
        self.kept.push(text.into());
        self
    }

    /// Adds what to do next.
    pub(crate) fn next(mut self, text: impl Into<String>) -> Explanation {
        self.next.push(text.into());
        self
    }

    fn text(&self) -> String {
        let mut text = paint(ERROR, "error:");
        for (index, line) in visible_lines(&self.what).enumerate() {
            text.push_str(if index == 0 { " " } else { "  " });
            text.push_str(&line);
            text.push('\n');
        }
        let labelled =
            [("cause", &self.causes), ("meaning", &self.meaning), ("kept", &self.kept), ("next", &self.next)];
        for (label, lines) in labelled {
            for (index, line) in lines.iter().flat_map(|text| visible_lines(text)).enumerate() {
                let label = if index == 0 { label } else { "" };
                text.push_str(&format!("  {HEADING}{label:<7}{HEADING:#}  {line}\n"));
            }
        }
        text
    }
}

impl Failure {
    /// Returns a failure with several errors to tell of.
    pub(crate) fn of(explanations: Vec<Explanation>) -> Failure {
        Failure { code: 1, parts: explanations.into_iter().map(Part::Explained).collect() }
    }

    /// Returns the problems of a stack file.
    pub(crate) fn problems(problems: Problems) -> Failure {
        Failure { code: 1, parts: vec![Part::Problems(problems)] }
    }

    /// Returns what ends a command that the user stopped.
    pub(crate) fn interrupted(explanations: Vec<Explanation>) -> Failure {
        Failure { code: INTERRUPTED, ..Failure::of(explanations) }
    }

    /// Returns what ends a command whose answer could not be written.
    pub(crate) fn output(error: io::Error) -> Failure {
        Explanation::new("the answer could not be written to standard output")
            .because(&error)
            .next("mend what the cause names, or send the output elsewhere, then run the same command again")
            .into()
    }

    /// Adds what to do next to the last error.
    pub(crate) fn and_next(mut self, text: impl Into<String>) -> Failure {
        if let Some(Part::Explained(explanation)) = self.parts.last_mut() {
            explanation.next.push(text.into());
        }
        self
    }

    /// Returns the exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }

    /// Returns the text for stderr; empty if there is nothing to say.
    pub(crate) fn text(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Explained(explanation) => explanation.text(),
            // Colours that do not belong are taken out by the stream.
            Part::Problems(problems) => problems.render(true),
        });
        parts.collect::<Vec<_>>().join("\n")
    }
}

impl From<Explanation> for Failure {
    fn from(explanation: Explanation) -> Failure {
        Failure::of(vec![explanation])
    }
}

/// Returns an error and its causes, outermost first. Some causes repeat what they explain; once is enough.
fn chain(error: Option<&dyn Error>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut next = error;
    while let Some(error) = next {
        next = error.source();
        let text = error.to_string();
        if !text.is_empty() && texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapbox::{assert_data_eq, str};

    #[test]
    fn an_error_says_what_happened_and_how_to_go_on() {
        let failure: Failure = Explanation::new("security/group/workers was not deleted\u{7}")
            .because(&io::Error::other("it is in use"))
            .meaning("eni-0a1 belongs to a load balancer, not to this stack")
            .meaning("and so does eni-0b2")
            .kept("14 of 17 resources are gone")
            .next("remove the load balancer, then run `landfall destroy` again")
            .into();
        assert_data_eq!(
            anstream::adapter::strip_str(&failure.text()).to_string(),
            str![[r#"
error: security/group/workers was not deleted/u{7}
  cause    it is in use
  meaning  eni-0a1 belongs to a load balancer, not to this stack
           and so does eni-0b2
  kept     14 of 17 resources are gone
  next     remove the load balancer, then run `landfall destroy` again

"#]]
        );
    }
}
