//! What is measured of stretches that have not ended, for the agent after this one: in a file that is replaced after each
//! look, so that it holds all sums as they were after one look. It is in memory, and ends with the machine.
//!
//! Where it cannot be replaced it is removed. The next agent would go on from counters that are older than what this one
//! told, and tell some of it again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use wharf_durable::{self as durable, Durability};

/// Some hundred bytes a container, and stretches that have just ended.
const MOST_BYTES: u64 = 256 << 20;

/// The file of a node; the default is none.
#[derive(Debug, Default)]
pub struct Kept {
    path: Option<PathBuf>,
    /// What the file holds: on a machine without tasks it is the same second after second.
    saved: Option<Vec<u8>>,
    failing: bool,
}

impl Kept {
    /// In a folder that is there.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            path: Some(folder.join("open.json")),
            ..Self::default()
        }
    }

    /// What the agent before this one left.
    pub fn load<T: DeserializeOwned>(&self) -> Option<T> {
        let path = self.path.as_ref()?;
        durable::read_json(path, MOST_BYTES).unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to read what the agent before had measured; it is lost");
            None
        })
    }

    pub fn save<T: Serialize>(&mut self, open: &T) {
        let Some(path) = &self.path else {
            return;
        };
        let written = serde_json::to_vec(open).map_err(io::Error::from);
        if matches!(&written, Ok(bytes) if self.saved.as_ref() == Some(bytes)) {
            return;
        }
        let saved = written.and_then(|bytes| {
            durable::replace(path, &bytes, Durability::Process)?;
            Ok(bytes)
        });
        if let Err(error) = &saved {
            let _ = fs::remove_file(path);
            if !self.failing {
                tracing::warn!(%error, "failed to write down what is measured; what of it is not told is lost if the agent is killed");
            }
        }
        self.failing = saved.is_err();
        self.saved = saved.ok();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn one_that_cannot_be_replaced_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let mut kept = Kept::in_folder(dir.path());
        assert_eq!(kept.load::<Vec<u32>>(), None);
        kept.save(&[1, 2]);
        assert_eq!(kept.load::<Vec<u32>>().unwrap(), [1, 2]);
        fs::create_dir(dir.path().join("open.json.new")).unwrap();
        kept.save(&[3]);
        assert_eq!(kept.load::<Vec<u32>>(), None);
        fs::remove_dir(dir.path().join("open.json.new")).unwrap();
        kept.save(&[4]);
        assert_eq!(kept.load::<Vec<u32>>().unwrap(), [4]);
        fs::write(dir.path().join("open.json"), "[4").unwrap();
        assert_eq!(kept.load::<Vec<u32>>(), None);
    }

    #[test]
    fn what_is_there_is_not_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let (path, in_the_way) = (
            dir.path().join("open.json"),
            dir.path().join("open.json.new"),
        );
        let mut kept = Kept::in_folder(dir.path());
        let file = || fs::metadata(&path).unwrap().ino();
        kept.save(&[1, 2]);
        let first = file();
        kept.save(&[1, 2]);
        assert_eq!(file(), first);
        kept.save(&[3]);
        assert_ne!(file(), first);
        // After a failure nothing is there.
        fs::create_dir(&in_the_way).unwrap();
        kept.save(&[4]);
        fs::remove_dir(&in_the_way).unwrap();
        kept.save(&[3]);
        assert_eq!(kept.load::<Vec<u32>>().unwrap(), [3]);
    }
}
