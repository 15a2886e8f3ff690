//! Which folder a backup may be written to: one that the caller has shown to be able to write to.
//!
//! The server writes as root, and a request only names a folder. So the caller puts a file there
//! first, its proof, and names the file and what is in it. Whoever can only send requests cannot;
//! and since the proof must belong to whom the server's own new files there belong to, no other user
//! of the machine can either, wherever they may write.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use nix::{
    fcntl::{OFlag, openat},
    sys::stat::Mode,
    unistd::{UnlinkatFlags, unlinkat},
};
use subtle::ConstantTimeEq;
use wharf_base::ids;

/// A proof's name begins so.
const PREFIX: &str = ".wharf-proof-";
/// Bytes of a secret, in hexadecimal digits.
const SECRET_DIGITS: usize = 32;

/// Shows that this process can write to a folder, for as long as it lives.
#[derive(Debug)]
pub struct Proof {
    path: PathBuf,
    /// `<name>.<secret>`, for the server.
    text: String,
}

impl Proof {
    /// Writes one into `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub fn write(dir: &Path) -> io::Result<Self> {
        use io::Write;
        fs::create_dir_all(dir)?;
        let (id, secret) = (ids::hex16(), ids::hex32());
        let path = dir.join(format!("{PREFIX}{id}"));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let proof = Self {
            path,
            text: format!("{id}.{secret}"),
        };
        file.write_all(secret.as_bytes())?;
        Ok(proof)
    }

    /// What the server wants to see.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Drop for Proof {
    fn drop(&mut self) {
        // The server has removed it if it was good.
        let _ = fs::remove_file(&self.path);
    }
}

/// Why a folder is not written to, for the one who named it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("name the folder by its whole path")]
    NoPath,
    #[error("{}: {source}", dir.display())]
    Folder { dir: PathBuf, source: io::Error },
    #[error("the folder lies in the data folder, of which it is to be a copy")]
    Inside,
    #[error("nothing in the folder shows that you can write to it; `wharf backup` does that")]
    Unproven,
}

/// The folder `dir`, by a path without links, if `proof` is good for it; that is spent then. `data` is
/// the data folder, in which there can be no backup.
pub fn proven(dir: &Path, proof: &str, data: &Path) -> Result<PathBuf, Refused> {
    if !dir.is_absolute() {
        return Err(Refused::NoPath);
    }
    let failed = |source| Refused::Folder {
        dir: dir.to_owned(),
        source,
    };
    // Whoever proves nothing learns nothing either, not even what there is.
    let unproven = |_: io::Error| Refused::Unproven;
    let real = fs::canonicalize(dir).map_err(unproven)?;
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let folder = nix::fcntl::open(&real, flags, Mode::empty());
    let folder = folder.map_err(|errno| unproven(errno.into()))?;
    let (id, secret) = proof.split_once('.').ok_or(Refused::Unproven)?;
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    if id.is_empty() || id.len() > SECRET_DIGITS || !hex(id) || secret.len() != SECRET_DIGITS {
        return Err(Refused::Unproven);
    }
    let name = format!("{PREFIX}{id}");
    let owner = owner_of(&folder, &name, secret).map_err(unproven)?;
    if real.starts_with(fs::canonicalize(data).map_err(failed)?) {
        return Err(Refused::Inside);
    }
    // The caller can write there; now, as who.
    if owner != own_files_owner(&folder).map_err(failed)? {
        return Err(Refused::Unproven);
    }
    let spent = unlinkat(&folder, name.as_str(), UnlinkatFlags::NoRemoveDir);
    spent.map_err(|errno| failed(errno.into()))?;
    Ok(real)
}

/// Whose the file is, if it holds the secret.
fn owner_of(folder: impl AsFd, name: &str, secret: &str) -> io::Result<u32> {
    // What is no file must not keep us.
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let mut file = File::from(openat(folder, name, flags, Mode::empty())?);
    let about = file.metadata()?;
    if !about.is_file() || about.nlink() != 1 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut found = Vec::new();
    file.by_ref()
        .take(SECRET_DIGITS as u64 + 1)
        .read_to_end(&mut found)?;
    match bool::from(found.as_slice().ct_eq(secret.as_bytes())) {
        true => Ok(about.uid()),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// To whom a file belongs that this process makes in the folder: itself, unless the file system maps
/// users, as NFS does with root.
fn own_files_owner(folder: impl AsFd) -> io::Result<u32> {
    let name = format!("{PREFIX}{}", ids::hex16());
    let flags =
        OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_WRONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    let file = openat(folder.as_fd(), name.as_str(), flags, mode)?;
    let about = nix::sys::stat::fstat(&file);
    unlinkat(folder.as_fd(), name.as_str(), UnlinkatFlags::NoRemoveDir)?;
    Ok(about?.st_uid)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct World {
        root: tempfile::TempDir,
        data: PathBuf,
        dir: PathBuf,
    }

    fn world() -> World {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().canonicalize().unwrap();
        let (data, dir) = (path.join("data"), path.join("backup"));
        fs::create_dir(&data).unwrap();
        World { root, data, dir }
    }

    #[test]
    fn a_proof_is_good_once() {
        let World { root, data, dir } = world();
        let proof = Proof::write(&dir).unwrap();
        assert_eq!(proven(&dir, proof.text(), &data).unwrap(), dir);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0, "nothing is left");
        assert!(matches!(
            proven(&dir, proof.text(), &data),
            Err(Refused::Unproven)
        ));
        // The path that counts is the one without links.
        let link = root.path().join("link");
        symlink(&dir, &link).unwrap();
        let proof = Proof::write(&link).unwrap();
        assert_eq!(proven(&link, proof.text(), &data).unwrap(), dir);
    }

    #[test]
    fn without_a_proof_nothing_is_written_to() {
        let World {
            data,
            dir,
            root: _kept,
        } = world();
        fs::create_dir(&dir).unwrap();
        let secret = "0".repeat(SECRET_DIGITS);
        fs::write(dir.join("elsewhere"), &secret).unwrap();
        symlink("elsewhere", dir.join(format!("{PREFIX}aa"))).unwrap();
        fs::hard_link(dir.join("elsewhere"), dir.join(format!("{PREFIX}bb"))).unwrap();
        fs::create_dir(dir.join(format!("{PREFIX}cc"))).unwrap();
        nix::unistd::mkfifo(&dir.join(format!("{PREFIX}dd")), Mode::S_IRWXU).unwrap();
        for id in [
            "aa",
            "bb",
            "cc",
            "dd",
            "ee",
            "",
            "../elsewhere",
            "/etc/passwd",
        ] {
            let proof = format!("{id}.{secret}");
            let refused = proven(&dir, &proof, &data);
            assert!(
                matches!(refused, Err(Refused::Unproven)),
                "{id}: {refused:?}"
            );
        }
        for proof in ["", "aa", "aa.", ".", &secret] {
            assert!(proven(&dir, proof, &data).is_err(), "{proof}");
        }
        let proof = Proof::write(&dir).unwrap();
        let (id, _) = proof.text().split_once('.').unwrap();
        assert!(proven(&dir, &format!("{id}.{secret}"), &data).is_err());
        assert!(proof.path.exists(), "a wrong secret spends nothing");
    }

    #[test]
    fn a_proof_of_another_user_is_none() {
        let World {
            data,
            dir,
            root: _kept,
        } = world();
        let proof = Proof::write(&dir).unwrap();
        let other = nix::unistd::Uid::from_raw(65_533);
        if nix::unistd::chown(&proof.path, Some(other), None).is_err() {
            // Only root can give files away; the checks run as root.
            return;
        }
        assert!(matches!(
            proven(&dir, proof.text(), &data),
            Err(Refused::Unproven)
        ));
    }

    #[test]
    fn the_data_folder_holds_no_backup() {
        let World {
            data, root: _kept, ..
        } = world();
        for dir in [data.clone(), data.join("server/below")] {
            let proof = Proof::write(&dir).unwrap();
            let refused = proven(&dir, proof.text(), &data);
            assert!(matches!(refused, Err(Refused::Inside)), "{refused:?}");
        }
        assert!(matches!(
            proven(Path::new("backup"), "", &data),
            Err(Refused::NoPath)
        ));
    }
}
