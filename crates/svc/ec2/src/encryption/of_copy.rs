//! The keys of a copy of a snapshot that is not sealed as its source is: they are made before it is written down, and EC2
//! may open them for as long as it is being made.

use serde::{Deserialize, Serialize};
use wharf_base::ids;
use wharf_sectors::Cipher;
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::{
    Asked, Encryption, Fresh, Wanted, defaults_of, ended, grant,
    grants::retire,
    keys::{may_open, prepare},
    wanted,
};
use crate::{
    Ec2Service, fault,
    snapshots::{NotTaken, Place, Snapshot},
};

/// How the bytes of a copy are sealed anew, and how far that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resealing {
    /// By it EC2 opens the copy's data key, and that of the source where both are under one key.
    pub grant: String,
    /// How the source is sealed under a key of another region, and the grant for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<(Encryption, String)>,
    /// Digests of the pages that are made.
    #[serde(default)]
    pub pages: Vec<String>,
    /// Digest of what lists the chunks that are made of the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
}

/// Of a copy that is about to be made.
pub struct CopyKeys {
    id: String,
    made: Option<(Encryption, Option<Resealing>)>,
    /// Those of the resealing.
    grants: Vec<Fresh>,
}

/// The same call in another region.
fn there(call: &Call, region: &str) -> Call {
    let context = Context {
        region: region.to_owned(),
        ..call.context().clone()
    };
    Call::by_controller(context, call.permit.clone())
}

impl CopyKeys {
    /// # Errors
    /// The caller may not use one of the keys, or it cannot be used now; what is sealed is asked for in the clear.
    pub async fn of(
        service: &Ec2Service,
        call: &Call,
        source: &Snapshot,
        asked: &Asked,
    ) -> Result<Self, Fault> {
        let (id, is_here) = (ids::ec2_id("snap"), source.region == call.region);
        let defaults = defaults_of(service, call).await?;
        let sealed = source.encryption.as_ref();
        let own = source.owner == call.account;
        let wanted = match wanted(asked, &defaults, sealed.map(|it| (it, own)))? {
            // There is no key of two regions.
            Wanted::Under(None) if !is_here => Wanted::Under(Some(defaults.key().to_owned())),
            wanted => wanted,
        };
        let near = sealed.filter(|_| is_here);
        let encryption = prepare(service, call, &wanted, Some(&id), near).await?;
        let anew = encryption.filter(|it| near.is_none_or(|near| near.key != it.key));
        let Some(encryption) = anew else {
            return Ok(Self::without(id, None));
        };
        if source.pages.is_empty() {
            return Ok(Self::without(id, Some(encryption)));
        }
        let mut grants = Vec::new();
        let from = match sealed.filter(|_| !is_here) {
            Some(it) => {
                let there = there(call, &source.region);
                may_open(service, &there, it).await?;
                let granted = grant(service, &there, it).await?;
                let from = (it.taken_over(), granted.id.clone());
                grants.push(granted);
                Some(from)
            }
            None => None,
        };
        let granted = match grant(service, call, &encryption).await {
            Ok(granted) => granted,
            Err(refused) => {
                let_go(service, &grants).await;
                return Err(refused);
            }
        };
        let resealing = Resealing {
            grant: granted.id.clone(),
            from,
            pages: Vec::new(),
            begun: None,
        };
        grants.push(granted);
        Ok(Self {
            id,
            made: Some((encryption, Some(resealing))),
            grants,
        })
    }

    /// Of a copy that nothing is sealed anew for.
    fn without(id: String, encryption: Option<Encryption>) -> Self {
        Self {
            id,
            made: encryption.map(|it| (it, None)),
            grants: Vec::new(),
        }
    }

    /// The copy, which has them.
    pub fn give(&self, mut copy: Snapshot) -> Snapshot {
        copy.id.clone_from(&self.id);
        if let Some((encryption, resealing)) = &self.made {
            copy.encryption = Some(encryption.clone());
            if let Some(origin) = copy.origin.as_mut() {
                origin.resealing.clone_from(resealing);
            }
        }
        copy
    }

    /// What is to be written with the copy.
    pub fn ended(&self) -> Txn {
        ended(&self.grants)
    }

    /// What was granted goes, unless there is the copy.
    pub async fn let_go(&self, service: &Ec2Service) {
        let_go(service, &self.grants).await;
    }
}

async fn let_go(service: &Ec2Service, grants: &[Fresh]) {
    for granted in grants {
        granted.let_go(service).await;
    }
}

impl Resealing {
    /// Gives its grants back. `place`: account and region of the copy.
    ///
    /// # Errors
    /// It is to be tried again.
    pub async fn let_go(
        &self,
        service: &Ec2Service,
        place: (&str, &str),
        source_region: &str,
        encryption: &Encryption,
    ) -> Result<(), Fault> {
        retire(service, place, encryption, &self.grant).await?;
        match &self.from {
            Some((from, grant)) => retire(service, (place.0, source_region), from, grant).await,
            None => Ok(()),
        }
    }
}

/// What the bytes of a copy are opened and sealed by.
pub struct CopyCiphers {
    pub from: Option<Cipher>,
    pub to: Cipher,
}

impl Ec2Service {
    /// # Errors
    /// KMS does not open a key: [`NotTaken::Shut`]; it is no copy that is sealed anew.
    pub(crate) async fn ciphers_of_copy(
        &self,
        at: &Place,
        copy: &Snapshot,
    ) -> Result<CopyCiphers, NotTaken> {
        let encryption = copy.encryption.as_ref().ok_or(NotTaken::Gone)?;
        let origin = copy.origin.as_ref().ok_or(NotTaken::Gone)?;
        let resealing = origin.resealing.as_ref().ok_or(NotTaken::Gone)?;
        let own = self.opened(at, encryption, &encryption.sealed, &encryption.origin);
        let own = own.await?;
        let from = match (&encryption.source, &resealing.from) {
            (Some(it), _) => Some(self.opened(at, encryption, &it.sealed, &it.origin).await?),
            (None, Some((it, _))) => {
                let there = Place {
                    region: origin.region.clone(),
                    ..at.clone()
                };
                Some(self.opened(&there, it, &it.sealed, &it.origin).await?)
            }
            (None, None) => None,
        };
        let cipher = |key: &[u8]| {
            let made = Cipher::new(key);
            made.map_err(|error| NotTaken::Failed(fault::internal(error)))
        };
        Ok(CopyCiphers {
            from: from.map(|it| cipher(&it)).transpose()?,
            to: cipher(&own)?,
        })
    }
}
