//! How time, memory and the state grow with the number of resources. Prints three Markdown tables.
//!
//! ```text
//! growth [--boot-script BYTES] [SIZE ...]        100, 1,000, 10,000 and 100,000 if none is named
//! ```
//!
//! Each row is a process of its own, so that the peak of one does not hide that of another. Times are what the process has
//! had of its processors (`CLOCK_PROCESS_CPUTIME_ID`), the median of several runs but for the first; memory is the peak
//! of the resident set (`VmHWM`) after the first. MB are 10⁶ bytes.

#![expect(clippy::print_stdout, reason = "it prints what it found")]

use std::error::Error;
use std::hint::black_box;
use std::io::BufWriter;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io};

use landfall_aws_blueprint::{Facts, compile};
use landfall_benches::cloud::{Cloud, Counted, Forgetful};
use landfall_benches::dask;
use landfall_benches::render;
use landfall_benches::situation::{Setting, Situation, setting};
use landfall_benches::stack::{Size, schemas};
use landfall_engine::apply::{Interrupt, Options, Report, apply};
use landfall_engine::attribute::attribute;
use landfall_engine::expectation::Expectations;
use landfall_engine::forecast::forecast;
use landfall_engine::graph::link;
use landfall_engine::journal::{Journal, Record};
use landfall_engine::plan::plan;
use landfall_engine::providers::Providers;
use landfall_engine::schedule::Scheduler;
use landfall_engine::snapshot::Recorded;
use landfall_aws_blueprint::stack::parse;
use landfall_engine::step::steps;
use landfall_engine::time_scale::TimeScale;
use landfall_state::{Lock, RunJournal, RunStart, State};
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;
use tokio::sync::watch;

const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];
const PLAN_STAGES: [&str; 7] = ["link", "attribute", "plan", "steps", "schedule", "text", "JSON"];

type BenchResult<T> = Result<T, Box<dyn Error>>;

fn main() -> BenchResult<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["row", "plan", resources, boot_script, situation] => {
            println!("{}", plan_row(size(resources, boot_script)?, situation.parse()?)?);
            Ok(())
        }
        ["row", "compile", workers] => {
            println!("{}", compile_row(workers.parse()?)?);
            Ok(())
        }
        ["row", "apply", resources, boot_script] => {
            println!("{}", apply_row(size(resources, boot_script)?)?);
            Ok(())
        }
        ["--boot-script", bytes, sizes @ ..] => tables(sizes, bytes),
        sizes => tables(sizes, "200"),
    }
}

fn size(resources: &str, boot_script: &str) -> BenchResult<Size> {
    Ok(Size { resources: resources.parse()?, boot_script: boot_script.parse()? })
}

fn tables(sizes: &[&str], boot_script: &str) -> BenchResult<()> {
    let usual = SIZES.map(|size| size.to_string());
    let sizes: Vec<&str> = if sizes.is_empty() { usual.iter().map(String::as_str).collect() } else { sizes.to_vec() };
    let stages = PLAN_STAGES.map(|stage| format!("{stage}, ms")).join(" | ");
    println!("| resources | account | {stages} | all to text, ms | all to JSON, ms | peak, MB |");
    println!("|---:|---|{}", "---:|".repeat(PLAN_STAGES.len() + 3));
    for size in &sizes {
        for situation in Situation::ALL {
            print!("{}", row(&["plan", size, boot_script, &situation.to_string()])?);
        }
    }
    println!();
    println!("| workers | resources | parse, ms | compile, ms | link, ms | sum, ms | peak, MB |");
    println!("|{}", "---:|".repeat(7));
    for size in &sizes {
        print!("{}", row(&["compile", size])?);
    }
    println!();
    println!(
        "| resources | the loop alone, ms | with the journal, ms | calls | steps handed over | transactions | peak, MB | all put, ms \
         | opened and read, ms | state of the resources alone, MB | after the run, MB |"
    );
    println!("|{}", "---:|".repeat(11));
    for size in &sizes {
        print!("{}", row(&["apply", size, boot_script])?);
    }
    Ok(())
}

fn row(words: &[&str]) -> BenchResult<String> {
    let output = Command::new(env::current_exe()?).arg("row").args(words).output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{words:?}: {}{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// Runs as often as is worth the time.
fn runs(resources: usize) -> usize {
    (200_000 / resources).clamp(3, 15)
}

fn compile_row(workers: usize) -> BenchResult<String> {
    let text = dask::stack_file(workers);
    let facts = dask::facts(&parse(&text).map_err(|problems| format!("{problems:?}"))?);
    let (first, resources) = compile_once(&text, &facts)?;
    let peak = peak_mb();
    let mut all = vec![first];
    for _ in 0..runs(workers) {
        all.push(compile_once(&text, &facts)?.0);
    }
    let [parse_ms, compile_ms, link_ms] = [0, 1, 2].map(|stage| median(all[1..].iter().map(|run| run[stage])));
    let sum = parse_ms + compile_ms + link_ms;
    Ok(format!("| {workers} | {resources} | {parse_ms:.1} | {compile_ms:.1} | {link_ms:.1} | {sum:.1} | {peak:.0} |"))
}

/// Returns the milliseconds from a stack file's text to a graph, and how many resources that has.
fn compile_once(text: &str, facts: &Facts) -> BenchResult<([f64; 3], usize)> {
    let (stack, parse_ms) = timed(|| parse(text));
    let stack = stack.map_err(|problems| format!("{problems:?}"))?;
    let (declared, compile_ms) = timed(|| compile(&stack, facts));
    let declared = declared.map_err(|problems| format!("{problems:?}"))?;
    let (graph, link_ms) = timed(|| link(declared));
    let graph = graph.map_err(|errors| format!("{errors:?}"))?;
    Ok(([parse_ms, compile_ms, link_ms], graph.resources().len()))
}

fn plan_row(size: Size, situation: Situation) -> BenchResult<String> {
    let before = setting(size, situation);
    let first = plan_once(before)?;
    let peak = peak_mb();
    let mut all = Vec::new();
    // What takes a minute is not made more exact by waiting for it again.
    let runs = if first.iter().sum::<f64>() > 20e3 { 0 } else { runs(size.resources) };
    for _ in 0..runs {
        all.push(plan_once(setting(size, situation))?);
    }
    if all.is_empty() {
        all.push(first);
    }
    let stages: Vec<f64> = (0..PLAN_STAGES.len()).map(|stage| median(all.iter().map(|run| run[stage]))).collect();
    let shown: Vec<String> = stages.iter().map(|ms| format!("{ms:.1}")).collect();
    // A plan is shown in one of two ways.
    let sum: f64 = stages.iter().sum();
    let [.., text, json] = stages.as_slice() else { return Err("no stages".into()) };
    let (to_text, to_json) = (sum - json, sum - text);
    let resources = size.resources;
    Ok(format!("| {resources} | {situation} | {} | {to_text:.1} | {to_json:.1} | {peak:.0} |", shown.join(" | ")))
}

/// Returns the milliseconds of each stage of a plan.
fn plan_once(setting: Setting) -> BenchResult<[f64; 7]> {
    let Setting { declared, recorded, found, schemas } = setting;
    let (graph, link_ms) = timed(|| link(declared));
    let graph = graph.map_err(|errors| format!("{errors:?}"))?;
    let (observed, attribute_ms) = timed(|| attribute(found, &recorded, &graph));
    let (plan, plan_ms) = timed(|| plan(&graph, &recorded, &observed, &schemas));
    let expectations = Expectations::typical(&schemas, TimeScale::WALL);
    let (steps, steps_ms) = timed(|| steps(&plan, &graph, &schemas, &expectations));
    let steps = steps?;
    let ((), schedule_ms) = timed(|| {
        let mut scheduler = Scheduler::new(&steps);
        while scheduler.has_ready() {
            scheduler.take_ready().into_iter().for_each(|step| scheduler.done(step));
        }
        assert_eq!(scheduler.unsettled(), 0, "every step has its turn");
    });
    let (text, text_ms) = timed(|| render::text(&plan, &forecast(&steps, &expectations, &[])));
    black_box(text);
    let (written, json_ms) = timed(|| render::write_document(&plan, BufWriter::new(io::sink())));
    written?;
    Ok([link_ms, attribute_ms, plan_ms, steps_ms, schedule_ms, text_ms, json_ms])
}

fn apply_row(size: Size) -> BenchResult<String> {
    let cloud = Arc::new(Cloud::new());
    let (_, loop_ms) = run(size, &cloud, &Forgetful)?;
    let folder = TempDir::new()?;
    let path = folder.path().join("acme.db");
    let state = State::open(&path)?;
    let lock = Lock::acquire(&path, "growth")?;
    let begin = RunStart { command: "growth", stack_text: None, plan_json: None, version: "0" };
    let journal = Counted::new(RunJournal::new(state.clone(), state.begin_run(&lock, &begin)?.number()));
    let (recorded, journal_ms) = run(size, &Arc::new(Cloud::new()), &journal)?;
    drop(state);
    let peak = peak_mb();
    let transactions = journal.transactions();
    drop(journal);
    let after_run = fs::metadata(&path)?.len();

    let alone = folder.path().join("alone.db");
    let puts: Vec<Record> = recorded.resources.into_values().map(Record::Put).collect();
    let mut times = Vec::new();
    for _ in 0..runs(size.resources) {
        let state = State::open(&alone)?;
        let (written, put_ms) = timed(|| state.write_records(&puts));
        written?;
        drop(state);
        let (read, read_ms) =
            timed(|| -> BenchResult<Recorded> { Ok(State::read(&alone)?.ok_or("no state")?.recorded()?) });
        assert_eq!(read?.resources.len(), size.resources, "what was written is read");
        times.push((put_ms, read_ms, fs::metadata(&alone)?.len()));
        fs::remove_file(&alone)?;
    }
    let put_ms = median(times.iter().map(|(put, _, _)| *put));
    let read_ms = median(times.iter().map(|(_, read, _)| *read));
    let of_resources = times.first().map_or(0, |(_, _, bytes)| *bytes);
    Ok(format!(
        "| {} | {loop_ms:.0} | {journal_ms:.0} | {} | {} | {transactions} | {peak:.0} | {put_ms:.1} | {read_ms:.1} | {:.2} | {:.2} |",
        size.resources,
        landfall_engine::provider::Provider::calls_sent(&*cloud),
        cloud.steps_handed(),
        of_resources as f64 / 1e6,
        after_run as f64 / 1e6,
    ))
}

/// Makes everything, and returns what is recorded then and the milliseconds of the apply.
fn run(size: Size, cloud: &Arc<Cloud>, journal: &impl Journal) -> BenchResult<(Recorded, f64)> {
    let Setting { declared, mut recorded, found, .. } = setting(size, Situation::New);
    let schemas = schemas();
    let graph = link(declared).map_err(|errors| format!("{errors:?}"))?;
    let observed = attribute(found, &recorded, &graph);
    let plan = plan(&graph, &recorded, &observed, &schemas);
    let expectations = Expectations::typical(&schemas, TimeScale::WALL);
    let steps = steps(&plan, &graph, &schemas, &expectations)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (_keep, never) = watch::channel(Interrupt::None);
    let options = Options::new("growth", 10, expectations);
    let providers = Providers::of(cloud.clone());
    let mut tell = |event| drop(black_box(event));
    let (report, ms) =
        timed(|| runtime.block_on(apply(&plan, &steps, &mut recorded, &providers, journal, &options, never, &mut tell)));
    let report: Report = report?;
    assert!(report.is_complete(), "the account refuses nothing");
    Ok((recorded, ms))
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = processor_time();
    let value = work();
    (value, (processor_time() - began).as_secs_f64() * 1e3)
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn median(times: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = times.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The most resident memory that the process had so far; 0 where the system does not say.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or_default() * 1024.0 / 1e6
}
