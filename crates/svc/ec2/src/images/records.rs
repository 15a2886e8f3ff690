//! What is stored of images.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};
use wharf_wire::Fault;

use crate::{
    block_devices::Mapping,
    fault,
    records::{entity, tags_to_wire},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    pub id: String,
    /// Account that registered it.
    pub owner: String,
    pub name: String,
    pub description: String,
    /// As the request gave it.
    pub location: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    pub root_device_name: String,
    /// What its instances have beside that, or as that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
    pub source: Source,
    /// Account by whose rights that is pulled, if it is another than the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub puller: Option<String>,
    #[serde(default)]
    pub state: State,
    /// Its instances boot the kernel that it has: they are virtual machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_mode: Option<BootMode>,
    /// The instance that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_instance: Option<String>,
    /// The image that it was made of, and its region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_image: Option<(String, String)>,
    /// What its client token is kept under, and what that was used for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<(String, String)>,
    pub created_at: Timestamp,
    /// All accounts may launch it.
    #[serde(default)]
    pub public: bool,
    /// These accounts may.
    #[serde(default)]
    pub shared_with: BTreeSet<String>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(Image, "image", fault::image_not_found);

/// What boots a virtual machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BootMode {
    LegacyBios,
}

impl BootMode {
    /// That of a request, which says it as EC2 spells it.
    pub fn of(text: &str) -> Option<Self> {
        (text == Self::LegacyBios.as_str()).then_some(Self::LegacyBios)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::LegacyBios => "legacy-bios",
        }
    }

    /// Whether machines of that architecture have such firmware.
    pub fn suits(self, architecture: &str) -> bool {
        match self {
            Self::LegacyBios => architecture == "x86_64",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum State {
    /// It waits for its snapshots.
    Pending,
    #[default]
    Available,
    Failed {
        reason: String,
    },
}

impl State {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Failed { .. } => "failed",
        }
    }

    fn reason(&self) -> Option<wire::StateReason> {
        match self {
            Self::Pending | Self::Available => None,
            Self::Failed { reason } => Some(wire::StateReason {
                code: Some("Client.InternalError".to_owned()),
                message: Some(reason.clone()),
            }),
        }
    }
}

/// What the root file system of an instance was made of, by the name that nodes pull, if they pulled any.
pub fn source_of(registry: Option<&str>) -> Source {
    let parsed = || {
        let (account, rest) = registry?.split_once(".dkr.ecr.")?;
        let (host, rest) = rest.split_once('/')?;
        let (repository, digest) = rest.split_once('@')?;
        Some(Source::Repository {
            account: account.to_owned(),
            region: host.split('.').next()?.to_owned(),
            repository: repository.to_owned(),
            digest: digest.to_owned(),
        })
    };
    parsed().unwrap_or(Source::Own)
}

/// Where an instance's root file system comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// What wharf itself has on its machines.
    Own,
    /// An image of an ECR repository.
    Repository {
        /// Whose registry it is.
        account: String,
        region: String,
        repository: String,
        /// Of the manifest for the image's architecture.
        digest: String,
    },
}

/// Points to the owner of an image that others may launch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    pub owner: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Shared {
    /// With an account: under that account, by the image's id.
    pub const KIND_OF_ACCOUNT: &'static str = "shared-image";
    /// With all: under no account, by region and id.
    pub const KIND_OF_ALL: &'static str = "public-image";

    pub fn of(image: &Image) -> Self {
        Self {
            owner: image.owner.clone(),
            unknown: Unknown::new(),
        }
    }
}

impl Record for Shared {
    const KIND: &'static str = Self::KIND_OF_ACCOUNT;
    const FORMAT: u32 = 1;
}

impl Image {
    pub fn may_launch(&self, account: &str) -> bool {
        self.public || self.owner == account || self.shared_with.contains(account)
    }

    /// Those that instances of it come with disks of.
    pub fn snapshots(&self) -> impl Iterator<Item = &str> {
        let mappings = self.mappings.iter().filter(|it| !it.suppressed);
        mappings.filter_map(|it| it.ebs.snapshot.as_deref())
    }

    pub fn has_snapshot(&self, id: &str) -> bool {
        self.snapshots().any(|it| it == id)
    }

    /// The one that the root of its instances is made of, if it is of any.
    pub fn root_snapshot(&self) -> Option<&str> {
        let root = self
            .mappings
            .iter()
            .find(|it| it.is_of(&self.root_device_name));
        root?.ebs.snapshot.as_deref()
    }

    pub fn check_available(&self) -> Result<(), Fault> {
        match self.state {
            State::Available => Ok(()),
            State::Pending | State::Failed { .. } => Err(fault::image_unavailable(&self.id)),
        }
    }

    /// An alias that users know an owner by.
    pub fn owner_alias(&self) -> Option<&'static str> {
        matches!(self.source, Source::Own).then_some("amazon")
    }

    pub fn to_wire(&self) -> wire::Image {
        wire::Image {
            platform_details: Some("Linux/UNIX".to_owned()),
            usage_operation: Some("RunInstances".to_owned()),
            block_device_mappings: Some(self.mappings.iter().map(Mapping::to_wire).collect()),
            description: Some(self.description.clone()).filter(|it| !it.is_empty()),
            ena_support: Some(true),
            hypervisor: Some("xen".to_owned()),
            image_owner_alias: self.owner_alias().map(str::to_owned),
            name: Some(self.name.clone()),
            root_device_name: Some(self.root_device_name.clone()),
            root_device_type: Some("ebs".to_owned()),
            tags: Some(tags_to_wire(&self.tags)),
            virtualization_type: Some("hvm".to_owned()),
            image_id: Some(self.id.clone()),
            image_location: Some(self.location.clone()),
            state: Some(self.state.as_str().to_owned()),
            state_reason: self.state.reason(),
            source_instance_id: self.source_instance.clone(),
            source_image_id: self.source_image.as_ref().map(|it| it.0.clone()),
            source_image_region: self.source_image.as_ref().map(|it| it.1.clone()),
            owner_id: Some(self.owner.clone()),
            creation_date: Some(self.created_at.iso8601()),
            public: Some(self.public),
            architecture: Some(self.architecture.clone()),
            image_type: Some("machine".to_owned()),
            boot_mode: self.boot_mode.map(|it| it.as_str().to_owned()),
            ..wire::Image::default()
        }
    }
}
