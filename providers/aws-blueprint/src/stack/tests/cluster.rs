//! `[cluster.NAME]`.

use snapbox::str;

use super::*;

#[test]
fn spot_markets() {
    let stack = parsed(&format!(
        "{HEAD}spot = \"fallback\"\n[cluster.either]\n[cluster.spot]\nspot = true\n[cluster.never]\nspot = false\n"
    ));
    let of = |cluster: &str| stack.clusters[&name(cluster)].market;
    assert_eq!([of("either"), of("spot"), of("never")], [Market::SpotOrOnDemand, Market::Spot, Market::OnDemand]);
    check_after_head(
        r#"[cluster.a1]
spot = "sometimes"
[cluster.a2]
spot = "true"
[cluster.a3]
spot = 1
"#,
        str![[r#"
error: cluster.a1.spot: expected true, false or "fallback", found `sometimes`
 --> landfall.toml:4:8
  |
4 | spot = "sometimes"
  |        ^^^^^^^^^^^ must be true, false or "fallback"

error: cluster.a2.spot: expected true, false or "fallback", found a string
 --> landfall.toml:6:8
  |
6 | spot = "true"
  |        ^^^^^^ this is a string
  |
  = help: write it without quotes: true

error: cluster.a3.spot: expected true, false or "fallback", found a whole number
 --> landfall.toml:8:8
  |
8 | spot = 1
  |        ^ this is a whole number

"#]],
    );
}

#[test]
fn placement_groups() {
    let stack = parsed(&format!(
        "{HEAD}[cluster.close]\nplacement_group = true\n[cluster.anywhere]\nplacement_group = false\n[cluster.silent]\n"
    ));
    let of = |cluster: &str| stack.clusters[&name(cluster)].placement_group;
    assert_eq!([of("close"), of("anywhere"), of("silent")], [true, false, false]);
    check_after_head(
        "[cluster.a1]\nplacement_group = \"cluster\"\n[cluster.a2]\nplacement_group = \"true\"\n",
        str![[r#"
error: cluster.a1.placement_group: expected true or false, found a string
 --> landfall.toml:4:19
  |
4 | placement_group = "cluster"
  |                   ^^^^^^^^^ this is a string

error: cluster.a2.placement_group: expected true or false, found a string
 --> landfall.toml:6:19
  |
6 | placement_group = "true"
  |                   ^^^^^^ this is a string
  |
  = help: write it without quotes: true

"#]],
    );
}

#[test]
fn numbers_of_gpus() {
    check_after_head(
        r#"[cluster.a1]
gpu = 2
[cluster.a2]
gpu = -1
[cluster.a3]
gpu = true
"#,
        str![[r#"
error: cluster.a1.gpu: expected a number of GPUs from 0 to 1, found 2
 --> landfall.toml:4:7
  |
4 | gpu = 2
  |       ^ must be from 0 to 1
  |
  = help: 1: each worker has one GPU; one Dask worker runs on it, so for more GPUs write more workers

error: cluster.a2.gpu: expected a number of GPUs from 0 to 1, found -1
 --> landfall.toml:6:7
  |
6 | gpu = -1
  |       ^^ must be from 0 to 1
  |
  = help: 1: each worker has one GPU; one Dask worker runs on it, so for more GPUs write more workers

error: cluster.a3.gpu: expected a number of GPUs from 0 to 1, found `true`
 --> landfall.toml:8:7
  |
8 | gpu = true
  |       ^^^^ this is `true`
  |
  = help: 1: each worker has one GPU; one Dask worker runs on it, so for more GPUs write more workers

"#]],
    );
}

#[test]
fn worker_counts() {
    check_after_head(
        r#"[cluster.a1]
workers = -3
[cluster.a2]
workers = 10001
[cluster.a3]
workers = "4"
[cluster.a4]
workers = 4.0
[cluster.a5]
workers = "many"
"#,
        str![[r#"
error: cluster.a1.workers: expected a whole number from 0 to 10000, found -3
 --> landfall.toml:4:11
  |
4 | workers = -3
  |           ^^ must be from 0 to 10000

error: cluster.a2.workers: expected a whole number from 0 to 10000, found 10001
 --> landfall.toml:6:11
  |
6 | workers = 10001
  |           ^^^^^ must be from 0 to 10000

error: cluster.a3.workers: expected a whole number from 0 to 10000, found a string
 --> landfall.toml:8:11
  |
8 | workers = "4"
  |           ^^^ this is a string
  |
  = help: write it without quotes: 4

error: cluster.a4.workers: expected a whole number from 0 to 10000, found a number with a fraction
  --> landfall.toml:10:11
   |
10 | workers = 4.0
   |           ^^^ this is a number with a fraction

error: cluster.a5.workers: expected a whole number from 0 to 10000, found a string
  --> landfall.toml:12:11
   |
12 | workers = "many"
   |           ^^^^^^ this is a string

"#]],
    );
}

#[test]
fn instance_types() {
    check_after_head(
        r#"[cluster.analytics]
worker_type = "M6i.XLarge"
scheduler_type = "m6ixlarge"
"#,
        str![[r#"
error: cluster.analytics.worker_type: `M6i.XLarge` is not how an instance type is written
 --> landfall.toml:4:15
  |
4 | worker_type = "M6i.XLarge"
  |               ^^^^^^^^^^^^ did you mean `m6i.xlarge`?

error: cluster.analytics.scheduler_type: `m6ixlarge` is not how an instance type is written
 --> landfall.toml:5:18
  |
5 | scheduler_type = "m6ixlarge"
  |                  ^^^^^^^^^^^ expected a family, a dot and a size, such as `m6i.large`

"#]],
    );
}

#[test]
fn disks_and_images() {
    check_after_head(
        r#"[cluster.analytics]
disk_gib = 7
image_id = "ami-latest"
"#,
        str![[r#"
error: cluster.analytics.disk_gib: expected a number of GiB from 8 to 16384, found 7
 --> landfall.toml:4:12
  |
4 | disk_gib = 7
  |            ^ must be from 8 to 16384

error: cluster.analytics.image_id: `ami-latest` is not an image id
 --> landfall.toml:5:12
  |
5 | image_id = "ami-latest"
  |            ^^^^^^^^^^^^ expected `ami-` and 17 (or, of old ones, 8) digits of 0-9 and a-f

"#]],
    );
}

#[test]
fn a_cluster_without_a_name() {
    check_after_head(
        r#"[cluster]
workers = 3
"#,
        str![[r#"
error: cluster.workers: expected the table of a cluster, found a whole number
 --> landfall.toml:4:11
  |
4 | workers = 3
  |           ^ this is a whole number
  |
  = help: a cluster is written as a table with its name: [cluster.analytics]

"#]],
    );
}

#[test]
fn clusters_that_are_no_table() {
    check_after_head(
        r#"cluster = 3
"#,
        str![[r#"
error: cluster: expected a table of clusters, found a whole number
 --> landfall.toml:3:11
  |
3 | cluster = 3
  |           ^ this is a whole number
  |
  = help: a cluster is written as a table with its name: [cluster.analytics]

"#]],
    );
}

#[test]
fn a_cluster_that_is_defined_twice() {
    check_after_head(
        r#"[cluster.analytics]
workers = 1

[cluster.analytics]
workers = 2
"#,
        str![[r#"
error: cluster.analytics is defined twice
 --> landfall.toml:6:10
  |
6 | [cluster.analytics]
  |          ^^^^^^^^^ first defined on line 3
  |
  = help: keep one of the two, or give one another name

"#]],
    );
}
