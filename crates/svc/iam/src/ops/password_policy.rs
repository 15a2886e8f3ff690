//! The password policy of the account. New passwords of its users are held against it (`passwords.rs`,
//! `login_profiles.rs`).

use wharf_api_iam::types::*;
use wharf_wire::Fault;

use crate::{
    directory::ACCOUNT,
    fault,
    records::{AccountRecord, PasswordRules},
    service::Cx,
    table::{self, change},
};

/// What the API gives a policy that does not say.
const DEFAULT_LENGTH: i32 = 6;

/// Everything that is not given becomes the default.
pub(crate) async fn update(
    cx: &Cx<'_>,
    input: UpdateAccountPasswordPolicyRequest,
) -> Result<(), Fault> {
    let rules = PasswordRules {
        minimum_length: input.minimum_password_length.unwrap_or(DEFAULT_LENGTH),
        symbols: input.require_symbols.unwrap_or_default(),
        numbers: input.require_numbers.unwrap_or_default(),
        uppercase: input.require_uppercase_characters.unwrap_or_default(),
        lowercase: input.require_lowercase_characters.unwrap_or_default(),
        users_may_change: input.allow_users_to_change_password.unwrap_or_default(),
        max_age_days: input.max_password_age,
        remembered: input.password_reuse_prevention,
        hard_expiry: input.hard_expiry.unwrap_or_default(),
    };
    change!(cx, |tx| {
        let mut record = tx.find::<AccountRecord>(ACCOUNT).await?.unwrap_or_default();
        record.passwords = Some(rules.clone());
        tx.put(ACCOUNT, &record);
    });
    Ok(())
}

pub(crate) async fn get(cx: &Cx<'_>, _: ()) -> Result<GetAccountPasswordPolicyResponse, Fault> {
    let record = table::find::<AccountRecord>(cx.store(), cx.account(), ACCOUNT).await?;
    let rules = record.and_then(|record| record.passwords);
    let rules = rules.ok_or_else(|| missing(cx))?;
    Ok(GetAccountPasswordPolicyResponse {
        password_policy: Some(PasswordPolicy {
            minimum_password_length: Some(rules.minimum_length),
            require_symbols: Some(rules.symbols),
            require_numbers: Some(rules.numbers),
            require_uppercase_characters: Some(rules.uppercase),
            require_lowercase_characters: Some(rules.lowercase),
            allow_users_to_change_password: Some(rules.users_may_change),
            expire_passwords: Some(rules.max_age_days.is_some()),
            max_password_age: rules.max_age_days,
            password_reuse_prevention: rules.remembered,
            hard_expiry: Some(rules.hard_expiry),
        }),
    })
}

pub(crate) async fn delete(cx: &Cx<'_>, _: ()) -> Result<(), Fault> {
    change!(cx, |tx| {
        let mut record = tx.find::<AccountRecord>(ACCOUNT).await?.unwrap_or_default();
        if record.passwords.take().is_none() {
            return Err(missing(cx));
        }
        tx.put(ACCOUNT, &record);
    });
    Ok(())
}

fn missing(cx: &Cx<'_>) -> Fault {
    fault::not_found(format!(
        "The Password Policy with domain name {} cannot be found.",
        cx.account()
    ))
}
