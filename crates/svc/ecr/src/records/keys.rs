//! Under which keys records lie.

use wharf_blobs::Digest;
use wharf_datakeys::grants::PendingGrant;
use wharf_records::{Record as _, Scope};

use super::{PUBLIC_SERVICE, replication::Destination};
use crate::catalog::Registry;

/// Keys of one account and region.
#[derive(Debug, Clone)]
pub(crate) struct Keys(pub(super) Scope);

impl Keys {
    #[cfg(test)]
    pub(crate) fn new(account: &str, region: &str) -> Self {
        Self(Scope::new(super::SERVICE, account, region))
    }

    pub(crate) fn of(scope: Scope) -> Self {
        Self(scope)
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.0
    }

    /// Whose records these are.
    pub(crate) fn registry(&self) -> Registry {
        match self.0.service == PUBLIC_SERVICE {
            true => Registry::public(&self.0.account),
            false => Registry::new(&self.0.account, &self.0.region),
        }
    }

    pub(crate) fn repositories(&self) -> String {
        self.0.prefix("repository")
    }

    pub(crate) fn repository(&self, name: &str) -> String {
        self.0.key("repository", name)
    }

    pub(crate) fn registry_policy(&self) -> String {
        self.0.key("registry-policy", "policy")
    }

    pub(crate) fn account_setting(&self, name: &str) -> String {
        self.0.key("account-setting", name)
    }

    pub(crate) fn contents(&self, repository: &str) -> String {
        self.0.key("contents", repository)
    }

    pub(crate) fn images(&self, repository: &str) -> String {
        self.inside("image", repository)
    }

    pub(crate) fn image(&self, repository: &str, digest: &Digest) -> String {
        self.images(repository) + &digest.hex()
    }

    pub(crate) fn tags(&self, repository: &str) -> String {
        self.inside("tag", repository)
    }

    pub(crate) fn tag(&self, repository: &str, tag: &str) -> String {
        self.tags(repository) + &wharf_records::escape(tag)
    }

    pub(crate) fn layers(&self, repository: &str) -> String {
        self.inside("layer", repository)
    }

    pub(crate) fn all_layers(&self) -> String {
        self.0.prefix("layer")
    }

    pub(crate) fn layer(&self, repository: &str, digest: &Digest) -> String {
        self.layers(repository) + &digest.hex()
    }

    pub(crate) fn indexes(&self, repository: &str) -> String {
        self.inside("index", repository)
    }

    pub(crate) fn index(&self, repository: &str, digest: &Digest) -> String {
        self.indexes(repository) + &digest.hex()
    }

    pub(crate) fn listed_in(&self, repository: &str) -> String {
        self.inside("listed", repository)
    }

    /// Of the indexes that list an image and are not found by [`Keys::indexes`].
    pub(crate) fn listed(&self, repository: &str, image: &Digest) -> String {
        format!("{}{}.", self.listed_in(repository), image.hex())
    }

    pub(crate) fn listed_by(&self, repository: &str, image: &Digest, index: &Digest) -> String {
        self.listed(repository, image) + &index.hex()
    }

    pub(crate) fn all_referrers(&self, repository: &str) -> String {
        self.inside("referrer", repository)
    }

    pub(crate) fn referrers(&self, repository: &str, subject: &Digest) -> String {
        format!("{}{}.", self.all_referrers(repository), subject.hex())
    }

    pub(crate) fn referrer(&self, repository: &str, subject: &Digest, digest: &Digest) -> String {
        self.referrers(repository, subject) + &digest.hex()
    }

    pub(crate) fn all_activating(&self) -> String {
        self.0.prefix("activating")
    }

    pub(crate) fn activating_in(&self, repository: &str) -> String {
        self.inside("activating", repository)
    }

    pub(crate) fn activating(&self, repository: &str, digest: &Digest) -> String {
        self.activating_in(repository) + &digest.hex()
    }

    pub(crate) fn expired_in(&self, repository: &str) -> String {
        self.inside("expired", repository)
    }

    /// Of an image that a policy took, while there is something left that is about it.
    pub(crate) fn expired(&self, repository: &str, digest: &Digest) -> String {
        self.expired_in(repository) + &digest.hex()
    }

    pub(crate) fn templates(&self) -> String {
        self.0.prefix("creation-template")
    }

    pub(crate) fn template(&self, prefix: &str) -> String {
        self.0.key("creation-template", prefix)
    }

    pub(crate) fn replication(&self) -> String {
        self.0.key("replication", "configuration")
    }

    pub(crate) fn all_images(&self) -> String {
        self.0.prefix("image")
    }

    pub(crate) fn backfills(&self) -> String {
        self.0.prefix("backfill")
    }

    pub(crate) fn backfill(&self, id: &str) -> String {
        self.0.key("backfill", id)
    }

    pub(crate) fn backfill_results(&self, id: &str) -> String {
        self.inside("backfill-result", &wharf_records::escape(id))
    }

    pub(crate) fn backfill_result(&self, id: &str, repository: &str, image: &Digest) -> String {
        format!("{}{repository}.{}", self.backfill_results(id), image.hex())
    }

    pub(crate) fn all_owed(&self) -> String {
        self.0.prefix("owed-replica")
    }

    pub(crate) fn owed_in(&self, repository: &str) -> String {
        self.inside("owed-replica", repository)
    }

    pub(crate) fn owed(&self, repository: &str, digest: &Digest, to: &Destination) -> String {
        format!("{}{}.{}", self.owed_in(repository), digest.hex(), to.name())
    }

    /// The repository's id and the image that a key of what is owed names.
    pub(crate) fn owed_image(&self, key: &str) -> Option<(String, Digest)> {
        let mut parts = key.strip_prefix(&self.all_owed())?.split('.');
        let repository = parts.next()?.to_owned();
        Some((repository, Digest::from_hex(parts.next()?).ok()?))
    }

    pub(crate) fn pull_exclusions(&self) -> String {
        self.0.prefix("pull-exclusion")
    }

    pub(crate) fn pull_exclusion(&self, principal: &str) -> String {
        self.0.key("pull-exclusion", principal)
    }

    pub(crate) fn pull_throughs(&self) -> String {
        self.0.prefix("pull-through")
    }

    pub(crate) fn pull_through(&self, prefix: &str) -> String {
        self.0.key("pull-through", prefix)
    }

    pub(crate) fn signing(&self) -> String {
        self.0.key("signing", "configuration")
    }

    pub(crate) fn signing_profiles(&self) -> String {
        self.0.prefix("signing-profile")
    }

    pub(crate) fn signing_profile(&self, name: &str) -> String {
        self.0.key("signing-profile", name)
    }

    pub(crate) fn signatures_in(&self, repository: &str) -> String {
        self.inside("signatures", repository)
    }

    pub(crate) fn signatures(&self, repository: &str, digest: &Digest) -> String {
        self.signatures_in(repository) + &digest.hex()
    }

    /// Of all that needs or needed one.
    pub(crate) fn pending_grants(&self) -> String {
        self.0.prefix(PendingGrant::KIND)
    }

    pub(crate) fn all_doomed(&self) -> String {
        self.0.prefix("doomed")
    }

    pub(crate) fn doomed(&self, repository: &str) -> String {
        self.0.key("doomed", repository)
    }

    pub(super) fn inside(&self, kind: &str, repository: &str) -> String {
        format!("{}{repository}.", self.0.prefix(kind))
    }
}
