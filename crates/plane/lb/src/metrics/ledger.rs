//! What was told of what was counted, for the process after this one.
//!
//! Counters are in a file that outlives their process ([`super::slots`]). There is another, replaced as a whole
//! before anything is sent: how much of each counter is in reports, and the reports that the control plane may not
//! have yet. What a process leaves is therefore its counters without what was told, once, however it ended; the
//! next one reports it as the rest of the minute that was being counted, and sends again what waits. The control
//! plane knows a report that it has.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use wharf_durable::{self as durable, Durability};
use wharf_planeproto::measured::{Minute, Row};

use super::{
    counters::{BalancerCounters, GroupCounters},
    minutes,
    slots::{self, Found, Kind, Region, Slot},
};

const COUNTS: &str = "counts-";
const LOCK: &str = "lock";
/// Reports that wait have 16 MiB; what was told of each counter comes to less for thousands of groups.
const MOST_BYTES: u64 = 256 << 20;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Number of the file of counters.
    file: u64,
    /// Of reports.
    run: u64,
    /// The minute that is being counted, of which nothing is told.
    counting: i64,
    /// By place in the file: cells that are not zero.
    told: BTreeMap<usize, Vec<(usize, u64)>>,
    /// Rows of that minute which are no counters any more.
    ended: Vec<Row>,
    /// Reports that the control plane may not have.
    waiting: Vec<Minute>,
    /// Who tells them; nobody knows before the agent has registered.
    host: String,
}

#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    /// Without one, what was not told before a kill is lost, but reports that wait are not.
    region: Option<Arc<Region>>,
    state: State,
    /// Reports that wait and may have been told by a process before this one, in front of all others.
    may_be_told: usize,
    failing: bool,
    /// Of the folder, as long as this process lives.
    _lock: Flock<File>,
}

impl Ledger {
    /// Takes over what the process before this one left. `path` is the file of what was told.
    ///
    /// # Errors
    /// That process has not ended; the file or the folder cannot be used.
    pub fn open(path: &Path, folder: &Path, now: i64) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
        let lock = lock(folder)?;
        let before: Option<State> = durable::read_json(path, MOST_BYTES).unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to read what load balancers had told; what was not told before is lost");
            None
        });
        let before = before.unwrap_or_else(|| State {
            run: rand::random(),
            ..State::default()
        });
        let may_be_told = before.waiting.len();
        let state = State {
            file: before.file.wrapping_add(1),
            run: before.run.wrapping_add(1),
            counting: minutes::minute_of(now),
            host: before.host.clone(),
            waiting: taken_over(&counts(folder, before.file), before),
            ..State::default()
        };
        let own = counts(folder, state.file);
        // From here on the file before is forgotten, and what it had is in a report.
        durable::replace_json(path, &state, Durability::Process)?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(COUNTS) {
                fs::remove_file(entry.path())?;
            }
        }
        let region = Region::create(&own).inspect_err(|error| {
            let _ = fs::remove_file(&own);
            tracing::warn!(%error, "failed to keep counters of load balancers outside of this process; they are lost if it is killed");
        });
        Ok(Self {
            region: region.ok().map(Arc::new),
            path: path.to_owned(),
            state,
            may_be_told,
            failing: false,
            _lock: lock,
        })
    }

    pub fn region(&self) -> Option<&Arc<Region>> {
        self.region.as_ref()
    }

    pub fn run(&self) -> u64 {
        self.state.run
    }

    pub fn counting(&self) -> i64 {
        self.state.counting
    }

    pub fn waiting(&self) -> &[Minute] {
        &self.state.waiting
    }

    /// Whether it is another host than the one that told what waits. That is left out then: lost rather than counted twice.
    pub fn told_by(&mut self, host: &str) -> bool {
        let may_be_told = std::mem::take(&mut self.may_be_told);
        if self.state.host == host {
            return false;
        }
        if may_be_told > 0 && !self.state.host.is_empty() {
            tracing::warn!(
                host,
                before = self.state.host,
                reports = may_be_told,
                "left out what load balancers may have told as another host"
            );
            self.state.waiting.drain(..may_be_told);
        }
        host.clone_into(&mut self.state.host);
        true
    }

    /// A minute has ended and its reports are among those that wait.
    pub fn turned(&mut self, (run, counting): (u64, i64), waiting: Vec<Minute>) {
        (self.state.run, self.state.counting) = (run, counting);
        self.state.waiting = waiting;
        self.may_be_told = 0;
    }

    /// Writes down what was told by now of these slots, and the rows of this minute that are no counters any more.
    pub fn save<'a>(&mut self, slots: impl Iterator<Item = &'a Slot>, ended: &[Row]) {
        let left = self.region.iter().flat_map(|it| it.left());
        let told = slots.filter_map(Slot::told).chain(left);
        let sparse = |told: Vec<u64>| told.into_iter().enumerate().filter(|it| it.1 > 0).collect();
        self.state.told = told.map(|(at, told)| (at, sparse(told))).collect();
        self.state.ended = ended.to_vec();
        let saved = durable::replace_json(&self.path, &self.state, Durability::Process);
        if let Some(region) = &self.region {
            match &saved {
                Ok(()) => region.settle(),
                // Before anything of it is sent.
                Err(_) => region.distrust(),
            }
        }
        if let Err(error) = &saved
            && !self.failing
        {
            tracing::warn!(%error, "failed to write down what load balancers told; what they count is lost if this process is killed");
        }
        self.failing = saved.is_err();
    }
}

/// One process at a time: one that was asked to end may still do so when the next one begins.
fn lock(folder: &Path) -> io::Result<Flock<File>> {
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(false);
    let file = options.open(folder.join(LOCK))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| error.into())
}

fn counts(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{COUNTS}{number}"))
}

/// The reports of a process that has ended, what it had not told yet among them.
fn taken_over(counts: &Path, before: State) -> Vec<Minute> {
    let found = slots::read(counts).unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            tracing::warn!(%error, "failed to read what load balancers had counted; it is lost");
        }
        Vec::new()
    });
    let mut rows = before.ended;
    rows.extend(found.into_iter().filter_map(|slot| {
        let told = before.told.get(&slot.at).map_or(&[][..], Vec::as_slice);
        row(slot, told)
    }));
    let mut waiting = before.waiting;
    waiting.extend(minutes::parts(before.run, before.counting, &rows));
    waiting
}

fn row(found: Found, told: &[(usize, u64)]) -> Option<Row> {
    let mut all = vec![0; found.cells.len()];
    for (index, count) in told {
        *all.get_mut(*index)? = *count;
    }
    let slot = Slot::with(found.cells, all);
    match found.kind {
        Kind::Balancer => {
            let row = BalancerCounters::over(slot).take(&found.name);
            (!row.is_idle()).then_some(Row::Balancer(row))
        }
        Kind::Group => {
            let row = GroupCounters::over(slot).take(&found.owner, &found.name);
            (!row.is_idle() && !found.owner.is_empty()).then_some(Row::Group(row))
        }
    }
}
