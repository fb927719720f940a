//! Log groups, streams and events through the wire.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::region::{HttpRequest, Region, RegionOptions};

struct Client {
    region: Region,
    now: u64,
}

impl Client {
    fn new() -> Client {
        let options = RegionOptions::default();
        Client { region: Region::new(&options), now: options.now }
    }

    fn send(&self, operation: &str, body: &[u8]) -> (u16, Value) {
        let credential = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/logs/aws4_request, Signature=0";
        let request = HttpRequest {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers: vec![
                ("authorization".to_owned(), credential.to_owned()),
                ("x-amz-target".to_owned(), format!("Logs_20140328.{operation}")),
                ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ],
            body: body.to_vec(),
        };
        let response = self.region.answer(&request, self.now);
        let value = match response.body.as_slice() {
            b"" => Value::Null,
            body => serde_json::from_slice(body).expect("an answer is JSON"),
        };
        (response.status, value)
    }

    fn ok(&self, operation: &str, members: Value) -> Value {
        let (status, answer) = self.send(operation, members.to_string().as_bytes());
        assert_eq!(status, 200, "{operation} {members}: {answer}");
        answer
    }

    /// Asks for something that is refused: the code and the message.
    fn refused(&self, operation: &str, members: Value, code: &str) -> String {
        let (status, answer) = self.send(operation, members.to_string().as_bytes());
        assert_eq!((status, answer["__type"].as_str()), (400, Some(code)), "{operation} {members}: {answer}");
        answer["message"].as_str().unwrap_or_default().to_owned()
    }

    /// A client with a group `g` and a stream `s`.
    fn with_stream() -> Client {
        let client = Client::new();
        client.ok("CreateLogGroup", json!({"logGroupName": "g"}));
        client.ok("CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"}));
        client
    }

    fn put(&self, stream: &str, events: &[(u64, &str)]) -> Value {
        let events: Vec<Value> = events.iter().map(|(t, m)| json!({"timestamp": t, "message": m})).collect();
        self.ok("PutLogEvents", json!({"logGroupName": "g", "logStreamName": stream, "logEvents": events}))
    }
}

fn messages(answer: &Value) -> Vec<&str> {
    answer["events"].as_array().into_iter().flatten().filter_map(|event| event["message"].as_str()).collect()
}

#[test]
fn a_group_is_shown_as_it_was_made() {
    let client = Client::new();
    assert_eq!(client.ok("CreateLogGroup", json!({"logGroupName": "/landfall/a", "tags": {"k": "v"}})), Value::Null);
    let message =
        client.refused("CreateLogGroup", json!({"logGroupName": "/landfall/a"}), "ResourceAlreadyExistsException");
    assert_eq!(message, "The specified log group already exists");
    let group = &client.ok("DescribeLogGroups", json!({"logGroupNamePrefix": "/landfall/"}))["logGroups"][0];
    let arn = "arn:aws:logs:us-east-1:111122223333:log-group:/landfall/a";
    assert_eq!(group["arn"], format!("{arn}:*"));
    assert_eq!((&group["logGroupArn"], &group["creationTime"]), (&json!(arn), &json!(client.now)));
    assert_eq!((group.get("retentionInDays"), group.get("tags")), (None, None));

    client.ok("PutRetentionPolicy", json!({"logGroupName": "/landfall/a", "retentionInDays": 30}));
    let put = json!({"logGroupName": "/landfall/a", "retentionInDays": 31});
    client.refused("PutRetentionPolicy", put, "InvalidParameterException");
    client.refused(
        "PutRetentionPolicy",
        json!({"logGroupName": "b", "retentionInDays": 30}),
        "ResourceNotFoundException",
    );
    assert_eq!(client.ok("DescribeLogGroups", json!({}))["logGroups"][0]["retentionInDays"], 30);
    client.ok("DeleteRetentionPolicy", json!({"logGroupName": "/landfall/a"}));
    assert_eq!(client.ok("DescribeLogGroups", json!({}))["logGroups"][0].get("retentionInDays"), None);

    client.ok("TagResource", json!({"resourceArn": arn, "tags": {"l": "w"}}));
    client.refused(
        "TagResource",
        json!({"resourceArn": format!("{arn}:*"), "tags": {"l": "w"}}),
        "InvalidParameterException",
    );
    assert_eq!(client.ok("ListTagsForResource", json!({"resourceArn": arn})), json!({"tags": {"k": "v", "l": "w"}}));
    client.ok("UntagResource", json!({"resourceArn": arn, "tagKeys": ["k", "none"]}));
    assert_eq!(client.ok("ListTagsLogGroup", json!({"logGroupName": "/landfall/a"})), json!({"tags": {"l": "w"}}));
    client.refused("ListTagsForResource", json!({"resourceArn": format!("{arn}b")}), "ResourceNotFoundException");

    client.ok("DeleteLogGroup", json!({"logGroupName": "/landfall/a"}));
    let message = client.refused("DeleteLogGroup", json!({"logGroupName": "/landfall/a"}), "ResourceNotFoundException");
    assert_eq!(message, "The specified log group does not exist.");
}

#[test]
fn what_is_not_a_group_is_refused() {
    let client = Client::new();
    for name in ["", "a b", "aws/x", "a:*", &"a".repeat(513)] {
        client.refused("CreateLogGroup", json!({"logGroupName": name}), "InvalidParameterException");
    }
    client.refused("CreateLogGroup", json!({}), "InvalidParameterException");
    client.refused("CreateLogGroup", json!({"logGroupName": 1}), "SerializationException");
    client.refused("CreateLogGroup", json!({"logGroupName": "a", "kmsKeyId": "k"}), "InvalidParameterException");
    client.refused("CreateLogGroup", json!({"logGroupName": "a", "tags": {"aws:x": ""}}), "InvalidParameterException");
    client.refused("CreateLogGroup", json!({"logGroupName": "a", "logGroupClass": "X"}), "InvalidParameterException");
    assert_eq!(client.ok("DescribeLogGroups", json!({})), json!({"logGroups": []}));
    client.ok("CreateLogGroup", json!({"logGroupName": "a", "deletionProtectionEnabled": true}));
    client.refused("DeleteLogGroup", json!({"logGroupName": "a"}), "ValidationException");
    let off = json!({"logGroupIdentifier": "a", "deletionProtectionEnabled": false});
    client.ok("PutLogGroupDeletionProtection", off);
    client.ok("DeleteLogGroup", json!({"logGroupName": "a"}));
}

#[test]
fn groups_and_streams_come_in_pages() {
    let client = Client::new();
    for number in 0..5 {
        client.ok("CreateLogGroup", json!({"logGroupName": format!("g{number}")}));
        client.ok("CreateLogStream", json!({"logGroupName": "g0", "logStreamName": format!("s{number}")}));
    }
    let mut names = Vec::new();
    let mut request = json!({"limit": 2});
    loop {
        let page = client.ok("DescribeLogGroups", request.clone());
        names.extend(page["logGroups"].as_array().expect("groups").iter().map(|g| g["logGroupName"].clone()));
        let Some(next) = page.get("nextToken") else { break };
        request["nextToken"] = next.clone();
    }
    assert_eq!(json!(names), json!(["g0", "g1", "g2", "g3", "g4"]));
    client.refused("DescribeLogGroups", json!({"limit": 51}), "InvalidParameterException");
    client.refused("DescribeLogGroups", json!({"nextToken": "t0"}), "InvalidParameterException");
    let newest = client.ok("DescribeLogStreams", json!({"logGroupName": "g0", "descending": true, "limit": 1}));
    assert_eq!(newest["logStreams"][0]["logStreamName"], "s4");
    let next = json!({"logGroupName": "g0", "descending": true, "limit": 1, "nextToken": newest["nextToken"]});
    assert_eq!(client.ok("DescribeLogStreams", next)["logStreams"][0]["logStreamName"], "s3");
    let both = json!({"logGroupName": "g0", "orderBy": "LastEventTime", "logStreamNamePrefix": "s"});
    client.refused("DescribeLogStreams", both, "InvalidParameterException");
    let stream = json!({"logGroupName": "g0", "logStreamName": "s0"});
    client.refused("CreateLogStream", stream.clone(), "ResourceAlreadyExistsException");
    client.ok("DeleteLogStream", stream.clone());
    client.refused("DeleteLogStream", stream, "ResourceNotFoundException");
}

#[test]
fn events_are_read_in_both_directions() {
    let client = Client::with_stream();
    let t = client.now;
    assert_eq!(client.put("s", &[(t, "a"), (t, "b"), (t + 1, "c"), (t + 2, "d")]).get("rejectedLogEventsInfo"), None);
    let get = |more: Value| {
        let mut members = json!({"logGroupName": "g", "logStreamName": "s"});
        members.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        client.ok("GetLogEvents", members)
    };
    let last = get(json!({"limit": 3}));
    assert_eq!(messages(&last), ["b", "c", "d"]);
    let before = get(json!({"limit": 3, "nextToken": last["nextBackwardToken"]}));
    assert_eq!(messages(&before), ["a"]);
    let end = get(json!({"nextToken": before["nextBackwardToken"]}));
    assert_eq!((messages(&end).len(), &end["nextBackwardToken"]), (0, &before["nextBackwardToken"]));
    let first = get(json!({"limit": 2, "startFromHead": true}));
    assert_eq!(messages(&first), ["a", "b"]);
    let second = get(json!({"limit": 2, "startFromHead": true, "nextToken": first["nextForwardToken"]}));
    assert_eq!(messages(&second), ["c", "d"]);
    let end = get(json!({"nextToken": second["nextForwardToken"]}));
    assert_eq!((messages(&end).len(), &end["nextForwardToken"]), (0, &second["nextForwardToken"]));
    client.put("s", &[(t + 3, "e")]);
    assert_eq!(messages(&get(json!({"nextToken": second["nextForwardToken"]}))), ["e"]);
    assert_eq!(messages(&get(json!({"startTime": t + 1, "endTime": t + 2}))), ["c"]);
    let wrong = json!({"logGroupName": "g", "logStreamName": "s", "nextToken": "f/x/s"});
    client.refused("GetLogEvents", wrong, "InvalidParameterException");
    let stream = &client.ok("DescribeLogStreams", json!({"logGroupName": "g"}))["logStreams"][0];
    assert_eq!((&stream["firstEventTimestamp"], &stream["lastEventTimestamp"]), (&json!(t), &json!(t + 3)));
}

#[test]
fn events_out_of_order_or_out_of_time_are_not_taken() {
    let client = Client::with_stream();
    let (t, hour) = (client.now, 3_600_000);
    let put = |events: Value| json!({"logGroupName": "g", "logStreamName": "s", "logEvents": events});
    let event = |time: u64| json!({"timestamp": time, "message": "m"});
    let refused = |events: Value| client.refused("PutLogEvents", put(events), "InvalidParameterException");
    assert!(refused(json!([event(t), event(t - 1)])).contains("chronological order"));
    refused(json!([event(t - 25 * hour), event(t)]));
    refused(json!([]));
    refused(json!([{"timestamp": t, "message": ""}]));
    refused(json!([{"timestamp": -1, "message": "m"}]));
    let unknown = json!({"logGroupName": "g", "logStreamName": "q", "logEvents": [event(t)]});
    client.refused("PutLogEvents", unknown, "ResourceNotFoundException");
    let answer = client.put("s", &[(t - 15 * 24 * hour, "old"), (t, "now"), (t + 3 * hour, "new")]);
    assert_eq!(answer["rejectedLogEventsInfo"], json!({"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}));
    client.ok("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 1}));
    let answer = client.put("s", &[(t - 30 * hour, "expired"), (t, "then")]);
    assert_eq!(answer["rejectedLogEventsInfo"], json!({"expiredLogEventEndIndex": 1}));
    let get = client.ok("GetLogEvents", json!({"logGroupName": "g", "logStreamName": "s"}));
    assert_eq!(messages(&get), ["now", "then"]);
    let later = Client { region: client.region.clone(), now: t + 5 * 24 * hour };
    let get = later.ok("GetLogEvents", json!({"logGroupName": "g", "logStreamName": "s"}));
    assert!(messages(&get).is_empty(), "what has expired is gone after three days more");
}

#[test]
fn a_filter_looks_through_all_streams() {
    let client = Client::with_stream();
    client.ok("CreateLogStream", json!({"logGroupName": "g", "logStreamName": "t"}));
    let t = client.now;
    client.put("s", &[(t, "ERROR one"), (t + 2, "fine")]);
    client.put("t", &[(t + 1, "ERROR two"), (t + 3, "WARN two")]);
    let filter = |more: Value| {
        let mut members = json!({"logGroupName": "g"});
        members.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        client.ok("FilterLogEvents", members)
    };
    assert_eq!(messages(&filter(json!({}))), ["ERROR one", "ERROR two", "fine", "WARN two"]);
    assert_eq!(messages(&filter(json!({"filterPattern": "ERROR -two"}))), ["ERROR one"]);
    assert_eq!(messages(&filter(json!({"filterPattern": "?WARN ?\"R one\""}))), ["ERROR one", "WARN two"]);
    assert_eq!(messages(&filter(json!({"logStreamNames": ["t"], "endTime": t + 1}))), ["ERROR two"]);
    let page = filter(json!({"logStreamNamePrefix": "s", "limit": 1}));
    assert_eq!(messages(&page), ["ERROR one"]);
    let next = filter(json!({"logStreamNamePrefix": "s", "limit": 1, "nextToken": page["nextToken"]}));
    assert_eq!((messages(&next), next.get("nextToken")), (vec!["fine"], None));
    let both = json!({"logGroupName": "g", "logStreamNames": ["s"], "logStreamNamePrefix": "s"});
    client.refused("FilterLogEvents", both, "InvalidParameterException");
    client.refused(
        "FilterLogEvents",
        json!({"logGroupName": "g", "filterPattern": "{ $.a = 1 }"}),
        "InvalidParameterException",
    );
    client.refused("FilterLogEvents", json!({}), "InvalidParameterException");
    let arn = "arn:aws:logs:us-east-1:111122223333:log-group:g";
    assert_eq!(messages(&client.ok("FilterLogEvents", json!({"logGroupIdentifier": arn}))).len(), 4);
}

fn any_member() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        any::<bool>().prop_map(|b| json!(b)),
        "[a-zé/:*{?\" -]{0,8}".prop_map(|s| json!(s)),
        prop::sample::select(vec!["g", "s", "f/é/s", "t0", "tzz", "n/1"]).prop_map(|s| json!(s)),
        prop::collection::vec(any::<i64>(), 0..3)
            .prop_map(|all| json!(all.iter().map(|t| json!({"timestamp": t, "message": "m"})).collect::<Vec<_>>())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_members_get_an_answer(values in prop::collection::vec(any_member(), 12), body in prop::collection::vec(any::<u8>(), 0..40)) {
        let client = Client::with_stream();
        client.put("s", &[(client.now, "m")]);
        for action in super::ACTIONS {
            let mut values = values.iter().cycle();
            let mut members = serde_json::Map::new();
            for name in action.members {
                // Names that exist let the rest be reached.
                let value = match *name {
                    "logGroupName" if action.name != "DeleteLogGroup" => json!("g"),
                    "logStreamName" if action.name != "DeleteLogStream" => json!("s"),
                    "logGroupIdentifier" => continue,
                    _ => values.next().cloned().unwrap_or_default(),
                };
                members.insert((*name).to_owned(), value);
            }
            let (status, _) = client.send(action.name, Value::Object(members).to_string().as_bytes());
            prop_assert!(status == 200 || status == 400, "{} {status}", action.name);
            let (status, _) = client.send(action.name, &body);
            prop_assert_eq!(status, 400);
        }
    }
}

#[test]
fn a_request_may_be_as_long_as_its_events_are_in_json() {
    let client = Client::with_stream();
    // A megabyte of characters that JSON writes in two bytes, and some more.
    let message = "\"".repeat(250_000);
    let event = |n: u64| json!({"timestamp": client.now + n, "message": message});
    let members =
        json!({"logGroupName": "g", "logStreamName": "s", "logEvents": (0..4).map(event).collect::<Vec<_>>()});
    assert!(members.to_string().len() > 2_000_000);
    client.ok("PutLogEvents", members);
    let (status, answer) = client.send("PutLogEvents", &vec![b' '; (4 << 20) + 1]);
    assert_eq!((status, answer["__type"].as_str()), (413, Some("RequestEntityTooLarge")));
}
