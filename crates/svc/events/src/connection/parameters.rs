//! What a connection was told, between the API's shapes and what is kept. Pure.

use serde::{Deserialize, Serialize};
use wharf_api_events::{
    ConnectionApiKeyAuthResponseParameters, ConnectionAuthResponseParameters,
    ConnectionBasicAuthResponseParameters, ConnectionBodyParameter, ConnectionHeaderParameter,
    ConnectionHttpParameters, ConnectionOAuthClientResponseParameters,
    ConnectionOAuthResponseParameters, ConnectionQueryStringParameter,
    UpdateConnectionAuthRequestParameters,
};
use wharf_wire::Fault;

use crate::fault;

/// Parameters of one request.
const MOST: usize = 100;

/// How a connection proves who it is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Proof {
    Basic { user: String, password: String },
    ApiKey { name: String, value: String },
    OAuth(OAuth),
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct OAuth {
    pub client: String,
    pub secret: String,
    pub endpoint: String,
    pub method: String,
    #[serde(default)]
    pub http: Http,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    pub proof: Proof,
    /// Of each request.
    #[serde(default)]
    pub http: Http,
}

/// Further parameters of requests.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Http {
    #[serde(default)]
    pub headers: Vec<Parameter>,
    #[serde(default)]
    pub query: Vec<Parameter>,
    #[serde(default)]
    pub body: Vec<Parameter>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    pub key: String,
    pub value: String,
    #[serde(default)]
    pub secret: bool,
}

fn missing(what: &str) -> Fault {
    fault::invalid(format!("Parameter(s) {what} must be specified."))
}

/// What was given, else what was there.
fn or_before(given: Option<String>, before: Option<&String>, what: &str) -> Result<String, Fault> {
    let found = given.or_else(|| before.cloned());
    found.ok_or_else(|| missing(what))
}

impl Parameters {
    /// What a request says, on top of what was said before; both requests have the same members.
    pub fn of(
        kind: &str,
        given: UpdateConnectionAuthRequestParameters,
        before: Option<&Self>,
    ) -> Result<Self, Fault> {
        let others = [
            ("BASIC", given.basic_auth_parameters.is_some()),
            ("API_KEY", given.api_key_auth_parameters.is_some()),
            (
                "OAUTH_CLIENT_CREDENTIALS",
                given.o_auth_parameters.is_some(),
            ),
        ];
        if others
            .iter()
            .any(|(other, is_there)| *is_there && *other != kind)
        {
            return Err(fault::invalid(format!(
                "Authorization parameters do not match the authorization type {kind}."
            )));
        }
        let proof_before = before.map(|it| &it.proof);
        let proof = match kind {
            "BASIC" => {
                let given = given.basic_auth_parameters.unwrap_or_default();
                let (user, password) = match proof_before {
                    Some(Proof::Basic { user, password }) => (Some(user), Some(password)),
                    _ => (None, None),
                };
                Proof::Basic {
                    user: or_before(given.username, user, "Username")?,
                    password: or_before(given.password, password, "Password")?,
                }
            }
            "API_KEY" => {
                let given = given.api_key_auth_parameters.unwrap_or_default();
                let (name, value) = match proof_before {
                    Some(Proof::ApiKey { name, value }) => (Some(name), Some(value)),
                    _ => (None, None),
                };
                let name = or_before(given.api_key_name, name, "ApiKeyName")?;
                if name.parse::<http::HeaderName>().is_err() {
                    return Err(fault::invalid(
                        "Parameter ApiKeyName is not the name of a header.",
                    ));
                }
                Proof::ApiKey {
                    name,
                    value: or_before(given.api_key_value, value, "ApiKeyValue")?,
                }
            }
            "OAUTH_CLIENT_CREDENTIALS" => {
                let given = given.o_auth_parameters.unwrap_or_default();
                let before = match proof_before {
                    Some(Proof::OAuth(before)) => Some(before),
                    _ => None,
                };
                let client = given.client_parameters.unwrap_or_default();
                let endpoint = given.authorization_endpoint;
                let endpoint = or_before(
                    endpoint,
                    before.map(|it| &it.endpoint),
                    "AuthorizationEndpoint",
                )?;
                check_endpoint("AuthorizationEndpoint", &endpoint)?;
                let http = match given.o_auth_http_parameters {
                    Some(given) => Http::of(given)?,
                    None => before.map(|it| it.http.clone()).unwrap_or_default(),
                };
                Proof::OAuth(OAuth {
                    client: or_before(client.client_id, before.map(|it| &it.client), "ClientID")?,
                    secret: or_before(
                        client.client_secret,
                        before.map(|it| &it.secret),
                        "ClientSecret",
                    )?,
                    endpoint,
                    method: or_before(
                        given.http_method,
                        before.map(|it| &it.method),
                        "HttpMethod",
                    )?,
                    http,
                })
            }
            other => {
                return Err(fault::invalid(format!(
                    "Parameter AuthorizationType is not valid: {other}"
                )));
            }
        };
        let http = match given.invocation_http_parameters {
            Some(given) => Http::of(given)?,
            None => before.map(|it| it.http.clone()).unwrap_or_default(),
        };
        Ok(Self { proof, http })
    }

    pub fn shown(&self) -> ConnectionAuthResponseParameters {
        let mut shown = ConnectionAuthResponseParameters {
            invocation_http_parameters: self.http.shown(),
            ..Default::default()
        };
        match &self.proof {
            Proof::Basic { user, .. } => {
                shown.basic_auth_parameters = Some(ConnectionBasicAuthResponseParameters {
                    username: Some(user.clone()),
                });
            }
            Proof::ApiKey { name, .. } => {
                shown.api_key_auth_parameters = Some(ConnectionApiKeyAuthResponseParameters {
                    api_key_name: Some(name.clone()),
                });
            }
            Proof::OAuth(it) => {
                shown.o_auth_parameters = Some(ConnectionOAuthResponseParameters {
                    client_parameters: Some(ConnectionOAuthClientResponseParameters {
                        client_id: Some(it.client.clone()),
                    }),
                    authorization_endpoint: Some(it.endpoint.clone()),
                    http_method: Some(it.method.clone()),
                    o_auth_http_parameters: it.http.shown(),
                });
            }
        }
        shown
    }
}

/// Refuses what is no address of a web server. Plain HTTP goes where the operator lets it.
pub fn check_endpoint(parameter: &str, text: &str) -> Result<(), Fault> {
    let uri: Option<http::Uri> = text.replace('*', "x").parse().ok();
    let fits = uri.is_some_and(|it| {
        let scheme = matches!(it.scheme_str(), Some("https" | "http"));
        let plain = it.authority().is_some_and(|it| !it.as_str().contains('@'));
        scheme && plain && it.host().is_some_and(|it| !it.is_empty())
    });
    match fits {
        true => Ok(()),
        false => Err(fault::invalid(format!(
            "Parameter {parameter} is not valid. Reason: it must be a URL of a web server."
        ))),
    }
}

macro_rules! read {
    ($list:expr) => {
        $list
            .into_iter()
            .flatten()
            .map(|it| Parameter {
                key: it.key.unwrap_or_default(),
                value: it.value.unwrap_or_default(),
                secret: it.is_value_secret.unwrap_or_default(),
            })
            .collect::<Vec<_>>()
    };
}

macro_rules! show {
    ($list:expr, $shape:ident) => {{
        let shown = $list.iter().map(|it| $shape {
            key: Some(it.key.clone()),
            value: (!it.secret).then(|| it.value.clone()),
            is_value_secret: Some(it.secret),
        });
        let shown: Vec<_> = shown.collect();
        (!shown.is_empty()).then_some(shown)
    }};
}

impl Http {
    fn of(given: ConnectionHttpParameters) -> Result<Self, Fault> {
        let it = Self {
            headers: read!(given.header_parameters),
            query: read!(given.query_string_parameters),
            body: read!(given.body_parameters),
        };
        if it.headers.len() + it.query.len() + it.body.len() > MOST {
            return Err(fault::invalid("There are at most 100 HTTP parameters."));
        }
        let named = |it: &Parameter| it.key.parse::<http::HeaderName>().is_ok();
        match it.headers.iter().all(named) {
            true => Ok(it),
            false => Err(fault::invalid(
                "A key of HeaderParameters is not the name of a header.",
            )),
        }
    }

    fn shown(&self) -> Option<ConnectionHttpParameters> {
        let shown = ConnectionHttpParameters {
            header_parameters: show!(self.headers, ConnectionHeaderParameter),
            query_string_parameters: show!(self.query, ConnectionQueryStringParameter),
            body_parameters: show!(self.body, ConnectionBodyParameter),
        };
        (*self != Self::default()).then_some(shown)
    }
}

#[cfg(test)]
mod tests {
    use wharf_api_events::{
        UpdateConnectionBasicAuthRequestParameters, UpdateConnectionOAuthRequestParameters,
    };

    use super::*;

    #[test]
    fn secrets_are_kept_and_not_shown() {
        let basic =
            |user: Option<&str>, password: Option<&str>| UpdateConnectionAuthRequestParameters {
                basic_auth_parameters: Some(UpdateConnectionBasicAuthRequestParameters {
                    username: user.map(str::to_owned),
                    password: password.map(str::to_owned),
                }),
                invocation_http_parameters: Some(ConnectionHttpParameters {
                    header_parameters: Some(vec![ConnectionHeaderParameter {
                        key: Some("x-tenant".to_owned()),
                        value: Some("hidden".to_owned()),
                        is_value_secret: Some(true),
                    }]),
                    ..Default::default()
                }),
                ..Default::default()
            };
        let first = Parameters::of("BASIC", basic(Some("u"), Some("p")), None)
            .ok()
            .unwrap();
        let shown = format!("{:?}", first.shown());
        assert!(shown.contains("\"u\"") && !shown.contains("\"p\"") && !shown.contains("hidden"));
        let second = Parameters::of("BASIC", basic(Some("v"), None), Some(&first))
            .ok()
            .unwrap();
        let Proof::Basic { user, password } = second.proof else {
            panic!("it is another proof");
        };
        assert_eq!((user.as_str(), password.as_str()), ("v", "p"));
        assert!(Parameters::of("BASIC", basic(None, Some("p")), None).is_err());
        assert!(Parameters::of("API_KEY", basic(Some("u"), Some("p")), None).is_err());
        let oauth = UpdateConnectionAuthRequestParameters {
            o_auth_parameters: Some(UpdateConnectionOAuthRequestParameters::default()),
            ..Default::default()
        };
        assert!(Parameters::of("OAUTH_CLIENT_CREDENTIALS", oauth, None).is_err());
    }

    #[test]
    fn endpoints_are_addresses() {
        for (text, fits) in [
            ("https://example.com/a/*/b", true),
            ("http://10.0.0.1", true),
            ("ftp://example.com", false),
            ("https://user@example.com", false),
            ("example.com", false),
            ("https://", false),
        ] {
            assert_eq!(check_endpoint("x", text).is_ok(), fits, "{text}");
        }
    }
}
