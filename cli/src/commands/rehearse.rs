//! `landfall rehearse`: plays the stack's life in memory with everything going wrong, and tells what was left.

use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use landfall_operations::StackFile;
use landfall_operations::rehearsal::{Extent, Rehearsal, RehearsalError, Tally, Trial, play_all, trials};

use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure};
use crate::render::json::rehearsal_document;
use crate::render::rehearsal::{rehearsal_text, trial_text};
use crate::stack_args::StackArg;

/// Arguments of `landfall rehearse`.
#[derive(Debug, Args)]
pub(crate) struct RehearseArgs {
    #[command(flatten)]
    stack: StackArg,
    /// Trials, drawn by chance
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Let every fault happen at every call
    #[arg(long, conflicts_with = "runs")]
    exhaustive: bool,
    /// Decides all that is left to chance
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Play one trial, as a report names it, and tell all of it
    #[arg(long, value_name = "TRIAL", conflicts_with_all = ["runs", "exhaustive", "json"])]
    replay: Option<Trial>,
    /// Print the report as one JSON document
    #[arg(long)]
    json: bool,
}

/// Rehearses.
pub(crate) async fn run(context: &Context, args: &RehearseArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let began = Instant::now();
    let seed = args.seed;
    let rehearsal = on_threads(move || Rehearsal::begin(&file, seed)).await?.map_err(|error| refused(&error))?;
    let rehearsal = Arc::new(rehearsal);
    if let Some(trial) = &args.replay {
        return replay(context, rehearsal, trial.clone(), seed).await;
    }
    let extent =
        if args.exhaustive { Extent::Exhaustive } else { Extent::Sample(usize::try_from(args.runs).unwrap_or(1)) };
    let trials = trials(&rehearsal, extent, seed);
    let tally = play(context, &rehearsal, trials, seed).await?;
    let text = if args.json {
        rehearsal_document(&rehearsal, &tally, seed)
    } else {
        rehearsal_text(&rehearsal, &tally, seed, began.elapsed())
    };
    context.printer.answer(text)?;
    verdict(&tally)
}

/// Plays trials and shows how far it is.
async fn play(context: &Context, rehearsal: &Arc<Rehearsal>, trials: Vec<Trial>, seed: u64) -> Result<Tally, Failure> {
    let bar = context.printer.go_live().map(|lines| lines.add(ProgressBar::new(trials.len() as u64)));
    if let (Some(bar), Ok(style)) = (&bar, ProgressStyle::with_template("rehearsing {pos} of {len}  {wide_bar} {eta}"))
    {
        bar.set_style(style);
    }
    let rehearsal = rehearsal.clone();
    let tally = on_threads(move || {
        let told = |over: usize| bar.iter().for_each(|bar| bar.set_position(over as u64));
        play_all(&rehearsal, &trials, seed, &told)
    })
    .await;
    context.printer.end_live();
    tally?.map_err(|error| refused(&error))
}

async fn replay(context: &Context, rehearsal: Arc<Rehearsal>, trial: Trial, seed: u64) -> Result<Exit, Failure> {
    let played = {
        let (rehearsal, trial) = (rehearsal.clone(), trial.clone());
        on_threads(move || trial.play(&rehearsal, seed)).await?
    };
    let result = played.map_err(|error| refused(&error))?;
    context.printer.answer(trial_text(&rehearsal, &trial, &result))?;
    if result.wrong.is_empty() { Ok(Exit::Done) } else { Err(broken(&[(trial, result.wrong)])) }
}

/// A rehearsal has runtimes of its own, which cannot run within another.
async fn on_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let lost =
        |error: tokio::task::JoinError| Failure::from(Explanation::new("the rehearsal broke down").because(&error));
    tokio::task::spawn_blocking(work).await.map_err(lost)
}

fn verdict(tally: &Tally) -> Result<Exit, Failure> {
    if tally.wrong.is_empty() { Ok(Exit::Done) } else { Err(broken(&tally.wrong)) }
}

/// Most failed trials that are named one by one.
const NAMED: usize = 5;

fn broken(wrong: &[(Trial, Vec<String>)]) -> Failure {
    let what = match wrong.len() {
        1 => "after one trial something was wrong".to_owned(),
        many => format!("after {many} trials something was wrong"),
    };
    let explanation = Explanation::new(what).meaning("this is a mistake in landfall, not in the stack file");
    let explanation = wrong.iter().take(NAMED).fold(explanation, |all, (trial, lines)| {
        lines.iter().take(NAMED).fold(all.meaning(format!("{trial}")), |all, line| all.meaning(format!("  {line}")))
    });
    let first = wrong.first().map(|(trial, _)| trial.to_string()).unwrap_or_default();
    explanation.next(format!("`landfall rehearse --replay {first}` plays it again; please report it")).into()
}

fn refused(error: &RehearsalError) -> Failure {
    let explanation = Explanation::of(error);
    match error {
        RehearsalError::Unclean { why, .. } => {
            let why = why.as_ref().map_or_else(|| "it was killed".to_owned(), ToString::to_string);
            explanation.meaning(why).next("`landfall apply --simulate` shows the same at length").into()
        }
        RehearsalError::UnknownPhase(_) => {
            explanation.next("the phases are apply, grow, replace, shrink and destroy").into()
        }
    }
}
