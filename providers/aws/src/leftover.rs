//! What a teardown left.

use landfall_engine::kind::Kind;
use landfall_engine::provider::CallFailure;
use serde::Serialize;

/// Something that is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// Its kind, such as `ec2.volume`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What it is like, in a few words.
    pub detail: String,
    /// The id of what it goes with, if anything: beside that it is not worth a line.
    #[serde(skip)]
    pub(crate) goes_with: Option<String>,
}

/// What is left, or the call that failed so that it is not known.
pub(crate) type Leftovers = Result<Vec<Leftover>, CallFailure>;

impl Leftover {
    pub(crate) fn new(kind: &Kind, id: Option<&str>, details: &[Option<&str>]) -> Leftover {
        let known: Vec<&str> = details.iter().copied().flatten().collect();
        let id = id.unwrap_or_default().to_owned();
        Leftover { kind: kind.to_string(), id, detail: known.join(", "), goes_with: None }
    }

    /// Returns something of which only EC2's list of tags tells.
    pub(crate) fn listed(resource_type: &str, id: &str) -> Leftover {
        let kind = kind_of_type(resource_type);
        Leftover { kind, id: id.to_owned(), detail: String::new(), goes_with: None }
    }

    /// Says what it goes with.
    pub(crate) fn going_with(mut self, id: &str) -> Leftover {
        self.goes_with = Some(id.to_owned());
        self
    }
}

/// Returns the kind that is named after a type of EC2's list: `ec2.launch_template` for `launch-template`.
fn kind_of_type(resource_type: &str) -> String {
    match resource_type {
        "natgateway" => "ec2.nat_gateway".to_owned(),
        _ => format!("ec2.{}", resource_type.replace('-', "_")),
    }
}
