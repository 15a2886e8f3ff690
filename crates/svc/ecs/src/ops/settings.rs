//! Account settings: of a principal, the account's default, and what is in effect (spec ecs §12).

use wharf_api_ecs as api;
use wharf_records::{Record, Unknown, ecs::Setting, encode};
use wharf_store::Txn;
use wharf_wire::{Call, CallerKind, Context, Fault};

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
/// Longest path and name of a principal: 512 and 64 characters.
const MAX_PATH: usize = 576;
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
    let principal = whose(call, input.principal_arn.as_deref())?;
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
    let principal = whose(call, input.principal_arn.as_deref())?;
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

/// Whose setting a caller may change: its own, or as root that of anybody in the account. Root's is the account's default, for
/// which there is an action of its own.
fn whose(cx: &Context, given: Option<&str>) -> Result<String, Fault> {
    let target = named(cx, given, "change")?;
    // Who has a session that root made is root's federated user, not root.
    match is_root(cx) || target != root(cx) {
        true => Ok(target),
        false => Err(of_others(&target, "change")),
    }
}

fn is_root(cx: &Context) -> bool {
    match cx.caller.kind {
        CallerKind::Account => cx.caller.account == cx.account,
        // Nobody is asked for anything.
        CallerKind::Anonymous => true,
        _ => false,
    }
}

fn of_others(target: &str, verb: &str) -> Fault {
    api::faults::access_denied_exception(format!(
        "You must be the root user, or the principal itself, to {verb} the account settings of {target}."
    ))
}

/// Whose settings a request is about: the caller's own, or as root those of anybody in the account.
fn named(cx: &Context, given: Option<&str>, verb: &str) -> Result<String, Fault> {
    let own = principal_of(cx);
    let target = match given.filter(|arn| !arn.is_empty()) {
        Some(arn) if arn != cx.caller.arn => arn,
        _ => own.as_str(),
    };
    if target != own && !is_principal(target, &cx.account) {
        return Err(fault::invalid(
            "The specified principalArn is not a user, a role or the root user of this account.",
        ));
    }
    match target == own || is_root(cx) {
        true => Ok(target.to_owned()),
        false => Err(of_others(target, verb)),
    }
}

fn is_principal(arn: &str, account: &str) -> bool {
    let Some(path) = arn
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.strip_prefix(account)?.strip_prefix(':'))
    else {
        return false;
    };
    let named = path
        .strip_prefix("user/")
        .or_else(|| path.strip_prefix("role/"));
    let is_name = |name: &str| {
        // A colon divides the principal from the setting in keys.
        let known = |b: u8| b.is_ascii_graphic() && b != b':';
        (1..=MAX_PATH).contains(&name.len()) && name.bytes().all(known)
    };
    path == "root" || named.is_some_and(is_name)
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
    let principal = named(call, input.principal_arn.as_deref(), "list")?;
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
    use wharf_base::Timestamp;
    use wharf_wire::{
        Caller,
        understood::{Line, Rule, lines},
    };

    use super::*;

    const ACCOUNT: &str = "000000000000";

    fn of(kind: CallerKind, arn: &str, role: &str) -> Context {
        let now = Timestamp::from_millis(0);
        let mut context = Context::internal(ACCOUNT, "us-east-1", "test", now);
        context.caller = Caller {
            kind,
            arn: arn.replace('~', ACCOUNT),
            role_arn: role.replace('~', ACCOUNT),
            ..Caller::root(ACCOUNT)
        };
        context
    }

    #[test]
    fn settings_of_others_are_roots_to_change() {
        let user = of(CallerKind::User, "arn:aws:iam::~:user/a", "");
        let session = of(
            CallerKind::AssumedRole,
            "arn:aws:sts::~:assumed-role/r/s",
            "arn:aws:iam::~:role/r",
        );
        let account = of(CallerKind::Account, "arn:aws:iam::~:root", "");
        let of_root = of(
            CallerKind::FederatedUser,
            "arn:aws:sts::~:federated-user/f",
            "arn:aws:iam::~:root",
        );
        let no_iam = of(CallerKind::Anonymous, "", "");
        let arn = |text: &str| text.replace('~', ACCOUNT);
        let (a, b) = (arn("arn:aws:iam::~:user/a"), arn("arn:aws:iam::~:user/b"));
        let role = arn("arn:aws:iam::~:role/r");
        let root = arn("arn:aws:iam::~:root");
        let own_session = arn("arn:aws:sts::~:assumed-role/r/s");
        let whose = |cx: &Context, given: &str| {
            whose(cx, Some(given)).map_err(|fault| fault.code.into_owned())
        };
        for given in ["", a.as_str()] {
            assert_eq!(whose(&user, given), Ok(a.clone()));
        }
        for given in ["", role.as_str(), own_session.as_str()] {
            assert_eq!(whose(&session, given), Ok(role.clone()));
        }
        for given in [&a, &b, &role, &root] {
            for cx in [&account, &no_iam] {
                assert_eq!(whose(cx, given), Ok(given.clone()));
            }
        }
        let denied = Err("AccessDeniedException".to_owned());
        for (cx, given) in [
            (&user, &b),
            (&user, &root),
            (&user, &role),
            (&session, &a),
            (&session, &root),
            (&of_root, &root),
            (&of_root, &a),
        ] {
            assert_eq!(whose(cx, given), denied, "{given}");
        }
        assert_eq!(whose(&of_root, ""), denied);
        let listed = |cx: &Context, given: &str| {
            let named = named(cx, Some(given), "list");
            named.map_err(|fault| fault.code.into_owned())
        };
        assert_eq!(listed(&of_root, ""), Ok(root.clone()));
        assert_eq!(listed(&user, &a), Ok(a.clone()));
        assert_eq!(listed(&session, &own_session), Ok(role.clone()));
        assert_eq!(listed(&account, &b), Ok(b.clone()));
        for (cx, given) in [(&user, &b), (&user, &root), (&session, &a)] {
            assert_eq!(listed(cx, given), denied, "{given}");
        }
        let invalid = Err("InvalidParameterException".to_owned());
        for given in [
            "arn:aws:iam::111111111111:root",
            "arn:aws:iam::111111111111:user/a",
            "arn:aws:iam::000000000000:user/",
            "arn:aws:iam::000000000000:user/a:containerInsights",
            "arn:aws:iam::000000000000:group/a",
            "arn:aws:sts::000000000000:assumed-role/r/s",
            "anybody",
        ] {
            for cx in [&account, &user] {
                assert_eq!(whose(cx, given), invalid, "{given}");
            }
        }
    }

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
