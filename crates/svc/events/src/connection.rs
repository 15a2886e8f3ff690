//! Connections: with what EventBridge proves to a web server who it is. All of it is sealed as one.
//!
//! `parameters` are what a connection was told, `ask` puts them on requests; both pure. `tokens` gets tokens of OAuth.

pub mod ask;
pub mod parameters;
pub mod tokens;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_seal::{Keyring, OpenError, Sealed};
use wharf_service::Place;

use crate::names::{SERVICE, arn, scope};
use parameters::Parameters;

/// A connection, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    pub id: String,
    #[serde(default)]
    pub description: Option<String>,
    /// [`Parameters`]; none of a connection that was deauthorized.
    #[serde(default)]
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

/// A connection's parameters cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("the parameters of a connection do not open")]
    Sealed(#[from] OpenError),
    #[error("the parameters of a connection cannot be read")]
    Json(#[from] serde_json::Error),
}

impl Connection {
    pub fn key(place: &Place, name: &str) -> String {
        scope(place).key(Self::KIND, name)
    }

    pub fn arn(&self, place: &Place, name: &str) -> String {
        arn(place, format!("connection/{name}/{}", self.id))
    }

    pub fn state(&self) -> &'static str {
        match self.sealed {
            Some(_) => "AUTHORIZED",
            None => "DEAUTHORIZED",
        }
    }

    /// What the parameters are sealed for.
    fn purpose(place: &Place, name: &str) -> String {
        format!(
            "{SERVICE}/connection/{}/{}/{name}",
            place.account, place.region
        )
    }

    pub fn seal(
        keyring: &Keyring,
        place: &Place,
        name: &str,
        it: &Parameters,
    ) -> Result<Sealed, serde_json::Error> {
        let text = zeroize::Zeroizing::new(serde_json::to_vec(it)?);
        Ok(keyring.seal(&text, &Self::purpose(place, name)))
    }

    /// `None` for one that was deauthorized.
    pub fn open(
        &self,
        keyring: &Keyring,
        place: &Place,
        name: &str,
    ) -> Result<Option<Parameters>, Unreadable> {
        let Some(sealed) = &self.sealed else {
            return Ok(None);
        };
        let opened = keyring.open(sealed, &Self::purpose(place, name))?;
        Ok(Some(serde_json::from_slice(opened.expose())?))
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
