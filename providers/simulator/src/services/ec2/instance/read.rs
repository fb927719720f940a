//! Reading what calls say of instances, without looking at what there is.

use super::super::instance_type::InstanceType;
use super::super::query::check_form;
use super::super::tagging;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::world::Tags;
use crate::world::ec2::Ec2;
use crate::world::ec2::instance::MetadataOptions;

/// What RunInstances takes.
pub(super) const PARAMETERS: &[&str] = &[
    "DryRun",
    "ImageId",
    "InstanceType",
    "MinCount",
    "MaxCount",
    "KeyName",
    "LaunchTemplate.LaunchTemplateId",
    "LaunchTemplate.LaunchTemplateName",
    "LaunchTemplate.Version",
    "SubnetId",
    "SecurityGroupId.N",
    "UserData",
    "ClientToken",
    "DisableApiTermination",
    "DisableApiStop",
    "InstanceInitiatedShutdownBehavior",
    "EbsOptimized",
    "Monitoring.Enabled",
    "HibernationOptions.Configured",
    "Placement.AvailabilityZone",
    "Placement.GroupName",
    "Placement.Tenancy",
    "CreditSpecification.CpuCredits",
    "IamInstanceProfile.Name",
    "IamInstanceProfile.Arn",
    "BlockDeviceMapping.N.DeviceName",
    "BlockDeviceMapping.N.Ebs.VolumeSize",
    "BlockDeviceMapping.N.Ebs.VolumeType",
    "BlockDeviceMapping.N.Ebs.DeleteOnTermination",
    "BlockDeviceMapping.N.Ebs.Encrypted",
    "BlockDeviceMapping.N.Ebs.Iops",
    "BlockDeviceMapping.N.Ebs.Throughput",
    "NetworkInterface.N.DeviceIndex",
    "NetworkInterface.N.SubnetId",
    "NetworkInterface.N.SecurityGroupId.N",
    "NetworkInterface.N.AssociatePublicIpAddress",
    "NetworkInterface.N.DeleteOnTermination",
    "NetworkInterface.N.Description",
    "InstanceMarketOptions.MarketType",
    "InstanceMarketOptions.SpotOptions.MaxPrice",
    "InstanceMarketOptions.SpotOptions.SpotInstanceType",
    "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior",
    "MetadataOptions.HttpTokens",
    "MetadataOptions.HttpEndpoint",
    "MetadataOptions.HttpPutResponseHopLimit",
    "MetadataOptions.HttpProtocolIpv6",
    "MetadataOptions.InstanceMetadataTags",
    "TagSpecification.N.ResourceType",
    "TagSpecification.N.Tag.N.Key",
    "TagSpecification.N.Tag.N.Value",
];

/// What RunInstances takes and a launch template does not.
const NOT_IN_TEMPLATES: &[&str] = &["DryRun", "MinCount", "MaxCount", "ClientToken", "SubnetId"];

/// Checks what a launch template says of a launch, as far as that needs nothing but itself.
pub(crate) fn in_template(data: &Params) -> Result<(), ApiError> {
    let is_taken = |name: &&&str| !NOT_IN_TEMPLATES.contains(*name) && !name.starts_with("LaunchTemplate.");
    let taken: Vec<&str> = PARAMETERS.iter().filter(is_taken).copied().collect();
    data.refuse_unmodelled(&taken)?;
    let market = market(data)?;
    tags(data, &market)?;
    check_the_rest(data)
}

/// Longest user data, before base64.
const USER_DATA_MAX: usize = 16_384;
/// Longest client token.
const TOKEN_MAX: usize = 64;
/// Most groups of an interface.
const GROUPS_MAX: usize = 5;

/// Returns `MinCount` and `MaxCount`.
pub(super) fn counts(params: &Params) -> Result<(usize, usize), ApiError> {
    let count = |name: &str| -> Result<usize, ApiError> {
        params.required(name)?;
        let number = params.number(name)?.unwrap_or_default();
        match usize::try_from(number) {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(invalid_value(name, &number.to_string())),
        }
    };
    let (min, max) = (count("MinCount")?, count("MaxCount")?);
    if min > max {
        let message =
            format!("Value ({min}) for parameter minCount is invalid. minCount must not exceed maxCount ({max}).");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    Ok((min, max))
}

/// What a launch says of its network.
#[derive(Debug, Clone, Default)]
pub(super) struct Network {
    pub(super) subnet_id: Option<String>,
    pub(super) group_ids: Vec<String>,
    pub(super) public_ip: Option<bool>,
    pub(super) description: String,
}

pub(super) fn network(params: &Params) -> Result<Network, ApiError> {
    let subnet_id = params.get("SubnetId").filter(|id| !id.is_empty());
    let group_ids = params.list("SecurityGroupId");
    let interfaces = params.structures("NetworkInterface");
    let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
    let network = match interfaces.as_slice() {
        [] => Network { subnet_id: subnet_id.map(str::to_owned), group_ids: owned(group_ids), ..Network::default() },
        [interface] => {
            let what = if subnet_id.is_some() { "subnet ID" } else { "security groups" };
            if subnet_id.is_some() || !group_ids.is_empty() {
                let message =
                    format!("Network interfaces and an instance-level {what} may not be specified on the same request");
                return Err(ApiError::new("InvalidParameterCombination", message));
            }
            of_interface(interface)?
        }
        _ => {
            let message = "Only one network interface is simulated.";
            return Err(ApiError::new("UnsupportedOperation", message));
        }
    };
    if let Some(id) = &network.subnet_id {
        check_form(id, "subnet", "InvalidSubnetID.Malformed")?;
    }
    network.group_ids.iter().try_for_each(|id| check_form(id, "sg", "InvalidGroupId.Malformed"))?;
    Ok(network)
}

fn of_interface(interface: &Params) -> Result<Network, ApiError> {
    interface.required("DeviceIndex")?;
    if interface.number("DeviceIndex")? != Some(0) {
        let message = "The primary network interface has the device index 0; others are not simulated.";
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    if interface.flag("DeleteOnTermination")? == Some(false) {
        let message = "Network interfaces that outlive their instance are not simulated.";
        return Err(ApiError::new("UnsupportedOperation", message));
    }
    Ok(Network {
        subnet_id: interface.get("SubnetId").filter(|id| !id.is_empty()).map(str::to_owned),
        group_ids: interface.list("SecurityGroupId").into_iter().map(str::to_owned).collect(),
        public_ip: interface.flag("AssociatePublicIpAddress")?,
        description: interface.get("Description").unwrap_or_default().to_owned(),
    })
}

/// Returns the groups of an interface: those that were named, all of the subnet's VPC, or the VPC's default one.
pub(super) fn groups(ec2: &Ec2, named: Vec<String>, vpc_id: &str, subnet_id: &str) -> Result<Vec<String>, ApiError> {
    if named.is_empty() {
        let default = ec2.security_groups.iter().find(|(_, group)| group.vpc_id == vpc_id && group.name == "default");
        return Ok(default.map(|(id, _)| id.clone()).into_iter().collect());
    }
    for id in &named {
        if ec2.security_group(id)?.vpc_id != vpc_id {
            let message = format!("Security group {id} and subnet {subnet_id} belong to different networks.");
            return Err(ApiError::new("InvalidParameter", message));
        }
    }
    if named.len() > GROUPS_MAX {
        let message = "The maximum number of security groups per interface has been reached.";
        return Err(ApiError::new("SecurityGroupsPerInterfaceLimitExceeded", message));
    }
    Ok(named)
}

/// How instances are paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Market {
    OnDemand,
    Spot {
        /// In millionths of a dollar an hour; the on-demand price if nothing was said.
        max_price_micros: Option<u64>,
    },
}

impl Market {
    pub(super) fn is_spot(self) -> bool {
        self != Market::OnDemand
    }
}

pub(super) fn market(params: &Params) -> Result<Market, ApiError> {
    let options = params.below("InstanceMarketOptions");
    if options.is_empty() {
        return Ok(Market::OnDemand);
    }
    match options.required("MarketType")? {
        "spot" => {}
        other => return Err(invalid_value("marketType", other)),
    }
    let spot = options.below("SpotOptions");
    match spot.get("SpotInstanceType") {
        None | Some("" | "one-time") => {}
        Some("persistent") => {
            let message = "Persistent Spot requests are not simulated.";
            return Err(ApiError::new("UnsupportedOperation", message));
        }
        Some(other) => return Err(invalid_value("spotInstanceType", other)),
    }
    match spot.get("InstanceInterruptionBehavior") {
        None | Some("" | "terminate") => {}
        Some("stop" | "hibernate") => {
            let message = "Spot Instances with a one-time request can only be terminated when they are interrupted.";
            return Err(ApiError::new("InvalidParameterCombination", message));
        }
        Some(other) => return Err(invalid_value("instanceInterruptionBehavior", other)),
    }
    let max_price_micros = spot.get("MaxPrice").filter(|price| !price.is_empty()).map(price).transpose()?;
    Ok(Market::Spot { max_price_micros })
}

fn price(text: &str) -> Result<u64, ApiError> {
    let price: f64 = text.parse().map_err(|_| invalid_value("spotPrice", text))?;
    // "If you specify a maximum price, it must be more than USD $0.001".
    if !(0.001..=100_000.0).contains(&price) {
        return Err(invalid_value("spotPrice", text));
    }
    Ok((price * 1e6).round() as u64)
}

/// The tags of what a launch makes.
#[derive(Debug, Clone, Default)]
pub(super) struct LaunchTags {
    pub(super) instance: Tags,
    pub(super) volume: Tags,
    pub(super) interface: Tags,
    pub(super) spot_request: Tags,
}

pub(super) fn tags(params: &Params, market: &Market) -> Result<LaunchTags, ApiError> {
    let mut tags = LaunchTags::default();
    let made: &[&str] = if market.is_spot() {
        &["instance", "volume", "network-interface", "spot-instances-request"]
    } else {
        &["instance", "volume", "network-interface"]
    };
    for (of, more) in tagging::specifications(params, made)? {
        let of = match of.as_str() {
            "instance" => &mut tags.instance,
            "volume" => &mut tags.volume,
            "network-interface" => &mut tags.interface,
            _ => &mut tags.spot_request,
        };
        of.extend(more);
    }
    Ok(tags)
}

/// Checks the parameters that need nothing but themselves.
pub(super) fn check_the_rest(params: &Params) -> Result<(), ApiError> {
    if let Some(token) = params.get("ClientToken").filter(|token| token.len() > TOKEN_MAX || !token.is_ascii()) {
        return Err(invalid_value("clientToken", token));
    }
    if let Some(data) = params.get("UserData") {
        check_user_data(data)?;
    }
    for name in ["DisableApiTermination", "DisableApiStop", "EbsOptimized", "Monitoring.Enabled"] {
        params.flag(name)?;
    }
    shutdown_behaviour(params, "InstanceInitiatedShutdownBehavior")?;
    if let Some(other) = params.get("Placement.Tenancy").filter(|tenancy| !matches!(*tenancy, "" | "default")) {
        return Err(invalid_value("tenancy", other));
    }
    match params.get("CreditSpecification.CpuCredits") {
        None | Some("" | "standard" | "unlimited") => Ok(()),
        Some(other) => Err(invalid_value("cpuCredits", other)),
    }
}

/// "T3, T3a and T4g instances are unlimited by default".
pub(super) fn unlimited_credits(params: &Params, instance_type: &InstanceType) -> bool {
    match params.get("CreditSpecification.CpuCredits") {
        Some("unlimited") => true,
        Some("standard") => false,
        _ => instance_type.family() != "t2",
    }
}

/// Returns whether the instance is terminated when it shuts itself down, if the call says.
pub(super) fn shutdown_behaviour(params: &Params, name: &str) -> Result<Option<bool>, ApiError> {
    match params.get(name) {
        None | Some("") => Ok(None),
        Some("stop") => Ok(Some(false)),
        Some("terminate") => Ok(Some(true)),
        Some(other) => Err(invalid_value("instanceInitiatedShutdownBehavior", other)),
    }
}

/// Refuses user data that is no base64 or too long.
pub(super) fn check_user_data(data: &str) -> Result<(), ApiError> {
    let code = "InvalidUserData.Malformed";
    let Some(length) = decoded_length(data) else {
        return Err(ApiError::new(code, "Invalid BASE64 encoding of user data."));
    };
    if length > USER_DATA_MAX {
        return Err(ApiError::new(code, format!("User data is limited to {USER_DATA_MAX} bytes")));
    }
    Ok(())
}

/// Returns how many bytes a text in base64 stands for, or `None` if it is none.
fn decoded_length(text: &str) -> Option<usize> {
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = text.len() - padding;
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let is_whole = text.len().is_multiple_of(4) && padding <= 2;
    (is_whole && text.iter().take(digits).all(is_digit)).then_some(digits * 3 / 4)
}

/// Reads metadata options; what is not given stays as it was.
pub(super) fn metadata(params: &Params, prefix: &str, before: &MetadataOptions) -> Result<MetadataOptions, ApiError> {
    let either = |name: &str, yes: &str, no: &str, before: bool| match params.get(&format!("{prefix}{name}")) {
        None | Some("") => Ok(before),
        Some(value) if value == yes => Ok(true),
        Some(value) if value == no => Ok(false),
        Some(other) => Err(invalid_value(name, other)),
    };
    let name = format!("{prefix}HttpPutResponseHopLimit");
    let hop_limit = match params.number(&name)? {
        None => before.hop_limit,
        Some(number) => {
            let number = u8::try_from(number).ok().filter(|number| (1..=64).contains(number));
            number.ok_or_else(|| invalid_value(&name, params.get(&name).unwrap_or_default()))?
        }
    };
    Ok(MetadataOptions {
        tokens_required: either("HttpTokens", "required", "optional", before.tokens_required)?,
        endpoint_enabled: either("HttpEndpoint", "enabled", "disabled", before.endpoint_enabled)?,
        hop_limit,
        ipv6_enabled: either("HttpProtocolIpv6", "enabled", "disabled", before.ipv6_enabled)?,
        tags_enabled: either("InstanceMetadataTags", "enabled", "disabled", before.tags_enabled)?,
    })
}
