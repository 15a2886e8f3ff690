//! What was told of what was counted, for the process after this one.
//!
//! Counters are in a file that outlives their process ([`super::slots`]). There is another, replaced as a whole
//! before anything is sent: how much of each counter is in reports, and the reports that the control plane may not
//! have yet. What a process leaves is therefore its counters without what was told, once, however it ended; the
//! next one reports it as the rest of the minute that was being counted, and sends again what waits. The control
//! plane knows a report that it has.
//!
//! A process that begins while the one before it still ends has a place beside it, with files of its own. What is left in other
//! places, once their processes are gone, is taken over by whoever counts then.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};
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
/// Processes at a time: one, and those before it that still end.
const PLACES: usize = 4;
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

/// Where a process has its files, as long as it lives.
#[derive(Debug)]
struct Place {
    /// The file of what was told.
    told: PathBuf,
    folder: PathBuf,
    _lock: Flock<File>,
}

#[derive(Debug)]
pub struct Ledger {
    /// The file and the folder of the first place.
    root: (PathBuf, PathBuf),
    number: usize,
    own: Place,
    /// Places whose reports are among those that wait, and may be removed once that is written down.
    taken: Vec<Place>,
    /// Without one, what was not told before a kill is lost, but reports that wait are not.
    region: Option<Arc<Region>>,
    state: State,
    /// Reports that wait and may have been told by a process before this one, in front of all others.
    may_be_told: usize,
}

/// What is to be written down, of one moment.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
    state: State,
    region: Option<Arc<Region>>,
    /// Slots that nobody counts in any more.
    left: Vec<usize>,
    taken: Vec<Place>,
}

/// Writes snapshots, one after the other.
#[derive(Debug, Default)]
pub struct Writing {
    failing: bool,
}

impl Ledger {
    /// Takes over what the process before this one left. `path` is the file of what was told.
    ///
    /// # Errors
    /// Too many processes before this one have not ended; the file or the folder cannot be used.
    pub fn open(path: &Path, folder: &Path, now: i64) -> io::Result<Self> {
        let root = (path.to_owned(), folder.to_owned());
        let mut free = None;
        for number in 0..PLACES {
            free = Place::lock(&root, number)?.map(|it| (number, it));
            if free.is_some() {
                break;
            }
        }
        let (number, own) = free.ok_or(io::ErrorKind::ResourceBusy)?;
        let (path, folder) = (own.told.as_path(), own.folder.as_path());
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
        let mapped = counts(folder, state.file);
        // From here on the file before is forgotten, and what it had is in a report.
        durable::replace_json(path, &state, Durability::Process)?;
        remove_counts(folder)?;
        let region = Region::create(&mapped).inspect_err(|error| {
            let _ = fs::remove_file(&mapped);
            tracing::warn!(%error, "failed to keep counters of load balancers outside of this process; they are lost if it is killed");
        });
        Ok(Self {
            region: region.ok().map(Arc::new),
            root,
            number,
            own,
            taken: Vec::new(),
            state,
            may_be_told,
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

    /// Says who tells. What waits and may have been told by another host is left out: lost rather than counted twice. Gives whether
    /// anything is to be written down.
    pub fn told_by(&mut self, host: &str) -> bool {
        let is_another = self.is_another(host);
        self.take_over();
        !self.taken.is_empty() || is_another
    }

    fn is_another(&mut self, host: &str) -> bool {
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

    /// Reports of processes in other places that have ended since, which are among those that wait from now on.
    pub fn take_over(&mut self) -> Vec<Minute> {
        let mut all = Vec::new();
        // Nobody knows yet who would tell them.
        let places = 0..if self.state.host.is_empty() {
            0
        } else {
            PLACES
        };
        let own = self.number;
        for number in places.filter(|it| *it != own) {
            // Where no process ever was, none is made.
            if !place(&self.root, number).0.exists() {
                continue;
            }
            // One that cannot be had now is looked at again with the next minute.
            let Ok(Some(place)) = Place::lock(&self.root, number) else {
                continue;
            };
            all.extend(self.reports_of(&place));
            self.taken.push(place);
        }
        self.state.waiting.extend(all.iter().cloned());
        all
    }

    fn reports_of(&self, place: &Place) -> Vec<Minute> {
        let before: Option<State> = durable::read_json(&place.told, MOST_BYTES).unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to read what a process beside this one had told; what it had not told is lost");
            None
        });
        let Some(before) = before else {
            return Vec::new();
        };
        let is_other = !before.host.is_empty() && before.host != self.state.host;
        let may_be_told = before.waiting.len();
        let mut reports = taken_over(&counts(&place.folder, before.file), before);
        if is_other {
            reports.drain(..may_be_told);
        }
        // Some may be here since before this process was killed in between.
        let name = |it: &Minute| (it.run, it.start, it.part);
        let known: BTreeSet<_> = self.state.waiting.iter().map(name).collect();
        reports.retain(|it| !known.contains(&name(it)));
        reports
    }

    /// A minute has ended and its reports are among those that wait.
    pub fn turned(&mut self, (run, counting): (u64, i64), waiting: Vec<Minute>) {
        (self.state.run, self.state.counting) = (run, counting);
        self.state.waiting = waiting;
        self.may_be_told = 0;
    }

    /// What was told by now of these slots, and the rows of this minute that are no counters any more.
    pub fn snapshot<'a>(
        &mut self,
        slots: impl Iterator<Item = &'a Slot>,
        ended: &[Row],
    ) -> Snapshot {
        let left: Vec<_> = self.region.iter().flat_map(|it| it.left()).collect();
        let places = left.iter().map(|it| it.0).collect();
        let told = slots.filter_map(Slot::told).chain(left);
        let sparse = |told: Vec<u64>| told.into_iter().enumerate().filter(|it| it.1 > 0).collect();
        let State {
            file,
            run,
            counting,
            waiting,
            host,
            ..
        } = &self.state;
        Snapshot {
            path: self.own.told.clone(),
            state: State {
                file: *file,
                run: *run,
                counting: *counting,
                told: told.map(|(at, told)| (at, sparse(told))).collect(),
                ended: ended.to_vec(),
                waiting: waiting.clone(),
                host: host.clone(),
            },
            region: self.region.clone(),
            left: places,
            taken: std::mem::take(&mut self.taken),
        }
    }
}

impl Writing {
    /// Has the process after this one know it. It is done when this returns, before anything of it is sent.
    pub fn write(&mut self, snapshot: Snapshot) {
        let saved = durable::replace_json(&snapshot.path, &snapshot.state, Durability::Process);
        if let Some(region) = &snapshot.region {
            match &saved {
                Ok(()) => region.settle(&snapshot.left),
                Err(_) => region.distrust(),
            }
        }
        match &saved {
            Ok(()) => snapshot.taken.iter().for_each(Place::clear),
            Err(error) if !self.failing => {
                tracing::warn!(%error, "failed to write down what load balancers told; what they count is lost if this process is killed");
            }
            Err(_) => {}
        }
        self.failing = saved.is_err();
    }
}

/// The file of what was told, and the folder, of a place.
fn place((told, folder): &(PathBuf, PathBuf), number: usize) -> (PathBuf, PathBuf) {
    match number {
        0 => (told.clone(), folder.clone()),
        _ => {
            let number = number.to_string();
            (told.with_added_extension(&number), folder.join(&number))
        }
    }
}

impl Place {
    /// `None`: its process has not ended.
    fn lock(root: &(PathBuf, PathBuf), number: usize) -> io::Result<Option<Self>> {
        let (told, folder) = place(root, number);
        durable::private_folder(&folder)?;
        let mut options = File::options();
        let options = options.write(true).create(true).truncate(false);
        let file = options.open(folder.join(LOCK))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Some(Self {
                told,
                folder,
                _lock: lock,
            })),
            Err((_, Errno::EWOULDBLOCK)) => Ok(None),
            Err((_, error)) => Err(error.into()),
        }
    }

    /// What was there is told by another. What stays is known for the same when it is found again.
    fn clear(&self) {
        let cleared = fs::remove_file(&self.told).and_then(|()| remove_counts(&self.folder));
        if let Err(error) = cleared {
            tracing::warn!(%error, path = %self.told.display(), "failed to remove what a load balancer process had counted, will retry");
        }
    }
}

fn remove_counts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(COUNTS) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
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
