//! The rotation of the keyring, of the nodes' authority, of the authority of requested
//! certificates and of root's key, while everything runs.
//!
//! Rotating the keyring adds a key and seals every stored secret anew under it: in records, in files, and in
//! the journal what waits for deliveries of logs. Keys before stay in the keyring for what is not stored,
//! session tokens and registry passwords, and go with `wharf keys retire`, once nothing that counts can be
//! sealed under them. Authorities are rotated in
//! the same two steps ([`nodes`], [`certificates`]).

mod certificates;
mod nodes;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use wharf_api_wharf::types::{
    Key as KeyShown, ListKeysResponse, RetireKeysRequest, RetireKeysResponse, RotateKeysRequest,
    RotateKeysResponse,
};
use wharf_base::{Clock, Permit};
use wharf_blobs::Blobs;
use wharf_records::Scope;
use wharf_seal::{KeyId, Keyring};
use wharf_service::{Sealing, Table, transact};
use wharf_store::{Compare, Entry, Range, Store, Txn};
use wharf_svc_acm::AcmService;
use wharf_svc_iam::Directory;
use wharf_svc_logs::LogsService;
use wharf_wire::{Call, Fault};

use crate::{
    control::{
        count,
        fault::{WharfFaults, failed, invalid, refused},
    },
    node_credentials::NodeCredentials,
    own_identity,
    root::{self, RootCredentials},
    start::ServerConfig,
    tls::Authorities,
};

const PERMIT: Permit = Permit::for_controller("keys");
/// The longest that anything lives that was sealed and given away: links in mail; session tokens and registry
/// passwords live for 36 hours.
const LONGEST_TOKEN: Duration = Duration::from_secs(48 * 3600);

/// The key that is meant if none is named.
const KEYRING: &str = "keyring";

pub struct Keys {
    /// Whose records hold secrets; known once all services are built.
    pub sealing: Arc<OnceLock<Vec<Sealing>>>,
    pub store: Store,
    pub keyring: Keyring,
    pub blobs: Blobs,
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
    pub config: ServerConfig,
    pub credentials: NodeCredentials,
    pub authorities: Arc<Authorities>,
    pub acm: AcmService,
    pub logs: LogsService,
}

/// What became of what is stored.
struct SealedAnew {
    /// Secrets and files that are under the active key now, and were not.
    count: usize,
    /// Deliveries of logs that were under way: what waits for them is under keys before.
    busy: usize,
}

impl Keys {
    /// Which keys the keyring has, and how many stored secrets and files of images are sealed under each;
    /// the authorities; and whom a retirement of each would lock out now.
    pub async fn list(&self) -> Result<ListKeysResponse, Fault> {
        let mut counts = BTreeMap::<KeyId, usize>::new();
        self.each_sealed(|sealing, entry| {
            for secret in sealing.of(entry) {
                *counts.entry(secret.sealed.key_id()).or_default() += 1;
            }
        })
        .await?;
        let files = root::sealed_under(&self.config.data_dir).map_err(failed)?;
        for key in files.into_iter().chain(self.authorities.sealed_under()) {
            *counts.entry(key).or_default() += 1;
        }
        for (key, waiting) in self.logs.waiting_under().await.map_err(failed)? {
            *counts.entry(key).or_default() += waiting;
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
            sealed_anew: count(sealed.count),
            ..RotateKeysResponse::default()
        })
    }

    /// Seals every stored secret under the active key.
    async fn seal_anew(&self) -> Result<SealedAnew, Fault> {
        let mut outdated = Vec::new();
        let active = self.keyring.active_key();
        self.each_sealed(|sealing, entry| {
            let secrets = sealing.of(entry);
            if secrets.iter().any(|it| it.sealed.key_id() != active) {
                outdated.push((*sealing, entry.key.clone()));
            }
        })
        .await?;
        for (sealing, key) in &outdated {
            self.seal_one_anew(sealing, key).await?;
        }
        let mut count = outdated.len() + self.blobs.reseal().await.map_err(failed)?;
        count += usize::from(root::reseal(&self.config.data_dir, &self.keyring).map_err(failed)?);
        count += self.authorities.reseal().map_err(failed)?;
        let waiting = self.logs.seal_waiting_anew().await.map_err(failed)?;
        Ok(SealedAnew {
            count: count + waiting.records,
            busy: waiting.busy,
        })
    }

    /// At a start: seals what a rotation that was interrupted left under a key before.
    pub async fn finish_rotation(&self) {
        if self.keyring.keys().len() < 2 {
            return;
        }
        match self.seal_anew().await {
            Ok(SealedAnew { count: 0, .. }) => {}
            Ok(SealedAnew { count, .. }) => {
                tracing::info!(count, "resealed secrets after a rotation of the keyring");
            }
            Err(fault) => {
                tracing::error!(
                    %fault,
                    "failed to reseal secrets; `wharf keys retire` does it"
                );
            }
        }
    }

    async fn seal_one_anew(&self, sealing: &Sealing, key: &str) -> Result<(), Fault> {
        let table = Table::<WharfFaults>::new(self.store.clone());
        transact!(table, &PERMIT, |tx| {
            let Some(entry) = self.store.get(key).await.map_err(failed)? else {
                return Ok(());
            };
            let Some(anew) = sealing.anew(&self.keyring, &entry).map_err(failed)? else {
                return Ok(());
            };
            let unchanged = Compare::unchanged(&entry);
            tx.join(Txn::new().when(unchanged).put(key, anew));
        });
        Ok(())
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
                "The last rotation was less than 48 hours ago: session tokens from before would end. \
                 Use --now to end them.",
            ));
        }
        // Something may have been sealed under the key before while the rotation went on.
        let sealed = self.seal_anew().await?;
        if sealed.busy > 0 {
            return Err(invalid(
                "Logs of resources are being delivered that are sealed under a key before: try again in a moment.",
            ));
        }
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

    /// Each record that holds secrets, and whose it is.
    async fn each_sealed(&self, mut see: impl FnMut(&Sealing, &Entry)) -> Result<(), Fault> {
        for sealing in self.sealing.get().into_iter().flatten() {
            let prefix = Scope::service_prefix(sealing.service);
            let mut pages = self.store.pages(Range::prefix(prefix));
            while let Some(page) = pages.next().await.map_err(failed)? {
                for entry in &page.entries {
                    see(sealing, entry);
                }
                // Others have their turn.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}

/// The contract's list of keys is longer than what is known here.
fn unknown(key: &str) -> Fault {
    invalid(format!("There is no key {key}."))
}
