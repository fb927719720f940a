//! `logs/group`: one group for the stack, named as it. Each instance opens its own stream at boot, so that workers cost
//! no calls and the log of a dead one stays for the retention time.

use crate::stack::Stack;
use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::snapshot::Declared;

use crate::labels::Labels;

/// Returns the address of the group.
pub(crate) fn group() -> Address {
    Address::of(["logs", "group"])
}

pub(crate) fn declare(stack: &Stack, labels: &Labels<'_>, declared: &mut Declared) {
    declared.add(
        labels
            .regional(group(), Kind::new("logs.log_group"))
            .with("name", stack.name.as_str())
            .with("retention_in_days", stack.logs.retention_days)
            .with("tags", labels.tags(&group(), "")),
    );
}
