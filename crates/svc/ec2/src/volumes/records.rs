//! What is stored of volumes, and how it looks on the wire.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Timestamp, ids};
use wharf_billing::{Stored, Stretch, VolumeType};
use wharf_records::{Record as _, Scope, Unknown, ecs::Tags, encode};
use wharf_store::Txn;
use wharf_wire::Context;

use super::{
    kinds::{Kind, Sized},
    life::Life,
    modification::Modification,
};
use crate::{
    Ec2Service,
    encryption::Encryption,
    fault,
    filter::Fields,
    records::{arn, entity, tags_to_wire},
    snapshots::{Source, Use},
    table::SERVICE,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    pub id: String,
    pub kind: Kind,
    pub gib: u32,
    pub iops: Option<u32>,
    /// MiB a second.
    pub throughput: Option<u32>,
    pub zone: String,
    /// The snapshot that it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// How its bytes are sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// The service that made it, e.g. `ecs.amazonaws.com`.
    pub requester: Option<String>,
    /// What its client token is kept under.
    pub token_id: Option<String>,
    /// What a user's client token was used for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    pub life: Life,
    /// The last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modification: Option<Modification>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_enable_io: bool,
    /// What it is billed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metered: Option<Stretch>,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(Volume, "volume", fault::volume_not_found);

impl Volume {
    pub fn sized(&self) -> Sized {
        Sized {
            kind: self.kind,
            gib: self.gib,
            iops: self.iops,
            throughput: self.throughput,
        }
    }

    /// One that nobody has, of no snapshot.
    pub fn new(sized: Sized, zone: &str, now: Timestamp) -> Self {
        let mut made = Self {
            id: ids::ec2_id("vol"),
            kind: sized.kind,
            gib: sized.gib,
            iops: sized.iops,
            throughput: sized.throughput,
            zone: zone.to_owned(),
            source: None,
            encryption: None,
            requester: None,
            token_id: None,
            asked: None,
            life: Life::default(),
            modification: None,
            auto_enable_io: false,
            metered: None,
            created_at: now,
            tags: Tags::new(),
            unknown: Unknown::new(),
        };
        made.meter(now);
        made
    }

    /// Says from when on it is billed for what it is now, before a change of it is written. One that is to be deleted, or whose
    /// bytes cannot be had, costs nothing.
    pub fn meter(&mut self, now: Timestamp) {
        let is_there = !self.life.deleting && self.life.lost.is_none();
        let of = is_there.then(|| Stored::Volume {
            kind: match self.kind {
                Kind::Standard => VolumeType::Standard,
                Kind::Gp2 => VolumeType::Gp2,
                Kind::Gp3 => VolumeType::Gp3,
                Kind::Io1 => VolumeType::Io1,
                Kind::Io2 => VolumeType::Io2,
                Kind::St1 => VolumeType::St1,
                Kind::Sc1 => VolumeType::Sc1,
            },
            gib: self.gib,
            iops: self.iops.unwrap_or_default(),
            throughput: self.throughput.unwrap_or_default(),
        });
        Stretch::follow(&mut self.metered, of, now);
    }

    /// What its host is to give it: already the new size while that is being made.
    pub fn wanted_gib(&self) -> u32 {
        let growing = self.modification.as_ref().filter(|it| it.is_pending());
        growing.map_or(self.gib, |it| it.target.gib.max(self.gib))
    }

    /// Whether a user made it, and not a service.
    pub fn is_users(&self) -> bool {
        self.requester.is_none()
    }

    pub fn to_wire(&self, cx: &Context) -> wire::Volume {
        let number = |it: u32| i32::try_from(it).ok();
        wire::Volume {
            iops: self.iops.and_then(number),
            tags: Some(tags_to_wire(&self.tags)),
            volume_type: Some(self.kind.as_str().to_owned()),
            multi_attach_enabled: Some(false),
            throughput: self.throughput.and_then(number),
            operator: Some(self.operator()),
            volume_arn: Some(arn(cx, "volume", &self.id)),
            owner_id: Some(cx.account.clone()),
            volume_id: Some(self.id.clone()),
            size: number(self.gib),
            // Empty for one that is made of no snapshot.
            snapshot_id: Some(self.snapshot().to_owned()),
            availability_zone: Some(self.zone.clone()),
            state: Some(self.life.state().to_owned()),
            create_time: Some(self.created_at),
            attachments: Some(self.attachment().into_iter().collect()),
            encrypted: Some(self.encryption.is_some()),
            kms_key_id: self.encryption.as_ref().map(|it| it.key.clone()),
            ..wire::Volume::default()
        }
    }

    pub fn operator(&self) -> wire::OperatorResponse {
        wire::OperatorResponse {
            managed: Some(self.requester.is_some()),
            principal: self.requester.clone(),
            hidden_by_default: None,
        }
    }

    fn snapshot(&self) -> &str {
        self.source.as_ref().map_or("", |it| &it.snapshot)
    }

    /// Where it is said that it is still to be made of its snapshot.
    pub fn source_use(&self, scope: &Scope) -> Option<String> {
        let Source { snapshot, owner } = self.source.as_ref()?;
        let id = Use::id(snapshot, &scope.account, &self.id);
        Some(Scope::new(SERVICE, owner, &scope.region).key(Use::KIND, &id))
    }

    /// The volume, with the word that it is still to be made of its snapshot.
    pub fn put_new(&self, cx: &Context, txn: Txn) -> Txn {
        let txn = txn.put(Ec2Service::key::<Self>(cx, &self.id), encode(self));
        match &self.source {
            Some(source) => source.put_use(cx, &self.id, txn),
            None => txn,
        }
    }

    /// What its host is still to make it of. `account`: its own.
    pub fn made_of(&self, account: &str) -> Option<Source> {
        if self.life.made || self.life.is_leaving() {
            return None;
        }
        let carried = self.life.kept_in.as_ref().map(|it| Source {
            snapshot: it.clone(),
            owner: account.to_owned(),
        });
        carried.or_else(|| self.source.clone())
    }

    pub fn attachment(&self) -> Option<wire::VolumeAttachment> {
        let it = self.life.attachment.as_ref()?;
        Some(wire::VolumeAttachment {
            delete_on_termination: Some(it.delete_on_termination),
            volume_id: Some(self.id.clone()),
            instance_id: Some(it.instance.clone()),
            device: Some(it.device.clone()),
            state: Some(it.state.as_str().to_owned()),
            attach_time: Some(it.at),
            ..wire::VolumeAttachment::default()
        })
    }

    pub fn fields(&self) -> Fields {
        let one = |text: &str| vec![text.to_owned()];
        let number = |it: Option<u32>| it.map(|it| it.to_string()).into_iter().collect();
        let mut fields = vec![
            ("availability-zone", one(&self.zone)),
            ("create-time", vec![self.created_at.to_string()]),
            ("encrypted", vec![self.encryption.is_some().to_string()]),
            ("multi-attach-enabled", one("false")),
            (
                "operator.managed",
                vec![self.requester.is_some().to_string()],
            ),
            (
                "operator.principal",
                self.requester.iter().cloned().collect(),
            ),
            ("size", number(Some(self.gib))),
            ("snapshot-id", one(self.snapshot())),
            ("status", one(self.life.state())),
            ("volume-id", one(&self.id)),
            ("volume-type", one(self.kind.as_str())),
        ];
        if let Some(it) = &self.life.attachment {
            fields.extend([
                ("attachment.attach-time", vec![it.at.to_string()]),
                (
                    "attachment.delete-on-termination",
                    vec![it.delete_on_termination.to_string()],
                ),
                ("attachment.device", one(&it.device)),
                ("attachment.instance-id", one(&it.instance)),
                ("attachment.status", one(it.state.as_str())),
            ]);
        }
        fields
    }
}
