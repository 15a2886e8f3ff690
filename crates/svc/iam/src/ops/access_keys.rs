//! Long-term access keys of users, and of root.

use wharf_api_iam::types::*;
use wharf_wire::Fault;

use crate::{
    directory::ACCOUNT,
    fault::{self, required},
    ops::{Subject, subject},
    records::{AccessKeyRecord, AccessKeyUseRecord, AccountRecord, UserRecord, folded},
    service::Cx,
    table::{self, Changes, change},
};

const MAX_KEYS: usize = 2;

/// The ids of the subject's keys, inside a change.
async fn keys_of(tx: &mut Changes<'_>, subject: &Subject) -> Result<Vec<String>, Fault> {
    Ok(match subject {
        Subject::User(name) => tx.existing::<UserRecord>(name).await?.access_keys,
        Subject::Root => {
            tx.find::<AccountRecord>(ACCOUNT)
                .await?
                .unwrap_or_default()
                .root_keys
        }
    })
}

async fn set_keys(tx: &mut Changes<'_>, subject: &Subject, keys: Vec<String>) -> Result<(), Fault> {
    match subject {
        Subject::User(name) => {
            let mut user = tx.existing::<UserRecord>(name).await?;
            user.access_keys = keys;
            tx.put(&folded(name), &user);
        }
        Subject::Root => {
            let mut account = tx.find::<AccountRecord>(ACCOUNT).await?.unwrap_or_default();
            account.root_keys = keys;
            tx.put(ACCOUNT, &account);
        }
    }
    Ok(())
}

fn missing(id: &str) -> Fault {
    fault::not_found(format!("The Access Key with id {id} cannot be found."))
}

/// The only answer that ever holds the secret.
pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateAccessKeyRequest,
) -> Result<CreateAccessKeyResponse, Fault> {
    let subject = subject(cx, input.user_name)?;
    let user = match &subject {
        Subject::User(name) => Some(folded(name)),
        Subject::Root => None,
    };
    let (credentials, record) = cx.directory.mint_key(cx.account(), user, cx.now());
    let id = &credentials.access_key_id;
    change!(cx, |tx| {
        let mut keys = keys_of(&mut tx, &subject).await?;
        if keys.len() >= MAX_KEYS {
            return Err(fault::quota("AccessKeysPerUser", MAX_KEYS));
        }
        keys.push(id.clone());
        set_keys(&mut tx, &subject, keys).await?;
        // Read, so that two keys of one id cannot be.
        if tx.find::<AccessKeyRecord>(id).await?.is_some() {
            return Err(fault::contended());
        }
        tx.put(id, &record);
    });
    let access_key = AccessKey {
        user_name: Some(shown_name(&subject)),
        access_key_id: Some(id.clone()),
        status: Some("Active".to_owned()),
        secret_access_key: Some(credentials.secret.expose().to_owned()),
        create_date: Some(cx.now()),
    };
    Ok(CreateAccessKeyResponse {
        access_key: Some(access_key),
    })
}

pub(crate) async fn update(cx: &Cx<'_>, input: UpdateAccessKeyRequest) -> Result<(), Fault> {
    let id = required(input.access_key_id, "accessKeyId")?;
    let active = match required(input.status, "status")?.as_str() {
        "Active" => true,
        "Inactive" => false,
        other => return Err(fault::validation(format!("Invalid status {other}"))),
    };
    let subject = subject(cx, input.user_name)?;
    change!(cx, |tx| {
        if !keys_of(&mut tx, &subject).await?.contains(&id) {
            return Err(missing(&id));
        }
        let mut key = tx
            .find::<AccessKeyRecord>(&id)
            .await?
            .ok_or_else(|| missing(&id))?;
        key.active = active;
        tx.put(&id, &key);
    });
    Ok(())
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeleteAccessKeyRequest) -> Result<(), Fault> {
    let id = required(input.access_key_id, "accessKeyId")?;
    let subject = subject(cx, input.user_name)?;
    change!(cx, |tx| {
        let mut keys = keys_of(&mut tx, &subject).await?;
        if !keys.contains(&id) {
            return Err(missing(&id));
        }
        keys.retain(|key| *key != id);
        set_keys(&mut tx, &subject, keys).await?;
        tx.delete::<AccessKeyRecord>(&id);
        tx.delete::<AccessKeyUseRecord>(&id);
    });
    Ok(())
}

pub(crate) async fn list(
    cx: &Cx<'_>,
    input: ListAccessKeysRequest,
) -> Result<ListAccessKeysResponse, Fault> {
    let subject = subject(cx, input.user_name)?;
    let name = shown_name(&subject);
    let mut keys = keys_of(&mut Changes::new(cx.store(), cx.account()), &subject).await?;
    keys.sort();
    let page = cx.page(&["ListAccessKeys", &name], input.marker, input.max_items)?;
    let (ids, marker) = page.cut(keys, |id| id);
    let mut shown = Vec::new();
    for id in ids {
        let key = table::find::<AccessKeyRecord>(cx.store(), cx.account(), &id).await?;
        let Some(key) = key else { continue };
        let status = if key.active { "Active" } else { "Inactive" };
        shown.push(AccessKeyMetadata {
            user_name: Some(name.clone()).filter(|name| !name.is_empty()),
            access_key_id: Some(id),
            status: Some(status.to_owned()),
            create_date: Some(key.created),
        });
    }
    Ok(ListAccessKeysResponse {
        access_key_metadata: Some(shown),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

pub(crate) async fn last_used(
    cx: &Cx<'_>,
    input: GetAccessKeyLastUsedRequest,
) -> Result<GetAccessKeyLastUsedResponse, Fault> {
    let id = required(input.access_key_id, "accessKeyId")?;
    let key = table::find::<AccessKeyRecord>(cx.store(), cx.account(), &id).await?;
    let key = key
        .filter(|key| key.account == cx.account())
        .ok_or_else(|| missing(&id))?;
    let used = table::find::<AccessKeyUseRecord>(cx.store(), cx.account(), &id).await?;
    let user_name = match &key.user {
        Some(folded) => table::find::<UserRecord>(cx.store(), cx.account(), folded)
            .await?
            .map(|user| user.name),
        None => None,
    };
    let last = match used {
        Some(used) => AccessKeyLastUsed {
            last_used_date: Some(used.at),
            service_name: Some(used.service),
            region: Some(used.region),
        },
        // As IAM says of a key that never was used.
        None => AccessKeyLastUsed {
            last_used_date: None,
            service_name: Some("N/A".to_owned()),
            region: Some("N/A".to_owned()),
        },
    };
    Ok(GetAccessKeyLastUsedResponse {
        user_name,
        access_key_last_used: Some(last),
    })
}

fn shown_name(subject: &Subject) -> String {
    match subject {
        Subject::User(name) => name.clone(),
        Subject::Root => String::new(),
    }
}
