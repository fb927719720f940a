//! Asks before something is done that cannot be undone.

use std::io;

use crate::context::Context;
use crate::failure::{Explanation, Failure, NOTHING_CHANGED};

/// Asks until the user has typed `expected`, or something else.
///
/// # Errors
/// If nobody is there to answer, or the answer is another.
pub(crate) async fn confirm(context: &Context, question: &str, expected: &str, command: &str) -> Result<(), Failure> {
    if !context.printer.can_ask() {
        return Err(Explanation::new(format!(
            "`landfall {command}` asks before it acts, and nobody is here to answer"
        ))
        .meaning("standard input or the error stream is not a terminal")
        .kept(NOTHING_CHANGED)
        .next(format!("read the plan above, then run `landfall {command} --yes`"))
        .into());
    }
    context.printer.alert(format!("{question} "));
    let line = read_line().await?;
    if line.trim() == expected {
        return Ok(());
    }
    if !line.ends_with('\n') {
        // The answer was broken off in the middle of the question's line.
        context.printer.alert("\n");
    }
    Err(Explanation::new(format!("the answer was not `{expected}`, so nothing was done"))
        .kept(NOTHING_CHANGED)
        .next(format!("run `landfall {command}` again when you are sure"))
        .into())
}

/// Reads on a thread of its own, so that Ctrl-C is heard meanwhile.
async fn read_line() -> Result<String, Failure> {
    let reading = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let read = reading.await.unwrap_or_else(|lost| std::panic::resume_unwind(lost.into_panic()));
    read.map_err(|error| Explanation::new("the answer could not be read").because(&error).into())
}
