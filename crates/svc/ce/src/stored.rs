//! Volumes, snapshots and NAT gateways of EC2, and file systems of EFS, as far as they are metered: each record says the last
//! stretch of time in which the size stayed the same, or since when there is one. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_billing::{Stored, Stretch, Use};
use wharf_records::{Record, Unknown};
use wharf_service::announce::record;
use wharf_store::Entry;

use crate::{metered::platform, records::Meter};

/// Which of them a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Volume,
    Snapshot,
    FileSystem,
    NatGateway,
}

impl Kind {
    /// By the segments of keys.
    pub fn named(service: &str, kind: &str) -> Option<Self> {
        match (service, kind) {
            ("ec2", Volume::KIND) => Some(Self::Volume),
            ("ec2", Snapshot::KIND) => Some(Self::Snapshot),
            ("efs", FileSystem::KIND) => Some(Self::FileSystem),
            ("ec2", NatGateway::KIND) => Some(Self::NatGateway),
            _ => None,
        }
    }

    /// Service and type of its ARNs.
    fn of_arn(self) -> &'static str {
        match self {
            Self::Volume => "ec2:{}:volume/",
            Self::Snapshot => "ec2:{}:snapshot/",
            Self::FileSystem => "elasticfilesystem:{}:file-system/",
            Self::NatGateway => "ec2:{}:natgateway/",
        }
    }
}

/// What a record has to say here. For those who only read.
macro_rules! read {
    ($name:ident, $kind:literal) => {
        #[derive(Debug, Serialize, Deserialize)]
        pub(crate) struct $name {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub metered: Option<Stretch>,
            #[serde(default)]
            pub tags: BTreeMap<String, String>,
        }

        impl Record for $name {
            const KIND: &'static str = $kind;
            const FORMAT: u32 = 1;
        }
    };
}

read!(Volume, "volume");
read!(Snapshot, "snapshot");
read!(FileSystem, "file-system");

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NatGateway {
    created_at: Timestamp,
    #[serde(default)]
    deleted_at: Option<Timestamp>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl Record for NatGateway {
    const KIND: &'static str = "natgateway";
    const FORMAT: u32 = 1;
}

impl NatGateway {
    /// It has one size.
    fn metered(&self) -> Stretch {
        Stretch {
            until: self.deleted_at,
            ..Stretch::first(Stored::NatGateway, self.created_at)
        }
    }
}

/// What something is billed for: the last stretch. Each has a meter of its own.
pub(crate) fn meter(
    entry: &Entry,
    kind: Kind,
    (account, region): (&str, &str),
    id: &str,
) -> Option<Meter> {
    let (metered, tags) = match kind {
        Kind::Volume => record::<Volume>(entry).map(|it| (it.metered, it.tags)),
        Kind::Snapshot => record::<Snapshot>(entry).map(|it| (it.metered, it.tags)),
        Kind::FileSystem => record::<FileSystem>(entry).map(|it| (it.metered, it.tags)),
        Kind::NatGateway => record::<NatGateway>(entry).map(|it| (Some(it.metered()), it.tags)),
    }?;
    let Stretch {
        number,
        of,
        since,
        until,
    } = metered?;
    let start = since.millis();
    let partition = wharf_base::arn::partition_of(region);
    let place = format!("{region}:{account}");
    Some(Meter {
        arns: format!("arn:{partition}:{}", kind.of_arn().replace("{}", &place)),
        id: format!("{id}:{number}"),
        used: Use {
            region: region.to_owned(),
            platform: platform(),
            spot: false,
            cpu: 0,
            memory_mib: 0,
            ephemeral_gib: 0,
            cluster: String::new(),
            service: None,
            tags,
            instance: None,
            stored: Some(of),
        },
        start,
        end: until.map(|it| it.millis().max(start)),
        settled: false,
        unknown: Unknown::new(),
    })
}
