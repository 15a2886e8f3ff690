//! Resources of Auto Scaling that have tags.

use wharf_records::Record as _;
use wharf_service::{Kind, Tagged, tags::Tags};

use crate::{names::SERVICE, records::Group};

/// By the kinds of their records. The ARN of a group has its uuid, which is in the record alone.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: SERVICE,
    kinds: &[Kind::within(Group::KIND, |_, value| {
        let group: Group = wharf_records::decode(value)?;
        let resource = format!(
            "autoScalingGroup:{}:autoScalingGroupName/{}",
            group.uuid, group.name
        );
        let tags: Tags = group.tags;
        Ok(vec![(resource, tags)])
    })],
};
