//! Any text at all.

use proptest::prelude::*;

use super::*;

/// Text that is nearly a stack file: the full one with pieces cut out, doubled or written over.
fn nearly_a_stack_file() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..40_usize, "[\\PC\n]{0,6}|[\\[\\]={}\"'.,#0-9a-z\r\n\\\\ -]{0,6}");
    prop::collection::vec(edit, 1..6).prop_map(|edits| {
        edits.into_iter().fold(FULL.to_owned(), |text, (place, length, written)| {
            let start = text.floor_char_boundary(place.index(text.len() + 1));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            format!("{}{written}{}", &text[..start], &text[end..])
        })
    })
}

/// Any text is a stack or has problems that can be shown, in the order of the file, each within it.
fn is_a_stack_or_problems(text: &str) -> Result<(), TestCaseError> {
    let Err(problems) = parse(text) else { return Ok(()) };
    prop_assert!(!problems.is_empty());
    prop_assert!(problems.is_sorted_by_key(|problem| problem.span.as_ref().map(|span| span.start)));
    for problem in &problems {
        prop_assert!(problem.span.as_ref().is_none_or(|span| text.get(span.clone()).is_some()), "{problem:?}");
    }
    prop_assert!(!render(&problems, "landfall.toml", text, true).is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*|(?s:.*)") {
        is_a_stack_or_problems(&text)?;
    }

    #[test]
    fn no_broken_stack_file_makes_it_panic(text in nearly_a_stack_file()) {
        is_a_stack_or_problems(&text)?;
    }

    #[test]
    fn spans_that_do_not_fit_the_text_are_cut(text in "(?s:.{0,20})", start in 0..50_usize, end in 0..50_usize) {
        let problem = Diagnostic::new("a problem").at(start..end).label("here");
        prop_assert!(render(&[problem], "landfall.toml", &text, false).contains("a problem"));
    }
}
