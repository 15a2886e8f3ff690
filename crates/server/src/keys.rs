//! The rotation of the keyring, of the nodes' authority, of the authority of requested
//! certificates and of root's key, while everything runs.
//!
//! Rotating the keyring adds a key and seals every stored secret anew under it. Keys before stay in
//! the keyring for what is not stored, session tokens and registry passwords, and go with
//! `wharf keys retire`, once nothing that counts can be sealed under them. Authorities are rotated in
//! the same two steps ([`nodes`], [`certificates`]).

mod certificates;
mod nodes;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::Value;
use wharf_api_wharf::types::{
    Key as KeyShown, ListKeysResponse, RetireKeysRequest, RetireKeysResponse, RotateKeysRequest,
    RotateKeysResponse,
};
use wharf_base::{Arn, Clock, Permit};
use wharf_blobs::Blobs;
use wharf_records::Scope;
use wharf_seal::{KeyId, Keyring, Sealed};
use wharf_store::{Compare, Entry, Range, Store, Txn};
use wharf_svc_acm::AcmService;
use wharf_svc_iam::Directory;
use wharf_wire::{Call, Fault};

use crate::{
    control::{
        count,
        fault::{failed, invalid, refused},
    },
    node_credentials::NodeCredentials,
    own_identity,
    root::{self, RootCredentials},
    start::ServerConfig,
    tls::Authorities,
};

const PERMIT: Permit = Permit::for_controller("keys");
/// Tries of a compare-and-swap on one record.
const MAX_TRIES: usize = 16;
/// The longest that a session token or a registry password lives.
const LONGEST_TOKEN: Duration = Duration::from_secs(36 * 3600);

/// Services that keep secrets.
const SEALING: [&str; 9] = [
    "iam",
    "acm",
    "elbv2",
    "events",
    "kms",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
];

/// The key that is meant if none is named.
const KEYRING: &str = "keyring";

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

impl Keys {
    /// Which keys the keyring has, and how many stored secrets and files of images are sealed under each;
    /// the authorities; and whom a retirement of each would lock out now.
    pub async fn list(&self) -> Result<ListKeysResponse, Fault> {
        let mut counts = BTreeMap::<KeyId, usize>::new();
        self.each_secret(|_, secret| *counts.entry(secret.sealed.key_id()).or_default() += 1)
            .await?;
        let files = root::sealed_under(&self.config.data_dir).map_err(failed)?;
        for key in files.into_iter().chain(self.authorities.sealed_under()) {
            *counts.entry(key).or_default() += 1;
        }
        let blobs = self.blobs.sealed_under().await.map_err(failed)?;
        let active = self.keyring.active_key();
        let keys = self.keyring.keys().into_iter();
        let keys = keys.map(|(id, created)| KeyShown {
            id: Some(id.to_string()),
            created: Some(created),
            active: Some(id == active),
            secrets: count(counts.get(&id).copied().unwrap_or(0)),
            images: count(blobs.get(&id).copied().unwrap_or(0)),
        });
        Ok(ListKeysResponse {
            keys: Some(keys.collect()),
            locked_out: Some(self.not_renewed().await?),
            nodes: Some(self.show_nodes().await?),
            certificates: Some(self.show_certificates().await?),
        })
    }

    /// Rotates the key of that name; the keyring's if none is named.
    pub async fn rotate(
        &self,
        call: &Call,
        input: RotateKeysRequest,
    ) -> Result<RotateKeysResponse, Fault> {
        let key = input.key.as_deref().unwrap_or(KEYRING);
        let done = match key {
            KEYRING => self.rotate_keyring().await?,
            "nodes" => self.rotate_nodes()?,
            "certificates" => self.rotate_certificates().await?,
            "root" => self.rotate_root().await?,
            _ => return Err(unknown(key)),
        };
        tracing::info!(key, by = call.caller.arn, "a key was rotated");
        Ok(done)
    }

    async fn rotate_keyring(&self) -> Result<RotateKeysResponse, Fault> {
        let active = self.keyring.rotate().map_err(refused)?;
        let sealed = self.seal_anew().await?;
        // Joined nodes renew theirs within half an hour.
        own_identity::write(&self.config, &self.credentials)
            .await
            .map_err(failed)?;
        Ok(RotateKeysResponse {
            active: Some(active.to_string()),
            sealed_anew: count(sealed),
            ..RotateKeysResponse::default()
        })
    }

    /// Seals every stored secret under the active key; how many were not.
    async fn seal_anew(&self) -> Result<usize, Fault> {
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
            Err(fault) => {
                tracing::error!(
                    %fault,
                    "failed to reseal secrets; `wharf keys retire` does it"
                );
            }
        }
    }

    async fn seal_one_anew(&self, key: &str) -> Result<(), Fault> {
        for _ in 0..MAX_TRIES {
            let Some(entry) = self.store.get(key).await.map_err(failed)? else {
                return Ok(());
            };
            let Some(secret) = secret_of(&entry) else {
                return Ok(());
            };
            let anew = self.keyring.reseal(&secret.sealed, &secret.context);
            let Some(anew) = anew.map_err(failed)? else {
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
        Err(invalid(format!(
            "The record {key} changes all the time; try again."
        )))
    }

    /// Drops what came before the last rotation of the key of that name, the keyring's if none is
    /// named; with `now` also where that locks out whoever has not followed.
    pub async fn retire(
        &self,
        call: &Call,
        input: RetireKeysRequest,
    ) -> Result<RetireKeysResponse, Fault> {
        let now = input.now.unwrap_or_default();
        let key = input.key.as_deref().unwrap_or(KEYRING);
        let done = match key {
            KEYRING => self.retire_keyring(now).await?,
            "nodes" => self.retire_nodes(now).await?,
            "certificates" => self.retire_certificates(now).await?,
            _ => return Err(unknown(key)),
        };
        tracing::info!(key, by = call.caller.arn, "keys were retired");
        Ok(done)
    }

    async fn retire_keyring(&self, now: bool) -> Result<RetireKeysResponse, Fault> {
        let active = self.keyring.active_key();
        let created = self.keyring.keys().into_iter();
        let mut created = created.filter(|(id, _)| *id == active).map(|(_, at)| at);
        let age = created
            .next_back()
            .map_or(Duration::ZERO, |at| self.clock.now().since(at));
        if age < LONGEST_TOKEN && !now {
            return Err(invalid(
                "The last rotation was less than 36 hours ago: session tokens from before would end. \
                 Use --now to end them.",
            ));
        }
        // Something may have been sealed under the key before while the rotation went on.
        self.seal_anew().await?;
        let locked_out = self.not_renewed().await?;
        let gone = self.keyring.retire().map_err(refused)?;
        let gone: Vec<String> = gone.iter().map(ToString::to_string).collect();
        Ok(RetireKeysResponse {
            retired: Some(gone),
            locked_out: Some(locked_out),
            outdated: None,
        })
    }

    /// A new key of the account's root; all it had end.
    async fn rotate_root(&self) -> Result<RotateKeysResponse, Fault> {
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
        Ok(RotateKeysResponse {
            access_key_id: Some(made.access_key_id),
            ..RotateKeysResponse::default()
        })
    }

    async fn each_secret(&self, mut see: impl FnMut(&Entry, &Secret)) -> Result<(), Fault> {
        for service in SEALING {
            let prefix = Scope::service_prefix(service);
            let mut pages = self.store.pages(Range::prefix(prefix));
            while let Some(page) = pages.next().await.map_err(failed)? {
                for entry in &page.entries {
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
            let resource = format!("certificate/{id}");
            let arn = Arn::new("acm", &scope.region, &scope.account, resource);
            ("private_key", format!("acm/certificate/{arn}"))
        }
        ("acm", "authority") => ("private_key", "acm/authority".to_owned()),
        ("kms", "material") => {
            let Scope {
                account, region, ..
            } = &scope;
            ("sealed", format!("kms/material/{account}/{region}/{id}"))
        }
        ("secretsmanager", "value") => {
            let Scope {
                account, region, ..
            } = &scope;
            let context = format!("secretsmanager/value/{account}/{region}/{id}");
            ("sealed", context)
        }
        ("s3", "pack") => ("sealed", format!("s3/pack/{id}")),
        ("sqs", "data-key") => {
            let Scope {
                account, region, ..
            } = &scope;
            ("sealed", format!("sqs/data-key/{account}/{region}/{id}"))
        }
        ("ssm", "version") => {
            let Scope {
                account, region, ..
            } = &scope;
            ("sealed", format!("ssm/version/{account}/{region}/{id}"))
        }
        ("events", "connection") => {
            let Scope {
                account, region, ..
            } = &scope;
            (
                "sealed",
                format!("events/connection/{account}/{region}/{id}"),
            )
        }
        ("sns", "signing-key") => ("private_key", "sns/signing-key".to_owned()),
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

/// The contract's list of keys is longer than what is known here.
fn unknown(key: &str) -> Fault {
    invalid(format!("There is no key {key}."))
}
