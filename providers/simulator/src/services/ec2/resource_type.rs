//! What EC2 calls the types of its resources, in tag specifications, DescribeTags and ARNs.

/// The prefixes of ids and the types that have them.
const TYPES: &[(&str, &str)] = &[
    ("vpc", "vpc"),
    ("subnet", "subnet"),
    ("igw", "internet-gateway"),
    ("eipalloc", "elastic-ip"),
    ("nat", "natgateway"),
    ("rtb", "route-table"),
    ("vpce", "vpc-endpoint"),
    ("sg", "security-group"),
    ("sgr", "security-group-rule"),
    ("eni", "network-interface"),
    ("i", "instance"),
    ("vol", "volume"),
    ("ami", "image"),
    ("lt", "launch-template"),
    ("key", "key-pair"),
    ("pg", "placement-group"),
    ("sir", "spot-instances-request"),
];

/// Returns the type of the resource that has this id, if the id is one of EC2's.
pub(crate) fn resource_type_of(id: &str) -> Option<&'static str> {
    let (prefix, _) = id.split_once('-')?;
    TYPES.iter().find(|(known, _)| *known == prefix).map(|(_, resource_type)| *resource_type)
}
