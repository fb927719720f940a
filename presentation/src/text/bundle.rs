//! Joins what differs only in a number or a zone to one line: `worker/[0..9]`, `subnet/public/us-east-1[a-f]`.

use std::collections::{BTreeMap, BTreeSet};

use landfall_engine::address::Address;

/// Most patterns that one sentence names.
const NAMED_MAX: usize = 6;

/// Items that can be told in one line, and the pattern of their addresses.
#[derive(Debug)]
pub struct Bundle<T> {
    /// The pattern: a plain address for a single item.
    pub name: String,
    /// The items, by address; never empty.
    pub members: Vec<T>,
}

/// Bundles items whose addresses differ in one segment only and for which `alike` gives the same answer.
///
/// Bundles come in the order of their first member.
pub fn bundle<T, K: Ord>(items: Vec<T>, address: impl Fn(&T) -> &Address, alike: impl Fn(&T) -> K) -> Vec<Bundle<T>> {
    let addresses: Vec<Address> = items.iter().map(|item| address(item).clone()).collect();
    let likenesses = numbered(items.iter().map(alike));
    let mut groups = group(&addresses, &likenesses);
    groups.sort_by_key(|(_, indices)| indices.first().copied());
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    let take = |(name, indices): (String, Vec<usize>)| {
        let members = indices.into_iter().filter_map(|index| items[index].take()).collect();
        Bundle { name, members }
    };
    groups.into_iter().map(take).collect()
}

/// Groups addresses by their index, each group with its pattern.
fn group(addresses: &[Address], likenesses: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut alone: BTreeSet<usize> = (0..addresses.len()).collect();
    let mut groups = Vec::new();
    let longest = addresses.iter().map(|address| address.segments().count()).max().unwrap_or_default();
    // The last segment first: workers and zones stand there.
    for from_end in 0..longest {
        let mut slots: BTreeMap<Slot<'_>, Vec<(&str, usize)>> = BTreeMap::new();
        for index in &alone {
            if let Some((slot, segment)) = Slot::of(&addresses[*index], likenesses[*index], from_end) {
                slots.entry(slot).or_default().push((segment, *index));
            }
        }
        for (slot, members) in slots {
            let (varying, indices): (Vec<&str>, Vec<usize>) = members.into_iter().unzip();
            if let Some(pattern) = pattern(&varying) {
                for index in &indices {
                    alone.remove(index);
                }
                groups.push((slot.filled_with(&pattern), indices));
            }
        }
    }
    groups.extend(alone.into_iter().map(|index| (addresses[index].to_string(), vec![index])));
    groups
}

/// What addresses have in common that differ in one segment.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Slot<'a> {
    likeness: usize,
    before: Vec<&'a str>,
    after: Vec<&'a str>,
}

impl<'a> Slot<'a> {
    /// Returns the slot around the segment so far from the end, and the segment.
    fn of(address: &'a Address, likeness: usize, from_end: usize) -> Option<(Slot<'a>, &'a str)> {
        let segments: Vec<&str> = address.segments().collect();
        let place = segments.len().checked_sub(from_end + 1)?;
        let (before, after) = (segments[..place].to_vec(), segments[place + 1..].to_vec());
        Some((Slot { likeness, before, after }, segments[place]))
    }

    fn filled_with(self, pattern: &str) -> String {
        [self.before, vec![pattern], self.after].concat().join("/")
    }
}

/// Returns addresses as few patterns, for a sentence.
pub fn patterns<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Vec<String> {
    let sorted: BTreeSet<&Address> = addresses.into_iter().collect();
    bundle(sorted.into_iter().collect(), |address| address, |_| ()).into_iter().map(|bundle| bundle.name).collect()
}

/// Returns addresses as words for a sentence: the first patterns by name, the others by their number.
pub fn named(addresses: &[Address]) -> String {
    let mut patterns = patterns(addresses);
    let more = patterns.len().saturating_sub(NAMED_MAX);
    if more > 1 {
        patterns.truncate(NAMED_MAX);
        return format!("{} and {more} more", patterns.join(", "));
    }
    patterns.join(", ")
}

/// Replaces each key by a number that is the same for equal keys, so that large keys are compared once.
fn numbered<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    keys.map(|key| {
        let next = numbers.len();
        *numbers.entry(key).or_insert(next)
    })
    .collect()
}

/// Returns one segment for many, or `None` where a reader could not tell which are meant.
fn pattern(varying: &[&str]) -> Option<String> {
    let distinct: BTreeSet<&str> = varying.iter().copied().collect();
    if varying.len() < 2 || distinct.len() < varying.len() {
        return None;
    }
    let prefix = common_prefix(varying);
    let rests: Vec<&str> = varying.iter().map(|segment| &segment[prefix.len()..]).collect();
    if let Some(numbers) = rests.iter().map(|rest| number(rest)).collect::<Option<BTreeSet<u64>>>() {
        return Some(format!("{prefix}[{}]", ranges(&numbers)));
    }
    if prefix.is_empty() {
        return None;
    }
    let letters: Option<BTreeSet<char>> = rests.iter().map(|rest| single_letter(rest)).collect();
    Some(match letters {
        Some(letters) => format!("{prefix}[{}]", letter_ranges(&letters)),
        None => format!("{prefix}[{}]", rests.join(",")),
    })
}

/// Returns what all begin with, cut back to where a word or a number ends: `us-east-1`, not the `p` of `public` and
/// `private`.
fn common_prefix<'a>(segments: &[&'a str]) -> &'a str {
    let Some((first, others)) = segments.split_first() else { return "" };
    let common = others.iter().fold(first.len(), |length, other| {
        first.bytes().zip(other.bytes()).take(length).take_while(|(a, b)| a == b).count()
    });
    let is_boundary = |at: usize| segments.iter().all(|segment| breaks_at(segment.as_bytes(), at));
    (0..=common).rev().find(|at| *at == 0 || is_boundary(*at)).map_or("", |at| &first[..at])
}

fn breaks_at(text: &[u8], at: usize) -> bool {
    match (text[at - 1], text.get(at)) {
        (before, _) if !before.is_ascii_alphanumeric() => true,
        (_, None) => false,
        (before, Some(after)) => before.is_ascii_digit() != after.is_ascii_digit(),
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

fn single_letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|letter| letter.is_ascii_alphabetic() && letters.next().is_none())
}

/// Returns `0..9,12` for the numbers from 0 to 9 and 12.
fn ranges(numbers: &BTreeSet<u64>) -> String {
    runs(numbers.iter().copied(), |number| number.to_string(), "..")
}

/// Returns `a-d,f` for the letters from a to d and f.
fn letter_ranges(letters: &BTreeSet<char>) -> String {
    let shown = |code: u64| u32::try_from(code).ok().and_then(char::from_u32).unwrap_or_default().to_string();
    runs(letters.iter().map(|letter| u64::from(*letter)), shown, "-")
}

/// Joins neighbours to runs; two neighbours are no run yet.
fn runs(sorted: impl Iterator<Item = u64>, shown: impl Fn(u64) -> String, dash: &str) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in sorted {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let run = |(first, last): (u64, u64)| match last - first {
        0 => shown(first),
        1 => format!("{},{}", shown(first), shown(last)),
        _ => format!("{}{dash}{}", shown(first), shown(last)),
    };
    runs.into_iter().map(run).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(addresses: &[&str]) -> Vec<String> {
        let addresses: Vec<Address> = addresses.iter().map(|a| Address::new(*a).expect("an address")).collect();
        patterns(&addresses)
    }

    #[test]
    fn workers_zones_and_ports_are_joined() {
        assert_eq!(shown(&["c/worker/0", "c/worker/1", "c/worker/2", "c/worker/7"]), ["c/worker/[0..2,7]"]);
        assert_eq!(shown(&["n/s/us-east-1a", "n/s/us-east-1b", "n/s/us-east-1c"]), ["n/s/us-east-1[a-c]"]);
        assert_eq!(shown(&["n/s/us-east-1a", "n/s/us-east-1c"]), ["n/s/us-east-1[a,c]"]);
        assert_eq!(shown(&["z/1a", "z/1b", "z/1c", "z/1f"]), ["z/1[a-c,f]"]);
        assert_eq!(shown(&["r/tcp-22/0.0.0.0-0", "r/tcp-2222/0.0.0.0-0"]), ["r/tcp-[22,2222]/0.0.0.0-0"]);
    }

    #[test]
    fn what_has_little_in_common_stays_apart() {
        assert_eq!(shown(&["n/private", "n/public"]), ["n/private", "n/public"]);
        assert_eq!(shown(&["i/AmazonA", "i/AmazonB"]), ["i/AmazonA", "i/AmazonB"]);
        assert_eq!(shown(&["n/vpc"]), ["n/vpc"]);
        assert_eq!(shown(&["w/1", "w/01"]), ["w/01", "w/1"]);
    }

    #[test]
    fn only_what_is_alike_is_joined() {
        let items = ["w/0", "w/1", "w/2", "w/3"].map(|a| Address::new(a).expect("an address")).to_vec();
        let bundles = bundle(items, |a| a, |a| a.index().is_some_and(|(_, i)| i < 2));
        assert_eq!(
            bundles.into_iter().map(|b| (b.name, b.members.len())).collect::<Vec<_>>(),
            [("w/[0,1]".to_owned(), 2), ("w/[2,3]".to_owned(), 2)]
        );
    }
}
