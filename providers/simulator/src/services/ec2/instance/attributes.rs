//! Attributes of instances: read and changed one at a time.
//!
//! Sources: EC2 API reference (DescribeInstanceAttribute, ModifyInstanceAttribute, ModifyInstanceMetadataOptions,
//! DescribeIamInstanceProfileAssociations, DescribeInstanceCreditSpecifications).

use super::super::instance_type;
use super::super::query::{Described, Filters, id, page};
use super::describe::{block_devices, groups, metadata, selected};
use super::read;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::instance::{Instance, State};
use crate::world::{World, iso};

fn existing<'a>(world: &World, params: &'a Params) -> Result<&'a str, ApiError> {
    let id = id(params, "InstanceId", "i", "InvalidInstanceID.Malformed")?;
    world.ec2.instance(id)?;
    Ok(id)
}

pub(super) fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = existing(world, params)?;
    let instance = world.ec2.instance(id)?;
    let reservation = world.ec2.reservation_of(instance);
    let shown = Xml::new().text("instanceId", id);
    let value = |name: &'static str, value: &dyn ToString| {
        Ok(shown.clone().inside(name, Xml::new().text("value", value.to_string())))
    };
    match params.required("Attribute")? {
        "instanceType" => value("instanceType", &instance.instance_type),
        "disableApiTermination" => value("disableApiTermination", &instance.disable_api_termination),
        "disableApiStop" => value("disableApiStop", &instance.disable_api_stop),
        "instanceInitiatedShutdownBehavior" => {
            let behaviour = if instance.terminates_on_shutdown { "terminate" } else { "stop" };
            value("instanceInitiatedShutdownBehavior", &behaviour)
        }
        "rootDeviceName" => value("rootDeviceName", &reservation.map(|r| r.root_device.as_str()).unwrap_or_default()),
        "sourceDestCheck" => value("sourceDestCheck", &!instance.no_source_dest_check),
        "ebsOptimized" => value("ebsOptimized", &instance.ebs_optimized),
        "enaSupport" => value("enaSupport", &true),
        "userData" => {
            let data = instance.user_data.as_ref().or_else(|| reservation.and_then(|r| r.user_data.as_ref()));
            Ok(shown.inside("userData", Xml::new().optional("value", data.filter(|data| !data.is_empty()))))
        }
        "kernel" => Ok(shown.inside("kernel", Xml::new())),
        "ramdisk" => Ok(shown.inside("ramdisk", Xml::new())),
        "sriovNetSupport" => Ok(shown.inside("sriovNetSupport", Xml::new())),
        "productCodes" => Ok(shown.set("productCodes", [])),
        "blockDeviceMapping" => Ok(shown.set("blockDeviceMapping", block_devices(world, instance))),
        "groupSet" => {
            let interface = instance.interface_id.as_ref().and_then(|id| world.ec2.network_interfaces.get(id));
            Ok(shown.set("groupSet", interface.map(|i| groups(world, &i.group_ids)).unwrap_or_default()))
        }
        "enclaveOptions" => Ok(shown.inside("enclaveOptions", Xml::new().text("enabled", false))),
        other => Err(invalid_value("attribute", other)),
    }
}

/// One change, as the call writes it: `DisableApiTermination.Value=true`, or `Attribute=` and `Value=`.
fn change_of(params: &Params) -> Result<(String, Vec<String>), ApiError> {
    let mut changes: Vec<(String, Vec<String>)> = Vec::new();
    for name in [
        "DisableApiTermination",
        "DisableApiStop",
        "SourceDestCheck",
        "InstanceType",
        "InstanceInitiatedShutdownBehavior",
        "EbsOptimized",
        "UserData",
    ] {
        if let Some(value) = params.get(&format!("{name}.Value")) {
            changes.push((name.to_owned(), vec![value.to_owned()]));
        }
    }
    let groups: Vec<String> = params.list("GroupId").into_iter().map(str::to_owned).collect();
    if !groups.is_empty() {
        changes.push(("GroupId".to_owned(), groups));
    }
    if let Some(attribute) = params.get("Attribute") {
        // The same names, with a small letter.
        let mut letters = attribute.chars();
        let name: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        changes.push((name, vec![params.required("Value")?.to_owned()]));
    }
    match <[(String, Vec<String>); 1]>::try_from(changes) {
        Ok([change]) => Ok(change),
        Err(changes) if changes.is_empty() => Err(ApiError::new("MissingParameter", "No attributes specified.")),
        Err(_) => {
            let message = "Fields for multiple attribute types specified";
            Err(ApiError::new("InvalidParameterCombination", message))
        }
    }
}

fn flag(name: &str, value: &str) -> Result<bool, ApiError> {
    value.parse().map_err(|_| invalid_value(name, value))
}

pub(super) fn modify(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = existing(world, params)?.to_owned();
    let (name, values) = change_of(params)?;
    let value = values.first().cloned().unwrap_or_default();
    if name == "GroupId" {
        return modify_groups(world, &id, values);
    }
    let instance = world.ec2.instance(&id)?;
    let needs_stop = matches!(name.as_str(), "InstanceType" | "UserData" | "EbsOptimized");
    if needs_stop && instance.state != State::Stopped {
        let message = format!("The instance '{id}' is not in the 'stopped' state.");
        return Err(ApiError::new("IncorrectInstanceState", message));
    }
    let change: Box<dyn FnOnce(&mut Instance)> = match name.as_str() {
        "DisableApiTermination" => {
            let on = flag(&name, &value)?;
            if on && instance.spot_request_id.is_some() {
                let message =
                    format!("The 'disableApiTermination' attribute of the Spot Instance '{id}' cannot be modified.");
                return Err(ApiError::new("UnsupportedOperation", message));
            }
            Box::new(move |instance| instance.disable_api_termination = on)
        }
        "DisableApiStop" => {
            let on = flag(&name, &value)?;
            Box::new(move |instance| instance.disable_api_stop = on)
        }
        "SourceDestCheck" => {
            let on = flag(&name, &value)?;
            Box::new(move |instance| instance.no_source_dest_check = !on)
        }
        "EbsOptimized" => {
            let on = flag(&name, &value)?;
            Box::new(move |instance| instance.ebs_optimized = on)
        }
        "InstanceInitiatedShutdownBehavior" => {
            let terminates = read::shutdown_behaviour(&params_of(&value), "Value")?.unwrap_or(false);
            Box::new(move |instance| instance.terminates_on_shutdown = terminates)
        }
        "UserData" => {
            read::check_user_data(&value)?;
            Box::new(move |instance| instance.user_data = Some(value))
        }
        "InstanceType" => {
            let before = instance_type::find(&instance.instance_type);
            let after = instance_type::find(&value).ok_or_else(|| {
                let message = format!("The following supplied instance types do not exist: [{value}]");
                ApiError::new("InvalidParameterValue", message)
            })?;
            if before.is_some_and(|before| before.architecture != after.architecture) {
                let message = format!("The instance type '{value}' has another architecture than the image.");
                return Err(ApiError::new("InvalidParameterValue", message));
            }
            Box::new(move |instance| instance.instance_type = value)
        }
        other => return Err(invalid_value("attribute", other)),
    };
    if let Some(instance) = world.ec2.instances.get_mut(&id) {
        change(instance);
    }
    Ok(Xml::returns_true())
}

/// A value alone, for readers that look into parameters.
fn params_of(value: &str) -> Params {
    let body: String = form_urlencoded::Serializer::new(String::new()).append_pair("Value", value).finish();
    Params::parse(body.as_bytes()).unwrap_or_default()
}

fn modify_groups(world: &mut World, id: &str, group_ids: Vec<String>) -> Result<Xml, ApiError> {
    let instance = world.ec2.instance(id)?;
    let group_ids = read::groups(&world.ec2, group_ids, &instance.vpc_id, &instance.subnet_id)?;
    let Some(interface_id) = instance.interface_id.clone() else {
        let message = format!("The instance '{id}' is terminated.");
        return Err(ApiError::new("IncorrectInstanceState", message));
    };
    if let Some(interface) = world.ec2.network_interfaces.get_mut(&interface_id) {
        interface.group_ids = group_ids;
    }
    Ok(Xml::returns_true())
}

pub(super) fn modify_metadata_options(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = existing(world, params)?.to_owned();
    let instance = world.ec2.instance(&id)?;
    if instance.state.is_ending() {
        let message = format!("The instance '{id}' is in the '{}' state.", instance.state.name());
        return Err(ApiError::new("IncorrectInstanceState", message));
    }
    let options = read::metadata(params, "", &instance.metadata)?;
    let shown = metadata(&options, "pending");
    if let Some(instance) = world.ec2.instances.get_mut(&id) {
        instance.metadata = options;
    }
    Ok(Xml::new().text("instanceId", id).inside("instanceMetadataOptions", shown))
}

/// An instance's tie to its profile: it has the id of the instance in another form.
struct Association {
    id: String,
    instance_id: String,
    arn: String,
    profile_id: String,
    since: String,
}

impl Described for Association {
    const FILTERS: &'static [&'static str] = &["instance-id", "state"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        match name {
            "instance-id" => Some(vec![self.instance_id.clone()]),
            "state" => Some(vec!["associated".to_owned()]),
            _ => None,
        }
    }
}

pub(super) fn describe_profile_associations(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let filters = Filters::of(params)?;
    let ids = params.list("AssociationId");
    let mut found = Vec::new();
    for (id, instance) in world.ec2.instances.iter().filter(|(_, instance)| instance.interface_id.is_some()) {
        let Some((arn, profile_id)) = world.ec2.reservation_of(instance).and_then(|r| r.profile.clone()) else {
            continue;
        };
        let association = Association {
            id: id.replacen("i-", "iip-assoc-", 1),
            instance_id: id.clone(),
            arn,
            profile_id,
            since: iso(instance.launched_at),
        };
        if (ids.is_empty() || ids.contains(&association.id.as_str())) && filters.select(&association)? {
            found.push(association);
        }
    }
    if let Some(unknown) = ids.iter().find(|id| !found.iter().any(|association| association.id == **id)) {
        let message = format!("The association ID '{unknown}' does not exist");
        return Err(ApiError::new("InvalidAssociationID.NotFound", message));
    }
    let (found, next) = page(params, found, 5, 1000)?;
    let rows = found.into_iter().map(|association| {
        let profile = Xml::new().text("arn", association.arn).text("id", association.profile_id);
        Xml::new()
            .text("associationId", association.id)
            .text("instanceId", association.instance_id)
            .inside("iamInstanceProfile", profile)
            .text("state", "associated")
            .text("timestamp", association.since)
    });
    Ok(Xml::new().set("iamInstanceProfileAssociationSet", rows).optional("nextToken", next))
}

/// Without ids, only those that are unlimited are listed.
pub(super) fn describe_credit_specifications(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let is_named = !params.list("InstanceId").is_empty();
    let unlimited = |instance: &Instance| world.ec2.reservation_of(instance).is_some_and(|r| r.unlimited_credits);
    let mut found = selected(world, params)?;
    let burstable =
        |instance: &Instance| instance_type::find(&instance.instance_type).is_some_and(|known| known.is_burstable());
    if let Some((id, _)) = found.iter().find(|(_, instance)| is_named && !burstable(instance)) {
        let message = format!("The instance '{id}' is not a burstable performance instance.");
        return Err(ApiError::new("UnsupportedOperation", message));
    }
    found.retain(|(_, instance)| burstable(instance) && (is_named || unlimited(instance)));
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found
        .into_iter()
        .map(|(id, instance)| {
            let credits = if unlimited(instance) { "unlimited" } else { "standard" };
            Xml::new().text("instanceId", id).text("cpuCredits", credits)
        })
        .collect();
    Ok(Xml::new().set("instanceCreditSpecificationSet", rows).optional("nextToken", next))
}
