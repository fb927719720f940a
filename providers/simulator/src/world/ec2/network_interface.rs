//! Network interfaces, with the indexes that spare a look at each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::world::collection::{Collection, Tagged};
use crate::world::tags::Tags;
use crate::world::time::Millis;

/// A network interface.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NetworkInterface {
    pub(crate) vpc_id: String,
    pub(crate) subnet_id: String,
    pub(crate) zone: String,
    pub(crate) private_ip: String,
    /// The address by which the internet reaches it: an elastic one, or one that comes and goes with an instance.
    pub(crate) public_ip: Option<String>,
    pub(crate) group_ids: Vec<String>,
    /// `interface` for an instance's, `nat_gateway` for one that only its NAT gateway can let go of.
    pub(crate) interface_type: String,
    pub(crate) description: String,
    pub(crate) instance_id: Option<String>,
    /// When one that lingers after its owner is gone; `None` while the owner lives.
    pub(crate) gone_at: Option<Millis>,
    pub(crate) tags: Tags,
}

impl Tagged for NetworkInterface {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

static NO_ADDRESSES: BTreeSet<Ipv4Addr> = BTreeSet::new();

/// All interfaces, with what would take a look at each of them otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct NetworkInterfaces {
    all: Collection<NetworkInterface>,
    /// Which addresses of a subnet are taken.
    taken: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    /// When which interface goes.
    leaving: BTreeSet<(Millis, String)>,
}

impl Deref for NetworkInterfaces {
    type Target = Collection<NetworkInterface>;

    fn deref(&self) -> &Collection<NetworkInterface> {
        &self.all
    }
}

impl NetworkInterfaces {
    /// Adds an interface.
    pub(crate) fn insert(&mut self, id: String, interface: NetworkInterface) {
        if let Ok(ip) = interface.private_ip.parse() {
            self.taken.entry(interface.subnet_id.clone()).or_default().insert(ip);
        }
        if let Some(at) = interface.gone_at {
            self.leaving.insert((at, id.clone()));
        }
        self.all.insert(id, interface);
    }

    /// Removes an interface, and with it what its address was taken for.
    pub(crate) fn remove(&mut self, id: &str) {
        let Some(interface) = self.all.remove(id) else { return };
        if let (Some(taken), Ok(ip)) = (self.taken.get_mut(&interface.subnet_id), interface.private_ip.parse()) {
            taken.remove(&ip);
            if taken.is_empty() {
                self.taken.remove(&interface.subnet_id);
            }
        }
        if let Some(at) = interface.gone_at {
            self.leaving.remove(&(at, id.to_owned()));
        }
    }

    /// Returns an interface, to change its groups or its public address.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut NetworkInterface> {
        self.all.get_mut(id)
    }

    /// Changes the tags of an interface.
    pub(crate) fn retag(&mut self, id: &str, change: impl FnOnce(&mut Tags)) {
        self.all.retag(id, change);
    }

    /// Lets an interface go at this time: its owner is gone, and its public address with it.
    pub(crate) fn release(&mut self, id: &str, at: Millis) {
        let Some(interface) = self.all.get_mut(id) else { return };
        interface.public_ip = None;
        interface.gone_at = Some(at);
        self.leaving.insert((at, id.to_owned()));
    }

    /// Removes the interfaces whose time to go has come.
    pub(crate) fn remove_released(&mut self, now: Millis) {
        while let Some((_, id)) = self.leaving.first().filter(|(at, _)| *at <= now).cloned() {
            self.remove(&id);
        }
    }

    /// Returns the addresses of a subnet that are taken.
    pub(crate) fn addresses_in(&self, subnet_id: &str) -> &BTreeSet<Ipv4Addr> {
        self.taken.get(subnet_id).unwrap_or(&NO_ADDRESSES)
    }

    /// Tells whether a subnet holds any.
    pub(crate) fn are_in(&self, subnet_id: &str) -> bool {
        self.taken.contains_key(subnet_id)
    }
}

impl Serialize for NetworkInterfaces {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NetworkInterfaces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NetworkInterfaces, D::Error> {
        let all: BTreeMap<String, NetworkInterface> = BTreeMap::deserialize(deserializer)?;
        let mut interfaces = NetworkInterfaces::default();
        all.into_iter().for_each(|(id, interface)| interfaces.insert(id, interface));
        Ok(interfaces)
    }
}
