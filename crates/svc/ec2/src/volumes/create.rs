//! CreateVolume, for services: a record until it is attached.

use wharf_api_ec2::types::{self as wire, CreateVolumeRequest};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{
    MAX_VOLUMES, Volume,
    kinds::{self, Asked},
    life::Life,
    service_only,
};
use crate::{Ec2Service, fault, records::Pointer, table::client_token, tags, zone};

/// The same client token leads to the same volume for as long as there is one.
pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateVolumeRequest,
) -> Result<wire::Volume, Fault> {
    fault::dry_run(input.dry_run)?;
    let requester = service_only(call, "CreateVolume")?;
    let zone = input.availability_zone.unwrap_or_default();
    let known = |letter: &char| zone::name(&call.region, *letter) == zone;
    if !zone::LETTERS.iter().any(known) {
        return Err(fault::bad_volume_zone(&zone));
    }
    let Some(gib) = input.size else {
        return Err(fault::missing_parameter("size/snapshot"));
    };
    let sized = kinds::checked(Asked {
        kind: input.volume_type.as_deref(),
        gib,
        iops: input.iops,
        throughput: input.throughput,
    })?;
    let tags = tags::specified(call, input.tag_specifications.as_deref(), Volume::KIND)?;
    let token = client_token(input.client_token.as_deref())?;
    let token_id = token.map(|it| format!("service-volume-token:{requester}:{it}"));
    let volume = transact!(service.table, &call.permit, |tx| {
        if let Some(token_id) = &token_id {
            let key = Ec2Service::key::<Pointer>(call, token_id);
            if let Some(pointer) = tx.find::<Pointer>(&key).await?
                && let Some(made) = service.find::<Volume>(call, &pointer.id).await?
            {
                return Ok(made.to_wire(call));
            }
        }
        let prefix = Ec2Service::scope(call).prefix(Volume::KIND);
        if service.table.count(&prefix).await? >= MAX_VOLUMES {
            return Err(fault::too_many_volumes());
        }
        let volume = Volume {
            id: ids::ec2_id("vol"),
            kind: sized.kind,
            gib: sized.gib,
            iops: sized.iops,
            throughput: sized.throughput,
            zone: zone.clone(),
            requester: Some(requester.clone()),
            token_id: token_id.clone(),
            life: Life::default(),
            created_at: call.now,
            tags: tags.clone(),
            unknown: Unknown::new(),
        };
        if let Some(token_id) = &token_id {
            let key = Ec2Service::key::<Pointer>(call, token_id);
            tx.put(&key, &Pointer::to(&volume.id));
        }
        tx.put(Ec2Service::key::<Volume>(call, &volume.id), &volume);
        volume
    });
    Ok(volume.to_wire(call))
}
