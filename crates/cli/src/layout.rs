//! The data folder of an installation.
//!
//! | path | holds |
//! | --- | --- |
//! | `installation` | its 4-character id, carried by every object on the host |
//! | `settings.json` | how it was last started: port, account, region |
//! | `supervisor.lock` | held by `wharf up`, with its pid |
//! | `keyring` | the keys that seal secrets, unless `--keyring-file` puts them elsewhere; keep them apart from backups of the rest |
//! | `node-keyring` | the keys that seal secrets of the node here, unless they lie elsewhere |
//! | `server/` | store, journal, blobs, the root key (sealed) |
//! | `log/` | what the parts of wharf log |
//! | `counts/` | what the server counts that is not put yet, where no folder in memory can be used for it |
//! | `node/` | tasks, images, networks, the node's identity (sealed) |

use std::{
    fs, io,
    net::IpAddr,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, MetadataExt as _},
    },
    path::{Path, PathBuf},
    time::SystemTime,
};

use nix::{
    fcntl::{Flock, FlockArg},
    sys::statfs::{TMPFS_MAGIC, statfs},
    unistd::geteuid,
};
use serde::{Deserialize, Serialize};
use wharf_base::InstallationId;
use wharf_durable::{self as durable, Durability};
use wharf_seal::KeyringSource;
use wharf_wire::sigv4::sha256_hex;

use crate::{abandoned_counts, keyring, problem::Problem};

#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

/// How an installation was last started; other commands find it by this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub port: u16,
    pub account: String,
    pub region: String,
    /// The further address to listen on.
    #[serde(default)]
    pub listen: Option<IpAddr>,
    /// Where the keyring is; in this folder without.
    #[serde(default)]
    pub keyring: Option<PathBuf>,
    /// It was given by a descriptor, and is on no disk.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keyring_given: bool,
}

impl Settings {
    /// For AWS tools of this machine.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// For wharf's own commands: the server proves itself.
    pub fn own_endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }
}

/// Held as long as `wharf up` runs; the kernel lets go of it when the process ends, however it ends.
pub struct SupervisorLock {
    _file: Flock<fs::File>,
}

/// What a start makes before it knows whether it succeeds.
const MADE_BY_START: [&str; 7] = [
    "installation",
    "supervisor.lock",
    "node-keyring",
    "node-keyring.lock",
    "log",
    "node",
    "counts",
];

/// Where the kernel keeps files in memory, on most machines.
const IN_MEMORY: [&str; 2] = ["/run", "/dev/shm"];

/// What was not in the data folder before a start.
pub struct Fresh {
    root: PathBuf,
    absent: Vec<&'static str>,
    had_root: bool,
}

impl Fresh {
    /// Removes what the start made, for it failed and nothing of it is needed. What cannot be removed
    /// stays: the next start takes it up.
    pub fn undo(self) {
        let root = self.root.clone();
        if self.absent.contains(&"installation") {
            let _ = Layout { root }.remove_counts();
        }
        for name in self.absent {
            let path = self.root.join(name);
            let _ = match path.is_dir() {
                true => fs::remove_dir_all(&path),
                false => fs::remove_file(&path),
            };
        }
        if !self.had_root {
            // Only if it is empty.
            let _ = fs::remove_dir(&self.root);
        }
    }
}

impl Layout {
    /// The folder need not be there yet.
    pub fn new(root: &Path) -> Result<Self, Problem> {
        let root = std::path::absolute(root).map_err(Problem::file("cannot find", root))?;
        Ok(Self { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn server(&self) -> PathBuf {
        self.root.join("server")
    }

    /// What is published about vulnerabilities.
    pub fn scan_data(&self) -> PathBuf {
        self.server().join("scan-db")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub fn node(&self) -> PathBuf {
        self.root.join("node")
    }

    /// Where processes may keep what they count as they go, for those after them: in memory, until the machine ends
    /// or `wharf down` removes it. Several data folders of an installation may be on one machine.
    fn counts(&self) -> Result<[PathBuf; 2], Problem> {
        let name = self.counts_name(&self.require_installation()?);
        Ok(IN_MEMORY.map(|above| Path::new(above).join(&name)))
    }

    fn counts_name(&self, id: &InstallationId) -> String {
        // The same from one version to the next.
        let root = sha256_hex(self.root.as_os_str().as_bytes());
        format!("wharf-{id}-counts-{}", &root[..16])
    }

    /// Removes what data folders that are gone have in memory.
    pub fn clear_abandoned_counts() {
        let has = |root: &Path, name: &str| {
            let layout = Self { root: root.into() };
            match layout.installation() {
                Ok(id) => id.is_some_and(|it| layout.counts_name(&it) == name),
                // It is there, or may be.
                Err(_) => true,
            }
        };
        for above in IN_MEMORY {
            let now = SystemTime::now();
            abandoned_counts::clear(Path::new(above), is_private, has, now);
        }
    }

    /// The same of one part of wharf; `None` where no folder in memory can be used.
    pub fn counts_in_memory(&self, part: &str) -> Result<Option<PathBuf>, Problem> {
        let usable = |path: &PathBuf| {
            let above = path.parent().unwrap_or(path);
            let in_memory = statfs(above).is_ok_and(|it| it.filesystem_type() == TMPFS_MAGIC);
            in_memory && is_made_private(path)
        };
        let own = self.counts()?.into_iter().find(usable);
        if let Some(own) = &own {
            abandoned_counts::mark(own, &self.root);
        }
        Ok(own.map(|it| it.join(part)))
    }

    /// The same, in the data folder if need be.
    pub fn counts_of(&self, part: &str) -> Result<PathBuf, Problem> {
        let in_memory = self.counts_in_memory(part)?;
        Ok(in_memory.unwrap_or_else(|| self.root.join("counts").join(part)))
    }

    /// Removes what is in memory of it.
    pub fn remove_counts(&self) -> Result<(), Problem> {
        for path in self.counts()?.into_iter().filter(|it| is_private(it)) {
            fs::remove_dir_all(&path).map_err(Problem::file("cannot remove", path))?;
        }
        Ok(())
    }

    fn require_installation(&self) -> Result<InstallationId, Problem> {
        let path = self.root.clone();
        self.installation()?.ok_or(Problem::NoInstallation { path })
    }

    /// The keyring of the server here, as it last started, and as this command says.
    pub fn keyring(&self) -> Result<KeyringSource, Problem> {
        let given = keyring::given();
        if given.keyring_fd.is_none() && given.keyring_file.is_none() {
            self.require_keyring_on_disk()?;
        }
        let file = given.keyring_file.clone();
        keyring::source(file.unwrap_or_else(|| self.keyring_file()))
    }

    fn require_keyring_on_disk(&self) -> Result<(), Problem> {
        if self.settings().is_ok_and(|settings| settings.keyring_given) {
            return Err(Problem::other(
                "the keyring of this installation is on no disk: give it with --keyring-fd N, as in `--keyring-fd 3 3< FILE`",
            ));
        }
        Ok(())
    }

    /// The keyring of the node here, if it is not given otherwise: beside that of the server where it
    /// lies outside of the data folder.
    pub fn node_keyring_file(&self, keyring: &Path) -> PathBuf {
        if self.joined() || keyring.starts_with(&self.root) {
            return self.root.join("node-keyring");
        }
        keyring::of_node(keyring)
    }

    /// The keyring of the node here, as this command says; beside its own server `--keyring-file` is that
    /// of the server.
    pub fn given_node_keyring_file(&self) -> Result<PathBuf, Problem> {
        let given = keyring::given().keyring_file.as_deref();
        let given =
            given.map(|path| std::path::absolute(path).map_err(Problem::file("cannot find", path)));
        Ok(match given.transpose()? {
            Some(given) if self.joined() => given,
            Some(of_server) => self.node_keyring_file(&of_server),
            None => self.node_keyring_file(&self.keyring_file()),
        })
    }

    /// Where the keyring was when the server last started.
    pub fn keyring_file(&self) -> PathBuf {
        let known = self.settings().ok().and_then(|settings| settings.keyring);
        known.unwrap_or_else(|| self.root.join("keyring"))
    }

    /// Where the keyring shall be, as a server starts. A new one never takes the place of one that
    /// exists: every stored secret would be lost.
    pub fn place_keyring(&self, wanted: Option<&Path>) -> Result<PathBuf, Problem> {
        let known = self.keyring_file();
        let Some(wanted) = wanted else {
            if keyring::given().keyring_fd.is_none() {
                self.require_keyring_on_disk()?;
            }
            return Ok(known);
        };
        let wanted = std::path::absolute(wanted).map_err(Problem::file("cannot find", wanted))?;
        if wanted != known && known.exists() && !wanted.exists() {
            return Err(Problem::other(format!(
                "the keyring is in {}: move it to {} first",
                known.display(),
                wanted.display()
            )));
        }
        Ok(wanted)
    }

    pub fn node_identity(&self) -> PathBuf {
        self.node().join("identity.json")
    }

    /// The authority that a joined node trusts; the server's own node has no such file.
    pub fn node_ca(&self) -> PathBuf {
        self.node().join("ca.pem")
    }

    /// Whether a node of another machine's control plane lives here.
    pub fn joined(&self) -> bool {
        self.node_ca().exists()
    }

    /// Whom everything here trusts to be the control plane, on loopback too: the authority that a node
    /// joined, or the one of the server here.
    pub fn authority(&self) -> Option<PathBuf> {
        let own = self.server().join("tls/ca.pem");
        [self.node_ca(), own].into_iter().find(|path| path.exists())
    }

    fn lock_path(&self) -> PathBuf {
        self.root.join("supervisor.lock")
    }

    /// Makes the folder and its id on first use.
    pub fn create(&self) -> Result<InstallationId, Problem> {
        wharf_durable::private_folder(&self.root)
            .map_err(Problem::file("cannot make", &self.root))?;
        if let Some(id) = self.installation()? {
            return Ok(id);
        }
        let id = InstallationId::mint();
        self.write("installation", id.as_str().as_bytes())?;
        Ok(id)
    }

    /// What is here before a start that may fail; see [`Fresh::undo`].
    pub fn fresh(&self) -> Fresh {
        let absent = |name: &&str| !self.root.join(name).exists();
        Fresh {
            root: self.root.clone(),
            absent: MADE_BY_START.iter().copied().filter(absent).collect(),
            had_root: self.root.exists(),
        }
    }

    /// Makes the folder if it is not there.
    pub fn require_folder(&self) -> Result<(), Problem> {
        wharf_durable::private_folder(&self.root).map_err(Problem::file("cannot make", &self.root))
    }

    /// Takes the id of the installation whose backup was restored here, unless there is one: what
    /// runs on this host carries that.
    pub fn adopt_installation(&self, id: &str) -> Result<(), Problem> {
        if self.installation()?.is_none() {
            let id = InstallationId::try_from(id.to_owned())
                .map_err(|cause| Problem::caused("the backup names no installation", cause))?;
            self.write("installation", id.as_str().as_bytes())?;
        }
        Ok(())
    }

    /// The id of what lives here; `None` if nothing does.
    pub fn installation(&self) -> Result<Option<InstallationId>, Problem> {
        let path = self.root.join("installation");
        match fs::read_to_string(&path) {
            Ok(text) => InstallationId::try_from(text.trim().to_owned())
                .map(Some)
                .map_err(|cause| Problem::caused(format!("{} is damaged", path.display()), cause)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Problem::file("cannot read", path)(error)),
        }
    }

    pub fn save_settings(&self, settings: &Settings) -> Result<(), Problem> {
        let text = serde_json::to_vec_pretty(settings).expect("settings are plain");
        self.write("settings.json", &text)
    }

    pub fn settings(&self) -> Result<Settings, Problem> {
        let path = self.root.join("settings.json");
        let text = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Problem::NoInstallation {
                path: self.root.clone(),
            },
            _ => Problem::file("cannot read", &path)(error),
        })?;
        serde_json::from_slice(&text)
            .map_err(|cause| Problem::caused(format!("{} is damaged", path.display()), cause))
    }

    /// Takes the folder for one supervisor; the second is told who has it.
    pub fn lock(&self) -> Result<SupervisorLock, Problem> {
        let path = self.lock_path();
        let file = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .read(true)
            .open(&path)
            .map_err(Problem::file("cannot open", &path))?;
        let mut held =
            Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| Problem::DataInUse {
                path: self.root.clone(),
                pid: self.supervisor_pid().unwrap_or(0),
            })?;
        held.set_len(0)
            .map_err(Problem::file("cannot write", &path))?;
        io::Write::write_all(&mut *held, std::process::id().to_string().as_bytes())
            .map_err(Problem::file("cannot write", &path))?;
        Ok(SupervisorLock { _file: held })
    }

    /// The pid of the `wharf up` that runs here, if one does.
    pub fn running_supervisor(&self) -> Option<u32> {
        let file = fs::File::open(self.lock_path()).ok()?;
        match Flock::lock(file, FlockArg::LockSharedNonblock) {
            Ok(_free) => None,
            Err(_) => self.supervisor_pid(),
        }
    }

    fn supervisor_pid(&self) -> Option<u32> {
        fs::read_to_string(self.lock_path())
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// Whole and durable, or not at all.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        let path = self.root.join(name);
        durable::replace(&path, bytes, Durability::Machine)
            .map_err(Problem::file("cannot write", &path))
    }
}

/// Makes a folder that nobody else can use. Where everybody may write, somebody may have made it first.
fn is_made_private(path: &Path) -> bool {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return false,
        _ => {}
    }
    is_private(path)
}

fn is_private(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|it| it.is_dir() && it.uid() == geteuid().as_raw() && it.mode() & 0o077 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_keeps_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(&folder.path().join("data")).unwrap();
        assert_eq!(layout.installation().unwrap(), None);
        let id = layout.create().unwrap();
        assert_eq!(layout.create().unwrap(), id);
    }

    #[test]
    fn counts_lie_in_a_folder_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(&folder.path().join("data")).unwrap();
        layout.create().unwrap();
        let other = Layout::new(&folder.path().join("other")).unwrap();
        other.create().unwrap();
        assert_ne!(layout.counts().unwrap(), other.counts().unwrap());
        let of = layout.counts_of("server").unwrap();
        assert_eq!(of, layout.counts_of("server").unwrap());
        assert!(of.ends_with("server"));
        // It is this data folder's, and stays.
        Layout::clear_abandoned_counts();
        assert!(of.parent().unwrap().exists());
        layout.remove_counts().unwrap();
        layout.remove_counts().unwrap();
        assert!(layout.counts().unwrap().iter().all(|it| !it.exists()));
    }

    #[test]
    fn a_folder_that_others_may_have_made_is_not_used() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(is_made_private(&at("own")) && is_made_private(&at("own")));
        fs::create_dir(at("open")).unwrap();
        fs::set_permissions(at("open"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink(at("own"), at("link")).unwrap();
        fs::write(at("file"), "").unwrap();
        for name in ["open", "link", "file", "none/below"] {
            assert!(!is_made_private(&at(name)), "{name}");
        }
    }

    #[test]
    fn a_start_that_failed_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(&folder.path().join("data")).unwrap();
        let fresh = layout.fresh();
        layout.create().unwrap();
        fs::create_dir(layout.log()).unwrap();
        drop(layout.lock().unwrap());
        fresh.undo();
        assert!(!layout.root().exists());
        // What was there before stays, and so does what a start never makes.
        layout.create().unwrap();
        let fresh = layout.fresh();
        fs::write(layout.root().join("mine"), "").unwrap();
        fs::create_dir(layout.log()).unwrap();
        fresh.undo();
        assert!(layout.installation().unwrap().is_some() && !layout.log().exists());
        assert!(layout.root().join("mine").exists());
    }

    #[test]
    fn the_second_supervisor_is_told_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path()).unwrap();
        layout.create().unwrap();
        assert_eq!(layout.running_supervisor(), None);
        let held = layout.lock().unwrap();
        assert_eq!(layout.running_supervisor(), Some(std::process::id()));
        let Err(Problem::DataInUse { pid, .. }) = layout.lock() else {
            panic!("locked twice")
        };
        assert_eq!(pid, std::process::id());
        drop(held);
        assert!(layout.lock().is_ok());
    }

    #[test]
    fn a_keyring_is_never_replaced_by_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(&folder.path().join("data")).unwrap();
        layout.create().unwrap();
        let inside = layout.root().join("keyring");
        let outside = folder.path().join("keyring");
        assert_eq!(layout.place_keyring(None).unwrap(), inside);
        assert_eq!(layout.place_keyring(Some(&outside)).unwrap(), outside);
        fs::write(&inside, "keys").unwrap();
        let refused = layout.place_keyring(Some(&outside)).unwrap_err();
        assert!(refused.to_string().contains("move it to"));
        fs::rename(&inside, &outside).unwrap();
        assert_eq!(layout.place_keyring(Some(&outside)).unwrap(), outside);
        layout
            .save_settings(&Settings {
                port: 1,
                account: "0".to_owned(),
                region: "r".to_owned(),
                listen: None,
                keyring: Some(outside.clone()),
                keyring_given: false,
            })
            .unwrap();
        assert_eq!(layout.keyring_file(), outside);
        assert_eq!(
            layout.node_keyring_file(&outside),
            folder.path().join("keyring.node")
        );
        assert_eq!(layout.place_keyring(None).unwrap(), outside);
    }

    #[test]
    fn without_settings_there_is_no_installation() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path()).unwrap();
        assert!(matches!(
            layout.settings(),
            Err(Problem::NoInstallation { .. })
        ));
        let settings = Settings {
            port: 1,
            account: "0".to_owned(),
            region: "r".to_owned(),
            listen: None,
            keyring: None,
            keyring_given: false,
        };
        layout.save_settings(&settings).unwrap();
        assert_eq!(layout.settings().unwrap(), settings);
    }
}
