//! AssociateEncryptionConfig: Secrets of a cluster that has no key of KMS are put under one, for good.

use wharf_api_eks::{AssociateEncryptionConfigRequest, AssociateEncryptionConfigResponse};
use wharf_datakeys::grants::Begun;
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    encryption::{self, Encryption},
    fault, names,
    records::{Cluster, Status},
    updates::{Known, Owner, Update},
};

pub const ASSOCIATE: &str = "AssociateEncryptionConfig";

pub async fn associate(
    core: &Core,
    call: &Call,
    input: AssociateEncryptionConfigRequest,
) -> Result<AssociateEncryptionConfigResponse, Fault> {
    let place = Place::of(call);
    let name = input.cluster_name.as_deref().unwrap_or_default();
    let found = core.cluster(&place, name).await?;
    let key = encryption::wanted(&place, input.encryption_config)?;
    let key = key.ok_or_else(|| fault::invalid("KeyArn is required"))?;
    let token = input.client_request_token;
    let known = Known::of(core, &place, &found.record).await?;
    let made = match standing(&found.record, &known, token.as_deref())? {
        Some(made) => made,
        None => {
            let of = (&place, name);
            let (encryption, grant) = encryption::prepare(core, call, of, &key).await?;
            let under = (&encryption, &grant);
            let begun = begin(core, call, &found, under, token.as_deref()).await;
            // Another request came first, which may be the same.
            if !matches!(begun, Ok((_, true))) {
                encryption::grants(core).let_go(&grant.at).await;
            }
            begun?.0
        }
    };
    Ok(AssociateEncryptionConfigResponse {
        update: Some(made.shown()),
    })
}

/// What the same request made before; nothing: it can be begun.
fn standing(
    cluster: &Cluster,
    known: &Known,
    token: Option<&str>,
) -> Result<Option<Update>, Fault> {
    if let Some(made) = known.by_token((ASSOCIATE, Owner::Cluster), token) {
        return Ok(Some(made.clone()));
    }
    if cluster.encryption.is_some() {
        return Err(fault::is_encrypted());
    }
    if let Some(running) = &cluster.update {
        return Err(fault::cluster_is_updating(
            ASSOCIATE,
            &cluster.name,
            running,
        ));
    }
    match cluster.status {
        Status::Active => Ok(None),
        _ => Err(fault::not_active(&cluster.name)),
    }
}

/// The update, and whether this made it.
async fn begin(
    core: &Core,
    call: &Call,
    found: &Stored<Cluster>,
    (encryption, grant): (&Encryption, &Begun),
    token: Option<&str>,
) -> Result<(Update, bool), Fault> {
    let place = Place::of(call);
    let update = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Cluster>(&found.key).await?;
        let there = there.filter(|it| it.id == found.record.id);
        let mut cluster = there.ok_or_else(|| fault::no_cluster(&found.record.name))?;
        let known = Known::of(core, &place, &cluster).await?;
        if let Some(made) = standing(&cluster, &known, token)? {
            return Ok((made, false));
        }
        let update = Update::new(
            ASSOCIATE,
            Owner::Cluster,
            encryption::params(&encryption.named),
            token.map(str::to_owned),
            core.now(),
        );
        cluster.status = Status::Updating;
        cluster.update = Some(update.id.clone());
        cluster.encryption = Some(encryption.clone());
        known.make_room(&mut tx, &place, &cluster.id);
        tx.put(names::update_key(&place, &cluster.id, &update.id), &update);
        tx.put(&found.key, &cluster);
        tx.join(grant.ended());
        update
    });
    Ok((update, true))
}
