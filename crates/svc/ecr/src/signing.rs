//! Having images signed: the key of each profile signs what says which image it is, and that is put beside the image
//! as notation writes it.
//!
//! A key of the queue is an image's [`Signatures`]; it is woken by a push and by a start. A signature is written down
//! before it is put beside its image: a kill between the two makes no second one. What fails for the moment is tried
//! again, with growing delays; what cannot succeed is noted at the image, until it is pushed again.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use wharf_blobs::Digest;
use wharf_reconcile::{Next, Shard, Takeover};
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, OneQueue, Reach};
use wharf_signature::{
    notation,
    signing::{Draft, Signer, Target, thumbprint},
};

use crate::{
    catalog::{
        Catalog, ImageRef, NewImage, Open, Read, Registry, SIGNING as PERMIT, expiry, repository_of,
    },
    error::EcrError,
    manifest::OCI_MANIFEST,
    records::{Image, SERVICE, Signature, SignatureStatus, Signatures, SigningProfile},
};

/// Images signed at once.
const WORKERS: usize = 4;
/// What fails for longer is not tried again.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

impl Catalog {
    /// Has images signed until `stop`.
    pub async fn sign(&self, stop: CancellationToken) {
        let (queue, catalog) = (self.signatures_queue().clone(), self.clone());
        let shard = Shard::new("/w1/c0/ecr/shard/signatures");
        let held = shard.clone();
        let changed = {
            let queue = queue.clone();
            move |key: &str, _: Look| {
                if let Some((_, Signatures::KIND, _)) = Scope::parse(key) {
                    queue.wake(key.to_owned());
                }
                Reach::One
            }
        };
        let loops = OneQueue {
            service: SERVICE,
            store: self.store(),
            shard: &shard,
            permit: PERMIT,
            takeover: Takeover::Replace,
            queue: &queue,
            workers: WORKERS,
        };
        let work = move |key: String| {
            let (catalog, held) = (catalog.clone(), held.clone());
            async move { catalog.sign_image(&held, &key).await }
        };
        loops.run(stop, changed, work).await;
    }

    async fn sign_image(&self, shard: &Shard, key: &str) -> Result<Next, EcrError> {
        let Some((scope, _, _)) = Scope::parse(key) else {
            return Ok(Next::Settled);
        };
        let Some(seen) = self.read::<Signatures>(key).await? else {
            return Ok(Next::Settled);
        };
        let registry = Registry::new(&scope.account, &scope.region);
        let mut passing = None;
        for (profile, signature) in &seen.record.profiles {
            if signature.status != SignatureStatus::InProgress {
                continue;
            }
            let fence = shard.fence().ok_or(EcrError::Contention)?;
            let next = self.next(&registry, &seen, profile, signature).await;
            let next = match next {
                Ok(Some(next)) => next,
                // It goes with its image.
                Ok(None) => return Ok(Next::Settled),
                Err(error) => {
                    let since = self.wants().now().since(signature.requested_at);
                    let (code, why) = match permanent(error) {
                        Ok(told) => told,
                        Err(error) if since >= LONGEST => ("SigningFailed", error.to_string()),
                        // Other profiles do not wait for this one.
                        Err(error) => {
                            passing.get_or_insert(error);
                            continue;
                        }
                    };
                    tracing::warn!(
                        repository = registry.repository_arn(&seen.record.repository),
                        image = %seen.record.digest, profile, why,
                        "signing an image failed"
                    );
                    Signature::failed(signature.requested_at, code, why)
                }
            };
            // What was written wakes the key again, and so did whoever was faster.
            self.set_signature(&PERMIT, fence, &seen, profile, &next)
                .await?;
        }
        passing.map_or(Ok(Next::Settled), Err)
    }

    /// The next state of a signature in progress: made, or put beside its image. `None` if the image is gone.
    async fn next(
        &self,
        registry: &Registry,
        seen: &Read<Signatures>,
        profile: &str,
        signature: &Signature,
    ) -> Result<Option<Signature>, EcrError> {
        let name = &seen.record.repository;
        let open = match self.open(registry, name).await {
            Err(EcrError::RepositoryNotFound { .. }) => return Ok(None),
            open => open?,
        };
        // One that was deleted and made anew meanwhile has another id.
        if open.id() != repository_of(&seen.key) {
            return Ok(None);
        }
        let reference = ImageRef::Digest(seen.record.digest);
        let Some(image) = self.image(registry, name, &reference).await? else {
            return Ok(None);
        };
        let found = self.profile_of(registry, profile).await?;
        let certificate = found.der()?;
        let by = thumbprint(&certificate);
        // What a former profile of that name signed is not put under the certificate of this one.
        let made = signature.envelope.as_ref();
        let Some(envelope) = made.filter(|_| signature.is_by(&by)) else {
            let draft = draft(&found, &certificate, &image, signature)?;
            let signed = self.sign_by(registry, &found, draft.to_sign()).await?;
            let envelope = draft.envelope(&signed, &certificate);
            return Ok(Some(Signature {
                envelope: Some(envelope.map_err(broke)?),
                certificate: Some(by),
                expires: expiry(signature.requested_at, found.days),
                ..signature.clone()
            }));
        };
        let put = self.put_signature(open, &image, signature, envelope, &certificate);
        match put.await {
            Err(EcrError::ImageNotFound { .. } | EcrError::RepositoryNotFound { .. }) => Ok(None),
            put => put.map(|artifact| {
                Some(Signature {
                    status: SignatureStatus::Complete,
                    envelope: None,
                    artifact: Some(artifact),
                    ..signature.clone()
                })
            }),
        }
    }

    /// Puts a signature beside its image, in the form of notation. Its digest.
    async fn put_signature(
        &self,
        open: Open,
        image: &Image,
        signature: &Signature,
        envelope: &str,
        certificate: &[u8],
    ) -> Result<Digest, EcrError> {
        let now = self.wants().now();
        let (registry, name) = (open.registry.clone(), open.name());
        let permit = PERMIT;
        let add = |bytes: Bytes| self.add_layer(&permit, &registry, &name, bytes, now);
        let config = add(Bytes::from_static(b"{}")).await?;
        let layer = add(envelope.to_owned().into()).await?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": notation::ARTIFACT,
            "config": {"mediaType": notation::ARTIFACT, "digest": config, "size": 2},
            "layers": [{"mediaType": notation::LAYER, "digest": layer, "size": envelope.len()}],
            "subject": {
                "mediaType": image.media_type, "digest": image.digest, "size": image.manifest_size,
            },
            "annotations": {
                "io.cncf.notary.x509chain.thumbprint#S256": format!("[\"{}\"]", thumbprint(certificate)),
                "org.opencontainers.image.created": signature.requested_at.iso8601_seconds(),
            },
        });
        let new = NewImage {
            manifest: manifest.to_string().into(),
            media_type: None,
            tag: None,
            digest: None,
        };
        self.put_beside(&PERMIT, open, new, now).await
    }
}

impl SigningProfile {
    /// Its certificate.
    pub(crate) fn der(&self) -> Result<Vec<u8>, EcrError> {
        let read = BASE64.decode(&self.certificate);
        read.map_err(|error| EcrError::SigningBroke(error.to_string()))
    }
}

fn draft(
    profile: &SigningProfile,
    certificate: &[u8],
    image: &Image,
    signature: &Signature,
) -> Result<Draft, EcrError> {
    let signer = Signer::of_certificate(certificate).map_err(broke)?;
    let target = Target {
        media_type: &image.media_type,
        digest: &image.digest.to_string(),
        size: image.manifest_size,
    };
    let at = signature.requested_at;
    Ok(signer.draft(target, at, expiry(at, profile.days)))
}

fn broke(error: wharf_signature::signing::SignerError) -> EcrError {
    EcrError::SigningBroke(error.to_string())
}

/// Code and words of what another try would not help; an error is one that passes.
fn permanent(error: EcrError) -> Result<(&'static str, String), EcrError> {
    let code = match error.told() {
        // Somebody has to do something about the key.
        EcrError::Kms(fault) if fault.lasts() => "KmsError",
        EcrError::SigningProfile(_) => "SigningProfileNotFound",
        EcrError::SigningBroke(_) => "SigningFailed",
        EcrError::RepositoryFull { .. }
        | EcrError::RegistryFull { .. }
        | EcrError::TooManyImages { .. }
        | EcrError::LimitExceeded(_) => "LimitExceeded",
        _ => return Err(error),
    };
    Ok((code, error.to_string()))
}
