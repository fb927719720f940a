//! The first line of what a person reads: which stack, where, as of when.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::duration::moment;
use super::style::{FAINT, HEADING, paint};

/// Which stack is spoken of.
#[derive(Debug, Clone)]
pub struct Header {
    /// The stack's name.
    pub stack: String,
    /// Its region.
    pub region: String,
    /// The account, where it is known.
    pub account: Option<String>,
    /// The latest run: when it ended and its number.
    pub latest: Option<(Timestamp, String)>,
}

impl Header {
    /// Returns `acme · us-east-1 · account 1111-2222-3333` and, at some distance, the age of the state.
    pub fn line(&self, now: Timestamp, zone: &TimeZone) -> String {
        let account = self.account.as_ref().map(|id| format!(" · account {}", grouped(id))).unwrap_or_default();
        let place = format!(" · {}{account}", self.region);
        let state = match &self.latest {
            Some((at, run)) => format!("state of {}, run {run}", moment(*at, now, zone)),
            None => "no state yet".to_owned(),
        };
        format!("{}{place}   {}\n", paint(HEADING, &self.stack), paint(FAINT, state))
    }
}

/// Returns an account id as people read it out: `1111-2222-3333`.
pub fn grouped(account: &str) -> String {
    if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
        return super::escape::visible(account);
    }
    format!("{}-{}-{}", &account[..4], &account[4..8], &account[8..])
}
