//! DeletePlacementGroup.

use wharf_api_ec2::types::DeletePlacementGroupRequest;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{PlacementGroup, find, members, name_pointer};
use crate::{Ec2Service, fault, records::Pointer, table::LeanOn as _};

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeletePlacementGroupRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let name = input.group_name.as_deref().filter(|it| !it.is_empty());
    let name = name.ok_or_else(|| fault::missing_parameter("groupName"))?;
    transact!(service.table, &call.permit, |tx| {
        let id = find(service, call, name).await?.id;
        let fence = service.fence(call, &id).await?;
        let stored = service.get_stored::<PlacementGroup>(call, &id).await?;
        if !members(service, call, &id).await?.is_empty() {
            return Err(fault::placement_group_in_use(name));
        }
        let pointer = Ec2Service::key::<Pointer>(call, &name_pointer(name));
        tx.join(Txn::new().remove(call, &stored, fence).delete(pointer));
    });
    Ok(())
}
