//! Instance types: what they are and in which zones they are offered.
//!
//! Sources: EC2 API reference (DescribeInstanceTypes, DescribeInstanceTypeOfferings), Instance types guide.

mod characteristics;
mod table;

pub(crate) use characteristics::{Architecture, InstanceType, QuotaFamily};

use characteristics::Gpu;

use super::query::{Described, Filters, page};
use super::zone;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::World;

/// The actions on instance types.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "DescribeInstanceTypes",
        parameters: &["DryRun", "InstanceType.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe,
    },
    Action {
        name: "DescribeInstanceTypeOfferings",
        parameters: &["DryRun", "LocationType", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe_offerings,
    },
];

/// Returns a type by its name.
pub(crate) fn find(name: &str) -> Option<&'static InstanceType> {
    table::TYPES.iter().find(|known| known.name == name)
}

/// Returns all types that are known here.
pub(crate) fn all() -> &'static [InstanceType] {
    table::TYPES
}

impl Described for InstanceType {
    const FILTERS: &'static [&'static str] = &[
        "instance-type",
        "processor-info.supported-architecture",
        "vcpu-info.default-vcpus",
        "vcpu-info.default-cores",
        "vcpu-info.default-threads-per-core",
        "memory-info.size-in-mib",
        "current-generation",
        "bare-metal",
        "burstable-performance-supported",
        "instance-storage-supported",
        "hypervisor",
        "supported-usage-class",
        "supported-root-device-type",
        "supported-virtualization-type",
    ];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &dyn ToString| Some(vec![value.to_string()]);
        match name {
            "instance-type" => one(&self.name),
            "processor-info.supported-architecture" => one(&self.architecture.name()),
            "vcpu-info.default-vcpus" => one(&self.vcpus),
            "vcpu-info.default-cores" => one(&self.cores()),
            "vcpu-info.default-threads-per-core" => one(&self.threads_per_core()),
            "memory-info.size-in-mib" => one(&self.memory_mib),
            "current-generation" => one(&self.is_current()),
            "bare-metal" => one(&false),
            "burstable-performance-supported" => one(&self.is_burstable()),
            "instance-storage-supported" => one(&(self.storage_gb > 0)),
            "hypervisor" => one(&self.hypervisor()),
            "supported-usage-class" => Some(vec!["on-demand".to_owned(), "spot".to_owned()]),
            "supported-root-device-type" => one(&"ebs"),
            "supported-virtualization-type" => one(&"hvm"),
            _ => None,
        }
    }
}

impl InstanceType {
    fn is_current(&self) -> bool {
        !matches!(self.family(), "c5" | "m5" | "r5" | "p3")
    }

    fn hypervisor(&self) -> &'static str {
        if matches!(self.family(), "t2" | "p3") { "xen" } else { "nitro" }
    }

    fn show(&self) -> Xml {
        let processor = Xml::new()
            .texts("supportedArchitectures", "item", [self.architecture.name()])
            .text("sustainedClockSpeedInGhz", if self.architecture == Architecture::X86 { "3.1" } else { "2.5" })
            .text("manufacturer", if self.architecture == Architecture::X86 { "Intel" } else { "AWS" });
        let vcpus = Xml::new()
            .text("defaultVCpus", self.vcpus)
            .text("defaultCores", self.cores())
            .text("defaultThreadsPerCore", self.threads_per_core());
        let card = Xml::new()
            .text("networkCardIndex", 0)
            .text("networkPerformance", self.network)
            .text("maximumNetworkInterfaces", self.interfaces);
        let network = Xml::new()
            .text("networkPerformance", self.network)
            .text("maximumNetworkInterfaces", self.interfaces)
            .text("maximumNetworkCards", 1)
            .text("defaultNetworkCardIndex", 0)
            .set("networkCards", [card])
            .text("ipv4AddressesPerInterface", self.addresses)
            .text("ipv6AddressesPerInterface", self.addresses)
            .text("ipv6Supported", true)
            .text("enaSupport", if self.hypervisor() == "nitro" { "required" } else { "supported" })
            .text("efaSupported", matches!(self.family(), "p4d" | "p5"));
        let ebs = Xml::new()
            .text("ebsOptimizedSupport", if self.family() == "t2" { "unsupported" } else { "default" })
            .text("encryptionSupport", "supported")
            .text("nvmeSupport", if self.hypervisor() == "nitro" { "required" } else { "unsupported" });
        let strategies: &[&str] =
            if self.is_burstable() { &["partition", "spread"] } else { &["cluster", "partition", "spread"] };
        let shown = Xml::new()
            .text("instanceType", self.name)
            .text("currentGeneration", self.is_current())
            .text("freeTierEligible", matches!(self.name, "t2.micro" | "t3.micro"))
            .texts("supportedUsageClasses", "item", ["on-demand", "spot"])
            .texts("supportedRootDeviceTypes", "item", ["ebs"])
            .texts("supportedVirtualizationTypes", "item", ["hvm"])
            .text("bareMetal", false)
            .text("hypervisor", self.hypervisor())
            .inside("processorInfo", processor)
            .inside("vCpuInfo", vcpus)
            .inside("memoryInfo", Xml::new().text("sizeInMiB", self.memory_mib))
            .text("instanceStorageSupported", self.storage_gb > 0);
        let shown = match self.storage_gb {
            0 => shown,
            size => {
                let disk = Xml::new().text("sizeInGB", size).text("count", 1).text("type", "ssd");
                let storage =
                    Xml::new().text("totalSizeInGB", size).set("disks", [disk]).text("nvmeSupport", "required");
                shown.inside("instanceStorageInfo", storage)
            }
        };
        let shown = shown.inside("ebsInfo", ebs).inside("networkInfo", network);
        let shown = match self.gpu {
            None => shown,
            Some(Gpu { count, name, memory_mib }) => {
                let one = Xml::new()
                    .text("name", name)
                    .text("manufacturer", "NVIDIA")
                    .text("count", count)
                    .inside("memoryInfo", Xml::new().text("sizeInMiB", memory_mib));
                shown.inside("gpuInfo", Xml::new().set("gpus", [one]).text("totalGpuMemoryInMiB", count * memory_mib))
            }
        };
        shown
            .inside("placementGroupInfo", Xml::new().texts("supportedStrategies", "item", strategies))
            .text("hibernationSupported", QuotaFamily::of(self) == Some(QuotaFamily::Standard))
            .text("burstablePerformanceSupported", self.is_burstable())
            .text("dedicatedHostsSupported", !self.is_burstable())
            .text("autoRecoverySupported", self.storage_gb == 0)
            .texts("supportedBootModes", "item", ["uefi"])
    }
}

/// Most types that a call may name.
const NAMES_MAX: usize = 100;

fn describe(_world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let names = params.list("InstanceType");
    if names.len() > NAMES_MAX {
        return Err(invalid_value("instanceTypes", &names.len().to_string()));
    }
    if params.get("MaxResults").is_some() && !names.is_empty() {
        let message = "The parameter InstanceTypes cannot be used with the parameter MaxResults";
        return Err(ApiError::new("InvalidParameterCombination", message));
    }
    let unknown: Vec<&str> = names.iter().copied().filter(|name| find(name).is_none()).collect();
    if !unknown.is_empty() {
        let message = format!("The following supplied instance types do not exist: [{}]", unknown.join(", "));
        return Err(ApiError::new("InvalidInstanceType", message));
    }
    let filters = Filters::of(params)?;
    let mut found = Vec::new();
    for known in table::TYPES {
        if (names.is_empty() || names.contains(&known.name)) && filters.select(known)? {
            found.push(known);
        }
    }
    let (found, next) = page(params, found, 5, 100)?;
    Ok(Xml::new().set("instanceTypeSet", found.into_iter().map(InstanceType::show)).optional("nextToken", next))
}

struct Offering {
    name: &'static str,
    location: String,
}

impl Described for Offering {
    const FILTERS: &'static [&'static str] = &["instance-type", "location"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        match name {
            "instance-type" => Some(vec![self.name.to_owned()]),
            "location" => Some(vec![self.location.clone()]),
            _ => None,
        }
    }
}

fn describe_offerings(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let location_type = params.get("LocationType").unwrap_or("region").to_owned();
    let region = &world.region;
    let locations: Vec<(String, String)> = match location_type.as_str() {
        "region" => vec![],
        "availability-zone" => zone::names(region).into_iter().map(|zone| (zone.clone(), zone)).collect(),
        "availability-zone-id" => {
            zone::names(region).into_iter().map(|zone| (zone.clone(), zone::id_of(region, &zone))).collect()
        }
        other => return Err(invalid_value("locationType", other)),
    };
    let filters = Filters::of(params)?;
    let mut found = Vec::new();
    for known in table::TYPES {
        let mut offerings: Vec<Offering> = locations
            .iter()
            .filter(|(zone, _)| known.is_offered(region, zone))
            .map(|(_, location)| Offering { name: known.name, location: location.clone() })
            .collect();
        if location_type == "region" {
            offerings.push(Offering { name: known.name, location: region.clone() });
        }
        for offering in offerings {
            if filters.select(&offering)? {
                found.push(offering);
            }
        }
    }
    let (found, next) = page(params, found, 5, 1000)?;
    let rows = found.into_iter().map(|offering| {
        Xml::new()
            .text("instanceType", offering.name)
            .text("locationType", &location_type)
            .text("location", offering.location)
    });
    Ok(Xml::new().set("instanceTypeOfferingSet", rows).optional("nextToken", next))
}
