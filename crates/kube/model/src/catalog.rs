//! All kinds a cluster serves, as an immutable snapshot: the built-in ones and those of its custom resource definitions.

use crate::custom::{self, Patterns};
use crate::kinds::{self, Row};
use crate::schema::Schema;
use indexmap::IndexMap;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// A kind: what discovery tells of it, and the schema of its objects.
#[derive(Debug, Clone)]
pub struct Resource {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub list_kind: String,
    pub plural: String,
    pub singular: String,
    pub short_names: Vec<String>,
    pub categories: Vec<String>,
    pub namespaced: bool,
    pub verbs: &'static [&'static str],
    pub subresources: Vec<Subresource>,
    /// Where objects are kept, which is not the resource's own place for the second shape of a kind ([`crate::convert`]).
    pub storage: Storage,
    pub schema: Schema,
    /// What only a custom resource has.
    pub custom: Option<Arc<Custom>>,
}

/// `pods/exec`: the kind of its body where that is not the resource's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subresource {
    pub name: String,
    pub group: String,
    pub version: String,
    pub kind: String,
    pub verbs: &'static [&'static str],
}

/// Group, version and plural objects are kept under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Storage {
    pub group: String,
    pub version: String,
    pub plural: String,
}

/// Of a custom resource definition's version.
#[derive(Debug, Clone, Default)]
pub struct Custom {
    /// `additionalPrinterColumns`, as the definition has them.
    pub columns: Vec<Value>,
    pub status: bool,
    pub scale: Option<ScalePaths>,
    /// `selectableFields`, JSON paths.
    pub selectable: Vec<String>,
    pub deprecated: Option<String>,
    /// Name of the definition.
    pub definition: String,
    /// The version's `openAPIV3Schema`.
    pub schema: Value,
    /// Whether it has defaults anywhere: what is stored may lack them.
    pub defaults: bool,
    /// Its regular expressions.
    pub patterns: Patterns,
}

/// Where a custom resource keeps what its scale subresource shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalePaths {
    pub spec_replicas: String,
    pub status_replicas: String,
    pub label_selector: Option<String>,
}

/// A snapshot of all kinds. Cheap to share, never changed.
#[derive(Debug)]
pub struct Catalog {
    /// By `GROUP/VERSION/PLURAL`, in discovery's order.
    resources: IndexMap<String, Arc<Resource>>,
    kinds: IndexMap<String, Arc<Resource>>,
}

static BUILT_IN: LazyLock<Arc<Catalog>> = LazyLock::new(|| {
    Arc::new(Catalog::of(
        kinds::KINDS
            .iter()
            .map(|row| Arc::new(built_in(row)))
            .collect(),
    ))
});

impl Catalog {
    fn of(rows: Vec<Arc<Resource>>) -> Self {
        let mut resources = IndexMap::with_capacity(rows.len());
        let mut kinds = IndexMap::with_capacity(rows.len());
        for resource in rows {
            kinds.insert(
                key(&resource.group, &resource.version, &resource.kind),
                Arc::clone(&resource),
            );
            resources.insert(
                key(&resource.group, &resource.version, &resource.plural),
                resource,
            );
        }
        Self { resources, kinds }
    }

    /// The kinds every cluster has.
    #[must_use]
    pub fn built_in() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    /// This catalog's built-in kinds and the served versions of these definitions, each of which was accepted before
    ///; a version that cannot be read is left out.
    #[must_use]
    pub fn with_custom(&self, definitions: &[Value]) -> Self {
        let built_in = self
            .all()
            .filter(|resource| resource.custom.is_none())
            .cloned();
        let custom = definitions.iter().flat_map(custom::resources).map(Arc::new);
        Self::of(built_in.chain(custom).collect())
    }

    /// Without the built-in kinds of a group.
    #[must_use]
    pub fn without(&self, group: &str) -> Self {
        let all = self.all();
        let kept = all.filter(|it| it.group != group || it.custom.is_some());
        Self::of(kept.cloned().collect())
    }

    #[must_use]
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.resources.get(&key(group, version, plural))
    }

    #[must_use]
    pub fn of_kind(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.kinds.get(&key(group, version, kind))
    }

    /// In discovery's order: groups by upstream's priorities, custom ones behind them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// Schema of any object that crosses the wire: resources, their lists, bodies of subresources, options, Status.
    #[must_use]
    pub fn schema(&self, api_version: &str, kind: &str) -> Option<Schema> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        if let Some(resource) = self.of_kind(group, version, kind) {
            return Some(resource.schema.clone());
        }
        // Options, Status and watch events are registered in every group.
        Schema::built_in(group, version, kind)
            .or_else(|| Schema::built_in("meta.k8s.io", "v1", kind))
    }
}

impl Resource {
    /// `apps/v1`, `v1`
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `deployments.apps`, `pods`
    #[must_use]
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    #[must_use]
    pub fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources
            .iter()
            .find(|subresource| subresource.name == name)
    }

    #[must_use]
    pub fn can(&self, verb: &str) -> bool {
        self.verbs.contains(&verb)
    }
}

fn key(group: &str, version: &str, name: &str) -> String {
    format!("{group}/{version}/{name}")
}

fn built_in(row: &Row) -> Resource {
    let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Resource {
        group: row.group.into(),
        version: row.version.into(),
        kind: row.kind.into(),
        list_kind: format!("{}List", row.kind),
        plural: row.plural.into(),
        singular: row.kind.to_ascii_lowercase(),
        short_names: strings(row.short_names),
        categories: strings(row.categories),
        namespaced: row.namespaced,
        verbs: row.verbs,
        subresources: row
            .subresources
            .iter()
            .map(|sub| subresource(row, sub))
            .collect(),
        storage: storage(row),
        schema: Schema::built_in(row.group, row.version, row.kind).unwrap_or_else(Schema::any),
        custom: None,
    }
}

fn subresource(row: &Row, sub: &kinds::Sub) -> Subresource {
    let (group, version, kind) = if sub.3.is_empty() {
        (row.group, row.version, row.kind)
    } else {
        (sub.1, sub.2, sub.3)
    };
    Subresource {
        name: sub.0.into(),
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        verbs: sub.4,
    }
}

/// Two kinds have two shapes; the stored one is the one upstream keeps.
fn storage(row: &Row) -> Storage {
    let (group, version) = match (row.group, row.kind) {
        ("events.k8s.io", "Event") => ("", "v1"),
        ("autoscaling", "HorizontalPodAutoscaler") => ("autoscaling", "v2"),
        _ => (row.group, row.version),
    };
    Storage {
        group: group.into(),
        version: version.into(),
        plural: row.plural.into(),
    }
}

#[cfg(test)]
mod tests;
