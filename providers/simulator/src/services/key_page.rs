//! Pages of lists that are sorted by a key.

/// Cuts a page out of a list that is sorted by its keys. The token of the next page is the last key of this one, so that
/// what is deleted between two pages shifts nothing. Tokens are opaque to clients: hexadecimal digits after a prefix.
///
/// Returns `None` if the token cannot be one of this list.
pub(super) fn cut<T>(
    all: Vec<(String, T)>,
    prefix: &str,
    token: Option<&str>,
    size: usize,
    is_descending: bool,
) -> Option<(Vec<T>, Option<String>)> {
    let after = match token {
        None => None,
        Some(token) => Some(key_of(prefix, token)?),
    };
    let comes_after =
        |key: &String| after.as_ref().is_none_or(|after| if is_descending { key < after } else { key > after });
    let mut rest = all.into_iter().filter(|(key, _)| comes_after(key));
    let (keys, page): (Vec<String>, Vec<T>) = rest.by_ref().take(size).unzip();
    let last = keys.last().filter(|_| rest.next().is_some());
    Some((page, last.map(|key| format!("{prefix}{}", hex::encode(key)))))
}

fn key_of(prefix: &str, token: &str) -> Option<String> {
    String::from_utf8(hex::decode(token.strip_prefix(prefix)?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(keys: &[&str]) -> Vec<(String, u8)> {
        keys.iter().zip(0..).map(|(key, number)| ((*key).to_owned(), number)).collect()
    }

    #[test]
    fn what_is_deleted_between_two_pages_shifts_nothing() {
        let (page, token) = cut(rows(&["a", "b", "c"]), "t", None, 2, false).expect("a page");
        assert_eq!((page, token.as_deref()), (vec![0, 1], Some("t62")));
        let rest = cut(rows(&["a", "b", "c"]), "t", token.as_deref(), 2, false);
        assert_eq!(rest, Some((vec![2], None)), "nothing comes twice");
        let rest = cut(rows(&["a", "c"]), "t", token.as_deref(), 2, false);
        assert_eq!(rest, Some((vec![1], None)));
    }

    #[test]
    fn a_descending_list_goes_on_below_the_last_key() {
        let (page, token) = cut(rows(&["c", "b", "a"]), "t", None, 1, true).expect("a page");
        assert_eq!(page, [0]);
        assert_eq!(cut(rows(&["c", "b", "a"]), "t", token.as_deref(), 5, true), Some((vec![1, 2], None)));
    }

    #[test]
    fn a_token_of_something_else_is_refused() {
        for wrong in ["", "62", "t6", "txy", "t+1", "tff", "t\u{e9}\u{e9}"] {
            assert_eq!(cut(rows(&["a"]), "t", Some(wrong), 1, false), None, "{wrong:?}");
        }
    }
}
