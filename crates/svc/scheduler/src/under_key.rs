//! Inputs of targets under a key of KMS: sealed from when a schedule is put until its target is called.
//!
//! Whoever puts or shows a schedule must be let by the key. The target's role opens the input when its moment comes:
//! as long as it may not, or the key is disabled, that is a try that failed.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use wharf_api_kms::Kms;
use wharf_datakeys::{Context, Envelope, Open, Sealer};
use wharf_delivery::{Actor, Failure, Operations, Request};
use wharf_wire::{Call, Fault};

use crate::{fault, names::PRINCIPAL, records::Schedule};

/// The member of a target that is sealed.
const INPUT: &str = "Input";
const PURPOSE: &str = "scheduler/input";

/// What data keys of a schedule are bound to.
fn bound(arn: &str) -> Context {
    Context::from([("aws:scheduler:schedule:arn".to_owned(), arn.to_owned())])
}

/// A schedule as it is kept, with its input sealed under a key. A target without one is sealed like any: whether the
/// key can be used is known at once.
///
/// # Errors
/// The caller may not use the key, or it cannot be used.
pub async fn kept(
    kms: &dyn Kms,
    call: &Call,
    arn: &str,
    key: &str,
    mut schedule: Schedule,
) -> Result<Schedule, Fault> {
    let call = call.forwarded_by(PRINCIPAL);
    let made = wharf_datakeys::make(kms, &call, key, bound(arn)).await;
    let sealer = Sealer::new(&made.map_err(fault::of_key)?);
    let members = schedule.target.as_object_mut();
    let input = members.and_then(|it| it.remove(INPUT));
    let input = zeroize::Zeroizing::new(input.unwrap_or_default().to_string());
    schedule.kms_key = Some(key.to_owned());
    schedule.sealed = Some(sealer.seal(input.as_bytes(), PURPOSE));
    Ok(schedule)
}

/// The target of a schedule as its caller may see it.
///
/// # Errors
/// The caller may not use the key, or it cannot be used.
pub async fn shown(
    kms: &dyn Kms,
    call: &Call,
    arn: &str,
    mut schedule: Schedule,
) -> Result<Schedule, Fault> {
    let Some(sealed) = &schedule.sealed else {
        return Ok(schedule);
    };
    let call = call.forwarded_by(PRINCIPAL);
    let opened = sealed.open(kms, &call, bound(arn), PURPOSE).await;
    let opened = opened.map_err(fault::of_key)?;
    schedule.target = with_input(schedule.target, opened.expose());
    Ok(schedule)
}

fn with_input(mut target: Value, input: &[u8]) -> Value {
    let input: Value = serde_json::from_slice(input).unwrap_or_default();
    if let Some(members) = target.as_object_mut().filter(|_| !input.is_null()) {
        members.insert(INPUT.to_owned(), input);
    }
    target
}

/// A target with its input, opened in the name of its role.
///
/// # Errors
/// The role may not use the key, or it cannot be used: later it may.
pub async fn opened(
    operations: &dyn Operations,
    actor: &Actor,
    (region, arn): (&str, &str),
    target: &Value,
    sealed: &Envelope,
) -> Result<Value, Failure> {
    let input = json!({"CiphertextBlob": sealed.key, "EncryptionContext": bound(arn)});
    let request = Request::new("kms", "Decrypt", region, input);
    let passing = |fault: Fault| Failure::passing(fault.code, fault.message);
    let answer = operations.call(actor, &request).await.map_err(passing)?;
    let key = answer["Plaintext"].as_str().unwrap_or_default();
    let key = Open::of(BASE64.decode(key).ok()).map_err(passing)?;
    let opened = sealed.open_by(&key, PURPOSE).map_err(passing)?;
    Ok(with_input(target.clone(), opened.expose()))
}
