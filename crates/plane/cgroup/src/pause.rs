//! Holding all processes of a group where they are, and those of the groups below it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Group, Version};

/// What holds the processes of a group, by a file of the kernel's.
#[derive(Debug, Clone)]
pub struct PauseSwitch {
    folder: PathBuf,
    version: Version,
}

impl PauseSwitch {
    /// The file that it is set by.
    pub fn file(&self) -> PathBuf {
        self.folder.join(match self.version {
            Version::V1 => "freezer.state",
            Version::V2 => "cgroup.freeze",
        })
    }

    /// What is written there.
    pub fn word(&self, paused: bool) -> &'static str {
        match (self.version, paused) {
            (Version::V1, true) => "FROZEN",
            (Version::V1, false) => "THAWED",
            (Version::V2, true) => "1",
            (Version::V2, false) => "0",
        }
    }

    /// Processes come to a stand, or go on, soon after.
    ///
    /// # Errors
    /// The group is gone, or the kernel refuses.
    pub fn set(&self, paused: bool) -> io::Result<()> {
        fs::write(self.file(), self.word(paused))
    }

    /// Whether it was set, and all processes stand still.
    ///
    /// # Errors
    /// The group is gone.
    pub fn is_paused(&self) -> io::Result<bool> {
        let read = |name: &str| fs::read_to_string(self.folder.join(name));
        Ok(match self.version {
            Version::V1 => read("freezer.state")?.trim() == "FROZEN",
            Version::V2 => read("cgroup.events")?.lines().any(|it| it == "frozen 1"),
        })
    }

    /// Whether it was set.
    ///
    /// # Errors
    /// The group is gone.
    pub fn is_set(&self) -> io::Result<bool> {
        let off = self.word(false);
        Ok(fs::read_to_string(self.file())?.trim() != off)
    }
}

impl Group {
    /// `None` where the kernel offers nothing of the kind, or the group is not there.
    pub fn pause_switch(&self) -> Option<PauseSwitch> {
        let folder = self.folder("freezer")?;
        let switch = PauseSwitch {
            folder,
            version: self.version(),
        };
        Path::new(&switch.file()).exists().then_some(switch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions() {
        for (version, file, state, on, off) in [
            (
                Version::V1,
                "freezer.state",
                "freezer.state",
                "FROZEN\n",
                "THAWED\n",
            ),
            (
                Version::V2,
                "cgroup.freeze",
                "cgroup.events",
                "populated 1\nfrozen 1\n",
                "frozen 0\n",
            ),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let switch = PauseSwitch {
                folder: dir.path().to_owned(),
                version,
            };
            assert!(switch.is_paused().is_err());
            switch.set(true).unwrap();
            assert!(switch.is_set().unwrap());
            assert_eq!(switch.file(), dir.path().join(file));
            fs::write(dir.path().join(state), on).unwrap();
            assert!(switch.is_paused().unwrap());
            switch.set(false).unwrap();
            fs::write(dir.path().join(state), off).unwrap();
            switch.set(false).unwrap();
            assert!(!switch.is_paused().unwrap() && !switch.is_set().unwrap());
        }
    }
}
