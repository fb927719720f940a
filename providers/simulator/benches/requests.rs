//! How fast the simulated region answers, and how much memory an account takes.
//!
//! `cargo bench -p landfall-simulator --bench requests` fills accounts of 10, 1,000 and 10,000 instances, each in a
//! process of its own so that the peak of one does not hide that of another, and sends 100,000 requests of each class
//! from one thread. Times are what that thread has had of a processor, so that other programs do not count; memory is the
//! peak of the resident set (`VmHWM`). Both are Linux's; elsewhere times are those of the wall clock and memory is 0.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::env;
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use landfall_simulator::region::{HttpRequest, Region, RegionOptions};

const SIZES: [usize; 3] = [10, 1_000, 10_000];
const REQUESTS: usize = 100_000;
/// As many as landfall launches in one call.
const LAUNCH: usize = 100;
/// So many carry a tag that no other has.
const FEW: usize = 3;

fn main() -> ExitCode {
    let size = env::args().skip_while(|word| word != "--account").nth(1).and_then(|size| size.parse().ok());
    if let Some(size) = size {
        println!("{}", measure(size));
        return ExitCode::SUCCESS;
    }
    println!(
        "| instances | by id, /s | by tag, /s | VPCs, /s | launches of 1, /s | all in one answer, ms | peak when filled, MB \
         | peak with that answer, MB | by id with a file, /s | a change with a file, ms |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for size in SIZES {
        let program = env::current_exe().map(Command::new);
        let output = program.and_then(|mut program| program.args(["--account", &size.to_string()]).output());
        match output {
            Ok(output) if output.status.success() => print!("{}", String::from_utf8_lossy(&output.stdout)),
            other => {
                println!("{size} instances: {other:?}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Fills an account and returns a row of the table.
fn measure(size: usize) -> String {
    let account = Account::new(Region::new(&RegionOptions::default()));
    let one = account.fill(size);
    let filled = peak_mb();
    // Before anything else could have taken more.
    let began = Watch::start();
    let answer = account.ask("Action=DescribeInstances");
    let all_ms = began.read().as_millis();
    assert_eq!(answer.matches("<instanceId>").count(), size, "all are in the answer");
    drop(answer);
    let all = peak_mb();

    let by_id = account.rate(&format!("Action=DescribeInstances&InstanceId.1={one}"), 1, REQUESTS);
    let by_tag = "Action=DescribeInstances&Filter.1.Name=tag:role&Filter.1.Value.1=scheduler";
    let by_tag = account.rate(by_tag, FEW.min(size), REQUESTS);
    let vpcs = account.rate("Action=DescribeVpcs", 0, REQUESTS);
    let launches = account.launches(500);
    let (kept_by_id, change_ms) = measure_kept(size);
    format!(
        "| {size} | {by_id:.0} | {by_tag:.0} | {vpcs:.0} | {launches:.0} | {all_ms} | {filled} | {all} | {kept_by_id:.0} \
         | {change_ms:.1} |"
    )
}

/// The same for an account that is kept in a file: requests for one instance in a second, and milliseconds of a change.
fn measure_kept(size: usize) -> (f64, f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let region = Region::open(&folder.path().join("account.db"), &RegionOptions::default()).expect("a file");
    let account = Account::new(region);
    let one = account.fill(size);
    let by_id = account.rate(&format!("Action=DescribeInstances&InstanceId.1={one}"), 1, REQUESTS / 10);
    let changes = 20;
    let began = Watch::start();
    for n in 0..changes {
        account.ask(&format!("Action=CreateTags&ResourceId.1={one}&Tag.1.Key=n&Tag.1.Value={n}"));
    }
    (by_id, began.read().as_secs_f64() * 1e3 / f64::from(changes))
}

struct Account {
    region: Region,
    now: u64,
    image: String,
    subnets: Vec<String>,
}

impl Account {
    fn new(region: Region) -> Account {
        let now = region.now();
        let mut account = Account { region, now, image: String::new(), subnets: vec![] };
        account.image = texts(
            &account.ask(
                "Action=DescribeImages&Owner.1=amazon&Filter.1.Name=architecture\
                                            &Filter.1.Value.1=x86_64",
            ),
            "imageId",
        )
        .swap_remove(0);
        // The first zones have the type, and a subnet of the default VPC holds 4,091.
        let subnets = "Action=DescribeSubnets&Filter.1.Name=availability-zone&Filter.1.Value.1=us-east-1[abcd]";
        account.subnets = ["a", "b", "c", "d"]
            .iter()
            .flat_map(|zone| texts(&account.ask(&subnets.replace("[abcd]", zone)), "subnetId"))
            .collect();
        account
    }

    fn ask(&self, form: &str) -> String {
        let response = self.region.answer(&request(form), self.now);
        let body = String::from_utf8(response.body).unwrap_or_default();
        assert_eq!(response.status, 200, "{form}: {body}");
        body
    }

    /// Launches so many instances, tagged as landfall tags them, and returns the id of one.
    fn fill(&self, size: usize) -> String {
        let few = FEW.min(size);
        let one = self.launch(few, "scheduler", "few").swap_remove(0);
        let mut left = size - few;
        while left > 0 {
            let count = left.min(LAUNCH);
            self.launch(count, "worker", &left.to_string());
            left -= count;
        }
        one
    }

    fn launch(&self, count: usize, role: &str, token: &str) -> Vec<String> {
        let turn = token.bytes().map(usize::from).sum::<usize>() % self.subnets.len();
        let subnet = &self.subnets[turn];
        let mut form = format!(
            "Action=RunInstances&ImageId={}&InstanceType=m6i.large&MinCount={count}&MaxCount={count}&SubnetId={subnet}\
             &ClientToken={token}&UserData=aGVsbG8=",
            self.image
        );
        let address = format!("cluster/analytics/{role}");
        let tags = [
            ("landfall:stack", "bench"),
            ("landfall:address", &address),
            ("Name", "bench"),
            ("role", role),
            ("o", "n"),
        ];
        for (n, kind) in (1..).zip(["instance", "volume", "network-interface"]) {
            form.push_str(&format!("&TagSpecification.{n}.ResourceType={kind}"));
            for (m, (key, value)) in (1..).zip(tags) {
                form.push_str(&format!(
                    "&TagSpecification.{n}.Tag.{m}.Key={key}&TagSpecification.{n}.Tag.{m}.Value={value}"
                ));
            }
        }
        texts(&self.ask(&form), "instanceId")
    }

    /// Returns how many requests of a form are answered in a second; each answer shows so many instances.
    fn rate(&self, form: &str, instances: usize, requests: usize) -> f64 {
        assert_eq!(self.ask(form).matches("<instanceId>").count(), instances, "{form}");
        let request = request(form);
        let began = Watch::start();
        for _ in 0..requests {
            let response = black_box(self.region.answer(black_box(&request), self.now));
            assert_eq!(response.status, 200);
        }
        requests as f64 / began.read().as_secs_f64()
    }

    fn launches(&self, count: usize) -> f64 {
        let began = Watch::start();
        (0..count).for_each(|n| drop(black_box(self.launch(1, "worker", &format!("single-{n}")))));
        count as f64 / began.read().as_secs_f64()
    }
}

fn request(form: &str) -> HttpRequest {
    let scope = "AWS4-HMAC-SHA256 Credential=AKIDSIM/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, \
                 Signature=0";
    HttpRequest {
        method: "POST".to_owned(),
        target: "/".to_owned(),
        headers: vec![("authorization".to_owned(), scope.to_owned())],
        body: format!("Version=2016-11-15&{form}").into_bytes(),
    }
}

/// Returns the texts of all elements of this name.
fn texts(body: &str, name: &str) -> Vec<String> {
    let start = format!("<{name}>");
    body.split(&start).skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect()
}

/// Measures what this thread does.
struct Watch {
    wall: Instant,
    processor: Option<Duration>,
}

impl Watch {
    fn start() -> Watch {
        Watch { wall: Instant::now(), processor: processor_time() }
    }

    fn read(&self) -> Duration {
        let processor = processor_time().zip(self.processor).map(|(now, then)| now.saturating_sub(then));
        processor.unwrap_or_else(|| self.wall.elapsed())
    }
}

/// How long this thread was on a processor so far; `None` where the system does not say.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

/// The most memory that this process has had so far, in MB of 10⁶ bytes; 0 where the system does not say.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    kib * 1024 / 1_000_000
}
