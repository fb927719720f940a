//! RunInstances: everything is looked at before anything is made.
//!
//! The order in which AWS looks: syntax; image, type, subnet, groups, key and profile; the type in the zone; vCPUs; free
//! addresses; machines. The last three can let in fewer than `MaxCount`, as long as `MinCount` is met.

use super::super::image::{self, Image};
use super::super::instance_type::{self, InstanceType};
use super::super::{key_pair, launch_template, placement_group, quota, spot, volume, zone};
use super::describe::show_reservation;
use super::read::{self, Market};
use crate::services::iam::usable_profile;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::ec2::instance::{Instance, MetadataOptions, NEVER, Reservation, State};
use crate::world::ec2::network::Subnet;
use crate::world::ec2::network_interface::NetworkInterface;
use crate::world::ec2::spot::{SpotRequest, SpotRequestState};
use crate::world::ec2::volume::{Attachment, Shape, Volume};
use crate::world::{Tags, World};

/// What a launch will make.
struct Plan {
    image: Image,
    instance_type: &'static InstanceType,
    place: Place,
    group_ids: Vec<String>,
    /// How many more instances the placement group takes.
    group_room: usize,
    public_ip: bool,
    interface_description: String,
    volumes: Vec<PlannedVolume>,
    market: Market,
    profile: Option<(String, String)>,
    metadata: MetadataOptions,
    tags: read::LaunchTags,
}

struct PlannedVolume {
    device: String,
    shape: Shape,
    delete_on_termination: bool,
}

/// Where instances come to be.
#[derive(Debug, Clone)]
struct Place {
    subnet_id: String,
    vpc_id: String,
    zone: String,
}

pub(super) fn run(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (min, max) = read::counts(params)?;
    let (params, origin) = launch_template::applied(world, params)?;
    let params = &params;
    let mut plan = plan(world, params, min)?;
    plan.tags.instance.extend(origin);
    // A dry run says nothing of limits and machines.
    if params.flag("DryRun")? == Some(true) {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(ApiError::new("DryRunOperation", message));
    }
    let addresses = fit(world, &plan, min, max)?;
    let template = template(&plan, params)?;
    let id = make(world, plan, template, addresses, params);
    Ok(show(world, &id).unwrap_or_default())
}

/// Shows a reservation with all that is left of it.
fn show(world: &World, id: &str) -> Option<Xml> {
    let ids = &world.ec2.reservations.get(id)?.instance_ids;
    let found = ids.iter().filter_map(|id| world.ec2.instances.get_key_value(id));
    let made: Vec<(&str, &Instance)> = found.map(|(id, instance)| (id.as_str(), instance)).collect();
    Some(show_reservation(Xml::new(), world, id, &made))
}

/// Answers a launch again that was done before.
pub(crate) fn launched_again(world: &World, _params: &Params, reservation_id: &str) -> Option<Xml> {
    show(world, reservation_id)
}

fn plan(world: &World, params: &Params, min: usize) -> Result<Plan, ApiError> {
    let network = read::network(params)?;
    let market = read::market(params)?;
    let tags = read::tags(params, &market)?;
    read::check_the_rest(params)?;

    let image = image::existing(&world.region, params.required("ImageId")?)?;
    let name = params.get("InstanceType").filter(|name| !name.is_empty()).unwrap_or("m1.small");
    let instance_type = instance_type::find(name)
        .ok_or_else(|| ApiError::new("InvalidParameterValue", format!("Invalid value '{name}' for InstanceType.")))?;
    if instance_type.architecture != image.architecture {
        let message = format!(
            "The architecture '{}' of the specified instance type does not match the architecture '{}' of the specified \
             AMI. Specify an instance type and an AMI that have matching architectures, and try again.",
            instance_type.architecture.name(),
            image.architecture.name()
        );
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let metadata = read::metadata(params, "MetadataOptions.", &default_metadata(&image))?;
    let place = place(world, params, network.subnet_id.as_deref(), instance_type, market.is_spot(), min)?;
    let group_ids = read::groups(&world.ec2, network.group_ids, &place.vpc_id, &place.subnet_id)?;
    if let Some(key) = params.get("KeyName").filter(|key| !key.is_empty() && !world.ec2.key_pairs.contains_key(*key)) {
        return Err(key_pair::not_found(key));
    }
    let group = params.get("Placement.GroupName").filter(|group| !group.is_empty());
    let group_room = group.map(|group| placement_group::room(&world.ec2, group, instance_type, &place.zone));
    let group_room = group_room.transpose()?.unwrap_or(usize::MAX);
    let profile = profile(world, params)?;
    let volumes = volumes(params, &image)?;
    let maps_public_ip = world.ec2.subnets.get(&place.subnet_id).is_some_and(|subnet| subnet.map_public_ip);
    if !instance_type.is_offered(&world.region, &place.zone) {
        return Err(not_offered(world, instance_type, &place.zone));
    }
    if let Market::Spot { max_price_micros: Some(price) } = market {
        let needed = spot::price_micros(instance_type, &place.zone);
        if price < needed {
            let message = format!(
                "Your Spot request price of {} is lower than the minimum required Spot request fulfillment price of {}.",
                spot::dollars(price),
                spot::dollars(needed)
            );
            return Err(ApiError::new("SpotMaxPriceTooLow", message));
        }
    }
    Ok(Plan {
        image,
        instance_type,
        place,
        group_ids,
        group_room,
        public_ip: network.public_ip.unwrap_or(maps_public_ip),
        interface_description: network.description,
        volumes,
        market,
        profile,
        metadata,
        tags,
    })
}

fn default_metadata(image: &Image) -> MetadataOptions {
    let is_new = image.wants_imds_v2();
    MetadataOptions { tokens_required: is_new, hop_limit: if is_new { 2 } else { 1 }, ..MetadataOptions::default() }
}

/// Finds the subnet: the one that was named, or a default one.
fn place(
    world: &World,
    params: &Params,
    subnet_id: Option<&str>,
    wanted: &InstanceType,
    is_spot: bool,
    min: usize,
) -> Result<Place, ApiError> {
    let zone = params.get("Placement.AvailabilityZone").filter(|zone| !zone.is_empty());
    if let Some(unknown) = zone.filter(|zone| !zone::names(&world.region).iter().any(|known| known == zone)) {
        return Err(ApiError::new("InvalidParameterValue", format!("Invalid availability zone: [{unknown}]")));
    }
    let at = |id: &str, subnet: &Subnet| Place {
        subnet_id: id.to_owned(),
        vpc_id: subnet.vpc_id.clone(),
        zone: subnet.zone.clone(),
    };
    if let Some(id) = subnet_id {
        let subnet = world.ec2.subnet(id)?;
        if let Some(other) = zone.filter(|zone| *zone != subnet.zone) {
            let message =
                format!("The availability zone '{other}' does not match the subnet '{id}' in '{}'.", subnet.zone);
            return Err(ApiError::new("InvalidParameterValue", message));
        }
        return Ok(at(id, subnet));
    }
    if !world.ec2.vpcs.values().any(|vpc| vpc.is_default) {
        let message = "No default VPC for this user. A subnet must be specified.";
        return Err(ApiError::new("VPCIdNotSpecified", message));
    }
    let mut places: Vec<Place> = world
        .ec2
        .subnets
        .iter()
        .filter(|(_, subnet)| subnet.is_default && zone.is_none_or(|zone| zone == subnet.zone))
        .map(|(id, subnet)| at(id, subnet))
        .collect();
    places.sort_by(|one, other| one.zone.cmp(&other.zone));
    // Without a zone AWS takes one where the launch can succeed.
    let can_be = |place: &&Place| {
        wanted.is_offered(&world.region, &place.zone)
            && quota::capacity(&world.ec2, wanted, &place.zone, is_spot) >= min
            && world.ec2.free_address_count(&place.subnet_id) >= min
    };
    let best = places.iter().find(can_be);
    let best = best.or_else(|| places.iter().find(|place| wanted.is_offered(&world.region, &place.zone)));
    best.or(places.first()).cloned().ok_or_else(|| {
        let message = format!("No default subnet for availability zone: '{}'.", zone.unwrap_or("null"));
        ApiError::new("MissingInput", message)
    })
}

fn profile(world: &World, params: &Params) -> Result<Option<(String, String)>, ApiError> {
    let given = |name: &str| params.get(name).filter(|value| !value.is_empty());
    let named = match (given("IamInstanceProfile.Name"), given("IamInstanceProfile.Arn")) {
        (Some(_), Some(_)) => {
            let message = "The parameter 'iamInstanceProfile.name' may not be used in combination with \
                           'iamInstanceProfile.arn'";
            return Err(ApiError::new("InvalidParameterCombination", message));
        }
        (name, arn) => name.or(arn),
    };
    let Some(named) = named else { return Ok(None) };
    usable_profile(world, named).map(|profile| Some((profile.arn, profile.id)))
}

/// The image's root volume, changed as the launch says, and further ones.
fn volumes(params: &Params, image: &Image) -> Result<Vec<PlannedVolume>, ApiError> {
    let root = Shape {
        size_gb: image.root_gb,
        volume_type: image.root_type.to_owned(),
        iops: None,
        throughput: None,
        encrypted: false,
        snapshot_id: Some(image.snapshot_id.clone()),
    };
    let mut planned: Vec<PlannedVolume> = Vec::new();
    for mapping in params.structures("BlockDeviceMapping") {
        let device = mapping.required("DeviceName")?.to_owned();
        if planned.iter().any(|other| other.device == device) {
            let message = format!("Duplicate device name '{device}' in the block device mapping");
            return Err(ApiError::new("InvalidBlockDeviceMapping", message));
        }
        let ebs = mapping.below("Ebs");
        let is_root = device == image.root_device;
        let shape = volume::read_shape(&ebs, "VolumeSize", "VolumeType", is_root.then(|| root.clone()))?;
        // "The default is true for the root volume of an image and for volumes of a launch's own mapping".
        let delete_on_termination = ebs.flag("DeleteOnTermination")?.unwrap_or(true);
        planned.push(PlannedVolume { device, shape, delete_on_termination });
    }
    if !planned.iter().any(|volume| volume.device == image.root_device) {
        let shape = volume::read_shape(&Params::default(), "VolumeSize", "VolumeType", Some(root))?;
        let device = image.root_device.to_owned();
        planned.insert(0, PlannedVolume { device, shape, delete_on_termination: true });
    }
    // The root comes first, wherever the launch names it.
    planned.sort_by_key(|volume| volume.device != image.root_device);
    Ok(planned)
}

fn not_offered(world: &World, wanted: &InstanceType, zone: &str) -> ApiError {
    let message = format!(
        "Your requested instance type ({}) is not supported in your requested Availability Zone ({zone}). Please retry \
         your request by not specifying an Availability Zone or choosing {}.",
        wanted.name,
        wanted.zones(&world.region).join(", ")
    );
    ApiError::new("Unsupported", message)
}

/// Decides how many there can be, and returns an address for each.
fn fit(world: &World, plan: &Plan, min: usize, max: usize) -> Result<Vec<String>, ApiError> {
    let (wanted, is_spot) = (plan.instance_type, plan.market.is_spot());
    let allowed = quota::room(&world.ec2, wanted, is_spot);
    if allowed < min {
        return Err(quota::exceeded(&world.ec2, wanted, is_spot));
    }
    let addresses = world.ec2.free_addresses(&plan.place.subnet_id, max.min(allowed));
    if addresses.len() < min {
        let message = format!(
            "There are not enough free addresses in subnet '{}' to satisfy the requested number of instances.",
            plan.place.subnet_id
        );
        return Err(ApiError::new("InsufficientFreeAddressesInSubnet", message).with_status(400));
    }
    let machines = quota::capacity(&world.ec2, wanted, &plan.place.zone, is_spot);
    if machines < min {
        return Err(quota::no_capacity(world, wanted, &plan.place.zone, is_spot));
    }
    if plan.group_room < min {
        return Err(placement_group::full());
    }
    let count = addresses.len().min(machines).min(plan.group_room);
    Ok(addresses.iter().take(count).map(ToString::to_string).collect())
}

/// What all instances of the launch are like.
fn template(plan: &Plan, params: &Params) -> Result<Instance, ApiError> {
    Ok(Instance {
        instance_type: plan.instance_type.name.to_owned(),
        state: State::Pending,
        changes_at: NEVER,
        vpc_id: plan.place.vpc_id.clone(),
        subnet_id: plan.place.subnet_id.clone(),
        zone: plan.place.zone.clone(),
        wants_public_ip: plan.public_ip,
        disable_api_termination: params.flag("DisableApiTermination")?.unwrap_or(false),
        disable_api_stop: params.flag("DisableApiStop")?.unwrap_or(false),
        terminates_on_shutdown: params.get("InstanceInitiatedShutdownBehavior") == Some("terminate"),
        monitoring: without_hibernation(params)?.flag("Monitoring.Enabled")?.unwrap_or(false),
        ebs_optimized: params.flag("EbsOptimized")?.unwrap_or(false),
        metadata: plan.metadata.clone(),
        tags: plan.tags.instance.clone(),
        ..Instance::default()
    })
}

/// Makes the reservation with all that is in it. Nothing can fail any more.
fn make(world: &mut World, plan: Plan, template: Instance, addresses: Vec<String>, params: &Params) -> String {
    let given = |name: &str| params.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let reservation_id = world.ids.ec2("r");
    let mut reservation = Reservation {
        client_token: given("ClientToken"),
        image_id: plan.image.id.clone(),
        root_device: plan.image.root_device.to_owned(),
        key_name: given("KeyName"),
        placement_group: given("Placement.GroupName"),
        profile: plan.profile.clone(),
        user_data: given("UserData"),
        unlimited_credits: read::unlimited_credits(params, plan.instance_type),
        instance_ids: Vec::with_capacity(addresses.len()),
    };
    let runs_at = world.now + world.delays.instance_start;
    for (launch_index, private_ip) in (0..).zip(addresses) {
        let id = world.ids.ec2("i");
        let instance = Instance {
            reservation_id: reservation_id.clone(),
            launch_index,
            launched_at: world.now,
            interface_id: Some(make_interface(world, &plan, &id, private_ip)),
            volume_ids: plan.volumes.iter().map(|planned| make_volume(world, &plan, &id, planned)).collect(),
            spot_request_id: plan.market.is_spot().then(|| make_spot_request(world, &plan, &id)),
            ..template.clone()
        };
        world.ec2.instances.insert(id.clone(), instance);
        world.ec2.schedule_instance(&id, runs_at);
        reservation.instance_ids.push(id);
    }
    world.ec2.reservations.insert(reservation_id.clone(), reservation);
    reservation_id
}

fn make_interface(world: &mut World, plan: &Plan, instance_id: &str, private_ip: String) -> String {
    let id = world.ids.ec2("eni");
    let interface = NetworkInterface {
        vpc_id: plan.place.vpc_id.clone(),
        subnet_id: plan.place.subnet_id.clone(),
        zone: plan.place.zone.clone(),
        private_ip,
        public_ip: None,
        group_ids: plan.group_ids.clone(),
        interface_type: "interface".to_owned(),
        description: plan.interface_description.clone(),
        instance_id: Some(instance_id.to_owned()),
        gone_at: None,
        tags: plan.tags.interface.clone(),
    };
    world.ec2.network_interfaces.insert(id.clone(), interface);
    id
}

fn make_volume(world: &mut World, plan: &Plan, instance_id: &str, planned: &PlannedVolume) -> String {
    let id = world.ids.ec2("vol");
    let attachment = Attachment {
        instance_id: instance_id.to_owned(),
        device: planned.device.clone(),
        delete_on_termination: planned.delete_on_termination,
    };
    let (shape, zone, tags) = (planned.shape.clone(), plan.place.zone.clone(), plan.tags.volume.clone());
    let volume = Volume { shape, zone, attachment: Some(attachment), created_at: world.now, tags };
    world.ec2.volumes.insert(id.clone(), volume);
    id
}

fn make_spot_request(world: &mut World, plan: &Plan, instance_id: &str) -> String {
    let id = spot::new_id(world);
    let max_price_micros = match plan.market {
        Market::Spot { max_price_micros: Some(price) } => price,
        _ => plan.instance_type.on_demand_micros(),
    };
    let request = SpotRequest {
        instance_id: instance_id.to_owned(),
        instance_type: plan.instance_type.name.to_owned(),
        image_id: plan.image.id.clone(),
        subnet_id: plan.place.subnet_id.clone(),
        zone: plan.place.zone.clone(),
        max_price_micros,
        state: SpotRequestState::Active,
        created_at: world.now,
        updated_at: world.now,
        tags: Tags::clone(&plan.tags.spot_request),
    };
    world.ec2.spot_requests.insert(id.clone(), request);
    id
}

/// Hibernation is not simulated; clients say that they do not want it.
fn without_hibernation(params: &Params) -> Result<&Params, ApiError> {
    match params.flag("HibernationOptions.Configured")? {
        Some(true) => Err(ApiError::new("UnsupportedHibernationConfiguration", "Hibernation is not simulated.")),
        _ => Ok(params),
    }
}
