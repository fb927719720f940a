//! `landfall init`: a stack file to start from.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use clap::{Args, ValueEnum};
use landfall_aws_blueprint::stack::Name;

use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure};
use crate::stack_args::STACK_FILE;

/// The name that the templates give the stack.
const TEMPLATE_NAME: &str = "acme";

/// Arguments of `landfall init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// How much the file holds
    #[arg(long, value_name = "NAME", default_value = "minimal")]
    template: Template,
}

/// What a new stack file holds.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Template {
    /// What must be said, and one cluster
    Minimal,
    /// Every key, with its default and what it means
    Full,
}

impl Template {
    fn text(self) -> &'static str {
        match self {
            Template::Minimal => include_str!("../../templates/minimal.toml"),
            Template::Full => include_str!("../../templates/full.toml"),
        }
    }
}

/// Writes the file; never over another.
pub(crate) fn run(context: &Context, args: &InitArgs) -> Result<Exit, Failure> {
    let directory = std::env::current_dir().unwrap_or_default();
    let name = stack_name(&directory);
    let text = args.template.text().replacen(&format!("\"{TEMPLATE_NAME}\""), &format!("\"{name}\""), 1);
    write_new(&text).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Explanation::new(format!("{STACK_FILE} exists already"))
            .kept("it was not touched")
            .next("move it away, or start elsewhere"),
        _ => Explanation::new(format!("{STACK_FILE} could not be written")).because(&error),
    })?;
    context.printer.answer(format!(
        "{STACK_FILE} is written: stack {name}, one cluster.\n\
         Next: look it over, then `landfall plan` shows what it would make.\n"
    ))?;
    Ok(Exit::Done)
}

fn write_new(text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(STACK_FILE)?.write_all(text.as_bytes())
}

/// Names the stack after its directory, so that two stacks of one account do not have the same name by mere habit.
fn stack_name(directory: &Path) -> Name {
    let of_directory = directory.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let fitted: String = of_directory.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let fitted = fitted.trim_matches(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
    let fallback = || Name::new(TEMPLATE_NAME).expect("the name in the templates is a name");
    Name::new(fitted).unwrap_or_else(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_aws_blueprint::stack::parse;

    #[test]
    fn templates_are_sound() {
        for template in [Template::Minimal, Template::Full] {
            let parsed = parse(template.text());
            assert!(parsed.is_ok(), "{parsed:?}");
            assert_eq!(template.text().matches("\"acme\"").count(), 1);
        }
    }

    #[test]
    fn a_stack_is_named_after_its_directory() {
        let named = |path: &str| stack_name(Path::new(path)).to_string();
        assert_eq!(named("/home/kim/Dask Stack"), "dask-stack");
        assert_eq!(named("/home/kim/2024"), "acme");
        assert_eq!(named("/"), "acme");
    }
}
