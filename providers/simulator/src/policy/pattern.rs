//! Patterns of policies: `*` for any text, `?` for one character, `${key}` for a value of the request.

use super::context::Context;

/// A text with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    One(char),
    AnyOne,
    Any,
    /// A key of the context, and what stands for it where the request has none.
    Variable(String, Option<String>),
}

impl Pattern {
    /// Reads a pattern. Documents of version 2008-10-17 have no variables.
    pub(crate) fn parse(text: &str, has_variables: bool) -> Pattern {
        Pattern::read(text, has_variables, true)
    }

    /// Reads a text in which `*` and `?` stand for themselves.
    pub(crate) fn exact(text: &str, has_variables: bool) -> Pattern {
        Pattern::read(text, has_variables, false)
    }

    fn read(text: &str, has_variables: bool, has_wildcards: bool) -> Pattern {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let variable = rest.strip_prefix("${").filter(|_| has_variables).and_then(|inner| inner.split_once('}'));
            if let Some((name, after)) = variable {
                tokens.push(variable_token(name));
                rest = after;
                continue;
            }
            tokens.push(match first {
                '*' if has_wildcards => Token::Any,
                '?' if has_wildcards => Token::AnyOne,
                other => Token::One(other),
            });
            rest = &rest[first.len_utf8()..];
        }
        Pattern(tokens)
    }

    /// Tells whether a value matches, case and all.
    pub(crate) fn matches(&self, value: &str, context: &Context) -> bool {
        let value: Vec<char> = value.chars().collect();
        self.filled(context).is_some_and(|tokens| glob(&tokens, &value, |a, b| a == b))
    }

    /// Tells whether a value matches, whatever its case.
    pub(crate) fn matches_ignoring_case(&self, value: &str, context: &Context) -> bool {
        let value: Vec<char> = value.chars().collect();
        self.filled(context).is_some_and(|tokens| glob(&tokens, &value, |a, b| a.eq_ignore_ascii_case(&b)))
    }

    /// Tells whether an ARN matches: each of its six parts for itself, so that a wildcard stays within its part.
    pub(crate) fn matches_arn(&self, value: &str, context: &Context) -> bool {
        let Some(tokens) = self.filled(context) else { return false };
        let patterns: Vec<&[Token]> = tokens.splitn(6, |token| *token == Token::One(':')).collect();
        let parts: Vec<&str> = value.splitn(6, ':').collect();
        patterns.len() == parts.len()
            && patterns.iter().zip(parts).all(|(pattern, part)| {
                let part: Vec<char> = part.chars().collect();
                glob(pattern, &part, |a, b| a == b)
            })
    }

    /// Puts the request's values in place of variables. Without a value, the pattern matches nothing.
    fn filled(&self, context: &Context) -> Option<Vec<Token>> {
        let mut tokens = Vec::with_capacity(self.0.len());
        for token in &self.0 {
            match token {
                Token::Variable(key, default) => {
                    let value = match context.values(key) {
                        Some([value]) => value,
                        _ => default.as_ref()?,
                    };
                    tokens.extend(value.chars().map(Token::One));
                }
                other => tokens.push(other.clone()),
            }
        }
        Some(tokens)
    }
}

/// `${*}`, `${?}` and `${$}` are the characters themselves; `${key, 'x'}` has a default.
fn variable_token(name: &str) -> Token {
    match name {
        "*" | "?" | "$" => Token::One(name.chars().next().unwrap_or('$')),
        _ => match name.split_once(',') {
            Some((key, default)) => {
                Token::Variable(key.trim().to_owned(), Some(default.trim().trim_matches('\'').to_owned()))
            }
            None => Token::Variable(name.trim().to_owned(), None),
        },
    }
}

/// Goes back to the last `*` only, which takes at most pattern × value steps.
fn glob(pattern: &[Token], value: &[char], is_same: fn(char, char) -> bool) -> bool {
    let (mut p, mut v) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while v < value.len() {
        let fits = match pattern.get(p) {
            Some(Token::Any) => {
                star = Some((p, v));
                p += 1;
                continue;
            }
            Some(Token::AnyOne) => true,
            Some(Token::One(wanted)) => is_same(*wanted, value[v]),
            Some(Token::Variable(..)) | None => false,
        };
        if fits {
            p += 1;
            v += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            v = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, value: &str) -> bool {
        Pattern::parse(pattern, true).matches(value, &Context::new().with("aws:username", "a*b"))
    }

    #[test]
    fn wildcards_match_as_documented() {
        assert!(matches("ec2:Describe*", "ec2:DescribeVpcs"));
        assert!(!matches("ec2:Describe*", "ec2:CreateVpc"));
        assert!(matches("*a*b", "xxaxxbxb") && matches("a?c", "abc") && !matches("a?c", "ac"));
        assert!(matches("*", "") && matches("**", "x") && !matches("", "x"));
    }

    #[test]
    fn a_variable_is_the_value_and_not_a_pattern() {
        assert!(matches("home/${aws:username}/*", "home/a*b/x"));
        assert!(!matches("home/${aws:username}/*", "home/aXb/x"));
        assert!(!matches("home/${aws:unknown}", "home/"));
        assert!(matches("home/${aws:unknown, 'none'}", "home/none"));
        assert!(matches("a${*}", "a*") && !matches("a${*}", "ab"));
        assert!(Pattern::parse("${aws:username}", false).matches("${aws:username}", &Context::new()));
    }

    #[test]
    fn a_wildcard_of_an_arn_stays_in_its_part() {
        let context = Context::new();
        let arn = Pattern::parse("arn:aws:iam::*:role/*", true);
        assert!(arn.matches_arn("arn:aws:iam::1:role/a/b:c", &context));
        assert!(!Pattern::parse("arn:*:role/x", true).matches_arn("arn:aws:iam::1:role/x", &context));
    }

    proptest! {
        #[test]
        fn every_text_matches_itself(text in "[a-z*?:/]{0,20}", pattern in "[ab*?]{0,12}", value in "[ab]{0,12}") {
            prop_assert!(Pattern::exact(&text, true).matches(&text, &Context::new()));
            prop_assert_eq!(matches(&pattern, &value), slow(pattern.as_bytes(), value.as_bytes()));
        }
    }

    fn slow(pattern: &[u8], value: &[u8]) -> bool {
        match (pattern.split_first(), value.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), None) => slow(rest, value),
            (Some((b'*', rest)), Some((_, tail))) => slow(rest, value) || slow(pattern, tail),
            (Some((p, rest)), Some((v, tail))) => (*p == b'?' || p == v) && slow(rest, tail),
            _ => false,
        }
    }
}
