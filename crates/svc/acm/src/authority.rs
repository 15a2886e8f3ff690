//! The authority that vouches for requested certificates: one for the whole installation, beside the
//! one that nodes trust, so that who trusts certificates of users need not trust nodes, nor the other
//! way round.
//!
//! A rotation puts another in its place, in one transaction: the one before is remembered without its
//! key, for those who trust it, until it is retired or ends. What it has signed is signed anew
//! (`plan`).
//!
//! It is a record, made at first need, with its key sealed. Its own certificate is made anew, with the
//! same name and key, long before it ends: what it has signed stays valid under both.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType, string::Ia5String,
};
use time::OffsetDateTime;
use wharf_base::{Permit, Timestamp, ids};
use wharf_records::{Record, Unknown};
use wharf_service::{Stored, transact};
use wharf_store::Txn;
use zeroize::Zeroizing;

use crate::{
    core::{ChangeError, Core},
    facts::{self, Unreadable},
    key::{self, Algorithm, KeyError},
    names::platform_scope,
    records::{self, Issued},
};

pub const PURPOSE: &str = "acm/authority";
const PERMIT: Permit = Permit::for_controller("acm-authority");
/// Common and organisation name of what it signs with.
const ORGANISATION: &str = "wharf";
const DAY: time::Duration = time::Duration::DAY;
const LIFE: time::Duration = time::Duration::days(3650);
/// Of what it signs, as in AWS since 2026.
const LEAF_LIFE: time::Duration = time::Duration::days(198);
/// It is made anew when it would live for less than this.
const LEAST_LIFE: std::time::Duration = std::time::Duration::from_secs(2 * 198 * 86_400);
/// Characters of a common name (RFC 5280, appendix A).
pub const LONGEST_COMMON_NAME: usize = 64;

/// A certificate cannot be issued.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error("the authority's key does not open")]
    Sealed(#[from] wharf_seal::OpenError),
    #[error("the authority's key is no text")]
    NotText,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    #[error("a certificate of our own cannot be read")]
    Unreadable(#[from] Unreadable),
    #[error("the time is out of range")]
    Time,
}

/// The authority with its key opened.
pub struct Authority {
    name: String,
    generation: u32,
    /// PEM
    certificate: String,
    key: KeyPair,
}

/// An authority as people are shown it.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownAuthority {
    pub name: String,
    /// PEM
    pub certificate: String,
    pub not_after: Timestamp,
    /// Whether it signs.
    pub active: bool,
}

impl Core {
    /// All that count: the one that signs, then those before, the latest first. None if nothing was ever
    /// signed.
    pub async fn authorities(&self) -> Result<Vec<ShownAuthority>, AuthorityError> {
        let key = platform_scope().key(records::Authority::KIND, "1");
        let Some(active) = self.table.read::<records::Authority>(&key).await? else {
            return Ok(Vec::new());
        };
        let active = active.record;
        let mut all = vec![ShownAuthority {
            name: active.name,
            certificate: active.certificate,
            not_after: active.not_after,
            active: true,
        }];
        let now = self.now();
        let mut former = self.former_authorities().await?;
        former.sort_by_key(|it| std::cmp::Reverse(it.record.generation));
        let former = former.into_iter().map(|it| it.record);
        all.extend(
            former
                .filter(|it| it.not_after > now)
                .map(|it| ShownAuthority {
                    name: it.name,
                    certificate: it.certificate,
                    not_after: it.not_after,
                    active: false,
                }),
        );
        Ok(all)
    }

    /// Generation of the authority that signs; the first if there is none yet.
    pub async fn generation(&self) -> Result<u32, ChangeError> {
        let key = platform_scope().key(records::Authority::KIND, "1");
        let active = self.table.read::<records::Authority>(&key).await?;
        Ok(active.map_or(0, |it| it.record.generation))
    }

    async fn former_authorities(
        &self,
    ) -> Result<Vec<Stored<records::FormerAuthority>>, ChangeError> {
        let all = self.table.all(&platform_scope(), "").await?;
        Ok(all.into_iter().map(|(_, stored)| stored).collect())
    }

    /// Another authority signs from here on; its name. `None` if nothing was ever signed.
    pub async fn rotate_authority(&self) -> Result<Option<String>, AuthorityError> {
        let key = platform_scope().key(records::Authority::KIND, "1");
        let name = transact!(self.table, &PERMIT, |tx| {
            let Some(before) = tx.find::<records::Authority>(&key).await? else {
                return Ok(None);
            };
            let record = self.made(&new_name(), before.generation + 1, self.now())?;
            let former_key = former_key(before.generation);
            let former = records::FormerAuthority {
                name: before.name,
                certificate: before.certificate,
                not_after: before.not_after,
                generation: before.generation,
                unknown: Unknown::new(),
            };
            tx.put(&key, &record);
            tx.put(former_key, &former);
            record.name
        });
        Ok(Some(name))
    }

    /// Forgets those that sign no more; their names.
    pub async fn retire_authorities(&self) -> Result<Vec<String>, ChangeError> {
        let mut names = Vec::new();
        for former in self.former_authorities().await? {
            let txn = Txn::new().when(former.unchanged()).delete(&former.key);
            self.table.commit(&PERMIT, txn).await?;
            names.push(former.record.name);
        }
        Ok(names)
    }

    /// A new record with a fresh key.
    fn made(
        &self,
        name: &str,
        generation: u32,
        now: Timestamp,
    ) -> Result<records::Authority, AuthorityError> {
        let pair = key::generate(Algorithm::P256)?;
        self.certified(name, generation, &pair, now)
    }

    /// A record with a certificate of now.
    fn certified(
        &self,
        name: &str,
        generation: u32,
        pair: &KeyPair,
        now: Timestamp,
    ) -> Result<records::Authority, AuthorityError> {
        let made = authority_params(name, now)?.self_signed(pair)?;
        let pem = Zeroizing::new(pair.serialize_pem());
        Ok(records::Authority {
            name: name.to_owned(),
            certificate: made.pem(),
            not_after: facts::read(made.der())?.facts.not_after,
            private_key: self.parts.keyring.seal(pem.as_bytes(), PURPOSE),
            generation,
            unknown: Unknown::new(),
        })
    }

    /// The authority; made if there is none yet.
    pub async fn authority(&self) -> Result<Authority, AuthorityError> {
        let key = platform_scope().key(records::Authority::KIND, "1");
        let made = transact!(self.table, &PERMIT, |tx| {
            let now = self.now();
            let found = tx.find::<records::Authority>(&key).await?;
            let (record, opened) = match &found {
                Some(found) => {
                    let opened = self.open(found)?;
                    if found.not_after >= now + LEAST_LIFE {
                        return Ok(Authority::new(found, opened));
                    }
                    (Some(found), opened)
                }
                None => (None, key::generate(Algorithm::P256)?),
            };
            let name = record.map_or_else(new_name, |it| it.name.clone());
            let generation = record.map_or(0, |it| it.generation);
            let mut made = self.certified(&name, generation, &opened, now)?;
            made.unknown = record.map_or_else(Unknown::new, |it| it.unknown.clone());
            tx.put(&key, &made);
            Authority::new(&made, opened)
        });
        Ok(made)
    }

    fn open(&self, found: &records::Authority) -> Result<KeyPair, AuthorityError> {
        let keyring = &self.parts.keyring;
        let pem = keyring.open(&found.private_key, PURPOSE)?;
        let pem = pem.expose_str().ok_or(AuthorityError::NotText)?;
        Ok(KeyPair::from_pem(pem)?)
    }
}

impl Authority {
    fn new(record: &records::Authority, key: KeyPair) -> Self {
        Self {
            name: record.name.clone(),
            generation: record.generation,
            certificate: record.certificate.clone(),
            key,
        }
    }

    /// Signs a certificate for servers with these names, the first of which is its subject.
    pub fn issue(
        &self,
        names: &[String],
        key: &KeyPair,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Issued, AuthorityError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(first) = names.first().filter(|it| it.len() <= LONGEST_COMMON_NAME) {
            params
                .distinguished_name
                .push(DnType::CommonName, DnValue::Utf8String(first.clone()));
        }
        for name in names {
            let name = Ia5String::try_from(name.as_str())?;
            params.subject_alt_names.push(SanType::DnsName(name));
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if algorithm.is_rsa() {
            params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        live(&mut params, now, LEAF_LIFE)?;
        let issuer = Issuer::new(authority_params(&self.name, now)?, &self.key);
        let made = params.signed_by(key, &issuer)?;
        Ok(Issued {
            body: made.pem(),
            chain: Some(self.certificate.clone()),
            facts: facts::read(made.der())?.facts,
            at: now,
            authority: self.generation,
        })
    }
}

/// A client may trust several installations, and several authorities of one: they differ by name.
fn new_name() -> String {
    format!("wharf certificates {}", ids::hex16())
}

fn former_key(generation: u32) -> String {
    platform_scope().key(records::FormerAuthority::KIND, &generation.to_string())
}

fn authority_params(name: &str, now: Timestamp) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, ORGANISATION);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    live(&mut params, now, LIFE)?;
    Ok(params)
}

fn live(
    params: &mut CertificateParams,
    now: Timestamp,
    life: time::Duration,
) -> Result<(), AuthorityError> {
    let now = OffsetDateTime::from_unix_timestamp(now.millis().div_euclid(1000))
        .map_err(|_| AuthorityError::Time)?;
    // Clocks of clients may be behind.
    params.not_before = now.checked_sub(DAY).ok_or(AuthorityError::Time)?;
    params.not_after = now.checked_add(life).ok_or(AuthorityError::Time)?;
    Ok(())
}
