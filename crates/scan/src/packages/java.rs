//! Archives of Java: what Maven wrote into them, else what their manifest or their name says; and the
//! archives inside them.

use std::io::{Cursor, Read};

use memchr::memmem;
use zip::ZipArchive;

use crate::{
    gathering::Gathering,
    interest,
    limits::ScanError,
    package::{Manager, Package},
};

/// A WAR within an EAR has JARs within it; nobody nests them deeper.
const DEPTH: usize = 4;
/// Files in one archive.
const MAX_FILES: usize = 200_000;
/// `pom.properties` and manifests, in bytes.
const MAX_METADATA: u64 = 1 << 20;

/// What each file has in an archive's directory.
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";

pub(super) fn archive(bytes: &[u8], found: &mut Gathering<'_>) -> Result<(), ScanError> {
    let limit = found.limits().archive;
    let name = found.path();
    let mut archives = Archives {
        room: limit,
        limit,
        found,
    };
    archives.read(bytes, name, 0)
}

struct Archives<'a, 'b> {
    /// Bytes that may still be unpacked.
    room: u64,
    limit: u64,
    found: &'a mut Gathering<'b>,
}

impl Archives<'_, '_> {
    fn read(&mut self, bytes: &[u8], name: &str, depth: usize) -> Result<(), ScanError> {
        // Counted before the directory is read, which would keep each of them. Those of archives that
        // are stored in this one count too.
        let files = memmem::find_iter(bytes, DIRECTORY_ENTRY).take(MAX_FILES + 1);
        if depth >= DEPTH || files.count() > MAX_FILES {
            return Err(ScanError::TooMuch(format!(
                "{DEPTH} archives within each other or {MAX_FILES} files in /{}",
                self.found.path()
            )));
        }
        // A file that is no archive is no package either.
        let Ok(mut zip) = ZipArchive::new(Cursor::new(bytes)) else {
            return Ok(());
        };
        let before = self.found.len();
        let mut manifest = None;
        for index in 0..zip.len() {
            self.found.time()?;
            let name = zip.name_for_index(index).and_then(Result::ok);
            let Some(file) = name.map(|it| it.into_owned()) else {
                continue;
            };
            if file.ends_with("/pom.properties") && file.starts_with("META-INF/maven/") {
                if let Some(text) = self.take(&mut zip, index, MAX_METADATA)? {
                    self.pom(&String::from_utf8_lossy(&text))?;
                }
            } else if file == "META-INF/MANIFEST.MF" {
                manifest = self.take(&mut zip, index, MAX_METADATA)?;
            } else if interest::is_archive(&file)
                && let Some(inner) = self.take(&mut zip, index, self.limit)?
            {
                self.read(&inner, &file, depth + 1)?;
            }
        }
        if self.found.len() == before {
            let manifest = manifest.unwrap_or_default();
            self.by_manifest(&String::from_utf8_lossy(&manifest), name)?;
        }
        Ok(())
    }

    /// A file of the archive; `None` if it does not unpack.
    fn take(
        &mut self,
        zip: &mut ZipArchive<Cursor<&[u8]>>,
        index: usize,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, ScanError> {
        let Ok(file) = zip.by_index(index) else {
            return Ok(None);
        };
        let limit = limit.min(self.room);
        let mut bytes = Vec::new();
        let read = file.take(limit + 1).read_to_end(&mut bytes);
        // What was unpacked counts, whether it is what the archive said or not.
        self.room = self.room.saturating_sub(bytes.len() as u64);
        if bytes.len() as u64 > limit {
            return Err(ScanError::TooMuch(format!(
                "{} bytes in /{}",
                self.limit,
                self.found.path()
            )));
        }
        Ok(read.is_ok().then_some(bytes))
    }

    fn pom(&mut self, text: &str) -> Result<(), ScanError> {
        let value = |wanted: &str| {
            let line = text.lines().filter_map(|line| line.split_once('='));
            let mut found = line.filter(|(key, _)| key.trim() == wanted);
            found.next().map(|(_, value)| value.trim())
        };
        if let (Some(group), Some(artifact), Some(version)) =
            (value("groupId"), value("artifactId"), value("version"))
        {
            self.add(&format!("{group}:{artifact}"), version)?;
        }
        Ok(())
    }

    fn by_manifest(&mut self, manifest: &str, file: &str) -> Result<(), ScanError> {
        let value = |wanted: &str| {
            let line = manifest.lines().filter_map(|line| line.split_once(':'));
            let mut found = line.filter(|(key, _)| *key == wanted);
            found.next().map(|(_, value)| value.trim())
        };
        let file = file.rsplit('/').next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let at = stem
            .match_indices('-')
            .find(|(at, _)| stem.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
        let (artifact, named) = match at {
            Some((at, _)) => (&stem[..at], Some(&stem[at + 1..])),
            None => (stem, None),
        };
        let version = named.or_else(|| value("Implementation-Version"));
        let version = version.or_else(|| value("Bundle-Version"));
        let group = value("Implementation-Vendor-Id").or_else(|| value("Bundle-SymbolicName"));
        if let Some(version) = version {
            let group = group.map(|it| it.split(';').next().unwrap_or(it));
            let name = match group {
                Some(group) => format!("{group}:{artifact}"),
                None => artifact.to_owned(),
            };
            self.add(&name, version)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, version: &str) -> Result<(), ScanError> {
        self.found.add(Package::new(Manager::Java, name, version))
    }
}
