//! The deterministic sweep: every fault at every call of a life. And any stack after any other.

use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Instant;

use landfall_simulator::account_snapshot::difference;
use landfall_simulator::middleware::FaultFile;
use landfall_simulator::region::{Region, RegionOptions};
use landfall_state::SqliteStore;
use proptest::prelude::*;

use super::client::run;
use super::injected_fault::InjectedFault;
use super::*;
use crate::session::Goal;
use crate::stack_file::StackFile;

/// Networks of two zones, a role with a policy, logs, two clusters, on demand and spot.
const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1b\"]\n\
                     [network]\nnat = \"per-zone\"\n\
                     [iam]\npolicies = [\"AmazonS3ReadOnlyAccess\"]\n\
                     [cluster.day]\nworkers = 2\n[cluster.night]\nworkers = 1\nspot = true\nzone = \"us-east-1b\"\n";

fn file_of(text: &str) -> StackFile {
    let stack = landfall_aws_blueprint::stack::parse(text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    StackFile { path: PathBuf::from("landfall.toml"), text: text.to_owned(), stack }
}

fn sweep(extent: Extent, seed: u64) -> Tally {
    let file = file_of(STACK);
    let began = Instant::now();
    let rehearsal = Rehearsal::begin(&file, seed).unwrap_or_else(|error| panic!("{error:?}"));
    let trials = trials(&rehearsal, extent, seed);
    let tally = play_all(&rehearsal, &trials, seed, &|_| {}).expect("all were played");
    // Past the harness, which keeps what a test that passes prints: the counts are what this one is for.
    let mut told = format!("{} trials, {} calls, {:.0?}\n", tally.trials, tally.calls, began.elapsed());
    for (fault, endings) in &tally.by_fault {
        told.push_str(&format!("  {:<42}  {endings:?}\n", fault.words()));
    }
    for (trial, what) in &tally.wrong {
        told.push_str(&format!("{trial}\n    {}\n", what.join("\n    ")));
    }
    // A closed stderr must not fail a test that found nothing wrong.
    let _ = std::io::stderr().write_all(told.as_bytes());
    let wrong = &tally.wrong;
    assert!(wrong.is_empty(), "{} trials left something wrong; the first: {:?}", wrong.len(), wrong.first());
    tally
}

#[test]
fn every_mishap_at_every_call_leaves_nothing_and_doubles_nothing() {
    let tally = sweep(Extent::Exhaustive, 1);
    assert!(tally.trials > 2_000, "{} trials", tally.trials);
}

#[test]
fn nor_do_two_in_a_row() {
    assert_eq!(sweep(Extent::Sample(200), 7).trials, 200);
}

#[test]
fn a_trial_is_named_as_it_is_read() {
    for text in ["apply:12/killed-after:again", "grow:3/500-before:7/throttled:destroy"] {
        assert_eq!(text.parse::<Trial>().expect("a trial").to_string(), text);
    }
    for text in ["", "apply", "apply:again:", "apply:0/throttled:again", "apply:1/thirst:again", ":1/throttled:again"] {
        assert!(text.parse::<Trial>().is_err(), "{text:?}");
    }
}

// ---- any stack after any other

/// What of a stack file is drawn.
#[derive(Debug, Clone)]
struct Drawn {
    zones: usize,
    block: usize,
    nat: &'static str,
    workers: &'static str,
    endpoint: bool,
    ports: Vec<u16>,
    retention: u32,
    policies: usize,
    tagged: bool,
    clusters: Vec<(u32, bool, bool, bool)>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let network = (1..=3_usize, 0..5_usize, prop_oneof![Just("single"), Just("per-zone")]);
    let workers = prop_oneof![3 => Just("private"), 1 => Just("public")];
    let firewall = prop::collection::btree_set(prop_oneof![Just(22_u16), Just(8786), Just(8787), Just(9000)], 0..4);
    let rest = (prop_oneof![Just(7_u32), Just(30)], 0..=2_usize, any::<bool>());
    let cluster = (0..=2_u32, any::<bool>(), any::<bool>(), any::<bool>());
    (network, workers, any::<bool>(), firewall, rest, prop::collection::vec(cluster, 0..=2)).prop_map(
        |((zones, block, nat), workers, endpoint, ports, (retention, policies, tagged), clusters)| {
            let ports = ports.into_iter().collect();
            Drawn { zones, block, nat, workers, endpoint, ports, retention, policies, tagged, clusters }
        },
    )
}

fn text_of(drawn: &Drawn) -> String {
    let zones = &["us-east-1a", "us-east-1b", "us-east-1c"][..drawn.zones];
    let policies = &["AmazonS3ReadOnlyAccess", "CloudWatchAgentServerPolicy"][..drawn.policies];
    // Seldom another block: everything is made anew then.
    let block = if drawn.block == 0 { "10.9.0.0/16" } else { "10.0.0.0/16" };
    let mut text = format!("name = \"acme\"\nregion = \"us-east-1\"\nzones = {zones:?}\n");
    if drawn.tagged {
        text.push_str("tags = { team = \"data\" }\n");
    }
    text.push_str(&format!(
        "[network]\ncidr = \"{block}\"\nnat = \"{}\"\nworkers = \"{}\"\ns3_endpoint = {}\n\
         [firewall]\nports = {:?}\n[logs]\nretention_days = {}\n[iam]\npolicies = {policies:?}\n",
        drawn.nat, drawn.workers, drawn.endpoint, drawn.ports, drawn.retention
    ));
    for ((workers, spot, large, far), name) in drawn.clusters.iter().zip(["day", "night"]) {
        let worker_type = if *large { "m6i.2xlarge" } else { "m6i.xlarge" };
        text.push_str(&format!(
            "[cluster.{name}]\nworkers = {workers}\nspot = {spot}\nworker_type = {worker_type:?}\n"
        ));
        // Where things stand is chosen once and kept, so that no plan moves them by itself: what is left to choose here
        // is the same for all stacks. The NAT gateway stands where the first cluster does.
        let zone = if *far && name == "night" { zones.last() } else { zones.first() };
        text.push_str(&format!("zone = {:?}\n", zone.expect("a zone")));
    }
    text
}

/// An account in which another stack lives: whatever happens to ours, that one must stay as it is.
static INHABITED: LazyLock<(Region, Vec<String>)> = LazyLock::new(|| {
    let region = Region::new(&RegionOptions::default());
    let folder = tempfile::tempdir().expect("a folder");
    let other = file_of(&STACK.replace("acme", "other"));
    apply(&region, &other, &SqliteStore::new(folder.path().join("other.db")));
    let snapshot = region.account_snapshot();
    (region, snapshot)
});

#[track_caller]
fn apply(region: &Region, file: &StackFile, state: &SqliteStore) {
    let outcome = run(region, file, state, Goal::Declared, None);
    assert!(matches!(outcome.ending, Ending::Done(_)), "{:?}\n{}", outcome.ending, file.text);
}

#[track_caller]
fn alike(expected: &[String], found: &[String], what: &str) {
    assert_eq!(difference(expected, found), (vec![], vec![]), "{what}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_stack_after_any_other_is_as_if_it_were_the_first(
        a in drawn(),
        b in drawn(),
        fault in prop::sample::select(InjectedFault::ALL.to_vec()),
        call in 1..90_u64,
    ) {
        let (empty, others) = &*INHABITED;
        let folder = tempfile::tempdir().expect("a folder");
        // On the disk, unlike the trials above.
        let state = |name: &str| SqliteStore::new(folder.path().join(name));
        let (a, b) = (file_of(&text_of(&a)), file_of(&text_of(&b)));

        let first = empty.fork();
        apply(&first, &b, &state("first.db"));

        let region = empty.fork();
        apply(&region, &a, &state("acme.db"));
        region.inject_faults(&fault.faults(call, region.instance_count()), call);
        run(&region, &b, &state("acme.db"), Goal::Declared, fault.crash_point(call));
        region.inject_faults(&FaultFile::default(), call);
        apply(&region, &b, &state("acme.db"));
        alike(&first.account_snapshot(), &region.account_snapshot(), "apply(A); apply(B) is apply(B)");
        let again = run(&region, &b, &state("acme.db"), Goal::Declared, None).ending;
        prop_assert!(again.is_done_with(0), "a plan after apply is empty: {:?}", again);

        let gone = run(&region, &b, &state("acme.db"), Goal::Nothing, None).ending;
        prop_assert!(matches!(gone, Ending::Done(_)), "{:?}", gone);
        alike(others, &region.account_snapshot(), "destroy leaves what others have, and nothing else");
    }
}
