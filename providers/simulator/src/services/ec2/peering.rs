//! What leads out of a VPC to another network. None can be made here, so there is never any; but whoever deletes a VPC asks.
//!
//! Sources: EC2 API reference (DescribeVpcPeeringConnections, DescribeVpnGateways).

use super::query::check_form;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;

/// The actions.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "DescribeVpcPeeringConnections",
        parameters: &[
            "DryRun",
            "VpcPeeringConnectionId.N",
            "Filter.N.Name",
            "Filter.N.Value.N",
            "MaxResults",
            "NextToken",
        ],
        run: describe_peerings,
    },
    Action {
        name: "DescribeVpnGateways",
        parameters: &["DryRun", "VpnGatewayId.N", "Filter.N.Name", "Filter.N.Value.N"],
        run: describe_vpn_gateways,
    },
];

const PEERING_FILTERS: &[&str] = &[
    "accepter-vpc-info.cidr-block",
    "accepter-vpc-info.owner-id",
    "accepter-vpc-info.vpc-id",
    "expiration-time",
    "requester-vpc-info.cidr-block",
    "requester-vpc-info.owner-id",
    "requester-vpc-info.vpc-id",
    "status-code",
    "status-message",
    "vpc-peering-connection-id",
];

const VPN_FILTERS: &[&str] = &[
    "amazon-side-asn",
    "attachment.state",
    "attachment.vpc-id",
    "availability-zone",
    "state",
    "type",
    "vpn-gateway-id",
];

fn describe_peerings(_world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    check_filters(params, PEERING_FILTERS)?;
    if let Some(id) = params.list("VpcPeeringConnectionId").first() {
        check_form(id, "pcx", "InvalidVpcPeeringConnectionID.Malformed")?;
        let message = format!("The vpcPeeringConnection ID '{id}' does not exist");
        return Err(ApiError::new("InvalidVpcPeeringConnectionID.NotFound", message));
    }
    Ok(Xml::new().set("vpcPeeringConnectionSet", []))
}

fn describe_vpn_gateways(_world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    check_filters(params, VPN_FILTERS)?;
    if let Some(id) = params.list("VpnGatewayId").first() {
        check_form(id, "vgw", "InvalidVpnGatewayID.Malformed")?;
        let message = format!("The vpnGateway ID '{id}' does not exist");
        return Err(ApiError::new("InvalidVpnGatewayID.NotFound", message));
    }
    Ok(Xml::new().set("vpnGatewaySet", []))
}

fn check_filters(params: &Params, known: &[&str]) -> Result<(), ApiError> {
    for filter in params.structures("Filter") {
        let name = filter.required("Name")?;
        if !known.contains(&name) && name != "tag-key" && !name.starts_with("tag:") {
            return Err(ApiError::new("InvalidParameterValue", format!("The filter '{name}' is invalid")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::Client;
    use crate::region::Delays;

    #[test]
    fn there_are_none_and_what_is_wrong_is_refused() {
        let client = Client::new(Delays::none());
        for (action, filter, id) in [
            (
                "DescribeVpcPeeringConnections",
                "requester-vpc-info.vpc-id",
                "VpcPeeringConnectionId.1=pcx-0123456789abcdef0",
            ),
            ("DescribeVpnGateways", "attachment.vpc-id", "VpnGatewayId.1=vgw-0123456789abcdef0"),
        ] {
            let answer = client.ok(action, &format!("Filter.1.Name={filter} Filter.1.Value.1=vpc-1"));
            assert_eq!(answer.count("item"), 0);
            assert_eq!(client.refused(action, "Filter.1.Name=colour Filter.1.Value.1=x"), "InvalidParameterValue");
            assert!(client.refused(action, id).ends_with("ID.NotFound"));
        }
    }
}
