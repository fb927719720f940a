//! What is in the way of a teardown, and how it can be loosened.

/// Something of others that keeps something of the stack from going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// Its kind, such as `ec2.network_interface`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What it is like, in a few words; may be empty.
    pub detail: String,
    /// What it keeps from going: addresses with their ids.
    pub blocks: Vec<String>,
    /// How to remove it.
    pub remedy: String,
    /// How it can be loosened without harm to what is others' own, if it can.
    pub loosening: Option<Loosening>,
}

/// What [`detach`](super::detach()) does about a blocker. It only undoes that something of the stack is used
/// elsewhere: what is others' own stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loosening {
    /// The stack's role is taken out of an instance profile of others.
    RoleFromProfile {
        /// The role.
        role: String,
        /// The profile.
        profile: String,
    },
    /// The stack's instance profile is taken from an instance of others.
    ProfileFromInstance {
        /// The instance.
        instance: String,
    },
    /// The stack's elastic IP is taken from where others put it.
    Address {
        /// The association.
        association: String,
    },
}
