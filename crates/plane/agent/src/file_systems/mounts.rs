//! What tasks and pods mount: asked of the control plane, which says whether they may, and mounted from inside the network of the task,
//! or of the instance that is the pod's node ([`pods`]).
//!
//! Over TLS a task comes in by a ticket, which its program reads anew with each connection. Tickets are over after an hour, so
//! each is asked for again long before; once the control plane says no, there is none, and the next connection fails.

mod pods;

pub use pods::PodMounts;

use std::{
    fs::{self, File},
    io,
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Serialize};
use tokio::{task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;
use wharf_base::Chain;
use wharf_container::runtime::TaskHandle;
use wharf_durable::{Durability, remove, replace, replace_json};
use wharf_planeproto::file_system::{Granted, MOUNT_PATH, Mount, POD_MOUNT_PATH, PodMount};
use wharf_shared_files::{Ids, Mount as Shown, Program, Tls, mount};
use wharf_userns::IdRange;

use crate::client::{Api, CallError};

const OPERATION: &str = "MountFileSystem";
const NFS: u16 = 2049;
const TICKET: &str = "ticket";
const ASKED: &str = "asked.json";
/// A third of what a ticket is good for.
const RENEWAL: Duration = Duration::from_secs(20 * 60);
/// After the control plane was not to be had.
const RETRY: Duration = Duration::from_secs(30);
/// A server that just starts, or a mount target that is just being made.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_secs(2);

/// By what a mount is asked for, and its ticket anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Asked {
    Task(Mount),
    Pod(PodMount),
}

impl Asked {
    fn path(&self) -> &'static str {
        match self {
            Self::Task(_) => MOUNT_PATH,
            Self::Pod(_) => POD_MOUNT_PATH,
        }
    }
}

/// Whose a mount is, below the folder of all, and how it is had.
struct Wish<'a> {
    owner: &'a str,
    volume: &'a str,
    asked: Asked,
    /// Whatever is granted.
    read_only: bool,
    tries: u32,
}

/// File systems that cannot be mounted.
#[derive(Debug, thiserror::Error)]
pub enum NotMounted {
    #[error("failed to invoke EFS utils commands to set up EFS volumes: stderr: {0}")]
    Refused(String),
    #[error("failed to invoke EFS utils commands to set up EFS volumes: {}", Chain(.0))]
    Call(#[from] CallError),
    #[error("failed to invoke EFS utils commands to set up EFS volumes: {0}")]
    Io(#[from] io::Error),
    #[error("EFS volumes need the network mode awsvpc here")]
    NoNetwork,
}

impl NotMounted {
    /// Without the words of ECS.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Refused(why) => why.clone(),
            Self::Call(error) => Chain(error).to_string(),
            Self::Io(error) => error.to_string(),
            Self::NoNetwork => "there is no network".to_owned(),
        }
    }
}

/// Mounts of the tasks of this machine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mounts {
    /// `<node>/efs-mounts/<task>/<volume>`; see [`pods`] for those of pods.
    dir: PathBuf,
    program: Program,
}

impl Mounts {
    pub fn new(node: &Path, program: Program) -> Self {
        Self {
            dir: node.join("efs-mounts"),
            program,
        }
    }

    fn folder(&self, owner: &str, volume: &str) -> PathBuf {
        self.dir.join(owner).join(volume)
    }

    /// Mounts the volume of a task at `place`, as its shim sees it. What is mounted there already stays. `netns`: of the task's
    /// interface; `range`: its user namespace.
    pub async fn mount(
        &self,
        api: &Api,
        (task_id, asked): (&str, Mount),
        netns: &Path,
        range: Option<IdRange>,
        at: (&TaskHandle, &Path),
    ) -> Result<(), NotMounted> {
        let volume = asked.volume.clone();
        let wish = Wish {
            owner: task_id,
            volume: &volume,
            asked: Asked::Task(asked),
            read_only: false,
            tries: TRIES,
        };
        self.mount_as(api, &wish, netns, range, at).await
    }

    async fn mount_as(
        &self,
        api: &Api,
        wish: &Wish<'_>,
        netns: &Path,
        range: Option<IdRange>,
        (handle, place): (&TaskHandle, &Path),
    ) -> Result<(), NotMounted> {
        if handle.has_mount_at(place)? {
            return Ok(());
        }
        let mut tries = 1;
        loop {
            let tried = self.try_mount(api, wish, netns, range, (handle, place));
            match tried.await {
                Err(NotMounted::Io(error)) if tries < wish.tries => {
                    tracing::warn!(owner = wish.owner, volume = wish.volume, %error, "failed to mount a file system; will retry");
                }
                Err(NotMounted::Call(error)) if tries < wish.tries && error.is_transient() => {}
                done => return done,
            }
            tries += 1;
            sleep(PAUSE).await;
        }
    }

    async fn try_mount(
        &self,
        api: &Api,
        wish: &Wish<'_>,
        netns: &Path,
        range: Option<IdRange>,
        (handle, place): (&TaskHandle, &Path),
    ) -> Result<(), NotMounted> {
        let granted = ask(api, &wish.asked).await?;
        let folder = self.folder(wish.owner, wish.volume);
        keep(&folder, &wish.asked, &granted)?;
        let shown = Shown {
            address: granted.address,
            port: NFS,
            root: granted.root,
            read_only: granted.read_only || wish.read_only,
            tls: granted.tls.map(|tls| Tls {
                certificate: tls.certificate,
                greeting: Some(folder.join(TICKET)),
            }),
            ids: range.map(|it| Ids {
                first: it.first,
                count: it.count,
            }),
            one_user: granted.one_user,
        };
        let (program, network) = (self.program.clone(), File::open(netns)?);
        let (handle, place) = (handle.clone(), place.to_owned());
        let mounted = spawn_blocking(move || {
            let tree = mount(&program, &shown, network.as_fd())?;
            handle.mount_tree(tree, &place)
        });
        mounted.await.map_err(io::Error::other)??;
        Ok(())
    }

    /// Nothing of a task is left, or of any pod of an instance.
    pub fn forget(&self, owner: &str) -> io::Result<()> {
        match fs::remove_dir_all(self.dir.join(owner)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Asks for tickets anew until `shutdown`.
    pub async fn renew(self, api: Api, shutdown: CancellationToken) {
        let mut pause = RETRY;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(pause) => {}
            }
            pause = RENEWAL;
            for folder in self.kept() {
                if let Err(error) = renewed(&api, &folder).await {
                    pause = RETRY;
                    tracing::warn!(folder = %folder.display(), error = %Chain(&error), "failed to renew a ticket of a file system; will retry");
                }
            }
        }
    }

    fn kept(&self) -> Vec<PathBuf> {
        let below = |folder: &Path| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|it| it.path()).collect::<Vec<_>>()
        };
        below(&self.dir)
            .iter()
            .flat_map(|task| below(task))
            .collect()
    }
}

async fn renewed(api: &Api, folder: &Path) -> Result<(), NotMounted> {
    let text = match fs::read(folder.join(ASKED)) {
        // Its task is just being removed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let Ok(asked) = serde_json::from_slice::<Asked>(&text) else {
        return Ok(());
    };
    match ask(api, &asked).await {
        Ok(granted) => Ok(keep(folder, &asked, &granted)?),
        Err(NotMounted::Refused(why)) => {
            tracing::warn!(
                folder = %folder.display(),
                why,
                "the ticket of a file system was refused; it is not mounted any more"
            );
            Ok(remove(&folder.join(TICKET))?)
        }
        Err(other) => Err(other),
    }
}

async fn ask(api: &Api, asked: &Asked) -> Result<Granted, NotMounted> {
    let body = serde_json::to_vec(asked).map_err(io::Error::other)?;
    let said = api
        .send_signed(OPERATION, Method::POST, asked.path(), Bytes::from(body))
        .await;
    let said = said.map_err(|error| match error {
        // Keys of the node that ended just now, and calls that came too fast, say nothing of the task.
        error if error.is_transient() => NotMounted::Call(error),
        CallError::Fault { message, .. } => NotMounted::Refused(message.trim().to_owned()),
        other => NotMounted::Call(other),
    })?;
    serde_json::from_slice(&said).map_err(|_| {
        NotMounted::Call(CallError::Malformed {
            operation: OPERATION,
        })
    })
}

/// The ticket, where the program reads it, and what is asked to have another.
fn keep(folder: &Path, asked: &Asked, granted: &Granted) -> io::Result<()> {
    let Some(tls) = &granted.tls else {
        return Ok(());
    };
    wharf_durable::private_folder(folder)?;
    let for_now = Durability::Process;
    replace_json(&folder.join(ASKED), asked, for_now)?;
    let line = format!("{}\n", tls.ticket);
    replace(&folder.join(TICKET), line.as_bytes(), for_now)
}
