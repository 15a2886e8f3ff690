//! Messages of topics with a key of KMS: sealed wherever they lie, each under a data key of its own. Who publishes
//! must be let by the key; to deliver them the service opens them itself, as long as the key is usable.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use wharf_api_kms::Kms;
use wharf_api_sns::faults;
use wharf_base::Timestamp;
use wharf_datakeys::Context as Bound;
use wharf_delivery::Failure;
use wharf_seal::{open_once, seal_once};
use wharf_service::Faults as _;
use wharf_wire::{Call, Context, Fault};

use crate::{
    errand::PRINCIPAL,
    fault::SnsFaults,
    message::{Attribute, Message},
    names::TopicId,
};

const PURPOSE: &str = "sns/message";
const PERMIT: wharf_base::Permit = wharf_base::Permit::for_controller("sns-messages");

/// What of a message is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sealed {
    /// The data key as KMS sealed it, in base 64.
    pub key: String,
    /// In base 64.
    pub content: String,
}

#[derive(Serialize, Deserialize)]
struct Content {
    text: String,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, Attribute>,
    #[serde(default)]
    texts: BTreeMap<String, String>,
}

fn bound(topic: &str) -> Bound {
    Bound::from([("aws:sns:topicArn".to_owned(), topic.to_owned())])
}

/// The message as it is kept for a topic with that key, or with none.
///
/// # Errors
/// Those of KMS, as publishers learn of them.
pub async fn kept(
    kms: &dyn Kms,
    call: &Call,
    topic: &TopicId,
    key: Option<&str>,
    message: &Message,
) -> Result<Message, Fault> {
    let Some(key) = key else {
        return Ok(message.clone());
    };
    let call = call.forwarded_by(PRINCIPAL);
    let made = wharf_datakeys::make(kms, &call, key, bound(&topic.arn())).await;
    let made = made.map_err(refused)?;
    let Message {
        text,
        subject,
        attributes,
        texts,
        ..
    } = message.clone();
    let content = Content {
        text,
        subject,
        attributes,
        texts,
    };
    let plain = serde_json::to_vec(&content).map(zeroize::Zeroizing::new);
    let plain = plain.map_err(|error| SnsFaults::internal(&error))?;
    Ok(Message {
        text: String::new(),
        subject: None,
        attributes: BTreeMap::new(),
        texts: BTreeMap::new(),
        sealed: Some(Sealed {
            key: STANDARD.encode(&made.sealed),
            content: STANDARD.encode(seal_once(made.open.bytes(), &plain, PURPOSE)),
        }),
        ..message.clone()
    })
}

/// A message that was kept, opened. `kms` asks no policies.
///
/// # Errors
/// The key cannot be used now, or what is kept does not open.
pub async fn opened(
    kms: &dyn Kms,
    topic: &TopicId,
    message: &Message,
    now: Timestamp,
) -> Result<Message, Failure> {
    let Some(sealed) = &message.sealed else {
        return Ok(message.clone());
    };
    let broken = |text: String| Failure::lasting("InternalFailure", text);
    let decoded = |text: &str| STANDARD.decode(text).map_err(|it| broken(it.to_string()));
    let place = &topic.place;
    let context = Context::internal(&place.account, &place.region, PRINCIPAL, now);
    let call = Call::by_controller(context, PERMIT);
    let key = wharf_datakeys::open(kms, &call, decoded(&sealed.key)?, bound(&topic.arn())).await;
    // A key that is disabled may be enabled again.
    let key = key.map_err(|fault| Failure::passing(fault.code, fault.message))?;
    let plain = open_once(key.bytes(), &decoded(&sealed.content)?, PURPOSE);
    let plain = plain.map_err(|it| broken(it.to_string()))?;
    let content: Content =
        serde_json::from_slice(plain.expose()).map_err(|it| broken(it.to_string()))?;
    Ok(Message {
        text: content.text,
        subject: content.subject,
        attributes: content.attributes,
        texts: content.texts,
        sealed: None,
        ..message.clone()
    })
}

/// What publishers learn of a refusal by KMS.
fn refused(fault: Fault) -> Fault {
    match &*fault.code {
        "AccessDeniedException" => faults::kms_access_denied_exception(fault.message),
        "ThrottlingException" => faults::kms_throttling_exception(fault.message),
        "DisabledException" => faults::kms_disabled_exception(fault.message),
        "NotFoundException" => faults::kms_not_found_exception(fault.message),
        "KMSInvalidStateException" => faults::kms_invalid_state_exception(fault.message),
        _ => fault,
    }
}
