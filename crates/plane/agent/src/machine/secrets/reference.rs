//! What `valueFrom` of a secret means. Pure.

use serde_json::Value;

use super::env_file::EnvFile;
use crate::protocol::payload;

/// The parts of a secret's ARN in front of key, stage and version, and with them.
const PARTS: usize = 7;
const ALL_PARTS: usize = 10;

/// Where a value is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    SecretsManager(SecretVersion),
    ParameterStore {
        /// Name or ARN.
        name: String,
        region: String,
    },
    /// All of it, whatever variables it has.
    File(EnvFile),
}

/// A version of a secret: the current one, unless stage or id say another.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretVersion {
    /// Name or ARN.
    pub id: String,
    pub region: String,
    pub stage: Option<String>,
    pub version: Option<String>,
}

/// A secret of a container: the whole of a value, or the member `key` of one that is a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub source: Source,
    pub key: Option<String>,
}

/// Why a value has no such member. Says nothing of the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoValue {
    #[error("unexpected ARN format with parameters when trying to retrieve ASM secret")]
    BadArn,
    #[error("retrieved secret from Secrets Manager did not contain json key {0}")]
    NoKey(String),
    #[error("retrieved secret from Secrets Manager is not a JSON object")]
    NoObject,
    #[error("retrieved secret from Secrets Manager is not a string")]
    Binary,
    #[error("retrieved secret contains a zero byte, which no environment variable can")]
    ZeroByte,
}

impl Reference {
    /// # Errors
    /// An ARN with a part of what may follow the secret's name: all three are there, or none.
    pub fn of(secret: &payload::Secret) -> Result<Self, NoValue> {
        if secret.provider != "asm" {
            return Ok(Self {
                source: Source::ParameterStore {
                    name: secret.value_from.clone(),
                    region: secret.region.clone(),
                },
                key: None,
            });
        }
        let parts: Vec<&str> = secret.value_from.split(':').collect();
        let part = |at: usize| parts.get(at).filter(|part| !part.is_empty());
        let text = |at: usize| part(at).map(|part| (*part).to_owned());
        if parts.len() != PARTS && parts.len() != ALL_PARTS {
            return Err(NoValue::BadArn);
        }
        Ok(Self {
            key: text(PARTS),
            source: Source::SecretsManager(SecretVersion {
                id: parts[..PARTS].join(":"),
                region: secret.region.clone(),
                stage: text(PARTS + 1),
                version: text(PARTS + 2),
            }),
        })
    }

    /// The variable's value.
    ///
    /// # Errors
    /// `value` is not an object with the key, or nothing for an environment.
    pub fn pick(&self, value: &str) -> Result<String, NoValue> {
        let picked = match &self.key {
            None => value.to_owned(),
            Some(key) => member(value, key)?,
        };
        match picked.contains('\0') {
            true => Err(NoValue::ZeroByte),
            false => Ok(picked),
        }
    }
}

/// Strings as they are, everything else as JSON.
fn member(value: &str, key: &str) -> Result<String, NoValue> {
    let Ok(Value::Object(mut members)) = serde_json::from_str(value) else {
        return Err(NoValue::NoObject);
    };
    match members.remove(key) {
        None => Err(NoValue::NoKey(key.to_owned())),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Ok(other.to_string()),
    }
}

/// User and password of a registry, as a secret with `repositoryCredentials` has them.
pub fn login(value: &str) -> Option<(String, String)> {
    let Ok(Value::Object(members)) = serde_json::from_str(value) else {
        return None;
    };
    let text = |name: &str| Some(members.get(name)?.as_str()?.to_owned());
    Some((text("username")?, text("password")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:app/db-aB3dE6";

    fn reference(tail: &str) -> Result<Reference, NoValue> {
        Reference::of(&payload::Secret {
            provider: "asm".to_owned(),
            value_from: format!("{ARN}{tail}"),
            region: "eu-west-1".to_owned(),
            ..payload::Secret::default()
        })
    }

    #[test]
    fn what_an_arn_of_a_secret_means() {
        let check = |tail: &str, key: Option<&str>, stage: Option<&str>, version: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let expected = Reference {
                key: own(key),
                source: Source::SecretsManager(SecretVersion {
                    id: ARN.to_owned(),
                    region: "eu-west-1".to_owned(),
                    stage: own(stage),
                    version: own(version),
                }),
            };
            assert_eq!(reference(tail), Ok(expected), "{tail}");
        };
        check("", None, None, None);
        check(":::", None, None, None);
        check(":password::", Some("password"), None, None);
        check("::AWSPREVIOUS:", None, Some("AWSPREVIOUS"), None);
        check(":p:s:v", Some("p"), Some("s"), Some("v"));
        for tail in [":password", ":password:", "::::", ":a:b:c:d"] {
            assert_eq!(reference(tail), Err(NoValue::BadArn), "{tail}");
        }
    }

    #[test]
    fn a_parameter_goes_by_what_it_is_called() {
        let parameter = Reference::of(&payload::Secret {
            provider: "ssm".to_owned(),
            value_from: "/app/db".to_owned(),
            region: "us-east-1".to_owned(),
            ..payload::Secret::default()
        });
        let source = Source::ParameterStore {
            name: "/app/db".to_owned(),
            region: "us-east-1".to_owned(),
        };
        assert_eq!(parameter, Ok(Reference { source, key: None }));
    }

    #[test]
    fn what_is_picked_of_a_value() {
        let whole = reference("").unwrap();
        assert_eq!(
            whole.pick("{\"not\": \"read\"}").unwrap(),
            "{\"not\": \"read\"}"
        );
        assert_eq!(whole.pick("a\0b"), Err(NoValue::ZeroByte));
        let key = reference(":k::").unwrap();
        for (value, picked) in [
            (r#"{"k": "v", "l": 1}"#, "v"),
            (r#"{"k": ""}"#, ""),
            (r#"{"k": 5432}"#, "5432"),
            (r#"{"k": true}"#, "true"),
            (r#"{"k": {"a": [1]}}"#, r#"{"a":[1]}"#),
        ] {
            assert_eq!(key.pick(value).unwrap(), picked, "{value}");
        }
        assert_eq!(
            key.pick(r#"{"l": "v"}"#),
            Err(NoValue::NoKey("k".to_owned()))
        );
        assert_eq!(key.pick(r#"{"k": "a\u0000"}"#), Err(NoValue::ZeroByte));
        for value in ["", "v", "[]", "\"k\"", "{\"k\": "] {
            assert_eq!(key.pick(value), Err(NoValue::NoObject), "{value}");
        }
    }

    #[test]
    fn logins() {
        let given = r#"{"username": "u", "password": "p"}"#;
        assert_eq!(login(given), Some(("u".to_owned(), "p".to_owned())));
        for value in [
            "",
            "u:p",
            r#"{"username": "u"}"#,
            r#"{"username": "u", "password": 1}"#,
        ] {
            assert_eq!(login(value), None, "{value}");
        }
    }
}
