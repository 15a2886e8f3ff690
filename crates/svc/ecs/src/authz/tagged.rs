//! The tags of what a call is about: policies may let in, or shut out, by them.

use wharf_records::{
    Record as _,
    ecs::{Definition, Tags, Task, definition_id},
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
const DEFINITION: &str = "task-definition";

/// With the tags of what is there, as they are now.
pub async fn with_tags(core: &Core, place: &Place, rows: Vec<Check>) -> Result<Vec<Check>, Fault> {
    let mut lacking = rows.iter().filter(|row| lacks_tags(place, row)).peekable();
    if lacking.peek().is_none() {
        return Ok(rows);
    }
    // Definitions are read from the store.
    if !lacking.all(|row| kind_of(&row.resource).0 == DEFINITION) {
        core.state.up_to_date().await;
    }
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

/// What kind of thing an ARN is of, and what it says behind that.
fn kind_of(arn: &str) -> (&str, &str) {
    let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
    path.split_once('/').unwrap_or_default()
}

/// None for what is not there.
async fn tags_of(core: &Core, place: &Place, arn: &str) -> Result<Tags, Fault> {
    let (kind, rest) = kind_of(arn);
    let (scope, table) = (place.scope(), &core.state.table);
    if kind == DEFINITION {
        // What names no revision is refused by the operation.
        let wanted = names::definition_ref(arn).ok().flatten();
        let Some((family, revision)) = wanted.and_then(|it| Some((it.family, it.revision?))) else {
            return Ok(Tags::default());
        };
        let key = scope.key(Definition::KIND, &definition_id(&family, revision));
        let found = table.read::<Definition>(&key).await?;
        return Ok(found.map(|it| it.record.tags).unwrap_or_default());
    }
    let id = rest.replacen('/', ":", 1);
    let seen = core.state.view.read(place, |region| match kind {
        "cluster" => region.clusters.get(rest).map(|it| it.tags.clone()),
        "capacity-provider" => region.providers.get(rest).map(|it| it.tags.clone()),
        "container-instance" => region.instances.get(&id).map(|it| it.tags.clone()),
        "service" => region.services.get(&id).map(|it| it.tags.clone()),
        "task" => region.tasks.get(&id).map(|it| it.tags.clone()),
        _ => None,
    });
    match (seen, kind) {
        (Some(tags), _) => Ok(tags),
        // One that is over.
        (None, "task") => {
            let found = table.read::<Task>(&scope.key(Task::KIND, &id)).await?;
            Ok(found.map(|it| it.record.tags).unwrap_or_default())
        }
        (None, _) => Ok(Tags::default()),
    }
}
