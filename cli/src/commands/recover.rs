//! `landfall recover`: rebuilds the state from what the account shows. Changes the state, never the account.

use std::time::Instant;

use clap::Args;
use landfall_engine::plan::plan;
use landfall_engine::provider::Provider;
use landfall_engine::recovery::recovery;

use crate::args::StackArg;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::intents::sentences;
use crate::render::recovery::Told;
use crate::run::{Learnt, write_recovery};
use crate::salvage::Salvage;
use crate::session::{Access, Session, StoredState};
use crate::stack_file::StackFile;

/// Arguments of `landfall recover`.
#[derive(Debug, Args)]
pub(crate) struct RecoverArgs {
    #[command(flatten)]
    stack: StackArg,
}

/// Reads the account, and only then touches the state.
pub(crate) async fn run(context: &Context, args: &RecoverArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let file = StackFile::open(&args.stack.path, &context.printer)?;
    let salvage = Salvage::take(&file.state_path(context.state.as_deref()), context).await?;
    let session = Session::open(context, file, salvage.state(), Access::Write).await?;
    let (graph, facts) = session.compile(context).await?;
    let observed = session.observe_all(&graph, context).await?;
    let StoredState { recorded, open_intents, .. } = &session.stored;
    let schemas = session.provider.schemas();
    let recovery = recovery(&plan(&graph, recorded, &observed, schemas), recorded, schemas);

    let held = salvage.hold(context)?;
    session.claim(&held.state, Access::Write)?;
    let learnt = Learnt { facts: &facts, observed: &observed, took: began.elapsed() };
    write_recovery(context, &held, &session, &learnt, &recovery)?;
    for sentence in sentences(open_intents, recorded, &observed) {
        context.printer.note(sentence + "\n");
    }
    let mut recovered = recorded.clone();
    recovery.records.iter().for_each(|record| recovered.apply(record));
    let next = plan(&graph, &recovered, &observed, schemas);
    let told = Told { recovery: &recovery, recorded: recovered.iter().count(), next: &next };
    context.printer.answer(format!("{}\n{}", session.header(context), told.text(session.file.name())))?;
    Ok(Exit::Done)
}
