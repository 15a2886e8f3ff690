//! `/wharf/keys`: the rotation of the keyring, of the nodes' authority, of the authority of requested
//! certificates and of root's key, while everything runs.
//!
//! Rotating the keyring adds a key and seals every stored secret anew under it. Keys before stay in
//! the keyring for what is not stored, session tokens and registry passwords, and go with
//! `wharf keys retire`, once nothing that counts can be sealed under them. Authorities are rotated in
//! the same two steps ([`nodes`], [`certificates`]).

mod certificates;
mod nodes;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_base::{Clock, Permit};
use wharf_blobs::Blobs;
use wharf_records::Scope;
use wharf_seal::{KeyId, Keyring, Sealed};
use wharf_store::{Compare, Entry, Range, Store, Txn};
use wharf_svc_acm::AcmService;
use wharf_svc_iam::Directory;
use wharf_wire::{Call, fault::Chain};

use crate::{
    node_credentials::NodeCredentials,
    own_identity,
    root::{self, RootCredentials},
    start::ServerConfig,
    tls::Authorities,
};

const PERMIT: Permit = Permit::for_controller("keys");
/// Entries looked at in one go.
const PAGE: usize = 1000;
/// Tries of a compare-and-swap on one record.
const MAX_TRIES: usize = 16;
/// The longest that a session token or a registry password lives.
const LONGEST_TOKEN: Duration = Duration::from_secs(36 * 3600);

pub struct Keys {
    pub store: Store,
    pub keyring: Keyring,
    pub blobs: Blobs,
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
    pub config: ServerConfig,
    pub credentials: NodeCredentials,
    pub authorities: Arc<Authorities>,
    pub acm: AcmService,
}

/// What is rotated and retired, as queries name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Keyring,
    Nodes,
    Certificates,
    Root,
}

impl Key {
    /// Of `key=…` in a query; the keyring if it says nothing.
    fn of(query: &str) -> Option<Self> {
        let mut given = form_urlencoded::parse(query.as_bytes());
        match given.find(|(name, _)| name == "key") {
            None => Some(Self::Keyring),
            Some((_, key)) => match &*key {
                "keyring" => Some(Self::Keyring),
                "nodes" => Some(Self::Nodes),
                "certificates" => Some(Self::Certificates),
                "root" => Some(Self::Root),
                _ => None,
            },
        }
    }
}

impl Keys {
    /// Which keys the keyring has, and how many stored secrets and files of images are sealed under each;
    /// the authorities; and whom a retirement of each would lock out now.
    pub async fn list(&self) -> Result<Value, String> {
        let mut counts = BTreeMap::<KeyId, usize>::new();
        self.each_secret(|_, secret| *counts.entry(secret.sealed.key_id()).or_default() += 1)
            .await?;
        let files = root::sealed_under(&self.config.data_dir).map_err(failed)?;
        for key in files.into_iter().chain(self.authorities.sealed_under()) {
            *counts.entry(key).or_default() += 1;
        }
        let blobs = self.blobs.sealed_under().await.map_err(failed)?;
        let active = self.keyring.active_key();
        let keys: Vec<Value> = self
            .keyring
            .keys()
            .into_iter()
            .map(|(id, created)| {
                json!({
                    "id": id.to_string(),
                    "created": created,
                    "active": id == active,
                    "secrets": counts.get(&id).copied().unwrap_or(0),
                    "images": blobs.get(&id).copied().unwrap_or(0),
                })
            })
            .collect();
        Ok(json!({
            "keys": keys,
            "lockedOut": self.not_renewed().await?,
            "nodes": self.show_nodes().await?,
            "certificates": self.show_certificates().await?,
        }))
    }

    /// The query says what: `key=keyring`, `nodes`, `certificates` or `root`.
    pub async fn rotate(&self, call: &Call, query: &str) -> Result<Value, String> {
        let done = match Key::of(query) {
            Some(Key::Keyring) => self.rotate_keyring().await?,
            Some(Key::Nodes) => self.rotate_nodes()?,
            Some(Key::Certificates) => self.rotate_certificates().await?,
            Some(Key::Root) => self.rotate_root().await?,
            None => {
                let known =
                    "The keys that rotate are `keyring`, `nodes`, `certificates` and `root`.";
                return Err(known.to_owned());
            }
        };
        tracing::info!(key = query, by = call.caller.arn, "a key was rotated");
        Ok(done)
    }

    async fn rotate_keyring(&self) -> Result<Value, String> {
        let active = self.keyring.rotate().map_err(failed)?;
        let sealed = self.seal_anew().await?;
        // Joined nodes renew theirs within half an hour.
        own_identity::write(&self.config, &self.credentials)
            .await
            .map_err(failed)?;
        Ok(json!({ "active": active.to_string(), "sealedAnew": sealed }))
    }

    /// Seals every stored secret under the active key; how many were not.
    async fn seal_anew(&self) -> Result<usize, String> {
        let mut outdated = Vec::new();
        let active = self.keyring.active_key();
        self.each_secret(|entry, secret| {
            if secret.sealed.key_id() != active {
                outdated.push(entry.key.clone());
            }
        })
        .await?;
        for key in &outdated {
            self.seal_one_anew(key).await?;
        }
        let mut count = outdated.len() + self.blobs.reseal().await.map_err(failed)?;
        count += usize::from(root::reseal(&self.config.data_dir, &self.keyring).map_err(failed)?);
        count += self.authorities.reseal().map_err(failed)?;
        Ok(count)
    }

    /// At a start: seals what a rotation that was interrupted left under a key before.
    pub async fn finish_rotation(&self) {
        if self.keyring.keys().len() < 2 {
            return;
        }
        match self.seal_anew().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "secrets are sealed anew after a rotation"),
            Err(error) => {
                tracing::error!(
                    error,
                    "failed to reseal secrets; `wharf keys retire` does it"
                );
            }
        }
    }

    async fn seal_one_anew(&self, key: &str) -> Result<(), String> {
        for _ in 0..MAX_TRIES {
            let Some(entry) = self.store.get(key).await.map_err(failed)? else {
                return Ok(());
            };
            let Some(secret) = secret_of(&entry) else {
                return Ok(());
            };
            let anew = self.keyring.reseal(&secret.sealed, &secret.context);
            let Some(anew) = anew.map_err(|error| format!("{key}: {error}"))? else {
                return Ok(());
            };
            // The text of a sealed secret occurs once: it begins with random bytes.
            let text = String::from_utf8_lossy(&entry.value);
            let text = text.replacen(&secret.sealed.encode(), &anew.encode(), 1);
            let txn = Txn::new()
                .when(Compare::unchanged(&entry))
                .put(key, text.into_bytes());
            if self
                .store
                .txn(&PERMIT, txn)
                .await
                .map_err(failed)?
                .succeeded
            {
                return Ok(());
            }
        }
        Err(format!("{key} changes all the time."))
    }

    /// Drops what came before the last rotation; the query says of what, as [`Keys::rotate`]'s, and with
    /// `now` that whoever has not followed is locked out.
    pub async fn retire(&self, call: &Call, query: &str) -> Result<Value, String> {
        let now = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "now");
        let done = match Key::of(query) {
            Some(Key::Keyring) => self.retire_keyring(now).await?,
            Some(Key::Nodes) => self.retire_nodes(now).await?,
            Some(Key::Certificates) => self.retire_certificates(now).await?,
            Some(Key::Root) => {
                return Err("Root's key before ended with the rotation.".to_owned());
            }
            None => {
                let known = "What is retired is `keyring`, `nodes` or `certificates`.";
                return Err(known.to_owned());
            }
        };
        tracing::info!(key = query, by = call.caller.arn, "keys were retired");
        Ok(done)
    }

    async fn retire_keyring(&self, now: bool) -> Result<Value, String> {
        let active = self.keyring.active_key();
        let created = self.keyring.keys().into_iter();
        let mut created = created.filter(|(id, _)| *id == active).map(|(_, at)| at);
        let age = created
            .next_back()
            .map_or(Duration::ZERO, |at| self.clock.now().since(at));
        if age < LONGEST_TOKEN && !now {
            return Err(
                "The last rotation was less than 36 hours ago: session tokens from before would end. \
                 Use --now to end them."
                    .to_owned(),
            );
        }
        // Something may have been sealed under the key before while the rotation went on.
        self.seal_anew().await?;
        let locked_out = self.not_renewed().await?;
        let gone = self.keyring.retire().map_err(failed)?;
        let gone: Vec<String> = gone.iter().map(ToString::to_string).collect();
        Ok(json!({ "retired": gone, "lockedOut": locked_out }))
    }

    /// A new key of the account's root; all it had end.
    async fn rotate_root(&self) -> Result<Value, String> {
        let now = self.clock.now();
        let made = self
            .directory
            .rotate_root(&PERMIT, &self.config.account, now)
            .await
            .map_err(failed)?;
        let credentials = RootCredentials {
            access_key_id: made.access_key_id.clone(),
            secret_access_key: made.secret.expose().to_owned(),
        };
        root::save(&self.config.data_dir, &self.keyring, &credentials).map_err(failed)?;
        Ok(json!({ "accessKeyId": made.access_key_id }))
    }

    async fn each_secret(&self, mut see: impl FnMut(&Entry, &Secret)) -> Result<(), String> {
        for service in ["iam", "acm", "elbv2"] {
            let prefix = Scope::service_prefix(service);
            let all = self
                .store
                .range(Range::prefix(prefix))
                .await
                .map_err(failed)?;
            for entries in all.entries.chunks(PAGE) {
                for entry in entries {
                    if let Some(secret) = secret_of(entry) {
                        see(entry, &secret);
                    }
                }
                // Others have their turn.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}

/// A sealed secret of a record, and what it is sealed for.
struct Secret {
    sealed: Sealed,
    context: String,
}

/// The secret of a stored record, if it is of a kind that has one.
fn secret_of(entry: &Entry) -> Option<Secret> {
    let (scope, kind, id) = Scope::parse(&entry.key)?;
    let (member, context) = match (scope.service.as_str(), kind) {
        ("iam", "access-key") => ("secret", format!("iam/access-key/{id}")),
        ("iam", "server-certificate") => ("private_key", "iam/server-certificate/".to_owned()),
        ("acm", "certificate") => {
            let (region, account) = (&scope.region, &scope.account);
            let arn = format!("arn:aws:acm:{region}:{account}:certificate/{id}");
            ("private_key", format!("acm/certificate/{arn}"))
        }
        ("acm", "authority") => ("private_key", "acm/authority".to_owned()),
        ("elbv2", "certificate") => ("private_key", format!("elbv2/certificate/{id}")),
        _ => return None,
    };
    let value: Value = serde_json::from_slice(&entry.value).ok()?;
    let body = &value["body"];
    let sealed = Sealed::decode(body[member].as_str()?).ok()?;
    // Kept under its name, sealed for its id.
    let context = match kind {
        "server-certificate" => context + body["id"].as_str()?,
        _ => context,
    };
    Some(Secret { sealed, context })
}

fn failed(cause: impl std::error::Error) -> String {
    Chain(&cause).to_string()
}
