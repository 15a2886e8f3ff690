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
    interest::{self, Interest},
    limits::{Budget, Metered, ScanError},
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

/// What a file says is installed.
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
    found: BTreeMap<String, Found>,
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
        let damaged =
            |error: io::Error| ScanError::Damaged(format!("the layer {digest}"), error.to_string());
        let unpacked = unpack(layer).map_err(damaged)?;
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
        for found in self.found.into_values() {
            match found {
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
    below: &'b mut BTreeMap<String, Found>,
    own: BTreeMap<String, Found>,
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
        self.own.remove(&path);
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
        if !only_inside {
            self.below.remove(path);
        }
        let inside = match path {
            "" => String::new(),
            path => format!("{path}/"),
        };
        let within = self.below.range(inside.clone()..);
        let within = within.take_while(|(key, _)| key.starts_with(&inside));
        let hidden: Vec<String> = within.map(|(key, _)| key.clone()).collect();
        for key in hidden {
            self.below.remove(&key);
        }
    }

    fn file(&mut self, entry: &Entry, path: String) -> Result<(), Failure> {
        let found = match interest::of(&path) {
            Some(interest) => self.metadata(interest, entry, &path)?,
            None if entry.mode & 0o111 != 0 => self.program(&path)?,
            None => None,
        };
        let Some(mut found) = found else {
            return Ok(());
        };
        if let Found::Packages(packages) = &mut found {
            if packages.is_empty() {
                return Ok(());
            }
            self.tar.inner().budget.packages(packages.len())?;
            for package in packages {
                package.layer = self.digest.to_owned();
            }
        }
        self.own.insert(path, found);
        Ok(())
    }

    fn metadata(
        &mut self,
        interest: Interest,
        entry: &Entry,
        path: &str,
    ) -> Result<Option<Found>, Failure> {
        let limits = &self.tar.inner().budget.limits;
        let limit = match interest {
            Interest::RpmSqlite | Interest::RpmNdb => limits.database,
            Interest::Archive => limits.archive,
            _ => limits.file,
        };
        if interest == Interest::RpmBdb {
            let what = "the package database of RPM in Berkeley DB format";
            return Ok(Some(Found::Unreadable(what)));
        }
        if entry.size > limit {
            return Err(ScanError::TooMuch(format!("{limit} bytes in /{path}")).into());
        }
        let limits = limits.clone();
        let bytes = self.tar.content()?;
        if interest == Interest::OsRelease {
            let system = System::read(&String::from_utf8_lossy(&bytes));
            return Ok(Some(Found::System(system)));
        }
        let packages = packages::read(interest, path, &bytes, &limits)?;
        let size = packages.iter().map(weight).sum();
        self.tar.inner().budget.keep(size)?;
        Ok(Some(Found::Packages(packages)))
    }

    /// A program, which may say what it was built from.
    fn program(&mut self, path: &str) -> Result<Option<Found>, Failure> {
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
        Ok(Some(Found::Packages(packages::go::read(&info, path))))
    }

    /// A second name of a file of this layer, or of one below it.
    fn link(&mut self, entry: &Entry, path: String) -> Result<(), Failure> {
        let Some(target) = entry
            .link
            .as_ref()
            .filter(|_| interest::of(&path).is_some())
        else {
            return Ok(());
        };
        let found = self.own.get(target).or_else(|| self.below.get(target));
        let copy = match found {
            Some(Found::System(system)) => Found::System(system.clone()),
            Some(Found::Packages(packages)) => {
                let named = |it: &Package| Package {
                    path: path.clone(),
                    layer: self.digest.to_owned(),
                    ..it.clone()
                };
                Found::Packages(packages.iter().map(named).collect())
            }
            Some(Found::Unreadable(what)) => Found::Unreadable(what),
            None => return Ok(()),
        };
        if let Found::Packages(packages) = &copy {
            let size = packages.iter().map(weight).sum();
            let budget = &mut self.tar.inner().budget;
            budget.packages(packages.len())?;
            budget.keep(size)?;
        }
        self.own.insert(path, copy);
        Ok(())
    }
}

/// Bytes that a package takes in memory, about.
fn weight(package: &Package) -> usize {
    let texts = [
        &package.name,
        &package.version,
        &package.arch,
        &package.source,
        &package.source_version,
        &package.path,
    ];
    texts.iter().map(|text| text.len()).sum::<usize>() + size_of::<Package>()
}

#[cfg(test)]
mod tests;
