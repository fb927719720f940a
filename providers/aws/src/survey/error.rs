//! Why the survey could not find out what it must.

use landfall_aws_blueprint::facts::{ImagePurpose, NoImage};
use landfall_engine::provider::CallFailure;

/// Why the survey could not find out what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurveyError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallFailure),
    /// AWS has no such region.
    #[error("AWS has no region `{region}`{}", did_you_mean(.nearest))]
    UnknownRegion {
        /// What the stack names.
        region: String,
        /// What it may mean, the likeliest first.
        nearest: Vec<String>,
    },
    /// The account must ask for this region before it can use it.
    #[error(
        "region `{region}` is not enabled in this account: enable it under AWS Account Management (it takes some \
         minutes), or choose another"
    )]
    RegionNotEnabled {
        /// What the stack names.
        region: String,
    },
    /// Amazon offers no image that the instances could boot.
    #[error(
        "there is no Amazon Linux 2023 image for {architecture} in {region}: set `image_id` for the clusters with \
         such instances"
    )]
    NoImage {
        /// The architecture.
        architecture: String,
        /// The region.
        region: String,
    },
    /// Amazon offers no image with the driver of GPUs.
    #[error(
        "there is no image of Amazon's with Nvidia's driver (Deep Learning Base, Amazon Linux 2023) for {architecture} \
         in {region}: set `image_id` for the clusters with `gpu = 1`"
    )]
    NoGpuImage {
        /// The architecture.
        architecture: String,
        /// The region.
        region: String,
    },
}

impl From<NoImage> for SurveyError {
    fn from(missing: NoImage) -> SurveyError {
        let NoImage { purpose, architecture, region } = missing;
        match purpose {
            ImagePurpose::Ordinary => SurveyError::NoImage { architecture, region },
            ImagePurpose::Gpu => SurveyError::NoGpuImage { architecture, region },
        }
    }
}

fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        [one] => format!(", did you mean `{one}`?"),
        several => format!(", did you mean one of `{}`?", several.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        let unknown =
            SurveyError::UnknownRegion { region: "us-est-1".to_owned(), nearest: vec!["us-east-1".to_owned()] };
        assert_eq!(unknown.to_string(), "AWS has no region `us-est-1`, did you mean `us-east-1`?");
        let missing = SurveyError::from(NoImage {
            purpose: ImagePurpose::Ordinary,
            architecture: "arm64".to_owned(),
            region: "cn-north-1".to_owned(),
        });
        assert_eq!(
            missing.to_string(),
            "there is no Amazon Linux 2023 image for arm64 in cn-north-1: set `image_id` for the clusters with such \
             instances"
        );
    }
}
