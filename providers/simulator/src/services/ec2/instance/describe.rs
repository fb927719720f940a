//! Reading instances.

use super::super::query::{Described, Filters, page, tag_set};
use super::super::{instance_type, zone};
use super::named::named;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::instance::{Instance, MetadataOptions, State};
use crate::world::ec2::network_interface::NetworkInterface;
use crate::world::{Tags, World, iso};

/// An instance with all that its filters look at.
pub(super) struct View<'a> {
    pub(super) world: &'a World,
    pub(super) id: &'a str,
    pub(super) instance: &'a Instance,
}

impl View<'_> {
    fn interface(&self) -> Option<&NetworkInterface> {
        self.world.ec2.network_interfaces.get(self.instance.interface_id.as_ref()?)
    }
}

impl Described for View<'_> {
    const FILTERS: &'static [&'static str] = &[
        "instance-id",
        "instance-state-name",
        "instance-state-code",
        "instance-type",
        "vpc-id",
        "network-interface.vpc-id",
        "subnet-id",
        "network-interface.subnet-id",
        "availability-zone",
        "network-interface.availability-zone",
        "client-token",
        "image-id",
        "key-name",
        "placement-group-name",
        "iam-instance-profile.arn",
        "reservation-id",
        "owner-id",
        "launch-index",
        "launch-time",
        "private-ip-address",
        "network-interface.addresses.private-ip-address",
        "ip-address",
        "network-interface.association.public-ip",
        "private-dns-name",
        "instance.group-id",
        "network-interface.group-id",
        "network-interface.network-interface-id",
        "block-device-mapping.volume-id",
        "spot-instance-request-id",
        "instance-lifecycle",
        "architecture",
        "root-device-type",
        "root-device-name",
        "virtualization-type",
        "hypervisor",
        "tenancy",
        "monitoring-state",
        "source-dest-check",
        "state-reason-code",
    ];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &dyn ToString| Some(vec![value.to_string()]);
        let maybe = |value: Option<&String>| Some(value.into_iter().cloned().collect());
        let instance = self.instance;
        let is_alive = instance.interface_id.is_some();
        let reservation = self.world.ec2.reservation_of(instance);
        let architecture = || instance_type::find(&instance.instance_type).map_or("x86_64", |t| t.architecture.name());
        match name {
            "instance-id" => one(&self.id),
            "instance-state-name" => one(&instance.state.name()),
            "instance-state-code" => one(&instance.state.code()),
            "instance-type" => one(&instance.instance_type),
            "vpc-id" | "network-interface.vpc-id" => maybe(is_alive.then_some(&instance.vpc_id)),
            "subnet-id" | "network-interface.subnet-id" => maybe(is_alive.then_some(&instance.subnet_id)),
            "availability-zone" | "network-interface.availability-zone" => one(&instance.zone),
            "client-token" => maybe(reservation.and_then(|r| r.client_token.as_ref())),
            "image-id" => maybe(reservation.map(|r| &r.image_id)),
            "key-name" => maybe(reservation.and_then(|r| r.key_name.as_ref())),
            "placement-group-name" => maybe(reservation.and_then(|r| r.placement_group.as_ref())),
            "iam-instance-profile.arn" => maybe(reservation.and_then(|r| r.profile.as_ref()).map(|(arn, _)| arn)),
            "reservation-id" => one(&instance.reservation_id),
            "owner-id" => one(&self.world.account),
            "launch-index" => one(&instance.launch_index),
            "launch-time" => one(&iso(instance.launched_at)),
            "private-ip-address" | "network-interface.addresses.private-ip-address" => {
                maybe(self.interface().map(|interface| &interface.private_ip))
            }
            "ip-address" | "network-interface.association.public-ip" => {
                maybe(self.interface().and_then(|interface| interface.public_ip.as_ref()))
            }
            "private-dns-name" => {
                Some(self.interface().map(|i| private_dns_name(self.world, &i.private_ip)).into_iter().collect())
            }
            "instance.group-id" | "network-interface.group-id" => {
                Some(self.interface().map(|interface| interface.group_ids.clone()).unwrap_or_default())
            }
            "network-interface.network-interface-id" => maybe(instance.interface_id.as_ref()),
            "block-device-mapping.volume-id" => Some(instance.volume_ids.clone()),
            "spot-instance-request-id" => maybe(instance.spot_request_id.as_ref()),
            // On-demand instances have no lifecycle to be found by.
            "instance-lifecycle" => Some(instance.spot_request_id.iter().map(|_| "spot".to_owned()).collect()),
            "architecture" => one(&architecture()),
            "root-device-type" => one(&"ebs"),
            "root-device-name" => maybe(reservation.map(|r| &r.root_device)),
            "virtualization-type" => one(&"hvm"),
            "hypervisor" => one(&"xen"),
            "tenancy" => one(&"default"),
            "monitoring-state" => one(&monitoring(instance)),
            "source-dest-check" => one(&!instance.no_source_dest_check),
            "state-reason-code" => Some(instance.reason.iter().map(|(reason, _)| reason.code().to_owned()).collect()),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.instance.tags
    }
}

/// Selects instances by the ids and filters of a call, in the order of their launches.
pub(super) fn selected<'a>(world: &'a World, params: &Params) -> Result<Vec<(&'a str, &'a Instance)>, ApiError> {
    let ids = named(world, params)?;
    if params.get("MaxResults").is_some() && !ids.is_empty() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(ApiError::new("InvalidParameterCombination", message));
    }
    let filters = Filters::of(params)?;
    let all = &world.ec2.instances;
    let named = (!ids.is_empty()).then_some(ids);
    let few = named.or_else(|| filters.exact("instance-id"));
    let few = few.or_else(|| filters.candidates(all).map(|ids| ids.into_iter().collect()));
    let candidates: Vec<(&str, &Instance)> = match few {
        Some(ids) => ids.iter().filter_map(|id| all.get_key_value(*id)).map(|(k, v)| (k.as_str(), v)).collect(),
        None => all.iter().map(|(id, instance)| (id.as_str(), instance)).collect(),
    };
    let mut selected = Vec::new();
    for (id, instance) in candidates {
        if filters.select(&View { world, id, instance })? {
            selected.push((id, instance));
        }
    }
    let place = |instance: &'a Instance| (instance.reservation_id.as_str(), instance.launch_index);
    selected.sort_by(|(_, one), (_, other)| place(one).cmp(&place(other)));
    selected.dedup_by(|(one, _), (other, _)| one == other);
    Ok(selected)
}

pub(super) fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let found = selected(world, params)?;
    // The size of a page counts instances: a reservation can go on with the next one.
    let (found, next) = page(params, found, 5, 1000)?;
    let launches = found.chunk_by(|(_, one), (_, other)| one.reservation_id == other.reservation_id);
    let shown = Xml::new().written("reservationSet", |xml| {
        launches.fold(xml, |xml, together| {
            let id = together.first().map(|(_, instance)| instance.reservation_id.as_str()).unwrap_or_default();
            xml.written("item", |xml| show_reservation(xml, world, id, together))
        })
    });
    Ok(shown.optional("nextToken", next))
}

/// Adds the instances of one launch to an answer.
pub(super) fn show_reservation(xml: Xml, world: &World, id: &str, instances: &[(&str, &Instance)]) -> Xml {
    let shown = xml.text("reservationId", id).text("ownerId", &world.account).set("groupSet", []);
    shown.set("instancesSet", instances.iter().map(|(id, instance)| show(world, id, instance)))
}

fn private_dns_name(world: &World, ip: &str) -> String {
    let host = ip.replace('.', "-");
    match world.region.as_str() {
        "us-east-1" => format!("ip-{host}.ec2.internal"),
        region => format!("ip-{host}.{region}.compute.internal"),
    }
}

fn public_dns_name(world: &World, vpc_id: &str, ip: &str) -> String {
    if !world.ec2.vpcs.get(vpc_id).is_some_and(|vpc| vpc.dns_hostnames) {
        return String::new();
    }
    let host = ip.replace('.', "-");
    match world.region.as_str() {
        "us-east-1" => format!("ec2-{host}.compute-1.amazonaws.com"),
        region => format!("ec2-{host}.{region}.compute.amazonaws.com"),
    }
}

fn monitoring(instance: &Instance) -> &'static str {
    if instance.monitoring { "enabled" } else { "disabled" }
}

pub(super) fn state(state: State) -> Xml {
    Xml::new().text("code", state.code()).text("name", state.name())
}

/// Shows groups by id and name.
pub(super) fn groups(world: &World, ids: &[String]) -> Vec<Xml> {
    let name = |id: &String| world.ec2.security_groups.get(id).map(|group| group.name.clone()).unwrap_or_default();
    ids.iter().map(|id| Xml::new().text("groupId", id).text("groupName", name(id))).collect()
}

/// Shows how the metadata service answers.
pub(super) fn metadata(options: &MetadataOptions, state: &'static str) -> Xml {
    let switch = |on: bool| if on { "enabled" } else { "disabled" };
    Xml::new()
        .text("state", state)
        .text("httpTokens", if options.tokens_required { "required" } else { "optional" })
        .text("httpPutResponseHopLimit", options.hop_limit)
        .text("httpEndpoint", switch(options.endpoint_enabled))
        .text("httpProtocolIpv6", switch(options.ipv6_enabled))
        .text("instanceMetadataTags", switch(options.tags_enabled))
}

/// Shows the volumes of an instance.
pub(super) fn block_devices(world: &World, instance: &Instance) -> Vec<Xml> {
    let volumes = instance.volume_ids.iter().filter_map(|id| Some((id, world.ec2.volumes.get(id)?)));
    volumes
        .filter_map(|(id, volume)| {
            let attachment = volume.attachment.as_ref()?;
            let ebs = Xml::new()
                .text("volumeId", id)
                .text("status", "attached")
                .text("attachTime", iso(volume.created_at))
                .text("deleteOnTermination", attachment.delete_on_termination);
            Some(Xml::new().text("deviceName", &attachment.device).inside("ebs", ebs))
        })
        .collect()
}

fn show(world: &World, id: &str, instance: &Instance) -> Xml {
    let reservation = world.ec2.reservation_of(instance);
    let known = instance_type::find(&instance.instance_type);
    let interface = instance.interface_id.as_ref().and_then(|id| Some((id, world.ec2.network_interfaces.get(id)?)));
    let private_ip = interface.map(|(_, interface)| &interface.private_ip);
    let public_ip = interface.and_then(|(_, interface)| interface.public_ip.as_ref());
    let is_alive = instance.interface_id.is_some();
    let transition = match instance.reason {
        Some((_, at)) => format!("User initiated ({} GMT)", iso(at).replace('T', " ").replace(".000Z", "")),
        None => String::new(),
    };
    let placement = Xml::new()
        .text("availabilityZone", &instance.zone)
        .text("availabilityZoneId", zone::id_of(&world.region, &instance.zone))
        .text("groupName", reservation.and_then(|r| r.placement_group.as_deref()).unwrap_or_default())
        .text("tenancy", "default");
    let public_dns = public_ip.map(|ip| public_dns_name(world, &instance.vpc_id, ip)).unwrap_or_default();
    let mut shown = Xml::new()
        .text("instanceId", id)
        .optional("imageId", reservation.map(|r| &r.image_id))
        .inside("instanceState", state(instance.state))
        .text("privateDnsName", private_ip.map(|ip| private_dns_name(world, ip)).unwrap_or_default())
        .text("dnsName", public_dns)
        .text("reason", transition)
        .optional("keyName", reservation.and_then(|r| r.key_name.as_ref()))
        .text("amiLaunchIndex", instance.launch_index)
        .set("productCodes", [])
        .text("instanceType", &instance.instance_type)
        .text("launchTime", iso(instance.launched_at))
        .inside("placement", placement)
        .inside("monitoring", Xml::new().text("state", monitoring(instance)))
        .optional("subnetId", is_alive.then_some(&instance.subnet_id))
        .optional("vpcId", is_alive.then_some(&instance.vpc_id))
        .optional("privateIpAddress", private_ip)
        .optional("ipAddress", public_ip);
    if is_alive {
        shown = shown.text("sourceDestCheck", !instance.no_source_dest_check);
    }
    shown = shown.set("groupSet", interface.map(|(_, i)| groups(world, &i.group_ids)).unwrap_or_default());
    if let Some((reason, _)) = instance.reason {
        let reason = Xml::new().text("code", reason.code()).text("message", reason.message());
        shown = shown.inside("stateReason", reason);
    }
    shown = shown
        .text("architecture", known.map_or("x86_64", |known| known.architecture.name()))
        .text("rootDeviceType", "ebs")
        .optional("rootDeviceName", reservation.map(|r| &r.root_device))
        .set("blockDeviceMapping", block_devices(world, instance))
        .text("virtualizationType", "hvm")
        .text("clientToken", reservation.and_then(|r| r.client_token.as_deref()).unwrap_or_default())
        .and(tag_set(&instance.tags))
        .text("hypervisor", "xen")
        .set("networkInterfaceSet", interface.map(|(id, i)| show_interface(world, instance, id, i)))
        .text("ebsOptimized", instance.ebs_optimized)
        .text("enaSupport", true);
    if let Some(request) = &instance.spot_request_id {
        shown = shown.text("instanceLifecycle", "spot").text("spotInstanceRequestId", request);
    }
    if let Some((arn, id)) = reservation.and_then(|r| r.profile.as_ref()) {
        shown = shown.inside("iamInstanceProfile", Xml::new().text("arn", arn).text("id", id));
    }
    if let Some(known) = known {
        let cpu = Xml::new().text("coreCount", known.cores()).text("threadsPerCore", known.threads_per_core());
        shown = shown.inside("cpuOptions", cpu);
    }
    let preference = Xml::new().text("capacityReservationPreference", "open");
    shown
        .inside("capacityReservationSpecification", preference)
        .inside("hibernationOptions", Xml::new().text("configured", false))
        .inside("metadataOptions", metadata(&instance.metadata, "applied"))
        .inside("enclaveOptions", Xml::new().text("enabled", false))
        .inside("maintenanceOptions", Xml::new().text("autoRecovery", "default"))
        .inside("privateDnsNameOptions", host_names())
        .text("platformDetails", "Linux/UNIX")
        .text("usageOperation", "RunInstances")
        .text("currentInstanceBootMode", "uefi")
}

fn host_names() -> Xml {
    Xml::new()
        .text("hostnameType", "ip-name")
        .text("enableResourceNameDnsARecord", false)
        .text("enableResourceNameDnsAAAARecord", false)
}

fn show_interface(world: &World, instance: &Instance, id: &str, interface: &NetworkInterface) -> Xml {
    let attachment = Xml::new()
        .text("attachmentId", id.replacen("eni-", "eni-attach-", 1))
        .text("deviceIndex", 0)
        .text("networkCardIndex", 0)
        .text("status", if instance.state == State::Pending { "attaching" } else { "attached" })
        .text("attachTime", iso(instance.launched_at))
        .text("deleteOnTermination", true);
    let association = |shown: Xml| match &interface.public_ip {
        Some(ip) => {
            let association = Xml::new()
                .text("publicIp", ip)
                .text("publicDnsName", public_dns_name(world, &instance.vpc_id, ip))
                .text("ipOwnerId", "amazon");
            shown.inside("association", association)
        }
        None => shown,
    };
    let name = private_dns_name(world, &interface.private_ip);
    let address =
        Xml::new().text("privateIpAddress", &interface.private_ip).text("privateDnsName", &name).text("primary", true);
    let shown = Xml::new()
        .text("networkInterfaceId", id)
        .text("subnetId", &interface.subnet_id)
        .text("vpcId", &interface.vpc_id)
        .text("description", &interface.description)
        .text("ownerId", &world.account)
        .text("status", "in-use")
        .text("macAddress", mac_address(id))
        .text("privateIpAddress", &interface.private_ip)
        .text("privateDnsName", name)
        .text("sourceDestCheck", !instance.no_source_dest_check)
        .set("groupSet", groups(world, &interface.group_ids))
        .inside("attachment", attachment);
    association(shown)
        .set("privateIpAddressesSet", [association(address)])
        .set("ipv6AddressesSet", [])
        .text("interfaceType", "interface")
}

/// The first bits say that the address is not from a vendor.
fn mac_address(interface_id: &str) -> String {
    let digits: Vec<char> = interface_id.chars().filter(char::is_ascii_hexdigit).rev().take(10).collect();
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    format!("0a:{}", pairs.join(":"))
}

/// Most instances that a call for their status may name.
const STATUS_MAX: usize = 100;

pub(super) fn describe_status(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let count = params.list("InstanceId").len();
    if count > STATUS_MAX {
        return Err(invalid_value("instanceIds", &count.to_string()));
    }
    let with_all = params.flag("IncludeAllInstances")? == Some(true);
    let mut found = selected(world, params)?;
    found.retain(|(_, instance)| with_all || instance.state == State::Running);
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found
        .into_iter()
        .map(|(id, instance)| {
            let is_running = instance.state == State::Running;
            let status = || {
                let details = Xml::new().text("name", "reachability").text("status", "passed");
                let shown = Xml::new().text("status", if is_running { "ok" } else { "not-applicable" });
                if is_running { shown.set("details", [details]) } else { shown }
            };
            Xml::new()
                .text("instanceId", id)
                .text("availabilityZone", &instance.zone)
                .text("availabilityZoneId", zone::id_of(&world.region, &instance.zone))
                .inside("instanceState", state(instance.state))
                .inside("systemStatus", status())
                .inside("instanceStatus", status())
                .inside("attachedEbsStatus", status())
        })
        .collect();
    Ok(Xml::new().set("instanceStatusSet", rows).optional("nextToken", next))
}
