//! What is stored of placement groups.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Timestamp;
use wharf_records::{Record as _, Unknown, ecs::Tags};
use wharf_wire::{Context, Fault};

use crate::{
    fault,
    records::{arn, entity, tags_to_wire},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacementGroup {
    /// `pg-…`
    pub id: String,
    pub name: String,
    pub strategy: Strategy,
    /// How often an instance of it was given a host: what was decided before that is decided again.
    #[serde(default)]
    pub placements: u64,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(
    PlacementGroup,
    "placement-group",
    fault::placement_group_id_not_found
);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    Cluster,
    Spread,
    /// In so many parts, numbered from 1.
    Partition(u32),
}

/// The place of an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InGroup {
    /// `pg-…`
    pub group: String,
    pub name: String,
    /// Of a group that has some; which one, may be decided when the instance is launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<u32>,
}

impl Strategy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Spread => "spread",
            Self::Partition(_) => "partition",
        }
    }
}

impl PlacementGroup {
    /// A partition that is asked for, if there is one of that number.
    pub fn partition(&self, asked: Option<i32>) -> Result<Option<u32>, Fault> {
        let Some(number) = asked else {
            return Ok(None);
        };
        let Strategy::Partition(count) = self.strategy else {
            return Err(fault::partition_of_other_group(&self.name));
        };
        let found = u32::try_from(number).ok();
        match found.filter(|it| (1..=count).contains(it)) {
            Some(number) => Ok(Some(number)),
            None => Err(fault::no_such_partition(number, count)),
        }
    }

    pub fn to_wire(&self, cx: &Context) -> wire::PlacementGroup {
        let partitions = match self.strategy {
            Strategy::Partition(count) => i32::try_from(count).ok(),
            Strategy::Cluster | Strategy::Spread => None,
        };
        wire::PlacementGroup {
            group_name: Some(self.name.clone()),
            state: Some("available".to_owned()),
            strategy: Some(self.strategy.as_str().to_owned()),
            partition_count: partitions,
            group_id: Some(self.id.clone()),
            tags: Some(tags_to_wire(&self.tags)),
            group_arn: Some(arn(cx, Self::KIND, &self.name)),
            spread_level: self.spread_level().map(str::to_owned),
            ..wire::PlacementGroup::default()
        }
    }

    pub fn spread_level(&self) -> Option<&'static str> {
        (self.strategy == Strategy::Spread).then_some("rack")
    }
}
