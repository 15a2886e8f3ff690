//! Parameters under `/aws/reference/secretsmanager`: secrets, read as the caller.

use serde_json::json;
use wharf_api_secretsmanager::{GetSecretValueRequest, GetSecretValueResponse};
use wharf_api_ssm::Parameter;
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, names::SECRETS, records::Kind};

/// The shortest id of a version; labels are shorter, or no UUIDs.
const VERSION_ID: usize = 32;

/// The secret of that id as a parameter.
///
/// # Errors
/// It is not there, the caller may not read it, or its value is no text.
pub async fn read(
    core: &Core,
    call: &Call,
    id: &str,
    selector: Option<&str>,
    decrypt: bool,
) -> Result<Parameter, Fault> {
    if !decrypt {
        return Err(fault::invalid(
            "WithDecryption flag must be True for retrieving a Secret Manager secret.",
        ));
    }
    let name = format!("{SECRETS}{id}");
    let (version_id, version_stage) = match selector {
        Some(text) if is_version(text) => (Some(text.to_owned()), None),
        text => (None, text.map(str::to_owned)),
    };
    let asked = GetSecretValueRequest {
        secret_id: Some(id.to_owned()),
        version_id,
        version_stage,
    };
    let found = core.parts.secrets.get_secret_value(call, asked).await;
    let found = found.map_err(|error| match error.code.as_ref() {
        "ResourceNotFoundException" => fault::no_secret(&name),
        _ => error,
    })?;
    let source = source(&found);
    let Some(value) = found.secret_string else {
        return Err(fault::unsupported(&format!(
            "A binary secret ({name}) as a parameter"
        )));
    };
    Ok(Parameter {
        name: Some(name),
        type_: Some(Kind::SecureString.as_str().to_owned()),
        value: Some(value),
        version: Some(0),
        selector: selector.map(|it| format!(":{it}")),
        source_result: Some(source),
        last_modified_date: found.created_date,
        arn: found.arn,
        data_type: Some("text".to_owned()),
    })
}

fn is_version(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    text.len() >= VERSION_ID && text.bytes().all(plain)
}

/// What Secrets Manager answered, as clients of AWS read it.
fn source(found: &GetSecretValueResponse) -> String {
    json!({
        "ARN": found.arn,
        "name": found.name,
        "versionId": found.version_id,
        "secretString": found.secret_string,
        "versionStages": found.version_stages,
        "createdDate": found.created_date.map(|it| it.epoch_seconds()),
    })
    .to_string()
}
