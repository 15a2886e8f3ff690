//! What is stored of launch templates.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};
use wharf_seal::Sealed;
use wharf_wire::Fault;

use super::{DEFAULT, LATEST, LaunchTemplateData};
use crate::{
    fault,
    records::{entity, tags_to_wire},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchTemplate {
    pub id: String,
    pub name: String,
    pub created_at: Timestamp,
    /// ARN of who made it.
    pub created_by: String,
    pub default_version: u64,
    /// The highest there is.
    pub latest_version: u64,
    /// The highest there ever was: numbers are given once.
    pub last_number: u64,
    /// Id of the pointer that the client token of its making left, deleted with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// Digest of the request that made it, by which a repetition is known. Older ones have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(
    LaunchTemplate,
    "launch-template",
    fault::launch_template_not_found
);

/// One version, under [`TemplateVersion::id`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateVersion {
    pub template_id: String,
    pub number: u64,
    pub description: Option<String>,
    pub created_at: Timestamp,
    pub created_by: String,
    pub data: LaunchTemplateData,
    /// In base 64, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<Sealed>,
    /// As of [`LaunchTemplate`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// Digest of the request that made it, by which a repetition is known. Older ones have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for TemplateVersion {
    const KIND: &'static str = "launch-template-version";
    const FORMAT: u32 = 1;
}

impl TemplateVersion {
    /// Orders a template's versions by number.
    pub fn id_of(template: &str, number: u64) -> String {
        format!("{}{number:020}", Self::ids_of(template))
    }

    /// With what the ids of all versions of a template begin.
    pub fn ids_of(template: &str) -> String {
        format!("{template}:")
    }

    pub fn id(&self) -> String {
        Self::id_of(&self.template_id, self.number)
    }

    pub fn to_wire(
        &self,
        template: &LaunchTemplate,
        data: &LaunchTemplateData,
    ) -> wire::LaunchTemplateVersion {
        wire::LaunchTemplateVersion {
            launch_template_id: Some(template.id.clone()),
            launch_template_name: Some(template.name.clone()),
            version_number: i64::try_from(self.number).ok(),
            version_description: self.description.clone(),
            create_time: Some(self.created_at),
            created_by: Some(self.created_by.clone()),
            default_version: Some(self.number == template.default_version),
            launch_template_data: Some(data.to_wire()),
            operator: None,
        }
    }
}

impl LaunchTemplate {
    /// The number that a request means by `$Latest`, `$Default` or digits; whether there is such a version
    /// is another question.
    pub fn number(&self, version: &str) -> Result<u64, Fault> {
        match version {
            LATEST => Ok(self.latest_version),
            DEFAULT => Ok(self.default_version),
            digits => digits
                .parse()
                .ok()
                .filter(|number| *number > 0 && digits.bytes().all(|it| it.is_ascii_digit()))
                .ok_or_else(|| fault::malformed_template_version(digits)),
        }
    }

    pub fn to_wire(&self) -> wire::LaunchTemplate {
        wire::LaunchTemplate {
            launch_template_id: Some(self.id.clone()),
            launch_template_name: Some(self.name.clone()),
            create_time: Some(self.created_at),
            created_by: Some(self.created_by.clone()),
            default_version_number: i64::try_from(self.default_version).ok(),
            latest_version_number: i64::try_from(self.latest_version).ok(),
            tags: Some(tags_to_wire(&self.tags)),
            operator: None,
        }
    }
}
