//! DeleteKeyPair: one that is not there is gone, as in EC2.

use wharf_api_ec2::types::{DeleteKeyPairRequest, DeleteKeyPairResult};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{KeyPair, name_pointer, named};
use crate::{Ec2Service, fault, records::Pointer};

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteKeyPairRequest,
) -> Result<DeleteKeyPairResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let given = |text: Option<String>| text.filter(|it| !it.is_empty());
    let id = match (given(input.key_pair_id), given(input.key_name)) {
        (None, None) => return Err(fault::missing_parameter("KeyName")),
        (Some(_), Some(_)) => return Err(fault::key_pair_named_twice()),
        (Some(id), None) => Some(id),
        (None, Some(name)) => named(service, call, &name).await?.map(|it| it.id),
    };
    if let Some(id) = &id {
        let key = Ec2Service::key::<KeyPair>(call, id);
        transact!(service.table, &call.permit, |tx| {
            if let Some(pair) = tx.find::<KeyPair>(&key).await? {
                tx.delete(&key);
                tx.delete(Ec2Service::key::<Pointer>(call, &name_pointer(&pair.name)));
            }
        });
    }
    Ok(DeleteKeyPairResult {
        return_: Some(true),
        key_pair_id: id,
    })
}
