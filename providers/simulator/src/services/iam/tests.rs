//! Roles, policies and instance profiles through the wire.

use serde_json::json;

use crate::region::{Delays, HttpRequest, Region, RegionOptions};
use crate::services::new_account;

/// A region and its clock, asked as an SDK asks.
struct Client {
    region: Region,
    now: u64,
}

struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    /// Returns the text of the first element of this name.
    fn text(&self, name: &str) -> &str {
        let start = self.body.find(&format!("<{name}>")).map(|at| at + name.len() + 2);
        let start = start.unwrap_or_else(|| panic!("no <{name}> in {}", self.body));
        self.body[start..].split('<').next().unwrap_or_default()
    }

    fn has(&self, name: &str) -> bool {
        self.body.contains(&format!("<{name}>")) || self.body.contains(&format!("<{name}/>"))
    }

    fn count(&self, name: &str) -> usize {
        self.body.matches(&format!("<{name}>")).count()
    }
}

impl Client {
    fn new() -> Client {
        let options = RegionOptions::default();
        Client { region: Region::new(&options), now: options.now }
    }

    fn send(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", if service == "iam" { "2010-05-08" } else { "2011-06-15" })
            .extend_pairs(parameters)
            .finish();
        let credential =
            format!("AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{service}/aws4_request, Signature=0");
        let request = HttpRequest {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers: vec![("authorization".to_owned(), credential)],
            body: body.into_bytes(),
        };
        let response = self.region.answer(&request, self.now);
        Answer { status: response.status, body: String::from_utf8(response.body).expect("XML is text") }
    }

    fn ok(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let answer = self.send("iam", action, parameters);
        assert_eq!(answer.status, 200, "{action} {parameters:?}: {}", answer.body);
        answer
    }

    /// Asks for something that is refused: the code, the status and the message.
    fn refused(&self, action: &str, parameters: &[(&str, &str)], code: &str, status: u16) -> String {
        let answer = self.send("iam", action, parameters);
        assert_eq!((answer.text("Code"), answer.status), (code, status), "{action} {parameters:?}: {}", answer.body);
        answer.text("Message").replace("&apos;", "'").replace("&quot;", "\"")
    }

    fn make_role(&self, name: &str) {
        self.ok("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", &trust("ec2.amazonaws.com"))]);
    }
}

fn trust(service: &str) -> String {
    let statement = json!([{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]);
    json!({"Version": "2012-10-17", "Statement": statement}).to_string()
}

fn policy(action: &str) -> String {
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": statement}).to_string()
}

const S3: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

#[test]
fn a_role_is_shown_as_it_was_made() {
    let client = Client::new();
    let trust = trust("ec2.amazonaws.com");
    let made = [
        ("RoleName", "Worker"),
        ("Path", "/landfall/a/"),
        ("AssumeRolePolicyDocument", trust.as_str()),
        ("Description", "for <workers>"),
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
    ];
    client.ok("CreateRole", &made);
    let role = client.ok("GetRole", &[("RoleName", "Worker")]);
    assert_eq!(role.text("Arn"), "arn:aws:iam::111122223333:role/landfall/a/Worker");
    assert_eq!(role.text("CreateDate"), "2026-01-01T00:00:00Z");
    assert_eq!((role.text("MaxSessionDuration"), role.text("Description")), ("3600", "for &lt;workers&gt;"));
    assert_eq!((role.text("Key"), role.text("Value")), ("k", "v"));
    assert!(role.text("RoleId").starts_with("AROA") && role.text("RoleId").len() == 21);
    assert!(role.has("RoleLastUsed") && !role.has("PermissionsBoundary"));
    let document = role.text("AssumeRolePolicyDocument");
    assert!(document.starts_with("%7B%22Statement%22%3A%5B%7B"), "{document}");
    let listed = client.ok("ListRoles", &[("PathPrefix", "/landfall/")]);
    assert_eq!((listed.count("member"), listed.has("Tags"), listed.text("IsTruncated")), (1, false, "false"));
    assert_eq!(client.ok("ListRoles", &[("PathPrefix", "/other/")]).count("member"), 0);

    let again = [("RoleName", "WORKER"), ("AssumeRolePolicyDocument", trust.as_str())];
    let message = client.refused("CreateRole", &again, "EntityAlreadyExists", 409);
    assert_eq!(message, "Role with name WORKER already exists.");
    client.ok("UpdateRole", &[("RoleName", "Worker"), ("MaxSessionDuration", "7200")]);
    assert_eq!(client.ok("GetRole", &[("RoleName", "Worker")]).text("MaxSessionDuration"), "7200");
}

#[test]
fn what_is_not_a_role_is_refused() {
    let client = Client::new();
    let good = trust("ec2.amazonaws.com");
    let create = |name: &str, path: &str, document: &str, code: &str| {
        let parameters = [("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", document)];
        client.refused("CreateRole", &parameters, code, 400)
    };
    let message = create("a b", "/", &good, "ValidationError");
    assert_eq!(
        message,
        "1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [\\w+=,.@-]+"
    );
    create(&"a".repeat(65), "/", &good, "ValidationError");
    create("a", "/x", &good, "ValidationError");
    create("a", "/", "{}", "MalformedPolicyDocument");
    let message = create("a", "/", &trust("ec3.amazonaws.com"), "MalformedPolicyDocument");
    assert_eq!(message, "Invalid principal in policy: \"SERVICE\":\"ec3.amazonaws.com\"");
    let unknown = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/none"}}});
    create("a", "/", &unknown.to_string(), "MalformedPolicyDocument");
    client.refused("CreateRole", &[("AssumeRolePolicyDocument", &good)], "ValidationError", 400);
    let boundary = [("RoleName", "a"), ("AssumeRolePolicyDocument", good.as_str()), ("PermissionsBoundary", S3)];
    assert_eq!(client.send("iam", "CreateRole", &boundary).status, 400, "a boundary is not modelled");
    let message = client.refused("GetRole", &[("RoleName", "a")], "NoSuchEntity", 404);
    assert_eq!(message, "The role with name a cannot be found.");
    assert_eq!(client.ok("ListRoles", &[]).count("member"), 0);
}

#[test]
fn a_role_goes_last() {
    let client = Client::new();
    client.make_role("r");
    let named = [("RoleName", "r")];
    let (profile, both) = ([("InstanceProfileName", "p")], [("InstanceProfileName", "p"), ("RoleName", "r")]);
    client.ok("CreateInstanceProfile", &profile);
    client.ok("AddRoleToInstanceProfile", &both);
    client.ok("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", S3)]);
    client.ok("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", S3)]);
    client.ok("PutRolePolicy", &[("RoleName", "r"), ("PolicyName", "i"), ("PolicyDocument", &policy("s3:*"))]);
    assert_eq!(client.ok("ListInstanceProfilesForRole", &named).text("InstanceProfileName"), "p");
    assert_eq!(client.ok("ListAttachedRolePolicies", &named).text("PolicyName"), "AmazonS3ReadOnlyAccess");
    assert_eq!(client.ok("ListRolePolicies", &named).text("member"), "i");

    let message = client.refused("DeleteRole", &named, "DeleteConflict", 409);
    assert_eq!(message, "Cannot delete entity, must remove roles from instance profile first.");
    client.refused("DeleteInstanceProfile", &profile, "DeleteConflict", 409);
    let message = client.refused("AddRoleToInstanceProfile", &both, "LimitExceeded", 409);
    assert_eq!(message, "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    client.ok("RemoveRoleFromInstanceProfile", &both);
    client.refused("RemoveRoleFromInstanceProfile", &both, "NoSuchEntity", 404);
    let message = client.refused("DeleteRole", &named, "DeleteConflict", 409);
    assert_eq!(message, "Cannot delete entity, must detach all policies first.");
    client.ok("DetachRolePolicy", &[("RoleName", "r"), ("PolicyArn", S3)]);
    client.refused("DetachRolePolicy", &[("RoleName", "r"), ("PolicyArn", S3)], "NoSuchEntity", 404);
    let message = client.refused("DeleteRole", &named, "DeleteConflict", 409);
    assert_eq!(message, "Cannot delete entity, must delete policies first.");
    client.ok("DeleteRolePolicy", &[("RoleName", "r"), ("PolicyName", "i")]);
    client.refused("DeleteRolePolicy", &[("RoleName", "r"), ("PolicyName", "i")], "NoSuchEntity", 404);
    client.ok("DeleteRole", &named);
    client.ok("DeleteInstanceProfile", &profile);
    client.refused("DeleteInstanceProfile", &profile, "NoSuchEntity", 404);
}

#[test]
fn policies_are_checked_and_bounded() {
    let client = Client::new();
    client.make_role("r");
    let put = |name: &str, text: &str| {
        client.send("iam", "PutRolePolicy", &[("RoleName", "r"), ("PolicyName", name), ("PolicyDocument", text)])
    };
    assert_eq!(put("a", "{").text("Code"), "MalformedPolicyDocument");
    let statement =
        json!({"Effect": "Allow", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{}", "b".repeat(6000))});
    let long = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    assert_eq!(put("a", &long).status, 200);
    assert_eq!(put("a", &long).status, 200, "it takes the place of the old one");
    let refused = put("b", &long);
    assert_eq!(refused.text("Code"), "LimitExceeded");
    assert_eq!(refused.text("Message"), "Maximum policy size of 10240 bytes exceeded for role r");
    let got = client.ok("GetRolePolicy", &[("RoleName", "r"), ("PolicyName", "a")]);
    assert_eq!((got.text("RoleName"), got.text("PolicyName")), ("r", "a"));
    assert_eq!(client.ok("ListRolePolicies", &[("RoleName", "r")]).count("member"), 1);

    let unknown = "arn:aws:iam::aws:policy/AmazonS3ReadOnly";
    let attach = [("RoleName", "r"), ("PolicyArn", unknown)];
    let message = client.refused("AttachRolePolicy", &attach, "NoSuchEntity", 404);
    assert_eq!(message, format!("Policy {unknown} does not exist or is not attachable."));
    client.refused("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &"x".repeat(30))], "InvalidInput", 400);
    for number in 0..11 {
        let name = format!("p{number}");
        let made = client.ok("CreatePolicy", &[("PolicyName", &name), ("PolicyDocument", &policy("s3:*"))]);
        let attach = [("RoleName", "r"), ("PolicyArn", made.text("Arn"))];
        let answer = client.send("iam", "AttachRolePolicy", &attach);
        assert_eq!(answer.status, if number < 10 { 200 } else { 409 }, "{}", answer.body);
    }
    let own = "arn:aws:iam::111122223333:policy/p0";
    assert_eq!(client.ok("GetPolicy", &[("PolicyArn", own)]).text("AttachmentCount"), "1");
    let message = client.refused("DeletePolicy", &[("PolicyArn", own)], "DeleteConflict", 409);
    assert_eq!(message, "Cannot delete a policy attached to entities.");
    assert_eq!(client.ok("ListPolicies", &[("Scope", "Local"), ("OnlyAttached", "true")]).count("member"), 10);
    client.ok("TagPolicy", &[("PolicyArn", own), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]);
    assert_eq!(client.ok("ListPolicyTags", &[("PolicyArn", own)]).text("Value"), "v");
    client.ok("UntagPolicy", &[("PolicyArn", own), ("TagKeys.member.1", "k")]);
    assert_eq!(client.ok("ListPolicyTags", &[("PolicyArn", own)]).count("member"), 0);
    let version = client.ok("GetPolicyVersion", &[("PolicyArn", S3), ("VersionId", "v1")]);
    assert!(version.text("Document").contains("s3%3AGet%2A"));
    let entities = client.ok("ListEntitiesForPolicy", &[("PolicyArn", own)]);
    assert_eq!((entities.text("RoleName"), entities.has("PolicyUsers")), ("r", true));
}

#[test]
fn lists_come_in_pages() {
    let client = Client::new();
    (0..5).for_each(|number| client.make_role(&format!("r{number}")));
    let first = client.ok("ListRoles", &[("MaxItems", "2")]);
    assert_eq!((first.count("member"), first.text("IsTruncated")), (2, "true"));
    // What is deleted between two pages shifts nothing.
    client.ok("DeleteRole", &[("RoleName", "r0")]);
    let second = client.ok("ListRoles", &[("MaxItems", "2"), ("Marker", first.text("Marker"))]);
    assert_eq!((second.text("RoleName"), second.text("IsTruncated")), ("r2", "true"));
    let third = client.ok("ListRoles", &[("MaxItems", "2"), ("Marker", second.text("Marker"))]);
    assert_eq!((third.count("member"), third.text("IsTruncated"), third.has("Marker")), (1, "false", false));
    client.refused("ListRoles", &[("MaxItems", "1001")], "ValidationError", 400);
    client.refused("ListRoles", &[("MaxItems", "0")], "ValidationError", 400);
    client.refused("ListRoles", &[("Marker", "x")], "ValidationError", 400);
}

#[test]
fn keys_of_tags_differ_by_more_than_case() {
    let client = Client::new();
    client.make_role("r");
    let tag = |key: &str, value: &str| {
        let tag = [("RoleName", "r"), ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)];
        client.send("iam", "TagRole", &tag)
    };
    assert_eq!(tag("Team", "a").status, 200);
    assert_eq!(tag("team", "b").status, 200);
    let tags = client.ok("ListRoleTags", &[("RoleName", "r")]);
    assert_eq!((tags.count("member"), tags.text("Value")), (1, "b"));
    assert_eq!(tag("aws:x", "b").text("Code"), "InvalidInput");
    let twice = [
        ("RoleName", "r"),
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", ""),
        ("Tags.member.2.Key", "A"),
        ("Tags.member.2.Value", ""),
    ];
    client.refused("TagRole", &twice, "InvalidInput", 400);
    for number in 0..49 {
        assert_eq!(tag(&format!("k{number}"), "").status, 200);
    }
    assert_eq!(tag("one-more", "").text("Code"), "LimitExceeded");
    client.ok("UntagRole", &[("RoleName", "r"), ("TagKeys.member.1", "TEAM"), ("TagKeys.member.2", "none")]);
    assert_eq!(client.ok("ListRoleTags", &[("RoleName", "r")]).count("member"), 49);
    client.ok("CreateInstanceProfile", &[("InstanceProfileName", "p")]);
    let tag = [("InstanceProfileName", "p"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    client.ok("TagInstanceProfile", &tag);
    assert_eq!(client.ok("ListInstanceProfileTags", &[("InstanceProfileName", "p")]).text("Value"), "v");
    assert_eq!(client.ok("GetInstanceProfile", &[("InstanceProfileName", "p")]).text("Key"), "k");
    client.ok("UntagInstanceProfile", &[("InstanceProfileName", "p"), ("TagKeys.member.1", "k")]);
    assert!(!client.ok("GetInstanceProfile", &[("InstanceProfileName", "p")]).has("Tags"));
}

#[test]
fn ec2_learns_late_of_profiles_and_of_their_roles() {
    use super::usable_profile;
    use crate::world::World;

    let mut delays = Delays::none();
    delays.instance_profile_visible = 8_000;
    let mut world = new_account("us-east-1", "111122223333", 1, delays, 1_000_000);
    let run = |world: &mut World, action: &str, body: &str| {
        let all = super::ACTIONS.iter().flat_map(|list| list.iter());
        let action = all.into_iter().find(|a| a.name == action).expect("an action");
        let params = crate::wire::params::Params::parse(body.as_bytes()).expect("a form");
        (action.run)(world, &params).map(|_| ()).expect("it is done");
    };
    let why = |world: &World, name: &str| usable_profile(world, name).err().map(|error| error.message);
    let trust = form_urlencoded::byte_serialize(trust("ec2.amazonaws.com").as_bytes()).collect::<String>();
    run(&mut world, "CreateRole", &format!("RoleName=r&AssumeRolePolicyDocument={trust}"));
    run(&mut world, "CreateInstanceProfile", "InstanceProfileName=p");
    let invalid = "Value (p) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name";
    assert_eq!(why(&world, "p").as_deref(), Some(invalid));
    world.now += 8_000;
    let arn = "arn:aws:iam::111122223333:instance-profile/p";
    let without = format!("IAM Instance Profile \"{arn}\" has no associated IAM Roles");
    assert_eq!(why(&world, "p"), Some(without.clone()));
    run(&mut world, "AddRoleToInstanceProfile", "InstanceProfileName=p&RoleName=r");
    world.now += 7_999;
    assert_eq!(why(&world, "p"), Some(without));
    world.now += 1;
    assert_eq!(usable_profile(&world, arn).expect("usable").arn, arn);
    assert!(usable_profile(&world, "p").expect("usable").id.starts_with("AIPA"));
    assert!(why(&world, "arn:aws:iam::111122223333:instance-profile/q").is_some());
}

#[test]
fn the_simulator_decides_by_all_policies_of_a_role() {
    let client = Client::new();
    client.make_role("r");
    client.ok("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", S3)]);
    let deny =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"}});
    client.ok("PutRolePolicy", &[("RoleName", "r"), ("PolicyName", "d"), ("PolicyDocument", &deny.to_string())]);
    let decide = |source: &str, action: &str| {
        let asked = [("PolicySourceArn", source), ("ActionNames.member.1", action)];
        client.ok("SimulatePrincipalPolicy", &asked).text("EvalDecision").to_owned()
    };
    let role = "arn:aws:iam::111122223333:role/r";
    assert_eq!(decide(role, "s3:GetObject"), "allowed");
    assert_eq!(decide(role, "s3:PutObject"), "implicitDeny");
    assert_eq!(decide(role, "s3:ListBucket"), "explicitDeny");
    let who = client.send("sts", "GetCallerIdentity", &[]);
    assert_eq!((who.status, who.text("Account")), (200, "111122223333"));
    assert_eq!(decide(who.text("Arn"), "ec2:RunInstances"), "allowed");
    let unknown = [("PolicySourceArn", "arn:aws:iam::111122223333:role/q"), ("ActionNames.member.1", "s3:GetObject")];
    client.refused("SimulatePrincipalPolicy", &unknown, "NoSuchEntity", 404);
}

#[test]
fn the_trust_policy_can_be_replaced() {
    let client = Client::new();
    client.make_role("r");
    client.ok("UpdateAssumeRolePolicy", &[("RoleName", "r"), ("PolicyDocument", &trust("lambda.amazonaws.com"))]);
    assert!(client.ok("GetRole", &[("RoleName", "r")]).body.contains("lambda.amazonaws.com"));
    let own = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/r"]}}});
    client.ok("UpdateAssumeRolePolicy", &[("RoleName", "r"), ("PolicyDocument", &own.to_string())]);
    let bad = [("RoleName", "r"), ("PolicyDocument", "[]")];
    client.refused("UpdateAssumeRolePolicy", &bad, "MalformedPolicyDocument", 400);
    let spaced = trust("ec2.amazonaws.com").replace("\":", &format!("\":{}", " ".repeat(3000)));
    client.ok("UpdateAssumeRolePolicy", &[("RoleName", "r"), ("PolicyDocument", &spaced)]);
}

#[test]
fn errors_have_the_namespace_of_their_service() {
    let client = Client::new();
    for (service, action, namespace) in [
        ("iam", "GetRole", "https://iam.amazonaws.com/doc/2010-05-08/"),
        ("sts", "Nonsense", "https://sts.amazonaws.com/doc/2011-06-15/"),
    ] {
        let answer = client.send(service, action, &[("RoleName", "nobody")]);
        assert_ne!(answer.status, 200);
        let root = format!("<ErrorResponse xmlns=\"{namespace}\"><Error><Type>Sender</Type><Code>");
        assert!(answer.body.contains(&root), "{}", answer.body);
    }
}
