//! `[network]` that is made, `[firewall]`, `[iam]`, `[logs]`.

use snapbox::str;

use super::*;

#[test]
fn ports_out_of_range() {
    check_after_head(
        r#"[firewall]
ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
"#,
        str![[r#"
error: firewall.ports: expected a port from 1 to 65535, found 70000
 --> landfall.toml:4:10
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |          ^^^^^ must be from 1 to 65535

error: firewall.ports: expected a port from 1 to 65535, found 0
 --> landfall.toml:4:17
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |                 ^ must be from 1 to 65535

error: firewall.ports: expected a port from 1 to 65535, found -1
 --> landfall.toml:4:20
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |                    ^^ must be from 1 to 65535

error: firewall.ports: expected a port from 1 to 65535, found 99999999999999999999999999999999999999999
 --> landfall.toml:4:24
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ must be from 1 to 65535

error: firewall.ports: expected a port from 1 to 65535, found 0x10000
 --> landfall.toml:4:67
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |                                                                   ^^^^^^^^ must be from 1 to 65535

"#]],
    );
}

#[test]
fn ports_of_the_wrong_type() {
    check_after_head(
        r#"[firewall]
ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
"#,
        str![[r#"
error: firewall.ports: expected a port from 1 to 65535, found a string
 --> landfall.toml:4:10
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |          ^^^^^^ this is a string
  |
  = help: write it without quotes: 8787

error: firewall.ports: expected a port from 1 to 65535, found a number with a fraction
 --> landfall.toml:4:18
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                  ^^^^ this is a number with a fraction

error: firewall.ports: expected a port from 1 to 65535, found `true`
 --> landfall.toml:4:24
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                        ^^^^ this is `true`

error: firewall.ports: expected a port from 1 to 65535, found a list
 --> landfall.toml:4:30
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                              ^^^^ this is a list

error: firewall.ports: expected a port from 1 to 65535, found a table
 --> landfall.toml:4:36
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                                    ^^ this is a table

error: firewall.ports: expected a port from 1 to 65535, found a date or time
 --> landfall.toml:4:40
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                                        ^^^^^^^^^^ this is a date or time

"#]],
    );
}

#[test]
fn impossible_networks() {
    check_after_head(
        r#"[firewall]
cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
"#,
        str![[r#"
error: firewall.cidr: `10.0.0.0/33` is not a network
 --> landfall.toml:4:9
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |         ^^^^^^^^^^^^^ 33 is more than 32
  |
  = help: the prefix length of an IPv4 network is 0 to 32

error: firewall.cidr: `300.1.1.1/8` is not a network
 --> landfall.toml:4:24
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                        ^^^^^^^^^^^^^ 300 is more than 255
  |
  = help: an IPv4 address is four numbers from 0 to 255, such as 203.0.113.0/24

error: firewall.cidr: `::/129` is not a network
 --> landfall.toml:4:39
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                                       ^^^^^^^^ 129 is more than 128
  |
  = help: the prefix length of an IPv6 network is 0 to 128

error: firewall.cidr: `10.0.0.0/x` is not a network
 --> landfall.toml:4:49
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                                                 ^^^^^^^^^^^^ `x` is not a prefix length
  |
  = help: the prefix length of an IPv4 network is 0 to 32

error: firewall.cidr: `anywhere` is not a network
 --> landfall.toml:4:63
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                                                               ^^^^^^^^^^ expected an address, a slash and a prefix length
  |
  = help: such as "203.0.113.0/24", or "2001:db8::/32" for IPv6

error: firewall.cidr: `""` is not a network
 --> landfall.toml:4:75
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                                                                           ^^ expected an address, a slash and a prefix length
  |
  = help: such as "203.0.113.0/24", or "2001:db8::/32" for IPv6

"#]],
    );
}

#[test]
fn addresses_without_a_prefix() {
    check_after_head(
        r#"[firewall]
cidr = "203.0.113.7"
[network]
cidr = "::1"
"#,
        str![[r#"
error: firewall.cidr: `203.0.113.7` is not a network
 --> landfall.toml:4:8
  |
4 | cidr = "203.0.113.7"
  |        ^^^^^^^^^^^^^ the prefix length is missing
  |
  = help: write 203.0.113.7/32 for this one address

error: network.cidr: `::1` is not a network
 --> landfall.toml:6:8
  |
6 | cidr = "::1"
  |        ^^^^^ the prefix length is missing
  |
  = help: a VPC has a private IPv4 network, such as "10.0.0.0/16"

"#]],
    );
}

#[test]
fn the_network_is_too_large() {
    check_after_head(
        r#"[network]
cidr = "10.0.0.0/8"
"#,
        str![[r#"
error: network.cidr: a VPC is /16 to /28, found /8
 --> landfall.toml:4:8
  |
4 | cidr = "10.0.0.0/8"
  |        ^^^^^^^^^^^^ too large: /16 is the most
  |
  = help: /16 has 65,536 addresses, /28 has 16

"#]],
    );
}

#[test]
fn the_network_is_too_small_for_a_vpc() {
    check_after_head(
        r#"[network]
cidr = "10.0.0.0/29"
"#,
        str![[r#"
error: network.cidr: a VPC is /16 to /28, found /29
 --> landfall.toml:4:8
  |
4 | cidr = "10.0.0.0/29"
  |        ^^^^^^^^^^^^^ too small: /28 is the least
  |
  = help: /16 has 65,536 addresses, /28 has 16

"#]],
    );
}

#[test]
fn the_network_is_not_ipv4() {
    check_after_head(
        r#"[network]
cidr = "2001:db8::/32"
"#,
        str![[r#"
error: network.cidr: expected an IPv4 network, found an IPv6 one
 --> landfall.toml:4:8
  |
4 | cidr = "2001:db8::/32"
  |        ^^^^^^^^^^^^^^^ this is IPv6
  |
  = help: a VPC has a private IPv4 network, such as "10.0.0.0/16"

"#]],
    );
}

#[test]
fn the_network_is_too_small_for_the_zones() {
    check_after_head(
        r#"zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
[network]
cidr = "10.0.0.0/26"
"#,
        str![[r#"
error: network.cidr: 10.0.0.0/26 is too small for the 6 subnets of 3 zones
 --> landfall.toml:5:8
  |
5 | cidr = "10.0.0.0/26"
  |        ^^^^^^^^^^^^^ holds 4
  |
  = help: a zone takes a public and a private subnet, and no subnet is smaller than /28
  = help: write cidr = "10.0.0.0/25" or a larger network, or list fewer zones

"#]],
    );
}

#[test]
fn the_network_is_too_small_for_any_zone() {
    check_after_head(
        r#"[network]
cidr = "10.0.0.0/28"
"#,
        str![[r#"
error: network.cidr: 10.0.0.0/28 is too small for the 2 subnets of a zone
 --> landfall.toml:4:8
  |
4 | cidr = "10.0.0.0/28"
  |        ^^^^^^^^^^^^^ holds 1
  |
  = help: a zone takes a public and a private subnet, and no subnet is smaller than /28
  = help: write cidr = "10.0.0.0/27" or a larger network

"#]],
    );
}

#[test]
fn choices() {
    check_after_head(
        r#"spot = "yes, please"
[network]
workers = "privat"
nat = "none"
s3_endpoint = "true"
"#,
        str![[r#"
error: spot: expected true, false or "fallback", found `yes, please`
 --> landfall.toml:3:8
  |
3 | spot = "yes, please"
  |        ^^^^^^^^^^^^^ must be true, false or "fallback"

error: network.workers: expected "private" or "public", found `privat`
 --> landfall.toml:5:11
  |
5 | workers = "privat"
  |           ^^^^^^^^ did you mean "private"?

error: network.nat: expected "single" or "per-zone", found `none`
 --> landfall.toml:6:7
  |
6 | nat = "none"
  |       ^^^^^^ must be "single" or "per-zone"

error: network.s3_endpoint: expected true or false, found a string
 --> landfall.toml:7:15
  |
7 | s3_endpoint = "true"
  |               ^^^^^^ this is a string
  |
  = help: write it without quotes: true

"#]],
    );
}

#[test]
fn retentions() {
    check_after_head(
        r#"[logs]
retention_days = 31
"#,
        str![[r#"
error: logs.retention_days: CloudWatch Logs does not offer to keep events for 31 days
 --> landfall.toml:4:18
  |
4 | retention_days = 31
  |                  ^^ the nearest is 30
  |
  = help: it offers 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653

"#]],
    );
}

#[test]
fn retentions_out_of_range() {
    check_after_head(
        r#"[logs]
retention_days = 0
"#,
        str![[r#"
error: logs.retention_days: expected a number of days from 1 to 3653, found 0
 --> landfall.toml:4:18
  |
4 | retention_days = 0
  |                  ^ must be from 1 to 3653

"#]],
    );
}

#[test]
fn policies() {
    check_after_head(
        r#"[iam]
policies = ["Amazon S3", "arn:aws:iam::1:policy/x", 3]
"#,
        str![[r#"
error: iam.policies: `Amazon S3` is not a managed policy
 --> landfall.toml:4:13
  |
4 | policies = ["Amazon S3", "arn:aws:iam::1:policy/x", 3]
  |             ^^^^^^^^^^^ expected the name of a policy of AWS, such as `AmazonS3ReadOnlyAccess`
  |
  = help: a policy of your own is written as its ARN: "arn:aws:iam::111122223333:policy/NAME"

error: iam.policies: `arn:aws:iam::1:policy/x` is not a managed policy
 --> landfall.toml:4:26
  |
4 | policies = ["Amazon S3", "arn:aws:iam::1:policy/x", 3]
  |                          ^^^^^^^^^^^^^^^^^^^^^^^^^ expected `arn:aws:iam::ACCOUNT:policy/NAME`
  |
  = help: a policy of your own is written as its ARN: "arn:aws:iam::111122223333:policy/NAME"

error: iam.policies: expected the ARN or the name of a managed policy, found a whole number
 --> landfall.toml:4:53
  |
4 | policies = ["Amazon S3", "arn:aws:iam::1:policy/x", 3]
  |                                                     ^ this is a whole number

"#]],
    );
}

#[test]
fn policies_must_be_a_list() {
    check_after_head(
        r#"[iam]
policies = "AmazonS3ReadOnlyAccess"
"#,
        str![[r#"
error: iam.policies: expected a list of managed policies, found a string
 --> landfall.toml:4:12
  |
4 | policies = "AmazonS3ReadOnlyAccess"
  |            ^^^^^^^^^^^^^^^^^^^^^^^^ this is a string
  |
  = help: write a list: ["AmazonS3ReadOnlyAccess"]

"#]],
    );
}
