//! Spot: the requests that launches make, and prices.
//!
//! Sources: EC2 user guide "Spot Instance request state", "Cancel a Spot Instance request"; EC2 API reference
//! (DescribeSpotInstanceRequests, CancelSpotInstanceRequests, DescribeSpotPriceHistory).

use sha2::{Digest, Sha256};

use super::instance_type::{self, InstanceType};
use super::query::{Described, Filters, page, select, tag_set};
use super::zone;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::instance::Reason;
use crate::world::ec2::spot::{SpotRequest, SpotRequestState};
use crate::world::{Millis, Tags, World, iso};

/// The actions on Spot.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "DescribeSpotInstanceRequests",
        parameters: &[
            "DryRun",
            "SpotInstanceRequestId.N",
            "Filter.N.Name",
            "Filter.N.Value.N",
            "MaxResults",
            "NextToken",
        ],
        run: describe,
    },
    Action { name: "CancelSpotInstanceRequests", parameters: &["DryRun", "SpotInstanceRequestId.N"], run: cancel },
    Action {
        name: "DescribeSpotPriceHistory",
        parameters: &[
            "DryRun",
            "StartTime",
            "EndTime",
            "InstanceType.N",
            "ProductDescription.N",
            "AvailabilityZone",
            "Filter.N.Name",
            "Filter.N.Value.N",
            "MaxResults",
            "NextToken",
        ],
        run: describe_price_history,
    },
];

impl SpotRequestState {
    fn name(self) -> &'static str {
        match self {
            SpotRequestState::Active => "active",
            SpotRequestState::Cancelled | SpotRequestState::CancelledAndTerminated => "cancelled",
            SpotRequestState::Closed | SpotRequestState::Interrupted => "closed",
        }
    }

    fn status(self) -> (&'static str, &'static str) {
        match self {
            SpotRequestState::Active => ("fulfilled", "Your Spot request is fulfilled."),
            SpotRequestState::Cancelled => (
                "request-canceled-and-instance-running",
                "Your Spot request is canceled, but your instance is still running.",
            ),
            SpotRequestState::CancelledAndTerminated | SpotRequestState::Closed => {
                ("instance-terminated-by-user", "Spot Instance terminated due to user-initiated termination.")
            }
            SpotRequestState::Interrupted => (
                "instance-terminated-no-capacity",
                "Your Spot Instance was terminated because there is no longer enough Spot capacity available.",
            ),
        }
    }
}

struct WithId<'a>(&'a str, &'a SpotRequest);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] = &[
        "spot-instance-request-id",
        "state",
        "status-code",
        "status-message",
        "instance-id",
        "launch.instance-type",
        "launch.image-id",
        "launched-availability-zone",
        "type",
        "product-description",
        "network-interface.subnet-id",
    ];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &dyn ToString| Some(vec![value.to_string()]);
        match name {
            "spot-instance-request-id" => one(&self.0),
            "state" => one(&self.1.state.name()),
            "status-code" => one(&self.1.state.status().0),
            "status-message" => one(&self.1.state.status().1),
            "instance-id" => one(&self.1.instance_id),
            "launch.instance-type" => one(&self.1.instance_type),
            "launch.image-id" => one(&self.1.image_id),
            "launched-availability-zone" => one(&self.1.zone),
            "type" => one(&"one-time"),
            "product-description" => one(&"Linux/UNIX"),
            "network-interface.subnet-id" => one(&self.1.subnet_id),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

/// Returns a fresh id: these are shorter than others.
pub(crate) fn new_id(world: &mut World) -> String {
    let letters = world.ids.iam("").to_lowercase();
    format!("sir-{}", letters.get(..8).unwrap_or(&letters))
}

/// Ends a request whose instance is gone.
pub(crate) fn close(world: &mut World, id: &str, reason: Reason, at: Millis) {
    let Some(request) = world.ec2.spot_requests.get_mut(id) else { return };
    request.updated_at = at;
    request.state = match (request.state, reason) {
        (SpotRequestState::Cancelled, _) => SpotRequestState::CancelledAndTerminated,
        (_, Reason::SpotInterruption) => SpotRequestState::Interrupted,
        (_, Reason::User) => SpotRequestState::Closed,
    };
    let forgotten_at = at + RECORD_KEPT;
    world.ec2.spot_schedule.insert((forgotten_at, id.to_owned()));
}

/// "Amazon EC2 deletes your canceled and closed requests four hours after".
const RECORD_KEPT: Millis = 4 * 3_600_000;

/// Forgets requests that ended long ago.
pub(crate) fn advance(world: &mut World) {
    let now = world.now;
    while let Some((_, id)) = world.ec2.spot_schedule.first().filter(|(at, _)| *at <= now).cloned() {
        world.ec2.spot_schedule.pop_first();
        world.ec2.spot_requests.remove(&id);
    }
}

/// Returns what an hour costs now, in millionths of a dollar: between 28 and 47 percent of the on-demand price, by pool.
pub(crate) fn price_micros(wanted: &InstanceType, zone: &str) -> u64 {
    let digest = Sha256::digest(format!("{}/{zone}", wanted.name));
    let percent = 28 + u64::from(digest.first().copied().unwrap_or_default() % 20);
    wanted.on_demand_micros() * percent / 100
}

/// Returns a price as AWS writes it.
pub(crate) fn dollars(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

fn not_found(id: &str) -> ApiError {
    let message = format!("The spot instance request ID '{id}' does not exist");
    ApiError::new("InvalidSpotInstanceRequestID.NotFound", message)
}

fn check_form(id: &&str) -> Result<(), ApiError> {
    let is_well_formed = id
        .strip_prefix("sir-")
        .is_some_and(|rest| (8..=17).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric()));
    if is_well_formed {
        return Ok(());
    }
    let message = format!("Invalid id: \"{id}\" (expecting \"sir-...\")");
    Err(ApiError::new("InvalidSpotInstanceRequestID.Malformed", message))
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("SpotInstanceRequestId");
    ids.iter().try_for_each(check_form)?;
    if params.get("MaxResults").is_some() && !ids.is_empty() {
        let message = "The parameter spotInstanceRequestIds cannot be used with the parameter maxResults";
        return Err(ApiError::new("InvalidParameterCombination", message));
    }
    let found = select(&world.ec2.spot_requests, &ids, params, WithId, not_found)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, request)| show(id, request.1)).collect();
    Ok(Xml::new().set("spotInstanceRequestSet", rows).optional("nextToken", next))
}

fn show(id: &str, request: &SpotRequest) -> Xml {
    let (code, message) = request.state.status();
    let status = Xml::new().text("code", code).text("updateTime", iso(request.updated_at)).text("message", message);
    let launch = Xml::new()
        .text("imageId", &request.image_id)
        .text("instanceType", &request.instance_type)
        .text("subnetId", &request.subnet_id)
        .inside("placement", Xml::new().text("availabilityZone", &request.zone));
    Xml::new()
        .text("spotInstanceRequestId", id)
        .text("spotPrice", dollars(request.max_price_micros))
        .text("type", "one-time")
        .text("state", request.state.name())
        .inside("status", status)
        .text("instanceId", &request.instance_id)
        .inside("launchSpecification", launch)
        .text("launchedAvailabilityZone", &request.zone)
        .text("createTime", iso(request.created_at))
        .text("productDescription", "Linux/UNIX")
        .text("instanceInterruptionBehavior", "terminate")
        .and(tag_set(&request.tags))
}

fn cancel(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("SpotInstanceRequestId");
    if ids.is_empty() {
        return Err(ApiError::new("MissingParameter", "The request must contain the parameter SpotInstanceRequestId"));
    }
    ids.iter().try_for_each(check_form)?;
    if let Some(unknown) = ids.iter().find(|id| !world.ec2.spot_requests.contains_key(**id)) {
        return Err(not_found(unknown));
    }
    let now = world.now;
    let mut rows = Vec::new();
    for id in ids {
        let Some(request) = world.ec2.spot_requests.get_mut(id) else { continue };
        // The instance runs on.
        if request.state == SpotRequestState::Active {
            request.state = SpotRequestState::Cancelled;
            request.updated_at = now;
        }
        rows.push(Xml::new().text("spotInstanceRequestId", id).text("state", request.state.name()));
    }
    Ok(Xml::new().set("spotInstanceRequestSet", rows))
}

struct Price {
    instance_type: &'static str,
    zone: String,
    price: String,
}

impl Described for Price {
    const FILTERS: &'static [&'static str] =
        &["instance-type", "availability-zone", "product-description", "spot-price"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let value = match name {
            "instance-type" => self.instance_type,
            "availability-zone" => &self.zone,
            "product-description" => "Linux/UNIX",
            "spot-price" => &self.price,
            _ => return None,
        };
        Some(vec![value.to_owned()])
    }
}

/// Prices never change here, so each pool has the one row that says since when its price holds.
fn describe_price_history(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    for name in ["StartTime", "EndTime"] {
        if let Some(text) = params.get(name) {
            let _: jiff::Timestamp = text.parse().map_err(|_| invalid_value(name, text))?;
        }
    }
    let names = params.list("InstanceType");
    if let Some(unknown) = names.iter().find(|name| instance_type::find(name).is_none()) {
        return Err(invalid_value("instanceType", unknown));
    }
    let products = params.list("ProductDescription");
    let is_linux = products.is_empty() || products.iter().any(|p| p.starts_with("Linux/UNIX"));
    let zone = params.get("AvailabilityZone").filter(|zone| !zone.is_empty());
    if let Some(unknown) = zone.filter(|zone| !zone::names(&world.region).iter().any(|known| known == zone)) {
        return Err(invalid_value("availabilityZone", unknown));
    }
    let filters = Filters::of(params)?;
    let day = 86_400_000;
    let since = iso(world.now / day * day);
    let mut found = Vec::new();
    let wanted = instance_type::all().iter().filter(|known| names.is_empty() || names.contains(&known.name));
    for known in wanted.filter(|_| is_linux) {
        for place in known.zones(&world.region) {
            let price = dollars(price_micros(known, &place));
            let price = Price { instance_type: known.name, zone: place, price };
            if zone.is_none_or(|zone| zone == price.zone) && filters.select(&price)? {
                found.push(price);
            }
        }
    }
    let (found, next) = page(params, found, 1, 1000)?;
    let rows = found.into_iter().map(|price| {
        Xml::new()
            .text("instanceType", price.instance_type)
            .text("productDescription", "Linux/UNIX")
            .text("spotPrice", price.price)
            .text("timestamp", &since)
            .text("availabilityZone", &price.zone)
    });
    // AWS sends the token even when there is no more, and it is empty then.
    Ok(Xml::new().set("spotPriceHistorySet", rows).text("nextToken", next.unwrap_or_default()))
}
