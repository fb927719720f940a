//! Key pairs.
//!
//! Sources: EC2 API reference (CreateKeyPair, ImportKeyPair, DescribeKeyPairs, DeleteKeyPair), EC2 user guide "Amazon EC2
//! key pairs". No machine boots here, so what CreateKeyPair hands out has the form of a private key and opens nothing.

use aws_smithy_types::base64;
use sha2::{Digest, Sha256};

use super::query::{Described, check_form, select, tag_set};
use super::tagging;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::launch::KeyPair;
use crate::world::{Tags, World, iso};

/// The actions on key pairs. DescribeKeyPairs knows no pages.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateKeyPair",
        parameters: &[
            "DryRun",
            "KeyName",
            "KeyType",
            "KeyFormat",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action {
        name: "ImportKeyPair",
        parameters: &[
            "DryRun",
            "KeyName",
            "PublicKeyMaterial",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: import,
    },
    Action {
        name: "DescribeKeyPairs",
        parameters: &["DryRun", "KeyName.N", "KeyPairId.N", "Filter.N.Name", "Filter.N.Value.N"],
        run: describe,
    },
    Action { name: "DeleteKeyPair", parameters: &["DryRun", "KeyName", "KeyPairId"], run: delete },
];

/// Quota "Key pairs per Region".
const KEY_PAIRS_MAX: usize = 5000;

struct WithName<'a>(&'a str, &'a KeyPair);

impl Described for WithName<'_> {
    const FILTERS: &'static [&'static str] = &["key-name", "key-pair-id", "fingerprint"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let value = match name {
            "key-name" => self.0,
            "key-pair-id" => &self.1.id,
            "fingerprint" => &self.1.fingerprint,
            _ => return None,
        };
        Some(vec![value.to_owned()])
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

/// The error for a name that is not known.
pub(crate) fn not_found(name: &str) -> ApiError {
    ApiError::new("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist"))
}

/// Reads the name of a key pair that is to be made.
fn new_name<'a>(world: &World, params: &'a Params) -> Result<&'a str, ApiError> {
    let name = params.required("KeyName")?;
    // "Up to 255 ASCII characters".
    if name.len() > 255 || !name.is_ascii() {
        return Err(invalid_value("keyName", name));
    }
    if world.ec2.key_pairs.contains_key(name) {
        return Err(ApiError::new("InvalidKeyPair.Duplicate", format!("The keypair '{name}' already exists.")));
    }
    if world.ec2.key_pairs.len() >= KEY_PAIRS_MAX {
        let message = "The maximum number of key pairs has been reached.";
        return Err(ApiError::new("KeyPairLimitExceeded", message));
    }
    Ok(name)
}

fn keep(world: &mut World, name: &str, key_type: &str, fingerprint: String, tags: Tags) -> Xml {
    let id = world.ids.ec2("key");
    let shown = Xml::new().text("keyName", name).text("keyFingerprint", &fingerprint).text("keyPairId", &id);
    let shown = shown.and(tag_set(&tags));
    let key = KeyPair { id, key_type: key_type.to_owned(), fingerprint, created_at: world.now, tags };
    world.ec2.key_pairs.insert(name.to_owned(), key);
    shown
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let given = |name: &str| params.get(name).filter(|value| !value.is_empty());
    let key_type = match given("KeyType").unwrap_or("rsa") {
        known @ ("rsa" | "ed25519") => known,
        other => return Err(invalid_value("keyType", other)),
    };
    if let Some(other) = given("KeyFormat").filter(|format| !matches!(*format, "pem" | "ppk")) {
        return Err(invalid_value("keyFormat", other));
    }
    let tags = tagging::at_creation(params, "key-pair")?;
    let name = new_name(world, params)?;
    let secret = Sha256::digest(world.ids.ec2("secret"));
    let text = base64::encode(secret.repeat(24));
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let (label, length) = if key_type == "rsa" { ("RSA PRIVATE KEY", 20) } else { ("OPENSSH PRIVATE KEY", 32) };
    let material = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"));
    let print = Sha256::digest(&material);
    let fingerprint = if key_type == "rsa" { colons(&print[..length]) } else { base64::encode(print) };
    Ok(keep(world, name, key_type, fingerprint, tags).text("keyMaterial", material))
}

fn import(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let text = params.required("PublicKeyMaterial")?;
    let (key_type, blob) = read_public_key(text)
        .ok_or_else(|| ApiError::new("InvalidKey.Format", "Key is not in valid OpenSSH public key format"))?;
    let tags = tagging::at_creation(params, "key-pair")?;
    let name = new_name(world, params)?;
    let print = Sha256::digest(&blob);
    // AWS's of an RSA key is an MD5; only the form of it is the same here.
    let fingerprint = if key_type == "rsa" { colons(&print[..16]) } else { base64::encode(print) };
    Ok(keep(world, name, key_type, fingerprint, tags))
}

/// Reads a key as OpenSSH writes it, in base64: its type and, in base64 again, the key, which names its type itself.
fn read_public_key(text: &str) -> Option<(&'static str, Vec<u8>)> {
    let line = String::from_utf8(base64::decode(text).ok()?).ok()?;
    let mut words = line.split_whitespace();
    let algorithm = words.next()?;
    let key_type = match algorithm {
        "ssh-rsa" => "rsa",
        "ssh-ed25519" => "ed25519",
        _ => return None,
    };
    let blob = base64::decode(words.next()?).ok()?;
    let length = u32::try_from(algorithm.len()).ok()?.to_be_bytes();
    let key = blob.strip_prefix(&length[..])?.strip_prefix(algorithm.as_bytes())?;
    (!key.is_empty()).then_some((key_type, blob.clone()))
}

fn colons(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| hex::encode([*byte])).collect();
    pairs.join(":")
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let mut found = select(&world.ec2.key_pairs, &params.list("KeyName"), params, WithName, not_found)?;
    let ids = params.list("KeyPairId");
    if let Some(unknown) = ids.iter().find(|id| !world.ec2.key_pairs.values().any(|key| key.id == **id)) {
        let message = format!("The key pair ID '{unknown}' does not exist");
        return Err(ApiError::new("InvalidKeyPair.NotFound", message));
    }
    found.retain(|(_, key)| ids.is_empty() || ids.contains(&key.1.id.as_str()));
    let rows = found.into_iter().map(|(name, key)| {
        Xml::new()
            .text("keyPairId", &key.1.id)
            .text("keyName", name)
            .text("keyType", &key.1.key_type)
            .text("keyFingerprint", &key.1.fingerprint)
            .text("createTime", iso(key.1.created_at))
            .and(tag_set(&key.1.tags))
    });
    Ok(Xml::new().set("keySet", rows))
}

/// What is not there is deleted as well.
fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let given = |name: &str| params.get(name).filter(|value| !value.is_empty());
    let name = match (given("KeyName"), given("KeyPairId")) {
        (None, None) => {
            return Err(ApiError::new(
                "MissingParameter",
                "The request must contain the parameter KeyName or KeyPairId",
            ));
        }
        (_, Some(id)) => {
            check_form(id, "key", "InvalidKeyPair.Malformed")?;
            world.ec2.key_pairs.iter().find(|(_, key)| key.id == id).map(|(name, _)| name.clone())
        }
        (Some(name), None) => Some(name.to_owned()),
    };
    let key = name.and_then(|name| world.ec2.key_pairs.remove(&name));
    Ok(Xml::returns_true().optional("keyPairId", key.map(|key| key.id)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::Client;
    use crate::region::Delays;

    /// `ssh-ed25519`, a key that counts from 0 to 31, and a comment, in base64.
    const PUBLIC: &str = "c3NoLWVkMjU1MTkgQUFBQUMzTnphQzFsWkRJMU5URTVBQUFBSUFBQkFnTUVCUVlIQ0FrS0N3d05E\
                          ZzhRRVJJVEZCVVdGeGdaR2hzY0hSNGYgbWU=";

    #[test]
    fn a_key_pair_is_made_found_and_deleted() {
        let client = Client::new(Delays::none());
        let tagged = "KeyName=k TagSpecification.1.ResourceType=key-pair TagSpecification.1.Tag.1.Key=a \
                      TagSpecification.1.Tag.1.Value=b";
        assert_eq!(client.refused("CreateKeyPair", &format!("{tagged} DryRun=true")), "DryRunOperation");
        let made = client.ok("CreateKeyPair", tagged);
        assert!(made.text("keyMaterial").starts_with("-----BEGIN RSA PRIVATE KEY-----"));
        assert_eq!(client.refused("CreateKeyPair", "KeyName=k"), "InvalidKeyPair.Duplicate");
        client.ok("ImportKeyPair", &format!("KeyName=imported PublicKeyMaterial={PUBLIC}"));
        let found = client.ok("DescribeKeyPairs", "Filter.1.Name=tag:a Filter.1.Value.1=b");
        assert_eq!((found.text("keyName"), found.count("keyName")), ("k".to_owned(), 1));
        let id = made.text("keyPairId");
        client.ok("CreateTags", &format!("ResourceId.1={id} Tag.1.Key=c Tag.1.Value=d"));
        assert_eq!(client.ok("DescribeKeyPairs", &format!("KeyPairId.1={id}")).count("key"), 2);
        assert_eq!(
            client.ok("DescribeTags", &format!("Filter.1.Name=resource-id Filter.1.Value.1={id}")).count("key"),
            2
        );
        assert_eq!(client.ok("DescribeKeyPairs", "KeyName.1=imported").text("keyType"), "ed25519");
        assert_eq!(client.ok("DeleteKeyPair", &format!("KeyPairId={id}")).text("keyPairId"), id);
        assert_eq!(client.refused("DescribeKeyPairs", "KeyName.1=k"), "InvalidKeyPair.NotFound");
        client.ok("DeleteKeyPair", "KeyName=k");
    }

    #[test]
    fn what_is_wrong_has_its_code() {
        let client = Client::new(Delays::none());
        let long = format!("KeyName={}", "k".repeat(256));
        for (action, parameters, code) in [
            ("CreateKeyPair", "", "MissingParameter"),
            ("CreateKeyPair", &long, "InvalidParameterValue"),
            ("CreateKeyPair", "KeyName=k KeyType=dsa", "InvalidParameterValue"),
            ("CreateKeyPair", "KeyName=k KeyFormat=der", "InvalidParameterValue"),
            ("CreateKeyPair", "KeyName=k TagSpecification.1.ResourceType=vpc", "InvalidParameterValue"),
            ("CreateKeyPair", "KeyName=k ClientToken=t", "UnknownParameter"),
            ("ImportKeyPair", "KeyName=k PublicKeyMaterial=!", "InvalidKey.Format"),
            ("ImportKeyPair", "KeyName=k PublicKeyMaterial=c3NoLXJzYSBBQUFB", "InvalidKey.Format"),
            ("DeleteKeyPair", "", "MissingParameter"),
            ("DeleteKeyPair", "KeyPairId=k", "InvalidKeyPair.Malformed"),
            ("DescribeKeyPairs", "KeyPairId.1=key-00000000000000000", "InvalidKeyPair.NotFound"),
        ] {
            assert_eq!(client.refused(action, parameters), code, "{action} {parameters}");
        }
        assert_eq!(client.ok("DescribeKeyPairs", "").count("keyName"), 0);
    }

    #[test]
    fn a_launch_names_a_key_that_exists() {
        let client = Client::new(Delays::none());
        let image = client.ok("DescribeImages", "Owner.1=amazon").text("imageId");
        let launch = format!("ImageId={image} InstanceType=m6i.large MinCount=1 MaxCount=1 KeyName=k");
        assert_eq!(client.refused("RunInstances", &launch), "InvalidKeyPair.NotFound");
        client.ok("CreateKeyPair", "KeyName=k KeyType=ed25519");
        assert_eq!(client.ok("RunInstances", &launch).text("keyName"), "k");
    }
}
