//! Values of secrets, asked of the services that have them with the rights of an execution role.

use wharf_api_secretsmanager::{
    GetSecretValueRequest, GetSecretValueResponse, schema::SERVICE as SECRETS_MANAGER,
};
use wharf_api_ssm::{
    GetParametersRequest, GetParametersResult, Parameter, schema::SERVICE as PARAMETER_STORE,
};
use wharf_base::Chain;
use wharf_seal::Secret;

use super::{
    env_file::{self, BadFile, EnvFile, FILE_LIMIT},
    reference::{NoValue, SecretVersion},
};
use crate::client::{Api, GaveUp, patiently};

/// As many GetParameters takes.
pub const MOST_PARAMETERS: usize = 10;
/// What the log says of a call that failed.
const FETCH: &str = "fetch a secret";

/// Why there is no value.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{}", Chain(&.0.source))]
    Call(#[from] GaveUp),
    #[error("{0}")]
    NoValue(#[from] NoValue),
    #[error("invalid ssm parameters: {0}")]
    NoParameter(String),
    #[error("{0}")]
    File(#[from] BadFile),
}

impl FetchError {
    /// How often the service was asked.
    pub fn tries(&self) -> u32 {
        match self {
            Self::Call(gave_up) => gave_up.tries,
            Self::NoValue(_) | Self::NoParameter(_) | Self::File(_) => 1,
        }
    }

    /// The service did not answer, which says nothing of whether the value may be had.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::Call(gave_up) if gave_up.source.is_unanswered())
    }
}

/// A secret's value, as text.
pub async fn secret(api: &Api, of: &SecretVersion) -> Result<Secret, FetchError> {
    let api = api.in_region(&of.region);
    let input = GetSecretValueRequest {
        secret_id: Some(of.id.clone()),
        version_id: of.version.clone(),
        version_stage: of.stage.clone(),
    };
    let answer: GetSecretValueResponse = patiently(FETCH, || {
        api.call(&SECRETS_MANAGER, "GetSecretValue", &input)
    })
    .await?;
    let text = answer.secret_string.ok_or(NoValue::Binary)?;
    Ok(text.into())
}

/// The values of parameters, in the order of `names`, of which there are at most [`MOST_PARAMETERS`].
pub async fn parameters(
    api: &Api,
    region: &str,
    names: &[String],
) -> Result<Vec<Secret>, FetchError> {
    let api = api.in_region(region);
    let input = GetParametersRequest {
        names: Some(names.to_vec()),
        with_decryption: Some(true),
    };
    let answer: GetParametersResult = patiently(FETCH, || {
        api.call(&PARAMETER_STORE, "GetParameters", &input)
    })
    .await?;
    in_order(names, answer.parameters.as_deref().unwrap_or_default())
}

/// The text of an environment file.
pub async fn file(api: &Api, of: &EnvFile) -> Result<Secret, FetchError> {
    let bytes = patiently(FETCH, || api.object(&of.bucket, &of.key, FILE_LIMIT)).await?;
    Ok(env_file::text(&bytes)?.into())
}

fn in_order(names: &[String], found: &[Parameter]) -> Result<Vec<Secret>, FetchError> {
    let value = |name: &String| {
        let parameter = found.iter().find(|parameter| is_called(parameter, name))?;
        parameter.value.clone().map(Secret::from)
    };
    let missing = names.iter().filter(|name| value(name).is_none());
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    match missing.is_empty() {
        true => Ok(names.iter().filter_map(value).collect()),
        false => Err(FetchError::NoParameter(missing.join(", "))),
    }
}

/// By its name or its ARN, with the version or label that was asked for.
fn is_called(parameter: &Parameter, name: &str) -> bool {
    let selector = parameter.selector.as_deref().unwrap_or_default();
    let mut own = [&parameter.name, &parameter.arn].into_iter().flatten();
    own.any(|own| name.strip_prefix(own.as_str()) == Some(selector))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, selector: Option<&str>, value: &str) -> Parameter {
        Parameter {
            name: Some(name.to_owned()),
            arn: Some(format!(
                "arn:aws:ssm:us-east-1:000000000000:parameter/{name}"
            )),
            selector: selector.map(str::to_owned),
            value: Some(value.to_owned()),
            ..Parameter::default()
        }
    }

    #[test]
    fn parameters_are_told_apart_by_what_was_asked_for() {
        let found = [
            parameter("b", None, "of b"),
            parameter("a", Some(":3"), "of a's third"),
            parameter("a", None, "of a"),
        ];
        let arn = "arn:aws:ssm:us-east-1:000000000000:parameter/";
        let check = |names: &[&str], expected: Result<&[&str], &str>| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let read = in_order(&names, &found);
            let read = read.map_err(|error| error.to_string());
            let expected =
                expected.map(|all| all.iter().map(|one| Secret::from(*one)).collect::<Vec<_>>());
            assert_eq!(read, expected.map_err(str::to_owned));
        };
        check(&["a", "b"], Ok(&["of a", "of b"]));
        check(&[&format!("{arn}b")], Ok(&["of b"]));
        check(&[&format!("{arn}a:3"), "a"], Ok(&["of a's third", "of a"]));
        check(&["a", "c", "b:1"], Err("invalid ssm parameters: c, b:1"));
    }
}
