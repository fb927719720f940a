//! What compiling must know of the account, and who decides it.
//!
//! ```text
//! Stack, recorded Facts --Inquiry--> Questions --the provider reads*--> Answers --Inquiry--> … --> Facts
//! ```
//!
//! Compiling takes [`Facts`]; the state keeps them. [`Inquiry`] says what to ask and decides what to make of the answers,
//! so that the provider only reads. All of this is pure.
//!
//! # What counts
//!
//! The newest image, the zones, the zone of a cluster: each is found out or chosen once and kept as long as the stack
//! has anything, so that a plan does not move because Amazon published an image or opened a zone. In this order:
//!
//! 1. **What the stack file names**: an image, a zone, the zones. It is never overruled.
//! 2. **What the last apply recorded**, if anything that it made still exists (the caller knows), of this account
//!    and region. What is recorded is not asked again, so a plan without news asks for nothing.
//! 3. **What the stack's resources show**, where nothing is recorded: the image and the zone of instances, the block of
//!    subnets, the zone of the NAT gateway. A lost state must not move what runs.
//! 4. **What the account offers now**: the newest image, the first zone that offers a cluster's types.
//!
//! A choice gives way to the next in order only when it is not possible any more: the zone is gone or does not offer the
//! types, the block is beyond a network that became smaller, an image that an instance showed is none for GPUs.
//!
//! | file | subject |
//! |---|---|
//! | `model.rs` | the facts |
//! | `questions.rs` | what can be asked of an account, and the answers |
//! | `inquiry.rs` | what is not known yet; taking the answers over |
//! | `tagged_resources.rs` | choices that the stack's resources show |
//! | `amazon_image.rs` | what an image is like; which images of Amazon's are needed, and the newest of them |
//! | `placement.rs` | the zones of subnets, of clusters and of the NAT gateway, and the blocks of zones |

mod amazon_image;
mod inquiry;
mod model;
mod placement;
mod questions;
mod tagged_resources;

pub use amazon_image::{Image, ImagePurpose};
pub use inquiry::{Inquiry, NoImage};
pub use model::{Facts, Gpu, NetworkFacts, Placement, SubnetFacts};
pub(crate) use placement::{zone_of, zones};
pub use questions::{Account, Answers, AvailabilityZone, InstanceType, Questions};
pub use tagged_resources::{TaggedInstance, TaggedResources, TaggedSubnet};
