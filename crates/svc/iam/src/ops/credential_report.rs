//! The credential report: a line of CSV for root and for each user. It is read off the records when it is
//! fetched; GenerateCredentialReport, after which it can be fetched for four hours, only says so.

use std::time::Duration;

use wharf_api_iam::{faults, types::*};
use wharf_base::{Timestamp, arn::PARTITION};
use wharf_wire::Fault;

use crate::{
    directory::ACCOUNT,
    names,
    records::{
        AccessKeyRecord, AccessKeyUseRecord, AccountRecord, PasswordRules, UserKeysRecord,
        UserRecord,
    },
    service::Cx,
    table::{self, change},
};

/// How long a report can be fetched, as in AWS.
const LIFE: Duration = Duration::from_secs(4 * 3_600);

const HEAD: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,\
    access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
    access_key_1_last_used_region,access_key_1_last_used_service,\
    access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
    access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

const NONE: &str = "N/A";

pub(crate) async fn generate(
    cx: &Cx<'_>,
    _: (),
) -> Result<GenerateCredentialReportResponse, Fault> {
    let is_new = change!(cx, |tx| {
        let mut record = tx.find::<AccountRecord>(ACCOUNT).await?.unwrap_or_default();
        let is_new = record.report.is_none_or(|at| cx.now().since(at) >= LIFE);
        if is_new {
            record.report = Some(cx.now());
            tx.put(ACCOUNT, &record);
        }
        is_new
    });
    let (state, description) = match is_new {
        true => (
            "STARTED",
            Some("No report exists. Starting a new report generation task".to_owned()),
        ),
        false => ("COMPLETE", None),
    };
    Ok(GenerateCredentialReportResponse {
        state: Some(state.to_owned()),
        description,
    })
}

pub(crate) async fn get(cx: &Cx<'_>, _: ()) -> Result<GetCredentialReportResponse, Fault> {
    let (store, account) = (cx.store(), cx.account());
    let record = table::find::<AccountRecord>(store, account, ACCOUNT).await?;
    let record = record.unwrap_or_default();
    let asked = record.report.ok_or_else(|| {
        faults::credential_report_not_present_exception("No report exists for this account.")
    })?;
    if cx.now().since(asked) >= LIFE {
        let text = "Credential report is expired. Generate a new one.";
        return Err(faults::credential_report_expired_exception(text));
    }
    let mut lines = vec![HEAD.to_owned(), root(cx, &record).await?];
    for user in table::all::<UserRecord>(store, account).await? {
        lines.push(line(cx, &user, record.passwords.as_ref()).await?);
    }
    Ok(GetCredentialReportResponse {
        content: Some(lines.join("\n").into_bytes()),
        report_format: Some("text/csv".to_owned()),
        generated_time: Some(cx.now()),
    })
}

async fn root(cx: &Cx<'_>, record: &AccountRecord) -> Result<String, Fault> {
    let arn = cx.seen(format!("arn:{PARTITION}:iam::{}:root", cx.account()));
    let unknown = "not_supported";
    let mut fields: Vec<String> = vec!["<root_account>".to_owned(), arn];
    let none = [NONE, unknown, NONE, unknown, unknown];
    fields.extend(none.map(str::to_owned));
    fields.push((!record.mfa_devices.is_empty()).to_string());
    fields.extend(keys(cx, &record.root_keys).await?);
    fields.extend(certificates(&UserKeysRecord::default()));
    Ok(row(&fields))
}

async fn line(
    cx: &Cx<'_>,
    user: &UserRecord,
    rules: Option<&PasswordRules>,
) -> Result<String, Fault> {
    let arn = names::arn(cx.account(), "user", &user.path, &user.name);
    let mut fields = vec![user.name.clone(), cx.seen(arn), time(user.created)];
    match &user.login {
        None => fields.extend(["false", NONE, NONE, NONE].map(str::to_owned)),
        Some(login) => {
            let days = rules.and_then(|it| it.max_age_days);
            let days = days.and_then(|it| u64::try_from(it).ok());
            let next = days.map(|days| time(login.changed + Duration::from_secs(days * 86_400)));
            // Nothing is signed in to with one.
            fields.extend(["true".to_owned(), "no_information".to_owned()]);
            fields.extend([time(login.changed), next.unwrap_or_else(|| NONE.to_owned())]);
        }
    }
    fields.push((!user.mfa_devices.is_empty()).to_string());
    fields.extend(keys(cx, &user.access_keys).await?);
    let own = table::find::<UserKeysRecord>(cx.store(), cx.account(), &user.id).await?;
    fields.extend(certificates(&own.unwrap_or_default()));
    Ok(row(&fields))
}

/// Ten fields of two keys.
async fn keys(cx: &Cx<'_>, ids: &[String]) -> Result<Vec<String>, Fault> {
    let mut fields = Vec::new();
    for place in 0..2 {
        let (mut active, mut made) = ("false".to_owned(), NONE.to_owned());
        let mut used = [NONE; 3].map(str::to_owned);
        if let Some(id) = ids.get(place) {
            if let Some(key) = table::find::<AccessKeyRecord>(cx.store(), "", id).await? {
                (active, made) = (key.active.to_string(), time(key.created));
            }
            if let Some(it) = table::find::<AccessKeyUseRecord>(cx.store(), "", id).await? {
                used = [time(it.at), it.region, it.service];
            }
        }
        fields.extend([active, made]);
        fields.extend(used);
    }
    Ok(fields)
}

/// Four fields of two certificates.
fn certificates(own: &UserKeysRecord) -> Vec<String> {
    let field = |place: usize| match own.certificates.get(place) {
        Some(it) => [it.active.to_string(), time(it.uploaded)],
        None => ["false".to_owned(), NONE.to_owned()],
    };
    [field(0), field(1)].concat()
}

/// As AWS writes times here: with an offset.
fn time(at: Timestamp) -> String {
    at.iso8601_seconds().replace('Z', "+00:00")
}

/// Names may have commas in them, and nothing else that CSV minds.
fn row(fields: &[String]) -> String {
    let field = |it: &String| match it.contains(',') {
        true => format!("\"{it}\""),
        false => it.clone(),
    };
    fields.iter().map(field).collect::<Vec<_>>().join(",")
}
