//! File systems of EFS: those whose files lie on this machine, and those that its tasks mount.
//!
//! The control plane says which there are to be here (`wharf_planeproto::file_system`); a loop keeps the disk ([`disk`]) and the
//! program of each ([`wharf_file_server`]), hands it its listeners, and reports. The programs outlive this process.
//!
//! A task mounts one from inside its own network, by a program of its own ([`mounts`]), wherever the files lie; a pod likewise, from
//! inside the network of the instance that is its node.
//!
//! Invariants: a disk is removed only when the control plane says that nothing of the file system is wanted; one that was
//! there once is never made anew; what is sealed is opened by a key that opens it now ([`opening`]).

mod disk;
mod mounts;
mod opening;
mod others;
mod probe;

pub use mounts::{Mounts, NotMounted, PodMounts};
pub use probe::{CAPABILITIES, can_mount, keeps};

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{DirEntry, ReadDir},
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::{fd::AsFd as _, unix::fs::MetadataExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::watch, task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;
use wharf_file_server::{Answer, Config, Permissions, Place, Program, Request, Status, ask};
use wharf_link::{Subscription, Update};
use wharf_network::Network;
use wharf_planeproto::{
    Kind, Resource,
    file_system::{FileSystem, FileSystemReport, FileSystemState, MAX_FILE_SYSTEMS, Wanted},
    network::balancer_attachment,
};

use wharf_sealed_file::{Shown, state};

use self::opening::{Opening, WhyNot};
use crate::{
    assigned::{self, is_id},
    client::Api,
};

/// What the control plane chooses hosts of file systems by.
const ATTRIBUTE: &str = "wharf.file-systems";
/// … and of those that are encrypted.
const ENCRYPTED: &str = "wharf.encrypted-file-systems";
/// Below the node's folder.
pub const FOLDER: &str = "efs";
/// What the names of their sockets begin with: files, since folders there are of tasks, and go with them.
const SOCKETS: &str = "efs-";
const NFS: u16 = 2049;
/// Between two looks while something is to come, and otherwise.
const LOOK: Duration = Duration::from_millis(250);
const SLOW_LOOK: Duration = Duration::from_secs(3);

type Told = BTreeMap<String, FileSystem>;

/// Those whose files lie here. Cheap to clone.
#[derive(Clone)]
pub struct FileSystems {
    /// `None` before anything was told.
    told: watch::Sender<Option<Arc<Told>>>,
    parts: Arc<Parts>,
}

/// What they stand on.
pub struct Parts {
    /// The node's folder.
    pub node: PathBuf,
    /// Where the programs are asked.
    pub run: PathBuf,
    pub program: Program,
    /// Has sealed disks open.
    pub sealer: wharf_sealed_file::Program,
    /// Whether this machine can make and mount disks.
    pub makes_disks: bool,
    pub network: Network,
    pub opening: Arc<Opening>,
}

impl FileSystems {
    pub fn new(parts: Parts) -> Self {
        Self {
            told: watch::channel(None).0,
            parts: Arc::new(parts),
        }
    }

    /// What the machine says of itself.
    pub fn attributes(&self) -> Vec<String> {
        // Sealed disks are shown by FUSE, as what tasks mount is.
        let seals = self.parts.makes_disks && can_mount();
        let all = [Some(ATTRIBUTE), seals.then_some(ENCRYPTED)];
        all.into_iter().flatten().map(str::to_owned).collect()
    }

    /// Takes over what the control plane says to the machine with that instance id.
    pub fn take(&self, host: &str, update: &Update) {
        self.told.send_if_modified(|told| {
            assigned::take(told, Kind::FileSystem, update, |now, it| put(now, host, it))
        });
    }

    /// Keeps them until `shutdown`; what they are served by goes on.
    pub async fn run(self, tell: Arc<Subscription>, api: Api, shutdown: CancellationToken) {
        let (mut news, mut others) = (self.told.subscribe(), BTreeMap::new());
        loop {
            let told = news.borrow_and_update().clone();
            let (mut reports, mut pending) = (Vec::new(), false);
            for one in told.iter().flat_map(|it| it.values()) {
                let (report, is_pending) = self.bring(one, &api).await;
                reports.extend(report);
                pending |= is_pending;
            }
            tell.file_systems(reports);
            if let Some(told) = &told {
                self.end_others(told, &mut others);
            }
            let look = if pending { LOOK } else { SLOW_LOOK };
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                () = self.parts.opening.done() => {}
                () = sleep(look) => {}
            }
        }
    }

    /// What there is of one then, and whether something is still to come. Nothing is said of one that is being opened.
    async fn bring(&self, told: &FileSystem, api: &Api) -> (Option<FileSystemReport>, bool) {
        let report = |state, why: Option<WhyNot>, status: Status| FileSystemReport {
            id: told.id.clone(),
            state,
            shut: why.as_ref().is_some_and(|it| it.shut),
            reason: why.map(|it| it.text),
            bytes: status.bytes,
            serving: addresses(&status.places),
        };
        let failed = |why| {
            let failed = report(FileSystemState::Failed, Some(why), Status::default());
            (Some(failed), true)
        };
        if told.wanted == Wanted::Gone {
            return match self.remove(told).await {
                Ok(()) => {
                    let gone = report(FileSystemState::Gone, None, Status::default());
                    (Some(gone), false)
                }
                Err(error) => failed(why(&error)),
            };
        }
        match self.keep(told).await {
            Ok(status) => {
                self.parts.opening.was_opened(&told.id);
                let pending = status.places.len() < told.places.len();
                (Some(report(FileSystemState::Ready, None, status)), pending)
            }
            Err(error) if is_not_there(&error) => match self.begin(told, api) {
                Some(why) => failed(why),
                None => (None, true),
            },
            Err(error) => failed(why(&error)),
        }
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.parts.node.join(FOLDER).join(id)
    }

    fn socket(&self, id: &str) -> PathBuf {
        self.parts.run.join(format!("{SOCKETS}{id}"))
    }

    async fn remove(&self, told: &FileSystem) -> io::Result<()> {
        if self.parts.opening.is_under_way(&told.id) {
            return Err(io::Error::other("it is just being opened"));
        }
        let (folder, socket) = (self.folder(&told.id), self.socket(&told.id));
        let removed = spawn_blocking(move || {
            end(&socket)?;
            disk::remove(&folder)?;
            match std::fs::remove_file(&socket) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        });
        removed.await.map_err(io::Error::other)?
    }

    /// Its program runs, and listens where it is to.
    async fn keep(&self, told: &FileSystem) -> io::Result<Status> {
        self.end_if_broken(told).await?;
        let config = Box::new(self.config(told));
        let first = Request::Be {
            config: config.clone(),
            listeners: Vec::new(),
        };
        let status = self.ask(&told.id, first, Vec::new()).await?;
        let is_missing = |place: &&Place| !status.places.contains(place);
        let missing: Vec<Place> = config.places.iter().filter(is_missing).cloned().collect();
        if missing.is_empty() {
            return Ok(status);
        }
        let (mut places, mut listeners) = (Vec::new(), Vec::new());
        for place in missing {
            let of = told.places.iter().find(|it| it.address == place.address);
            let Some(key) = of.map(|it| balancer_attachment(&it.interface)) else {
                continue;
            };
            let at = SocketAddr::new(place.address.into(), NFS);
            // It may be wired anew just now: the next look is soon.
            if let Ok(listener) = self.parts.network.listen_at(&key, at).await {
                places.push(place);
                listeners.push(listener);
            }
        }
        let listeners_of = Request::Be {
            config,
            listeners: places,
        };
        self.ask(&told.id, listeners_of, listeners).await
    }

    /// Ends a program whose disk is shown no more, since the one that has it open has ended: both begin anew.
    async fn end_if_broken(&self, told: &FileSystem) -> io::Result<()> {
        let image = disk::image(&self.folder(&told.id));
        let is_broken = told.sealed.is_some() && matches!(state(&image), Ok(Shown::Broken));
        if !is_broken || self.parts.opening.is_under_way(&told.id) {
            return Ok(());
        }
        let socket = self.socket(&told.id);
        let ended = spawn_blocking(move || end(&socket)).await;
        ended.map_err(io::Error::other)?
    }

    async fn ask(
        &self,
        id: &str,
        request: Request,
        listeners: Vec<TcpListener>,
    ) -> io::Result<Status> {
        let socket = self.socket(id);
        let asked = spawn_blocking(move || {
            let fds: Vec<_> = listeners.iter().map(|it| it.as_fd()).collect();
            ask(&socket, &request, &fds)
        });
        match asked.await.map_err(io::Error::other)?? {
            Answer::Status(status) => Ok(status),
            Answer::Failed(why) => Err(io::Error::other(why)),
        }
    }

    /// With the places whose interfaces are wired.
    fn config(&self, told: &FileSystem) -> Config {
        let dir = self.parts.node.join("network");
        let places = told.places.iter().filter_map(|place| {
            let path = Network::netns_path(&dir, &balancer_attachment(&place.interface));
            Some(Place {
                address: place.address,
                namespace: std::fs::metadata(path).ok()?.ino(),
            })
        });
        let [anonymous, anonymous_encrypted]: [Permissions; 2] =
            serde_json::from_value(told.anonymous.clone()).unwrap_or_default();
        Config {
            id: told.id.clone(),
            ticket_key: told.ticket_key.clone(),
            certificate: told.certificate.clone(),
            private_key: told.private_key.clone(),
            anonymous,
            anonymous_encrypted,
            access_points: serde_json::from_value(told.access_points.clone()).unwrap_or_default(),
            places: places.collect(),
        }
    }
}

/// Ends the program that listens there, if there is one.
fn end(socket: &Path) -> io::Result<()> {
    match ask(socket, &Request::End, &[]) {
        Err(error) if is_not_there(&error) => Ok(()),
        other => other.map(drop),
    }
}

fn why(error: &io::Error) -> WhyNot {
    WhyNot {
        text: error.to_string(),
        shut: false,
    }
}

/// Nobody listens at the socket.
fn is_not_there(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
    )
}

fn addresses(places: &[Place]) -> Vec<Ipv4Addr> {
    let all: BTreeSet<Ipv4Addr> = places.iter().map(|it| it.address).collect();
    all.into_iter().collect()
}

fn put(told: &mut Told, host: &str, resource: &Resource) {
    let Resource::FileSystem(it) = resource else {
        return;
    };
    let room = told.len() < MAX_FILE_SYSTEMS || told.contains_key(&it.id);
    if it.host != host || !is_id(&it.id, "fs-", 40) || !room {
        tracing::error!(
            file_system = it.id,
            "a file system is refused: it is of another host, its id is none, or there are too many"
        );
        return;
    }
    told.insert(it.id.clone(), FileSystem::clone(it));
}

/// Ends the programs of all of this node, for who takes the installation down. Blocks.
pub fn end_all(run: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(run) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    each(entries, |entry| {
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(SOCKETS.as_bytes()) {
            return Ok(());
        }
        let socket = entry.path();
        end(&socket)?;
        std::fs::remove_file(&socket)
    })
}

/// All of them, whatever comes of one; what came of the first that failed.
fn each(entries: ReadDir, mut done: impl FnMut(DirEntry) -> io::Result<()>) -> io::Result<()> {
    let mut first = Ok(());
    for entry in entries {
        let one = entry.and_then(&mut done);
        first = first.and(one);
    }
    first
}

/// Shuts all sealed disks of a node, whose programs have ended. `node`: its folder. Blocks.
pub fn shut_all(node: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(node.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    each(entries, |entry| disk::shut(&disk::image(&entry.path())))
}
