//! Asks the account what compiling must know. What to ask, and what to make of the answers, is decided in
//! `landfall_aws_blueprint::facts`; here are the calls.

mod error;
mod image;
mod instance_type;
mod network;
mod region;
mod tagged_resources;
mod zone;

use landfall_aws_blueprint::Facts;
use landfall_aws_blueprint::facts::{Account, Answers, Inquiry, Questions};
use landfall_aws_blueprint::stack::Stack;
use landfall_engine::provider::CallFailure;

use crate::cloud::Cloud;
use crate::declared::declared;
use crate::operation::{
    DESCRIBE_IMAGES, DESCRIBE_INSTANCES, DESCRIBE_NAT_GATEWAYS, DESCRIBE_REGIONS, DESCRIBE_SECURITY_GROUPS,
    DESCRIBE_SUBNETS, DESCRIBE_VPCS, Sent,
};
use crate::provider::AwsProvider;
use instance_type::{DESCRIBE_INSTANCE_TYPE_OFFERINGS, DESCRIBE_INSTANCE_TYPES};
use zone::DESCRIBE_AVAILABILITY_ZONES;

pub use error::SurveyError;
pub(crate) use region::check_region;

/// What is known from the last apply is not asked again.
pub(crate) const CALLS: Sent = Sent::NONE.sometimes(&[
    &DESCRIBE_AVAILABILITY_ZONES,
    &DESCRIBE_INSTANCE_TYPE_OFFERINGS,
    &DESCRIBE_INSTANCE_TYPES,
    &DESCRIBE_IMAGES,
    &DESCRIBE_REGIONS,
    &DESCRIBE_INSTANCES,
    &DESCRIBE_NAT_GATEWAYS,
    &DESCRIBE_SECURITY_GROUPS,
    &DESCRIBE_SUBNETS,
    &DESCRIBE_VPCS,
]);

/// Finds out what compiling the stack must know. `recorded` are the facts of the last apply, if anything that it made
/// still exists.
///
/// # Errors
/// If a call fails, if the region cannot be used, or if there is no image to boot.
pub async fn survey(provider: &AwsProvider, stack: &Stack, recorded: Option<&Facts>) -> Result<Facts, SurveyError> {
    declared("the survey", [CALLS], find_out(provider.cloud(), stack, recorded)).await
}

async fn find_out(cloud: &Cloud, stack: &Stack, recorded: Option<&Facts>) -> Result<Facts, SurveyError> {
    let account =
        Account { id: cloud.account.clone(), partition: cloud.partition.clone(), region: cloud.region.clone() };
    let mut inquiry = Inquiry::new(stack, account, recorded);
    loop {
        let questions = inquiry.questions();
        if questions.is_empty() {
            return Ok(inquiry.facts()?);
        }
        if questions.tagged_resources {
            // Nothing is recorded, so nobody has found out yet whether there is such a region.
            check_region(&cloud.ec2, &cloud.region).await?;
        }
        let answers = ask(cloud, &questions).await?;
        inquiry.take(questions, answers);
    }
}

async fn ask(cloud: &Cloud, questions: &Questions) -> Result<Answers, CallFailure> {
    let (tagged_resources, zones, offers, instance_types, network, images, offered_images) = tokio::try_join!(
        tagged_resources::ask(cloud, questions.tagged_resources),
        zone::ask(cloud, questions.zones),
        instance_type::ask_offers(cloud, &questions.offers),
        instance_type::ask(cloud, &questions.instance_types),
        network::ask(cloud, questions),
        image::ask(cloud, &questions.images),
        image::ask_offered(cloud, &questions.offered_images)
    )?;
    Ok(Answers { tagged_resources, zones, offers, instance_types, network, images, offered_images })
}
