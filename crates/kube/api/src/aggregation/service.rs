//! An aggregated API server as its APIService says it, and all of them at one moment: pure, but for who waits to ask it.

use std::{collections::BTreeSet, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;
use tokio::sync::Semaphore;
use wharf_kube_model::{
    Catalog,
    view::{flag, items, member, number, text, text_at},
};

use super::{AT_ONCE, discovered::Discovered};
use crate::webhooks::Service;

/// A group in one version that another server answers for.
#[derive(Debug, Clone)]
pub struct Aggregated {
    /// Of the APIService: `VERSION.GROUP`.
    pub name: String,
    pub group: String,
    pub version: String,
    priority: (i64, i64),
    pub service: Service,
    /// Authorities in PEM; without any its certificate is not checked, as its APIService has it.
    pub authorities: Option<Vec<u8>>,
    pub is_available: bool,
    /// Requests to it at the same time; more are refused.
    pub room: Arc<Semaphore>,
    /// What it last told of itself.
    pub discovered: Option<Arc<Discovered>>,
}

impl Aggregated {
    /// `None` for one that this server answers for itself. One that cannot be read was not let in.
    pub fn of(object: &Value) -> Option<Self> {
        let spec = object.get("spec")?;
        let service = member(spec, "service")?;
        let skips = flag(spec, "insecureSkipTLSVerify") == Some(true);
        let authorities = BASE64.decode(text(spec, "caBundle")).ok()?;
        let mut conditions = items(&object["status"], "conditions").iter();
        let priority = |name: &str| number(spec, name).unwrap_or_default();
        Some(Self {
            name: text_at(object, &["metadata", "name"]).to_owned(),
            group: text(spec, "group").to_owned(),
            version: text(spec, "version").to_owned(),
            priority: (
                priority("groupPriorityMinimum"),
                priority("versionPriority"),
            ),
            service: Service {
                namespace: text(service, "namespace").to_owned(),
                name: text(service, "name").to_owned(),
                port: u16::try_from(number(service, "port").unwrap_or(443)).ok()?,
                path: String::new(),
            },
            authorities: (!skips).then_some(authorities),
            is_available: conditions.any(|it| it["type"] == "Available" && it["status"] == "True"),
            room: Arc::new(Semaphore::new(AT_ONCE)),
            discovered: None,
        })
    }

    pub fn is_same_server(&self, other: &Self) -> bool {
        self.service == other.service && self.authorities == other.authorities
    }
}

/// The aggregated servers of a cluster, those of a group in front that are preferred.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub all: Vec<Arc<Aggregated>>,
}

impl Snapshot {
    /// What is known of servers that were there before stays known.
    pub fn new(mut all: Vec<Aggregated>, before: &Self) -> Self {
        for it in &mut all {
            let known = before.all.iter().find(|known| known.name == it.name);
            if let Some(known) = known.filter(|known| known.is_same_server(it)) {
                it.room = Arc::clone(&known.room);
                it.discovered.clone_from(&known.discovered);
            }
        }
        all.sort_by(|a, b| (b.priority, &a.name).cmp(&(a.priority, &b.name)));
        Self {
            all: all.into_iter().map(Arc::new).collect(),
        }
    }

    /// The same, but for what one server told.
    pub fn with_discovered(&self, name: &str, discovered: Option<Arc<Discovered>>) -> Self {
        let of = |it: &Arc<Aggregated>| {
            if it.name != name {
                return Arc::clone(it);
            }
            Arc::new(Aggregated {
                discovered: discovered.clone(),
                ..Aggregated::clone(it)
            })
        };
        Self {
            all: self.all.iter().map(of).collect(),
        }
    }

    /// Bytes of what is kept of them, but for what one server told.
    pub fn bytes_beside(&self, name: &str) -> usize {
        let others = self.all.iter().filter(|it| it.name != name);
        let discovered = others.filter_map(|it| it.discovered.as_ref());
        discovered.map(|it| it.bytes()).sum()
    }

    /// Those whose group and version this server does not answer for itself.
    pub fn beside(&self, catalog: &Catalog) -> Vec<&Arc<Aggregated>> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let own: BTreeSet<(&str, &str)> = catalog
            .all()
            .map(|it| (it.group.as_str(), it.version.as_str()))
            .collect();
        let is_other = |it: &&Arc<Aggregated>| !own.contains(&(&*it.group, &*it.version));
        self.all.iter().filter(is_other).collect()
    }

    /// Who answers for a group in a version that this server does not.
    pub fn find(&self, catalog: &Catalog, group: &str, version: &str) -> Option<&Arc<Aggregated>> {
        let mut all = self.all.iter();
        let found = all.find(|it| it.group == group && it.version == version)?;
        let is_own = serves(catalog, group, version);
        (!is_own).then_some(found)
    }
}

/// Whether this server itself has kinds of a group in a version.
pub fn serves(catalog: &Catalog, group: &str, version: &str) -> bool {
    catalog
        .all()
        .any(|it| it.group == group && it.version == version)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    fn object(version: &str, priority: i64) -> Value {
        json!({
            "metadata": {"name": format!("{version}.a.example.com")},
            "spec": {"group": "a.example.com", "version": version, "versionPriority": priority,
                "groupPriorityMinimum": 100, "caBundle": "YQ==", "service": {"namespace": "n", "name": "s", "port": 443}},
            "status": {"conditions": [{"type": "Available", "status": "True"}]},
        })
    }

    #[test]
    fn one_that_is_read_again_keeps_what_it_told_unless_it_is_another() {
        let of = |all: &[Value], before: &Snapshot| {
            Snapshot::new(all.iter().filter_map(Aggregated::of).collect(), before)
        };
        let objects = [object("v1", 10), object("v2", 20)];
        let first = of(&objects, &Snapshot::default());
        assert_eq!(first.all[0].version, "v2");
        let discovered = Discovered {
            resources: Some("[]".to_owned()),
            openapi: Some(Bytes::from_static(b"{}")),
            openapi_v2: None,
        };
        let first = first.with_discovered("v1.a.example.com", Some(Arc::new(discovered)));
        assert_eq!(first.bytes_beside("v2.a.example.com"), 4);
        assert_eq!(first.bytes_beside("v1.a.example.com"), 0);
        let again = of(&objects, &first);
        assert!(again.all[1].discovered.is_some() && again.all[0].discovered.is_none());
        let mut moved = objects.clone();
        moved[0]["spec"]["service"]["name"] = "other".into();
        assert!(of(&moved, &first).all[1].discovered.is_none());
        let mut unchecked = objects[0].clone();
        unchecked["spec"]["insecureSkipTLSVerify"] = true.into();
        assert!(Aggregated::of(&unchecked).unwrap().authorities.is_none());
        let mut local = objects[0].clone();
        local["spec"]["service"] = Value::Null;
        assert!(Aggregated::of(&local).is_none());
    }

    #[test]
    fn what_a_server_itself_has_is_never_anothers() {
        let mut own = object("v1", 10);
        own["spec"]["group"] = "apps".into();
        let all = vec![
            Aggregated::of(&own).unwrap(),
            Aggregated::of(&object("v1", 1)).unwrap(),
        ];
        let all = Snapshot::new(all, &Snapshot::default());
        let catalog = Catalog::built_in();
        assert!(all.find(&catalog, "apps", "v1").is_none());
        assert!(all.find(&catalog, "a.example.com", "v1").is_some());
        assert!(all.find(&catalog, "a.example.com", "v2").is_none());
        assert_eq!(all.beside(&catalog).len(), 1);
    }
}
