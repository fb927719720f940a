//! The zones of the region, and the regions.
//!
//! Sources: EC2 API reference (DescribeAvailabilityZones, DescribeRegions), EC2 user guide "Regions and Zones".

use super::query::{Described, Filters};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;

/// The actions on zones and regions. Neither knows pages.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "DescribeAvailabilityZones",
        parameters: &["DryRun", "ZoneName.N", "ZoneId.N", "AllAvailabilityZones", "Filter.N.Name", "Filter.N.Value.N"],
        run: describe_zones,
    },
    Action {
        name: "DescribeRegions",
        parameters: &["DryRun", "RegionName.N", "AllRegions", "Filter.N.Name", "Filter.N.Value.N"],
        run: describe_regions,
    },
];

/// Returns the names of the region's zones.
pub(crate) fn names(region: &str) -> Vec<String> {
    let letters = if region == "us-east-1" { "abcdef" } else { "abc" };
    letters.chars().map(|letter| format!("{region}{letter}")).collect()
}

/// Returns the id of a zone, which is the same for all accounts: `use1-az1`.
pub(crate) fn id_of(region: &str, zone: &str) -> String {
    let letter = zone.bytes().last().unwrap_or(b'a');
    format!("{}-az{}", short_name(region), letter.wrapping_sub(b'a') + 1)
}

/// `us-east-1` is `use1` in the ids of its zones, `ap-southeast-2` is `apse2`.
fn short_name(region: &str) -> String {
    let words: Vec<&str> = region.split('-').collect();
    let [place @ .., direction, number] = words.as_slice() else { return region.to_owned() };
    let direction = match *direction {
        "northeast" => "ne",
        "northwest" => "nw",
        "southeast" => "se",
        "southwest" => "sw",
        other => other.get(..1).unwrap_or_default(),
    };
    format!("{}{direction}{number}", place.concat())
}

struct Zone {
    name: String,
    id: String,
    region: String,
    /// The zone that a local one belongs to.
    parent: Option<String>,
    group: String,
}

impl Zone {
    fn opt_in_status(&self) -> &'static str {
        if self.parent.is_some() { "not-opted-in" } else { "opt-in-not-required" }
    }

    fn zone_type(&self) -> &'static str {
        if self.parent.is_some() { "local-zone" } else { "availability-zone" }
    }
}

impl Described for Zone {
    const FILTERS: &'static [&'static str] = &[
        "zone-name",
        "zone-id",
        "state",
        "region-name",
        "opt-in-status",
        "zone-type",
        "group-name",
        "network-border-group",
        "parent-zone-name",
        "message",
    ];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let value = match name {
            "zone-name" => self.name.as_str(),
            "zone-id" => &self.id,
            "state" => "available",
            "region-name" => &self.region,
            "opt-in-status" => self.opt_in_status(),
            "zone-type" => self.zone_type(),
            "group-name" | "network-border-group" => &self.group,
            "parent-zone-name" => self.parent.as_deref().unwrap_or_default(),
            "message" => "",
            _ => return None,
        };
        Some(vec![value.to_owned()])
    }
}

fn zones(region: &str) -> Vec<Zone> {
    let ordinary = |name: String| {
        let id = id_of(region, &name);
        Zone { name, id, region: region.to_owned(), parent: None, group: format!("{region}-zg-1") }
    };
    let mut zones: Vec<Zone> = names(region).into_iter().map(ordinary).collect();
    // Local zones are not used before the account asked for them.
    if let ("us-east-1", Some(parent)) = (region, zones.first().map(|zone| zone.name.clone())) {
        zones.push(Zone {
            name: "us-east-1-bos-1a".to_owned(),
            id: "use1-bos1-az1".to_owned(),
            region: region.to_owned(),
            parent: Some(parent),
            group: "us-east-1-bos-1".to_owned(),
        });
    }
    zones
}

fn describe_zones(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let all = zones(&world.region);
    let (names, ids) = (params.list("ZoneName"), params.list("ZoneId"));
    let unknown_name = names.iter().find(|name| !all.iter().any(|zone| zone.name == **name));
    let unknown_id = ids.iter().find(|id| !all.iter().any(|zone| zone.id == **id));
    if let Some(unknown) = unknown_name.or(unknown_id) {
        return Err(ApiError::new("InvalidParameterValue", format!("Invalid availability zone: [{unknown}]")));
    }
    let with_all = params.flag("AllAvailabilityZones")? == Some(true);
    let filters = Filters::of(params)?;
    let mut rows = Vec::new();
    for zone in &all {
        let is_named = names.contains(&zone.name.as_str()) || ids.contains(&zone.id.as_str());
        let is_wanted = is_named || (names.is_empty() && ids.is_empty() && (with_all || zone.parent.is_none()));
        if filters.select(zone)? && is_wanted {
            rows.push(show_zone(&world.region, zone));
        }
    }
    Ok(Xml::new().set("availabilityZoneInfo", rows))
}

fn show_zone(region: &str, zone: &Zone) -> Xml {
    Xml::new()
        .text("zoneName", &zone.name)
        .text("zoneId", &zone.id)
        .text("zoneState", "available")
        .text("optInStatus", zone.opt_in_status())
        .text("zoneType", zone.zone_type())
        .text("regionName", &zone.region)
        .text("groupName", &zone.group)
        .text("networkBorderGroup", if zone.parent.is_some() { zone.group.as_str() } else { region })
        .optional("parentZoneName", zone.parent.as_ref())
        .optional("parentZoneId", zone.parent.as_ref().map(|parent| id_of(region, parent)))
        .set("messageSet", [])
}

/// The regions that every account has.
const REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];
/// Some of those that an account must ask for.
const OPT_IN_REGIONS: [&str; 5] = ["af-south-1", "ap-east-1", "eu-south-1", "il-central-1", "me-south-1"];

struct RegionRow {
    name: String,
    opt_in_status: &'static str,
    endpoint: String,
}

impl Described for RegionRow {
    const FILTERS: &'static [&'static str] = &["region-name", "endpoint", "opt-in-status"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let value = match name {
            "region-name" => self.name.as_str(),
            "endpoint" => &self.endpoint,
            "opt-in-status" => self.opt_in_status,
            _ => return None,
        };
        Some(vec![value.to_owned()])
    }
}

fn describe_regions(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let row = |name: &str, opt_in_status| RegionRow {
        name: name.to_owned(),
        opt_in_status,
        endpoint: format!("ec2.{name}.amazonaws.com"),
    };
    let mut all: Vec<RegionRow> = REGIONS.iter().map(|name| row(name, "opt-in-not-required")).collect();
    all.extend(OPT_IN_REGIONS.iter().map(|name| row(name, "not-opted-in")));
    if !all.iter().any(|region| region.name == world.region) {
        all.push(row(&world.region, "opted-in"));
    } else if let Some(own) = all.iter_mut().find(|r| r.name == world.region && r.opt_in_status == "not-opted-in") {
        // Who uses a region has asked for it.
        own.opt_in_status = "opted-in";
    }
    let names = params.list("RegionName");
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|region| region.name == **name)) {
        return Err(ApiError::new("InvalidParameterValue", format!("Invalid region name: {unknown}")));
    }
    let with_all = params.flag("AllRegions")? == Some(true);
    let filters = Filters::of(params)?;
    let mut rows = Vec::new();
    for region in &all {
        let is_wanted = names.contains(&region.name.as_str())
            || (names.is_empty() && (with_all || region.opt_in_status != "not-opted-in"));
        if filters.select(region)? && is_wanted {
            rows.push(
                Xml::new()
                    .text("regionName", &region.name)
                    .text("regionEndpoint", &region.endpoint)
                    .text("optInStatus", region.opt_in_status),
            );
        }
    }
    Ok(Xml::new().set("regionInfo", rows))
}
