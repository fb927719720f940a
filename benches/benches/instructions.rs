//! How many instructions each stage of a run takes.
//!
//! Counted by Valgrind, so two runs of one binary differ by nothing to speak of, whatever else the machine does.

#![allow(missing_docs, clippy::exit, reason = "gungraun's macros make public items and end the program")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io;
use std::sync::Arc;

use gungraun::{library_benchmark, library_benchmark_group, main};
use landfall_aws_blueprint::{Facts, compile};
use landfall_benches::cloud::{Cloud, Forgetful};
use landfall_benches::dask;
use landfall_benches::render;
use landfall_benches::situation::{Setting, Situation, setting};
use landfall_benches::stack::{Size, schemas};
use landfall_engine::apply::{Interrupt, Options, Report, apply};
use landfall_engine::attribute::{Found, attribute};
use landfall_engine::expectation::Expectations;
use landfall_engine::forecast::forecast;
use landfall_engine::graph::{Graph, link};
use landfall_engine::journal::Record;
use landfall_engine::kind::Schemas;
use landfall_engine::place::Place;
use landfall_engine::plan::{Plan, plan};
use landfall_engine::providers::Providers;
use landfall_engine::schedule::Scheduler;
use landfall_engine::snapshot::{Declared, Observed, Recorded};
use landfall_aws_blueprint::stack::{Stack, parse};
use landfall_engine::step::{StepGraph, steps};
use landfall_engine::time_scale::TimeScale;
use landfall_state::State;
use tempfile::TempDir;
use tokio::sync::watch;

/// All that is made from a setting before there is a plan.
struct Read {
    graph: Graph,
    recorded: Recorded,
    observed: Observed,
    schemas: Schemas,
    expectations: Expectations,
}

/// And with one.
struct Planned {
    read: Read,
    plan: Plan,
    steps: StepGraph,
}

fn of(resources: usize, situation: Situation) -> Setting {
    setting(Size::of(resources), situation)
}

fn declared(resources: usize, situation: Situation) -> Declared {
    of(resources, situation).declared
}

fn found(resources: usize, situation: Situation) -> (BTreeMap<Place, Vec<Found>>, Recorded, Graph) {
    let Setting { declared, recorded, found, .. } = of(resources, situation);
    (found, recorded, link(declared).expect("a graph"))
}

fn read(resources: usize, situation: Situation) -> Read {
    let schemas = schemas();
    let (found, recorded, graph) = found(resources, situation);
    let observed = attribute(found, &recorded, &graph);
    let expectations = Expectations::typical(&schemas, TimeScale::WALL);
    Read { graph, recorded, observed, schemas, expectations }
}

fn planned(resources: usize, situation: Situation) -> Planned {
    let read = read(resources, situation);
    let plan = plan(&read.graph, &read.recorded, &read.observed, &read.schemas);
    let steps = steps(&plan, &read.graph, &read.schemas, &read.expectations).expect("no cycle");
    Planned { read, plan, steps }
}

fn recorded(resources: usize) -> Vec<Record> {
    of(resources, Situation::Unchanged).recorded.resources.into_values().map(Record::Put).collect()
}

fn empty_state(resources: usize) -> (TempDir, State, Vec<Record>) {
    let folder = TempDir::new().expect("a folder");
    let state = State::open(folder.path().join("acme.db")).expect("a new state");
    (folder, state, recorded(resources))
}

fn full_state(resources: usize) -> TempDir {
    let (folder, state, records) = empty_state(resources);
    state.write_records(&records).expect("written");
    folder
}

fn stack_and_facts(workers: usize) -> (Stack, Facts) {
    let stack = parse(&dask::stack_file(workers)).expect("a valid stack");
    let facts = dask::facts(&stack);
    (stack, facts)
}

#[library_benchmark]
#[bench::ten_thousand_workers(args = (10_000), setup = dask::stack_file)]
fn to_parse(text: String) -> (Stack, String) {
    (parse(black_box(&text)).expect("a valid stack"), text)
}

#[library_benchmark]
#[bench::thousand_workers(args = (1_000), setup = stack_and_facts)]
#[bench::ten_thousand_workers(args = (10_000), setup = stack_and_facts)]
fn to_compile((stack, facts): (Stack, Facts)) -> (Declared, Stack, Facts) {
    (black_box(compile(black_box(&stack), &facts)).expect("nothing wrong"), stack, facts)
}

#[library_benchmark]
#[bench::thousand(args = (1_000, Situation::New), setup = declared)]
#[bench::ten_thousand(args = (10_000, Situation::New), setup = declared)]
fn to_link(declared: Declared) -> Graph {
    black_box(link(black_box(declared))).expect("a graph")
}

#[library_benchmark]
#[bench::recorded_thousand(args = (1_000, Situation::Unchanged), setup = found)]
#[bench::recorded_ten_thousand(args = (10_000, Situation::Unchanged), setup = found)]
#[bench::in_groups_ten_thousand(args = (10_000, Situation::Unrecorded), setup = found)]
fn to_attribute((found, recorded, graph): (BTreeMap<Place, Vec<Found>>, Recorded, Graph)) -> (Observed, Recorded, Graph) {
    (black_box(attribute(found, &recorded, &graph)), recorded, graph)
}

// The differences of the fields are part of it.
#[library_benchmark]
#[bench::new_thousand(args = (1_000, Situation::New), setup = read)]
#[bench::new_ten_thousand(args = (10_000, Situation::New), setup = read)]
#[bench::unchanged_thousand(args = (1_000, Situation::Unchanged), setup = read)]
#[bench::unchanged_ten_thousand(args = (10_000, Situation::Unchanged), setup = read)]
#[bench::changed_ten_thousand(args = (10_000, Situation::Changed), setup = read)]
fn to_plan(read: Read) -> (Plan, Read) {
    (black_box(plan(&read.graph, &read.recorded, &read.observed, &read.schemas)), read)
}

#[library_benchmark]
#[bench::new_thousand(args = (1_000, Situation::New), setup = planned)]
#[bench::new_ten_thousand(args = (10_000, Situation::New), setup = planned)]
#[bench::changed_ten_thousand(args = (10_000, Situation::Changed), setup = planned)]
fn to_steps(planned: Planned) -> (StepGraph, Planned) {
    let Read { graph, schemas, expectations, .. } = &planned.read;
    (black_box(steps(&planned.plan, graph, schemas, expectations)).expect("no cycle"), planned)
}

#[library_benchmark]
#[bench::new_thousand(args = (1_000, Situation::New), setup = planned)]
#[bench::new_ten_thousand(args = (10_000, Situation::New), setup = planned)]
fn to_schedule(planned: Planned) -> (usize, Planned) {
    let mut scheduler = Scheduler::new(&planned.steps);
    while scheduler.has_ready() {
        scheduler.take_ready().into_iter().for_each(|step| scheduler.done(step));
    }
    (black_box(scheduler.unsettled()), planned)
}

#[library_benchmark]
#[bench::new_ten_thousand(args = (10_000, Situation::New), setup = planned)]
#[bench::changed_ten_thousand(args = (10_000, Situation::Changed), setup = planned)]
fn to_text(planned: Planned) -> (String, Planned) {
    let forecast = forecast(&planned.steps, &planned.read.expectations, &[]);
    (black_box(render::text(&planned.plan, &forecast)), planned)
}

#[library_benchmark]
#[bench::new_ten_thousand(args = (10_000, Situation::New), setup = planned)]
#[bench::changed_ten_thousand(args = (10_000, Situation::Changed), setup = planned)]
fn to_json(planned: Planned) -> Planned {
    render::write_document(black_box(&planned.plan), io::sink()).expect("nothing refuses it");
    planned
}

// The loop that acts, with a journal that forgets.
#[library_benchmark]
#[bench::new_thousand(args = (1_000, Situation::New), setup = planned)]
#[bench::new_ten_thousand(args = (10_000, Situation::New), setup = planned)]
fn to_apply(mut planned: Planned) -> (Report, Planned) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (_keep, never) = watch::channel(Interrupt::None);
    let (providers, options) =
        (Providers::of(Arc::new(Cloud::new())), Options::new("bench", 10, Expectations::typical(&planned.read.schemas, TimeScale::WALL)));
    let Planned { read: Read { recorded, .. }, plan, steps } = &mut planned;
    let mut tell = |event| drop(black_box(event));
    let work = apply(plan, steps, recorded, &providers, &Forgetful, &options, never, &mut tell);
    (runtime.block_on(work).expect("nothing is written"), planned)
}

#[library_benchmark]
#[bench::thousand(args = (1_000), setup = empty_state)]
#[bench::ten_thousand(args = (10_000), setup = empty_state)]
fn to_write((folder, state, records): (TempDir, State, Vec<Record>)) -> (TempDir, State, Vec<Record>) {
    black_box(state.write_records(&records)).expect("written");
    (folder, state, records)
}

// What opening for reading examines is part of it.
#[library_benchmark]
#[bench::thousand(args = (1_000), setup = full_state)]
#[bench::ten_thousand(args = (10_000), setup = full_state)]
fn to_read(folder: TempDir) -> (Recorded, TempDir) {
    let state = State::read(folder.path().join("acme.db")).expect("sound").expect("a state");
    (black_box(state.recorded()).expect("readable"), folder)
}

library_benchmark_group!(
    name = core;
    benchmarks = to_parse, to_compile, to_link, to_attribute, to_plan, to_steps, to_schedule, to_text, to_json, to_apply
);
library_benchmark_group!(name = state; benchmarks = to_write, to_read);

main!(library_benchmark_groups = core, state);
