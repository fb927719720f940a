//! Addresses: how people and landfall name a resource.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of one resource of a stack, a path such as `network/subnet/private/us-east-1a`.
///
/// The characters are chosen so that an address needs no quoting in a shell. Addresses sort the way people count:
/// `worker/9` before `worker/10`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(Arc<str>);

/// The text is not an address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not an address: segments of A-Z a-z 0-9 and -_.:+=@%, separated by single slashes")]
pub struct BadAddress {
    /// What was given.
    pub text: String,
}

impl Address {
    /// Returns the address, or an error if a segment is empty or holds a character that a shell would interpret.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Address, BadAddress> {
        let text = text.into();
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.:+=@%".contains(&b);
        let sound = text.split('/').all(|segment| !segment.is_empty() && segment.bytes().all(legal));
        if sound { Ok(Address(text)) } else { Err(BadAddress { text: text.to_string() }) }
    }

    /// Returns the address that these segments make. Characters that an address cannot hold become `-`, so that
    /// names from outside (a CIDR, an ARN's path) can be used as they are.
    pub fn of<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> Address {
        let mut text = String::new();
        for segment in segments {
            if !text.is_empty() {
                text.push('/');
            }
            let legal = |c: char| c.is_ascii_alphanumeric() || "-_.:+=@%".contains(c);
            text.extend(segment.as_ref().chars().map(|c| if legal(c) { c } else { '-' }));
            if segment.as_ref().is_empty() {
                text.push('-');
            }
        }
        Address(text.into())
    }

    /// Returns the address one segment below this one.
    pub fn join(&self, segment: impl AsRef<str>) -> Address {
        Address::of(self.0.split('/').chain([segment.as_ref()]))
    }

    /// Returns the address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the segments, outermost first.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Returns the first segment: `network`, `security`, `identity`, `logs`, `cluster`.
    pub fn area(&self) -> &str {
        self.segments().next().unwrap_or_default()
    }

    /// Returns what stands before the last slash and after it; `None` for a single segment.
    pub fn split_last(&self) -> Option<(&str, &str)> {
        self.0.rsplit_once('/')
    }

    /// Returns the number at the end, as in `cluster/analytics/worker/7`, with what stands before it.
    pub fn index(&self) -> Option<(&str, u64)> {
        let (group, last) = self.split_last()?;
        last.parse().ok().map(|index| (group, index))
    }
}

impl TryFrom<String> for Address {
    type Error = BadAddress;
    fn try_from(text: String) -> Result<Self, BadAddress> {
        Address::new(text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.0.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        // Segments that are equal to the letter decide nothing, and addresses of one stack have most of them in common:
        // only from the first that differs on must be looked at them as people do.
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        let common = a.iter().zip(b).take_while(|(x, y)| x == y).count();
        let from = a[..common].iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        // A slash is a character of one byte, so both are cut between two characters.
        cmp_as_people_do(&self.0[from..], &other.0[from..])
    }
}

/// Segment by segment: numbers first and by their value, then the others by their letters. The longer address comes last.
///
/// It would be no order to hold numbers against words by their letters: 9 < 10, 10 < 1a, 1a < 9.
fn cmp_as_people_do(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (Some(a), Some(b));
    loop {
        let (Some(here_a), Some(here_b)) = (rest_a, rest_b) else {
            // The text decides at last, so that `a/1` and `a/01` stay two addresses.
            return rest_a.is_some().cmp(&rest_b.is_some()).then_with(|| a.cmp(b));
        };
        let (segment_a, segment_b);
        (segment_a, rest_a) = cut(here_a);
        (segment_b, rest_b) = cut(here_b);
        let order = match (number(segment_a), number(segment_b)) {
            (Some(x), Some(y)) => x.cmp(&y),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => segment_a.cmp(segment_b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Returns the first segment and, if there are more, the others.
fn cut(text: &str) -> (&str, Option<&str>) {
    // Segments are short: to look at each byte is quicker than what searches long texts.
    match text.bytes().position(|byte| byte == b'/') {
        Some(slash) => (&text[..slash], Some(&text[slash + 1..])),
        None => (text, None),
    }
}

/// Returns the value of a segment that consists of digits, no more than fit.
fn number(segment: &str) -> Option<u64> {
    const DIGITS_MAX: usize = 19;
    if segment.is_empty() || segment.len() > DIGITS_MAX {
        return None;
    }
    segment.bytes().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A pattern that selects addresses: `*` stands for any text (slashes too), `?` for one character.
#[derive(Debug, Clone)]
pub struct AddressGlob(wildmatch::WildMatch);

impl AddressGlob {
    /// Returns the pattern. Every text is one; one without a wildcard selects that address alone.
    pub fn new(pattern: &str) -> AddressGlob {
        AddressGlob(wildmatch::WildMatch::new(pattern))
    }

    /// Tells whether the pattern selects this address.
    pub fn selects(&self, address: &Address) -> bool {
        self.0.matches(address.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(text: &str) -> Address {
        Address::new(text).expect("a good address")
    }

    #[test]
    fn an_address_needs_no_quoting() {
        for bad in ["", "/", "a//b", "a/", "a b", "a$b", "a*", "a'b", "é"] {
            assert!(Address::new(bad).is_err(), "{bad:?} was accepted");
        }
        assert!(Address::new("security/rule/scheduler/ingress/tcp-8787/2001:db8::-32").is_ok());
    }

    #[test]
    fn workers_sort_as_people_count() {
        let mut addresses = ["c/worker/10", "c/worker/9", "c/scheduler", "c/worker/1"].map(address);
        addresses.sort();
        assert_eq!(addresses.map(|a| a.to_string()), ["c/scheduler", "c/worker/1", "c/worker/9", "c/worker/10"]);
    }

    #[test]
    fn numbers_come_before_words() {
        let mut addresses = ["p/1a", "p/10", "p/9", "p/01", "p/1", "p/99999999999999999999", "p/b"].map(address);
        addresses.sort();
        let wanted = ["p/01", "p/1", "p/9", "p/10", "p/1a", "p/99999999999999999999", "p/b"];
        assert_eq!(addresses.map(|a| a.to_string()), wanted);
    }

    #[test]
    fn names_from_outside_are_made_fit() {
        assert_eq!(Address::of(["rule", "10.0.0.0/8"]).as_str(), "rule/10.0.0.0-8");
        assert_eq!(address("cluster/a/worker/7").index(), Some(("cluster/a/worker", 7)));
        assert_eq!(address("network/vpc").index(), None);
    }

    #[test]
    fn a_glob_crosses_slashes() {
        assert!(AddressGlob::new("cluster/*").selects(&address("cluster/a/worker/1")));
        assert!(AddressGlob::new("*/worker/?").selects(&address("cluster/a/worker/1")));
        assert!(!AddressGlob::new("network/vpc").selects(&address("network/vpc-2")));
    }

    proptest! {
        /// The same, whether or not what two addresses have in common is looked at.
        #[test]
        fn a_common_beginning_decides_nothing(a in "[a-c1]{1,2}(/[0-9a-b]{1,3}){0,3}", b in "[a-c1]{1,2}(/[0-9a-b]{1,3}){0,3}") {
            prop_assert_eq!(address(&a).cmp(&address(&b)), cmp_as_people_do(&a, &b));
            let [below_a, below_b] = [&a, &b].map(|below| format!("x/7/{below}"));
            prop_assert_eq!(address(&below_a).cmp(&address(&below_b)), cmp_as_people_do(&a, &b));
        }

        // Few enough that three of them are often alike.
        #[test]
        fn order_is_total(a in "[a1]{1,2}(/[019a]{1,2}){0,2}", b in "[a1]{1,2}(/[019a]{1,2}){0,2}",
                          c in "[a1]{1,2}(/[019a]{1,2}){0,2}") {
            let (a, b, c) = (address(&a), address(&b), address(&c));
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
            if a <= b && b <= c { prop_assert!(a <= c); }
        }
    }
}
