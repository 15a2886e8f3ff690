//! Faults as a file says, which a test changes while the program runs. Lines are
//! `OPERATION FAULT [1/N] [FOLDER]`, for example:
//!
//! ```text
//! sync eio 1/50
//! create emfile
//! write enospc 1/3 store
//! write short 1/20 journal
//! sync slow-200ms 1/5
//! ```
//! Operations are those of [`Operation`] in lower case; `FOLDER` is a folder in the file's path. The
//! file is read at each operation: no file, no faults. Only debug builds are given one.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use nix::libc;

use crate::{Fault, Faults, Operation};

pub struct FaultFile {
    path: PathBuf,
    met: AtomicU64,
}

impl fmt::Debug for FaultFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "FaultFile({})", self.path.display())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule<'a> {
    operation: &'a str,
    fault: &'a str,
    one_in: u64,
    folder: Option<&'a str>,
}

impl FaultFile {
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            met: AtomicU64::new(rand::random::<u32>().into()),
        }
    }
}

impl Faults for FaultFile {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        let text = fs::read_to_string(&self.path).ok()?;
        let (name, path) = name_and_path(operation);
        let met = self.met.fetch_add(1, Ordering::Relaxed);
        text.lines()
            .filter_map(parse)
            .filter(|rule| rule.operation == name)
            .filter(|rule| {
                rule.folder
                    .is_none_or(|folder| path.components().any(|part| part.as_os_str() == folder))
            })
            .find(|rule| met.is_multiple_of(rule.one_in))
            .and_then(|rule| make(&rule, operation))
    }
}

fn name_and_path<'a>(operation: &Operation<'a>) -> (&'static str, &'a Path) {
    match *operation {
        Operation::Create { path } => ("create", path),
        Operation::Write { path, .. } => ("write", path),
        Operation::Allocate { path, .. } => ("allocate", path),
        Operation::SetLen { path, .. } => ("set-len", path),
        Operation::Sync { path } => ("sync", path),
        Operation::Rename { to, .. } => ("rename", to),
        Operation::Remove { path } => ("remove", path),
        Operation::SyncFolder { path } => ("sync-folder", path),
    }
}

/// `None` for a line that is none.
fn parse(line: &str) -> Option<Rule<'_>> {
    let mut words = line.split_whitespace().peekable();
    let (operation, fault) = (words.next()?, words.next()?);
    let one_in = words
        .next_if(|word| word.starts_with("1/"))
        .map_or(Some(1), |word| word[2..].parse().ok())?;
    Some(Rule {
        operation,
        fault,
        one_in: one_in.max(1),
        folder: words.next(),
    })
}

fn make(rule: &Rule<'_>, operation: &Operation<'_>) -> Option<Fault> {
    Some(match rule.fault {
        "eio" => Fault::Refuse(libc::EIO),
        "enospc" => Fault::Refuse(libc::ENOSPC),
        "emfile" => Fault::Refuse(libc::EMFILE),
        "short" => {
            let Operation::Write { bytes, .. } = operation else {
                return None;
            };
            Fault::Short {
                bytes: bytes.len() / 2,
                errno: libc::EIO,
            }
        }
        slow => {
            let millis = slow.strip_prefix("slow-")?.strip_suffix("ms")?;
            std::thread::sleep(Duration::from_millis(millis.parse().ok()?));
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_decides_at_each_operation() {
        let dir = tempfile::tempdir().unwrap();
        let faults = FaultFile::new(dir.path().join("faults"));
        let sync = |path: &str| {
            faults.meet(&Operation::Sync {
                path: Path::new(path),
            })
        };
        assert_eq!(sync("/d/store/1.log"), None, "there is no file");
        fs::write(&faults.path, "nonsense\nsync eio store\n").unwrap();
        assert_eq!(sync("/d/store/1.log"), Some(Fault::Refuse(libc::EIO)));
        assert_eq!(sync("/d/journal/1.log"), None, "of another folder");
        fs::write(&faults.path, "sync eio 1/4\n").unwrap();
        let met = (0..100).filter(|_| sync("/x").is_some()).count();
        assert_eq!(met, 25);
        fs::write(&faults.path, "write short\nsync slow-1ms\n").unwrap();
        assert_eq!(sync("/x"), None, "slow is no failure");
        let write = Operation::Write {
            path: Path::new("/x"),
            offset: 0,
            bytes: &[0; 10],
        };
        let half = Fault::Short {
            bytes: 5,
            errno: libc::EIO,
        };
        assert_eq!(faults.meet(&write), Some(half));
    }
}
