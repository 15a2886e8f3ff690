//! The resources of a service that have tags, for those who look for them over all services.

use std::collections::BTreeSet;

use serde::Deserialize;
use wharf_base::Arn;
use wharf_records::{RecordError, Scope};
use wharf_store::Entry;

use crate::tags::Tags;

/// Which records of a service are resources with tags, and their names in ARNs.
#[derive(Debug, Clone, Copy)]
pub struct Tagged {
    /// The service's segment of keys.
    pub service: &'static str,
    /// The service's part of ARNs.
    pub namespace: &'static str,
    pub kinds: &'static [Kind],
}

/// Records of a kind that have tags. A kind may be there twice, for itself and for what it holds.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    name: &'static str,
    resources: Resources,
    /// What their ARNs say of where they are.
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    RegionAndAccount,
    /// Images of machines.
    Region,
    /// Repositories of the public gallery.
    Account,
    /// Buckets.
    Nothing,
}

/// Resources with tags in a record: the resource part of the ARN of each, and its tags.
pub type Held = Result<Vec<(String, Tags)>, RecordError>;

#[derive(Debug, Clone, Copy)]
enum Resources {
    /// The record is one, named by its id.
    Itself(fn(&str) -> String),
    /// Those that the value of an id holds.
    Within(fn(&str, &[u8]) -> Held),
}

impl Kind {
    /// Each record is a resource; `resource` makes the resource part of the ARN of an id. Its tags are
    /// in the member `tags`.
    pub const fn itself(name: &'static str, resource: fn(&str) -> String) -> Self {
        Self {
            name,
            resources: Resources::Itself(resource),
            place: Place::RegionAndAccount,
        }
    }

    /// The same, whose ARNs say neither region nor account.
    pub const fn of_no_place(self) -> Self {
        Self {
            place: Place::Nothing,
            ..self
        }
    }

    /// The same, whose ARNs say no account.
    pub const fn of_no_account(self) -> Self {
        Self {
            place: Place::Region,
            ..self
        }
    }

    /// The same, whose ARNs say no region.
    pub const fn of_no_region(self) -> Self {
        Self {
            place: Place::Account,
            ..self
        }
    }

    /// `held` reads the resources of a record from its id and its stored value.
    pub const fn within(name: &'static str, held: fn(&str, &[u8]) -> Held) -> Self {
        Self {
            name,
            resources: Resources::Within(held),
            place: Place::RegionAndAccount,
        }
    }

    fn held(&self, id: &str, value: &[u8]) -> Held {
        match self.resources {
            Resources::Within(held) => held(id, value),
            Resources::Itself(resource) => {
                let read = serde_json::from_slice::<Envelope>(value);
                let record = read.map_err(|cause| RecordError::Unreadable {
                    expected: self.name,
                    cause,
                })?;
                Ok(vec![(resource(id), record.body.tags)])
            }
        }
    }
}

/// A resource with its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedResource {
    pub arn: Arn,
    pub tags: Tags,
}

/// What of any record is read.
#[derive(Deserialize)]
struct Envelope {
    body: Body,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    tags: Tags,
}

impl Tagged {
    /// The prefixes of the store under which the resources of an account and region are.
    pub fn prefixes(&self, account: &str, region: &str) -> BTreeSet<String> {
        let scope = Scope::new(self.service, account, region);
        self.kinds.iter().map(|it| scope.prefix(it.name)).collect()
    }

    /// The resources of a record; none for a record of another kind, or one that cannot be read.
    pub fn resources(&self, entry: &Entry) -> Vec<TaggedResource> {
        let Some((scope, kind, id)) = Scope::parse(&entry.key) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for kind in self.kinds.iter().filter(|it| it.name == kind) {
            let (region, account) = match kind.place {
                Place::RegionAndAccount => (scope.region.as_str(), scope.account.as_str()),
                Place::Region => (scope.region.as_str(), ""),
                Place::Account => ("", scope.account.as_str()),
                Place::Nothing => ("", ""),
            };
            match kind.held(&id, &entry.value) {
                Ok(held) => found.extend(held.into_iter().map(|(resource, tags)| TaggedResource {
                    arn: Arn::new(self.namespace, region, account, resource),
                    tags,
                })),
                Err(error) => {
                    tracing::error!(key = entry.key, %error, "failed to read the tags of a record");
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGGED: Tagged = Tagged {
        service: "x",
        namespace: "x",
        kinds: &[
            Kind::itself("box", |id| format!("box/{id}")),
            Kind::within("box", |id, _| Ok(vec![(format!("lid/{id}"), Tags::new())])),
        ],
    };

    #[test]
    fn a_record_is_a_resource_and_holds_others() {
        let scope = Scope::new("x", "1", "r");
        assert_eq!(TAGGED.prefixes("1", "r").len(), 1);
        let arns = |kind: &str, value: &'static str| -> Vec<String> {
            let entry = Entry {
                key: scope.key(kind, "a"),
                value: value.into(),
                create_revision: 1,
                mod_revision: 1,
                version: 1,
                lease: None,
            };
            let found = TAGGED.resources(&entry).into_iter();
            found.map(|it| it.arn.to_string()).collect()
        };
        let both = ["arn:aws:x:r:1:box/a", "arn:aws:x:r:1:lid/a"];
        assert_eq!(arns("box", r#"{"body":{"tags":{"k":"v"}}}"#), both);
        assert_eq!(arns("box", "damaged"), both[1..]);
        assert_eq!(arns("other", "{}"), [""; 0]);
    }
}
