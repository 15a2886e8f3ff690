//! The stream between the control plane and a plane: one HTTP/2 POST to [`path`], its head signed
//! for the service `wharf`. Both bodies are sequences of frames, each a length (4 bytes, big end
//! first) and that much JSON.
//!
//! ```text
//! plane                                     control plane
//!   Subscribe {version, instance, resume?} ─▶
//!                                           ◀─ Hello {version, resumed}
//!                     if not resumed:       ◀─ Snapshot {resources} …
//!                                           ◀─ SnapshotComplete {commit}
//!   Ack {nonce}                            ─▶
//!                                           ◀─ Changes {changes, commit?} …
//!   Ack {nonce} | Nack {nonce, reason}     ─▶
//!   Report {health} | Unbound {endpoints}    ─▶
//!   Instances {instances} | Console {…}    ─▶
//!   Volumes {volumes} | FileSystems {…}    ─▶
//!   Measured {number, minute}              ─▶
//!                                           ◀─ Kept {number}
//!   Heartbeat                             ◀─▶  Heartbeat {position?, authorities}
//! ```
//!
//! - A plane acts on nothing before its commit: what a snapshot lacks is absent only once the
//!   snapshot is complete, and changes of several frames are one update.
//! - At most one update is unanswered at a time; what happens meanwhile comes in the next one.
//! - A [`Position`] names what a plane knows. A plane that comes back with one gets the changes
//!   since then, or a snapshot if they are forgotten or the epoch is another.
//! - What was measured goes again until it is kept, on this connection or the next, and only to a control plane
//!   of version 4 or later.
//! - Silence of either side for [`SILENCE`] ends the stream.

use std::{net::IpAddr, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Change, Plane, Resource,
    file_system::FileSystemReport,
    machine::{Console, InstanceReport},
    measured::Minute,
    report::{TargetHealth, UnboundEndpoint},
    volume::VolumeReport,
};

/// The version spoken here, and the oldest one still understood.
pub const VERSION: u32 = 15;
pub const OLDEST_VERSION: u32 = 1;

/// Bytes of one frame's JSON. The largest resource is a certificate with a chain of at most 2 MiB,
/// which JSON makes little longer.
pub const MAX_FRAME: usize = 4 << 20;
/// Bytes after which a frame of many resources is closed and the next one begun.
pub const FRAME_TARGET: usize = 256 << 10;
/// Bytes of all resources of one plane; beyond that nothing is taken.
pub const MAX_STATE: usize = 256 << 20;

/// How often each side says that it is there.
pub const HEARTBEAT: Duration = Duration::from_secs(3);
/// A side that said nothing for so long is gone.
pub const SILENCE: Duration = Duration::from_secs(10);

/// Where a plane subscribes.
pub fn path(plane: Plane) -> String {
    format!("{PATH_PREFIX}{}", plane.name())
}

/// The plane of a request's path.
pub fn plane_of(path: &str) -> Option<Plane> {
    path.strip_prefix(PATH_PREFIX).and_then(Plane::named)
}

const PATH_PREFIX: &str = "/plane/v1/";

/// A state of the store: what a plane that has it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub epoch: u64,
    pub revision: u64,
    /// The version in which it was told: a later one tells of more, so nobody resumes from here.
    #[serde(default = "first_version")]
    pub version: u32,
}

fn first_version() -> u32 {
    1
}

/// Ends an update, and asks for an answer under `nonce`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub nonce: u64,
    pub position: Position,
}

/// What a plane says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToServer {
    /// First and once.
    Subscribe {
        version: u32,
        /// The host's instance id, `i-…`.
        instance: String,
        /// The address at which other hosts shall reach this one, if not the one it comes from.
        underlay: Option<IpAddr>,
        resume: Option<Position>,
    },
    Ack {
        nonce: u64,
    },
    Nack {
        nonce: u64,
        reason: String,
    },
    Report {
        health: Vec<TargetHealth>,
    },
    /// All addresses at which this host should listen and cannot, after each change.
    #[serde(rename = "closed")]
    Unbound {
        #[serde(rename = "doors")]
        endpoints: Vec<UnboundEndpoint>,
    },
    /// Since [`crate::measured::SINCE`].
    Measured {
        /// Which report it is, on this connection and the next.
        number: u64,
        minute: Minute,
    },
    /// All instances that there is anything of on this host, after each change. Since version 5, as is the plane.
    Instances {
        instances: Vec<InstanceReport>,
    },
    /// After a change, and not more often than every few seconds for one instance.
    Console {
        console: Console,
    },
    /// All volumes that there is anything of on this host, after each change. Since [`crate::volume::SINCE`].
    Volumes {
        volumes: Vec<VolumeReport>,
    },
    /// All file systems that there is anything of on this host, after each change. Since [`crate::file_system::SINCE`].
    FileSystems {
        file_systems: Vec<FileSystemReport>,
    },
    Heartbeat,
}

/// What a plane is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToPlane {
    Hello {
        version: u32,
        /// Whether changes since the plane's position follow, or a snapshot.
        resumed: bool,
    },
    Refused {
        refusal: Refusal,
        reason: String,
    },
    Snapshot {
        resources: Vec<Resource>,
    },
    SnapshotComplete {
        commit: Commit,
    },
    Changes {
        changes: Vec<Change>,
        /// Without one the update goes on in the next frame.
        commit: Option<Commit>,
    },
    /// A report of that number need not come again. Nothing is said of one that could not be kept.
    Kept {
        number: u64,
    },
    Heartbeat {
        /// The plane knows all up to here.
        position: Option<Position>,
        /// Digests of the authorities that nodes should trust.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        authorities: Vec<String>,
    },
}

/// Why a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The identity does not speak for that instance, or the instance is not registered.
    NotYours,
    /// No version that both sides speak.
    Version,
    /// A newer subscription of the same host and plane took over.
    Superseded,
    /// Not now.
    Busy,
    /// What was sent makes no sense.
    Malformed,
}

/// A frame that cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {0} bytes is longer than {MAX_FRAME}")]
    TooLong(usize),
    #[error("a frame is no message of the plane stream")]
    Malformed(#[from] serde_json::Error),
}

/// The frame of a message.
///
/// # Errors
/// [`FrameError::TooLong`].
pub fn encode<T: Serialize>(message: &T) -> Result<Bytes, FrameError> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let length = frame.len() - 4;
    match u32::try_from(length) {
        Ok(short) if length <= MAX_FRAME => {
            frame[..4].copy_from_slice(&short.to_be_bytes());
            Ok(frame.into())
        }
        _ => Err(FrameError::TooLong(length)),
    }
}

/// Cuts a stream of bytes into messages. Holds less than one frame beside what was pushed last, if
/// it is emptied after each push.
#[derive(Debug, Default)]
pub struct Frames {
    buffer: BytesMut,
}

impl Frames {
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, if there is one.
    ///
    /// # Errors
    /// The stream is of no use after one.
    pub fn pop<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        let Some(head) = self.buffer.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*head) as usize;
        if length > MAX_FRAME {
            return Err(FrameError::TooLong(length));
        }
        if self.buffer.len() - 4 < length {
            return Ok(None);
        }
        self.buffer.advance(4);
        let json = self.buffer.split_to(length);
        Ok(Some(serde_json::from_slice(&json)?))
    }
}

/// Parts of at most [`FRAME_TARGET`] bytes of JSON, or of one item; items that fit no frame are
/// left out and named by `too_long`.
pub fn parts<T: Serialize>(items: Vec<T>, mut too_long: impl FnMut(&T)) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    let (mut part, mut bytes) = (Vec::new(), 0);
    for item in items {
        let length = serde_json::to_vec(&item).map_or(usize::MAX, |json| json.len());
        // The envelope around an item is short.
        if length > MAX_FRAME - 1024 {
            too_long(&item);
            continue;
        }
        if bytes + length > FRAME_TARGET && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += length;
        part.push(item);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], step: usize) -> Result<Vec<ToServer>, FrameError> {
        let (mut frames, mut read) = (Frames::default(), Vec::new());
        for chunk in bytes.chunks(step) {
            frames.push(chunk);
            while let Some(message) = frames.pop()? {
                read.push(message);
            }
        }
        Ok(read)
    }

    #[test]
    fn frames_arrive_however_they_are_cut() {
        let sent = vec![
            ToServer::Subscribe {
                version: VERSION,
                instance: "i-1".to_owned(),
                underlay: Some("10.0.0.1".parse().unwrap()),
                resume: Some(Position {
                    epoch: 1,
                    version: VERSION,
                    revision: 2,
                }),
            },
            ToServer::Heartbeat,
            ToServer::Nack {
                nonce: 7,
                reason: "no".to_owned(),
            },
        ];
        let bytes: Vec<u8> = sent.iter().flat_map(|it| encode(it).unwrap()).collect();
        for step in [1, 2, 3, 7, 1000] {
            assert_eq!(read(&bytes, step).unwrap(), sent);
        }
    }

    #[test]
    fn a_long_frame_is_refused_by_its_length() {
        let bytes = [0xff, 0xff, 0xff, 0xff];
        assert!(matches!(read(&bytes, 4), Err(FrameError::TooLong(_))));
        assert!(matches!(
            read(&[0, 0, 0, 1, b'x'], 9),
            Err(FrameError::Malformed(_))
        ));
        assert!(encode(&"x".repeat(MAX_FRAME)).is_err());
    }

    #[test]
    fn many_items_become_several_parts() {
        let items: Vec<String> = (0..10)
            .map(|n| format!("{n}").repeat(FRAME_TARGET / 3))
            .collect();
        let parts = super::parts(items.clone(), |_| panic!());
        assert_eq!(parts.len(), 5);
        assert_eq!(parts.concat(), items);
        let mut left_out = 0;
        let parts = super::parts(vec!["x".repeat(MAX_FRAME)], |_| left_out += 1);
        assert_eq!((parts.len(), left_out), (0, 1));
    }

    #[test]
    fn planes_have_paths() {
        for plane in Plane::ALL {
            assert_eq!(plane_of(&path(plane)), Some(plane));
        }
        assert_eq!(plane_of("/plane/v1/dns"), None);
        assert_eq!(plane_of("/plane/v1/"), None);
    }
}
