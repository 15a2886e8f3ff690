//! What a name, ARN or family refers to.

use wharf_records::{
    Record,
    ecs::{Cluster, ClusterStatus, Definition, Family, Task, definition_id},
};
use wharf_wire::{Context, Fault};

use super::{ChangeError, State, Stored};
use crate::{
    fault,
    names::{self, Place},
    view::Held,
};

impl State {
    /// The ACTIVE cluster meant by a name or ARN.
    ///
    /// # Errors
    /// There is none.
    pub async fn cluster(&self, cx: &Context, given: Option<&str>) -> Result<Held<Cluster>, Fault> {
        let cluster = self.any_cluster(cx, given).await?;
        match cluster.status {
            ClusterStatus::Active => Ok(cluster),
            ClusterStatus::Inactive => Err(fault::cluster_not_found()),
        }
    }

    /// The cluster meant, INACTIVE ones included.
    ///
    /// # Errors
    /// There is none.
    pub async fn any_cluster(
        &self,
        cx: &Context,
        given: Option<&str>,
    ) -> Result<Held<Cluster>, Fault> {
        let name = names::cluster_name(given)?;
        self.up_to_date().await;
        let found = self
            .view
            .read(&Place::of(cx), |region| region.clusters.get(&name).cloned());
        found.ok_or_else(fault::cluster_not_found)
    }

    /// The definition meant by a family, `family:revision` or ARN; a family means its newest ACTIVE
    /// revision.
    ///
    /// # Errors
    /// The text can name none, or the store cannot be read.
    pub async fn definition(
        &self,
        place: &Place,
        given: &str,
    ) -> Result<Option<Stored<Definition>>, Fault> {
        let Some(wanted) = names::definition_ref(given)? else {
            return Ok(None);
        };
        let revision = match wanted.revision {
            Some(revision) => revision,
            None => {
                let key = place.scope().key(Family::KIND, &wanted.family);
                let family = self.table.read::<Family>(&key).await?;
                match family.and_then(|family| family.record.newest_active) {
                    Some(newest) => newest,
                    None => return Ok(None),
                }
            }
        };
        let id = definition_id(&wanted.family, revision);
        Ok(self
            .table
            .read(&place.scope().key(Definition::KIND, &id))
            .await?)
    }

    /// The definition that a record names by its ARN.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn definition_of(
        &self,
        place: &Place,
        arn: &str,
    ) -> Result<Option<Stored<Definition>>, ChangeError> {
        let wanted = names::definition_ref(arn).ok().flatten();
        let Some((family, revision)) = wanted.and_then(|it| Some((it.family, it.revision?))) else {
            return Ok(None);
        };
        let id = definition_id(&family, revision);
        self.table
            .read(&place.scope().key(Definition::KIND, &id))
            .await
    }

    /// Whether a task has that definition, or a service may still start one of it.
    pub async fn uses_definition(&self, place: &Place, arn: &str) -> bool {
        self.up_to_date().await;
        self.view.read(place, |region| {
            let mut tasks = region.tasks.values();
            tasks.any(|task| task.definition == arn) || region.uses_definition(arn)
        })
    }

    /// The task of that ARN, STOPPED ones included while they are remembered.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn task_by_arn(&self, arn: &str) -> Result<Option<Stored<Task>>, Fault> {
        match names::task_key(arn) {
            Some(key) => Ok(self.table.read(&key).await?),
            None => Ok(None),
        }
    }
}
