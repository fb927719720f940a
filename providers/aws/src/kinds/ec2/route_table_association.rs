//! `ec2.route_table_association`: which table a subnet uses. Replacing it gives it a new id. It goes with its subnet.

use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::types::RouteTableAssociation as Ec2Association;
use landfall_aws_blueprint::addresses;
use landfall_engine::attribute::Claim;
use landfall_engine::kind::{DiesWith, Field, Schema};
use landfall_engine::provider::{Answer, Ask};
use landfall_engine::resource::Literals;
use serde::{Deserialize, Serialize};

use crate::classify::{failure, incomplete, not_yet_visible};
use crate::cloud::{Cloud, filter};
use crate::kinds::{AddressIndex, DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created};
use crate::operation::{Calls, DESCRIBE_ROUTE_TABLES, Operation, Sent, arn};
use crate::shape::{read_shape, shape_of};

const ASSOCIATE_ROUTE_TABLE: Operation =
    Operation::new("ec2:AssociateRouteTable").on(&[arn::ROUTE_TABLE, arn::SUBNET]).by_resource_tag();
const DISASSOCIATE_ROUTE_TABLE: Operation =
    Operation::new("ec2:DisassociateRouteTable").on(&[arn::ROUTE_TABLE, arn::SUBNET]).by_resource_tag();
const REPLACE_ROUTE_TABLE_ASSOCIATION: Operation =
    Operation::new("ec2:ReplaceRouteTableAssociation").on(&[arn::ROUTE_TABLE, arn::SUBNET]).by_resource_tag();

const SCHEMA: Schema = {
    let mut schema = Schema::new(
        "ec2.route_table_association",
        &[Field::new("subnet_id").immutable(), Field::new("route_table_id")],
    );
    schema.dies_with = Some(DiesWith { container: "subnet_id", unless_refers: &[] });
    schema
};

/// A subnet that somebody gave another table is looked up and given the right one.
const CALLS: Calls = Calls::new(
    Sent::always(&[&ASSOCIATE_ROUTE_TABLE]).sometimes(&[&DESCRIBE_ROUTE_TABLES, &REPLACE_ROUTE_TABLE_ASSOCIATION]),
    Sent::always(&[&DISASSOCIATE_ROUTE_TABLE]),
)
.update(&[("route_table_id", Sent::always(&[&REPLACE_ROUTE_TABLE_ASSOCIATION]))]);

/// The kind.
pub(crate) struct RouteTableAssociation;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    subnet_id: String,
    route_table_id: String,
}

impl ResourceKind for RouteTableAssociation {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn sweep(&self) -> Sweep {
        Sweep::With("ec2.subnet")
    }

    fn claim(&self, seen: &Seen, addresses: &AddressIndex<'_>) -> Claim {
        let Ok(shape) = read_shape::<Shape>(&seen.resource.properties) else { return Claim::Nothing };
        match addresses.address_of(&shape.subnet_id) {
            Some(subnet) => Claim::Address(addresses::route_table_association(subnet)),
            None => Claim::Nothing,
        }
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, &shape_of(properties, &ASSOCIATE_ROUTE_TABLE)?).await,
                Ask::Update { id, properties, .. } => {
                    let wanted: Shape = shape_of(properties, &REPLACE_ROUTE_TABLE_ASSOCIATION)?;
                    let new = replace(cloud, id.as_str(), &wanted.route_table_id).await?;
                    Ok(Answer::Updated { id: Some(new.into()), outputs: Literals::new() })
                }
                Ask::Delete { id, .. } => {
                    let call = cloud.ec2.disassociate_route_table().association_id(id.as_str());
                    call.send().await.map_err(|e| failure(&DISASSOCIATE_ROUTE_TABLE, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, wanted: &Shape) -> SendResult {
    let answer = cloud
        .ec2
        .associate_route_table()
        .subnet_id(&wanted.subnet_id)
        .route_table_id(&wanted.route_table_id)
        .customize()
        .config_override(cloud.ec2_once())
        .send()
        .await;
    match answer {
        Ok(answer) => {
            let id = answer.association_id().ok_or_else(|| incomplete(&ASSOCIATE_ROUTE_TABLE, "the id"))?;
            Ok(created(id, Literals::new()))
        }
        // Somebody gave the subnet another table, which is not the stack's and so was not seen.
        Err(error) if error.code() == Some("Resource.AlreadyAssociated") => {
            let other = association_of(cloud, &wanted.subnet_id).await?;
            Ok(created(replace(cloud, &other, &wanted.route_table_id).await?, Literals::new()))
        }
        Err(error) => Err(not_yet_visible(failure(&ASSOCIATE_ROUTE_TABLE, error))),
    }
}

async fn replace(cloud: &Cloud, id: &str, table: &str) -> Result<String, landfall_engine::provider::CallFailure> {
    let answer = cloud
        .ec2
        .replace_route_table_association()
        .association_id(id)
        .route_table_id(table)
        .customize()
        .config_override(cloud.ec2_once())
        .send()
        .await
        .map_err(|e| failure(&REPLACE_ROUTE_TABLE_ASSOCIATION, e))?;
    let new = answer.new_association_id();
    Ok(new.ok_or_else(|| incomplete(&REPLACE_ROUTE_TABLE_ASSOCIATION, "the new id"))?.to_owned())
}

async fn association_of(cloud: &Cloud, subnet: &str) -> Result<String, landfall_engine::provider::CallFailure> {
    let call = cloud.ec2.describe_route_tables().filters(filter("association.subnet-id", [subnet]));
    let answer = call.send().await.map_err(|e| failure(&DESCRIBE_ROUTE_TABLES, e))?;
    let associations = answer.route_tables().iter().flat_map(|table| table.associations());
    let of_subnet = associations.filter(|entry| entry.subnet_id() == Some(subnet));
    let id = of_subnet.filter_map(|entry| entry.route_table_association_id()).next();
    Ok(id.ok_or_else(|| incomplete(&DESCRIBE_ROUTE_TABLES, "the subnet's association"))?.to_owned())
}

/// Returns an association as its table's description shows it; `None` for the main table's own, which comes with the
/// network.
pub(super) fn seen(table: &str, association: &Ec2Association) -> Option<Seen> {
    if association.main() == Some(true) {
        return None;
    }
    let shape = Shape { subnet_id: association.subnet_id()?.to_owned(), route_table_id: table.to_owned() };
    Some(Seen::new(SCHEMA.kind, association.route_table_association_id()?, &shape))
}
