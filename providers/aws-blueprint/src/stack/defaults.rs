//! What holds when the stack file is silent.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use super::{Market, Nat, WorkerPlacement};

/// SSH, the Dask dashboard, and the scheduler itself.
pub(super) const FIREWALL_PORTS: [u16; 3] = [22, 8786, 8787];

/// From anywhere: who deploys from a laptop must reach the scheduler before knowing an address to allow.
pub(super) const FIREWALL_CIDR: IpNet = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));

pub(super) const NETWORK_CIDR: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 16);
pub(super) const NETWORK_WORKERS: WorkerPlacement = WorkerPlacement::Private;
pub(super) const NETWORK_NAT: Nat = Nat::Single;
pub(super) const NETWORK_S3_ENDPOINT: bool = true;

pub(super) const LOGS_RETENTION_DAYS: u32 = 30;

pub(super) const MARKET: Market = Market::OnDemand;

pub(super) const CLUSTER_WORKERS: u32 = 4;
pub(super) const CLUSTER_WORKER_TYPE: &str = "m6i.xlarge";
/// The cheapest type with one GPU of Nvidia's.
pub(super) const CLUSTER_GPU_WORKER_TYPE: &str = "g4dn.xlarge";
pub(super) const CLUSTER_SCHEDULER_TYPE: &str = "m6i.large";
/// Close together there may be no room for all of a large cluster: not unless it is asked for.
pub(super) const CLUSTER_PLACEMENT_GROUP: bool = false;
pub(super) const CLUSTER_DISK_GIB: u32 = 50;
/// The images with driver and CUDA are several times as large, and so are the libraries that use them.
pub(super) const CLUSTER_GPU_DISK_GIB: u32 = 100;
