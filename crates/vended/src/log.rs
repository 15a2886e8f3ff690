//! What is counted and not put yet, in a file that outlives the process: an append to the page cache for what is counted
//! together, in the same turn as the changes in memory. It is not flushed to the disk: only the death of the machine takes it along.
//!
//! A file begins with the sums as they were when it was written, and goes on with changes. Once a minute, when what was
//! over has been put, and whenever it has become long, it is written anew and replaces the one before.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use wharf_durable::{self as durable, Durability};
use wharf_series::{Sketch, Spread, Summary};

use crate::{
    Subject,
    places::Places,
    sums::{By, Sum},
};

/// What is read of a file. Sums of all accounts take 128 MiB of memory at the most, a change some twenty bytes.
const MOST_BYTES: u64 = 1 << 30;
/// So many bytes of changes are summed up, where nothing waits to be put.
const CHANGES_BYTES: usize = 8 << 20;
/// And so many are written while something waits: the store is slow then, and the file is in memory.
const MOST_CHANGES_BYTES: usize = 64 << 20;

/// Under which name a batch is put, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Batch {
    pub run: u64,
    /// Second that no other batch of the run has.
    pub at: i64,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Sum(Box<Named>),
    /// Added to the sum of a number.
    Change(u64, Value),
    /// One value, which nearly all changes are.
    One(u64, f64),
    /// What began before a second is a batch.
    Batch(i64, Batch),
    /// How far some work has come that was counted.
    Place(String, u64),
    /// It has a record of its own of that.
    Forgotten(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct Named {
    id: u64,
    start: i64,
    looked_at: bool,
    adds: bool,
    account: String,
    region: String,
    namespace: String,
    dimensions: Vec<(String, String)>,
    name: String,
    unit: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Value {
    count: f64,
    sum: f64,
    min: f64,
    max: f64,
    /// `None` if that is not known.
    spread: Option<Vec<(f64, f64)>>,
}

impl Value {
    fn of(summary: &Summary) -> Self {
        Self {
            count: summary.count,
            sum: summary.sum,
            min: summary.min,
            max: summary.max,
            spread: match &summary.spread {
                Spread::Same => Some(Vec::new()),
                Spread::Sketch(sketch) => Some(sketch.values().collect()),
                Spread::Unknown => None,
            },
        }
    }

    fn summary(self) -> Summary {
        let spread = match self.spread {
            None => Spread::Unknown,
            Some(values) if values.is_empty() => Spread::Same,
            Some(values) => {
                let mut sketch = Sketch::default();
                values.into_iter().for_each(|it| sketch.add(it.0, it.1));
                Spread::Sketch(Box::new(sketch))
            }
        };
        Summary {
            count: self.count,
            sum: self.sum,
            min: self.min,
            max: self.max,
            spread,
        }
    }
}

/// The file of one shard.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    failing: bool,
    /// It may end within a line: what comes next begins another.
    is_torn: bool,
    /// What was written since it began anew, and how much that may be.
    bytes: usize,
    most_bytes: usize,
    /// It has batches that may not be put, which are not in memory any more.
    has_batches: bool,
    /// Changes of this turn that are not in the file yet.
    noted: String,
}

/// What a file says happened.
#[derive(Debug)]
pub enum Event<'a> {
    Changed { sum: &'a Known, value: Summary },
    Batch { before: i64, batch: Batch },
    Reached { work: String, place: u64 },
    Forgotten { work: String },
}

/// A sum that a file names.
#[derive(Debug)]
pub struct Known {
    pub id: u64,
    pub start: i64,
    pub by: By,
    pub subject: Subject,
    pub name: &'static str,
    pub unit: &'static str,
    pub adds: bool,
}

impl Log {
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(path)?;
        Ok(Self::over(path.to_owned(), file, true))
    }

    fn over(path: PathBuf, file: File, is_torn: bool) -> Self {
        Self {
            path,
            file,
            failing: false,
            is_torn,
            bytes: 0,
            most_bytes: CHANGES_BYTES,
            has_batches: false,
            noted: String::new(),
        }
    }

    /// Notes a change, which is in the file once [`Log::write`] was called: in the same turn.
    pub fn change(&mut self, start: i64, sum: &Sum<'_>, is_new: bool) {
        if is_new {
            write_named(&mut self.noted, start, sum);
        }
        write_value(&mut self.noted, sum);
    }

    /// Notes how far some work has come, as a change.
    pub fn reach(&mut self, work: &str, place: u64) {
        write_line(&mut self.noted, &Line::Place(work.to_owned(), place));
    }

    /// Notes that nobody needs to know that any more; it may be in the file later than in this turn.
    pub fn forget(&mut self, work: &str) {
        write_line(&mut self.noted, &Line::Forgotten(work.to_owned()));
    }

    /// Writes what was noted, by one append.
    pub fn write(&mut self) {
        let noted = std::mem::take(&mut self.noted);
        if noted.is_empty() {
            return;
        }
        if self.bytes > self.most_bytes.saturating_add(MOST_CHANGES_BYTES) {
            self.tell(&Err(io::ErrorKind::FileTooLarge.into()));
            return;
        }
        let written = self.append(noted);
        self.tell(&written);
    }

    /// What was read of it may have batches: it does not begin anew before they are put.
    pub fn keep_until_put(&mut self) {
        self.has_batches = true;
    }

    /// It should begin anew, and can.
    pub fn is_long(&self) -> bool {
        self.bytes > self.most_bytes && !self.has_batches
    }

    pub fn batch(&mut self, before: i64, batch: Batch) {
        let mut text = String::new();
        write_line(&mut text, &Line::Batch(before, batch));
        self.has_batches = true;
        let mut written = self.append(text);
        if written.is_err() {
            // The next process would put again, in a batch of its own, what is put now: better that it finds nothing.
            let emptied = self.file.set_len(0);
            written = emptied
                .or_else(|_| fs::remove_file(&self.path))
                .and(written);
        }
        self.tell(&written);
    }

    fn append(&mut self, mut text: String) -> io::Result<()> {
        if self.is_torn {
            text.insert(0, '\n');
        }
        let written = self.file.write_all(text.as_bytes());
        self.is_torn = written.is_err();
        self.bytes = self.bytes.saturating_add(text.len());
        written
    }

    /// Logs a failure that follows a success.
    fn tell(&mut self, written: &io::Result<()>) {
        if let Err(error) = written
            && !self.failing
        {
            tracing::warn!(%error, "failed to write down what services count; it is lost if the server is killed");
        }
        self.failing = written.is_err();
    }

    /// Begins anew with the sums and the places that there are.
    pub fn rewrite<'a>(&mut self, sums: impl Iterator<Item = (i64, Sum<'a>)>, places: &Places) {
        let mut text = String::new();
        for (start, sum) in sums {
            write_named(&mut text, start, &sum);
            write_value(&mut text, &sum);
        }
        for (work, place) in places.all() {
            write_line(&mut text, &Line::Place(work.to_owned(), place));
        }
        match durable::replaced(&self.path, text.as_bytes(), Durability::Process) {
            Ok(file) => {
                let path = std::mem::take(&mut self.path);
                *self = Self::over(path, file, false);
                self.most_bytes = CHANGES_BYTES.max(text.len());
            }
            Err(error) => {
                tracing::warn!(%error, "failed to replace the file of counts; it is written over");
                let written = self.write_over(text);
                self.tell(&written);
            }
        }
    }

    /// As [`Log::rewrite`], in place: a disk may have no room for two files, and one that somebody removed must not grow for
    /// ever. A kill in between finds less than there was.
    fn write_over(&mut self, text: String) -> io::Result<()> {
        let most_bytes = CHANGES_BYTES.max(text.len());
        if let Err(error) = self.file.set_len(0) {
            // Not tried again with every change.
            self.most_bytes = self.bytes.saturating_add(CHANGES_BYTES);
            return Err(error);
        }
        (self.bytes, self.most_bytes) = (0, most_bytes);
        (self.is_torn, self.has_batches) = (false, false);
        let written = self.append(text);
        self.bytes = 0;
        written
    }
}

fn write_line(text: &mut String, line: &Line) {
    let json = serde_json::to_string(line).unwrap_or_default();
    let _ = writeln!(text, "{json}");
}

fn write_named(text: &mut String, start: i64, sum: &Sum<'_>) {
    let Subject {
        account,
        region,
        namespace,
        dimensions,
    } = sum.subject;
    let dimensions = dimensions.iter();
    let named = Named {
        id: sum.id,
        start,
        looked_at: sum.by == By::Look,
        adds: sum.change.adds,
        account: account.clone(),
        region: region.clone(),
        namespace: (*namespace).to_owned(),
        dimensions: dimensions
            .map(|it| (it.0.to_owned(), it.1.clone()))
            .collect(),
        name: sum.change.name.to_owned(),
        unit: sum.change.unit.to_owned(),
    };
    write_line(text, &Line::Sum(Box::new(named)));
}

fn write_value(text: &mut String, sum: &Sum<'_>) {
    let value = sum.change.value;
    let line = match value.count == 1.0 && value.sum.is_finite() && value.spread == Spread::Same {
        true => Line::One(sum.id, value.sum),
        false => Line::Change(sum.id, Value::of(value)),
    };
    write_line(text, &line);
}

/// What the file of a process that has ended says happened, in order. A line that a kill cut off was not answered for.
pub fn read(path: &Path, mut each: impl FnMut(Event<'_>)) -> io::Result<()> {
    let Some(bytes) = durable::read(path, MOST_BYTES)? else {
        return Ok(());
    };
    let mut sums: BTreeMap<u64, Known> = BTreeMap::new();
    let mut unreadable = 0;
    for line in bytes.split(|it| *it == b'\n').filter(|it| !it.is_empty()) {
        let (id, value) = match serde_json::from_slice(line) {
            Ok(Line::Sum(named)) => {
                let known = Known::of(*named);
                sums.insert(known.id, known);
                continue;
            }
            Ok(Line::Batch(before, batch)) => {
                each(Event::Batch { before, batch });
                continue;
            }
            Ok(Line::Place(work, place)) => {
                each(Event::Reached { work, place });
                continue;
            }
            Ok(Line::Forgotten(work)) => {
                each(Event::Forgotten { work });
                continue;
            }
            Ok(Line::Change(id, value)) => (id, value.summary()),
            Ok(Line::One(id, value)) => (id, Summary::one(value)),
            Err(_) => {
                unreadable += 1;
                continue;
            }
        };
        if let Some(sum) = sums.get(&id) {
            each(Event::Changed { sum, value });
        }
    }
    if unreadable > 0 {
        tracing::warn!(path = %path.display(), lines = unreadable, "left out lines of the file of counts that cannot be read");
    }
    Ok(())
}

impl Known {
    fn of(named: Named) -> Self {
        let dimensions = named.dimensions.into_iter();
        Self {
            id: named.id,
            start: named.start,
            by: match named.looked_at {
                true => By::Look,
                false => By::Count,
            },
            subject: Subject {
                account: named.account,
                region: named.region,
                namespace: interned(&named.namespace),
                dimensions: dimensions
                    .map(|(name, value)| (interned(&name), value))
                    .collect(),
            },
            name: interned(&named.name),
            unit: interned(&named.unit),
            adds: named.adds,
        }
    }
}

/// Names of metrics, which are those of the code: a few hundred, each kept once.
fn interned(text: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock();
    if let Some(known) = names.get(text) {
        return known;
    }
    let name: &'static str = Box::leak(text.to_owned().into_boxed_str());
    names.insert(name);
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sums::Change;

    fn subject() -> Subject {
        Subject {
            account: "1".to_owned(),
            region: "r".to_owned(),
            namespace: "AWS/SQS",
            dimensions: vec![("QueueName", "q".to_owned())],
        }
    }

    fn count(log: &mut Log, value: &Summary, is_new: bool) {
        let sum = Sum {
            id: 7,
            by: By::Count,
            subject: &subject(),
            change: Change {
                name: "Sent",
                unit: "Count",
                value,
                adds: false,
            },
        };
        log.change(60, &sum, is_new);
        log.write();
    }

    fn rewrite(log: &mut Log, value: &Summary) {
        let sum = Sum {
            id: 7,
            by: By::Count,
            subject: &subject(),
            change: Change {
                name: "Sent",
                unit: "Count",
                value,
                adds: false,
            },
        };
        log.rewrite([(60, sum)].into_iter(), &Places::default());
    }

    /// Sums of what was counted before each batch, and after the last.
    fn sums(path: &Path) -> Vec<f64> {
        let mut sums = vec![0.0];
        read(path, |event| match event {
            Event::Changed { sum, value } => {
                assert_eq!((sum.id, sum.start, sum.name), (7, 60, "Sent"));
                assert_eq!(sum.subject, subject());
                *sums.last_mut().unwrap() += value.sum;
            }
            Event::Batch { .. } => sums.push(0.0),
            Event::Reached { .. } | Event::Forgotten { .. } => {}
        })
        .unwrap();
        sums
    }

    const BATCH: Batch = Batch {
        run: u64::MAX,
        at: 120,
    };

    #[test]
    fn a_line_that_was_cut_off_takes_no_other_along() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let mut log = Log::open(&path).unwrap();
        count(&mut log, &Summary::one(1.0), true);
        count(&mut log, &Summary::one(0.1), false);
        drop(log);
        let bytes = fs::read(&path).unwrap();
        for cut in 1..12 {
            fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
            let mut log = Log::open(&path).unwrap();
            log.batch(120, BATCH);
            count(&mut log, &Summary::one(2.0), false);
            let before = if cut == 1 { 1.1 } else { 1.0 };
            assert_eq!(sums(&path), [before, 2.0], "{cut}");
        }
    }

    #[test]
    fn values_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let mut unknown = Summary::of([(1.0, 2.0), (3.0, 1.0)]).unwrap();
        unknown.spread = Spread::Unknown;
        let spread = Summary::of([(1.0, 2.0), (30.0, 1.0), (-4.5, 3.0)]).unwrap();
        let values = [
            Summary::same(0.3, 4.0),
            Summary::one(1e-300),
            spread,
            unknown,
        ];
        let mut log = Log::open(&path).unwrap();
        for (at, value) in values.iter().enumerate() {
            count(&mut log, value, at == 0);
        }
        let mut found = Vec::new();
        read(&path, |event| {
            if let Event::Changed { value, .. } = event {
                found.push(value);
            }
        })
        .unwrap();
        assert_eq!(found, values);
    }

    #[test]
    fn what_may_be_put_under_another_name_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let mut log = Log::open(&path).unwrap();
        count(&mut log, &Summary::one(1.0), true);
        // Every write to it fails, as on a full disk.
        let file = std::mem::replace(&mut log.file, File::open("/dev/null").unwrap());
        log.batch(120, BATCH);
        assert!(!path.exists());
        log.file = file;
        count(&mut log, &Summary::one(2.0), false);
        rewrite(&mut log, &Summary::one(3.0));
        count(&mut log, &Summary::one(4.0), false);
        assert_eq!(sums(&path), [7.0], "written anew, it is whole again");
    }

    #[test]
    fn where_it_cannot_be_replaced_it_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let mut log = Log::open(&path).unwrap();
        count(&mut log, &Summary::one(1.0), true);
        log.batch(120, BATCH);
        count(&mut log, &Summary::one(2.0), false);
        fs::create_dir(folder.path().join("counts.new")).unwrap();
        rewrite(&mut log, &Summary::one(2.0));
        count(&mut log, &Summary::one(4.0), false);
        assert_eq!(sums(&path), [6.0]);
        assert!(!log.has_batches);
        // Somebody removed it: nobody finds what is written, and it does not grow.
        fs::remove_dir_all(folder.path()).unwrap();
        let bytes = log.file.metadata().unwrap().len();
        for _ in 0..3 {
            rewrite(&mut log, &Summary::one(2.0));
            count(&mut log, &Summary::one(4.0), false);
        }
        assert_eq!(log.file.metadata().unwrap().len(), bytes);
    }

    #[test]
    fn it_does_not_grow_for_ever_while_nothing_can_be_put() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let mut log = Log::open(&path).unwrap();
        log.keep_until_put();
        count(&mut log, &Summary::one(1.0), true);
        log.bytes = CHANGES_BYTES + MOST_CHANGES_BYTES + 1;
        count(&mut log, &Summary::one(2.0), false);
        assert!(!log.is_long());
        // That something is put is written down all the same.
        log.batch(120, BATCH);
        assert_eq!(sums(&path), [1.0, 0.0]);
    }
}
