//! How long things take.

use serde::{Deserialize, Serialize};

/// How long what AWS does by itself takes, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delays {
    /// NAT gateway, from the call until it is available.
    pub nat_gateway_create: u64,
    /// NAT gateway, from the call until it is deleted.
    pub nat_gateway_delete: u64,
    /// How long after its NAT gateway reads `deleted` an address cannot be released yet.
    pub elastic_ip_release: u64,
    /// Instance, from the call until it runs.
    pub instance_start: u64,
    /// Instance, from the call until it is terminated.
    pub instance_terminate: u64,
    /// How long a terminated instance's network interface lingers.
    pub network_interface_release: u64,
    /// Gateway endpoint, from the call until it is gone.
    pub endpoint_delete: u64,
    /// How long EC2 does not know a fresh instance profile or its role.
    pub instance_profile_visible: u64,
    /// How long terminated instances and deleted NAT gateways stay listed.
    pub record_kept: u64,
}

impl Default for Delays {
    fn default() -> Delays {
        Delays::none()
    }
}

impl Delays {
    /// Everything at once.
    pub const fn none() -> Delays {
        Delays {
            nat_gateway_create: 0,
            nat_gateway_delete: 0,
            elastic_ip_release: 0,
            instance_start: 0,
            instance_terminate: 0,
            network_interface_release: 0,
            endpoint_delete: 0,
            instance_profile_visible: 0,
            record_kept: 3_600_000,
        }
    }

    /// What people measured on AWS: NAT gateways 85 to 125 s up and 37 to 79 s down, instances 10 to 30 s and 20 to 60 s,
    /// a fresh profile about 8 s.
    pub const fn realistic() -> Delays {
        Delays {
            nat_gateway_create: 105_000,
            nat_gateway_delete: 58_000,
            elastic_ip_release: 4_000,
            instance_start: 20_000,
            instance_terminate: 40_000,
            network_interface_release: 4_000,
            endpoint_delete: 12_000,
            instance_profile_visible: 8_000,
            record_kept: 3_600_000,
        }
    }
}
