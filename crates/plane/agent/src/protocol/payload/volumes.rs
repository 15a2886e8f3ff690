//! A task's volumes, and what is attached to it for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{super::nullable, Task};

/// The kind of volumes that are file systems of EFS.
pub const FILE_SYSTEM: &str = "efs";
/// The kind of volumes that are attached, and the type of the attachment where that is of EBS.
pub const ATTACHED: &str = "attachment";
pub const EBS: &str = "amazonebs";

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub kind: String,
    pub host: Option<HostVolume>,
    pub docker_volume_configuration: Option<DockerVolume>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HostVolume {
    /// Empty means a volume of the task's own, gone with it.
    #[serde(deserialize_with = "nullable")]
    pub source_path: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DockerVolume {
    #[serde(deserialize_with = "nullable")]
    pub scope: String,
    #[serde(deserialize_with = "nullable")]
    pub driver: String,
    #[serde(deserialize_with = "nullable")]
    pub driver_opts: BTreeMap<String, String>,
    /// A shared volume that is not there is made.
    #[serde(deserialize_with = "nullable")]
    pub autoprovision: bool,
}

/// What else is attached to the task: EBS volumes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attachment {
    #[serde(deserialize_with = "nullable")]
    pub attachment_arn: String,
    #[serde(deserialize_with = "nullable")]
    pub attachment_type: String,
    #[serde(deserialize_with = "nullable")]
    pub attachment_properties: Vec<Property>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Property {
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[serde(deserialize_with = "nullable")]
    pub value: String,
}

impl Attachment {
    fn property(&self, name: &str) -> &str {
        let mut all = self.attachment_properties.iter();
        all.find(|it| it.name == name).map_or("", |it| &it.value)
    }
}

impl Task {
    /// The EBS volume that is the task's volume of that name, and the file system that it is to have.
    pub fn ebs_volume(&self, name: &str) -> Option<(&str, &str)> {
        let ebs = self
            .attachments
            .iter()
            .filter(|it| it.attachment_type == EBS);
        let found = ebs
            .into_iter()
            .find(|it| it.property("volumeName") == name)?;
        Some((found.property("volumeId"), found.property("fileSystem")))
    }
}
