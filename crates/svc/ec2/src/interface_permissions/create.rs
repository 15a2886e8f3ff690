//! CreateNetworkInterfacePermission.

use wharf_api_ec2::types::{
    CreateNetworkInterfacePermissionRequest, CreateNetworkInterfacePermissionResult,
};
use wharf_base::ids;
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{Permission, Use, found_by_others};
use crate::{Ec2Service, fault, ops::interfaces::may_manage, quota, records::Interface};

/// It is granted at once.
pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateNetworkInterfacePermissionRequest,
) -> Result<CreateNetworkInterfacePermissionResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let interface = input.network_interface_id.as_deref().unwrap_or_default();
    let name = input.permission.as_deref().unwrap_or_default();
    let to = Use::named(name).ok_or_else(|| fault::bad_value_of("permission", name))?;
    let account = grantee(call, input.aws_account_id.as_deref())?;
    let made = transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<Interface>(call, interface).await?;
        let mut record = stored.record.clone();
        if !may_manage(call, &record) {
            return Err(fault::not_yours());
        }
        let is_it = |it: &Permission| it.account == account && it.to == to;
        if record.permissions.iter().any(is_it) {
            return Err(fault::permission_exists(interface, name, account));
        }
        if record.permissions.len() >= quota::ACCOUNTS_OF_ONE {
            let (code, most) = ("ResourceLimitExceeded", quota::ACCOUNTS_OF_ONE);
            return Err(fault::over_quota(
                code,
                "permissions of a network interface",
                most,
            ));
        }
        let permission = Permission {
            id: ids::ec2_id("eni-perm"),
            account: account.to_owned(),
            to,
        };
        record.permissions.push(permission.clone());
        let txn = Txn::new()
            .when(stored.unchanged())
            .put(&stored.key, encode(&record));
        tx.join(found_by_others(txn, call, &record));
        permission
    });
    Ok(CreateNetworkInterfacePermissionResult {
        interface_permission: Some(made.to_wire(interface)),
    })
}

/// Another account, by its number.
fn grantee<'a>(call: &Call, given: Option<&'a str>) -> Result<&'a str, Fault> {
    let given = given.filter(|it| !it.is_empty());
    let account = given.ok_or_else(|| fault::missing_parameter("AwsAccountId"))?;
    let is_account = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
    match is_account && account != call.account {
        true => Ok(account),
        false => Err(fault::bad_value_of("awsAccountId", account)),
    }
}
