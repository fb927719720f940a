//! Instance types: what they are and in which zones they are offered.
//!
//! Sources: EC2 API reference (DescribeInstanceTypes, DescribeInstanceTypeOfferings), Instance types guide.

mod table;

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

/// What a processor understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    X86,
    Arm64,
}

impl Architecture {
    /// Returns AWS's word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Architecture::X86 => "x86_64",
            Architecture::Arm64 => "arm64",
        }
    }
}

/// The GPUs of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gpu {
    pub(crate) count: u32,
    pub(crate) name: &'static str,
    pub(crate) memory_mib: u32,
}

/// An instance type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InstanceType {
    pub(crate) name: &'static str,
    pub(crate) architecture: Architecture,
    pub(crate) vcpus: u32,
    pub(crate) memory_mib: u64,
    pub(crate) gpu: Option<Gpu>,
    /// Disks of its own, in GB.
    pub(crate) storage_gb: u32,
    interfaces: u32,
    addresses: u32,
    network: &'static str,
    /// The letters of the zones of us-east-1 that offer it.
    zones: &'static str,
}

/// The families of types that share a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuotaFamily {
    /// A, C, D, H, I, M, R, T, Z.
    Standard,
    /// G and VT.
    G,
    P,
}

impl QuotaFamily {
    /// Returns the family of a type.
    pub(crate) fn of(instance_type: &InstanceType) -> Option<QuotaFamily> {
        match instance_type.name.chars().next()? {
            'a' | 'c' | 'd' | 'h' | 'i' | 'm' | 'r' | 't' | 'z' => Some(QuotaFamily::Standard),
            'g' | 'v' => Some(QuotaFamily::G),
            'p' => Some(QuotaFamily::P),
            _ => None,
        }
    }
}

/// The one zone where the smallest families are missing in regions of three zones.
const SPARSE_ZONE: char = 'c';

impl InstanceType {
    /// Tells whether a zone has machines of this type.
    pub(crate) fn is_offered(&self, region: &str, zone: &str) -> bool {
        let Some(letter) = zone.strip_prefix(region).and_then(|rest| rest.chars().next()) else { return false };
        // What the big region lacks in a zone or two is rarer still elsewhere.
        let is_rare = self.zones.len() < 5;
        if region == "us-east-1" { self.zones.contains(letter) } else { !(is_rare && letter == SPARSE_ZONE) }
    }

    /// Returns the zones of a region that offer it.
    pub(crate) fn zones(&self, region: &str) -> Vec<String> {
        zone::names(region).into_iter().filter(|zone| self.is_offered(region, zone)).collect()
    }

    /// Returns the family: the name up to the point.
    pub(crate) fn family(&self) -> &'static str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// Tells whether it runs on credits.
    pub(crate) fn is_burstable(&self) -> bool {
        self.family().starts_with('t')
    }

    /// Graviton, and the burstable ones of 2014, have one thread a core.
    pub(crate) fn threads_per_core(&self) -> u32 {
        if self.architecture == Architecture::Arm64 || self.family() == "t2" { 1 } else { 2 }
    }

    pub(crate) fn cores(&self) -> u32 {
        (self.vcpus / self.threads_per_core()).max(1)
    }

    /// Returns what an hour on demand costs, in millionths of a dollar: roughly AWS's prices of us-east-1.
    pub(crate) fn on_demand_micros(&self) -> u64 {
        let gpus = match self.gpu {
            Some(Gpu { name: "T4" | "T4g", count, .. }) => u64::from(count) * 330_000,
            Some(Gpu { name: "L4" | "A10G", count, .. }) => u64::from(count) * 600_000,
            Some(Gpu { name: "V100", count, .. }) => u64::from(count) * 2_600_000,
            Some(Gpu { name: "A100", count, .. }) => u64::from(count) * 3_500_000,
            Some(Gpu { count, .. }) => u64::from(count) * 10_000_000,
            None => 0,
        };
        gpus + u64::from(self.vcpus) * 30_000 + self.memory_mib * 4_500 / 1024
    }
}

#[expect(clippy::too_many_arguments, reason = "the columns of the table")]
const fn row(
    name: &'static str,
    architecture: Architecture,
    vcpus: u32,
    memory_mib: u64,
    gpu: Option<Gpu>,
    storage_gb: u32,
    interfaces: u32,
    addresses: u32,
    network: &'static str,
    zones: &'static str,
) -> InstanceType {
    InstanceType { name, architecture, vcpus, memory_mib, gpu, storage_gb, interfaces, addresses, network, zones }
}

const fn gpu(count: u32, name: &'static str, memory_mib: u32) -> Option<Gpu> {
    Some(Gpu { count, name, memory_mib })
}

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
