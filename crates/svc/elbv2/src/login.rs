//! Listeners that authenticate users: secrets of actions, keys of sessions, and when these are replaced.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use wharf_api_elbv2::faults;
use wharf_base::{Timestamp, ids};
use wharf_planeproto::oidc as plane;
use wharf_records::{Record, Unknown, encode};
use wharf_seal::{Keyring, Sealed};
use wharf_store::Txn;
use wharf_wire::{Fault, fault::Chain};

use crate::{
    check::{action::Asked, oidc::no_secret},
    core::{ChangeError, Core},
    fault,
    names::platform_scope,
    records::{Action, Listener, Oidc, Routing, SessionKey, SessionPublicKey},
};

/// A key is followed by another so long after it was made. A session lasts a week at most, so what a key sealed is over when two others came
/// after it.
const KEY_DAYS: i64 = 8;
/// A new key opens for so long before it seals and signs: a host that has not heard of it yet, for the control plane cannot be reached,
/// opens all that other hosts give to browsers.
const AHEAD_DAYS: i64 = 1;
/// The one that seals, the one that is to, and the one that did: all open.
const MOST_KEYS: usize = 3;
const DAY_MS: i64 = 86_400_000;

/// What the client's secret of a listener's or a rule's action is sealed for.
pub fn secret_context(arn: &str) -> String {
    format!("elbv2/client-secret/{arn}")
}

/// What the keys of a listener's sessions are sealed for.
pub fn keys_context(arn: &str) -> String {
    format!("elbv2/session-keys/{arn}")
}

/// Seals secrets of the actions of one listener or rule.
pub struct Sealer<'a> {
    pub keyring: &'a Keyring,
    pub arn: &'a str,
}

impl Sealer<'_> {
    /// The actions as they are kept. A secret that is to stay is that of `before`.
    pub fn actions(&self, asked: Vec<Asked>, before: &[Action]) -> Result<Vec<Action>, Fault> {
        let kept = asked.into_iter().map(|asked| {
            let (order, settings, secret) = match asked {
                Asked::Routing(action) => return Ok(action),
                Asked::Oidc {
                    order,
                    settings,
                    secret,
                } => (order, settings, secret),
            };
            let client_secret = match secret {
                Some(given) => self.keyring.seal(given.as_bytes(), &secret_context(self.arn)),
                None => {
                    let known = of(before).ok_or_else(no_secret)?;
                    // The secret goes to the token endpoint: whoever may change a rule does not learn it by naming another.
                    let same = known.settings.token_endpoint == settings.token_endpoint
                        && known.settings.client_id == settings.client_id;
                    if !same {
                        return Err(faults::invalid_load_balancer_action_exception(
                            "UseExistingClientSecret requires the token endpoint and the client ID that the secret was specified for",
                        ));
                    }
                    known.client_secret.clone()
                }
            };
            let routing = Routing::AuthenticateOidc(Box::new(Oidc {
                settings,
                client_secret,
            }));
            Ok(Action { order, routing })
        });
        kept.collect()
    }

    /// Whether actions that are there are those asked for, secrets included.
    pub fn are_same(&self, there: &[Action], asked: &[Asked]) -> bool {
        there.len() == asked.len()
            && there
                .iter()
                .zip(asked)
                .all(|(there, asked)| match (asked, &there.routing) {
                    (Asked::Routing(action), _) => action == there,
                    (
                        Asked::Oidc {
                            order,
                            settings,
                            secret,
                        },
                        Routing::AuthenticateOidc(oidc),
                    ) => {
                        let known = self.open(&oidc.client_secret);
                        *order == there.order
                            && *settings == oidc.settings
                            && secret.is_some()
                            && known == *secret
                    }
                    (Asked::Oidc { .. }, _) => false,
                })
    }

    fn open(&self, secret: &Sealed) -> Option<String> {
        opened(self.keyring, secret, &secret_context(self.arn))
    }

    /// The actions for hosts. Without its secret an action lets nobody log in.
    pub fn to_plane(&self, actions: &[Action]) -> Vec<wharf_planeproto::balancer::Action> {
        let secret = |oidc: &Oidc| self.open(&oidc.client_secret).unwrap_or_default();
        actions.iter().map(|it| it.to_plane(secret)).collect()
    }
}

/// `None` for a secret that does not open, which is logged.
fn opened(keyring: &Keyring, sealed: &Sealed, context: &str) -> Option<String> {
    match keyring.open(sealed, context) {
        Ok(secret) => secret.expose_str().map(str::to_owned),
        Err(error) => {
            tracing::error!(context, error = %Chain(&error), "failed to decrypt an OIDC client secret; users cannot log in");
            None
        }
    }
}

/// How actions authenticate users.
pub fn of(actions: &[Action]) -> Option<&Oidc> {
    actions.iter().find_map(|it| match &it.routing {
        Routing::AuthenticateOidc(oidc) => Some(&**oidc),
        _ => None,
    })
}

/// A listener's keys for hosts.
pub fn keys_to_plane(arn: &str, keys: &[SessionKey], keyring: &Keyring) -> Vec<plane::SessionKey> {
    let context = keys_context(arn);
    let key = |it: &SessionKey| {
        Some(plane::SessionKey {
            id: it.id.clone(),
            secret: opened(keyring, &it.secret, &context)?,
            signing_key: opened(keyring, &it.signing_key, &context)?,
        })
    };
    keys.iter().filter_map(key).collect()
}

/// What is next for a listener's keys.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The newest key becomes the one that seals and signs.
    First(Timestamp),
    /// There is a new key.
    Add(Timestamp),
}

impl Step {
    pub fn due(&self) -> Timestamp {
        match self {
            Self::First(due) | Self::Add(due) => *due,
        }
    }
}

/// `None` for a listener without keys. The first is the one that seals.
pub fn next_step(keys: &[SessionKey]) -> Option<Step> {
    let first = keys.first()?;
    let newest = keys.iter().max_by_key(|it| it.made_at)?;
    let after = |days: i64| Timestamp::from_millis(newest.made_at.millis() + days * DAY_MS);
    Some(match newest.made_at > first.made_at {
        true => Step::First(after(AHEAD_DAYS)),
        false => Step::Add(after(KEY_DAYS)),
    })
}

/// The keys with a new one behind the first; ids of those that are gone.
pub fn added(mut keys: Vec<SessionKey>, new: SessionKey) -> (Vec<SessionKey>, Vec<String>) {
    keys.insert(keys.len().min(1), new);
    let gone = keys.split_off(keys.len().min(MOST_KEYS));
    (keys, gone.into_iter().map(|it| it.id).collect())
}

/// The keys with the newest as the first. The one before stays: browsers have what it sealed.
pub fn newest_first(mut keys: Vec<SessionKey>) -> Vec<SessionKey> {
    keys.sort_by_key(|it| std::cmp::Reverse(it.made_at));
    keys
}

impl Core {
    /// For the actions of the listener or the rule of this ARN.
    pub fn sealer<'a>(&'a self, arn: &'a str) -> Sealer<'a> {
        Sealer {
            keyring: &self.parts.keyring,
            arn,
        }
    }

    /// Adds to a transaction: a new key of a listener, which it returns.
    pub fn new_session_key(&self, txn: Txn, arn: &str) -> Result<(Txn, SessionKey), Fault> {
        let made = Made::new().map_err(|error| fault::server(&error))?;
        let (keyring, context) = (&self.parts.keyring, keys_context(arn));
        let sealed = |bytes: &[u8]| keyring.seal(STANDARD.encode(bytes).as_bytes(), &context);
        let key = SessionKey {
            id: ids::uuid(),
            made_at: self.now(),
            secret: sealed(&made.secret),
            signing_key: sealed(&made.pkcs8),
        };
        let public = SessionPublicKey {
            pem: made.public,
            listener: arn.to_owned(),
            unknown: Unknown::new(),
        };
        let txn = txn.put(public_key(&key.id), encode(&public));
        Ok((txn, key))
    }

    /// Adds to a transaction: the listener has keys if users are authenticated.
    pub fn with_session_keys(
        &self,
        txn: Txn,
        arn: &str,
        listener: &mut Listener,
        actions: &[Action],
    ) -> Result<Txn, Fault> {
        if of(actions).is_none() || !listener.session_keys.is_empty() {
            return Ok(txn);
        }
        let (txn, key) = self.new_session_key(txn, arn)?;
        listener.session_keys.push(key);
        Ok(txn)
    }

    /// The public key of an id, in PEM.
    pub async fn session_public_key(&self, id: &str) -> Result<Option<String>, ChangeError> {
        let found = self.table.read::<SessionPublicKey>(&public_key(id)).await?;
        Ok(found.map(|it| it.record.pem))
    }
}

/// Where a public key is found.
pub fn public_key(id: &str) -> String {
    platform_scope().key(SessionPublicKey::KIND, id)
}

struct Made {
    secret: [u8; 32],
    pkcs8: Vec<u8>,
    public: String,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no randomness for a key")]
struct NoKey;

impl Made {
    fn new() -> Result<Self, NoKey> {
        let random = SystemRandom::new();
        let mut secret = [0; 32];
        random.fill(&mut secret).map_err(|_| NoKey)?;
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| NoKey)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random);
        let pair = pair.map_err(|_| NoKey)?;
        Ok(Self {
            secret,
            public: pem(pair.public_key().as_ref()),
            pkcs8: pkcs8.as_ref().to_vec(),
        })
    }
}

/// A point of P-256 as a SubjectPublicKeyInfo (RFC 5480) in PEM.
fn pem(point: &[u8]) -> String {
    const HEAD: [u8; 26] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let text = STANDARD.encode([&HEAD[..], point].concat());
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .filter_map(|it| std::str::from_utf8(it).ok())
        .collect();
    let lines = lines.join("\n");
    format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
}

#[cfg(test)]
mod tests;
