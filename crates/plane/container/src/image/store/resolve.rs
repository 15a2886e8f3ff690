//! What a reference means at its registry: its manifest, its configuration and the layers they name, checked.

use std::{collections::BTreeSet, sync::Arc};

use sha2::{Digest as _, Sha256};

use super::{
    super::{
        ImageConfig,
        digest::Digest,
        error::{PullError, RegistryError},
        manifest::{
            CONFIG_LIMIT, Descriptor, MANIFEST_LIMIT, Manifest, UnusableImage, parse_config,
            parse_manifest,
        },
        registry::{Endpoint, Repository, system_tls},
    },
    ImageStore, PullRequest,
    records::{Claim, Origin},
};

/// A manifest as it came.
struct Served {
    bytes: bytes::Bytes,
    digest: Digest,
}

/// A manifest with all it names, checked.
pub(super) struct Resolved {
    /// Of what the reference names: an index's own, where it is one.
    pub(super) digest: Digest,
    pub(super) config: ImageConfig,
    pub(super) layers: Vec<(Descriptor, Digest)>,
    /// The manifest of the indexes of its layers.
    pub(super) indexes: Option<Digest>,
}

impl ImageStore {
    /// What the reference means at its registry now: one or two small requests.
    pub async fn resolve(&self, request: &PullRequest) -> Result<Digest, PullError> {
        let repository = self.repository(request).await;
        let served = self.retried_manifest(request, &repository).await?;
        Ok(served.digest)
    }

    pub(super) async fn repository(&self, request: &PullRequest) -> Repository {
        let endpoint = request
            .endpoint
            .clone()
            .unwrap_or_else(|| Endpoint::of(&request.reference));
        // Only the registry that was named by its address is behind wharf's own authority.
        let own = request.endpoint.as_ref().and(self.inner.tls.as_ref());
        let tls = match own {
            Some(tls) => Arc::clone(tls),
            None => Arc::clone(
                self.inner
                    .system_tls
                    .get_or_init(|| async { system_tls() })
                    .await,
            ),
        };
        let repository = Repository::new(&endpoint, &request.reference, request.auth.clone(), tls);
        match request.endpoint {
            Some(_) => repository.own(),
            None => repository,
        }
    }

    async fn retried_manifest(
        &self,
        request: &PullRequest,
        repository: &Repository,
    ) -> Result<Served, PullError> {
        let wanted = request.reference.wanted();
        let (attempts, result) = self
            .inner
            .retry(RegistryError::is_transient, || async {
                let (bytes, told) = repository.manifest(wanted, MANIFEST_LIMIT).await?;
                match request.reference.digest() {
                    Some(digest) => Ok(Served {
                        bytes: verified("the manifest", bytes, digest)?,
                        digest: digest.clone(),
                    }),
                    None => Ok(Served {
                        digest: called(&bytes, told),
                        bytes,
                    }),
                }
            })
            .await;
        result.map_err(|source| PullError::Manifest {
            reference: request.reference.to_string(),
            attempts,
            source,
        })
    }

    pub(super) async fn resolve_image(
        &self,
        request: &PullRequest,
        repository: &Repository,
    ) -> Result<Resolved, PullError> {
        let reference = || request.reference.to_string();
        let unusable = |source: UnusableImage| PullError::Unusable {
            reference: reference(),
            source,
        };
        let Served { bytes, digest } = self.retried_manifest(request, repository).await?;
        let failed = |attempts| {
            move |source| PullError::Manifest {
                reference: reference(),
                attempts,
                source,
            }
        };
        let (config, layers, indexes) = match parse_manifest(&bytes).map_err(unusable)? {
            Manifest::Image {
                config,
                layers,
                indexes,
            } => (config, layers, indexes),
            Manifest::Index { chosen } => {
                let (attempts, result) = self
                    .inner
                    .retry(RegistryError::is_transient, || async {
                        let (bytes, _) =
                            repository.manifest(chosen.as_str(), MANIFEST_LIMIT).await?;
                        verified("the manifest", bytes, &chosen)
                    })
                    .await;
                match parse_manifest(&result.map_err(failed(attempts))?).map_err(unusable)? {
                    Manifest::Image {
                        config,
                        layers,
                        indexes,
                    } => (config, layers, indexes),
                    Manifest::Index { .. } => {
                        return Err(unusable(UnusableImage::Nested));
                    }
                }
            }
        };
        let (attempts, result) = self
            .inner
            .retry(RegistryError::is_transient, || async {
                let bytes = repository
                    .small_blob(config.digest.as_str(), CONFIG_LIMIT)
                    .await?;
                verified("the configuration", bytes, &config.digest)
            })
            .await;
        let (config, diff_ids) =
            parse_config(&result.map_err(failed(attempts))?).map_err(unusable)?;
        if diff_ids.len() != layers.len() || layers.is_empty() {
            return Err(unusable(UnusableImage::LayerCount {
                layers: layers.len(),
                configured: diff_ids.len(),
            }));
        }
        Ok(Resolved {
            digest,
            config,
            layers: layers.into_iter().zip(diff_ids).collect(),
            indexes,
        })
    }
}

/// What an image says of those of its layers.
pub(super) fn claims(
    repository: &Repository,
    layers: &[(Descriptor, Digest)],
    which: impl Fn(&Digest) -> bool,
) -> BTreeSet<Claim> {
    let of = layers.iter().filter(|(_, diff_id)| which(diff_id));
    let claim = |(layer, diff_id): &(Descriptor, Digest)| Claim {
        diff_id: diff_id.clone(),
        origin: Origin {
            registry: repository.registry().to_owned(),
            blob: layer.digest.clone(),
        },
    };
    of.map(claim).collect()
}

/// The repository that a request is for, with the registry behind it.
pub(super) fn source(request: &PullRequest) -> String {
    let reference = &request.reference;
    let endpoint = request
        .endpoint
        .clone()
        .unwrap_or_else(|| Endpoint::of(reference));
    let (host, repository) = (reference.host(), reference.repository());
    format!("{} {host}/{repository}", endpoint.base)
}

/// What the registry calls a manifest, if that is what it is: by this it is found there again.
fn called(manifest: &[u8], told: Option<Digest>) -> Digest {
    let fits = |told: &Digest| told.like_this(manifest) == *told;
    let own = || Digest::of(&Sha256::digest(manifest).into());
    told.filter(fits).unwrap_or_else(own)
}

pub(in crate::image) fn verified(
    what: &'static str,
    bytes: bytes::Bytes,
    wanted: &Digest,
) -> Result<bytes::Bytes, RegistryError> {
    let got = wanted.like_this(&bytes);
    if got == *wanted {
        Ok(bytes)
    } else {
        Err(RegistryError::WrongDigest {
            what,
            wanted: wanted.clone(),
            got,
        })
    }
}
