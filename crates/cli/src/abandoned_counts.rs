//! Folders in memory in which data folders of this machine had what they counted, and that are nobody's any more: somebody
//! removed the data folder without `wharf down`.
//!
//! A folder says whose it is. It goes once that data folder is not there, or is another installation's, and nothing was
//! written in it for three hours: a part of wharf that runs writes each minute, also where its data folder cannot be seen from
//! here, and of what is older nothing counts any more once the disk of the data folder is there again.

use std::{
    fs, io,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use wharf_durable::{self as durable, Durability};

/// Of a folder of counts: the path of the data folder.
const OWNER: &str = "data-folder";
const MOST_BYTES: u64 = 64 << 10;
/// Longer than any count is taken.
const UNUSED_FOR: Duration = Duration::from_secs(3 * 3600);
/// How far folders are looked into.
const DEPTH: usize = 4;

/// Says whose a folder of counts is.
pub fn mark(counts: &Path, root: &Path) {
    let path = counts.join(OWNER);
    let bytes = root.as_os_str().as_bytes();
    let is_marked = matches!(durable::read(&path, MOST_BYTES), Ok(Some(found)) if found == bytes);
    if !is_marked && let Err(error) = durable::replace(&path, bytes, Durability::Process) {
        tracing::warn!(%error, path = %path.display(), "failed to say whose a folder of counts is; it stays if its data folder is removed");
    }
}

/// Removes those below a folder that are nobody's. `has` says whether a data folder has counts of a name.
pub fn clear(
    above: &Path,
    is_own: impl Fn(&Path) -> bool,
    has: impl Fn(&Path, &str) -> bool,
    now: SystemTime,
) {
    let Ok(all) = fs::read_dir(above) else {
        return;
    };
    for entry in all.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else { continue };
        let is_of_counts = name.starts_with("wharf-") && name.contains("-counts-");
        if !is_of_counts || !is_own(&path) {
            continue;
        }
        let Ok(Some(owner)) = durable::read(&path.join(OWNER), MOST_BYTES) else {
            // An earlier version made it, or a part of wharf makes it now.
            continue;
        };
        let owner = PathBuf::from(std::ffi::OsString::from_vec(owner));
        if has(&owner, name) || !is_unused(&path, now, DEPTH) {
            continue;
        }
        match fs::remove_dir_all(&path) {
            Ok(()) => {
                tracing::info!(path = %path.display(), owner = %owner.display(), "removed counts of a data folder that is gone");
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "failed to remove counts of a data folder that is gone, the next start will retry");
            }
        }
    }
}

/// Whether nothing of it was written for long. What cannot be looked at may be in use.
fn is_unused(path: &Path, now: SystemTime, depth: usize) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else {
        return false;
    };
    let written = found.modified();
    // A clock that was set back shows what is of a time to come, which is no reason to remove it.
    let is_old = written.is_ok_and(|it| now.duration_since(it).is_ok_and(|it| it > UNUSED_FOR));
    if !is_old || !found.is_dir() {
        return is_old;
    }
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    fs::read_dir(path)
        .is_ok_and(|mut all| all.all(|it| it.is_ok_and(|it| is_unused(&it.path(), now, depth))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "wharf-abcd-counts-0123456789abcdef";

    /// A folder of counts that was written in before `ago`.
    fn counts(above: &Path, name: &str, owner: Option<&str>, ago: Duration) -> PathBuf {
        let path = above.join(name);
        fs::create_dir_all(path.join("server")).unwrap();
        fs::write(path.join("server/counts-00"), "1").unwrap();
        owner.iter().for_each(|it| mark(&path, Path::new(it)));
        let then = SystemTime::now() - ago;
        let files = [OWNER, "server/counts-00", "server", ""];
        for file in files
            .map(|it| path.join(it))
            .iter()
            .filter(|it| it.exists())
        {
            fs::File::open(file).unwrap().set_modified(then).unwrap();
        }
        path
    }

    #[test]
    fn what_is_nobodys_goes_once_nobody_writes_there() {
        let above = tempfile::tempdir().unwrap();
        let (long, short) = (2 * UNUSED_FOR, UNUSED_FOR / 2);
        let at = |name, owner, ago| counts(above.path(), name, owner, ago);
        let gone = at(NAME, Some("/gone"), long);
        let stay = [
            at("wharf-abcd-counts-1", Some("/there"), long),
            at("wharf-abcd-counts-2", None, long),
            at("wharf-abcd-counts-3", Some("/gone"), short),
            at("wharf-abcd-counts-4", Some("/others"), long),
            at("wharf-abcd-agent", Some("/gone"), long),
        ];
        // One file of it was written lately.
        let used = at("wharf-abcd-counts-5", Some("/gone"), long);
        fs::write(used.join("server/counts-00"), "2").unwrap();
        // The data folder is another installation's now.
        let anothers = at("wharf-abcd-counts-6", Some("/anew"), long);
        let is_own = |path: &Path| !path.ends_with("wharf-abcd-counts-4");
        let has = |owner: &Path, name: &str| match owner.to_str() {
            Some("/there") => name == "wharf-abcd-counts-1",
            Some("/anew") => name == "wharf-efgh-counts-6",
            _ => false,
        };
        clear(above.path(), is_own, has, SystemTime::now());
        assert!(!gone.exists() && !anothers.exists());
        assert!(used.exists() && stay.iter().all(|it| it.exists()));
        let none = above.path().join("none");
        clear(&none, |_| true, |_, _| false, SystemTime::now());
    }
}
