//! Reading the layers of an image, the lowest first, each as a stream.
//!
//! What a layer hides of those below it goes: a whiteout one file or folder, an opaque folder all that
//! was in it, a file whatever was at its place. What the same layer brings itself stays.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read},
};

use tar::EntryType;

use crate::{
    gathering::Gathering,
    interest::{self, Interest},
    limits::{Budget, Cost, Kind, Metered, ScanError},
    package::{Inventory, Package, System},
    packages::{self, go::BuildInfo},
    tarball::{Entry, Tarball},
};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const ELF: [u8; 4] = [0x7f, b'E', b'L', b'F'];
/// Layers of zstd that need more memory than this to be unpacked are not: 2 to this power.
const ZSTD_WINDOW_LOG: u32 = 27;
const MAX_PATH: usize = 4096;

/// What a file says is installed, and the room that it takes.
#[derive(Debug)]
struct Kept {
    found: Found,
    cost: Cost,
}

#[derive(Debug)]
enum Found {
    System(System),
    Packages(Vec<Package>),
    /// It cannot be known what it says.
    Unreadable(&'static str),
}

/// An image that is being read.
#[derive(Debug)]
pub struct Reading {
    budget: Budget,
    found: BTreeMap<String, Kept>,
}

impl Reading {
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            found: BTreeMap::new(),
        }
    }

    /// Reads the next layer: a tar archive, which may be packed by gzip or zstd. `digest` names it.
    pub fn layer(&mut self, digest: &str, layer: impl Read) -> Result<(), ScanError> {
        let damaged = |error: io::Error| {
            let over = error
                .get_ref()
                .and_then(|it| it.downcast_ref::<ScanError>());
            let said = || ScanError::Damaged(format!("the layer {digest}"), error.to_string());
            over.cloned().unwrap_or_else(said)
        };
        let unpacked = unpack(self.budget.timed(layer)).map_err(damaged)?;
        let Self { budget, found } = self;
        let mut walk = Walk {
            tar: Tarball::new(Metered::new(unpacked, budget)),
            digest,
            below: found,
            own: BTreeMap::new(),
        };
        let outcome = walk.run();
        let own = walk.own;
        if let Some(over) = walk.tar.inner().over.take() {
            return Err(over);
        }
        match outcome {
            Ok(()) => self.found.extend(own),
            Err(Failure::Io(error)) => return Err(damaged(error)),
            Err(Failure::Scan(error)) => return Err(error),
        }
        Ok(())
    }

    /// What there is once all layers were read.
    pub fn end(self) -> Result<Inventory, ScanError> {
        let (mut system, mut packages) = (None, Vec::new());
        for kept in self.found.into_values() {
            match kept.found {
                // `/etc/os-release` comes first, and is what a system calls itself.
                Found::System(it) => system = system.or(Some(it)),
                Found::Packages(some) => packages.extend(some),
                Found::Unreadable(what) => return Err(ScanError::Unsupported(what.to_owned())),
            }
        }
        packages.sort();
        packages.dedup();
        Ok(Inventory { system, packages })
    }
}

fn unpack<'a>(layer: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut layer = BufReader::with_capacity(256 << 10, layer);
    // Never empty before the end, and the buffer is longer than any of the marks.
    let mut head = layer.fill_buf()?.to_vec();
    head.truncate(4);
    Ok(if head.starts_with(&GZIP) {
        Box::new(flate2::bufread::MultiGzDecoder::new(layer))
    } else if head.starts_with(&ZSTD) {
        let mut zstd = zstd::Decoder::with_buffer(layer)?;
        zstd.window_log_max(ZSTD_WINDOW_LOG)?;
        Box::new(zstd)
    } else {
        Box::new(layer)
    })
}

enum Failure {
    Io(io::Error),
    Scan(ScanError),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ScanError> for Failure {
    fn from(error: ScanError) -> Self {
        Self::Scan(error)
    }
}

struct Walk<'a, 'b, R> {
    tar: Tarball<Metered<'a, R>>,
    digest: &'b str,
    below: &'b mut BTreeMap<String, Kept>,
    own: BTreeMap<String, Kept>,
}

impl<R: Read> Walk<'_, '_, R> {
    fn run(&mut self) -> Result<(), Failure> {
        while let Some(entry) = self.tar.next()? {
            self.tar.inner().budget.entry()?;
            let Some(path) = entry.path.clone().filter(|it| it.len() <= MAX_PATH) else {
                continue;
            };
            self.entry(&entry, path)?;
        }
        // Compressed data behind the archive's end is nobody's file.
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, path: String) -> Result<(), Failure> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if name == ".wh..wh..opq" {
            self.hide(folder, true);
            return Ok(());
        }
        if let Some(hidden) = name.strip_prefix(".wh.") {
            let hidden = match folder {
                "" => hidden.to_owned(),
                folder => format!("{folder}/{hidden}"),
            };
            self.hide(&hidden, false);
            return Ok(());
        }
        if entry.kind == EntryType::Directory {
            return Ok(());
        }
        self.hide(&path, false);
        // Within one layer the last entry of a path counts.
        if let Some(before) = self.own.remove(&path) {
            self.tar.inner().budget.give_back(before.cost);
        }
        match entry.kind {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                self.file(entry, path)
            }
            EntryType::Link => self.link(entry, path),
            _ => Ok(()),
        }
    }

    /// Takes away what is below, at a path and inside it; or only inside it.
    fn hide(&mut self, path: &str, only_inside: bool) {
        let inside = match path {
            "" => String::new(),
            path => format!("{path}/"),
        };
        let within = self.below.range(inside.clone()..);
        let within = within.take_while(|(key, _)| key.starts_with(&inside));
        let mut hidden: Vec<String> = within.map(|(key, _)| key.clone()).collect();
        if !only_inside {
            hidden.push(path.to_owned());
        }
        for key in hidden {
            if let Some(kept) = self.below.remove(&key) {
                self.tar.inner().budget.give_back(kept.cost);
            }
        }
    }

    fn file(&mut self, entry: &Entry, path: String) -> Result<(), Failure> {
        let kept = match interest::of(&path) {
            Some(interest) => self.metadata(interest, entry, &path)?,
            None if entry.mode & 0o111 != 0 => self.program(&path)?,
            None => None,
        };
        if let Some(kept) = kept {
            self.own.insert(path, kept);
        }
        Ok(())
    }

    /// Gathers the packages of a file. One of a language that cannot be read is passed over: the
    /// packages of the system are none the less what they are.
    fn gather(
        &mut self,
        kind: Kind,
        path: &str,
        read: impl FnOnce(&mut Gathering<'_>) -> Result<(), ScanError>,
    ) -> Result<Option<Kept>, ScanError> {
        let budget = &mut *self.tar.inner().budget;
        let mut gathering = match Gathering::new(budget, kind, path, self.digest) {
            Ok(gathering) => gathering,
            Err(_) if kind == Kind::Language => return Ok(None),
            Err(error) => return Err(error),
        };
        match read(&mut gathering) {
            Ok(()) => {
                let (packages, cost) = gathering.end();
                let found = Found::Packages(packages);
                Ok(Some(Kept { found, cost }))
            }
            Err(ScanError::TooMuch(_) | ScanError::Damaged(..)) if kind == Kind::Language => {
                gathering.abandon();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What is kept of a file beside packages.
    fn keep(&mut self, kind: Kind, path: &str, found: Found) -> Result<Option<Kept>, ScanError> {
        let kept = self.gather(kind, path, |_| Ok(()))?;
        Ok(kept.map(|Kept { cost, .. }| Kept { found, cost }))
    }

    fn metadata(
        &mut self,
        interest: Interest,
        entry: &Entry,
        path: &str,
    ) -> Result<Option<Kept>, Failure> {
        let limits = &self.tar.inner().budget.limits;
        let kind = interest.kind();
        let limit = match interest {
            Interest::RpmSqlite | Interest::RpmNdb => limits.database,
            Interest::Archive => limits.archive,
            _ => limits.file,
        };
        if interest == Interest::RpmBdb {
            let what = "the package database of RPM in Berkeley DB format";
            return Ok(self.keep(kind, path, Found::Unreadable(what))?);
        }
        if entry.size > limit {
            return match kind {
                Kind::System => Err(ScanError::TooMuch(format!("{limit} bytes in /{path}")).into()),
                Kind::Language => Ok(None),
            };
        }
        let bytes = self.tar.content()?;
        if interest == Interest::OsRelease {
            let system = System::read(&String::from_utf8_lossy(&bytes));
            return Ok(self.keep(kind, path, Found::System(system))?);
        }
        Ok(self.gather(kind, path, |found| packages::read(interest, &bytes, found))?)
    }

    /// A program, which may say what it was built from.
    fn program(&mut self, path: &str) -> Result<Option<Kept>, Failure> {
        let mut head = [0; 4];
        let mut filled = 0;
        while filled < head.len() {
            match self.tar.read(&mut head[filled..])? {
                0 => return Ok(None),
                read => filled += read,
            }
        }
        if head != ELF {
            return Ok(None);
        }
        let Some(info) = BuildInfo::find(&mut self.tar)? else {
            return Ok(None);
        };
        Ok(self.gather(Kind::Language, path, |found| {
            packages::go::read(&info, found)
        })?)
    }

    /// A second name of a file of this layer, or of one below it.
    fn link(&mut self, entry: &Entry, path: String) -> Result<(), Failure> {
        let Some((interest, target)) = interest::of(&path).zip(entry.link.as_ref()) else {
            return Ok(());
        };
        let kind = interest.kind();
        let target = self.own.get(target).or_else(|| self.below.get(target));
        let copied: Vec<Package> = match target.map(|it| &it.found) {
            Some(Found::Packages(packages)) => packages.clone(),
            _ => Vec::new(),
        };
        let kept = match target.map(|it| &it.found) {
            Some(Found::System(system)) => {
                let system = system.clone();
                self.keep(kind, &path, Found::System(system))?
            }
            Some(Found::Unreadable(what)) => {
                let what = *what;
                self.keep(kind, &path, Found::Unreadable(what))?
            }
            Some(Found::Packages(_)) => self.gather(kind, &path, |found| {
                copied
                    .into_iter()
                    .try_for_each(|package| found.add(package))
            })?,
            // The content went by under a name that said nothing of it.
            None if kind == Kind::System => {
                let what = "a package database that is a link to a file of another name";
                self.keep(kind, &path, Found::Unreadable(what))?
            }
            None => None,
        };
        if let Some(kept) = kept {
            self.own.insert(path, kept);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
