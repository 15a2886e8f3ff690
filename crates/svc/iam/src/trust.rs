//! Trust policies and whom they name.
//!
//! A trust policy names users and roles by ARN but means the very ones that existed when it was
//! written. Their unique ids are kept beside the text: evaluation compares ids, and once a principal
//! is gone the text shows its id in place of the ARN, as IAM does. Of principals of other accounts the
//! text says nothing: it shows what was written, whether they exist or not, and one that does not exist
//! yet is whoever gets the ARN first.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_iam::{
    CompiledPolicy, Document, DocumentError, DocumentKind,
    document::{Malformed, PrincipalType},
};
use wharf_wire::Fault;

use crate::{
    fault,
    names::entity_arn,
    records::{RoleRecord, UserRecord, folded},
    table::{Changes, Records},
};

/// Reads a trust policy and finds the unique ids of the users and roles in it. The account's own must
/// exist; whether those of others do, the answer does not say.
pub(crate) async fn resolve(
    tx: &mut Changes<'_>,
    text: &str,
) -> Result<BTreeMap<String, String>, Fault> {
    let kind = DocumentKind::Trust;
    let document = Document::parse(text, kind).map_err(|error| fault::document(&error))?;
    let mut trusted = BTreeMap::new();
    let elements = document
        .statements
        .iter()
        .filter_map(|statement| statement.principal.as_ref());
    for (kind, value) in elements.flat_map(|element| &element.entries) {
        if *kind != PrincipalType::Aws || trusted.contains_key(value) {
            continue;
        }
        let Some((account, found)) = id_of(tx, value).await? else {
            continue;
        };
        if found.is_none() && account != tx.account() {
            continue;
        }
        let id = found.ok_or_else(|| {
            let unknown = Malformed::BadPrincipal {
                kind: "AWS",
                value: value.clone(),
            };
            fault::document(&unknown.into())
        })?;
        trusted.insert(value.clone(), id);
    }
    Ok(trusted)
}

/// The account in a user's or role's ARN and the id of whoever has that ARN now.
async fn id_of<'a>(
    tx: &mut Changes<'_>,
    arn: &'a str,
) -> Result<Option<(&'a str, Option<String>)>, Fault> {
    if let Some((account, path, name)) = entity_arn(arn, "user") {
        let user = tx.find_in::<UserRecord>(account, &folded(name)).await?;
        let same = user.filter(|user| user.name == name && user.path == path);
        return Ok(Some((account, same.map(|user| user.id))));
    }
    let Some((account, path, name)) = entity_arn(arn, "role") else {
        return Ok(None);
    };
    let role = tx.find_in::<RoleRecord>(account, &folded(name)).await?;
    let same = role.filter(|role| role.name == name && role.path == path);
    Ok(Some((account, same.map(|role| role.id))))
}

/// The role's trust policy with unique ids in place of the ARNs it was written with.
pub(crate) fn compile(role: &RoleRecord, source: &str) -> Result<CompiledPolicy, DocumentError> {
    let mut document = Document::parse(&role.trust, DocumentKind::Trust)?;
    let elements = document
        .statements
        .iter_mut()
        .filter_map(|statement| statement.principal.as_mut());
    for (kind, value) in elements.flat_map(|element| &mut element.entries) {
        if *kind == PrincipalType::Aws
            && let Some(id) = role.trusted.get(value)
        {
            value.clone_from(id);
        }
    }
    Ok(CompiledPolicy::compile(source, &document)?)
}

/// The document as it is shown: as it was given while everyone it names is still there.
pub(crate) async fn shown(
    store: &Records,
    account: &str,
    role: &RoleRecord,
) -> Result<String, Fault> {
    let mut gone = BTreeMap::new();
    let is_own = |arn: &str| arn.split(':').nth(4) == Some(account);
    for (arn, id) in role.trusted.iter().filter(|(arn, _)| is_own(arn)) {
        let mut tx = Changes::new(store, account);
        let now = id_of(&mut tx, arn).await?.and_then(|(_, id)| id);
        if now.as_ref() != Some(id) {
            gone.insert(arn.as_str(), id.as_str());
        }
    }
    if gone.is_empty() {
        return Ok(role.trust.clone());
    }
    let mut value: Value =
        serde_json::from_str(&role.trust).map_err(|error| fault::internal(&error))?;
    let statements = match &mut value["Statement"] {
        Value::Array(list) => list.iter_mut().collect(),
        single => vec![single],
    };
    for statement in statements {
        for name in ["Principal", "NotPrincipal"] {
            let named = statement
                .get_mut(name)
                .and_then(|element| element.get_mut("AWS"));
            match named {
                Some(Value::Array(list)) => list.iter_mut().for_each(|one| replace(one, &gone)),
                Some(single) => replace(single, &gone),
                None => {}
            }
        }
    }
    Ok(value.to_string())
}

fn replace(value: &mut Value, gone: &BTreeMap<&str, &str>) {
    if let Some(id) = value.as_str().and_then(|arn| gone.get(arn)) {
        *value = Value::from(*id);
    }
}
