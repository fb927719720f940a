//! The clients of one account and region, and what every call needs besides its own parameters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::types::{ResourceType, TagSpecification};
use landfall_engine::resource::CloudId;
use landfall_engine::time_scale::TimeScale;

use crate::rate_limit::RateLimits;
use crate::tags::{REGION, RUN, STACK, Tags, to_ec2};

/// Where calls go, and for which stack.
#[derive(Debug, Clone)]
pub(crate) struct Cloud {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) stack: String,
    /// The id of this run, for the tag that tells which run made a resource.
    pub(crate) run: String,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) partition: String,
    /// How fast time goes there.
    pub(crate) time_scale: TimeScale,
    pub(crate) calls: CallCount,
    pub(crate) rate_limits: RateLimits,
}

/// Counts requests as they leave, repetitions included.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallCount(Arc<AtomicU64>);

impl CallCount {
    pub(crate) fn sent(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Cloud {
    /// Overrides for a call that must not be repeated by the SDK: its action takes no client token, so a repetition
    /// after a lost answer would make a second resource. The engine looks before it asks again.
    pub(crate) fn ec2_once(&self) -> aws_sdk_ec2::config::Builder {
        aws_sdk_ec2::config::Builder::default().retry_config(RetryConfig::disabled())
    }

    /// The same for IAM, which has no client tokens at all.
    pub(crate) fn iam_once(&self) -> aws_sdk_iam::config::Builder {
        aws_sdk_iam::config::Builder::default().retry_config(RetryConfig::disabled())
    }

    /// The same for CloudWatch Logs.
    pub(crate) fn logs_once(&self) -> aws_sdk_cloudwatchlogs::config::Builder {
        aws_sdk_cloudwatchlogs::config::Builder::default().retry_config(RetryConfig::disabled())
    }

    /// Tells whether these tags say that something is this stack's, here.
    pub(crate) fn owns<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        get(STACK) == Some(&self.stack) && get(REGION).is_none_or(|region| region == self.region)
    }

    /// Returns the tags of something made now: the declared ones and the run.
    pub(crate) fn tags_at_creation(&self, declared: &Tags) -> Tags {
        let mut tags = declared.clone();
        tags.insert(RUN.to_owned(), self.run.clone());
        tags
    }

    /// Returns the same as a parameter of EC2's creating calls. EC2 takes a creation back if its tags cannot be set,
    /// so nothing of landfall's is ever without them.
    pub(crate) fn tag_specification(&self, of: ResourceType, declared: &Tags) -> TagSpecification {
        let tags = to_ec2(&self.tags_at_creation(declared));
        TagSpecification::builder().resource_type(of).set_tags(Some(tags)).build()
    }

    /// The filter that selects what carries the stack's tag.
    pub(crate) fn of_this_stack(&self) -> aws_sdk_ec2::types::Filter {
        filter(&format!("tag:{}", STACK), [&self.stack])
    }
}

/// Returns a filter of EC2: the values are alternatives.
pub(crate) fn filter<S: AsRef<str>>(name: &str, values: impl IntoIterator<Item = S>) -> aws_sdk_ec2::types::Filter {
    let values = values.into_iter().map(|value| value.as_ref().to_owned()).collect();
    aws_sdk_ec2::types::Filter::builder().name(name).set_values(Some(values)).build()
}

/// Most values that EC2 takes in the filters of one call (FilterLimitExceeded beyond).
pub(crate) const FILTER_VALUES_MAX: usize = 200;

/// Returns the ids in chunks that fit the filters of one call.
pub(crate) fn filter_chunks(ids: &[&CloudId]) -> Vec<Vec<String>> {
    ids.chunks(FILTER_VALUES_MAX).map(|chunk| chunk.iter().map(|id| id.to_string()).collect()).collect()
}
