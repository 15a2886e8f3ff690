//! CreateGrant, ListGrants, ListRetirableGrants, RetireGrant and RevokeGrant.

use std::collections::BTreeSet;

use wharf_api_kms::{
    CreateGrantRequest, CreateGrantResponse, ListGrantsRequest, ListGrantsResponse,
    ListRetirableGrantsRequest, RetireGrantRequest, RevokeGrantRequest, faults,
};
use wharf_base::{Arn, Timestamp, arn::canonical};
use wharf_records::{Record as _, Unknown};
use wharf_service::{
    Faults as _, Pages, Place, Stored,
    principals::{self, Unbound},
    transact,
};
use wharf_wire::{Call, Fault};

use super::{create::random_id, not_dry};
use crate::{
    core::{Core, Found},
    describe,
    fault::{self, KmsFaults},
    grants::is_the_one,
    names,
    records::{Constraints, Grant, Principal, grant_id, grantee_prefix},
};

/// Grants of one key, as in AWS.
const MOST: usize = 50_000;

/// What a grant token is sealed for.
const TOKEN: &str = "kms/grant-token";

/// Whom an ARN or the name of a service stands for; each request has a member for either.
fn principal(
    aws: Option<&str>,
    service: Option<&str>,
    member: &str,
) -> Result<Option<Principal>, Fault> {
    match (aws, service) {
        (Some(_), Some(_)) => Err(fault::invalid(format!(
            "You cannot specify both {member}Principal and {member}ServicePrincipal."
        ))),
        (None, None) => Ok(None),
        (None, Some(name)) => Ok(Some(Principal::Service(name.to_owned()))),
        (Some(text), None) if text.ends_with(".amazonaws.com") => {
            Ok(Some(Principal::Service(text.to_owned())))
        }
        (Some(text), None) => match is_principal(text) {
            true => Ok(Some(Principal::Aws(canonical(text).into_owned()))),
            false => Err(nobody(text)),
        },
    }
}

fn nobody(arn: &str) -> Fault {
    faults::invalid_arn_exception(format!("ARN does not refer to a valid principal: {arn}"))
}

/// The unique id of a user or role that a grant names.
async fn id_of(call: &Call, whom: Option<&Principal>) -> Result<Option<String>, Fault> {
    let Some(Principal::Aws(arn)) = whom else {
        return Ok(None);
    };
    let id = principals::id_of(call, arn).await;
    id.map_err(|it| it.fault::<KmsFaults>(nobody))
}

/// The same of one that grants are listed of; none of one that is not there.
async fn id_listed(call: &Call, whom: Option<&Principal>) -> Result<Option<String>, Fault> {
    let Some(Principal::Aws(arn)) = whom else {
        return Ok(None);
    };
    match principals::id_of(call, arn).await {
        Err(Unbound::Nobody(_)) => Ok(None),
        id => id.map_err(|it| it.fault::<KmsFaults>(nobody)),
    }
}

/// Names users and roles that are gone by their ids, as AWS shows them.
async fn shown(call: &Call, mut grants: Vec<Grant>) -> Result<Vec<Grant>, Fault> {
    let ids = grants
        .iter()
        .flat_map(|it| [&it.grantee_id, &it.retiring_id]);
    let mut ids: Vec<String> = ids.flatten().cloned().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(grants);
    }
    let there = call.arns(&ids).await;
    let there = there.map_err(|it| KmsFaults::internal(&it))?;
    let now = |id: &String| Principal::Aws(there.get(id).unwrap_or(id).clone());
    for grant in &mut grants {
        if let Some(id) = &grant.grantee_id {
            grant.grantee = now(id);
        }
        if let Some(id) = &grant.retiring_id {
            grant.retiring = Some(now(id));
        }
    }
    Ok(grants)
}

/// The ARN of an account, a user, a role or a session.
fn is_principal(text: &str) -> bool {
    let Ok(arn) = text.parse::<Arn>() else {
        return false;
    };
    let is_account = arn.account.len() == 12 && arn.account.bytes().all(|it| it.is_ascii_digit());
    let names = |kinds: &[&str]| {
        let rest = kinds.iter().find_map(|it| arn.resource.strip_prefix(it));
        rest.is_some_and(|it| !it.is_empty())
    };
    let fits = match arn.service.as_str() {
        "iam" => arn.resource == "root" || names(&["user/", "role/"]),
        "sts" => names(&["assumed-role/", "federated-user/"]),
        _ => false,
    };
    is_account && fits && arn.region.is_empty() && !text.contains(['*', '?'])
}

/// The grant that a request asks for.
///
/// # Errors
/// It names nobody, or nothing to allow.
pub fn wanted(input: &CreateGrantRequest, issuer: &str, now: Timestamp) -> Result<Grant, Fault> {
    let grantee = principal(
        input.grantee_principal.as_deref(),
        input.grantee_service_principal.as_deref(),
        "Grantee",
    )?;
    let grantee = grantee.ok_or_else(|| {
        fault::invalid("You must specify either GranteePrincipal or GranteeServicePrincipal.")
    })?;
    let retiring = principal(
        input.retiring_principal.as_deref(),
        input.retiring_service_principal.as_deref(),
        "Retiring",
    )?;
    let operations: BTreeSet<String> = input.operations.iter().flatten().cloned().collect();
    if operations.is_empty() {
        return Err(fault::invalid("A grant must allow at least one operation."));
    }
    let constraints = match &input.constraints {
        None => Constraints::default(),
        Some(it) => Constraints {
            equals: it.encryption_context_equals.clone(),
            subset: it.encryption_context_subset.clone(),
            source_arn: it.source_arn.clone(),
        },
    };
    Ok(Grant {
        id: random_id(),
        name: input.name.clone(),
        created_at: now,
        grantee,
        retiring,
        grantee_id: None,
        retiring_id: None,
        issuer: issuer.to_owned(),
        operations,
        constraints,
        unknown: Unknown::new(),
    })
}

/// Refuses a grant of what its key does not do.
fn check(found: &Found, wanted: &Grant) -> Result<(), Fault> {
    let key = found.key();
    let known = key.spec.grant_operations(key.usage);
    let other = wanted
        .operations
        .iter()
        .find(|it| !known.contains(&it.as_str()));
    if let Some(other) = other {
        return Err(fault::invalid(format!(
            "Operation {other} is not supported by grants of a KMS key with key spec {} and key usage {}.",
            key.spec.name(),
            key.usage.name()
        )));
    }
    let constraints = &wanted.constraints;
    let bound = constraints.equals.is_some() || constraints.subset.is_some();
    match bound && !known.contains(&"GenerateDataKey") {
        true => Err(fault::invalid(
            "Encryption context constraints are supported only by symmetric encryption KMS keys.",
        )),
        false => Ok(()),
    }
}

pub async fn create_grant(
    core: &Core,
    call: &Call,
    input: CreateGrantRequest,
) -> Result<CreateGrantResponse, Fault> {
    check_tokens(core, input.grant_tokens.as_deref())?;
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let found = found.usable()?;
    let mut wanted = wanted(&input, &call.account, call.now)?;
    check(&found, &wanted)?;
    wanted.grantee_id = id_of(call, Some(&wanted.grantee)).await?;
    wanted.retiring_id = id_of(call, wanted.retiring.as_ref()).await?;
    not_dry(input.dry_run)?;
    let grant = match same(core, &found, &wanted).await? {
        Some(there) => there,
        None => {
            add(core, call, &found, &wanted).await?;
            wanted
        }
    };
    Ok(CreateGrantResponse {
        grant_token: Some(token(core, &found, &grant)),
        grant_id: Some(grant.id),
    })
}

/// The grant that a repeated request made: one with its name that says the same.
async fn same(core: &Core, found: &Found, wanted: &Grant) -> Result<Option<Grant>, Fault> {
    if wanted.name.is_none() {
        return Ok(None);
    }
    let scope = names::scope(&found.place);
    // Where there is an id, those of versions before this one are under the ARN.
    let by_arn = wanted.grantee_id.as_ref().map(|_| wanted.grantee.clone());
    for whom in [Some(wanted.who_uses()), by_arn].into_iter().flatten() {
        let prefix = grantee_prefix(&found.id, whom.text());
        let all = core.table.all::<Grant>(&scope, &prefix).await?;
        let mut all = all.into_iter().map(|(_, it)| it.record);
        if let Some(there) = all.find(|it| says_the_same(it, wanted)) {
            return Ok(Some(there));
        }
    }
    Ok(None)
}

fn says_the_same(it: &Grant, wanted: &Grant) -> bool {
    // Who has another name now is the same.
    let is_same = |there: &Option<String>, id: &Option<String>| there.is_some() && there == id;
    let grantee = match is_same(&it.grantee_id, &wanted.grantee_id) {
        true => &it.grantee,
        false => &wanted.grantee,
    };
    let retiring = match is_same(&it.retiring_id, &wanted.retiring_id) {
        true => &it.retiring,
        false => &wanted.retiring,
    };
    let as_wanted = Grant {
        id: it.id.clone(),
        created_at: it.created_at,
        grantee: grantee.clone(),
        retiring: retiring.clone(),
        // Grants of versions before this one have no ids.
        grantee_id: it.grantee_id.as_ref().and(wanted.grantee_id.clone()),
        retiring_id: it.retiring_id.as_ref().and(wanted.retiring_id.clone()),
        unknown: it.unknown.clone(),
        ..wanted.clone()
    };
    *it == as_wanted
}

async fn add(core: &Core, call: &Call, found: &Found, wanted: &Grant) -> Result<(), Fault> {
    let scope = names::scope(&found.place);
    let all = scope.prefix(Grant::KIND) + &wharf_records::escape(&format!("{} ", found.id));
    if core.table.count(&all).await? >= MOST {
        return Err(fault::limit(format!(
            "A KMS key can have at most {MOST} grants."
        )));
    }
    let id = grant_id(&found.id, wanted.who_uses().text(), &wanted.id);
    let at = scope.key(Grant::KIND, &id);
    transact!(core.table, &call.permit, |tx| {
        // A key that was destroyed meanwhile leaves nothing.
        crate::core::again(&mut tx, found).await?;
        tx.put(&at, wanted);
    });
    Ok(())
}

fn token(core: &Core, found: &Found, grant: &Grant) -> String {
    let Place { account, region } = &found.place;
    let text = format!("{account} {region} {} {}", found.id, grant.id);
    core.parts.keyring.seal_token(text.as_bytes(), TOKEN)
}

/// A token in its parts.
struct Token {
    place: Place,
    key: String,
    grant: String,
}

fn opened(core: &Core, token: &str) -> Result<Token, Fault> {
    let bad = || faults::invalid_grant_token_exception("Invalid grant token.");
    let opened = core.parts.keyring.open_token(token, TOKEN);
    let opened = opened.map_err(|_| bad())?;
    let mut parts = opened.expose_str().unwrap_or_default().split(' ');
    let mut next = || parts.next().map(str::to_owned).ok_or_else(bad);
    Ok(Token {
        place: Place::new(next()?, next()?),
        key: next()?,
        grant: next()?,
    })
}

/// Refuses tokens that are none. Those that are add nothing: a grant counts from the moment it is made.
///
/// # Errors
/// A text that is no token.
pub fn check_tokens(core: &Core, tokens: Option<&[String]>) -> Result<(), Fault> {
    let mut tokens = tokens.unwrap_or_default().iter();
    tokens.try_for_each(|token| opened(core, token).map(drop))
}

/// All grants of a key.
async fn all(core: &Core, found: &Found) -> Result<Vec<Stored<Grant>>, Fault> {
    let prefix = format!("{} ", found.id);
    let scope = names::scope(&found.place);
    let all = core.table.all::<Grant>(&scope, &prefix).await?;
    Ok(all.into_iter().map(|(_, it)| it).collect())
}

async fn by_id(core: &Core, found: &Found, id: &str) -> Result<Stored<Grant>, Fault> {
    let mut all = all(core, found).await?.into_iter();
    let found = all.find(|it| it.record.id == id);
    found.ok_or_else(|| fault::no_grant(id))
}

pub async fn list_grants(
    core: &Core,
    call: &Call,
    input: ListGrantsRequest,
) -> Result<ListGrantsResponse, Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let found = found.kept()?;
    let size = describe::page_size(input.limit, 50, 100)?;
    let grantee = principal(
        input.grantee_principal.as_deref(),
        input.grantee_service_principal.as_deref(),
        "Grantee",
    )?;
    let grantee_id = id_listed(call, grantee.as_ref()).await?;
    let keyring = &core.parts.keyring;
    let chosen = (&found.id, &input.grant_id, &grantee);
    let pages = Pages::<KmsFaults>::new(keyring, call, "kms/ListGrants", &chosen);
    let page = pages.page(input.marker.as_deref(), size)?;
    let mut all: Vec<Grant> = (all(core, &found).await?.into_iter())
        .map(|it| it.record)
        .filter(|it| input.grant_id.as_ref().is_none_or(|id| *id == it.id))
        .filter(|it| {
            let named = (&it.grantee, it.grantee_id.as_ref());
            let is_asked = |who| is_the_one(named, (who, grantee_id.as_ref()));
            grantee.as_ref().is_none_or(is_asked)
        })
        .collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let (some, next_marker) = page.cut(all, |it| &it.id);
    let some = shown(call, some).await?;
    Ok(ListGrantsResponse {
        grants: Some(some.iter().map(|it| describe::grant(&found, it)).collect()),
        truncated: Some(next_marker.is_some()),
        next_marker,
    })
}

pub async fn list_retirable_grants(
    core: &Core,
    call: &Call,
    input: ListRetirableGrantsRequest,
) -> Result<ListGrantsResponse, Fault> {
    let place = Place::of(call);
    let size = describe::page_size(input.limit, 50, 100)?;
    let retiring = principal(
        input.retiring_principal.as_deref(),
        input.retiring_service_principal.as_deref(),
        "Retiring",
    )?;
    let retiring = retiring.ok_or_else(|| {
        fault::invalid("You must specify either RetiringPrincipal or RetiringServicePrincipal.")
    })?;
    let retiring_id = id_listed(call, Some(&retiring)).await?;
    let keyring = &core.parts.keyring;
    let pages = Pages::<KmsFaults>::new(keyring, call, "kms/ListRetirableGrants", &retiring);
    let page = pages.page(input.marker.as_deref(), size)?;
    let grants = core.table.all::<Grant>(&names::scope(&place), "").await?;
    let mut all: Vec<(String, Grant)> = (grants.into_iter())
        .map(|(id, it)| (id, it.record))
        .filter(|(_, it)| {
            let asked = (&retiring, retiring_id.as_ref());
            let is_asked = |who| is_the_one((who, it.retiring_id.as_ref()), asked);
            it.retiring.as_ref().is_some_and(is_asked)
        })
        .collect();
    all.sort_by(|(_, a), (_, b)| a.id.cmp(&b.id));
    let (some, next_marker) = page.cut(all, |(_, it)| &it.id);
    let (ids, some): (Vec<String>, Vec<Grant>) = some.into_iter().unzip();
    let some = shown(call, some).await?;
    let mut grants = Vec::with_capacity(some.len());
    for (id, grant) in ids.into_iter().zip(some) {
        let key = id.split(' ').next().unwrap_or_default();
        // One of a key that is being destroyed can be retired no more.
        if let Ok(found) = core.find(&place, Some(key)).await {
            grants.push(describe::grant(&found, &grant));
        }
    }
    Ok(ListGrantsResponse {
        grants: Some(grants),
        truncated: Some(next_marker.is_some()),
        next_marker,
    })
}

/// The grant that a RetireGrant means, and its key.
///
/// # Errors
/// There is none; the request names it in no way or in two.
pub async fn to_retire(
    core: &Core,
    at: &Place,
    input: &RetireGrantRequest,
) -> Result<(Found, Grant), Fault> {
    let (key, id) = match (&input.grant_token, &input.key_id, &input.grant_id) {
        (Some(token), None, None) => {
            let token = opened(core, token)?;
            (names::key_arn(&token.place, &token.key), token.grant)
        }
        (None, Some(key), Some(id)) => (key.clone(), id.clone()),
        _ => {
            return Err(fault::invalid(
                "You must specify either a grant token, or a key ID and a grant ID.",
            ));
        }
    };
    let found = core.find_by_id(at, Some(&key)).await?;
    let grant = by_id(core, &found, &id).await?.record;
    Ok((found, grant))
}

pub async fn retire_grant(
    core: &Core,
    call: &Call,
    input: RetireGrantRequest,
) -> Result<(), Fault> {
    let (found, grant) = to_retire(core, &Place::of(call), &input).await?;
    not_dry(input.dry_run)?;
    delete(core, call, &found, &grant.id).await
}

pub async fn revoke_grant(
    core: &Core,
    call: &Call,
    input: RevokeGrantRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let id = input.grant_id.unwrap_or_default();
    by_id(core, &found, &id).await?;
    not_dry(input.dry_run)?;
    delete(core, call, &found, &id).await
}

async fn delete(core: &Core, call: &Call, found: &Found, id: &str) -> Result<(), Fault> {
    let stored = by_id(core, found, id).await?;
    transact!(core.table, &call.permit, |tx| {
        tx.delete(&stored.key);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_can_be_granted() {
        for (aws, service, fits) in [
            (Some("arn:aws:iam::000000000000:root"), None, true),
            (Some("arn:aws:iam::000000000000:user/team/a"), None, true),
            (
                Some("arn:aws:sts::000000000000:assumed-role/r/s"),
                None,
                true,
            ),
            (Some("logs.amazonaws.com"), None, true),
            (None, Some("logs.amazonaws.com"), true),
            (Some("arn:aws:iam::000000000000:user/*"), None, false),
            (Some("arn:aws:iam::000000000000:group/a"), None, false),
            (Some("arn:aws:s3:::bucket"), None, false),
            (Some("a"), None, false),
            (
                Some("arn:aws:iam::000000000000:root"),
                Some("x.amazonaws.com"),
                false,
            ),
        ] {
            let read = principal(aws, service, "Grantee");
            assert_eq!(read.is_ok(), fits, "{aws:?} {service:?}");
        }
    }
}
