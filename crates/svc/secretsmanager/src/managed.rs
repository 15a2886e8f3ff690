//! Secrets that other services keep here for their users, under names that begin with the service's own and
//! an exclamation mark.

use wharf_base::ids;
use wharf_records::Unknown;
use wharf_seal::Secret as Opened;
use wharf_service::{KeptSecrets, Place};
use wharf_wire::{Call, Fault, async_trait};

use crate::{
    SecretsmanagerService,
    core::{Content, Core, Found, Slot, key},
    fault, names,
    ops::{delete, value},
    records::Secret,
    versions::{self, CURRENT},
};

impl Found {
    /// Refuses a secret that only the service that keeps it may change.
    pub fn own(self) -> Result<Self, Fault> {
        match &self.secret().owner {
            None => Ok(self),
            Some(owner) => Err(fault::managed(owner)),
        }
    }

    fn is_of(&self, owner: &str) -> bool {
        self.secret().owner.as_deref() == Some(owner)
    }
}

#[async_trait]
impl KeptSecrets for SecretsmanagerService {
    async fn put(
        &self,
        call: &Call,
        owner: &str,
        name: &str,
        value: &str,
    ) -> Result<String, Fault> {
        let (core, place) = (self.core(), Place::of(call));
        let content = Content::Text(value.to_owned());
        if let Some(found) = core.look(&place, Some(name)).await? {
            if !found.is_of(owner) {
                return Err(fault::exists(name));
            }
            let (version, stages) = (ids::uuid(), [CURRENT.to_owned()]);
            value::put(core, call, &found, &version, &content, &stages, |_| ()).await?;
            return Ok(found.arn());
        }
        create(core, call, &place, owner, name, &content).await
    }

    async fn get(&self, call: &Call, owner: &str, arn: &str) -> Result<Option<Opened>, Fault> {
        let core = self.core();
        let found = core.look(&Place::of(call), Some(arn)).await?;
        let Some(found) = found.filter(|it| it.is_of(owner)) else {
            return Ok(None);
        };
        let version = versions::find(found.secret(), None, Some(CURRENT))?;
        Ok(match core.value(call, &found, &version).await? {
            Content::Text(text) => Some(Opened::from(text)),
            Content::Binary(bytes) => Some(Opened::from(bytes)),
        })
    }

    async fn remove(&self, call: &Call, owner: &str, arn: &str) -> Result<(), Fault> {
        let core = self.core();
        let found = core.look(&Place::of(call), Some(arn)).await?;
        match found.filter(|it| it.is_of(owner)) {
            Some(found) => Ok(delete::remove(core, &call.permit, &found, None).await?),
            None => Ok(()),
        }
    }

    async fn all(&self, call: &Call, owner: &str) -> Result<Vec<(Place, String, String)>, Fault> {
        let all = self.core().table.everywhere::<Secret>(names::SERVICE);
        let all = all.await?.into_iter().filter(|(_, _, stored)| {
            let secret = &stored.record;
            secret.owner.as_deref() == Some(owner) && secret.created_at < call.now
        });
        let shown = all.map(|(scope, name, stored)| {
            let place = Place::of_scope(&scope);
            let arn = names::arn(&place, &name, &stored.record.suffix);
            (place, name, arn)
        });
        Ok(shown.collect())
    }
}

async fn create(
    core: &Core,
    call: &Call,
    place: &Place,
    owner: &str,
    name: &str,
    content: &Content,
) -> Result<String, Fault> {
    names::check(name)?;
    let mut secret = Secret {
        suffix: names::random_suffix(),
        kms_key: None,
        description: None,
        created_at: call.now,
        changed_at: call.now,
        accessed_at: None,
        deletion: None,
        policy: None,
        tags: Default::default(),
        versions: Default::default(),
        rotation: None,
        replicas: Default::default(),
        owner: Some(owner.to_owned()),
        copies: Default::default(),
        copying: None,
        unknown: Unknown::new(),
    };
    let version = ids::uuid();
    let suffix = secret.suffix.clone();
    let slot = Slot {
        place,
        name,
        suffix: &suffix,
        version: &version,
    };
    let (sealed, _) = core.seal(call, &slot, None, content).await?;
    versions::add(&mut secret, &version, &[CURRENT.to_owned()], None, call.now)?;
    let key = key(place, name);
    let mut changes = core.table.begin();
    if changes.find::<Secret>(&key).await?.is_some() {
        return Err(fault::exists(name));
    }
    changes.put(slot.key(), &sealed);
    changes.put(&key, &secret);
    changes.write(&call.permit).await?;
    Ok(names::arn(place, name, &suffix))
}
