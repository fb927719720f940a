//! What should go wrong, as a TOML file says it.
//!
//! ```toml
//! throttling = true                 # EC2's documented token buckets; { scale = 0.25 } makes them a quarter of that
//!
//! [[fault]]                         # the second launch finds no capacity
//! match = "ec2:RunInstances"
//! nth = 2
//! kind = { error = { code = "InsufficientInstanceCapacity" } }
//!
//! [[fault]]                         # every fiftieth change happens, and nobody hears of it
//! match = "ec2:Create*"
//! probability = 0.02
//! kind = "answer_lost"
//!
//! [[fault]]                         # fresh instances are missing from every other list for a while
//! match = "ec2:RunInstances"
//! kind = { alternating = { ms = 20000 } }
//!
//! [[fault]]                         # two m6i.large on the spot market of zone b, and no more
//! kind = { capacity = { instance_type = "m6i.large", zone = "us-east-1b", market = "spot", limit = 2 } }
//! ```

use serde::Deserialize;
use wildmatch::WildMatch;

/// Everything that should go wrong.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultFile {
    /// Whether and how calls are throttled.
    #[serde(default)]
    pub throttling: Throttling,
    /// The faults.
    #[serde(default, rename = "fault")]
    pub faults: Vec<Fault>,
}

/// Whether and how calls are throttled.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Throttling {
    /// As EC2 documents it, or not at all.
    Documented(bool),
    /// By buckets of other sizes, as many a real account has.
    Scaled(Scale),
}

/// How large buckets are.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// This part, or this multiple, of what is documented: tokens and refill alike.
    pub scale: f64,
}

impl Throttling {
    /// Returns how large the buckets are by the documentation; `None` if there are none.
    pub(crate) fn scale(self) -> Option<f64> {
        match self {
            Throttling::Documented(is_on) => is_on.then_some(1.0),
            Throttling::Scaled(Scale { scale }) => Some(scale),
        }
    }
}

impl Default for Throttling {
    fn default() -> Throttling {
        Throttling::Documented(false)
    }
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The actions whose calls meet it, as `service:Action` with wildcards.
    #[serde(default = "anything", rename = "match")]
    pub matches: String,
    /// Only this one of the calls that match, counted from 1.
    pub nth: Option<u64>,
    /// How many of the calls that match are spared first.
    #[serde(default)]
    pub skip: u64,
    /// How often it happens at most.
    pub times: Option<u64>,
    /// How likely it happens, from 0 to 1; decided by the region's seed.
    pub probability: Option<f64>,
    /// What happens.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// An error of the service; nothing was done.
    Error {
        /// Its code.
        code: String,
        /// Its words.
        message: Option<String>,
        /// Its HTTP status, if not the one that this code usually has.
        status: Option<u16>,
    },
    /// A 500; nothing was done.
    InternalError,
    /// A 500, although all was done.
    InternalErrorAfter,
    /// The connection breaks before anything is done.
    RequestLost,
    /// The connection breaks when all is done.
    AnswerLost,
    /// The answer comes late.
    Delay {
        /// By so many milliseconds of the simulated clock.
        ms: u64,
    },
    /// Too many requests.
    Throttle,
    /// The caller is not allowed to.
    Denied,
    /// What the call makes is not visible at first.
    Invisible {
        /// For so many calls that would have seen it.
        calls: Option<u64>,
        /// For so many milliseconds.
        ms: Option<u64>,
    },
    /// What the call makes is found by its id, but missing from every other list of many until some time has passed:
    /// lists are read from copies of which some are behind.
    Alternating {
        /// For so many lists that miss it.
        calls: Option<u64>,
        /// For so many milliseconds.
        ms: Option<u64>,
    },
    /// There is only so much capacity.
    Capacity {
        /// Of this instance type, or `*` for any.
        #[serde(default = "anything")]
        instance_type: String,
        /// In this zone, or `*` for any.
        #[serde(default = "anything")]
        zone: String,
        /// On this market.
        #[serde(default)]
        market: Market,
        /// So many instances at once.
        limit: u32,
    },
    /// Spot instances are taken away.
    InterruptSpot {
        /// So many milliseconds after the first request.
        after_ms: u64,
        /// So many of them, the oldest first; all, if this is left out.
        count: Option<usize>,
    },
}

/// How instances are bought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Market {
    /// In either way.
    #[default]
    Any,
    /// On demand.
    OnDemand,
    /// On the spot market.
    Spot,
}

impl Market {
    /// Returns the name that limits of capacity are kept under.
    pub(crate) fn pattern(self) -> &'static str {
        match self {
            Market::Any => "*",
            Market::OnDemand => "on-demand",
            Market::Spot => "spot",
        }
    }
}

/// A fault file says something that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum FaultFileError {
    /// It is not TOML, or has other keys.
    #[error("{0}")]
    Toml(String),
    /// Buckets that nothing can pass.
    #[error("throttling: a scale is from 0.01 to 100, and {0} is not")]
    Scale(f64),
    /// A value is out of its range.
    #[error("fault {number}: {reason}")]
    Value {
        /// Which fault, counted from 1.
        number: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

impl Fault {
    /// Returns a fault of every call.
    pub fn new(kind: FaultKind) -> Fault {
        Fault { matches: anything(), nth: None, skip: 0, times: None, probability: None, kind }
    }

    /// Restricts it to actions.
    #[must_use]
    pub fn of(mut self, actions: &str) -> Fault {
        actions.clone_into(&mut self.matches);
        self
    }

    /// Restricts it to one of the calls that match, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Fault {
        self.nth = Some(nth);
        self
    }

    pub(crate) fn is_for(&self, action: &str) -> bool {
        WildMatch::new(&self.matches).matches(action)
    }

    fn problem(&self) -> Option<&'static str> {
        match &self.kind {
            _ if self.nth == Some(0) => Some("calls are counted from 1, so nth cannot be 0"),
            _ if self.nth.is_some() && self.skip > 0 => Some("nth and skip cannot go together"),
            _ if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) => Some("a probability is from 0 to 1"),
            FaultKind::Error { status: Some(status), .. } if !(400..=599).contains(status) => {
                Some("the status of an error is from 400 to 599")
            }
            FaultKind::Invisible { calls: None, ms: None } => Some("invisible needs calls or ms"),
            FaultKind::Alternating { calls: None, ms: None } => Some("alternating needs calls or ms"),
            _ => None,
        }
    }
}

impl FaultFile {
    /// Reads a fault file.
    ///
    /// # Errors
    /// If it is not TOML, has a key that does not exist, or a value out of its range.
    pub fn parse(text: &str) -> Result<FaultFile, FaultFileError> {
        let file: FaultFile = toml::from_str(text).map_err(|error| FaultFileError::Toml(error.to_string()))?;
        if let Some(scale) = file.throttling.scale().filter(|scale| !(0.01..=100.0).contains(scale)) {
            return Err(FaultFileError::Scale(scale));
        }
        let problem = file.faults.iter().enumerate().find_map(|(index, fault)| Some((index + 1, fault.problem()?)));
        match problem {
            Some((number, reason)) => Err(FaultFileError::Value { number, reason }),
            None => Ok(file),
        }
    }
}

fn anything() -> String {
    "*".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_should_go_wrong() {
        let text = r#"
            throttling = true
            [[fault]]
            match = "ec2:RunInstances"
            nth = 2
            kind = { error = { code = "InsufficientInstanceCapacity" } }
            [[fault]]
            kind = "answer_lost"
            [[fault]]
            kind = { capacity = { instance_type = "m6i.large", market = "spot", limit = 2 } }
        "#;
        let file = FaultFile::parse(text).expect("a fault file");
        assert_eq!(file.throttling.scale(), Some(1.0));
        let scaled = FaultFile::parse("throttling = { scale = 0.25 }").expect("a fault file");
        assert_eq!(scaled.throttling.scale(), Some(0.25));
        assert_eq!((file.faults[0].nth, file.faults[0].is_for("ec2:RunInstances")), (Some(2), true));
        assert_eq!(file.faults[1], Fault::new(FaultKind::AnswerLost));
        let market = Market::Spot;
        let capacity =
            FaultKind::Capacity { instance_type: "m6i.large".to_owned(), zone: "*".to_owned(), market, limit: 2 };
        assert_eq!(file.faults[2], Fault::new(capacity));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, wanted) in [
            ("throttling = { scale = 0.0 }", "from 0.01 to 100"),
            ("throttling = { scales = 1.0 }", "throttling"),
            ("[[fault]]\nkind = 'explode'", "unknown variant"),
            ("[[fault]]\nkind = 'throttle'\nntth = 1", "unknown field"),
            ("[[fault]]\nkind = 'throttle'\nnth = 0", "fault 1: calls are counted from 1"),
            ("[[fault]]\nkind = 'throttle'\nprobability = 2.0", "fault 1: a probability"),
            ("[[fault]]\nkind = { invisible = {} }", "fault 1: invisible needs"),
            ("[[fault]]\nkind = { alternating = {} }", "fault 1: alternating needs"),
            ("[[fault]]\nkind = { error = { code = 'X', status = 200 } }", "fault 1: the status"),
        ] {
            let error = FaultFile::parse(text).expect_err(text).to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
