//! The resources of a service that have tags, for those who look for them over all services.

use serde::Deserialize;
use wharf_base::Arn;
use wharf_records::Scope;
use wharf_store::Entry;

use crate::tags::Tags;

/// The resource part of the ARN of an id.
type ResourceOf = fn(&str) -> String;

/// Which records of a service are resources with tags, and their names in ARNs.
#[derive(Debug, Clone, Copy)]
pub struct Tagged {
    /// The service's segment of keys.
    pub service: &'static str,
    /// The service's part of ARNs.
    pub namespace: &'static str,
    /// Kinds of records; each with what makes the resource part of the ARN of an id.
    pub kinds: &'static [(&'static str, ResourceOf)],
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
    pub fn prefixes(&self, account: &str, region: &str) -> impl Iterator<Item = String> {
        let scope = Scope::new(self.service, account, region);
        self.kinds.iter().map(move |(kind, _)| scope.prefix(kind))
    }

    /// The resource of a record; `None` for a record of another kind, or one that cannot be read.
    pub fn resource(&self, entry: &Entry) -> Option<TaggedResource> {
        let (scope, kind, id) = Scope::parse(&entry.key)?;
        let (_, resource) = self.kinds.iter().find(|(known, _)| *known == kind)?;
        let record: Envelope = serde_json::from_slice(&entry.value)
            .inspect_err(|error| {
                tracing::error!(key = entry.key, %error, "failed to read the tags of a record");
            })
            .ok()?;
        let (region, account) = (&scope.region, &scope.account);
        Some(TaggedResource {
            arn: Arn::new(self.namespace, region, account, resource(&id)),
            tags: record.body.tags,
        })
    }
}
