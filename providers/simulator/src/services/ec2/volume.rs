//! Volumes: made with instances or on their own.
//!
//! Sources: EC2 API reference (CreateVolume, DeleteVolume, DescribeVolumes, EbsBlockDevice), EBS user guide.

use super::query::{Described, check_form, id, page, select, tag_set};
use super::{tagging, zone};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::volume::{Attachment, Shape, Volume};
use crate::world::{Tags, World, iso};

/// The actions on volumes.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateVolume",
        parameters: &[
            "DryRun",
            "AvailabilityZone",
            "Size",
            "VolumeType",
            "Iops",
            "Throughput",
            "Encrypted",
            "ClientToken",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action { name: "DeleteVolume", parameters: &["DryRun", "VolumeId"], run: delete },
    Action {
        name: "DescribeVolumes",
        parameters: &["DryRun", "VolumeId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe,
    },
];

impl Volume {
    fn state(&self) -> &'static str {
        if self.attachment.is_some() { "in-use" } else { "available" }
    }
}

struct WithId<'a>(&'a str, &'a Volume);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] = &[
        "volume-id",
        "status",
        "availability-zone",
        "size",
        "volume-type",
        "encrypted",
        "snapshot-id",
        "attachment.instance-id",
        "attachment.device",
        "attachment.delete-on-termination",
        "attachment.status",
        "create-time",
    ];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &dyn ToString| Some(vec![value.to_string()]);
        let of_attachment = |value: fn(&Attachment) -> String| Some(self.1.attachment.iter().map(value).collect());
        let shape = &self.1.shape;
        match name {
            "volume-id" => one(&self.0),
            "status" => one(&self.1.state()),
            "availability-zone" => one(&self.1.zone),
            "size" => one(&shape.size_gb),
            "volume-type" => one(&shape.volume_type),
            "encrypted" => one(&shape.encrypted),
            "snapshot-id" => Some(shape.snapshot_id.iter().cloned().collect()),
            "attachment.instance-id" => of_attachment(|a| a.instance_id.clone()),
            "attachment.device" => of_attachment(|a| a.device.clone()),
            "attachment.delete-on-termination" => of_attachment(|a| a.delete_on_termination.to_string()),
            "attachment.status" => of_attachment(|_| "attached".to_owned()),
            "create-time" => one(&iso(self.1.created_at)),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

/// Reads what a volume shall be; `Size`, or `VolumeSize` within a launch, is optional where an image gives it.
pub(crate) fn read_shape(
    params: &Params,
    size_name: &str,
    type_name: &str,
    default: Option<Shape>,
) -> Result<Shape, ApiError> {
    let number = |name: &str| -> Result<Option<u32>, ApiError> {
        let Some(number) = params.number(name)? else { return Ok(None) };
        u32::try_from(number).map(Some).map_err(|_| invalid_value(name, &number.to_string()))
    };
    let volume_type = params.get(type_name).filter(|given| !given.is_empty()).map(str::to_owned);
    let volume_type =
        volume_type.or_else(|| default.as_ref().map(|d| d.volume_type.clone())).unwrap_or("gp2".to_owned());
    let smallest = default.as_ref().map(|d| d.size_gb);
    let Some(size_gb) = number(size_name)?.or(smallest) else {
        return Err(ApiError::new("MissingParameter", "The request must contain the parameter size/snapshot"));
    };
    if let (Some(smallest), Some(snapshot)) = (smallest, default.as_ref().and_then(|d| d.snapshot_id.as_ref()))
        && size_gb < smallest
    {
        let message =
            format!("Volume of size {size_gb}GB is smaller than snapshot '{snapshot}', expect size>= {smallest}GB");
        return Err(ApiError::new("InvalidBlockDeviceMapping", message));
    }
    // Smallest and largest sizes in GiB: "Amazon EBS volume types".
    let sizes = match volume_type.as_str() {
        "gp2" => 1..=16_384,
        "gp3" => 1..=65_536,
        "io1" => 4..=16_384,
        "io2" => 4..=65_536,
        "st1" | "sc1" => 125..=16_384,
        "standard" => 1..=1_024,
        other => return Err(invalid_value("volumeType", other)),
    };
    if !sizes.contains(&size_gb) {
        let message = format!("Volume size of {size_gb} GiB is invalid for volume type {volume_type}.");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let (iops, throughput) = (number("Iops")?, number("Throughput")?);
    let is_provisioned = matches!(volume_type.as_str(), "io1" | "io2");
    if iops.is_some() && !is_provisioned && volume_type != "gp3" {
        let message = format!("The parameter iops is not supported for {volume_type} volumes.");
        return Err(ApiError::new("InvalidParameterCombination", message));
    }
    if throughput.is_some() && volume_type != "gp3" {
        let message = format!("The parameter throughput is not supported for {volume_type} volumes.");
        return Err(ApiError::new("InvalidParameterCombination", message));
    }
    if is_provisioned && iops.is_none() {
        let message = format!("The parameter iops must be specified for {volume_type} volumes.");
        return Err(ApiError::new("MissingParameter", message));
    }
    let (iops, throughput) = match volume_type.as_str() {
        "gp3" => (Some(iops.unwrap_or(3000)), Some(throughput.unwrap_or(125))),
        // Three a GiB, at least 100 and at most 16,000.
        "gp2" => (Some((size_gb * 3).clamp(100, 16_000)), None),
        _ => (iops, None),
    };
    if volume_type == "gp3" && !iops.is_some_and(|iops| (3000..=80_000).contains(&iops)) {
        let message = "Volume iops is out of range: gp3 volumes have between 3000 and 80000.";
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    if throughput.is_some_and(|throughput| !(125..=2000).contains(&throughput)) {
        let message = "Throughput is out of range: gp3 volumes have between 125 and 2000 MiB/s.";
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let encrypted = params.flag("Encrypted")?.unwrap_or(false);
    let snapshot_id = default.and_then(|d| d.snapshot_id);
    Ok(Shape { size_gb, volume_type, iops, throughput, encrypted, snapshot_id })
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("InvalidVolume.NotFound", format!("The volume '{id}' does not exist."))
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let zone = params.required("AvailabilityZone")?.to_owned();
    if !zone::names(&world.region).contains(&zone) {
        return Err(ApiError::new("InvalidZone.NotFound", format!("The zone '{zone}' does not exist.")));
    }
    let shape = read_shape(params, "Size", "VolumeType", None)?;
    let tags = tagging::at_creation(params, "volume")?;
    let id = world.ids.ec2("vol");
    let volume = Volume { shape, zone, attachment: None, created_at: world.now, tags };
    let shown = show(world, &id, &volume, "creating");
    world.ec2.volumes.insert(id, volume);
    Ok(shown)
}

/// Answers a creation again that was done before.
pub(crate) fn created_again(world: &World, _params: &Params, id: &str) -> Option<Xml> {
    world.ec2.volumes.get(id).map(|volume| show(world, id, volume, volume.state()))
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = id(params, "VolumeId", "vol", "InvalidVolumeID.Malformed")?;
    let volume = world.ec2.volumes.get(id).ok_or_else(|| not_found(id))?;
    if let Some(Attachment { instance_id, .. }) = &volume.attachment {
        let message = format!("Volume {id} is currently attached to {instance_id}");
        return Err(ApiError::new("VolumeInUse", message));
    }
    world.ec2.volumes.remove(id);
    Ok(Xml::returns_true())
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("VolumeId");
    ids.iter().try_for_each(|id| check_form(id, "vol", "InvalidVolumeID.Malformed"))?;
    if params.get("MaxResults").is_some() && !ids.is_empty() {
        let message = "The parameter volumeIds cannot be used with the parameter maxResults";
        return Err(ApiError::new("InvalidParameterCombination", message));
    }
    let found = select(&world.ec2.volumes, &ids, params, WithId, not_found)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, v)| show(world, id, v.1, v.1.state())).collect();
    Ok(Xml::new().set("volumeSet", rows).optional("nextToken", next))
}

fn show(world: &World, id: &str, volume: &Volume, state: &str) -> Xml {
    let attachments = volume.attachment.iter().map(|attachment| {
        Xml::new()
            .text("volumeId", id)
            .text("instanceId", &attachment.instance_id)
            .text("device", &attachment.device)
            .text("status", "attached")
            .text("attachTime", iso(volume.created_at))
            .text("deleteOnTermination", attachment.delete_on_termination)
    });
    let shape = &volume.shape;
    Xml::new()
        .text("volumeId", id)
        .text("size", shape.size_gb)
        .text("snapshotId", shape.snapshot_id.as_deref().unwrap_or_default())
        .text("availabilityZone", &volume.zone)
        .text("availabilityZoneId", zone::id_of(&world.region, &volume.zone))
        .text("status", state)
        .text("createTime", iso(volume.created_at))
        .set("attachmentSet", attachments)
        .text("encrypted", shape.encrypted)
        .optional("iops", shape.iops)
        .optional("throughput", shape.throughput)
        .text("volumeType", &shape.volume_type)
        .text("multiAttachEnabled", false)
        .and(tag_set(&volume.tags))
}
