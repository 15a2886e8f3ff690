//! The tags of what a call is about: policies may let in, or shut out, by them.

use wharf_records::{
    Record,
    ecs::{CapacityProvider, Cluster, Definition, Instance, Service, Tags, Task, definition_id},
};
use wharf_wire::{Check, Fault};

use super::{is_tags_at_creation, keys};
use crate::{
    core::Core,
    names::{self, Place},
};

/// Rows that know tags already by what they are made of.
const KNOWN: [&str; 2] = ["ecs:RunTask", "ecs:StartTask"];
const RESOURCE_TAG: &str = "ecs:ResourceTag/";

/// With the tags of what is there, as they are now. They are read from the store, which never waits: an answer must not hang
/// on how far the view has come.
pub async fn with_tags(core: &Core, place: &Place, rows: Vec<Check>) -> Result<Vec<Check>, Fault> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        all.push(match lacks_tags(place, &row) {
            true => {
                let tags = tags_of(core, place, &row.resource).await?;
                keys::resource_tags(row, &tags)
            }
            false => row,
        });
    }
    Ok(all)
}

/// It is about something of ECS here, whose tags were not looked at.
fn lacks_tags(place: &Place, row: &Check) -> bool {
    let mut asked = row.context.keys();
    names::place_of(&row.resource).is_some_and(|it| it == *place)
        && !KNOWN.contains(&row.action.as_str())
        && !is_tags_at_creation(row)
        && !asked.any(|it| it.starts_with(RESOURCE_TAG))
}

/// None for what is not there.
async fn tags_of(core: &Core, place: &Place, arn: &str) -> Result<Tags, Fault> {
    let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let (kind, rest) = path.split_once('/').unwrap_or_default();
    // Of what is in a cluster.
    let within = || rest.replacen('/', ":", 1);
    match kind {
        "cluster" => held::<Cluster>(core, place, rest, |it| it.tags).await,
        "capacity-provider" => held::<CapacityProvider>(core, place, rest, |it| it.tags).await,
        "container-instance" => held::<Instance>(core, place, &within(), |it| it.tags).await,
        "service" => held::<Service>(core, place, &within(), |it| it.tags).await,
        "task" => held::<Task>(core, place, &within(), |it| it.tags).await,
        "task-definition" => {
            // What names no revision is refused by the operation.
            let wanted = names::definition_ref(arn).ok().flatten();
            match wanted.and_then(|it| Some(definition_id(&it.family, it.revision?))) {
                Some(id) => held::<Definition>(core, place, &id, |it| it.tags).await,
                None => Ok(Tags::default()),
            }
        }
        _ => Ok(Tags::default()),
    }
}

/// The tags of a record.
async fn held<T: Record>(
    core: &Core,
    place: &Place,
    id: &str,
    tags: fn(T) -> Tags,
) -> Result<Tags, Fault> {
    let key = place.scope().key(T::KIND, id);
    let found = core.state.table.read::<T>(&key).await?;
    Ok(found.map(|it| tags(it.record)).unwrap_or_default())
}
