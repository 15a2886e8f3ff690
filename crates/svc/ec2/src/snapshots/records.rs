//! What is stored of snapshots, and how it looks on the wire.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Timestamp, ids};
use wharf_billing::Stretch;
use wharf_planeproto::snapshot::MAX_PAGES;
use wharf_records::{Record, Scope, Unknown, ecs::Tags, encode};
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::Held;
use crate::{
    encryption::{Encryption, Resealing},
    fault,
    filter::Fields,
    images,
    records::{entity, tags_to_wire},
    table::SERVICE,
};

/// Volume of all copies, as AWS shows it.
const NO_VOLUME: &str = "vol-ffffffff";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub id: String,
    pub owner: String,
    pub region: String,
    /// How its bytes are sealed: as its volume's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// `vol-…`; it may be gone. Of a root: what stands for that.
    pub volume: String,
    /// The volume's size.
    pub gib: u32,
    pub description: String,
    pub state: State,
    /// Instance id of the host that takes it; none has to do with a copy.
    pub host: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// It carries its volume to another host: users see nothing of it, nor pay for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carries: bool,
    /// It is of the disk that the root file system of an instance is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Root>,
    /// Those that are of the same moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Set>,
    /// The image that waits for it, which lies beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// An earlier snapshot of the volume, of which the host need not keep what did not change: it owns its bytes until
    /// this one is there, even if it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Its moment is over: the host has all that is to be sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken: bool,
    /// Per cent.
    pub progress: u8,
    /// When it was taken, or its progress was last another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_at: Option<Timestamp>,
    /// Why there will be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Digests of the pages that list its chunks, in order.
    #[serde(default)]
    pub pages: Vec<String>,
    /// Bytes of its chunks, whoever else has them.
    #[serde(default)]
    pub bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    pub public: bool,
    pub shared_with: BTreeSet<String>,
    /// For users it is gone.
    pub deleting: bool,
    /// It is one that failed, and owns nothing any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub let_go: bool,
    /// What it owns is found by its name ([`wharf_wanted::owned_by`]). Those of earlier versions are looked for among
    /// all owners.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub indexed: bool,
    /// What counts for it of what it owns; nothing is known before it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// While it is let go: how many chunks that counted for it count for which others now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passed_on: BTreeMap<String, u64>,
    /// What it is billed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metered: Option<Stretch>,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Snapshot {
    /// One of a volume, of the caller's, that is to be taken or is of nothing. Nobody shares it.
    pub fn new(call: &Call, volume: &str, gib: u32, is_empty: bool) -> Self {
        Self {
            id: ids::ec2_id("snap"),
            owner: call.account.clone(),
            region: call.region.clone(),
            encryption: None,
            volume: volume.to_owned(),
            gib,
            description: String::new(),
            state: match is_empty {
                true => State::Completed,
                false => State::Pending,
            },
            host: String::new(),
            origin: None,
            carries: false,
            root: None,
            set: None,
            image: None,
            base: None,
            taken: is_empty,
            progress: if is_empty { 100 } else { 0 },
            moved_at: None,
            reason: None,
            pages: Vec::new(),
            bytes: 0,
            completed_at: is_empty.then_some(call.now),
            public: false,
            shared_with: BTreeSet::new(),
            deleting: false,
            let_go: false,
            indexed: true,
            held: None,
            passed_on: BTreeMap::new(),
            metered: None,
            created_at: call.now,
            tags: Tags::new(),
            unknown: Unknown::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Pending,
    Completed,
    Error,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Error => "error",
        }
    }
}

entity!(Snapshot, "snapshot", fault::snapshot_not_found);

/// Points to the owner of a snapshot that others may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    pub owner: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Shared {
    /// With an account: under that account, by the snapshot's id.
    pub const KIND_OF_ACCOUNT: &'static str = "shared-snapshot";
    /// With all: under no account, by region and id.
    pub const KIND_OF_ALL: &'static str = "public-snapshot";

    pub fn of(snapshot: &Snapshot) -> Self {
        Self {
            owner: snapshot.owner.clone(),
            unknown: Unknown::new(),
        }
    }
}

impl Record for Shared {
    const KIND: &'static str = Self::KIND_OF_ACCOUNT;
    const FORMAT: u32 = 1;
}

/// The disk of an instance, which has what was written over the instance's image; of a virtual machine, all that the machine has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// `i-…`; it may be gone.
    pub instance: String,
    /// Of that image.
    pub source: images::Source,
    /// Account by whose rights that is pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub puller: Option<String>,
    pub architecture: String,
    /// The instance was a virtual machine, and boots the kernel of that image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_mode: Option<images::BootMode>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Root {
    /// What stands for the volume of a root, which is none: the same for all snapshots of an instance.
    pub fn volume_of(instance: &str) -> String {
        let digits = instance.strip_prefix("i-").unwrap_or(instance);
        format!("vol-{digits}")
    }

    /// The instance whose root that stands for, if there is one.
    pub fn instance_of(volume: &str) -> String {
        let digits = volume.strip_prefix("vol-").unwrap_or(volume);
        format!("i-{digits}")
    }
}

/// Snapshots of an instance that are taken at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Set {
    /// `set-…`
    pub id: String,
    pub members: u32,
    pub instance: String,
    /// They are taken before it boots under that number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_boot: Option<u64>,
}

/// What a snapshot is a copy of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub id: String,
    pub owner: String,
    pub region: String,
    /// How many of its pages the copy has.
    #[serde(default)]
    pub copied: usize,
    /// Until the copy is there: its bytes are sealed anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resealing: Option<Resealing>,
}

/// A copy that is under way: until then the source's bytes stay. Under the source's owner and region, by
/// `<source>:<account>:<region>:<copy>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyUse {
    pub account: String,
    pub region: String,
    pub snapshot: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for CopyUse {
    const KIND: &'static str = "snapshot-copy";
    const FORMAT: u32 = 1;
}

/// What a volume is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub snapshot: String,
    /// The snapshot's.
    pub owner: String,
}

/// A volume, or the disk of an instance, that is still to be made of a snapshot: until then the snapshot's bytes stay.
/// Under the snapshot's owner, by `<snapshot>:<account>:<volume>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Use {
    pub account: String,
    /// `vol-…` or `i-…`
    pub volume: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Source {
    /// With the word that something of the caller's is still to be made of it.
    pub fn put_use(&self, cx: &Context, user: &str, txn: Txn) -> Txn {
        let id = Use::id(&self.snapshot, &cx.account, user);
        let key = Scope::new(SERVICE, &self.owner, &cx.region).key(Use::KIND, &id);
        let word = Use {
            account: cx.account.clone(),
            volume: user.to_owned(),
            unknown: Unknown::new(),
        };
        txn.put(key, encode(&word))
    }
}

impl Use {
    pub fn id(snapshot: &str, account: &str, volume: &str) -> String {
        format!("{snapshot}:{account}:{volume}")
    }
}

impl Record for Use {
    const KIND: &'static str = "snapshot-use";
    const FORMAT: u32 = 1;
}

impl Snapshot {
    pub fn may_use(&self, account: &str) -> bool {
        self.public || self.owner == account || self.shared_with.contains(account)
    }

    /// It can be the data of volumes.
    pub fn check_data(&self) -> Result<(), Fault> {
        match &self.root {
            None => Ok(()),
            Some(_) => Err(fault::snapshot_of_root(&self.id)),
        }
    }

    /// A copy of it, of the caller's, which is empty if it is. Nobody shares it.
    pub fn copied(&self, call: &Call) -> Self {
        Self {
            origin: Some(Origin {
                id: self.id.clone(),
                owner: self.owner.clone(),
                region: self.region.clone(),
                copied: 0,
                resealing: None,
            }),
            root: self.root.clone(),
            encryption: self.encryption.clone(),
            taken: true,
            ..Self::new(call, NO_VOLUME, self.gib, self.pages.is_empty())
        }
    }

    /// The word that it is being copied, and where that is kept.
    pub fn copy_word(&self) -> Option<(String, CopyUse)> {
        let key = self.origin_use().filter(|_| self.is_being_taken())?;
        let word = CopyUse {
            account: self.owner.clone(),
            region: self.region.clone(),
            snapshot: self.id.clone(),
            unknown: Unknown::new(),
        };
        Some((key, word))
    }

    /// Where it is said that it is still being copied.
    pub fn origin_use(&self) -> Option<String> {
        let origin = self.origin.as_ref()?;
        let id = format!("{}:{}:{}:{}", origin.id, self.owner, self.region, self.id);
        Some(Scope::new(SERVICE, &origin.owner, &origin.region).key(CopyUse::KIND, &id))
    }

    pub fn resealing(&self) -> Option<&Resealing> {
        self.origin.as_ref()?.resealing.as_ref()
    }

    /// Whether users may know of it.
    pub fn is_seen(&self) -> bool {
        !self.deleting && !self.carries
    }

    /// Whether its host, or who copies it, has to do with it.
    pub fn is_being_taken(&self) -> bool {
        self.state == State::Pending && !self.deleting
    }

    /// Whether what it has need not be sent again for a later one.
    pub fn may_be_base(&self) -> bool {
        self.state == State::Completed && self.is_seen() && !self.pages.is_empty()
    }

    /// Since when nothing came of it.
    pub fn waits_since(&self) -> Timestamp {
        self.moved_at.unwrap_or(self.created_at)
    }

    /// The most blobs that it can be made of: chunks of its volume, and pages that list them.
    pub fn most_blobs(&self) -> usize {
        // GiB are whole chunks.
        self.gib as usize * 1024 + MAX_PAGES
    }

    /// As which it owns blobs.
    pub fn owner_name(&self) -> String {
        format!("{}{}", Self::owners_of(&self.owner), self.id)
    }

    /// How all names of owners of an account begin.
    pub fn owners_of(account: &str) -> String {
        format!("ebs-{account}-")
    }

    pub fn to_wire(&self) -> wire::Snapshot {
        wire::Snapshot {
            tags: Some(tags_to_wire(&self.tags)),
            storage_tier: Some("standard".to_owned()),
            completion_time: self.completed_at,
            full_snapshot_size_in_bytes: self
                .completed_at
                .and_then(|_| i64::try_from(self.bytes).ok()),
            snapshot_id: Some(self.id.clone()),
            volume_id: Some(self.volume.clone()),
            state: Some(self.state.as_str().to_owned()),
            state_message: self.reason.clone(),
            start_time: Some(self.created_at),
            progress: Some(format!("{}%", self.progress)),
            owner_id: Some(self.owner.clone()),
            description: Some(self.description.clone()),
            volume_size: i32::try_from(self.gib).ok(),
            encrypted: Some(self.encryption.is_some()),
            kms_key_id: self.encryption.as_ref().map(|it| it.key.clone()),
            ..wire::Snapshot::default()
        }
    }

    pub fn fields(&self) -> Fields {
        let one = |text: &str| vec![text.to_owned()];
        let completed = self.completed_at.iter().map(ToString::to_string);
        vec![
            ("completion-time", completed.collect()),
            ("description", one(&self.description)),
            ("encrypted", vec![self.encryption.is_some().to_string()]),
            ("owner-id", one(&self.owner)),
            ("progress", vec![format!("{}%", self.progress)]),
            ("snapshot-id", one(&self.id)),
            ("start-time", vec![self.created_at.to_string()]),
            ("status", one(self.state.as_str())),
            ("storage-tier", one("standard")),
            ("volume-id", one(&self.volume)),
            ("volume-size", vec![self.gib.to_string()]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_earlier_versions_are_of_no_virtual_machine() {
        let text = r#"{"instance":"i-0123","source":{"kind":"own"},"architecture":"x86_64"}"#;
        let root: Root = serde_json::from_str(text).unwrap();
        assert_eq!(root.boot_mode, None);
        assert_eq!(serde_json::to_string(&root).unwrap(), text);
        let of_machine = Root {
            boot_mode: Some(images::BootMode::LegacyBios),
            ..root
        };
        let text = serde_json::to_string(&of_machine).unwrap();
        assert!(text.ends_with(r#","boot_mode":"legacy-bios"}"#), "{text}");
        assert_eq!(Root::instance_of(&Root::volume_of("i-0123")), "i-0123");
    }

    #[test]
    fn what_later_versions_say_of_a_root_stays() {
        let text = r#"{"instance":"i-0123","source":{"kind":"own"},"architecture":"x86_64","firmware":["uefi"]}"#;
        let root: Root = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&root).unwrap(), text);
    }
}
