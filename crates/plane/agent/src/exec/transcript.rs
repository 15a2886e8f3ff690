//! What sessions print, kept for those who are to read it later: a log group, a bucket, or both
//! (`executeCommandConfiguration`, spec ecs §5).
//!
//! A session's output goes to a file first ([`file`]) and from there, with the rights of the task's
//! role, to where the cluster says ([`ship`]). The file and the note beside it outlive the agent: what
//! a killed agent left behind its successor delivers.

mod file;
mod ship;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_base::Chain;
use wharf_durable::{self as durable, Durability};

pub use self::file::Recorder;
use self::{
    file::{Bound, Source},
    ship::{AsTask, Shipment},
};
use crate::{
    client::{Api, CallError},
    logs::{Awslogs, Driver, Room, sink::LogSink as _},
    machine::log_driver,
    node::{
        credentials::CredentialStore,
        directory::{Directory, TaskView},
    },
    protocol::acs::{ExecuteCommand, Logging, LoggingKind},
};

/// A session waits so long for what its transcript needs.
const PATIENCE: Duration = Duration::from_secs(10);
/// One that nobody asked to keep waits no longer than this.
const SHORT_PATIENCE: Duration = Duration::from_secs(2);
/// Transcripts of a task that are not delivered yet: as many as it may have sessions.
const MOST_OF_TASK: usize = 16;
/// Of a node, each of which may take [`file::MAX_BYTES`].
const MOST_OF_NODE: usize = 128;
/// What cannot be delivered for so long after its session is given up.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// A note is small; this is beyond any.
const MAX_NOTE: u64 = 64 << 10;

/// As Systems Manager says it.
const NOT_ENCRYPTED: &str = "Couldn't start the session because encryption is not set up on the selected \
    CloudWatch Logs log group. Either encrypt the log group or choose an option to enable logging without \
    encryption.";

/// Why a session cannot be logged, as its user is told.
#[derive(Debug, thiserror::Error)]
pub enum NotLogged {
    #[error("{NOT_ENCRYPTED}")]
    NotEncrypted,
    #[error("the session cannot be logged: its cluster names no place for it")]
    NoPlace,
    #[error("the session cannot be logged: the task has no role")]
    NoRole,
    #[error("the session cannot be logged: there was no answer in time")]
    TimedOut,
    #[error("the session cannot be logged: too many transcripts wait to be delivered")]
    TooMany,
    #[error("the session cannot be logged: {}", Chain(.0))]
    Call(#[from] CallError),
    #[error("the session cannot be logged: {0}")]
    File(#[from] io::Error),
}

/// What is known of a transcript beside its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    task: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Group>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<Object>,
    /// Bytes of the file that the log group has.
    #[serde(default)]
    delivered: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    name: String,
    region: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Object {
    bucket: String,
    key: String,
    region: String,
}

/// The transcripts of a node. Cheap to clone.
#[derive(Clone)]
pub struct Transcripts {
    folder: Arc<Path>,
    api: Api,
    directory: Directory,
    credentials: CredentialStore,
    running: TaskTracker,
    shutdown: CancellationToken,
    /// Sessions that are being delivered, and their tasks.
    under_way: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Transcripts {
    pub fn new(
        folder: PathBuf,
        api: Api,
        directory: Directory,
        credentials: CredentialStore,
        (running, shutdown): (TaskTracker, CancellationToken),
    ) -> Self {
        Self {
            folder: folder.into(),
            api,
            directory,
            credentials,
            running,
            shutdown,
            under_way: Arc::default(),
        }
    }

    /// Begins the transcript of a session of container `at`; none where none is wanted.
    ///
    /// # Errors
    /// A session that is to be kept cannot be: it must not begin.
    pub async fn begin(
        &self,
        order: &ExecuteCommand,
        task: &TaskView,
        at: usize,
    ) -> Result<Option<Recorder>, NotLogged> {
        let logging = &order.logging;
        let Some(note) = self.note(order, task, at)? else {
            return Ok(None);
        };
        // Who asked for nothing is not kept from working by what is not there.
        let asked = logging.kind == LoggingKind::Override;
        let patience = if asked { PATIENCE } else { SHORT_PATIENCE };
        let begun = timeout(
            patience,
            self.prepare(&order.session_id, note, logging, task),
        )
        .await;
        match begun.unwrap_or(Err(NotLogged::TimedOut)) {
            Ok(recorder) => Ok(Some(recorder)),
            Err(error) if asked => Err(error),
            Err(error) => {
                tracing::info!(session = order.session_id, %error, "a session is not logged");
                Ok(None)
            }
        }
    }

    /// Delivers what an earlier agent left.
    pub fn finish(&self) {
        let left = match ids(&self.folder) {
            Ok(left) => left,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                tracing::error!(%error, folder = %self.folder.display(), "failed to read the transcripts of sessions");
                return;
            }
        };
        for session in left {
            let Some(note) = read_note(&self.folder, &session) else {
                continue;
            };
            match Source::of_ended(&self.folder, &session, note) {
                Ok(source) => {
                    if self.claim(&session, &source.note().task).is_ok() {
                        self.ship(session, source, None);
                    }
                }
                Err(error) => {
                    tracing::error!(session, %error, "failed to read the transcript of a session");
                }
            }
        }
    }

    fn note(
        &self,
        order: &ExecuteCommand,
        task: &TaskView,
        at: usize,
    ) -> Result<Option<Note>, NotLogged> {
        let region = task.context.region(self.api.region()).to_owned();
        let (group, object) = match order.logging.kind {
            LoggingKind::None => return Ok(None),
            LoggingKind::Default => (by_driver(task, at, &region), None),
            LoggingKind::Override => of_cluster(&order.logging, &order.session_id, &region),
        };
        if group.is_none() && object.is_none() {
            return match order.logging.kind {
                LoggingKind::Override => Err(NotLogged::NoPlace),
                _ => Ok(None),
            };
        }
        Ok(Some(Note {
            task: task.context.id.clone(),
            group,
            object,
            delivered: 0,
        }))
    }

    async fn prepare(
        &self,
        session: &str,
        note: Note,
        logging: &Logging,
        task: &TaskView,
    ) -> Result<Recorder, NotLogged> {
        let id = task.record.credentials_id.as_deref();
        let id = id.ok_or(NotLogged::NoRole)?;
        let found = self.credentials.wait_for(id).await;
        let role = AsTask::new(&self.api, &self.credentials, id, found);
        if let Some(group) = &note.group {
            if logging.log_group_encrypted && !role.is_encrypted(group).await? {
                return Err(NotLogged::NotEncrypted);
            }
            role.create(&stream(group, session)).await?;
        }
        if let Some(object) = &note.object {
            // Whether the role may is known now, and not when the session is over; the whole takes its place.
            role.put_object(object, Bytes::new()).await?;
        }
        let bound = match (logging.kind, &note.object) {
            (LoggingKind::Override, None) => Bound::Waits,
            (LoggingKind::Override, Some(_)) => Bound::EndsSession,
            _ => Bound::Ends,
        };
        self.claim(session, &note.task)?;
        let begun = self.create(session, note, bound);
        let (recorder, source) = begun.inspect_err(|_| {
            self.under_way.lock().remove(session);
        })?;
        self.ship(session.to_owned(), source, Some(role));
        Ok(recorder)
    }

    fn create(&self, session: &str, note: Note, bound: Bound) -> io::Result<(Recorder, Source)> {
        std::fs::create_dir_all(&self.folder)?;
        write_note(&self.folder, session, &note)?;
        Recorder::create(&self.folder, session, note, bound)
    }

    /// A place among the transcripts that take room, until it was delivered.
    fn claim(&self, session: &str, task: &str) -> Result<(), NotLogged> {
        let mut under_way = self.under_way.lock();
        let of_task = under_way.values().filter(|it| *it == task).count();
        if under_way.len() >= MOST_OF_NODE || of_task >= MOST_OF_TASK {
            return Err(NotLogged::TooMany);
        }
        under_way.insert(session.to_owned(), task.to_owned());
        Ok(())
    }

    /// Delivers beside everything else; files that are not delivered when the agent ends stay for the next.
    fn ship(&self, session: String, source: Source, role: Option<AsTask>) {
        let this = self.clone();
        self.running.spawn(async move {
            tokio::select! {
                () = this.shutdown.cancelled() => {}
                () = this.deliver(&session, source, role) => {}
            }
            this.under_way.lock().remove(&session);
        });
    }

    async fn deliver(&self, session: &str, source: Source, role: Option<AsTask>) {
        let too_long = source.ended_for(KEPT_FOR);
        let delivered = tokio::select! {
            delivered = self.bring(session, source, role) => delivered,
            () = too_long => {
                tracing::error!(session, "delivering the transcript of a session failed for a day; it is discarded");
                true
            }
        };
        if !delivered {
            return;
        }
        if let Err(error) = remove(&self.folder, session) {
            tracing::warn!(session, %error, "failed to remove the transcript of a session");
        }
    }

    /// Whether nothing is left to be done.
    async fn bring(&self, session: &str, source: Source, role: Option<AsTask>) -> bool {
        let role = match role {
            Some(role) => role,
            None => {
                let task = &source.note().task;
                let view = self.directory.task(task);
                let id = view.and_then(|it| it.record.credentials_id.clone());
                let Some(id) = id else {
                    tracing::error!(
                        session,
                        task,
                        "failed to deliver the transcript of a session: its task does not exist any more; it is discarded"
                    );
                    return true;
                };
                // They come with the first connection after a restart.
                let found = self.credentials.wait_for(&id).await;
                AsTask::new(&self.api, &self.credentials, &id, found)
            }
        };
        let shipment = Shipment {
            folder: &self.folder,
            session,
        };
        shipment.run(source, &role).await
    }
}

/// The group of the container's own log driver.
fn by_driver(task: &TaskView, at: usize, region: &str) -> Option<Group> {
    match log_driver(&task.context, at) {
        Ok(Driver::Awslogs(options)) => Some(Group {
            region: match options.region.as_str() {
                "" => region.to_owned(),
                named => named.to_owned(),
            },
            name: options.group,
        }),
        _ => None,
    }
}

fn of_cluster(logging: &Logging, session: &str, region: &str) -> (Option<Group>, Option<Object>) {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let group = given(&logging.log_group).map(|name| Group {
        name,
        region: region.to_owned(),
    });
    let object = given(&logging.bucket).map(|bucket| Object {
        bucket,
        key: match logging.key_prefix.trim_end_matches('/') {
            "" => format!("{session}.log"),
            prefix => format!("{prefix}/{session}.log"),
        },
        region: region.to_owned(),
    });
    (group, object)
}

/// The stream of a session has its name.
fn stream(group: &Group, session: &str) -> Awslogs {
    Awslogs {
        group: group.name.clone(),
        stream: session.to_owned(),
        region: group.region.clone(),
        create_group: false,
        room: Room {
            blocking: false,
            max_bytes: file::MAX_BYTES,
        },
        starts_event: None,
    }
}

/// The sessions that have a note in the folder.
fn ids(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let session = name.to_str().and_then(|name| name.strip_suffix(".json"));
        found.extend(session.map(str::to_owned));
    }
    Ok(found)
}

fn read_note(folder: &Path, session: &str) -> Option<Note> {
    let read = durable::read_json(&note_path(folder, session), MAX_NOTE);
    read.unwrap_or_else(|error| {
        tracing::error!(session, %error, "failed to read the note on a session's transcript");
        None
    })
}

fn write_note(folder: &Path, session: &str, note: &Note) -> io::Result<()> {
    durable::replace_json(&note_path(folder, session), note, Durability::Process)
}

/// The note goes last: without it the rest is of no use to anybody.
fn remove(folder: &Path, session: &str) -> io::Result<()> {
    for path in [
        file::path(folder, session),
        intent_path(folder, session),
        note_path(folder, session),
    ] {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn note_path(folder: &Path, session: &str) -> PathBuf {
    folder.join(format!("{session}.json"))
}

/// Of the batch of log events under way.
fn intent_path(folder: &Path, session: &str) -> PathBuf {
    folder.join(format!("{session}.put"))
}

#[cfg(test)]
mod tests;
