//! Account settings: of a principal, the account's default, and what is in effect (spec ecs §12).

use wharf_api_ecs as api;
use wharf_records::{Record, Unknown, ecs::Setting, encode};
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use crate::{core::Core, fault, names::Place, page};

/// Name, the values it can have (what they do, `settings.txt` says), what it is unless set. The long
/// ARN formats cannot be turned off any more, nor can IPv6, and guard duty's setting is read-only.
const SETTINGS: &[(&str, &[&str], &str)] = &[
    ("serviceLongArnFormat", &["enabled"], "enabled"),
    ("taskLongArnFormat", &["enabled"], "enabled"),
    ("containerInstanceLongArnFormat", &["enabled"], "enabled"),
    ("awsvpcTrunking", &["enabled", "disabled"], "disabled"),
    (
        "containerInsights",
        &["enhanced", "enabled", "disabled"],
        "disabled",
    ),
    ("dualStackIPv6", &["enabled"], "enabled"),
    ("fargateFIPSMode", &["enabled", "disabled"], "disabled"),
    ("tagResourceAuthorization", &["on", "off"], "on"),
    ("fargateTaskRetirementWaitPeriod", &["0", "7", "14"], "7"),
    ("fargateEventWindows", &["enabled", "disabled"], "disabled"),
    (
        "defaultLogDriverMode",
        &["blocking", "non-blocking"],
        "non-blocking",
    ),
    ("guardDutyActivate", &[], "off"),
];
/// ListAccountSettings has pages of at most ten.
const MAX_PAGE: i32 = 10;

fn known(
    name: &str,
) -> Result<&'static (&'static str, &'static [&'static str], &'static str), Fault> {
    SETTINGS
        .iter()
        .find(|(known, _, _)| *known == name)
        .ok_or_else(|| {
            let names: Vec<_> = SETTINGS.iter().map(|(name, _, _)| *name).collect();
            fault::invalid(format!("{name} should be one of [{}]", names.join(", ")))
        })
}

/// `on` and `off` are older spellings.
fn value(name: &str, given: &str) -> Result<String, Fault> {
    let (_, values, _) = known(name)?;
    let modern = match given {
        "on" if !values.contains(&"on") => "enabled",
        "off" if !values.contains(&"off") => "disabled",
        other => other,
    };
    match values.contains(&modern) {
        true => Ok(modern.to_owned()),
        false => Err(fault::invalid(format!(
            "Invalid value for setting {name}. {given} should be one of [{}]",
            values.join(", ")
        ))),
    }
}

fn root(cx: &Context) -> String {
    format!("arn:aws:iam::{}:root", cx.account)
}

fn show(setting: &Setting) -> api::Setting {
    let kind = if setting.name == "guardDutyActivate" {
        "aws_managed"
    } else {
        "user"
    };
    api::Setting {
        name: Some(setting.name.clone()),
        value: Some(setting.value.clone()),
        principal_arn: Some(setting.principal.clone()),
        type_: Some(kind.to_owned()),
    }
}

fn key(cx: &Context, principal: &str, name: &str) -> String {
    Place::of(cx)
        .scope()
        .key(Setting::KIND, &format!("{principal}:{name}"))
}

async fn put(
    core: &Core,
    call: &Call,
    principal: String,
    name: Option<String>,
    given: Option<String>,
) -> Result<api::Setting, Fault> {
    let name = name.unwrap_or_default();
    let value = value(&name, &given.unwrap_or_default())?;
    let key = key(call, &principal, &name);
    let setting = Setting {
        name,
        value,
        principal,
        unknown: Unknown::new(),
    };
    core.state
        .table
        .commit(&call.permit, Txn::new().put(key, encode(&setting)))
        .await?;
    Ok(show(&setting))
}

pub async fn put_account_setting(
    core: &Core,
    call: &Call,
    input: api::PutAccountSettingRequest,
) -> Result<api::PutAccountSettingResponse, Fault> {
    let principal = input.principal_arn.filter(|arn| !arn.is_empty());
    let principal = principal.unwrap_or_else(|| principal_of(call));
    let setting = put(core, call, principal, input.name, input.value).await?;
    Ok(api::PutAccountSettingResponse {
        setting: Some(setting),
    })
}

pub async fn put_account_setting_default(
    core: &Core,
    call: &Call,
    input: api::PutAccountSettingDefaultRequest,
) -> Result<api::PutAccountSettingDefaultResponse, Fault> {
    let setting = put(core, call, root(call), input.name, input.value).await?;
    Ok(api::PutAccountSettingDefaultResponse {
        setting: Some(setting),
    })
}

pub async fn delete_account_setting(
    core: &Core,
    call: &Call,
    input: api::DeleteAccountSettingRequest,
) -> Result<api::DeleteAccountSettingResponse, Fault> {
    let name = input.name.unwrap_or_default();
    let (_, _, default) = known(&name)?;
    let principal = input.principal_arn.filter(|arn| !arn.is_empty());
    let principal = principal.unwrap_or_else(|| principal_of(call));
    let key = key(call, &principal, &name);
    core.state
        .table
        .commit(&call.permit, Txn::new().delete(key))
        .await?;
    let value = (*default).to_owned();
    let setting = show(&Setting {
        name,
        value,
        principal,
        unknown: Unknown::new(),
    });
    Ok(api::DeleteAccountSettingResponse {
        setting: Some(setting),
    })
}

/// A session's settings are its role's.
fn principal_of(cx: &Context) -> String {
    match cx.caller.role_arn.as_str() {
        "" => cx.caller.arn.clone(),
        role => role.to_owned(),
    }
}

pub async fn list_account_settings(
    core: &Core,
    call: &Call,
    input: api::ListAccountSettingsRequest,
) -> Result<api::ListAccountSettingsResponse, Fault> {
    let principal = input.principal_arn.clone().filter(|arn| !arn.is_empty());
    let principal = principal.unwrap_or_else(|| principal_of(call));
    if let Some(name) = &input.name {
        known(name)?;
    }
    let set = stored(core, call, &principal).await?;
    let all: Vec<Setting> = match input.effective_settings == Some(true) {
        false => set,
        true => {
            let defaults = stored(core, call, &root(call)).await?;
            SETTINGS
                .iter()
                .map(|row| effective(row, &principal, &set, &defaults))
                .collect()
        }
    };
    let wanted = |setting: &&Setting| {
        input.name.as_ref().is_none_or(|name| *name == setting.name)
            && input
                .value
                .as_ref()
                .is_none_or(|value| *value == setting.value)
    };
    let size = input.max_results.unwrap_or(MAX_PAGE);
    if !(1..=MAX_PAGE).contains(&size) {
        return Err(fault::invalid("maxResults should be between 1 and 10."));
    }
    let context = format!(
        "settings {principal} {:?} {:?} {:?}",
        input.name, input.value, input.effective_settings
    );
    let page = page::asked(
        core,
        call,
        &context,
        Some(size),
        input.next_token.as_deref(),
    )?;
    let mut rows: Vec<_> = all
        .iter()
        .filter(wanted)
        .map(|one| (one.name.clone(), show(one)))
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (settings, next_token) = page::cut(&page, rows);
    Ok(api::ListAccountSettingsResponse {
        settings: Some(settings),
        next_token,
    })
}

/// What a setting is for the caller.
///
/// # Errors
/// The store failed.
pub async fn in_effect(core: &Core, cx: &Context, name: &str) -> Result<String, Fault> {
    let (principal, row) = (principal_of(cx), known(name)?);
    let set = stored(core, cx, &principal).await?;
    let defaults = stored(core, cx, &root(cx)).await?;
    Ok(effective(row, &principal, &set, &defaults).value)
}

/// Whether tasks that the caller asks for have an IPv6 address in subnets that have some.
///
/// # Errors
/// The store failed.
pub async fn has_ipv6(core: &Core, call: &Call) -> Result<bool, Fault> {
    Ok(in_effect(core, call, "dualStackIPv6").await? == "enabled")
}

/// The principal's own value, else the account's default, else the service's.
fn effective(
    (name, _, default): &(&str, &[&str], &str),
    principal: &str,
    set: &[Setting],
    defaults: &[Setting],
) -> Setting {
    let mut known = set
        .iter()
        .chain(defaults)
        .filter(|setting| setting.name == *name);
    let value = known
        .next()
        .map_or_else(|| (*default).to_owned(), |setting| setting.value.clone());
    Setting {
        name: (*name).to_owned(),
        value,
        principal: principal.to_owned(),
        unknown: Unknown::new(),
    }
}

async fn stored(core: &Core, cx: &Context, principal: &str) -> Result<Vec<Setting>, Fault> {
    let prefix = key(cx, principal, "");
    let all = core
        .state
        .table
        .page(&prefix, None, usize::MAX, |_| true)
        .await?;
    Ok(all.records.into_iter().map(|it| it.record).collect())
}

#[cfg(test)]
mod tests {
    use wharf_wire::understood::{Line, Rule, lines};

    use super::*;

    /// Each that can be changed and has no effect says why.
    #[test]
    fn what_settings_do_is_said() {
        let said = lines(include_str!("../settings.txt"));
        let account = said.skip_while(|it| *it != Line::Structure("account setting"));
        let account = account.skip(1);
        let said = account.map_while(|it| match it {
            Line::Member(name, rule) => Some((name, rule)),
            _ => None,
        });
        let mut known: Vec<_> = SETTINGS.iter().collect();
        known.sort_by_key(|(name, _, _)| *name);
        let said: Vec<_> = said.collect();
        assert_eq!(said.len(), known.len());
        for ((name, rule), (known, values, _)) in said.into_iter().zip(known) {
            assert_eq!(name, *known);
            match rule {
                Rule::Only(only) => assert_eq!(only, *values, "{name}"),
                rule => assert!(
                    matches!(rule, Rule::Recorded(_)) && values.len() != 1,
                    "{name}"
                ),
            }
        }
    }
}
