//! `name`, `region`, `zones`, `zone`.

use snapbox::str;

use super::*;

#[test]
fn names() {
    check(
        r#"name = "Acme Corp"
region = "us-east-1"
[cluster.x]
[cluster."a.b"]
[cluster.9to5]
[cluster.this-name-is-far-too-long-to-be-one]
[cluster.""]
[cluster."café"]
"#,
        str![[r#"
error: name: `Acme Corp` is not a legal name
 --> landfall.toml:1:8
  |
1 | name = "Acme Corp"
  |        ^^^^^^^^^^^ has a capital letter in it
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter
  = help: did you mean `acme-corp`?

error: `x` is not a legal name of a cluster
 --> landfall.toml:3:10
  |
3 | [cluster.x]
  |          ^ is too short
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

error: `a.b` is not a legal name of a cluster
 --> landfall.toml:4:10
  |
4 | [cluster."a.b"]
  |          ^^^^^ has `.` in it
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter
  = help: did you mean `a-b`?

error: `9to5` is not a legal name of a cluster
 --> landfall.toml:5:10
  |
5 | [cluster.9to5]
  |          ^^^^ does not start with a letter
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

error: `this-name-is-far-too-long-to-be-one` is not a legal name of a cluster
 --> landfall.toml:6:10
  |
6 | [cluster.this-name-is-far-too-long-to-be-one]
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ is too long: 35 characters
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

error: `""` is not a legal name of a cluster
 --> landfall.toml:7:10
  |
7 | [cluster.""]
  |          ^^ is empty
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

error: `café` is not a legal name of a cluster
 --> landfall.toml:8:10
  |
8 | [cluster."café"]
  |          ^^^^^^ has `é` in it
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

"#]],
    );
}

#[test]
fn regions_that_are_not_written_as_regions() {
    check(
        r#"name = "acme"
region = "US_EAST_1"
"#,
        str![[r#"
error: region: `US_EAST_1` is not how a region is written
 --> landfall.toml:2:10
  |
2 | region = "US_EAST_1"
  |          ^^^^^^^^^^^ did you mean `us-east-1`?

"#]],
    );
}

#[test]
fn a_zone_in_place_of_a_region() {
    check(
        r#"name = "acme"
region = "us-east-1a"
"#,
        str![[r#"
error: region: `us-east-1a` is not how a region is written
 --> landfall.toml:2:10
  |
2 | region = "us-east-1a"
  |          ^^^^^^^^^^^^ this is a zone; its region is `us-east-1`

"#]],
    );
}

#[test]
fn a_city_in_place_of_a_region() {
    check(
        r#"name = "acme"
region = "frankfurt"
"#,
        str![[r#"
error: region: `frankfurt` is not how a region is written
 --> landfall.toml:2:10
  |
2 | region = "frankfurt"
  |          ^^^^^^^^^^^
  |
  = help: regions that landfall is tested in: us-east-1, us-east-2, us-west-1, us-west-2, ca-central-1, sa-east-1, eu-central-1, eu-north-1, eu-west-1, eu-west-2, eu-west-3, ap-northeast-1, ap-northeast-2, ap-south-1, ap-southeast-1, ap-southeast-2

"#]],
    );
}

#[test]
fn zones_of_another_region() {
    check_after_head(
        r#"zones = ["us-east-1a", "eu-west-1a"]
zone = "us-west-2-lax-1a"
[cluster.analytics]
zone = "us-east-2a"
"#,
        str![[r#"
error: zones: `eu-west-1a` is not a zone of us-east-1
 --> landfall.toml:3:24
  |
3 | zones = ["us-east-1a", "eu-west-1a"]
  |                        ^^^^^^^^^^^^ seems to belong to eu-west-1
  |
  = help: all of a stack stands in one region; its zones start with it, such as `us-east-1a`

error: zone: `us-west-2-lax-1a` is not a zone of us-east-1
 --> landfall.toml:4:8
  |
4 | zone = "us-west-2-lax-1a"
  |        ^^^^^^^^^^^^^^^^^^ seems to belong to us-west-2
  |
  = help: all of a stack stands in one region; its zones start with it, such as `us-east-1a`

error: cluster.analytics.zone: `us-east-2a` is not a zone of us-east-1
 --> landfall.toml:6:8
  |
6 | zone = "us-east-2a"
  |        ^^^^^^^^^^^^ seems to belong to us-east-2
  |
  = help: all of a stack stands in one region; its zones start with it, such as `us-east-1a`

"#]],
    );
}

#[test]
fn zones_that_are_not_written_as_zones() {
    check_after_head(
        r#"zones = ["us-east-1", "use1-az1", "a", ""]
"#,
        str![[r#"
error: zones: `us-east-1` is not how a zone is written
 --> landfall.toml:3:10
  |
3 | zones = ["us-east-1", "use1-az1", "a", ""]
  |          ^^^^^^^^^^^ this is a region; its zones are `us-east-1a`, `us-east-1b` …

error: zones: `use1-az1` is not how a zone is written
 --> landfall.toml:3:23
  |
3 | zones = ["us-east-1", "use1-az1", "a", ""]
  |                       ^^^^^^^^^^ a zone is its region and a letter, such as `us-east-1a`

error: zones: `a` is not how a zone is written
 --> landfall.toml:3:35
  |
3 | zones = ["us-east-1", "use1-az1", "a", ""]
  |                                   ^^^ a zone is its region and a letter, such as `us-east-1a`

error: zones: `""` is not how a zone is written
 --> landfall.toml:3:40
  |
3 | zones = ["us-east-1", "use1-az1", "a", ""]
  |                                        ^^ a zone is its region and a letter, such as `us-east-1a`

"#]],
    );
}

#[test]
fn zones_must_be_a_list() {
    check_after_head(
        r#"zones = "us-east-1a"
"#,
        str![[r#"
error: zones: expected "all" or a list of zones, found a string
 --> landfall.toml:3:9
  |
3 | zones = "us-east-1a"
  |         ^^^^^^^^^^^^ this is a string
  |
  = help: write a list: ["us-east-1a"]

"#]],
    );
}

#[test]
fn zones_must_not_be_empty() {
    check_after_head(
        r#"zones = []
"#,
        str![[r#"
error: zones: expected "all" or a list of zones, found an empty list
 --> landfall.toml:3:9
  |
3 | zones = []
  |         ^^ names no zone

"#]],
    );
}

#[test]
fn a_zone_without_a_subnet() {
    check_after_head(
        r#"zones = ["us-east-1a", "us-east-1b"]
zone = "us-east-1c"
[cluster.analytics]
zone = "us-east-1d"
"#,
        str![[r#"
error: zone: `us-east-1c` has no subnet
 --> landfall.toml:4:8
  |
4 | zone = "us-east-1c"
  |        ^^^^^^^^^^^^ not one of `zones`
  |
  = help: `zones` at the top of the file lists us-east-1a, us-east-1b

error: cluster.analytics.zone: `us-east-1d` has no subnet
 --> landfall.toml:6:8
  |
6 | zone = "us-east-1d"
  |        ^^^^^^^^^^^^ not one of `zones`
  |
  = help: `zones` at the top of the file lists us-east-1a, us-east-1b

"#]],
    );
}
