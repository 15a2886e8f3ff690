//! Rules: what they match and what they do.

use serde::{Deserialize, Serialize};
use wharf_planeproto::balancer as plane;
use wharf_records::{Record, Unknown, ecs::Tags};

use super::Oidc;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub priority: u32,
    pub conditions: Vec<Condition>,
    pub actions: Vec<Action>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Rule {
    const KIND: &'static str = "rule";
    const FORMAT: u32 = 1;
}

/// What is done with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// As it was given.
    pub order: Option<u32>,
    pub routing: Routing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Routing {
    Forward {
        groups: Vec<WeightedGroup>,
        sticky: bool,
        sticky_seconds: Option<u32>,
    },
    /// Every part is there, defaults included.
    Redirect {
        protocol: String,
        host: String,
        port: String,
        path: String,
        query: String,
        status: u16,
    },
    FixedResponse {
        status: u16,
        content_type: Option<String>,
        body: Option<String>,
    },
    /// Before one of the others.
    AuthenticateOidc(Box<Oidc>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightedGroup {
    /// ARN
    pub group: String,
    /// 0–999
    pub weight: u32,
}

impl Action {
    /// ARNs of the groups it forwards to.
    pub fn groups(&self) -> impl Iterator<Item = &String> {
        let groups: &[WeightedGroup] = match &self.routing {
            Routing::Forward { groups, .. } => groups,
            _ => &[],
        };
        groups.iter().map(|it| &it.group)
    }

    /// `secret` opens the client's.
    pub fn to_plane(&self, secret: impl Fn(&Oidc) -> String) -> plane::Action {
        match self.routing.clone() {
            Routing::Forward {
                groups,
                sticky,
                sticky_seconds,
            } => plane::Action::Forward {
                groups: groups
                    .into_iter()
                    .map(|it| plane::WeightedGroup {
                        group: it.group,
                        weight: it.weight,
                    })
                    .collect(),
                stickiness_seconds: sticky_seconds.filter(|_| sticky),
            },
            Routing::Redirect {
                protocol,
                host,
                port,
                path,
                query,
                status,
            } => plane::Action::Redirect {
                protocol,
                host,
                port,
                path,
                query,
                status,
            },
            Routing::FixedResponse {
                status,
                content_type,
                body,
            } => plane::Action::FixedResponse {
                status,
                content_type: content_type.unwrap_or_else(|| "text/plain".to_owned()),
                body: body.unwrap_or_default(),
            },
            Routing::AuthenticateOidc(oidc) => {
                let secret = secret(&oidc);
                plane::Action::AuthenticateOidc(Box::new(oidc.to_plane(secret)))
            }
        }
    }
}

/// Matches if any of its values does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", rename_all = "kebab-case")]
pub enum Condition {
    HostHeader {
        values: Vec<String>,
        regexes: Vec<String>,
    },
    PathPattern {
        values: Vec<String>,
        regexes: Vec<String>,
    },
    HttpHeader {
        name: String,
        values: Vec<String>,
        regexes: Vec<String>,
    },
    HttpRequestMethod {
        values: Vec<String>,
    },
    QueryString {
        /// Key, if one was given, and value.
        values: Vec<(Option<String>, String)>,
    },
    SourceIp {
        values: Vec<String>,
    },
}

impl Condition {
    pub fn field(&self) -> &'static str {
        match self {
            Self::HostHeader { .. } => "host-header",
            Self::PathPattern { .. } => "path-pattern",
            Self::HttpHeader { .. } => "http-header",
            Self::HttpRequestMethod { .. } => "http-request-method",
            Self::QueryString { .. } => "query-string",
            Self::SourceIp { .. } => "source-ip",
        }
    }

    pub fn to_plane(&self) -> plane::Condition {
        match self.clone() {
            Self::HostHeader { values, regexes } => {
                plane::Condition::HostHeader { values, regexes }
            }
            Self::PathPattern { values, regexes } => {
                plane::Condition::PathPattern { values, regexes }
            }
            Self::HttpHeader {
                name,
                values,
                regexes,
            } => plane::Condition::HttpHeader {
                name,
                values,
                regexes,
            },
            Self::HttpRequestMethod { values } => plane::Condition::HttpRequestMethod { values },
            Self::QueryString { values } => plane::Condition::QueryString {
                values: values
                    .into_iter()
                    .map(|(key, value)| plane::QueryPattern { key, value })
                    .collect(),
            },
            Self::SourceIp { values } => plane::Condition::SourceIp { values },
        }
    }
}
