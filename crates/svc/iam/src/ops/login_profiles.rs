//! Passwords of users. Nothing is signed in to with one yet; they are kept, checked and changed as the
//! account's rules want it.

use wharf_api_iam::{faults, types::*};
use wharf_wire::{CallerKind, Fault};

use crate::{
    directory::ACCOUNT,
    entity,
    fault::{self, required},
    ops::{Subject, subject},
    passwords::{self, Hashed},
    records::{AccountRecord, LoginRecord, PasswordRules, UserRecord, folded},
    service::Cx,
    table::{self, change},
};

/// Of the passwords that a user had, as many are kept as any rules can forbid.
const REMEMBERED: usize = 24;

fn missing(user: &str) -> Fault {
    fault::not_found(format!("Login Profile for User {user} cannot be found."))
}

/// The user named, or the caller, who has a name.
fn user_of(cx: &Cx<'_>, name: Option<String>) -> Result<String, Fault> {
    match subject(cx, name)? {
        Subject::User(name) => Ok(name),
        Subject::Root => Err(missing("root")),
    }
}

async fn rules(cx: &Cx<'_>) -> Result<Option<PasswordRules>, Fault> {
    let record = table::find::<AccountRecord>(cx.store(), cx.account(), ACCOUNT).await?;
    Ok(record.and_then(|it| it.passwords))
}

fn violation() -> Fault {
    faults::password_policy_violation_exception(
        "Password does not conform to the account password policy.",
    )
}

async fn hashed(cx: &Cx<'_>, password: String) -> Result<Hashed, Fault> {
    let hash = Hashed::of(cx.account(), password).await;
    hash.ok_or_else(|| fault::internal(&std::io::Error::other("a password cannot be hashed")))
}

fn describe(user: &UserRecord, login: &LoginRecord) -> LoginProfile {
    LoginProfile {
        user_name: Some(user.name.clone()),
        create_date: Some(login.created),
        password_reset_required: Some(login.reset_required),
    }
}

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateLoginProfileRequest,
) -> Result<CreateLoginProfileResponse, Fault> {
    let name = user_of(cx, input.user_name)?;
    let user: UserRecord = entity::existing(cx.store(), cx.account(), &name).await?;
    let password = required(input.password, "password")?;
    if !passwords::conforms(rules(cx).await?.as_ref(), &password) {
        return Err(violation());
    }
    let sealed = hashed(cx, password).await?;
    let sealed = sealed.seal(cx.directory.keyring(), &LoginRecord::purpose(&user.id));
    let login = LoginRecord {
        password: sealed,
        created: cx.now(),
        changed: cx.now(),
        reset_required: input.password_reset_required.unwrap_or_default(),
        before: Vec::new(),
    };
    let user = change!(cx, |tx| {
        let mut now = tx.existing::<UserRecord>(&name).await?;
        if now.id != user.id {
            return Err(fault::contended());
        }
        if now.login.is_some() {
            return Err(fault::exists(format!(
                "Login Profile for user {} already exists.",
                now.name
            )));
        }
        now.login = Some(login.clone());
        tx.put(&folded(&name), &now);
        now
    });
    Ok(CreateLoginProfileResponse {
        login_profile: Some(describe(&user, &login)),
    })
}

pub(crate) async fn get(
    cx: &Cx<'_>,
    input: GetLoginProfileRequest,
) -> Result<GetLoginProfileResponse, Fault> {
    let name = user_of(cx, input.user_name)?;
    let user: UserRecord = entity::existing(cx.store(), cx.account(), &name).await?;
    let login = user.login.as_ref().ok_or_else(|| missing(&name))?;
    Ok(GetLoginProfileResponse {
        login_profile: Some(describe(&user, login)),
    })
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeleteLoginProfileRequest) -> Result<(), Fault> {
    let name = user_of(cx, input.user_name)?;
    change!(cx, |tx| {
        let mut user = tx.existing::<UserRecord>(&name).await?;
        if user.login.take().is_none() {
            return Err(missing(&name));
        }
        tx.put(&folded(&name), &user);
    });
    Ok(())
}

/// By whoever may: the password before is not asked for, nor looked at by the rule of those remembered.
pub(crate) async fn update(cx: &Cx<'_>, input: UpdateLoginProfileRequest) -> Result<(), Fault> {
    let name = required(input.user_name, "userName")?;
    let user: UserRecord = entity::existing(cx.store(), cx.account(), &name).await?;
    if user.login.is_none() {
        return Err(missing(&name));
    }
    let password = match input.password {
        Some(password) if !passwords::conforms(rules(cx).await?.as_ref(), &password) => {
            return Err(violation());
        }
        Some(password) => {
            let purpose = LoginRecord::purpose(&user.id);
            let sealed = hashed(cx, password).await?;
            Some(sealed.seal(cx.directory.keyring(), &purpose))
        }
        None => None,
    };
    change!(cx, |tx| {
        let mut now = tx.existing::<UserRecord>(&name).await?;
        let login = now.login.as_mut().filter(|_| now.id == user.id);
        let login = login.ok_or_else(|| missing(&name))?;
        if let Some(password) = &password {
            login.replace(password.clone(), cx.now(), REMEMBERED);
        }
        if let Some(reset) = input.password_reset_required {
            login.reset_required = reset;
        }
        tx.put(&folded(&name), &now);
    });
    Ok(())
}

/// By the user, who knows the one before.
pub(crate) async fn change(cx: &Cx<'_>, input: ChangePasswordRequest) -> Result<(), Fault> {
    if cx.call.caller.kind != CallerKind::User {
        return Err(faults::invalid_user_type_exception(
            "Only IAM Users can change their own password",
        ));
    }
    let name = user_of(cx, None)?;
    let (old, new) = (
        required(input.old_password, "oldPassword")?,
        required(input.new_password, "newPassword")?,
    );
    let user: UserRecord = entity::existing(cx.store(), cx.account(), &name).await?;
    let login = user.login.as_ref().ok_or_else(|| missing(&name))?;
    let (keyring, purpose) = (cx.directory.keyring(), LoginRecord::purpose(&user.id));
    let open = |sealed| {
        let opened = Hashed::open(sealed, keyring, &purpose);
        opened.map_err(|error| fault::internal(&error))
    };
    let now = open(&login.password)?;
    if !now.is_of(cx.account(), &old).await {
        return Err(Fault::sender(
            "AccessDenied",
            403,
            "The old password was incorrect.",
        ));
    }
    let rules = rules(cx).await?;
    // Where an account has rules, they say whether users change their own; AWS's own rules let them.
    let may = rules.as_ref().is_none_or(|it| it.users_may_change);
    let is_over = rules.as_ref().is_some_and(|it| login.is_over(it, cx.now()));
    if !may || is_over && rules.as_ref().is_some_and(|it| it.hard_expiry) {
        let text = "The account password policy does not allow users to change their passwords.";
        return Err(Fault::sender("AccessDenied", 403, text));
    }
    if !passwords::conforms(rules.as_ref(), &new) {
        return Err(violation());
    }
    let remembered = rules.and_then(|it| it.remembered).unwrap_or(0);
    let remembered = usize::try_from(remembered).unwrap_or(0).min(REMEMBERED);
    let before = std::iter::once(&login.password).chain(&login.before);
    for sealed in before.take(remembered) {
        if open(sealed)?.is_of(cx.account(), &new).await {
            return Err(violation());
        }
    }
    let sealed = hashed(cx, new).await?.seal(keyring, &purpose);
    change!(cx, |tx| {
        let mut found = tx.existing::<UserRecord>(&name).await?;
        // Somebody else changed it meanwhile: the old one is not what it was.
        let same = found.login.as_ref().map(|it| &it.password) == Some(&login.password);
        let login = found.login.as_mut().filter(|_| same);
        let login = login.ok_or_else(fault::contended)?;
        login.replace(sealed.clone(), cx.now(), REMEMBERED);
        login.reset_required = false;
        tx.put(&folded(&name), &found);
    });
    Ok(())
}
