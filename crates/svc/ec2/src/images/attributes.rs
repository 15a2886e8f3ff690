//! DescribeImageAttribute, ModifyImageAttribute and ResetImageAttribute: description and launch permissions.

use wharf_api_ec2::types::{
    AttributeValue, DescribeImageAttributeRequest, ImageAttribute, LaunchPermission,
    LaunchPermissionModifications, ModifyImageAttributeRequest, ResetImageAttributeRequest,
};
use wharf_records::{Record as _, Scope};
use wharf_service::transact;
use wharf_wire::{Call, Context, Fault};

use super::{Image, Shared, all_accounts, owned, register::check_description};
use crate::{Ec2Service, block_devices::Mapping, fault, quota, snapshots, table::SERVICE};

const PERMISSION: &str = "launchPermission";
const DESCRIPTION: &str = "description";
const MAPPING: &str = "blockDeviceMapping";
const BOOT_MODE: &str = "bootMode";
const PRODUCT_CODES: &str = "productCodes";
const ALL: &str = "all";
const MAX_ACCOUNTS: usize = quota::ACCOUNTS_OF_ONE;
/// Of an account in a region, as in AWS: all others have them in their lists.
const MAX_PUBLIC: usize = 5;

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeImageAttributeRequest,
) -> Result<ImageAttribute, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.image_id.as_deref().unwrap_or_default();
    let image = owned(service, call, id).await?.record;
    let mut shown = ImageAttribute {
        image_id: Some(image.id.clone()),
        ..ImageAttribute::default()
    };
    match input.attribute.as_deref().unwrap_or_default() {
        DESCRIPTION => {
            shown.description = Some(AttributeValue {
                value: Some(image.description),
            });
        }
        PERMISSION => shown.launch_permissions = Some(permissions(&image)),
        MAPPING => {
            let mappings = image.mappings.iter().map(Mapping::to_wire);
            shown.block_device_mappings = Some(mappings.collect());
        }
        BOOT_MODE => {
            let mode = image.boot_mode.map(|it| it.as_str().to_owned());
            shown.boot_mode = Some(AttributeValue { value: mode });
        }
        // Images here have none.
        PRODUCT_CODES => shown.product_codes = Some(Vec::new()),
        other => return Err(fault::bad_image_attribute(other)),
    }
    Ok(shown)
}

fn permissions(image: &Image) -> Vec<LaunchPermission> {
    let all = image.public.then(|| LaunchPermission {
        group: Some(ALL.to_owned()),
        ..LaunchPermission::default()
    });
    let accounts = image.shared_with.iter().map(|account| LaunchPermission {
        user_id: Some(account.clone()),
        ..LaunchPermission::default()
    });
    all.into_iter().chain(accounts).collect()
}

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyImageAttributeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.image_id.clone().unwrap_or_default();
    let change = Change::of(input)?;
    write(service, call, &id, &change).await
}

pub async fn reset(
    service: &Ec2Service,
    call: &Call,
    input: ResetImageAttributeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.image_id.as_deref().unwrap_or_default();
    match input.attribute.as_deref().unwrap_or_default() {
        PERMISSION => write(service, call, id, &Change::Reset).await,
        other => Err(fault::bad_image_attribute(other)),
    }
}

/// What a request changes.
enum Change {
    Description(String),
    /// Who may launch it from now on, and who may not.
    Permissions {
        add: Vec<Who>,
        remove: Vec<Who>,
    },
    Reset,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    All,
    Account(String),
}

impl Change {
    /// New requests name what they change, old ones give an attribute's name and values apart. Some tools send
    /// both for one attribute. One request changes one attribute: none of what it says is passed over.
    fn of(input: ModifyImageAttributeRequest) -> Result<Self, Fault> {
        // Tools write these names as the structures', too.
        let attribute = match input.attribute.as_deref().unwrap_or_default() {
            "" => "",
            name if name.eq_ignore_ascii_case(DESCRIPTION) => DESCRIPTION,
            name if name.eq_ignore_ascii_case(PERMISSION) => PERMISSION,
            other => return Err(fault::bad_image_attribute(other)),
        };
        let who = Who::listed(&input)?;
        let describes = input.description.is_some() || attribute == DESCRIPTION;
        let permits = input.launch_permission.is_some() || attribute == PERMISSION;
        match (describes, permits) {
            (true, true) => Err(fault::two_image_attributes()),
            (false, false) => Err(fault::missing_parameter("Attribute")),
            (true, false) if !who.is_empty() => Err(fault::two_image_attributes()),
            (false, true) if input.value.is_some() => Err(fault::two_image_attributes()),
            (true, false) => match (input.description.map(|it| it.value), input.value) {
                (Some(one), Some(other)) if one.as_ref() != Some(&other) => {
                    Err(fault::two_image_attributes())
                }
                (Some(one), _) => Self::description(one),
                (None, value) => Self::description(value),
            },
            (false, true) => match input.launch_permission {
                Some(changes) => Self::permissions(changes, &who, input.operation_type.as_deref()),
                None => match input.operation_type.as_deref() {
                    Some("add") => Ok(Self::Permissions {
                        add: who,
                        remove: vec![],
                    }),
                    Some("remove") => Ok(Self::Permissions {
                        add: vec![],
                        remove: who,
                    }),
                    _ => Err(fault::missing_parameter("OperationType")),
                },
            },
        }
    }

    /// `beside` and `operation` stand beside the changes and may only say the same.
    fn permissions(
        changes: LaunchPermissionModifications,
        beside: &[Who],
        operation: Option<&str>,
    ) -> Result<Self, Fault> {
        let who = |list: Option<Vec<LaunchPermission>>| -> Result<Vec<Who>, Fault> {
            list.into_iter().flatten().map(Who::of).collect()
        };
        let (add, remove) = (who(changes.add)?, who(changes.remove)?);
        let (adds, removes) = match operation.filter(|it| !it.is_empty()) {
            Some("add") => (true, false),
            Some("remove") => (false, true),
            Some(_) => return Err(fault::two_image_attributes()),
            None => (true, true),
        };
        let contradicts = (!adds && !add.is_empty()) || (!removes && !remove.is_empty());
        let all_named = beside
            .iter()
            .all(|it| add.contains(it) || remove.contains(it));
        match contradicts || !all_named {
            true => Err(fault::two_image_attributes()),
            false => Ok(Self::Permissions { add, remove }),
        }
    }

    fn description(value: Option<String>) -> Result<Self, Fault> {
        let value = value.unwrap_or_default();
        check_description(&value)?;
        Ok(Self::Description(value))
    }

    fn makes_public(&self) -> bool {
        match self {
            Self::Permissions { add, remove } => {
                add.contains(&Who::All) && !remove.contains(&Who::All)
            }
            Self::Description(_) | Self::Reset => false,
        }
    }

    fn apply(&self, image: &mut Image) -> Result<(), Fault> {
        match self {
            Self::Description(text) => image.description.clone_from(text),
            Self::Permissions { add, remove } => {
                for who in add {
                    match who {
                        Who::All => image.public = true,
                        Who::Account(account) => {
                            image.shared_with.insert(account.clone());
                        }
                    }
                }
                for who in remove {
                    match who {
                        Who::All => image.public = false,
                        Who::Account(account) => {
                            image.shared_with.remove(account);
                        }
                    }
                }
            }
            Self::Reset => {
                image.public = false;
                image.shared_with.clear();
            }
        }
        match image.shared_with.len() <= MAX_ACCOUNTS {
            true => Ok(()),
            false => Err(fault::too_many_permissions(MAX_ACCOUNTS)),
        }
    }
}

impl Who {
    /// Those that an old request lists.
    fn listed(input: &ModifyImageAttributeRequest) -> Result<Vec<Self>, Fault> {
        let accounts = input.user_ids.iter().flatten();
        let groups = input.user_groups.iter().flatten();
        accounts
            .map(|it| Self::account(it))
            .chain(groups.map(|it| Self::group(it)))
            .collect()
    }

    fn of(permission: LaunchPermission) -> Result<Self, Fault> {
        match (permission.user_id, permission.group) {
            (Some(account), None) => Self::account(&account),
            (None, Some(group)) => Self::group(&group),
            _ => Err(fault::bad_permission()),
        }
    }

    fn account(id: &str) -> Result<Self, Fault> {
        match id.len() == 12 && id.bytes().all(|it| it.is_ascii_digit()) {
            true => Ok(Self::Account(id.to_owned())),
            false => Err(fault::bad_account(id)),
        }
    }

    fn group(name: &str) -> Result<Self, Fault> {
        match name {
            ALL => Ok(Self::All),
            _ => Err(fault::bad_permission()),
        }
    }
}

/// The image and the pointers to it, in one transaction.
async fn write(service: &Ec2Service, call: &Call, id: &str, change: &Change) -> Result<(), Fault> {
    let known = owned(service, call, id).await?.record;
    let _turn = service.counting.take((&call.account, Image::KIND)).await;
    if !known.public && change.makes_public() {
        let images = service.all::<Image>(call).await?;
        if images.iter().filter(|it| it.public).count() >= MAX_PUBLIC {
            return Err(fault::too_many_public_images(MAX_PUBLIC));
        }
    }
    if let Change::Permissions { add, .. } = change {
        check_sealed(service, call, &known, add).await?;
        if add.iter().any(|it| matches!(it, Who::Account(_))) {
            let what = "accounts that images are shared with";
            let count = |it: &Image| it.shared_with.len();
            let apply = |it: &mut Image| change.apply(it);
            let room = service.require_sharing(call, id, count, apply, what);
            room.await?;
        }
    }
    let key = Ec2Service::key::<Image>(call, id);
    transact!(service.table, &call.permit, |tx| {
        let before: Option<Image> = tx.find(&key).await?;
        let before = before.ok_or_else(|| fault::image_not_found(id))?;
        let mut image = before.clone();
        change.apply(&mut image)?;
        let changed = image.shared_with.symmetric_difference(&before.shared_with);
        if changed.count() > MAX_ACCOUNTS {
            return Err(fault::too_many_permission_changes(MAX_ACCOUNTS));
        }
        let pointer = Shared::of(&image);
        for account in image.shared_with.difference(&before.shared_with) {
            tx.put(shared_key(call, account, id), &pointer);
        }
        for account in before.shared_with.difference(&image.shared_with) {
            tx.delete(shared_key(call, account, id));
        }
        match (before.public, image.public) {
            (false, true) => tx.put(all_accounts(&call.region, id), &pointer),
            (true, false) => tx.delete(all_accounts(&call.region, id)),
            _ => {}
        }
        if image != before {
            tx.put(&key, &image);
        }
    });
    Ok(())
}

/// What an image brings that is sealed is shared with accounts that its key can be shared with. What it brings never changes.
async fn check_sealed(
    service: &Ec2Service,
    call: &Call,
    image: &Image,
    add: &[Who],
) -> Result<(), Fault> {
    for id in image.snapshots().filter(|_| !add.is_empty()) {
        let found = snapshots::find_for(service, &call.account, &call.region, id).await;
        let found = match found {
            Err(fault) if !fault.sender => return Err(fault),
            found => found.ok(),
        };
        let Some(sealed) = found.and_then(|it| it.encryption) else {
            continue;
        };
        if add.contains(&Who::All) {
            return Err(fault::encrypted_image_not_public());
        }
        if sealed.managed {
            return Err(fault::own_key_of_image_not_shared());
        }
    }
    Ok(())
}

/// Where an account finds an image of another.
pub fn shared_key(cx: &Context, account: &str, id: &str) -> String {
    Scope::new(SERVICE, account, &cx.region).key(Shared::KIND_OF_ACCOUNT, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_an_account_or_all() {
        let of = |account: Option<&str>, group: Option<&str>| {
            Who::of(LaunchPermission {
                user_id: account.map(str::to_owned),
                group: group.map(str::to_owned),
                ..LaunchPermission::default()
            })
        };
        let account = "000000000001";
        assert_eq!(
            of(Some(account), None).unwrap(),
            Who::Account(account.to_owned())
        );
        assert_eq!(of(None, Some("all")).unwrap(), Who::All);
        for (account, group) in [
            (Some("1"), None),
            (Some("00000000000x"), None),
            (None, Some("some")),
            (None, None),
            (Some(account), Some("all")),
        ] {
            assert!(of(account, group).is_err(), "{account:?} {group:?}");
        }
    }
}
