//! Destinations that are registries of other installations: where they are, and how images come to be there.
//!
//! An account says it with a secret of the registry's region, `ecr-replication/<account>.<region>`. Whoever puts a configuration with
//! that destination must be allowed to read it, and its address is noted then: whoever may change secrets alone leads no image elsewhere.
//!
//! What is there already is not sent again, so an image that two installations send each other comes to rest.

use bytes::{Bytes, BytesMut};
use wharf_api_secretsmanager::Secretsmanager;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_wire::{Call, Context};

use super::{
    super::{Catalog, ImageRef, Open, Read, Registry},
    carry::{Outcome, Way},
};
use crate::{
    error::EcrError,
    records::{
        Image,
        replication::{Destination, Replication},
    },
    upstream::{Far, FarLogin, NotSent, REPLICATION, SecretError},
};

/// Bytes of a layer that go in one request.
const PIECE: usize = 8 << 20;
/// The failure code where the secret is not what it was when the configuration was put, or cannot be read.
const NO_SECRET: &str = "SecretNotAccessible";

impl Catalog {
    /// Notes which destinations are elsewhere, in the name of the caller, who must know what sends images there.
    pub(crate) async fn locate(
        &self,
        call: &Call,
        registry: &Registry,
        replication: &mut Replication,
    ) -> Result<(), EcrError> {
        let Some(outside) = &self.config().outside else {
            return Ok(());
        };
        let all = replication.rules.iter().flat_map(|it| &it.destinations);
        let mut names: Vec<String> = all.map(|it| it.name()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let secrets: &dyn Secretsmanager = &*outside.secrets;
            let own = own_call(registry, &call.permit, call.now);
            let Some(login) = FarLogin::of_secret(secrets, &own, &name).await? else {
                continue;
            };
            let asked = call.forwarded_by("ecr.amazonaws.com");
            FarLogin::of_secret(secrets, &asked, &name).await?;
            replication.elsewhere.insert(name, login.url);
        }
        Ok(())
    }

    /// The repository of that name at the destination, if that is elsewhere; why it cannot be reached.
    pub(super) async fn far(&self, way: &Way<'_>) -> Outcome<Option<Far>> {
        let name = Destination {
            account: way.target.account.clone(),
            region: way.target.region.clone(),
        }
        .name();
        let replication = self.replication(way.source).await?;
        let Some(url) = replication.elsewhere.get(&name) else {
            return Ok(Ok(None));
        };
        let Some(outside) = &self.config().outside else {
            return Ok(Err(NO_SECRET));
        };
        let own = own_call(way.source, way.permit, way.now);
        let login = FarLogin::of_secret(&*outside.secrets, &own, &name).await;
        match login {
            Ok(Some(login)) if login.url == *url => {
                let (egress, target) = (outside.way(&way.source.account), way.target.clone());
                let far = Far::new(egress, login, target, way.name.to_owned());
                Ok(Ok(Some(far)))
            }
            Err(SecretError::Failed(fault)) if !fault.sender => {
                Err(SecretError::Failed(fault).into())
            }
            _ => Ok(Err(NO_SECRET)),
        }
    }

    /// Makes the image be there as it is here.
    pub(super) async fn send_far(
        &self,
        way: &Way<'_>,
        far: &Far,
        image: &Read<Image>,
        lost_tags: &[String],
    ) -> Outcome {
        let source = self.open(way.source, way.name).await?;
        // One that was deleted and made anew meanwhile has another key.
        if source.keys.image(source.id(), &image.record.digest) != image.key {
            return Ok(Err("RepositoryNotFound"));
        }
        let image = &image.record;
        for digest in self.listed_below(&source, image).await? {
            let found = self.find(&source, &ImageRef::Digest(digest)).await?;
            if let Some(found) = found
                && let Err(why) = self.copy_far(way, far, &source, &found.record, &[]).await
            {
                return outcome(why);
            }
        }
        if let Err(why) = self.copy_far(way, far, &source, image, &image.tags).await {
            return outcome(why);
        }
        for tag in lost_tags.iter().filter(|tag| !image.tags.contains(tag)) {
            let taken = async {
                match far.image(tag, self.wants().now()).await? {
                    Some(there) if there == image.digest => {
                        far.delete(tag, self.wants().now()).await
                    }
                    _ => Ok(()),
                }
            };
            if let Err(why) = taken.await {
                return outcome(why.into());
            }
        }
        Ok(Ok(()))
    }

    /// Deletes there what was deleted here.
    pub(super) async fn take_back_far(&self, far: &Far, digest: &Digest) -> Outcome {
        match far.delete(&digest.to_string(), self.wants().now()).await {
            Ok(()) => Ok(Ok(())),
            Err(why) => outcome(why.into()),
        }
    }

    /// The layers first, then the image under its tags.
    async fn copy_far(
        &self,
        way: &Way<'_>,
        far: &Far,
        source: &Open,
        image: &Image,
        tags: &[String],
    ) -> Result<(), Why> {
        let named = image.digest.to_string();
        if far.image(&named, self.wants().now()).await?.is_none() {
            for blob in &image.blobs {
                self.send_layer(way, far, blob).await?;
            }
        }
        let manifest: Bytes = self.manifest_of(source, image).await?.into();
        let references = match tags.is_empty() {
            true => std::slice::from_ref(&named),
            false => tags,
        };
        for reference in references {
            let now = self.wants().now();
            if far.image(reference, now).await? != Some(image.digest) {
                let text = (&*image.media_type, manifest.clone());
                far.put(reference, &image.digest, text, now).await?;
            }
        }
        Ok(())
    }

    async fn send_layer(&self, way: &Way<'_>, far: &Far, digest: &Digest) -> Result<(), Why> {
        if far.has_layer(digest, self.wants().now()).await? {
            return Ok(());
        }
        let reader = self.read_layer(way.source, way.name, digest).await?;
        let Some(mut reader) = reader else {
            return Err(NotSent::Refused("ReferencedImagesNotFound").into());
        };
        let mut place = far.begin(self.wants().now()).await?;
        let (mut at, mut piece) = (0, BytesMut::new());
        loop {
            let chunk = reader.next_chunk().await.map_err(EcrError::from)?;
            let is_last = chunk.is_none();
            piece.extend_from_slice(&chunk.unwrap_or_default());
            if piece.len() >= PIECE || (is_last && !piece.is_empty()) {
                let whole = piece.split().freeze();
                let length = whole.len() as u64;
                place = far.piece(&place, at, whole, self.wants().now()).await?;
                at += length;
            }
            if is_last {
                return Ok(far.end(&place, digest, self.wants().now()).await?);
            }
        }
    }
}

/// ECR's own, bound by the policy of its service-linked role.
fn own_call(registry: &Registry, permit: &Permit, now: Timestamp) -> Call {
    let Registry {
        account, region, ..
    } = registry;
    let context = Context::internal(account, region, REPLICATION, now);
    Call::by_controller(context, permit.clone())
}

/// Why an image did not arrive: of this end or of the other.
enum Why {
    Here(EcrError),
    There(NotSent),
}

impl From<EcrError> for Why {
    fn from(error: EcrError) -> Self {
        Self::Here(error)
    }
}

impl From<NotSent> for Why {
    fn from(error: NotSent) -> Self {
        Self::There(error)
    }
}

fn outcome(why: Why) -> Outcome {
    match why {
        Why::There(NotSent::Refused(code)) => Ok(Err(code)),
        Why::There(NotSent::Later(error)) => Err(error.into()),
        Why::Here(error) => super::carry::permanent(Err(error)),
    }
}
