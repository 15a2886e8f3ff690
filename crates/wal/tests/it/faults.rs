//! A log on a disk that fails in every way it knows, killed or cut from power at any moment:
//! nothing acknowledged is lost, and of what was not, at most the one frame under way is there,
//! whole.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use wharf_wal::{AppendError, Disk, Fault, Faults, Log, LogError, LogOptions, Operation, Purpose};

const EINTR: i32 = 4;
const EIO: i32 = 5;
const EMFILE: i32 = 24;
const ENOSPC: i32 = 28;

/// Small numbers that a seed decides (xorshift).
#[derive(Debug, Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    SetLen(u64),
}

/// A file as the disk holds it, and what only the kernel knows of.
#[derive(Debug, Clone, Default)]
struct Stored {
    bytes: Vec<u8>,
    pending: Vec<Change>,
}

impl Stored {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::SetLen(len) => self.bytes.resize(*len as usize, 0),
            Change::Write(offset, bytes) => {
                let end = *offset as usize + bytes.len();
                self.bytes.resize(self.bytes.len().max(end), 0);
                self.bytes[*offset as usize..end].copy_from_slice(bytes);
            }
        }
    }

    /// Some of what is pending gets to the disk, writes in part.
    fn settle(&mut self, dice: &mut Dice) {
        for change in std::mem::take(&mut self.pending) {
            match (dice.roll(3), change) {
                (0, _) => {}
                (1, Change::Write(offset, bytes)) => {
                    let kept = dice.roll(bytes.len() as u64 + 1) as usize;
                    self.apply(&Change::Write(offset, bytes[..kept].to_vec()));
                }
                (_, change) => self.apply(&change),
            }
        }
    }
}

/// A folder on a disk whose power can fail: what is durable, by the rules of POSIX.
#[derive(Debug)]
struct World {
    dice: Dice,
    /// Whether operations fail.
    faulty: bool,
    files: Vec<Stored>,
    /// Names as the kernel has them, and as the disk has them.
    names: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct Recorder(Mutex<World>);

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

impl World {
    fn of(dir: &Path, dice: Dice) -> Self {
        let mut world = Self {
            dice,
            faulty: false,
            files: Vec::new(),
            names: BTreeMap::new(),
            durable: BTreeMap::new(),
        };
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            world.names.insert(name(&path), world.files.len());
            world.files.push(Stored {
                bytes: fs::read(&path).unwrap(),
                pending: Vec::new(),
            });
        }
        world.durable = world.names.clone();
        world
    }

    fn file(&mut self, path: &Path) -> Option<&mut Stored> {
        let index = *self.names.get(&name(path))?;
        self.files.get_mut(index)
    }

    fn choose(&mut self, operation: &Operation<'_>) -> Option<Fault> {
        if !self.faulty {
            return None;
        }
        let refuse = |errno| Some(Fault::Refuse(errno));
        match operation {
            Operation::Create { .. } if self.dice.roll(3) == 0 => refuse(EMFILE),
            Operation::Write { bytes, .. } => match self.dice.roll(60) {
                0 => refuse(ENOSPC),
                1 | 2 => Some(Fault::Short {
                    bytes: self.dice.roll(bytes.len() as u64 + 1) as usize,
                    errno: if self.dice.roll(2) == 0 { EIO } else { ENOSPC },
                }),
                _ => None,
            },
            Operation::Allocate { .. } if self.dice.roll(3) == 0 => refuse(ENOSPC),
            Operation::Sync { .. } | Operation::SyncFolder { .. } if self.dice.roll(40) == 0 => {
                refuse(EIO)
            }
            Operation::SetLen { .. } | Operation::Rename { .. } if self.dice.roll(50) == 0 => {
                refuse(EIO)
            }
            _ => None,
        }
    }

    fn note(&mut self, operation: &Operation<'_>, fault: Option<Fault>) {
        match (*operation, fault) {
            (
                Operation::Write {
                    path,
                    offset,
                    bytes,
                },
                None | Some(Fault::Short { .. }),
            ) => {
                let len = match fault {
                    Some(Fault::Short { bytes, .. }) => bytes,
                    _ => bytes.len(),
                };
                let change = Change::Write(offset, bytes[..len].to_vec());
                if let Some(file) = self.file(path) {
                    file.pending.push(change);
                }
            }
            // The kernel forgets what it could not write, and does not try again.
            (Operation::Sync { path }, Some(_)) => {
                let mut dice = self.dice.clone();
                if let Some(file) = self.file(path) {
                    file.settle(&mut dice);
                }
                self.dice = dice;
            }
            (_, Some(_)) => {}
            (Operation::Create { path }, None) => {
                if let Some(file) = self.file(path) {
                    file.pending.push(Change::SetLen(0));
                } else {
                    self.names.insert(name(path), self.files.len());
                    self.files.push(Stored::default());
                }
            }
            (Operation::Allocate { path, bytes } | Operation::SetLen { path, bytes }, None) => {
                if let Some(file) = self.file(path) {
                    file.pending.push(Change::SetLen(bytes));
                }
            }
            (Operation::Sync { path }, None) => {
                if let Some(file) = self.file(path) {
                    for change in std::mem::take(&mut file.pending) {
                        file.apply(&change);
                    }
                }
            }
            (Operation::Rename { from, to }, None) => {
                if let Some(index) = self.names.remove(&name(from)) {
                    self.names.insert(name(to), index);
                }
            }
            (Operation::Remove { path }, None) => drop(self.names.remove(&name(path))),
            (Operation::SyncFolder { .. }, None) => self.durable = self.names.clone(),
        }
    }

    /// What the disk holds when the power fails, as files in `dir`.
    fn cut_power(&mut self, dir: &Path) {
        let mut dice = self.dice.clone();
        for (name, index) in &self.durable {
            let mut file = self.files[*index].clone();
            file.settle(&mut dice);
            fs::write(dir.join(name), &file.bytes).unwrap();
        }
        self.dice = dice;
    }
}

impl Faults for Recorder {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        let mut world = self.0.lock().unwrap();
        let fault = world.choose(operation);
        world.note(operation, fault);
        fault
    }
}

fn options(disk: Disk) -> LogOptions {
    LogOptions {
        magic: *b"testlog3",
        segment_bytes: 2048,
        grow_bytes: 4096,
        reserve_bytes: 8192,
        salvage: false,
        disk,
    }
}

fn open(dir: &Path, disk: Disk) -> Result<(Log, Vec<Vec<u8>>), LogError> {
    let mut found = Vec::new();
    let log = Log::open(dir, options(disk), 1, |frame| {
        found.push(frame.payload.to_vec());
        Ok(())
    })?;
    Ok((log, found))
}

fn folder() -> tempfile::TempDir {
    // Syncs cost nothing there, and what they mean is modelled here anyway.
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// Appends until the log fails or the dice say so. Returns the frame that may or may not be there.
fn write(log: &mut Log, recorder: &Recorder, acknowledged: &mut Vec<Vec<u8>>) -> Option<Vec<u8>> {
    recorder.0.lock().unwrap().faulty = true;
    let mut under_way = None;
    for _ in 0..40 {
        let (len, purpose, rotate) = {
            let dice = &mut recorder.0.lock().unwrap().dice;
            let give_back = dice.roll(4) == 0;
            let purpose = if give_back {
                Purpose::GiveBack
            } else {
                Purpose::Growth
            };
            // Large ones get their room in another way, and are written in two parts.
            let len = match dice.roll(50) {
                0 => 128 << 10 | dice.roll(900),
                _ => dice.roll(900),
            };
            (len as usize, purpose, dice.roll(12) == 0)
        };
        let payload: Vec<u8> = (0..len)
            .map(|i| (i * 31 + acknowledged.len()) as u8)
            .collect();
        if rotate && matches!(log.rotate(), Err(AppendError::Failed { .. })) {
            break;
        }
        match log.append(&payload, purpose) {
            Ok(_) => acknowledged.push(payload),
            Err(AppendError::DiskFull { .. } | AppendError::Later { .. }) => {}
            Err(AppendError::Failed { .. }) => {
                under_way = Some(payload);
                break;
            }
            Err(other) => panic!("{other}"),
        }
    }
    recorder.0.lock().unwrap().faulty = false;
    under_way
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_half_appears() {
    let (mut failures, mut cuts, mut frames) = (0, 0, 0);
    for seed in 1..=400u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut dir = folder();
        let mut recorder = Arc::new(Recorder(Mutex::new(World::of(dir.path(), dice.clone()))));
        let mut expected: Vec<Vec<u8>> = Vec::new();
        let mut under_way = None;
        for round in 0..6 {
            let disk = Disk::failing(recorder.clone());
            let (mut log, found) = open(dir.path(), disk)
                .unwrap_or_else(|e| panic!("seed {seed}, round {round}: {e:?}"));
            assert!(
                found.starts_with(&expected),
                "seed {seed}, round {round}: {} of {} acknowledged frames",
                found.len(),
                expected.len()
            );
            match found.len() - expected.len() {
                0 => {}
                1 => assert_eq!(
                    found.last(),
                    under_way.as_ref(),
                    "seed {seed}, round {round}"
                ),
                more => panic!("seed {seed}, round {round}: {more} frames that nobody wrote"),
            }
            // What was read once has been seen, and stays.
            expected = found;
            under_way = write(&mut log, &recorder, &mut expected);
            failures += usize::from(under_way.is_some());
            drop(log);
            if dice.roll(2) == 0 {
                cuts += 1;
                let after = folder();
                recorder.0.lock().unwrap().cut_power(after.path());
                // As far ahead as it can be, which must never be taken for damage.
                let _ = fs::copy(dir.path().join("LAST"), after.path().join("LAST"));
                recorder = Arc::new(Recorder(Mutex::new(World::of(after.path(), dice.clone()))));
                dir = after;
            }
        }
        frames += expected.len();
    }
    assert!(
        failures > 200 && cuts > 200 && frames > 4000,
        "{failures} {cuts} {frames}"
    );
}

/// Refuses to open files while told to.
#[derive(Debug, Default)]
struct NoDescriptors(std::sync::atomic::AtomicBool);

impl Faults for NoDescriptors {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        let none = self.0.load(std::sync::atomic::Ordering::Relaxed);
        (none && matches!(operation, Operation::Create { .. })).then_some(Fault::Refuse(EMFILE))
    }
}

#[test]
fn running_out_of_descriptors_is_a_delay() {
    let dir = folder();
    let none = Arc::new(NoDescriptors::default());
    let (mut log, _) = open(dir.path(), Disk::failing(none.clone())).unwrap();
    none.0.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut written = 0;
    let refused = loop {
        match log.append(&[7; 500], Purpose::Growth) {
            Ok(_) => written += 1,
            Err(e) => break e,
        }
        assert!(written < 1000, "the segment grows without end");
    };
    assert!(matches!(refused, AppendError::Later { .. }), "{refused}");
    assert!(
        written > 12,
        "two segments of four frames, the second beyond its size: {written}"
    );
    assert_eq!(log.failed(), None);
    none.0.store(false, std::sync::atomic::Ordering::Relaxed);
    log.append(&[8; 500], Purpose::Growth).unwrap();
    drop(log);
    assert_eq!(
        open(dir.path(), Disk::default()).unwrap().1.len(),
        written + 1
    );
}

/// A signal comes each time that room is asked for first.
#[derive(Debug, Default)]
struct Signals(std::sync::atomic::AtomicBool);

impl Faults for Signals {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        let asks = matches!(operation, Operation::Allocate { .. });
        let is_first = asks && !self.0.fetch_xor(true, std::sync::atomic::Ordering::Relaxed);
        is_first.then_some(Fault::Refuse(EINTR))
    }
}

#[test]
fn a_signal_is_no_failure_of_the_disk() {
    let dir = folder();
    let disk = || Disk::failing(Arc::new(Signals::default()));
    let (mut log, _) = open(dir.path(), disk()).unwrap();
    assert!(!log.is_tight(), "the reserve was made");
    // Large enough that its room is set aside.
    let large = vec![7; 128 << 10];
    log.append(&large, Purpose::Growth).unwrap();
    drop(log);
    assert_eq!(open(dir.path(), disk()).unwrap().1, [large]);
}

/// Notes when names become durable, and when they go.
#[derive(Debug, Default)]
struct Order(Mutex<Vec<&'static str>>);

impl Faults for Order {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        let noted = match operation {
            Operation::SyncFolder { .. } => "sync",
            Operation::Remove { .. } => "remove",
            _ => return None,
        };
        self.0.lock().unwrap().push(noted);
        None
    }
}

/// What makes them leftovers is a name too, which somebody gave a file before being killed.
#[test]
fn leftovers_are_removed_once_the_names_that_are_there_are_durable() {
    let dir = folder();
    let (mut log, _) = open(dir.path(), Disk::default()).unwrap();
    while log.active_segment() < 4 {
        log.append(&[7; 500], Purpose::Growth).unwrap();
    }
    drop(log);
    let order = Arc::new(Order::default());
    let disk = Disk::failing(order.clone());
    let log = Log::open(dir.path(), options(disk), 3, |_| Ok(())).unwrap();
    assert_eq!(log.segments().next().map(|(id, _)| id), Some(3));
    let noted = order.0.lock().unwrap();
    assert_eq!(noted[..3], ["sync", "remove", "remove"]);
}

/// A last frame that had been acknowledged is no torn write, whatever is left of it.
#[test]
fn damage_in_the_last_frame_is_told_from_a_torn_write() {
    let dir = folder();
    let path = dir.path().join(format!("{:016x}.log", 1));
    let (mut log, _) = open(dir.path(), Disk::default()).unwrap();
    log.append(b"one", Purpose::Growth).unwrap();
    let start = log.segments().last().unwrap().1 as usize;
    log.append(b"two", Purpose::Growth).unwrap();
    let end = log.segments().last().unwrap().1 as usize;
    drop(log);
    let whole = fs::read(&path).unwrap();
    for at in start..end {
        let mut zeroed = whole.clone();
        zeroed[at..].fill(0);
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        for damaged in [&whole[..at], &zeroed, &flipped] {
            if damaged == whole {
                continue;
            }
            fs::write(&path, damaged).unwrap();
            let error = open(dir.path(), Disk::default()).unwrap_err();
            let LogError::Corrupt { offset, reason, .. } = &error else {
                panic!("{error:?}");
            };
            assert_eq!(*offset, start as u64);
            assert_eq!(reason, "the last 1 acknowledged write cannot be read");
            assert_eq!(fs::read(&path).unwrap(), damaged, "nothing is changed");
        }
    }
    // Given up on request, with a copy of what there was.
    let mut found = Vec::new();
    let salvage = LogOptions {
        salvage: true,
        ..options(Disk::default())
    };
    let damaged = fs::read(&path).unwrap();
    let take = |frame: wharf_wal::Replayed<'_>| {
        found.push(frame.payload.to_vec());
        Ok(())
    };
    let mut log = Log::open(dir.path(), salvage, 1, take).unwrap();
    assert!(log.cut().unwrap().damage.is_some());
    log.append(b"three", Purpose::Growth).unwrap();
    drop(log);
    assert_eq!(found, [b"one"]);
    assert_eq!(
        fs::read(path.with_added_extension("damaged")).unwrap(),
        damaged
    );
    let (log, found) = open(dir.path(), Disk::default()).unwrap();
    assert_eq!(found, [b"one".to_vec(), b"three".to_vec()]);
    assert_eq!(log.cut(), None);
}

#[test]
fn a_torn_write_is_cut_and_said() {
    let dir = folder();
    let (mut log, _) = open(dir.path(), Disk::default()).unwrap();
    log.append(b"one", Purpose::Growth).unwrap();
    let end = log.segments().last().unwrap().1;
    drop(log);
    let path = dir.path().join(format!("{:016x}.log", 1));
    let mut bytes = fs::read(&path).unwrap();
    bytes[end as usize..][..20].fill(9);
    fs::write(&path, bytes).unwrap();
    let (log, found) = open(dir.path(), Disk::default()).unwrap();
    assert_eq!(found, [b"one"]);
    let cut = log.cut().unwrap();
    assert_eq!((cut.offset, cut.bytes, &cut.damage), (end, 20, &None));
}
