//! Managed signing as records: which profiles sign what is pushed, and how far that is with each image. Who has the
//! signatures made: `signing`.
//!
//! Whoever pushes must be allowed `signer:SignPayload` on a profile for it to sign. That is decided with the push;
//! a push is never refused for it.

mod profiles;

use std::{fmt, time::Duration};

use wharf_base::{Glob, Permit, Timestamp};
use wharf_service::transact;
use wharf_signature::signing::thumbprint;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Check, Dispatcher, Fault};

use super::{Catalog, Change, ImageRef, NewImage, Open, Pushed, Read, Registry, put_image::Origin};
use crate::{
    error::EcrError,
    precondition::Precondition,
    records::{Image, Signature, SignatureStatus, Signatures, Signing},
};

/// How the profile is asked about in the name of who pushes.
const SERVICE: &str = "ecr.amazonaws.com";
/// Of all that is done without a caller to have images signed.
pub(crate) const PERMIT: Permit = Permit::for_controller("ecr-signatures");
const DENIED: &str = "AccessDenied";

/// Asks IAM in the name of callers.
pub(super) struct Gate(pub Dispatcher);

impl fmt::Debug for Gate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Gate")
    }
}

/// A profile that is to sign what is pushed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// Its ARN.
    profile: String,
    /// Thumbprint of its certificate, if it is there.
    certificate: Option<String>,
    /// Why who pushes may not use it.
    denied: Option<String>,
}

impl Signing {
    /// Profiles that sign images of a repository.
    fn profiles(&self, repository: &str) -> Vec<String> {
        let fits = |filter: &String| Glob::stars(filter).matches(repository);
        let about = self
            .rules
            .iter()
            .filter(|it| it.filters.is_empty() || it.filters.iter().any(fits));
        let mut all: Vec<String> = about.map(|it| it.profile.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Catalog {
    /// Once all services are there: asks IAM for those who push.
    pub fn asking(&self, dispatcher: Dispatcher) {
        let _ = self.inner.gate.set(Gate(dispatcher));
    }

    /// IAM and the audit log, once they are there.
    pub(super) fn gate(&self) -> Option<&Dispatcher> {
        self.inner.gate.get().map(|Gate(dispatcher)| dispatcher)
    }

    /// Stores an image that a client pushes, as [`Catalog::put_image`], and has it signed where that is configured. If a
    /// condition does not hold nothing is stored.
    pub async fn push_image(
        &self,
        call: &Call,
        registry: &Registry,
        name: &str,
        new: NewImage,
        only: Option<&Precondition>,
    ) -> Result<Pushed, EcrError> {
        let open = self.open(registry, name).await?;
        let asked = self.asked(call, registry, name).await?;
        let origin = Origin::Client {
            at: call.now,
            signers: &asked,
            only,
        };
        self.put_by_client(&call.permit, open, new, origin).await
    }

    async fn asked(
        &self,
        call: &Call,
        registry: &Registry,
        name: &str,
    ) -> Result<Vec<Asked>, EcrError> {
        let mut all = Vec::new();
        if registry.public {
            return Ok(all);
        }
        let Some(signing) = self.signing(registry).await? else {
            return Ok(all);
        };
        let call = call.forwarded_by(SERVICE);
        for profile in signing.record.profiles(name) {
            let denied = self.may_sign(&call, &profile).await.err();
            let denied = denied.map(|fault| fault.message);
            let found = self.profile_of(registry, &profile).await.ok();
            let certificate = found.and_then(|it| it.der().ok());
            all.push(Asked {
                profile,
                certificate: certificate.map(|it| thumbprint(&it)),
                denied,
            });
        }
        Ok(all)
    }

    async fn may_sign(&self, call: &Call, profile: &str) -> Result<(), Fault> {
        let dispatcher = self.gate().ok_or(EcrError::Contention)?;
        let checks = [Check::new("signer:SignPayload", profile)];
        let ecr = &wharf_api_ecr::schema::SERVICE;
        dispatcher.admit(ecr, call, &checks).await.map(drop)
    }

    /// Adds to a push that profiles are to sign the image: those whose signature does not hold, and that are not about
    /// to make one. Whether there is one.
    pub(super) async fn begin_signatures(
        &self,
        change: &mut Change<'_>,
        open: &Open,
        image: &Image,
        origin: Origin<'_>,
    ) -> Result<bool, EcrError> {
        let Origin::Client {
            at: now,
            signers: asked,
            ..
        } = origin
        else {
            return Ok(false);
        };
        // What is about an image is not signed itself: signatures, SBOMs.
        if asked.is_empty() || image.subject.is_some() {
            return Ok(false);
        }
        let key = open.keys.signatures(open.id(), &image.digest);
        let found = change.find::<Signatures>(&key).await?;
        let mut record = found.unwrap_or_else(|| Signatures {
            repository: open.name(),
            digest: image.digest,
            profiles: Default::default(),
            unknown: Default::default(),
        });
        let before = record.profiles.clone();
        for it in asked {
            let holds = match record.profiles.get(&it.profile) {
                Some(found) => holds(change, open, found, it, now).await?,
                None => false,
            };
            if !holds {
                let signature = match &it.denied {
                    None => Signature::begun(now),
                    Some(why) => Signature::failed(now, DENIED, why.clone()),
                };
                record.profiles.insert(it.profile.clone(), signature);
            }
        }
        let changed = record.profiles != before;
        if changed {
            change.put(key, &record);
        }
        Ok(changed)
    }

    /// The image, and how far each profile is with it.
    pub(crate) async fn signatures(
        &self,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
    ) -> Result<Option<(Image, Option<Signatures>)>, EcrError> {
        let open = self.open(registry, name).await?;
        let Some(image) = self.find(&open, reference).await? else {
            return Ok(None);
        };
        let key = open.keys.signatures(open.id(), &image.record.digest);
        let signatures = self.read::<Signatures>(&key).await?;
        Ok(Some((image.record, signatures.map(|it| it.record))))
    }

    /// Writes down how far a profile is with an image, unless another one was faster: `false`.
    pub(crate) async fn set_signature(
        &self,
        permit: &Permit,
        fence: Compare,
        seen: &Read<Signatures>,
        profile: &str,
        to: &Signature,
    ) -> Result<bool, EcrError> {
        Ok(transact!(self.inner.table, permit, |tx| {
            tx.fence(fence.clone());
            let Some(mut record) = tx.find::<Signatures>(&seen.key).await? else {
                return Ok(false);
            };
            let before = seen.record.profiles.get(profile);
            let Some(now) = record.profiles.get_mut(profile) else {
                return Ok(false);
            };
            if Some(&*now) != before {
                return Ok(false);
            }
            now.clone_from(to);
            tx.put(&seen.key, &record);
            true
        }))
    }

    pub(crate) async fn signing(
        &self,
        registry: &Registry,
    ) -> Result<Option<Read<Signing>>, EcrError> {
        self.read(&registry.keys().signing()).await
    }

    /// Images that are pushed from here on are signed by it.
    pub(crate) async fn put_signing(
        &self,
        permit: &Permit,
        registry: &Registry,
        signing: &Signing,
    ) -> Result<(), EcrError> {
        for rule in &signing.rules {
            self.profile_of(registry, &rule.profile).await?;
        }
        let key = registry.keys().signing();
        let txn = Txn::new().put(key, wharf_records::encode(signing));
        self.store().txn(permit, txn).await?;
        Ok(())
    }

    pub(crate) async fn delete_signing(
        &self,
        permit: &Permit,
        registry: &Registry,
    ) -> Result<Signing, EcrError> {
        let key = registry.keys().signing();
        Ok(transact!(self.inner.table, permit, |tx| {
            let Some(found) = tx.find::<Signing>(&key).await? else {
                return Err(EcrError::SigningNotFound(registry.account.clone()));
            };
            tx.delete(&key);
            found
        }))
    }
}

/// Whether a signature counts, or is being made.
async fn holds(
    change: &mut Change<'_>,
    open: &Open,
    signature: &Signature,
    asked: &Asked,
    now: Timestamp,
) -> Result<bool, EcrError> {
    match signature.status {
        SignatureStatus::InProgress => return Ok(true),
        SignatureStatus::Failed => return Ok(false),
        SignatureStatus::Complete => {}
    }
    let certificate = asked.certificate.as_ref();
    let is_of_profile = certificate.is_none_or(|it| signature.is_by(it));
    if !is_of_profile || signature.expires.is_some_and(|it| it <= now) {
        return Ok(false);
    }
    let Some(artifact) = &signature.artifact else {
        return Ok(true);
    };
    // Whoever may delete images may delete it.
    let artifact = open.keys.image(open.id(), artifact);
    Ok(change.find::<Image>(&artifact).await?.is_some())
}

/// For how long a signature counts that is made at a time.
pub(crate) fn expiry(at: Timestamp, days: Option<u32>) -> Option<Timestamp> {
    const DAY: u64 = 24 * 3600;
    days.map(|days| at + Duration::from_secs(u64::from(days) * DAY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::SigningRule;

    #[test]
    fn each_profile_once_by_the_rules_about_the_repository() {
        let rule = |profile: &str, filters: &[&str]| SigningRule {
            profile: profile.to_owned(),
            filters: filters.iter().map(|it| (*it).to_owned()).collect(),
        };
        let signing = Signing {
            rules: vec![
                rule("b", &["prod/*", "*-release"]),
                rule("a", &["prod/web"]),
                rule("b", &["prod/web"]),
            ],
            ..Default::default()
        };
        for (name, expected) in [
            ("prod/web", &["a", "b"][..]),
            ("prod/api", &["b"]),
            ("web-release", &["b"]),
            ("production", &[]),
            ("my/prod/web", &[]),
        ] {
            assert_eq!(signing.profiles(name), expected, "{name}");
        }
        let all = Signing {
            rules: vec![rule("a", &[])],
            ..Default::default()
        };
        assert_eq!(all.profiles("anything"), ["a"]);
    }
}
