//! Images that could not be brought, written down for those who are told of it.

use wharf_records::{Unknown, encode};
use wharf_store::Txn;
use wharf_wire::fault::Chain;

use super::{ImageRef, bring::Pull, key};
use crate::{catalog::Catalog, error::EcrError, records::PullFailure, upstream::UpstreamError};

impl Catalog {
    /// Who pulls the same again and again is told of once in a while.
    pub(super) async fn note_failure(&self, pull: &Pull, reference: &ImageRef, error: &EcrError) {
        // A name that nobody has there is a mistake of who pulls; a tag that was there is not.
        let is_unknown = matches!(error.told(), EcrError::Upstream(UpstreamError::NotFound(_)));
        let Some(code) = error.upstream_code() else {
            return;
        };
        if is_unknown && pull.known.is_none() {
            return;
        }
        if !(self.inner.coming).is_news(&key(&pull.registry, &pull.name, reference)) {
            return;
        }
        let (tag, digest) = match reference {
            ImageRef::Tag(tag) => (Some(tag.clone()), None),
            ImageRef::Digest(digest) => (None, Some(digest.to_string())),
        };
        let failure = PullFailure {
            prefix: pull.rule.prefix.clone(),
            url: pull.rule.url.clone(),
            repository: pull.name.clone(),
            tag,
            digest,
            code: code.to_owned(),
            reason: error.told().to_string(),
            at: pull.now,
            unknown: Unknown::new(),
        };
        let txn = Txn::new().put(pull.registry.keys().pull_failure(), encode(&failure));
        if let Err(lost) = self.store().txn(&pull.permit, txn).await {
            let repository = pull.registry.repository_arn(&pull.name);
            tracing::error!(repository, error = %Chain(&lost), "failed to record a pull that failed: no event is sent for it");
        }
    }
}
