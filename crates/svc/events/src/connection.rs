//! Connections: with what EventBridge proves to a web server who it is. All of it is one secret in Secrets
//! Manager, which EventBridge keeps for the user.
//!
//! `parameters` are what a connection was told, `ask` puts them on requests; both pure. `tokens` gets tokens of
//! OAuth, `kept` is where the secrets are.

pub mod ask;
pub mod kept;
pub mod parameters;
pub mod tokens;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_seal::Sealed;
use wharf_service::Place;

use crate::names::{SERVICE, arn, scope};

/// A connection, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    pub id: String,
    #[serde(default)]
    pub description: Option<String>,
    /// ARN of the secret that holds its [`Parameters`](parameters::Parameters); none of a connection that was
    /// deauthorized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Where earlier versions kept them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
    /// `BASIC`, `API_KEY` or `OAUTH_CLIENT_CREDENTIALS`.
    pub kind: String,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(default)]
    pub authorized_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Connection {
    const KIND: &'static str = "connection";
    const FORMAT: u32 = 1;
}

/// An API destination, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Destination {
    pub id: String,
    #[serde(default)]
    pub description: Option<String>,
    /// ARN
    pub connection: String,
    pub endpoint: String,
    pub method: String,
    #[serde(default)]
    pub per_second: Option<u32>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Destination {
    const KIND: &'static str = "api-destination";
    const FORMAT: u32 = 1;
}

impl Connection {
    pub fn key(place: &Place, name: &str) -> String {
        scope(place).key(Self::KIND, name)
    }

    pub fn arn(&self, place: &Place, name: &str) -> String {
        arn(place, format!("connection/{name}/{}", self.id))
    }

    pub fn state(&self) -> &'static str {
        match (&self.secret, &self.sealed) {
            (None, None) => "DEAUTHORIZED",
            _ => "AUTHORIZED",
        }
    }

    /// The name of a secret of a connection with that name. It stays while the kind of its authorization does; another
    /// kind has a secret with an id of its own, and what was kept before stands until the connection names that.
    pub fn secret_name(name: &str, id: &str) -> String {
        format!("events!connection/{name}/{id}")
    }

    /// What the parameters of earlier versions are sealed for.
    pub fn purpose(account: &str, region: &str, name: &str) -> String {
        format!("{SERVICE}/connection/{account}/{region}/{name}")
    }
}

impl Destination {
    pub fn key(place: &Place, name: &str) -> String {
        scope(place).key(Self::KIND, name)
    }

    pub fn arn(&self, place: &Place, name: &str) -> String {
        arn(place, format!("api-destination/{name}/{}", self.id))
    }
}

/// Place, name and id of a connection's or destination's ARN.
pub fn named(kind: &str, text: &str) -> Option<(Place, String, String)> {
    let arn: wharf_base::Arn = text.parse().ok()?;
    let mut parts = arn.resource.split('/');
    let fits = arn.service == SERVICE && parts.next() == Some(kind);
    let (name, id) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let place = Place::new(&arn.account, &arn.region);
    (fits && parts.next().is_none()).then_some((place, name, id))
}
