//! The account in one SQLite file, so that one command sees what another made.
//!
//! Regions have a row each; IAM, which is one for all of them, has a row of its own. A change is written in the
//! transaction in which the account was read: of two processes that use one file neither loses what the other did.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::world::World;
use crate::world::iam::Iam;

/// `LFSR`: distinguishes these files from other programs' (<https://sqlite.org/pragma.html#pragma_application_id>).
const APPLICATION_ID: i32 = 0x4c46_5352;
/// The form of what the rows hold. A file of another one is not read.
const VERSION: i64 = 1;
/// How long another process may hold the file.
const TIMEOUT: Duration = Duration::from_secs(10);
/// No change of the file has this number.
const UNKNOWN: i64 = -1;
/// The row of what all regions share.
const IAM: &str = "iam";
/// The row that says how many times as fast as outside time goes. Files of before do not have it.
const SPEED: &str = "speed";

/// The file of a simulated account cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be made or opened.
    #[error("{} cannot be opened", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is something else.
    #[error("{} is not the file of a simulated account", path.display())]
    NotAnAccount {
        /// Where.
        path: PathBuf,
    },
    /// Another version wrote it.
    #[error("{} was written by another version of landfall ({found}; this one reads {VERSION})", path.display())]
    Version {
        /// Where.
        path: PathBuf,
        /// The version of its form.
        found: i64,
    },
    /// SQLite refused.
    #[error("the file of the simulated account cannot be read or written")]
    Sqlite(#[from] rusqlite::Error),
    /// What it holds cannot be understood.
    #[error("the file of the simulated account holds something that cannot be understood")]
    Content(#[from] serde_json::Error),
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    /// Which change of the file the account in memory is as of.
    generation: i64,
    /// How many times as fast as outside time goes from now on while nobody looks; `None` leaves it as it is.
    speed: Option<f64>,
}

impl Store {
    /// Opens a file, and makes it if there is none.
    pub(crate) fn open(path: &Path, speed: Option<f64>) -> Result<Store, StoreError> {
        create_privately(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
        let connection = Connection::open(path)?;
        connection.busy_timeout(TIMEOUT)?;
        match prepare(&connection, path) {
            Err(StoreError::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                Err(StoreError::NotAnAccount { path: path.to_owned() })
            }
            Err(error) => Err(error),
            Ok(()) => Ok(Store { connection, generation: 0, speed }),
        }
    }

    /// Returns the region as the file has it, or puts a new one in.
    pub(crate) fn load_or_keep(&mut self, region: &str, new: impl FnOnce() -> World) -> Result<World, StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let world = self.load_or_write(region, new);
        self.end(world.is_ok())?;
        world
    }

    fn load_or_write(&mut self, region: &str, new: impl FnOnce() -> World) -> Result<World, StoreError> {
        if let Some(world) = self.load(region)? {
            return Ok(world);
        }
        let mut world = new();
        if let Some(iam) = self.read::<Iam>(IAM)? {
            world.iam = iam;
        }
        self.write(&mut world)?;
        Ok(world)
    }

    /// Brings the account in memory up to what the file has. For a change, the file is held until [`Store::keep`].
    pub(crate) fn catch_up(&mut self, world: &mut World, is_change: bool) -> Result<(), StoreError> {
        if is_change {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        let caught_up = self.reload(world);
        if is_change && caught_up.is_err() {
            self.end(false)?;
        }
        caught_up
    }

    fn reload(&mut self, world: &mut World) -> Result<(), StoreError> {
        if self.stored_generation()? == self.generation {
            return Ok(());
        }
        let region = world.region.clone();
        if let Some(stored) = self.load(&region)? {
            let now = world.now.max(stored.now);
            *world = World { now, ..stored };
        }
        Ok(())
    }

    /// Writes the account after a change, all of it or nothing.
    pub(crate) fn keep(&mut self, world: &mut World, is_change: bool) -> Result<(), StoreError> {
        if !is_change {
            return Ok(());
        }
        let written = self.write(world).and_then(|()| self.end(true));
        if written.is_err() {
            // What could not be written did not happen: the next request reads the file again.
            self.generation = UNKNOWN;
            // Whether there is still a transaction to end depends on what went wrong.
            let _ = self.end(false);
        }
        written
    }

    /// Forgets everything but this region.
    pub(crate) fn reset(&mut self, world: &World) -> Result<(), StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let cleared = self.connection.execute("DELETE FROM part", []).map_err(StoreError::from);
        let written = cleared.and_then(|_| self.write(&mut world.clone()));
        self.end(written.is_ok())?;
        written
    }

    fn end(&self, is_good: bool) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch(if is_good { "COMMIT" } else { "ROLLBACK" })?)
    }

    fn load(&mut self, region: &str) -> Result<Option<World>, StoreError> {
        let generation = self.stored_generation()?;
        let Some(mut world) = self.read::<World>(&row_of(region))? else { return Ok(None) };
        if let Some(iam) = self.read(IAM)? {
            world.iam = iam;
        }
        // What goes wrong is said anew each time.
        world.ec2.capacity.clear();
        // Time went on while nobody looked, as fast as it does for those who look: what one command saw come up is up
        // for the next.
        let written: i64 = self.connection.query_row("SELECT written FROM generation", [], |row| row.get(0))?;
        let passed = wall_clock().saturating_sub(u64::try_from(written).unwrap_or(u64::MAX));
        world.now = world.now.saturating_add((passed as f64 * self.stored_speed()?) as u64);
        self.generation = generation;
        Ok(Some(world))
    }

    fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT content FROM part WHERE name = ?1")?;
        let text: Option<String> = statement.query_row([name], |row| row.get(0)).optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    fn write(&mut self, world: &mut World) -> Result<(), StoreError> {
        let iam = std::mem::take(&mut world.iam);
        let written = serde_json::to_string(&*world).and_then(|region| Ok((region, serde_json::to_string(&iam)?)));
        world.iam = iam;
        let (region, iam) = written?;
        let sql = "INSERT INTO part (name, content) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET content = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        if let Some(speed) = self.speed {
            statement.execute(params![SPEED, speed.to_string()])?;
        }
        statement.execute(params![row_of(&world.region), region])?;
        statement.execute(params![IAM, iam])?;
        let now = i64::try_from(wall_clock()).unwrap_or(i64::MAX);
        self.connection.execute("UPDATE generation SET number = number + 1, written = ?1", [now])?;
        self.generation = self.stored_generation()?;
        Ok(())
    }

    /// Whoever looks only once in a while, such as a poke, must not set the clock back.
    fn stored_speed(&self) -> Result<f64, StoreError> {
        Ok(self.read(SPEED)?.unwrap_or(1.0))
    }

    fn stored_generation(&self) -> Result<i64, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT number FROM generation")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }
}

/// Returns the regions of the account that a file keeps.
///
/// # Errors
/// If the file cannot be opened, or holds something else.
pub fn regions_in(path: &Path) -> Result<Vec<String>, StoreError> {
    let store = Store::open(path, None)?;
    let mut statement = store.connection.prepare("SELECT name FROM part WHERE name LIKE 'region/%' ORDER BY name")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(names.iter().filter_map(|name| name.strip_prefix("region/").map(str::to_owned)).collect())
}

fn row_of(region: &str) -> String {
    format!("region/{region}")
}

fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let application_id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application_id != APPLICATION_ID && (objects > 0 || application_id != 0) {
        return Err(StoreError::NotAnAccount { path: path.to_owned() });
    }
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if application_id == APPLICATION_ID && version != VERSION {
        return Err(StoreError::Version { path: path.to_owned(), found: version });
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A crash of the machine may cost the last changes of a pretended account, but never its consistency.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE;
         PRAGMA application_id = {APPLICATION_ID};
         PRAGMA user_version = {VERSION};
         CREATE TABLE IF NOT EXISTS part (name TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT;
         CREATE TABLE IF NOT EXISTS generation (number INTEGER NOT NULL, written INTEGER NOT NULL) STRICT;
         INSERT INTO generation SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM generation);
         COMMIT;"
    ))?;
    Ok(())
}

/// The account holds no secrets, but user data of instances may.
fn create_privately(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::{Region, RegionOptions};
    use crate::services::ec2::tests::Client;

    fn open(path: &Path) -> Client {
        let options = RegionOptions::default();
        Client { region: Region::open(path, &options).expect("an account"), now: options.now }
    }

    fn vpcs(client: &Client) -> usize {
        client.ok("DescribeVpcs", "").count("vpcId")
    }

    #[test]
    fn what_was_done_is_there_after_opening_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deeper/account.db");
        let vpc = {
            let client = open(&path);
            let vpc = client.ok("CreateVpc", "CidrBlock=10.0.0.0/16").text("vpcId");
            client.ok("CreateRouteTable", &format!("VpcId={vpc} ClientToken=t"));
            vpc
        };
        let copy = folder.path().join("copy.db");
        std::fs::copy(&path, &copy).expect("a copy");
        for path in [&path, &copy] {
            let client = open(path);
            assert_eq!(vpcs(&client), 2);
            client.ok("CreateRouteTable", &format!("VpcId={vpc} ClientToken=t"));
            let filter = format!("Filter.1.Name=vpc-id Filter.1.Value.1={vpc}");
            assert_eq!(client.ok("DescribeRouteTables", &filter).body.matches("<routes>").count(), 0);
            assert_eq!(client.ok("DescribeRouteTables", &filter).count("routeSet"), 2);
        }
    }

    #[test]
    fn who_does_not_know_the_speed_does_not_set_the_clock_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("account.db");
        let open = |speed| {
            let options = RegionOptions { speed, ..RegionOptions::default() };
            Client { region: Region::open(&path, &options).expect("an account"), now: options.now }
        };
        open(Some(1e6)).ok("CreateVpc", "CidrBlock=10.0.0.0/16");
        std::thread::sleep(Duration::from_millis(20));
        let other = open(None);
        let seen = other.region.now();
        other.ok("CreateVpc", "CidrBlock=10.0.0.0/16");
        assert!(seen >= RegionOptions::default().now + 20_000_000, "{seen}");
        assert!(open(Some(1e6)).region.now() >= seen);
    }

    #[test]
    fn two_processes_see_and_keep_what_each_other_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("account.db");
        let (one, other) = (open(&path), open(&path));
        one.ok("CreateVpc", "CidrBlock=10.0.0.0/16");
        other.ok("CreateVpc", "CidrBlock=10.0.0.0/16");
        one.ok("CreateVpc", "CidrBlock=10.0.0.0/16");
        assert_eq!((vpcs(&one), vpcs(&other)), (4, 4));
    }

    #[test]
    fn regions_are_apart_and_iam_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("account.db");
        let open = |region: &str| {
            let options = RegionOptions { region: region.to_owned(), ..RegionOptions::default() };
            Region::open(&path, &options).expect("an account")
        };
        let form = "Action=CreateInstanceProfile&InstanceProfileName=p";
        let params = crate::wire::params::Params::parse(form.as_bytes()).expect("a form");
        let call =
            crate::call::Call::query(crate::call::Service::Iam, "CreateInstanceProfile", params).expect("a call");
        let outcome = open("us-east-1").account().transact(0, true, |_, world| call.run(world)).expect("a change");
        assert!(outcome.is_ok());
        assert!(open("eu-west-1").world().iam.instance_profiles.contains_key("p"));
        assert_eq!(regions_in(&path).expect("regions"), ["eu-west-1", "us-east-1"]);
    }

    #[test]
    fn an_account_that_is_reset_is_as_new() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("account.db");
        let client = open(&path);
        client.ok("CreateVpc", "CidrBlock=10.0.0.0/16");
        client.region.reset(&RegionOptions::default()).expect("a reset");
        assert_eq!(vpcs(&client), 1);
        assert_eq!(vpcs(&open(&path)), 1);
    }

    #[test]
    fn what_is_no_account_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("account.db");
        let refusal = || Region::open(&path, &RegionOptions::default()).expect_err("a refusal");
        std::fs::write(&path, "this is some text, longer than any header of SQLite's would be, to be sure of it")
            .expect("a file");
        assert!(matches!(refusal(), StoreError::NotAnAccount { .. }));
        std::fs::remove_file(&path).expect("no file");
        Connection::open(&path).expect("a database").execute_batch("CREATE TABLE t (a)").expect("a table");
        assert!(matches!(refusal(), StoreError::NotAnAccount { .. }));
        std::fs::remove_file(&path).expect("no file");
        drop(open(&path));
        Connection::open(&path).expect("a database").pragma_update(None, "user_version", 9).expect("a version");
        assert!(matches!(refusal(), StoreError::Version { found: 9, .. }));
        assert!(matches!(Region::open(folder.path(), &RegionOptions::default()), Err(StoreError::Io { .. })));
    }

    #[test]
    fn what_could_not_be_written_did_not_happen() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("account.db");
        let client = open(&path);
        let full = "CREATE TRIGGER full BEFORE UPDATE ON part BEGIN SELECT RAISE(ABORT, 'full'); END";
        let other = Connection::open(&path).expect("a database");
        other.execute_batch(full).expect("a trigger");
        assert_eq!(client.ask("CreateVpc", "CidrBlock=10.0.0.0/16").status, 500);
        assert_eq!(vpcs(&client), 1);
        other.execute_batch("DROP TRIGGER full").expect("no trigger");
        client.ok("CreateVpc", "CidrBlock=10.0.0.0/16");
        assert_eq!((vpcs(&client), vpcs(&open(&path))), (2, 2));
    }

    #[test]
    fn a_file_from_before_templates_and_written_answers_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("account.db");
        let client = open(&path);
        let image = client.ok("DescribeImages", "Owner.1=amazon").text("imageId");
        let launch = format!("ImageId={image} InstanceType=m6i.large MinCount=1 MaxCount=1 ClientToken=t");
        let id = client.ok("RunInstances", &launch).text("instanceId");
        let other = Connection::open(&path).expect("a database");
        let content = "SELECT content FROM part WHERE name = 'region/us-east-1'";
        let text: String = other.query_row(content, [], |row| row.get(0)).expect("a region");
        let mut world: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let ec2 = world["ec2"].as_object_mut().expect("collections");
        assert!(ec2.remove("launch_templates").is_some() && ec2.remove("placement_groups").is_some());
        for launch in ec2["reservations"].as_object_mut().expect("launches").values_mut() {
            assert!(launch.as_object_mut().expect("a launch").remove("placement_group").is_some());
        }
        // Answers were trees.
        let reservation = ec2["reservations"].as_object().and_then(|all| all.keys().next()).expect("a launch").clone();
        for used in world["tokens"].as_object_mut().expect("tokens").values_mut() {
            used["answer"] = serde_json::json!([
                {"name": "reservationId", "content": {"Text": reservation}},
                {"name": "instancesSet", "content": {"Elements": []}},
            ]);
        }
        let update = "UPDATE part SET content = ?1 WHERE name = 'region/us-east-1'";
        other.execute(update, [world.to_string()]).expect("an older file");
        let again = open(&path);
        assert_eq!(again.ok("RunInstances", &launch).text("instanceId"), id);
        assert_eq!(again.ok("DescribeLaunchTemplates", "").count("launchTemplateId"), 0);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("account.db");
        let _open = open(&path);
        for entry in std::fs::read_dir(folder.path()).expect("a folder") {
            let mode = entry.expect("an entry").metadata().expect("metadata").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
