//! `wharf keys rotate node-keyring`: another key for the files that the node on this machine seals, while
//! it runs.
//!
//! The new key goes into the keyring's file beside those before. The node's parts read that again
//! (`Keyring::follow`) and seal what is theirs anew; where none runs, this command does. Once every file
//! is under the new key and durable, the others go. Killed in between, everything opens, and the next
//! rotation ends what this one began.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use wharf_agent::instances;
use wharf_durable::{self as durable, Durability};
use wharf_link::state_purpose;
use wharf_planeproto::{Plane, wire::MAX_STATE};
use wharf_records::node::IDENTITY_PURPOSE;
use wharf_seal::{KeyId, Keyring, SEALED_FILE_HEAD, sealed_file_key};

use crate::{keyring, layout::Layout, lb, problem::Problem, roles, style::Style};

/// How long the node's parts are waited for: they look once a second, and one may be starting.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The longest of the files is that of the load balancers.
const MAX_FILE: u64 = MAX_STATE as u64 + 4096;

/// A file that a node seals, and what for.
struct SealedFile {
    path: PathBuf,
    purpose: String,
}

pub fn rotate(layout: &Layout) -> Result<(), Problem> {
    roles::require_root()?;
    roles::require_installation(layout)?;
    roles::keep_files_private();
    let keyring = open(layout)?;
    let files = [
        SealedFile {
            path: layout.node_identity(),
            purpose: IDENTITY_PURPOSE.to_owned(),
        },
        SealedFile {
            path: layout.node().join(lb::STATE_FILE),
            purpose: state_purpose(Plane::LoadBalancer),
        },
        // Keys of volumes and user data of instances.
        SealedFile {
            path: layout.node().join(instances::STATE_FILE),
            purpose: state_purpose(Plane::Machines),
        },
    ];
    let failed = |cause| Problem::caused("the node's keyring was not rotated", cause);
    let active = keyring.rotate().map_err(failed)?;
    // Held to the end: no part starts with the keys before.
    let stopped = layout.lock();
    for file in &files {
        match &stopped {
            Ok(_alone) => file.seal_anew(&keyring)?,
            Err(_runs) => file.wait_for(active)?,
        }
        file.make_durable()?;
    }
    let gone = keyring.retire().map_err(failed)?.len();
    let style = Style::of_stdout();
    println!(
        "{} What this node keeps is sealed under key {active}; keys before that are gone: {gone}.",
        style.good("Rotated."),
    );
    Ok(())
}

fn open(layout: &Layout) -> Result<Keyring, Problem> {
    let path = layout.given_node_keyring_file()?;
    // As `wharf up` decides it.
    let of_up = !layout.joined();
    let in_memory = of_up && keyring::is_protected(&layout.keyring_file());
    if in_memory || keyring::given().keyring_fd.is_some() || !path.exists() {
        return Err(Problem::other(format!(
            "there is no keyring of this node in {}: one that is given by a descriptor is rotated where it comes from, \
             and that of `wharf up` with a passphrase or a descriptor is new with each start; say where it is with --keyring-file",
            path.display()
        )));
    }
    Keyring::read(&keyring::source(path)?)
        .map_err(|cause| Problem::caused("the node's keyring cannot be opened", cause))
}

impl SealedFile {
    fn seal_anew(&self, keyring: &Keyring) -> Result<(), Problem> {
        let read = durable::read(&self.path, MAX_FILE);
        let Some(bytes) = read.map_err(Problem::file("cannot read", &self.path))? else {
            return Ok(());
        };
        let anew = keyring
            .reseal_file(&bytes, &self.purpose)
            .map_err(|cause| {
                Problem::caused(format!("{} does not open", self.path.display()), cause)
            })?;
        match anew {
            Some(anew) => durable::replace(&self.path, &anew, Durability::Machine)
                .map_err(Problem::file("cannot write", &self.path)),
            None => Ok(()),
        }
    }

    /// Waits until the part whose file it is has sealed it anew.
    fn wait_for(&self, active: KeyId) -> Result<(), Problem> {
        let began = Instant::now();
        while self.sealed_under()?.is_some_and(|key| key != active) {
            if began.elapsed() > PATIENCE {
                return Err(Problem::other(format!(
                    "{} is not sealed under the new key yet: the part of wharf that keeps it does not follow. Both keys count; \
                     run this again once the node works, or while it is stopped",
                    self.path.display()
                )));
            }
            sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// `None` if there is no such file, or it is not sealed.
    fn sealed_under(&self) -> Result<Option<KeyId>, Problem> {
        let failed = Problem::file("cannot read", &self.path);
        match head(&self.path) {
            Ok(head) => Ok(sealed_file_key(&head)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// The keys before may only go when no power cut brings the file before back.
    fn make_durable(&self) -> Result<(), Problem> {
        let sync = || match File::open(&self.path) {
            Ok(file) => {
                file.sync_all()?;
                let folder = self.path.parent().unwrap_or(Path::new("."));
                File::open(folder)?.sync_all()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        sync().map_err(Problem::file("cannot sync", &self.path))
    }
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(SEALED_FILE_HEAD);
    let file = File::open(path)?;
    file.take(SEALED_FILE_HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}
