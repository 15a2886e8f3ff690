//! CreateVolume: a record until it is attached.

use wharf_api_ec2::types::{self as wire, CreateVolumeRequest};
use wharf_records::{Record as _, Scope};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, CallerKind, Fault};

use super::{
    MAX_VOLUMES, Volume, acts_for_users,
    kinds::{self, Asked},
};
use crate::{
    Ec2Service,
    encryption::{Asked as Sealed, defaults_of, prepare, wanted},
    fault,
    records::Pointer,
    snapshots::{self, Snapshot, Source, State},
    table::{SERVICE, client_token, digest_of},
    tags, zone,
};

/// The same client token leads to the same volume for as long as there is one. A service's stands for what it was asked
/// for first, a user's for nothing else.
pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateVolumeRequest,
) -> Result<wire::Volume, Fault> {
    fault::dry_run(input.dry_run)?;
    let requester = match call.caller.kind {
        CallerKind::Service if !acts_for_users(call) => Some(call.caller.arn.clone()),
        _ => None,
    };
    let asked = requester.is_none().then(|| digest(&input));
    let token = client_token(input.client_token.as_deref())?;
    let token_id = token.map(|it| match &requester {
        Some(requester) => format!("service-volume-token:{requester}:{it}"),
        None => format!("volume-token:{it}"),
    });
    // Before all else: what it was made of may be gone by now, and a service that asks again is to find what it has made.
    if let Some(made) = made_before(service, call, token_id.as_deref(), &asked).await? {
        return Ok(made);
    }
    let zone = input.availability_zone.unwrap_or_default();
    if zone.is_empty() {
        return Err(fault::missing_parameter("AvailabilityZone"));
    }
    let known = |letter: &char| zone::name(&call.region, *letter) == zone;
    if !zone::LETTERS.iter().any(known) {
        return Err(fault::bad_volume_zone(&zone));
    }
    let snapshot = match input.snapshot_id.as_deref().filter(|it| !it.is_empty()) {
        Some(id) => Some(source(service, call, id).await?),
        None => None,
    };
    let gib = match (input.size, &snapshot) {
        (Some(gib), Some(from)) if gib < from.gib.cast_signed() => {
            return Err(fault::smaller_than_snapshot(gib, &from.id, from.gib));
        }
        (Some(gib), _) => gib,
        (None, Some(from)) => from.gib.cast_signed(),
        (None, None) => return Err(fault::missing_parameter("size/snapshot")),
    };
    let sized = kinds::checked(Asked {
        kind: input.volume_type.as_deref(),
        gib,
        iops: input.iops,
        throughput: input.throughput,
    })?;
    let sealed = Sealed::new(input.encrypted, input.kms_key_id.as_deref())?;
    let tags = tags::specified(call, input.tag_specifications.as_deref(), Volume::KIND)?;
    let own = |it: &Snapshot| it.owner == call.account;
    let from = snapshot.as_ref();
    let from = from.and_then(|it| Some((it.encryption.as_ref()?, own(it))));
    let wanted = wanted(&sealed, &defaults_of(service, call).await?, from)?;
    let fresh = Volume::new(sized, &zone, call.now);
    let source = from.map(|(it, _)| it);
    let encryption = prepare(service, call, &wanted, Some(&fresh.id), source).await?;
    let _turn = service.launching(call).await;
    let volume = transact!(service.table, &call.permit, |tx| {
        if let Some(token_id) = &token_id {
            let key = Ec2Service::key::<Pointer>(call, token_id);
            if let Some(pointer) = tx.find::<Pointer>(&key).await?
                && let Some(made) = service.find::<Volume>(call, &pointer.id).await?
            {
                if made.asked != asked {
                    return Err(fault::token_reused());
                }
                return Ok(made.to_wire(call));
            }
        }
        // A deletion of the snapshot either sees the volume, or is seen here.
        if let Some(from) = &snapshot {
            let key = Scope::new(SERVICE, &from.owner, &call.region).key(Snapshot::KIND, &from.id);
            let still = tx.find::<Snapshot>(&key).await?;
            if !still.is_some_and(|it| !it.deleting && it.may_use(&call.account)) {
                return Err(fault::snapshot_not_found(&from.id));
            }
        }
        let prefix = Ec2Service::scope(call).prefix(Volume::KIND);
        if service.table.count(&prefix).await? >= MAX_VOLUMES {
            return Err(fault::too_many_volumes());
        }
        let volume = Volume {
            source: snapshot.as_ref().map(|it| Source {
                snapshot: it.id.clone(),
                owner: it.owner.clone(),
            }),
            encryption: encryption.clone(),
            requester: requester.clone(),
            token_id: token_id.clone(),
            asked: asked.clone(),
            tags: tags.clone(),
            ..fresh.clone()
        };
        if let Some(token_id) = &token_id {
            let key = Ec2Service::key::<Pointer>(call, token_id);
            tx.put(&key, &Pointer::to(&volume.id));
        }
        tx.join(volume.put_new(call, Txn::new()));
        volume
    });
    Ok(volume.to_wire(call))
}

/// What a client token stands for already: nothing is asked of KMS once more.
async fn made_before(
    service: &Ec2Service,
    call: &Call,
    token_id: Option<&str>,
    asked: &Option<String>,
) -> Result<Option<wire::Volume>, Fault> {
    let Some(token_id) = token_id else {
        return Ok(None);
    };
    let Some(pointer) = service.find::<Pointer>(call, token_id).await? else {
        return Ok(None);
    };
    match service.find::<Volume>(call, &pointer.id).await? {
        Some(made) if made.asked != *asked => Err(fault::token_reused()),
        made => Ok(made.map(|it| it.to_wire(call))),
    }
}

/// What must be the same for a client token to stand for the same request.
fn digest(input: &CreateVolumeRequest) -> String {
    let asked = CreateVolumeRequest {
        client_token: None,
        dry_run: None,
        ..input.clone()
    };
    digest_of(&asked)
}

/// A snapshot that volumes can be made of.
async fn source(service: &Ec2Service, call: &Call, id: &str) -> Result<Snapshot, Fault> {
    let found = snapshots::find(service, call, id).await?;
    found.check_data()?;
    match found.state {
        State::Completed => Ok(found),
        other => Err(fault::snapshot_state(other.as_str())),
    }
}
