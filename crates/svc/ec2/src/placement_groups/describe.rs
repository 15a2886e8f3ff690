//! DescribePlacementGroups.

use wharf_api_ec2::types::{DescribePlacementGroupsRequest, DescribePlacementGroupsResult};
use wharf_records::Record as _;
use wharf_wire::{Call, Fault};

use super::{PlacementGroup, find};
use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, Names},
    records::arn,
};

const PLACEMENT_GROUPS: Names = Names {
    tagged: true,
    known: &[
        "group-arn",
        "group-id",
        "group-name",
        "spread-level",
        "state",
        "strategy",
    ],
};
/// Groups that one request names.
const MAX_NAMED: usize = 500;

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribePlacementGroupsRequest,
) -> Result<DescribePlacementGroupsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let mut ids = input.group_ids.unwrap_or_default();
    let names = input.group_names.unwrap_or_default();
    if ids.len() + names.len() > MAX_NAMED {
        return Err(fault::too_many_in_template("placement groups", MAX_NAMED));
    }
    for name in &names {
        ids.push(find(service, call, name).await?.id);
    }
    let asked = Asked {
        ids: Some(ids),
        filters: input.filters,
        next_token: None,
        max_results: None,
    };
    let fields = |it: &PlacementGroup| -> Fields {
        let level = it.spread_level().map(str::to_owned);
        vec![
            ("group-arn", vec![arn(call, PlacementGroup::KIND, &it.name)]),
            ("group-id", vec![it.id.clone()]),
            ("group-name", vec![it.name.clone()]),
            ("spread-level", level.into_iter().collect()),
            ("state", vec!["available".to_owned()]),
            ("strategy", vec![it.strategy.as_str().to_owned()]),
        ]
    };
    let (found, _) = service
        .select(call, asked, &PLACEMENT_GROUPS, fields)
        .await?;
    Ok(DescribePlacementGroupsResult {
        placement_groups: Some(found.iter().map(|it| it.to_wire(call)).collect()),
    })
}
