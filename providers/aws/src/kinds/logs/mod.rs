//! CloudWatch Logs: where the instances write.

pub(crate) mod log_group;
