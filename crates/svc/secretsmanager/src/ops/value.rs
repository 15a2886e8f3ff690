//! PutSecretValue, GetSecretValue and BatchGetSecretValue.

use wharf_api_secretsmanager::{
    APIErrorType, BatchGetSecretValueRequest, BatchGetSecretValueResponse, GetSecretValueRequest,
    GetSecretValueResponse, Input, PutSecretValueRequest, PutSecretValueResponse, SecretValueEntry,
    schema::SERVICE,
};
use wharf_base::ids;
use wharf_service::{Pages, Place, transact};
use wharf_wire::{Call, Fault};

use super::list;
use crate::{
    authorize,
    copying::{self, Copy, Copying},
    core::{Content, Core, Found, again, value_key},
    describe,
    fault::{self, SecretFaults},
    filter,
    records::{Secret, Value, value_id},
    versions::{self, CURRENT},
};

const MAX_BATCH: usize = 20;
/// Copies of a value that are written with it. The longest takes some 90 kB.
const MAX_AT_ONCE: usize = 4;

pub async fn put_secret_value(
    core: &Core,
    call: &Call,
    input: PutSecretValueRequest,
) -> Result<PutSecretValueResponse, Fault> {
    let content = Content::given(input.secret_string, input.secret_binary)?;
    let content = content
        .ok_or_else(|| fault::request("You must provide either SecretString or SecretBinary."))?;
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?.usable()?.own()?;
    let version = input.client_request_token.unwrap_or_else(ids::uuid);
    let stages = input
        .version_stages
        .unwrap_or_else(|| vec![CURRENT.to_owned()]);
    let written = put(core, call, &found, &version, &content, &stages, |_| ()).await?;
    let stages = written.versions.get(&version);
    Ok(PutSecretValueResponse {
        arn: Some(found.arn()),
        version_stages: stages.map(|it| it.stages.iter().cloned().collect()),
        name: Some(found.name),
        version_id: Some(version),
    })
}

/// Adds a version to a secret, and changes what else there is to change with it; returns it. A version that is there
/// with the same content is left as it is.
///
/// # Errors
/// The version is there with another content; limits; the store's.
pub async fn put(
    core: &Core,
    call: &Call,
    found: &Found,
    version: &str,
    content: &Content,
    stages: &[String],
    change: impl Fn(&mut Secret),
) -> Result<Secret, Fault> {
    let slot = found.slot(version);
    let key = slot.key();
    let under = found.secret().kms_key.as_deref();
    let (sealed, under) = core.seal(call, &slot, under, content).await?;
    let kept = &found.secret().copies;
    let copies = core.copies(call, &slot, kept, content).await?.into_iter();
    let copies = copies.map(|(key, value)| Copy {
        version: version.to_owned(),
        key,
        value,
    });
    let copies: Vec<Copy> = copies.collect();
    // Beyond some, one transaction does not hold them.
    let is_long = copies.len() > MAX_AT_ONCE;
    let copying = match is_long && core.table.read::<Value>(&key).await?.is_none() {
        true => Some(Copying::new(kept.keys().cloned(), Some(version), call.now)),
        false => None,
    };
    if let Some(copying) = &copying {
        copying::begin(core, call, found, copying).await?;
    }
    let work = async {
        if let Some(copying) = &copying {
            copying::write(core, call, found, copying, &copies).await?;
        }
        Ok(transact!(core.table, &call.permit, |tx| {
            let mut secret = again(&mut tx, found).await?;
            let copied = secret
                .copying
                .as_ref()
                .filter(|it| it.version.as_deref() == Some(version));
            match tx.find::<Value>(&key).await? {
                Some(there) if core.open(call, &slot, &there).await? != *content => {
                    return Err(fault::version_exists());
                }
                Some(_) => {}
                // A replica came or went since the copies were made.
                None if secret.copies != *kept => return Err(core.table.conflict(&key).into()),
                // Somebody else writes copies of this version.
                None if copied != copying.as_ref() => return Err(core.table.conflict(&key).into()),
                None => {
                    let gone =
                        versions::add(&mut secret, version, stages, under.as_deref(), call.now)?;
                    for gone in gone {
                        let gone = value_id(&found.name, &secret.suffix, &gone);
                        tx.delete(value_key(&found.place, &gone));
                        let begun = secret.copying.iter().flat_map(|it| &it.regions);
                        for region in kept.keys().chain(begun) {
                            let there = Place::new(&found.place.account, region);
                            tx.delete(value_key(&there, &gone));
                        }
                    }
                    match copying {
                        Some(_) => secret.copying = None,
                        None => copies.iter().for_each(|it| tx.put(&it.key, &it.value)),
                    }
                    tx.put(&key, &sealed);
                }
            }
            change(&mut secret);
            tx.put(&found.stored.key, &secret);
            secret
        }))
    };
    let done = work.await;
    match &copying {
        Some(copying) => copying::ended(core, call, found, copying, done).await,
        None => done,
    }
}

pub async fn get_secret_value(
    core: &Core,
    call: &Call,
    input: GetSecretValueRequest,
) -> Result<GetSecretValueResponse, Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let (id, stage) = (input.version_id.as_deref(), input.version_stage.as_deref());
    let entry = read(core, call, &found.usable()?, id, stage).await?;
    Ok(GetSecretValueResponse {
        arn: entry.arn,
        name: entry.name,
        version_id: entry.version_id,
        secret_binary: entry.secret_binary,
        secret_string: entry.secret_string,
        version_stages: entry.version_stages,
        created_date: entry.created_date,
    })
}

async fn read(
    core: &Core,
    call: &Call,
    found: &Found,
    id: Option<&str>,
    stage: Option<&str>,
) -> Result<SecretValueEntry, Fault> {
    let id = versions::find(found.secret(), id, stage)?;
    let content = core.value(call, found, &id).await?;
    note_access(core, call, found, &id).await?;
    let version = found.secret().versions.get(&id);
    let (secret_string, secret_binary) = match content {
        Content::Text(text) => (Some(text), None),
        Content::Binary(bytes) => (None, Some(bytes)),
    };
    Ok(SecretValueEntry {
        arn: Some(found.arn()),
        name: Some(found.name.clone()),
        version_id: Some(id),
        secret_binary,
        secret_string,
        version_stages: version.map(|it| it.stages.iter().cloned().collect()),
        created_date: version.map(|it| it.created_at),
    })
}

/// Writes down that a version was read today, once a day.
async fn note_access(core: &Core, call: &Call, found: &Found, id: &str) -> Result<(), Fault> {
    let today = Some(describe::day(call.now));
    let noted = |secret: &Secret| {
        let version = secret.versions.get(id);
        secret.accessed_at == today && version.is_none_or(|it| it.accessed_at == today)
    };
    if noted(found.secret()) {
        return Ok(());
    }
    let note = |secret: &mut Secret| {
        secret.accessed_at = today;
        if let Some(version) = secret.versions.get_mut(id) {
            version.accessed_at = today;
        }
        Ok::<(), Fault>(())
    };
    core.table
        .change(&call.permit, &found.stored.key, note)
        .await?;
    Ok(())
}

/// Each secret is judged on its own, as if GetSecretValue had been called for it; what fails is listed.
pub async fn batch_get_secret_value(
    core: &Core,
    call: &Call,
    input: BatchGetSecretValueRequest,
) -> Result<BatchGetSecretValueResponse, Fault> {
    let place = Place::of(call);
    let (listed, next_token) = match (input.secret_id_list, input.filters) {
        (Some(_), Some(_)) => {
            return Err(fault::parameter(
                "You can't specify both SecretIdList and Filters.",
            ));
        }
        (Some(ids), None) => {
            if input.max_results.is_some() || input.next_token.is_some() {
                return Err(fault::parameter(
                    "You can't use MaxResults or NextToken with SecretIdList.",
                ));
            }
            (ids, None)
        }
        (None, Some(filters)) => {
            filter::check(&filters)?;
            let size = input.max_results.and_then(|it| usize::try_from(it).ok());
            let pages = Pages::<SecretFaults>::new(
                &core.parts.keyring,
                call,
                "secretsmanager/BatchGetSecretValue",
                &filters,
            );
            let page = pages.page(input.next_token.as_deref(), size.unwrap_or(MAX_BATCH))?;
            let mut all = list::all(core, &place).await?;
            all.retain(|it| it.secret().deletion.is_none() && filter::fits(it, &filters));
            all.sort_by(|a, b| a.name.cmp(&b.name));
            let (shown, token) = page.cut(all, |it| &it.name);
            (shown.iter().map(Found::arn).collect(), token)
        }
        (None, None) => {
            return Err(fault::parameter(
                "You must specify either SecretIdList or Filters.",
            ));
        }
    };
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in listed {
        match one(core, call, &id).await {
            Ok(entry) => values.push(entry),
            Err(fault) => errors.push(APIErrorType {
                secret_id: Some(id),
                error_code: Some(fault.code.to_string()),
                message: Some(fault.message),
            }),
        }
    }
    Ok(BatchGetSecretValueResponse {
        secret_values: Some(values),
        next_token,
        errors: Some(errors),
    })
}

async fn one(core: &Core, call: &Call, id: &str) -> Result<SecretValueEntry, Fault> {
    let input = GetSecretValueRequest {
        secret_id: Some(id.to_owned()),
        ..GetSecretValueRequest::default()
    };
    let asked = Input::GetSecretValue(&input);
    let checks = authorize::checks(core, call.context(), asked).await?;
    let call = core.parts.dispatcher.admit(&SERVICE, call, &checks).await?;
    let found = core.find(&Place::of(&call), Some(id)).await?.usable()?;
    read(core, &call, &found, None, None).await
}
