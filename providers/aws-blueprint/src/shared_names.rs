//! Words that the blueprint writes and the provider reads: keys of tags, and values of properties.

/// Key of the tag that names the stack: everything that carries it is landfall's to change and to delete.
pub const STACK: &str = "landfall:stack";
/// Key of the tag that names the resource within the stack; for what is made many at a time, the part that its addresses
/// share.
pub const ADDRESS: &str = "landfall:address";
/// Key of the tag that names the region of the stack, on what has none itself: IAM is one for all regions, and a stack of
/// the same name in another region must not be taken for this one.
pub const REGION: &str = "landfall:region";

/// The value of a security group's `egress` while AWS's own rule lets everything out.
pub const EGRESS_ALL: &str = "all";
/// The value of a security group rule's `direction` for what comes in.
pub const INGRESS: &str = "ingress";

/// The value of a placement group's `strategy` for one whose members stand close together.
pub const CLUSTER_STRATEGY: &str = "cluster";

/// The value of an instance's `state` if it runs or is about to.
pub const RUNNING: &str = "running";
/// The value of an instance's `market` for a spot instance.
pub const SPOT: &str = "spot";
/// The value of an instance's `market` at the list price.
pub const ON_DEMAND: &str = "on-demand";
/// The value of an instance's `market` where either will do, spot before on demand. No instance is seen with it.
pub const SPOT_OR_ON_DEMAND: &str = "spot-or-on-demand";
