//! Updates of clusters, node groups and add-ons: what was asked for, and how it went.

use serde::{Deserialize, Serialize};
use wharf_api_eks as api;
use wharf_base::{Timestamp, ids};
use wharf_records::{Record, Unknown};
use wharf_service::{Changes, Place, fence};

use crate::{
    core::Core,
    fault::EksFaults,
    names,
    reconcile::{DELETED_AT_ONCE, PERMIT, StepError},
    records::Cluster,
};

/// Of a cluster's version, and of a node group's.
pub const VERSION_UPDATE: &str = "VersionUpdate";
/// Of a cluster that goes back to the version it had.
pub const VERSION_ROLLBACK: &str = "VersionRollback";
/// What a cluster keeps; older ones that have ended are forgotten.
const KEPT: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    InProgress,
    Successful,
    Failed,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
        }
    }
}

/// Below its cluster's id, under its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Update {
    pub id: String,
    /// The node group that it is of.
    #[serde(default)]
    pub group: Option<String>,
    /// The add-on that it is of; neither: the cluster.
    #[serde(default)]
    pub addon: Option<String>,
    #[serde(rename = "type")]
    pub kind: String,
    pub status: Status,
    pub params: Vec<(String, String)>,
    #[serde(default)]
    pub errors: Vec<UpdateError>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Update {
    const KIND: &'static str = "update";
    const FORMAT: u32 = 1;
}

/// What an update is of, within a cluster: itself, or something by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    Cluster,
    Group(&'a str),
    Addon(&'a str),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateError {
    pub code: String,
    pub message: String,
    pub resources: Vec<String>,
}

impl Update {
    pub fn new(
        kind: &str,
        owner: Owner<'_>,
        params: Vec<(&str, String)>,
        token: Option<String>,
        now: Timestamp,
    ) -> Self {
        let params = params
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        Self {
            id: ids::uuid(),
            group: match owner {
                Owner::Group(name) => Some(name.to_owned()),
                _ => None,
            },
            addon: match owner {
                Owner::Addon(name) => Some(name.to_owned()),
                _ => None,
            },
            kind: kind.to_owned(),
            status: Status::InProgress,
            params: params.collect(),
            errors: Vec::new(),
            created_at: now,
            token,
            unknown: Unknown::default(),
        }
    }

    pub fn owner(&self) -> Owner<'_> {
        match (&self.group, &self.addon) {
            (Some(name), _) => Owner::Group(name),
            (None, Some(name)) => Owner::Addon(name),
            (None, None) => Owner::Cluster,
        }
    }

    /// The version that a cluster goes to by it.
    pub fn version_of_cluster(&self) -> Option<&str> {
        let is_of_version = [VERSION_UPDATE, VERSION_ROLLBACK].contains(&self.kind.as_str());
        if !is_of_version || self.owner() != Owner::Cluster {
            return None;
        }
        let named = self.params.iter().find(|(name, _)| name == "Version");
        named.map(|(_, value)| value.as_str())
    }

    pub fn ended(mut self, errors: Vec<UpdateError>) -> Self {
        self.status = match errors.is_empty() {
            true => Status::Successful,
            false => Status::Failed,
        };
        self.errors = errors;
        self
    }

    pub fn shown(&self) -> api::Update {
        let text = |it: &str| Some(it.to_owned());
        let params = self.params.iter().map(|(name, value)| api::UpdateParam {
            type_: text(name),
            value: text(value),
        });
        let errors = self.errors.iter().map(|it| api::ErrorDetail {
            error_code: text(&it.code),
            error_message: text(&it.message),
            resource_ids: Some(it.resources.clone()),
        });
        api::Update {
            id: text(&self.id),
            status: text(self.status.name()),
            type_: text(&self.kind),
            params: Some(params.collect()),
            created_at: Some(self.created_at),
            errors: Some(errors.collect()),
            ..api::Update::default()
        }
    }
}

/// Updates of a cluster, the oldest first; `token` finds the one that a request made before.
pub struct Known(Vec<Update>);

impl Known {
    /// # Errors
    /// The store's.
    pub async fn of(
        core: &Core,
        place: &Place,
        cluster: &Cluster,
    ) -> Result<Self, wharf_service::ChangeError<EksFaults>> {
        let found = core.below::<Update>(place, &cluster.id).await?;
        let mut all: Vec<Update> = found.into_iter().map(|it| it.record).collect();
        all.sort_by_key(|it| it.created_at);
        Ok(Self(all))
    }

    /// A token says nothing of updates of another kind or of something else.
    pub fn by_token(
        &self,
        (kind, owner): (&str, Owner<'_>),
        token: Option<&str>,
    ) -> Option<&Update> {
        let token = token?;
        let is_of = |it: &&Update| it.kind == kind && it.owner() == owner;
        let mut all = self.0.iter().filter(is_of);
        all.find(|it| it.token.as_deref() == Some(token))
    }

    /// Forgets those of what goes: before it, for one transaction does not take as many as there may be.
    ///
    /// # Errors
    /// The store's, or another server has the shard by now.
    pub async fn forget(
        core: &Core,
        place: &Place,
        cluster: &Cluster,
        owner: Owner<'_>,
    ) -> Result<(), StepError> {
        let known = Self::of(core, place, cluster).await?;
        let keys = known.of_owner(owner);
        let keys: Vec<String> = keys
            .map(|it| names::update_key(place, &cluster.id, &it.id))
            .collect();
        for some in keys.chunks(DELETED_AT_ONCE) {
            let mut changes = core.table.begin();
            changes.fence(fence::<EksFaults>(&core.shard)?);
            some.iter().for_each(|it| changes.delete(it));
            changes.write(&PERMIT).await?;
        }
        Ok(())
    }

    pub fn of_owner(self, owner: Owner<'_>) -> impl Iterator<Item = Update> {
        self.0.into_iter().filter(move |it| it.owner() == owner)
    }

    /// Lets the oldest go where there are too many.
    pub fn make_room(&self, tx: &mut Changes<'_, EksFaults>, place: &Place, cluster: &str) {
        let over = (self.0.len() + 1).saturating_sub(KEPT);
        let ended = self.0.iter().filter(|it| it.status != Status::InProgress);
        for update in ended.take(over) {
            tx.delete(names::update_key(place, cluster, &update.id));
        }
    }
}
