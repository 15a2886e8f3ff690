//! Where layers lie that are read on demand, and who has them.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use wharf_lazy_layer::unmount;

use super::{
    super::{digest::Digest, layer::discard},
    User,
};

/// Where a layer lies that is read on demand.
#[derive(Debug, Clone)]
pub struct Places {
    /// In the small file system.
    pub mounts: PathBuf,
    /// On the disk.
    pub files: PathBuf,
    layers: PathBuf,
    name: String,
}

impl Places {
    pub fn of(dir: &Path, diff_id: &Digest) -> Self {
        let name = diff_id.hex().to_owned();
        Self {
            mounts: dir.join("lazy").join(&name),
            files: dir.join("spans").join(&name),
            layers: dir.join("layers"),
            name,
        }
    }

    /// What containers are told.
    pub fn shown(&self) -> PathBuf {
        self.mounts.join("at").join(&self.name)
    }

    pub fn mount(&self) -> PathBuf {
        self.mounts.join("fuse")
    }

    pub fn prepare(&self) -> io::Result<()> {
        self.remove();
        fs::create_dir_all(self.files.join("users"))?;
        fs::create_dir_all(self.mount())?;
        symlink("fuse", self.mounts.join("at"))
    }

    /// From now on the layer itself is shown. Overlays that have the mount keep it.
    pub fn turn(&self) -> io::Result<()> {
        let new = self.mounts.join("new");
        let _ = fs::remove_file(&new);
        symlink(&self.layers, &new)?;
        fs::rename(&new, self.mounts.join("at"))?;
        unmount(&self.mount())
    }

    pub fn is_turned(&self) -> bool {
        fs::read_link(self.mounts.join("at")).is_ok_and(|to| to == self.layers)
    }

    /// Nothing of it stays, but what overlays have.
    pub fn remove(&self) {
        if let Err(error) = unmount(&self.mount()) {
            tracing::warn!(%error, layer = self.name, "failed to unmount a layer that was read on demand");
        }
        for folder in [&self.mounts, &self.files] {
            if folder.exists() {
                discard(folder);
            }
        }
    }

    pub fn users(&self) -> Vec<User> {
        let entries = fs::read_dir(self.files.join("users")).into_iter().flatten();
        let user = |entry: fs::DirEntry| {
            let image = fs::read_to_string(entry.path()).ok()?;
            Some(User {
                task_id: entry.file_name().into_string().ok()?,
                image: image.try_into().ok()?,
            })
        };
        entries.filter_map(|entry| user(entry.ok()?)).collect()
    }
}

/// That a task has the layer at a path that [`Places::shown`] gave, as a part of that image.
pub fn note_user(dir: &Path, path: &Path, task_id: &str, image: &Digest) {
    let name = path.file_name().and_then(|name| name.to_str());
    if path.starts_with(dir.join("lazy"))
        && let Some(diff_id) = name.and_then(|name| Digest::from_hex(name).ok())
        && !task_id.contains('/')
    {
        // A layer that was completed needs no users.
        let users = Places::of(dir, &diff_id).files.join("users");
        let _ = fs::write(users.join(task_id), image.as_str());
    }
}
