//! Values of secrets, asked of the services that have them with the rights of an execution role.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;
use wharf_api_secretsmanager::{
    GetSecretValueRequest, GetSecretValueResponse, schema::SERVICE as SECRETS_MANAGER,
};
use wharf_base::{Backoff, Chain};
use wharf_seal::Secret;

use super::reference::{NoValue, SecretVersion, Source};
use crate::client::{Api, CallError, api::Uncontracted};

const PARAMETER_STORE: Uncontracted = Uncontracted {
    target_prefix: "AmazonSSM",
    signing_name: "ssm",
};
/// A service that does not answer, or has too much to do, is asked this often.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why there is no value.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{}", Chain(source))]
    Call { tries: u32, source: CallError },
    #[error("{0}")]
    NoValue(#[from] NoValue),
    #[error("invalid ssm parameters: {0}")]
    NoParameter(String),
}

impl FetchError {
    /// How often the service was asked.
    pub fn tries(&self) -> u32 {
        match self {
            Self::Call { tries, .. } => *tries,
            Self::NoValue(_) | Self::NoParameter(_) => 1,
        }
    }

    /// The service did not answer, which says nothing of whether the value may be had.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Call { source, .. } if source.is_transient())
    }
}

/// The value at `source`, as text.
pub async fn value(api: &Api, source: &Source) -> Result<Secret, FetchError> {
    match source {
        Source::SecretsManager(of) => secret(api, of).await,
        Source::ParameterStore { name, region } => parameter(api, name, region).await,
    }
}

pub async fn secret(api: &Api, of: &SecretVersion) -> Result<Secret, FetchError> {
    let api = api.in_region(&of.region);
    let input = GetSecretValueRequest {
        secret_id: Some(of.id.clone()),
        version_id: of.version.clone(),
        version_stage: of.stage.clone(),
    };
    let answer: GetSecretValueResponse =
        patiently(|| api.call(&SECRETS_MANAGER, "GetSecretValue", &input)).await?;
    let text = answer.secret_string.ok_or(NoValue::Binary)?;
    Ok(text.into())
}

async fn parameter(api: &Api, name: &str, region: &str) -> Result<Secret, FetchError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        #[serde(default)]
        parameters: Vec<Parameter>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Parameter {
        value: String,
    }
    let api = api.in_region(region);
    let input = json!({"Names": [name], "WithDecryption": true});
    let answer: Answer =
        patiently(|| api.call_uncontracted(&PARAMETER_STORE, "GetParameters", &input)).await?;
    let found = answer.parameters.into_iter().next();
    let found = found.ok_or_else(|| FetchError::NoParameter(name.to_owned()))?;
    Ok(found.value.into())
}

async fn patiently<O, F: Future<Output = Result<O, CallError>>>(
    call: impl Fn() -> F,
) -> Result<O, FetchError> {
    let mut pauses = Backoff::steady(PAUSE, LONGEST_PAUSE);
    let mut tries = 1;
    loop {
        match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) if error.is_transient() && tries < TRIES => {
                let pause = pauses.wait();
                tracing::info!(%error, retry_in_ms = pause.as_millis() as u64, "failed to fetch a secret; will retry");
                sleep(pause).await;
                tries += 1;
            }
            Err(source) => return Err(FetchError::Call { tries, source }),
        }
    }
}
