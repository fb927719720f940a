//! Where a problem is shown, and how.

use ipnet::Ipv4Net;
use snapbox::{IntoData, assert_data_eq, str};

use super::*;

#[test]
fn every_value_has_a_place() {
    let stack = parsed(FULL);
    let shown = |path: &str| stack.origins.span(path).map(|span| &FULL[span]);
    assert_eq!(shown("name"), Some("\"acme\""));
    assert_eq!(shown("zones.us-west-2b"), Some("\"us-west-2b\""));
    assert_eq!(shown("network"), Some("[network]"));
    assert_eq!(shown("cluster.analytics"), Some("[cluster.analytics]"));
    assert_eq!(shown("cluster.analytics.zone"), Some("\"us-west-2b\""));
    assert_eq!(shown("cluster.analytics.tags.purpose"), Some("\"ad hoc\""));
    assert_eq!(shown("cluster.nightly.zone"), None);
}

#[test]
fn a_problem_that_only_the_account_knows_is_shown_in_the_file() {
    let text = format!("{HEAD}[cluster.analytics]\nzone = \"us-east-1f\"\n");
    let origins = parsed(&text).origins;
    let given =
        Diagnostic::at_path("cluster.analytics.zone", &origins, "cluster.analytics.zone: there is no us-east-1f")
            .label("no such zone in this account");
    let defaulted = Diagnostic::at_path("cluster.analytics.worker_type", &origins, "no zone offers m6i.xlarge");
    let nowhere = Diagnostic::at_path("network.cidr", &origins, "network.cidr: 10.0.0.0/16 is taken");
    assert_data_eq!(
        render(&[given, defaulted, nowhere], "landfall.toml", &text, false),
        str![[r#"
error: cluster.analytics.zone: there is no us-east-1f
 --> landfall.toml:4:8
  |
4 | zone = "us-east-1f"
  |        ^^^^^^^^^^^^ no such zone in this account

error: no zone offers m6i.xlarge
 --> landfall.toml:3:1
  |
3 | [cluster.analytics]
  | ^^^^^^^^^^^^^^^^^^^

error: network.cidr: 10.0.0.0/16 is taken
--> landfall.toml

"#]]
        .raw()
    );
}

#[test]
fn the_network_may_be_too_small_for_the_zones_of_the_account() {
    let text = format!("{HEAD}[network]\ncidr = \"10.0.0.0/25\"\n");
    let network: Ipv4Net = made(&parsed(&text)).cidr;
    let no_room = crate::subnet_layout::SubnetLayout::for_zones(network, 6).expect_err("too small");
    let problem = no_room_for_subnets(&no_room, network, 6, &parsed(&text).origins);
    assert_data_eq!(
        render(&[problem], "landfall.toml", &text, false),
        str![[r#"
error: network.cidr: 10.0.0.0/25 is too small for the 12 subnets of 6 zones
 --> landfall.toml:4:8
  |
4 | cidr = "10.0.0.0/25"
  |        ^^^^^^^^^^^^^ holds 8
  |
  = help: a zone takes a public and a private subnet, and no subnet is smaller than /28
  = help: write cidr = "10.0.0.0/24" or a larger network, or list fewer zones

"#]]
        .raw()
    );
}

#[test]
fn marks_and_line_ends_of_other_systems_are_no_problem() {
    let windows = format!("\u{feff}{HEAD}[logs]\nretention_days = 7\n").replace('\n', "\r\n");
    assert_eq!(parsed(&windows).logs.retention_days, 7);
    check(
        "\u{feff}name = 3\r\nregion = 3\r\n",
        str![[r#"
error: name: expected a name such as "acme", found a whole number
 --> landfall.toml:1:8
  |
1 | name = 3
  |        ^ this is a whole number

error: region: expected a region such as "us-east-1", found a whole number
 --> landfall.toml:2:10
  |
2 | region = 3
  |          ^ this is a whole number

"#]],
    );
}

#[test]
fn escapes_in_the_file_do_not_reach_the_terminal() {
    let text = format!("{HEAD}zones = \"\\u001b[31mred\"\n\"\\u001b[2J\" = 1\n");
    let problems = parse(&text).expect_err("neither is legal");
    assert!(!render(&problems, "landfall.toml", &text, false).contains('\u{1b}'));
}

#[test]
fn colour_is_added_only_when_asked_for() {
    let problems = parse("").expect_err("an empty file lacks what is required");
    assert!(render(&problems, "landfall.toml", "", true).contains('\u{1b}'));
    assert!(!render(&problems, "landfall.toml", "", false).contains('\u{1b}'));
    assert_eq!(render(&[], "landfall.toml", "", true), "");
}

#[test]
fn a_file_that_is_something_else_does_not_fill_the_screen() {
    let text = "x = 1\n".repeat(2) + &(0..500).map(|key| format!("key{key} = 1\n")).collect::<String>();
    let problems = parse(&text).expect_err("no key is known");
    assert!(problems.len() > 500);
    assert!(render(&problems, "landfall.toml", &text, false).ends_with("more problems\n"));
}

#[test]
fn only_the_first_line_of_a_long_value_is_marked() {
    check_after_head(
        r#"spot = [
    true,
]
"#,
        str![[r#"
error: spot: expected true, false or "fallback", found a list
 --> landfall.toml:3:8
  |
3 | spot = [
  |        ^ this is a list

"#]],
    );
}

#[test]
fn all_problems_are_shown_at_once_in_the_order_of_the_file() {
    check(
        r#"region = "us_east_1"
spot = "true"

[firewall]
prots = [22]
cidr = "300.1.1.1/8"

[cluster.analytics]
workers = -1
"#,
        str![[r#"
error: `name` is missing
--> landfall.toml
 = help: add a line: name = "acme"

error: region: `us_east_1` is not how a region is written
 --> landfall.toml:1:10
  |
1 | region = "us_east_1"
  |          ^^^^^^^^^^^ did you mean `us-east-1`?

error: spot: expected true, false or "fallback", found a string
 --> landfall.toml:2:8
  |
2 | spot = "true"
  |        ^^^^^^ this is a string
  |
  = help: write it without quotes: true

error: unknown key `firewall.prots`
 --> landfall.toml:5:1
  |
5 | prots = [22]
  | ^^^^^ did you mean `ports`?
  |
  = help: keys of [firewall]: ports, cidr

error: firewall.cidr: `300.1.1.1/8` is not a network
 --> landfall.toml:6:8
  |
6 | cidr = "300.1.1.1/8"
  |        ^^^^^^^^^^^^^ 300 is more than 255
  |
  = help: an IPv4 address is four numbers from 0 to 255, such as 203.0.113.0/24

error: cluster.analytics.workers: expected a whole number from 0 to 10000, found -1
 --> landfall.toml:9:11
  |
9 | workers = -1
  |           ^^ must be from 0 to 10000

"#]],
    );
}
