//! `landfall simulate`: serves the simulated region to other programs; `simulate poke` changes an account by hand.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use landfall_operations::simulated_account::FILE;
use landfall_simulator::clock::Clock;
use landfall_simulator::poke::{Poke, PokeError, USAGE};
use landfall_simulator::region::{Region, RegionOptions};
use landfall_simulator::serve::{ListenError, listen, serve};
use landfall_simulator::store::regions_in;
use landfall_state::{Snapshot, SqliteStore, Store};

use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure};

/// Arguments of `landfall simulate`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SimulateArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// Listen on this port of 127.0.0.1; 0 takes any that is free
    #[arg(long, value_name = "P", default_value_t = 4577)]
    port: u16,
    /// Keep the account in this file [default: in memory only]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Decides all ids and all that is left to chance
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The region
    #[arg(long, value_name = "R", default_value = "us-east-1")]
    region: String,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Change an account behind landfall's back, to see drift
    Poke(PokeArgs),
    /// Make an account as new: nothing of any stack is in it
    Reset(ResetArgs),
}

/// Arguments of `landfall simulate poke`.
#[derive(Debug, Args)]
#[command(after_help = poke_help())]
struct PokeArgs {
    /// What to do, and to what
    #[arg(value_name = "WORD", required = true, num_args = 1.., allow_negative_numbers = true)]
    words: Vec<String>,
    /// The file that keeps the account
    #[arg(long, value_name = "FILE", default_value = default_store().into_os_string())]
    store: PathBuf,
    /// The region, if the account has several
    #[arg(long, value_name = "R")]
    region: Option<String>,
}

/// Arguments of `landfall simulate reset`.
#[derive(Debug, Args)]
struct ResetArgs {
    /// The file that keeps the account
    #[arg(long, value_name = "FILE", default_value = default_store().into_os_string())]
    store: PathBuf,
}

fn default_store() -> PathBuf {
    Path::new(".landfall").join(FILE)
}

fn poke_help() -> String {
    format!("Things are named by id, or by a tag's value such as their address.\n\n  {}", USAGE.join("\n  "))
}

/// Serves, or pokes.
pub(crate) async fn run(context: &Context, args: &SimulateArgs) -> Result<Exit, Failure> {
    match &args.action {
        Some(Action::Poke(args)) => poke(context, args).await,
        Some(Action::Reset(args)) => reset(context, args),
        None => serve_region(context, args).await,
    }
}

async fn serve_region(context: &Context, args: &SimulateArgs) -> Result<Exit, Failure> {
    let simulation = &context.simulation;
    let (region, speed) = (args.region.clone(), Some(simulation.served_speed()));
    let options = RegionOptions { region, speed, seed: args.seed, ..simulation.new_account() };
    let region = match &args.store {
        Some(path) => Region::open(path, &options)?,
        None => Region::new(&options),
    };
    let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)), false).await.map_err(not_listening)?;
    let address = listener.local_addr().map_err(|error| Explanation::new("the port has no address").because(&error))?;
    context.printer.answer(format!(
        "Simulated {region} on http://{address}; Ctrl-C ends it.\n\
         \n  export AWS_ENDPOINT_URL=http://{address} AWS_REGION={region}\n  \
         export AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated\n",
        region = args.region
    ))?;
    let clock = Clock::start(region.now(), simulation.served_speed());
    match serve(region, listener, clock).await {}
}

fn not_listening(error: ListenError) -> Failure {
    Explanation::of(&error).next("choose another port with `--port`; 0 takes any that is free").into()
}

async fn poke(context: &Context, args: &PokeArgs) -> Result<Exit, Failure> {
    must_exist(&args.store)?;
    let poke = Poke::parse(&with_id(args).await?).map_err(refused)?;
    let options = RegionOptions { region: region_of(args)?, ..context.simulation.new_account() };
    let region = Region::open(&args.store, &options)?;
    let id = region.poke(&poke, region.now()).map_err(refused)?;
    context.printer.answer(format!("{}: done to {id}\n", args.words.join(" ")))?;
    Ok(Exit::Done)
}

fn reset(context: &Context, args: &ResetArgs) -> Result<Exit, Failure> {
    must_exist(&args.store)?;
    for region in regions_in(&args.store)? {
        let options = RegionOptions { region, ..context.simulation.new_account() };
        Region::open(&args.store, &options)?.reset(&options)?;
    }
    context.printer.answer(format!("the simulated account in {} is as new\n", args.store.display()))?;
    Ok(Exit::Done)
}

fn must_exist(store: &Path) -> Result<(), Failure> {
    if store.exists() {
        return Ok(());
    }
    Err(Explanation::new(format!("there is no simulated account in {}", store.display()))
        .next("`landfall apply --simulate` makes one; or name its file with `--store`")
        .into())
}

/// Puts the id of a resource in the place of its address. Not every resource carries its address in a tag, but the states
/// that lie beside the account know them all.
async fn with_id(args: &PokeArgs) -> Result<Vec<String>, Failure> {
    let mut words = args.words.clone();
    let (Some(name), Some(folder)) = (words.get_mut(1), args.store.parent()) else { return Ok(words) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let unreadable = |error: io::Error| {
        Failure::from(Explanation::new(format!("{} cannot be read", folder.display())).because(&error))
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path == args.store || path.extension().is_none_or(|extension| extension != "db") {
            continue;
        }
        // What is no state knows no address.
        let Ok(Some(Snapshot { recorded, .. })) = SqliteStore::new(path).read().await else { continue };
        if let Some(resource) = recorded.iter().find(|resource| resource.address.to_string() == *name) {
            *name = resource.id.to_string();
            break;
        }
    }
    Ok(words)
}

fn region_of(args: &PokeArgs) -> Result<String, Failure> {
    let known = regions_in(&args.store)?;
    match (&args.region, known.as_slice()) {
        (Some(region), _) if known.contains(region) => Ok(region.clone()),
        (None, [only]) => Ok(only.clone()),
        _ => Err(Explanation::new("it is not clear which region is meant")
            .next(format!("name one with `--region`: {}", known.join(", ")))
            .into()),
    }
}

fn refused(error: PokeError) -> Failure {
    let explanation = Explanation::of(&error);
    match error {
        PokeError::Unknown(_) => USAGE.iter().fold(explanation, |all, usage| all.next(*usage)).into(),
        PokeError::NotFound(_) => {
            explanation.next("`landfall list` shows the addresses, `landfall show ADDRESS` the ids").into()
        }
        _ => explanation.into(),
    }
}
