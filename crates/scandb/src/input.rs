//! Reading what is published: a record of OSV, an archive of them as <https://osv.dev> has one for each
//! ecosystem, a folder of both, or the data of Debian's security tracker.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::{Path, PathBuf},
};

use wharf_scan::{
    About, Advisory,
    advisory::{self, MAX_RECORD, Published},
    debian,
};
use zip::ZipArchive;

use crate::{DataError, at};

/// Files in one archive or folder: all of OSV is some hundred thousand.
const MAX_FILES: usize = 5_000_000;

/// What was read.
pub(crate) enum Said {
    About(Box<(About, Advisory)>),
    /// A record is about nothing else any more.
    Record(String),
    /// Debian's tracker, which says all it knows.
    Tracker,
}

/// Calls `each` for all that is in a file or folder.
pub(crate) fn read(
    path: &Path,
    each: &mut dyn FnMut(Said) -> Result<(), DataError>,
) -> Result<(), DataError> {
    if !path.is_dir() {
        return file(path, each);
    }
    let mut open = vec![path.to_owned()];
    let mut files = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).map_err(at(&folder))? {
            let entry = entry.map_err(at(&folder))?;
            let kind = entry.file_type().map_err(at(entry.path()))?;
            let ending = entry.path().extension().map(|it| it.to_owned());
            let known = ending.is_some_and(|it| it == "json" || it == "zip");
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() && known {
                files += 1;
                if files > MAX_FILES {
                    return Err(unknown(path, "it has too many files"));
                }
                file(&entry.path(), each)?;
            }
        }
    }
    Ok(())
}

fn unknown(path: &Path, why: impl ToString) -> DataError {
    DataError::Unknown(PathBuf::from(path), why.to_string())
}

fn file(path: &Path, each: &mut dyn FnMut(Said) -> Result<(), DataError>) -> Result<(), DataError> {
    let mut file = File::open(path).map_err(at(path))?;
    let mut head = [0; 4];
    let length = file.read(&mut head).map_err(at(path))?;
    file.rewind().map_err(at(path))?;
    if head[..length].starts_with(b"PK") {
        return archive(path, file, each);
    }
    let size = file.metadata().map_err(at(path))?.len();
    if size <= MAX_RECORD {
        let mut bytes = Vec::new();
        let mut limited = (&file).take(MAX_RECORD + 1);
        limited.read_to_end(&mut bytes).map_err(at(path))?;
        if let Ok(published) = advisory::osv(&bytes) {
            return say(published, each);
        }
        file.rewind().map_err(at(path))?;
    }
    tracker(path, file, each)
}

fn archive(
    path: &Path,
    file: File,
    each: &mut dyn FnMut(Said) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let bad = |error: zip::result::ZipError| unknown(path, error);
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(bad)?;
    if zip.len() > MAX_FILES {
        return Err(unknown(path, "it has too many files"));
    }
    for index in 0..zip.len() {
        let record = zip.by_index(index).map_err(bad)?;
        if !record.is_file() || !record.name().is_ok_and(|it| it.ends_with(".json")) {
            continue;
        }
        let mut bytes = Vec::new();
        let read = record.take(MAX_RECORD + 1).read_to_end(&mut bytes);
        read.map_err(at(path))?;
        if bytes.len() as u64 > MAX_RECORD {
            return Err(unknown(path, "a record in it is too long"));
        }
        let published = advisory::osv(&bytes).map_err(|error| unknown(path, error))?;
        say(published, each)?;
    }
    Ok(())
}

fn say(
    published: Published,
    each: &mut dyn FnMut(Said) -> Result<(), DataError>,
) -> Result<(), DataError> {
    match published {
        Published::Withdrawn(id) => each(Said::Record(id)),
        Published::About(found) => {
            for (about, advisory) in found {
                each(Said::Record(advisory.id.clone()))?;
                each(Said::About(Box::new((about, advisory))))?;
            }
            Ok(())
        }
    }
}

fn tracker(
    path: &Path,
    file: File,
    each: &mut dyn FnMut(Said) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let (mut outcome, mut any) = (Ok(()), false);
    let mut pass = |about, advisory| {
        any = true;
        if outcome.is_ok() {
            outcome = each(Said::About(Box::new((about, advisory))));
        }
    };
    debian::tracker(BufReader::new(file), &mut pass).map_err(|error| unknown(path, error))?;
    outcome?;
    // It takes the place of all that the tracker said before.
    if !any {
        return Err(unknown(path, "it says nothing of any release"));
    }
    each(Said::Tracker)
}
