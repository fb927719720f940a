//! IAM: the role of the instances and the profile that carries it to them.
//!
//! IAM has no client tokens, and its things are known by name (`by_name`).

mod get_instance_profile;
pub(crate) mod instance_profile;
pub(crate) mod instance_profile_role;
pub(crate) mod role;
pub(crate) mod role_policy;
pub(crate) mod role_policy_attachment;

use aws_sdk_iam::types::Tag;
use landfall_engine::resource::{CloudId, Literal};

use crate::cloud::Cloud;
use crate::tags::Tags;

/// Returns the ARN of an answer. For a moment after the creation IAM may answer a bare unique id in its place
/// (Terraform's provider reads again); what it will be is known all the same.
fn arn(cloud: &Cloud, answered: &str, resource: &str, path: &str, name: &str) -> CloudId {
    match answered.starts_with("arn:") {
        true => answered.into(),
        false => format!("arn:{}:iam::{}:{resource}{path}{name}", cloud.partition, cloud.account).into(),
    }
}

fn from_iam(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn to_iam(tags: &Tags) -> Vec<Tag> {
    // The builder refuses a tag without key or value only.
    tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}

/// Reads a policy document: IAM takes JSON and answers it percent-encoded (RFC 3986). One that is no JSON stays text:
/// then it is different from any declared one, and the read goes on.
fn document(encoded: &str) -> Literal {
    let text = percent_encoding::percent_decode_str(encoded).decode_utf8_lossy().into_owned();
    serde_json::from_str(&text).unwrap_or(Literal::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_decoded() {
        let encoded = "%7B%22Action%22%3A%20%5B%22s3%3AGet%2A%22%5D%2C%20%22Sid%22%3A%20%22a+b%C3%A9%22%7D";
        assert_eq!(document(encoded), json!({"Action": ["s3:Get*"], "Sid": "a+bé"}));
    }

    #[test]
    fn a_document_that_is_not_encoded_is_read_as_it_stands() {
        assert_eq!(document(r#"{"Sid":"plain"}"#), json!({"Sid": "plain"}));
    }

    #[test]
    fn what_is_no_document_stays_text() {
        assert_eq!(document("%7Bhalf"), json!("{half"));
        assert_eq!(document(""), json!(""));
    }
}
