//! What comes with an instance and goes with it: its volumes, its network interfaces, its spot request. They get the
//! instance's tags at the launch, and so must follow when those change: a bill is read by the tags of volumes too.

use aws_sdk_ec2::types::Instance as Ec2Instance;
use landfall_engine::provider::CallFailure;

use super::read::read_filtered;
use crate::cloud::{Cloud, FILTER_VALUES_MAX, filter};

/// Returns the ids of what belongs to the instances among these ids, and then the ids themselves: whoever tags them in
/// this order and is cut off finds the instance still as it was, and does it again.
///
/// # Errors
/// If the instances cannot be read.
pub(in crate::kinds::ec2) async fn with_belongings(cloud: &Cloud, ids: &[String]) -> Result<Vec<String>, CallFailure> {
    let instances: Vec<&String> = ids.iter().filter(|id| id.starts_with("i-")).collect();
    let mut all = Vec::new();
    for some in instances.chunks(FILTER_VALUES_MAX) {
        for (_, instance) in read_filtered(cloud, vec![filter("instance-id", some)]).await? {
            all.extend(belongings(&instance));
        }
    }
    all.extend(ids.iter().cloned());
    Ok(all)
}

/// What outlives the instance was attached by others, and is theirs to tag.
fn belongings(instance: &Ec2Instance) -> Vec<String> {
    let disks = instance.block_device_mappings().iter().filter_map(|mapping| mapping.ebs());
    let volumes = disks.filter(|ebs| ebs.delete_on_termination() == Some(true)).filter_map(|ebs| ebs.volume_id());
    let goes_with_it = |attachment: &aws_sdk_ec2::types::InstanceNetworkInterfaceAttachment| {
        attachment.delete_on_termination() == Some(true)
    };
    let interfaces = instance.network_interfaces().iter().filter(|i| i.attachment().is_some_and(goes_with_it));
    let interfaces = interfaces.filter_map(|interface| interface.network_interface_id());
    volumes.chain(interfaces).chain(instance.spot_instance_request_id()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        EbsInstanceBlockDevice, InstanceBlockDeviceMapping, InstanceNetworkInterface,
        InstanceNetworkInterfaceAttachment,
    };

    use super::*;

    #[test]
    fn what_others_attached_is_not_among_them() {
        let disk = |id: &str, goes: bool| {
            let ebs = EbsInstanceBlockDevice::builder().volume_id(id).delete_on_termination(goes).build();
            InstanceBlockDeviceMapping::builder().ebs(ebs).build()
        };
        let interface = |id: &str, goes: bool| {
            let attachment = InstanceNetworkInterfaceAttachment::builder().delete_on_termination(goes).build();
            InstanceNetworkInterface::builder().network_interface_id(id).attachment(attachment).build()
        };
        let instance = Ec2Instance::builder()
            .block_device_mappings(disk("vol-1", true))
            .block_device_mappings(disk("vol-of-others", false))
            .network_interfaces(interface("eni-1", true))
            .network_interfaces(interface("eni-of-others", false))
            .spot_instance_request_id("sir-1")
            .build();
        assert_eq!(belongings(&instance), ["vol-1", "eni-1", "sir-1"]);
    }
}
