//! What an instance type is: processor, memory, disks, network, price, and the zones that offer it.

use super::super::zone;

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
    pub(super) interfaces: u32,
    pub(super) addresses: u32,
    pub(super) network: &'static str,
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
pub(super) const fn row(
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

pub(super) const fn gpu(count: u32, name: &'static str, memory_mib: u32) -> Option<Gpu> {
    Some(Gpu { count, name, memory_mib })
}
