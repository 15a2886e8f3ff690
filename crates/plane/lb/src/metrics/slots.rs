//! The memory of counters: a file that is mapped, so that what was counted is there for the process after this one,
//! whatever this one dies of. It is not written to a disk on purpose; only the death of the machine takes it along.
//!
//! The file is a row of slots, each with the names of what is counted in it. Cells only grow while their slot is
//! used; how much of them was told is kept apart ([`super::ledger`]). Without a file, or where it has no more room,
//! counters are in memory of this process alone.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, Read},
    os::{fd::AsFd as _, unix::fs::OpenOptionsExt as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use memmap2::{MmapOptions, MmapRaw};
use nix::{
    errno::Errno,
    fcntl::{FallocateFlags, fallocate},
};
use parking_lot::Mutex;

/// Another whenever the layout of slots changes: what another version of wharf counted is then not understood.
const MAGIC: u64 = 0x7768_6172_6601_0003;
const WORD: usize = 8;
/// Of the file: the magic number, and whether what was told of it is unknown.
const HEADER: usize = 2;
const UNKNOWN: usize = 1;
/// Of a name, with the length in front.
const NAME: usize = 33;
const NAME_BYTES: usize = (NAME - 1) * WORD;
/// Of a slot: its kind, how it is used, its own name, and two places for that of its owner.
const HEAD: usize = 2 + 3 * NAME;
/// What the mapping may grow to: 70,000 groups. It takes no memory before it is used.
const MOST_BYTES: usize = 1 << 30;
/// By so much the file grows.
const STEP_BYTES: usize = 256 << 10;
const UNUSED: u64 = 0;

/// What is counted in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Balancer,
    Group,
}

impl Kind {
    fn word(self) -> u64 {
        match self {
            Self::Balancer => 1,
            Self::Group => 2,
        }
    }

    fn of(word: u64) -> Option<Self> {
        [Self::Balancer, Self::Group]
            .into_iter()
            .find(|it| it.word() == word)
    }

    pub fn cells(self) -> usize {
        match self {
            Self::Balancer => super::counters::BALANCER_CELLS,
            Self::Group => super::counters::GROUP_CELLS,
        }
    }
}

/// The mapped file.
#[derive(Debug)]
pub struct Region {
    map: MmapRaw,
    file: File,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Words that have slots.
    end: usize,
    /// Words that the file has.
    backed: usize,
    /// Zeroed slots that nobody uses.
    free: Vec<(Kind, usize)>,
    /// Nobody counts in them any more, and all was taken; with what was told of them.
    left: Vec<(Kind, usize, Vec<u64>)>,
    /// Marked as unused in the file; what was told of them may still be written down.
    unused: Vec<(Kind, usize)>,
    is_full: bool,
}

impl Region {
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(path)?;
        let map = MmapOptions::new().len(MOST_BYTES).map_raw(&file)?;
        let region = Self {
            map,
            file,
            state: Mutex::new(State {
                end: HEADER,
                backed: 0,
                free: Vec::new(),
                left: Vec::new(),
                unused: Vec::new(),
                is_full: false,
            }),
        };
        region.back(&mut region.state.lock(), HEADER)?;
        region.words(0, HEADER)[0].store(MAGIC, Ordering::Release);
        Ok(region)
    }

    /// Has the file reach so many words. Its blocks are there from then on: no write to them can fail.
    fn back(&self, state: &mut State, words: usize) -> io::Result<()> {
        if words <= state.backed {
            return Ok(());
        }
        let bytes = (words * WORD).next_multiple_of(STEP_BYTES);
        if bytes > MOST_BYTES {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let length = i64::try_from(bytes).map_err(io::Error::other)?;
        // A signal may come in between.
        while let Err(error) = fallocate(self.file.as_fd(), FallocateFlags::empty(), 0, length) {
            if error != Errno::EINTR {
                return Err(error.into());
            }
        }
        state.backed = bytes / WORD;
        Ok(())
    }

    fn words(&self, at: usize, len: usize) -> &[AtomicU64] {
        assert!((at + len) * WORD <= MOST_BYTES, "slots lie in the mapping");
        let start = self.map.as_mut_ptr().cast::<AtomicU64>();
        // SAFETY: `memmap2` has no safe access to memory that another process may read meanwhile. The mapping is
        // page-aligned, `MOST_BYTES` long (asserted above) and lives as long as `self`; all bits are a valid number, and
        // words are only ever reached as atomics. Whoever asks for words was given them by `back`, so the file has
        // blocks for them in memory, and an access cannot fail. Only root may cut the file short, which ends this
        // process by a signal (SIGBUS) and breaks no rule of the language.
        unsafe { std::slice::from_raw_parts(start.add(at), len) }
    }

    /// Slots to which nobody adds any more, with what was told of them.
    pub fn left(&self) -> Vec<(usize, Vec<u64>)> {
        let state = self.state.lock();
        let left = state.left.iter();
        left.map(|(_, at, told)| (*at, told.clone())).collect()
    }

    /// What was told could not be written down: the process after this one is not to take what is here, which it might
    /// tell a second time.
    pub fn distrust(&self) {
        self.words(UNKNOWN, 1)[0].store(1, Ordering::Release);
    }

    /// All that was told of these slots, which were in [`Region::left`], is written down, and nothing of those that had left before.
    pub fn settle(&self, written: &[usize]) {
        self.words(UNKNOWN, 1)[0].store(0, Ordering::Release);
        let mut state = self.state.lock();
        let State {
            free, left, unused, ..
        } = &mut *state;
        for (kind, at) in unused.drain(..) {
            for cell in self.words(at + HEAD, kind.cells()) {
                cell.store(0, Ordering::Relaxed);
            }
            free.push((kind, at));
        }
        // Some may have left since.
        left.retain(|(kind, at, _)| {
            let is_written = written.contains(at);
            if is_written {
                self.words(*at, HEAD)[1].store(UNUSED, Ordering::Release);
                unused.push((*kind, *at));
            }
            !is_written
        });
    }

    fn allocate(&self, kind: Kind) -> Option<usize> {
        let mut state = self.state.lock();
        if let Some(found) = state.free.iter().position(|it| it.0 == kind) {
            return Some(state.free.swap_remove(found).1);
        }
        let at = state.end;
        let end = at + HEAD + kind.cells();
        match self.back(&mut state, end) {
            Ok(()) => {
                state.end = end;
                Some(at)
            }
            Err(error) => {
                if !std::mem::replace(&mut state.is_full, true) {
                    tracing::warn!(%error, "failed to keep counters of load balancers outside of this process; those of new ones are lost if it is killed");
                }
                None
            }
        }
    }
}

/// The cells of a load balancer or of a group, and how much of each was told.
#[derive(Debug)]
pub struct Slot {
    memory: Memory,
    told: Box<[AtomicU64]>,
}

#[derive(Debug)]
enum Memory {
    Own(Box<[AtomicU64]>),
    Mapped {
        region: Arc<Region>,
        kind: Kind,
        at: usize,
    },
}

impl Slot {
    /// In the memory of this process.
    pub fn own(kind: Kind) -> Self {
        Self::with(vec![0; kind.cells()], vec![0; kind.cells()])
    }

    /// Cells as a process before this one left them.
    pub fn with(cells: Vec<u64>, told: Vec<u64>) -> Self {
        Self {
            memory: Memory::Own(cells.into_iter().map(AtomicU64::new).collect()),
            told: told.into_iter().map(AtomicU64::new).collect(),
        }
    }

    /// In the region, if it has room, under a name.
    pub fn of(region: Option<&Arc<Region>>, kind: Kind, name: &str) -> Self {
        let mapped = region.filter(|_| name.len() <= NAME_BYTES);
        let mapped = mapped.and_then(|it| Some((it, it.allocate(kind)?)));
        let Some((region, at)) = mapped else {
            return Self::own(kind);
        };
        let head = region.words(at, HEAD);
        write_name(&head[2..2 + NAME], name);
        head[2 + NAME].store(0, Ordering::Relaxed);
        head[0].store(kind.word(), Ordering::Release);
        head[1].store(1, Ordering::Release);
        Self {
            memory: Memory::Mapped {
                region: Arc::clone(region),
                kind,
                at,
            },
            told: (0..kind.cells()).map(|_| AtomicU64::default()).collect(),
        }
    }

    /// Names the owner of what is counted from now on.
    pub fn belongs_to(&self, owner: &str) {
        let Memory::Mapped { region, at, .. } = &self.memory else {
            return;
        };
        let head = region.words(*at, HEAD);
        // The place that is not in use, so that a kill finds one of the two owners.
        let next = 3 - head[1].load(Ordering::Relaxed).clamp(1, 2);
        let place = place_of_owner(next);
        write_name(&head[place..place + NAME], owner);
        head[1].store(next, Ordering::Release);
    }

    pub fn cell(&self, index: usize) -> &AtomicU64 {
        match &self.memory {
            Memory::Own(cells) => &cells[index],
            Memory::Mapped { region, kind, at } => &region.words(at + HEAD, kind.cells())[index],
        }
    }

    /// By how much a cell has grown since this was last asked.
    pub fn grown(&self, index: usize) -> u64 {
        let all = self.cell(index).load(Ordering::Relaxed);
        let told = self.told[index].load(Ordering::Relaxed);
        if all != told {
            self.told[index].store(all, Ordering::Relaxed);
        }
        all.saturating_sub(told)
    }

    /// Where it is in the file, if it is there, and what was told of it.
    pub fn told(&self) -> Option<(usize, Vec<u64>)> {
        match &self.memory {
            Memory::Own(_) => None,
            Memory::Mapped { at, .. } => Some((*at, self.all_told())),
        }
    }

    fn all_told(&self) -> Vec<u64> {
        let told = self.told.iter();
        told.map(|it| it.load(Ordering::Relaxed)).collect()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Memory::Mapped { region, kind, at } = &self.memory {
            let told = self.all_told();
            region.state.lock().left.push((*kind, *at, told));
        }
    }
}

fn place_of_owner(used: u64) -> usize {
    match used {
        2 => 2 + 2 * NAME,
        _ => 2 + NAME,
    }
}

/// The length last: a name is there whole or not at all.
fn write_name(place: &[AtomicU64], name: &str) {
    place[0].store(0, Ordering::Release);
    let name = name.as_bytes().get(..NAME_BYTES).unwrap_or(name.as_bytes());
    for (word, bytes) in place[1..].iter().zip(name.chunks(WORD)) {
        let mut all = [0; WORD];
        all[..bytes.len()].copy_from_slice(bytes);
        word.store(u64::from_ne_bytes(all), Ordering::Relaxed);
    }
    place[0].store(name.len() as u64, Ordering::Release);
}

fn read_name(place: &[u64]) -> Option<String> {
    let length = usize::try_from(place[0]).ok()?;
    let bytes: Vec<u8> = place[1..].iter().flat_map(|it| it.to_ne_bytes()).collect();
    String::from_utf8(bytes.get(..length)?.to_vec()).ok()
}

/// A slot that a process before this one used.
#[derive(Debug, PartialEq)]
pub struct Found {
    pub at: usize,
    pub kind: Kind,
    pub name: String,
    /// Empty if there was none.
    pub owner: String,
    pub cells: Vec<u64>,
}

/// The slots of a file that a process before this one left. One that is no such file has none.
pub fn read(path: &Path) -> io::Result<Vec<Found>> {
    let mut file = BufReader::new(File::open(path)?.take(MOST_BYTES as u64));
    let mut found = Vec::new();
    let Some(header) = words(&mut file, HEADER)?.filter(|it| it[0] == MAGIC) else {
        return Ok(found);
    };
    if header[UNKNOWN] != 0 {
        tracing::warn!(path = %path.display(), "left out what load balancers had counted: it is not known how much of it was told");
        return Ok(found);
    }
    let mut at = HEADER;
    while let Some(head) = words(&mut file, HEAD)?
        && let Some(kind) = Kind::of(head[0])
        && let Some(cells) = words(&mut file, kind.cells())?
    {
        let owner = place_of_owner(head[1]);
        let names = (
            read_name(&head[2..2 + NAME]),
            read_name(&head[owner..owner + NAME]),
        );
        if head[1] != UNUSED
            && let (Some(name), Some(owner)) = names
        {
            found.push(Found {
                at,
                kind,
                name,
                owner,
                cells,
            });
        }
        at += HEAD + kind.cells();
    }
    Ok(found)
}

/// The next words of a file; `None` if it has not so many.
fn words(file: &mut impl Read, count: usize) -> io::Result<Option<Vec<u64>>> {
    let mut bytes = vec![0; count * WORD];
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let words = bytes.chunks_exact(WORD).map(|it| {
        let mut word = [0; WORD];
        word.copy_from_slice(it);
        u64::from_ne_bytes(word)
    });
    Ok(Some(words.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_found_with_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let region = Arc::new(Region::create(&path).unwrap());
        let balancer = Slot::of(Some(&region), Kind::Balancer, "arn:b");
        let group = Slot::of(Some(&region), Kind::Group, "arn:g");
        balancer.cell(0).fetch_add(7, Ordering::Relaxed);
        assert_eq!((balancer.grown(0), balancer.grown(0)), (7, 0));
        for owner in ["one", "another", "the third of them"] {
            group.belongs_to(owner);
        }
        group
            .cell(Kind::Group.cells() - 1)
            .fetch_add(1, Ordering::Relaxed);
        let found = read(&path).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|it| (it.name.as_str(), it.owner.as_str()))
            .collect();
        assert_eq!(names, [("arn:b", ""), ("arn:g", "the third of them")]);
        assert_eq!(found[0].cells[0], 7);
        assert_eq!(found[1].cells.last(), Some(&1));
    }

    #[test]
    fn a_slot_is_used_again_once_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let region = Arc::new(Region::create(&path).unwrap());
        let first = Slot::of(Some(&region), Kind::Balancer, "a");
        first.cell(1).fetch_add(3, Ordering::Relaxed);
        first.grown(1);
        let (at, _) = first.told().unwrap();
        drop(first);
        assert_eq!(region.left()[0].1[1], 3);
        region.settle(&[]);
        assert_eq!(read(&path).unwrap().len(), 1, "it is not written down");
        region.settle(&[at]);
        assert_eq!(read(&path).unwrap(), []);
        let second = Slot::of(Some(&region), Kind::Balancer, "b");
        assert_ne!(second.told().unwrap().0, at, "it may still be written down");
        region.settle(&[]);
        let third = Slot::of(Some(&region), Kind::Balancer, "c");
        assert_eq!(third.told().unwrap().0, at);
        assert_eq!(third.cell(1).load(Ordering::Relaxed), 0);
        assert_eq!(read(&path).unwrap().len(), 2);
    }

    #[test]
    fn what_may_have_been_told_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let region = Arc::new(Region::create(&path).unwrap());
        let _slot = Slot::of(Some(&region), Kind::Balancer, "a");
        region.distrust();
        assert_eq!(read(&path).unwrap(), []);
        region.settle(&[]);
        assert_eq!(read(&path).unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_ends_early_has_the_slots_before_that() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let region = Arc::new(Region::create(&path).unwrap());
        let slots = ["a", "b"].map(|it| Slot::of(Some(&region), Kind::Group, it));
        let (at, _) = slots[1].told().unwrap();
        // Of a copy: where the file itself is cut short, the kernel ends who has it mapped.
        let bytes = std::fs::read(&path).unwrap();
        for (length, slots) in [(0, 0), (3, 0), (at * WORD, 1), ((at + HEAD) * WORD + 5, 1)] {
            let copy = folder.path().join("copy");
            std::fs::write(&copy, &bytes[..length]).unwrap();
            assert_eq!(read(&copy).unwrap().len(), slots, "{length}");
        }
    }

    #[test]
    fn names_that_are_too_long_and_files_of_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts");
        let region = Arc::new(Region::create(&path).unwrap());
        let long = Slot::of(Some(&region), Kind::Balancer, &"x".repeat(300));
        assert_eq!(long.told(), None);
        std::fs::write(&path, b"something else").unwrap();
        assert_eq!(read(&path).unwrap(), []);
    }
}
