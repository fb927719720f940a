use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::world::Tags;

fn document(statements: serde_json::Value) -> Document {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Document::parse(&text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn decision(statements: serde_json::Value, action: &str, resource: &str, context: &Context) -> Decision {
    decide(&[document(statements)], &Request { action, resource, context })
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// Whether a statement with this condition allows a request with this context.
fn holds(condition: serde_json::Value, context: &Context) -> bool {
    let statement = json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]);
    decision(statement, "ec2:RunInstances", "*", context) == Decision::Allowed
}

#[test]
fn a_deny_wins_and_nothing_said_is_a_deny() {
    let context = Context::new();
    let statements = json!([
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["EC2:runinstances"], "Resource": "arn:aws:ec2:*:*:instance/*"},
    ]);
    let instance = "arn:aws:ec2:us-east-1:1:instance/i-1";
    assert_eq!(decision(statements.clone(), "ec2:RunInstances", instance, &context), Decision::ExplicitDeny);
    assert_eq!(
        decision(statements.clone(), "ec2:RunInstances", "arn:aws:ec2:us-east-1:1:subnet/s", &context),
        Decision::Allowed
    );
    assert_eq!(decision(statements, "iam:GetRole", "*", &context), Decision::ImplicitDeny);
    assert_eq!(decide(&[], &Request { action: "a:B", resource: "*", context: &context }), Decision::ImplicitDeny);
}

#[test]
fn not_action_and_not_resource_are_the_rest() {
    let context = Context::new();
    let statements = json!({"Effect": "Allow", "NotAction": ["iam:*"], "NotResource": "arn:aws:s3:::secret*"});
    assert_eq!(decision(statements.clone(), "s3:GetObject", "arn:aws:s3:::open/x", &context), Decision::Allowed);
    assert_eq!(decision(statements.clone(), "s3:GetObject", "arn:aws:s3:::secret/x", &context), Decision::ImplicitDeny);
    assert_eq!(decision(statements, "iam:GetRole", "*", &context), Decision::ImplicitDeny);
}

#[test]
fn tags_of_the_request_and_of_the_resource_decide() {
    let context = Context::new()
        .with_request_tags(&tags(&[("landfall:stack", "a"), ("Name", "n")]))
        .with_resource_tags("ec2", &tags(&[("owner", "me")]));
    assert!(holds(json!({"StringEquals": {"aws:RequestTag/landfall:stack": ["b", "a"]}}), &context));
    assert!(holds(json!({"StringEquals": {"AWS:requesttag/NAME": "n"}}), &context), "keys are not case-sensitive");
    assert!(!holds(json!({"StringEquals": {"aws:RequestTag/Name": "N"}}), &context), "values are");
    assert!(holds(json!({"StringLike": {"ec2:ResourceTag/owner": "m*", "aws:ResourceTag/owner": "m?"}}), &context));
    assert!(!holds(json!({"StringLike": {"ec2:ResourceTag/owner": "m*", "aws:ResourceTag/x": "m?"}}), &context));
    assert!(holds(json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["landfall:stack", "Name", "x"]}}), &context));
    assert!(!holds(json!({"ForAllValues:StringEquals": {"aws:TagKeys": "Name"}}), &context));
    assert!(holds(json!({"ForAnyValue:StringLike": {"aws:TagKeys": "landfall:*"}}), &context));
    assert!(holds(json!({"ForAllValues:StringEquals": {"aws:TagKeys": "Name"}}), &Context::new()), "none is all");
    assert!(!holds(json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "Name"}}), &Context::new()));
}

#[test]
fn a_key_that_is_missing_fails_unless_the_operator_is_negative_or_asks_first() {
    let (none, there) = (Context::new(), Context::new().with("aws:RequestedRegion", "eu-west-1"));
    assert!(!holds(json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), &none));
    assert!(holds(json!({"StringEqualsIfExists": {"aws:RequestedRegion": "eu-west-1"}}), &none));
    assert!(!holds(json!({"StringEqualsIfExists": {"aws:RequestedRegion": "us-east-1"}}), &there));
    assert!(holds(json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}), &none));
    assert!(!holds(json!({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}), &there));
    assert!(holds(json!({"Null": {"aws:RequestedRegion": "true"}}), &none));
    assert!(!holds(json!({"Null": {"aws:RequestedRegion": true}}), &there));
    assert!(holds(json!({"Null": {"aws:RequestedRegion": "false"}}), &there));
}

#[test]
fn the_other_operators_compare_by_kind() {
    let context = Context::new()
        .with("aws:SecureTransport", "true")
        .with("iam:PassedToService", "ec2.amazonaws.com")
        .with("aws:SourceIp", "10.1.2.3")
        .with("ec2:VolumeSize", "100")
        .with("aws:CurrentTime", "2026-01-01T00:00:00Z")
        .with("aws:SourceArn", "arn:aws:iam::1:role/landfall/x");
    assert!(holds(json!({"Bool": {"aws:SecureTransport": true}}), &context));
    assert!(holds(json!({"StringEqualsIgnoreCase": {"iam:PassedToService": "EC2.amazonaws.com"}}), &context));
    assert!(holds(json!({"IpAddress": {"aws:SourceIp": ["10.1.0.0/16"]}}), &context));
    assert!(!holds(json!({"NotIpAddress": {"aws:SourceIp": "10.1.2.3"}}), &context));
    assert!(holds(json!({"NumericLessThanEquals": {"ec2:VolumeSize": 100}}), &context));
    assert!(!holds(json!({"NumericGreaterThan": {"ec2:VolumeSize": "100"}}), &context));
    assert!(holds(json!({"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}), &context));
    assert!(holds(json!({"ArnLike": {"aws:SourceArn": "arn:aws:iam::*:role/landfall/*"}}), &context));
    assert!(!holds(json!({"ArnNotEquals": {"aws:SourceArn": "arn:aws:iam::*:role/landfall/*"}}), &context));
}

#[test]
fn what_iam_refuses_is_refused() {
    let wrong = [
        ("", "Syntax errors in policy."),
        ("{}", "Policy document must be version 2012-10-17 or greater."),
        (r#"{"Version":"2012-10-18","Statement":[]}"#, "Syntax errors"),
        (r#"{"Version":"2012-10-17"}"#, "Syntax errors"),
        (r#"{"Version":"2012-10-17","Statement":[]}"#, "Syntax errors"),
        (r#"{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"*","Resource":"*"}}"#, "Syntax errors"),
        (r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*"}}"#, "must contain actions"),
        (r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*"}}"#, "must contain resources"),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"x","Resource":"*"}}"#,
            "prefaced by a vendor",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"b"}}"#,
            "must be in ARN format",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}"#,
            "principal",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"X":{"a:b":"c"}}}}"#,
            "Syntax errors",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"c"}}}}"#,
            "Syntax errors",
        ),
    ];
    for (text, message) in wrong {
        let error = Document::parse(text).expect_err(text);
        assert_eq!(error.code, "MalformedPolicyDocument");
        assert!(error.message.contains(message), "{text}: {}", error.message);
    }
    let trust = |statement: serde_json::Value| {
        Document::parse_trust(&json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
    };
    let service = json!({"Service": "ec2.amazonaws.com"});
    let good =
        trust(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service})).expect("a trust policy");
    assert_eq!(good.principals().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["ec2.amazonaws.com"]);
    assert!(trust(json!({"Effect": "Allow", "Action": "sts:AssumeRole"})).is_err());
    assert!(trust(json!({"Effect": "Allow", "Action": "s3:GetObject", "Principal": service})).is_err());
    assert!(
        trust(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service, "Resource": "*"})).is_err()
    );
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let words = prop::sample::select(vec![
        "Version",
        "2012-10-17",
        "Statement",
        "Effect",
        "Allow",
        "Deny",
        "Action",
        "NotAction",
        "Resource",
        "*",
        "s3:*",
        "Principal",
        "Condition",
        "StringEquals",
        "ForAllValues:StringLike",
        "aws:TagKeys",
        "arn:aws:s3:::b",
        "${",
        "${a}",
        "Service",
    ]);
    let leaf = prop_oneof![
        words.clone().prop_map(|w| json!(w)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i32>().prop_map(|n| json!(n))
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            prop::collection::btree_map(words.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_a_document_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = Document::parse(&text);
        let _ = Document::parse_trust(&text);
    }

    #[test]
    fn any_json_is_a_document_or_an_error(statement in any_json(), whole in any_json()) {
        let context = Context::new().with("a", "b");
        let wrapped = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        for text in [wrapped, whole.to_string()] {
            if let Ok(document) = Document::parse(&text) {
                let _ = decide(&[document], &Request { action: "s3:GetObject", resource: "*", context: &context });
            }
            let _ = Document::parse_trust(&text);
        }
    }
}
