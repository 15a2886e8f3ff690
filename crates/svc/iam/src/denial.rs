//! Encoded authorization messages: what decided a denial, sealed, for those of the account who may read
//! it (`sts:DecodeAuthorizationMessage`).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_iam::{Decision, Denial, Request};
use wharf_seal::Keyring;

use crate::directory::Directory;

/// What messages are sealed for.
const PURPOSE: &str = "sts/authorization-message";
/// How long one can be read.
const LIFE: Duration = Duration::from_secs(12 * 3600);
/// Sealed and in base 64 it fits the 10240 characters of the API.
const MOST_BYTES: usize = 6_000;

#[derive(Serialize, Deserialize)]
struct Message {
    account: String,
    until: Timestamp,
    text: String,
}

/// Services whose denials carry a message.
pub(crate) fn is_told(action: &str) -> bool {
    action.starts_with("ec2:")
}

/// The message about a denial, for readers of `account`.
pub(crate) fn encode(
    keyring: &Keyring,
    account: &str,
    now: Timestamp,
    request: &Request<'_>,
    denial: &Denial,
) -> String {
    let mut told = describe(request, denial, true).to_string();
    if told.len() > MOST_BYTES {
        told = describe(request, denial, false).to_string();
    }
    let message = Message {
        account: account.to_owned(),
        until: now + LIFE,
        text: told,
    };
    let plain = serde_json::to_vec(&message).expect("texts and a number");
    keyring.seal_token(&plain, PURPOSE)
}

/// In the form that AWS gives it.
fn describe(request: &Request<'_>, denial: &Denial, with_conditions: bool) -> Value {
    let statement = denial.explicit.iter().map(|matched| {
        json!({
            "statementId": matched.sid().unwrap_or_default(),
            "effect": "DENY",
            "policy": matched.policy.source(),
        })
    });
    let statements: Vec<Value> = statement.collect();
    let conditions: Vec<Value> = match with_conditions {
        true => request.context.iter().map(condition).collect(),
        false => Vec::new(),
    };
    let who = request.principal;
    json!({
        "allowed": false,
        "explicitDeny": denial.explicit.is_some(),
        "matchedStatements": {"items": statements},
        "failures": {"items": []},
        "context": {
            "principal": {"id": who.user_id, "arn": who.arn},
            "action": request.action,
            "resource": request.resource,
            "conditions": {"items": conditions},
        },
    })
}

fn condition((key, values): (&str, &[String])) -> Value {
    let values: Vec<Value> = values.iter().map(|it| json!({"value": it})).collect();
    json!({"key": key, "values": {"items": values}})
}

/// The text of a denial with its message behind it.
pub(crate) fn with_message(
    directory: &Directory,
    account: &str,
    now: Timestamp,
    request: &Request<'_>,
    decision: &Decision,
) -> Option<String> {
    let text = decision.message(request)?;
    match decision {
        Decision::Denied(denial) if is_told(request.action) => {
            let message = encode(directory.keyring(), account, now, request, denial);
            Some(format!(
                "{text}. Encoded authorization failure message: {message}"
            ))
        }
        _ => Some(text),
    }
}

impl Directory {
    /// What an encoded message says, if it is the account's and not too old.
    pub fn authorization_message(
        &self,
        account: &str,
        encoded: &str,
        now: Timestamp,
    ) -> Option<String> {
        let opened = self.keyring().open_token(encoded, PURPOSE).ok()?;
        let message: Message = serde_json::from_slice(opened.expose()).ok()?;
        (message.account == account && now < message.until).then_some(message.text)
    }
}
