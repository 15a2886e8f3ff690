//! Who signs a request, and what they may do.
//!
//! Everything is read from the store on every request and so is as fresh as the store; what is
//! expensive, decoding records and compiling policies, is kept in memory under the revision of the
//! record it was made from. A changed record has another revision, so nothing is ever invalidated
//! and nothing can be stale.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use wharf_base::{Permit, Timestamp, ids};
use wharf_iam::{
    CompiledPolicy, DocumentKind, Principal, PrincipalPolicies, managed,
    session::{Holder, SecretKey, SessionToken},
};
use wharf_records::{RecordError, decode, encode};
use wharf_seal::{Keyring, OpenError};
use wharf_store::{Compare, Op, Revision, Store, StoreError, Txn};
use wharf_wire::{Caller, CallerKind, call::Session};

use crate::{
    entity::Entity,
    names::{self, entity_arn},
    records::{
        AccessKeyRecord, AccessKeyUseRecord, AccountRecord, GroupIdRecord, GroupRecord,
        PolicyRecord, RoleRecord, Stored, Tags, UserRecord, folded,
    },
    trust,
};

/// Records and policies kept ready. When there are more, all are forgotten and made anew.
const MAX_READY: usize = 16_384;
/// Documents of each kind that came with requests (session and resource policies) kept ready.
const MAX_DOCUMENTS: usize = 1_024;
/// Longer ones are compiled each time.
const MAX_DOCUMENT_BYTES: usize = 16 << 10;
/// Longest session token looked at: policies and fifty tags at their longest, sealed.
const MAX_TOKEN_BYTES: usize = 64 << 10;
/// A key's last use is written down at most this often.
const USE_GRAIN: Duration = Duration::from_secs(15 * 60);
/// What session tokens are sealed for.
const TOKEN_PURPOSE: &str = "sts/session-token";
/// The id of an account's own record.
pub(crate) const ACCOUNT: &str = "account";

/// The platform's own policies, compiled when the first one is needed.
static PLATFORM_POLICIES: LazyLock<HashMap<String, Arc<CompiledPolicy>>> = LazyLock::new(|| {
    managed::ALL
        .iter()
        .map(|policy| {
            let arn = policy.arn();
            let ready = compiled(&arn, policy.document, DocumentKind::Managed);
            (arn, ready)
        })
        .collect()
});

/// Looks up keys, tokens and policies.
#[derive(Debug)]
pub struct Directory {
    store: Store,
    keyring: Keyring,
    ready: Mutex<HashMap<String, Ready>>,
    documents: Mutex<HashMap<DocumentKind, HashMap<String, Arc<CompiledPolicy>>>>,
    /// When each key's use was last written down.
    noted: Mutex<HashMap<String, Timestamp>>,
}

#[derive(Debug)]
struct Ready {
    revision: Revision,
    value: Arc<dyn Any + Send + Sync>,
}

/// An access key and its secret.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret: SecretKey,
}

/// What an access key id, with its session token, stands for.
#[derive(Debug, Clone)]
pub struct Identified {
    /// What the request must be signed with.
    pub secret: SecretKey,
    pub caller: Caller,
}

/// The directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("cannot read the directory")]
    Store(#[from] StoreError),
    #[error("a record of the directory cannot be used")]
    Record(#[from] RecordError),
    #[error("a secret of the directory stays sealed")]
    Sealed(#[from] OpenError),
}

/// Why a request cannot be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum IdentifyError {
    /// No such key, an inactive one, or a token that is not of this key.
    #[error("The security token included in the request is invalid.")]
    Unknown,
    #[error("The security token included in the request is expired")]
    Expired,
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// A caller as policies see it, with the policies it brings.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) principal: Principal,
    pub(crate) policies: PrincipalPolicies,
}

/// A user, group or role with its inline policies compiled.
struct Equipped<T> {
    record: T,
    inline: Vec<Arc<CompiledPolicy>>,
}

/// A role as those who assume it see it.
pub(crate) struct KnownRole {
    pub(crate) record: RoleRecord,
    pub(crate) trust: Arc<CompiledPolicy>,
    inline: Vec<Arc<CompiledPolicy>>,
}

impl Directory {
    pub fn new(store: Store, keyring: Keyring) -> Self {
        Self {
            store,
            keyring,
            ready: Mutex::default(),
            documents: Mutex::default(),
            noted: Mutex::default(),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// An access key of the account's root, made at the account's first start. None when root's keys
    /// were deleted or switched off since: that is somebody's will, and they do not come back.
    pub async fn root_credentials(
        &self,
        permit: &Permit,
        account: &str,
        now: Timestamp,
    ) -> Result<Option<Credentials>, DirectoryError> {
        loop {
            let account_key = AccountRecord::key(account, ACCOUNT);
            let entry = self.store.get(&account_key).await?;
            let mut record = match &entry {
                Some(entry) => decode::<AccountRecord>(&entry.value)?,
                None => AccountRecord::default(),
            };
            if record.started {
                return self.root_key(account, &record.root_keys).await;
            }
            let (credentials, key) = self.mint_key(account, None, now);
            let id = &credentials.access_key_id;
            record.started = true;
            record.root_keys.insert(0, id.clone());
            let revision = entry.map_or(0, |entry| entry.mod_revision);
            let txn = Txn {
                compare: vec![Compare::mod_revision(&account_key, revision)],
                then: vec![
                    Op::put(account_key.clone(), encode(&record)),
                    Op::put(AccessKeyRecord::key(account, id), encode(&key)),
                ],
                or_else: Vec::new(),
            };
            if self.store.txn(permit, txn).await?.succeeded {
                return Ok(Some(credentials));
            }
        }
    }

    /// The first of the keys that is in force.
    async fn root_key(
        &self,
        account: &str,
        ids: &[String],
    ) -> Result<Option<Credentials>, DirectoryError> {
        for id in ids {
            let key = self
                .ready::<AccessKeyRecord, _>(account, id, |record| record)
                .await?;
            if let Some(key) = key.filter(|key| key.active) {
                let secret = self.open_secret(id, &key)?;
                return Ok(Some(Credentials {
                    access_key_id: id.clone(),
                    secret,
                }));
            }
        }
        Ok(None)
    }

    /// A fresh long-term key of `user` (folded name), or of root, and the record to keep of it.
    pub(crate) fn mint_key(
        &self,
        account: &str,
        user: Option<String>,
        now: Timestamp,
    ) -> (Credentials, AccessKeyRecord) {
        let access_key_id = ids::iam_id("AKIA", 20);
        let secret = SecretKey::mint();
        let purpose = AccessKeyRecord::purpose(&access_key_id);
        let record = AccessKeyRecord {
            account: account.to_owned(),
            user,
            secret: self.keyring.seal(secret.expose().as_bytes(), &purpose),
            active: true,
            created: now,
            unknown: BTreeMap::new(),
        };
        (
            Credentials {
                access_key_id,
                secret,
            },
            record,
        )
    }

    fn open_secret(&self, id: &str, key: &AccessKeyRecord) -> Result<SecretKey, DirectoryError> {
        let opened = self
            .keyring
            .open(&key.secret, &AccessKeyRecord::purpose(id))?;
        let text = opened.expose_str().ok_or(OpenError::Refused)?;
        Ok(SecretKey::new(text.to_owned()))
    }

    /// Whose key this is and the secret to check the signature with. `token` is the request's
    /// `X-Amz-Security-Token`.
    pub async fn identify(
        &self,
        access_key_id: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Identified, IdentifyError> {
        match token {
            Some(token) => self.identify_session(access_key_id, token, now).await,
            None => self.identify_key(access_key_id).await,
        }
    }

    async fn identify_key(&self, id: &str) -> Result<Identified, IdentifyError> {
        let key = self
            .ready::<AccessKeyRecord, _>("", id, |record| record)
            .await?;
        let Some(key) = key.filter(|key| key.active) else {
            return Err(IdentifyError::Unknown);
        };
        let mut caller = match &key.user {
            None => Caller::root(&key.account),
            Some(name) => {
                let user = self
                    .user(&key.account, name)
                    .await?
                    .ok_or(IdentifyError::Unknown)?;
                user_caller(&key.account, &user.record)
            }
        };
        caller.access_key_id = id.to_owned();
        Ok(Identified {
            secret: self.open_secret(id, &key)?,
            caller,
        })
    }

    async fn identify_session(
        &self,
        id: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<Identified, IdentifyError> {
        let token = self
            .open_token(token)
            .filter(|token| token.access_key_id == id);
        let Some(token) = token else {
            return Err(IdentifyError::Unknown);
        };
        if token.is_expired(now) {
            return Err(IdentifyError::Expired);
        }
        let mut caller = match &token.holder {
            Holder::Root => Caller::root(&token.account),
            Holder::User { user_arn, user_id } => {
                let user = match entity_arn(user_arn, "user") {
                    Some((account, _, name)) => self.user(account, name).await?,
                    None => None,
                };
                let user = user.filter(|user| user.record.id == *user_id);
                user_caller(&token.account, &user.ok_or(IdentifyError::Unknown)?.record)
            }
            Holder::Role {
                role_arn,
                role_id,
                session_name,
            } => {
                let role = self.role(role_arn).await?;
                if role.is_none_or(|role| role.record.id != *role_id) {
                    return Err(IdentifyError::Unknown);
                }
                let who = Principal::session(role_arn, role_id, session_name, token.issued);
                Caller {
                    kind: CallerKind::AssumedRole,
                    account: who.account,
                    arn: who.arn,
                    user_id: who.user_id,
                    role_arn: role_arn.clone(),
                    access_key_id: String::new(),
                    session: None,
                }
            }
        };
        caller.access_key_id = id.to_owned();
        let policies = token.policies.unwrap_or_default();
        caller.session = Some(Arc::new(Session {
            policies: policies.inline.into_iter().collect(),
            policy_arns: policies.arns,
            tags: token.tags,
            transitive_tag_keys: token.transitive_tag_keys,
            source_identity: token.source_identity,
            issued_at: token.issued,
            expires_at: token.expires,
        }));
        Ok(Identified {
            secret: token.secret,
            caller,
        })
    }

    /// The account a long-term key belongs to.
    pub async fn account_of_key(&self, id: &str) -> Result<Option<String>, DirectoryError> {
        let key = self
            .ready::<AccessKeyRecord, _>("", id, |record| record)
            .await?;
        Ok(key.map(|key| key.account.clone()))
    }

    /// The text of a session token.
    pub(crate) fn seal_token(&self, token: &SessionToken) -> Result<String, serde_json::Error> {
        Ok(self
            .keyring
            .seal_token(&serde_json::to_vec(token)?, TOKEN_PURPOSE))
    }

    fn open_token(&self, text: &str) -> Option<SessionToken> {
        if text.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let opened = self.keyring.open_token(text, TOKEN_PURPOSE).ok()?;
        serde_json::from_slice(opened.expose()).ok()
    }

    /// Remembers that a key was used; written down at most every [`USE_GRAIN`].
    pub async fn note_use(
        &self,
        permit: &Permit,
        id: &str,
        service: &str,
        region: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        {
            let mut noted = lock(&self.noted);
            if noted
                .get(id)
                .is_some_and(|before| now.since(*before) < USE_GRAIN)
            {
                return Ok(());
            }
            if noted.len() >= MAX_READY {
                noted.clear();
            }
            noted.insert(id.to_owned(), now);
        }
        let record = AccessKeyUseRecord {
            at: now,
            service: service.to_owned(),
            region: region.to_owned(),
            unknown: BTreeMap::new(),
        };
        // Only for keys that are kept: a deleted key leaves nothing behind.
        let txn = Txn {
            compare: vec![Compare::present(AccessKeyRecord::key("", id))],
            then: vec![Op::put(AccessKeyUseRecord::key("", id), encode(&record))],
            or_else: Vec::new(),
        };
        self.store.txn(permit, txn).await?;
        Ok(())
    }

    /// How policies see the caller.
    pub(crate) async fn standing(&self, caller: &Caller) -> Result<Standing, DirectoryError> {
        let session = caller.session.as_deref();
        let issued = session.map(|session| session.issued_at);
        let (mut principal, mut policies) = match caller.kind {
            CallerKind::Account => (
                Principal::root(&caller.account),
                PrincipalPolicies::default(),
            ),
            CallerKind::Service => service_standing(caller),
            CallerKind::Anonymous => (Principal::anonymous(), PrincipalPolicies::default()),
            CallerKind::User => self.user_standing(caller).await?,
            CallerKind::AssumedRole => self.role_standing(caller).await?,
        };
        principal.token_issued = issued;
        if let Some(session) = session {
            overlay(&mut principal.tags, &session.tags);
            principal
                .source_identity
                .clone_from(&session.source_identity);
            policies.session = self.session_policies(&caller.account, session).await?;
        }
        Ok(Standing {
            principal,
            policies,
        })
    }

    async fn user_standing(
        &self,
        caller: &Caller,
    ) -> Result<(Principal, PrincipalPolicies), DirectoryError> {
        let mut principal = Principal::user(&caller.arn, &caller.user_id);
        let mut policies = PrincipalPolicies::default();
        let Some((account, _, name)) = entity_arn(&caller.arn, "user") else {
            return Ok((principal, policies));
        };
        // Gone, or another of the same name: nothing allows it anything.
        let user = self.user(account, name).await?;
        let Some(user) = user.filter(|user| user.record.id == caller.user_id) else {
            return Ok((principal, policies));
        };
        principal.tags = user.record.tags.clone();
        self.collect(account, &user.record, &user.inline, &mut policies.identity)
            .await?;
        for id in &user.record.groups {
            let named = self
                .ready::<GroupIdRecord, _>(account, id, |record| record.name)
                .await?;
            let Some(name) = named else { continue };
            policies
                .identity
                .extend(self.group_policies(account, &name).await?);
        }
        policies.boundary = self
            .boundary(account, user.record.boundary.as_deref())
            .await?;
        Ok((principal, policies))
    }

    async fn role_standing(
        &self,
        caller: &Caller,
    ) -> Result<(Principal, PrincipalPolicies), DirectoryError> {
        let (id, session) = caller
            .user_id
            .split_once(':')
            .unwrap_or((&caller.user_id, ""));
        let mut principal = Principal::session(&caller.role_arn, id, session, Timestamp::default());
        let mut policies = PrincipalPolicies::default();
        let role = self.role(&caller.role_arn).await?;
        let Some(role) = role.filter(|role| role.record.id == id) else {
            return Ok((principal, policies));
        };
        principal.tags = role.record.tags.clone();
        let account = &caller.account;
        self.collect(account, &role.record, &role.inline, &mut policies.identity)
            .await?;
        policies.boundary = self
            .boundary(account, role.record.boundary.as_deref())
            .await?;
        Ok((principal, policies))
    }

    /// The policies of a group.
    pub(crate) async fn group_policies(
        &self,
        account: &str,
        name: &str,
    ) -> Result<Vec<Arc<CompiledPolicy>>, DirectoryError> {
        let mut policies = Vec::new();
        if let Some(group) = self.equipped::<GroupRecord>(account, &folded(name)).await? {
            self.collect(account, &group.record, &group.inline, &mut policies)
                .await?;
        }
        Ok(policies)
    }

    /// Adds the policies of an entity to `to`.
    async fn collect<T: Entity>(
        &self,
        account: &str,
        record: &T,
        inline: &[Arc<CompiledPolicy>],
        to: &mut Vec<Arc<CompiledPolicy>>,
    ) -> Result<(), DirectoryError> {
        to.extend_from_slice(inline);
        for arn in &record.grants().attached {
            to.extend(self.managed_policy(account, arn).await?);
        }
        Ok(())
    }

    async fn boundary(
        &self,
        account: &str,
        arn: Option<&str>,
    ) -> Result<Option<Arc<CompiledPolicy>>, DirectoryError> {
        let Some(arn) = arn else { return Ok(None) };
        let policy = self.managed_policy(account, arn).await?;
        // A boundary that is not there allows nothing.
        Ok(Some(policy.unwrap_or_else(|| {
            Arc::new(CompiledPolicy::deny_all(arn))
        })))
    }

    /// None when the session was made without policies.
    async fn session_policies(
        &self,
        account: &str,
        session: &Session,
    ) -> Result<Option<Vec<Arc<CompiledPolicy>>>, DirectoryError> {
        if session.policies.is_empty() && session.policy_arns.is_empty() {
            return Ok(None);
        }
        let mut all = Vec::new();
        for text in &session.policies {
            all.push(self.document("session policy", text, DocumentKind::Session));
        }
        for arn in &session.policy_arns {
            all.extend(self.managed_policy(account, arn).await?);
        }
        Ok(Some(all))
    }

    /// The default version of a managed policy, the platform's or the account's own.
    pub(crate) async fn managed_policy(
        &self,
        account: &str,
        arn: &str,
    ) -> Result<Option<Arc<CompiledPolicy>>, DirectoryError> {
        if let Some(policy) = PLATFORM_POLICIES.get(arn) {
            return Ok(Some(Arc::clone(policy)));
        }
        let Some((owner, _, name)) = entity_arn(arn, "policy").filter(|(it, ..)| *it == account)
        else {
            return Ok(None);
        };
        let make = |record: PolicyRecord| {
            let own = names::arn(owner, "policy", &record.path, &record.name);
            match record.versions.get(&record.default_version) {
                Some(version) => compile(&own, &version.document, DocumentKind::Managed),
                None => CompiledPolicy::deny_all(&own),
            }
        };
        let policy = self
            .ready::<PolicyRecord, _>(owner, &folded(name), make)
            .await?;
        Ok(policy.filter(|policy| policy.source() == arn))
    }

    /// A policy that came as text with a request or a resource. One that cannot be read denies all.
    pub(crate) fn document(
        &self,
        source: &str,
        text: &str,
        kind: DocumentKind,
    ) -> Arc<CompiledPolicy> {
        if text.len() > MAX_DOCUMENT_BYTES {
            return compiled(source, text, kind);
        }
        let known = lock(&self.documents)
            .get(&kind)
            .and_then(|known| known.get(text).cloned());
        if let Some(ready) = known {
            return ready;
        }
        let ready = compiled(source, text, kind);
        let mut documents = lock(&self.documents);
        let known = documents.entry(kind).or_default();
        if known.len() >= MAX_DOCUMENTS {
            known.clear();
        }
        known.insert(text.to_owned(), Arc::clone(&ready));
        ready
    }

    /// The role of this ARN, path and all.
    pub(crate) async fn role(&self, arn: &str) -> Result<Option<Arc<KnownRole>>, DirectoryError> {
        let Some((account, path, name)) = entity_arn(arn, "role") else {
            return Ok(None);
        };
        let make = |record: RoleRecord| {
            let own = names::arn(account, "role", &record.path, &record.name);
            let trust = trust::compile(&record, &own).unwrap_or_else(|error| {
                tracing::error!(role = own, error, "a stored trust policy cannot be read");
                CompiledPolicy::deny_all(&own)
            });
            KnownRole {
                trust: Arc::new(trust),
                inline: inline(&record),
                record,
            }
        };
        let role = self
            .ready::<RoleRecord, _>(account, &folded(name), make)
            .await?;
        Ok(role.filter(|role| role.record.path == path && role.record.name == name))
    }

    async fn user(
        &self,
        account: &str,
        name: &str,
    ) -> Result<Option<Arc<Equipped<UserRecord>>>, DirectoryError> {
        self.equipped(account, &folded(name)).await
    }

    async fn equipped<T: Entity + 'static>(
        &self,
        account: &str,
        id: &str,
    ) -> Result<Option<Arc<Equipped<T>>>, DirectoryError> {
        let make = |record: T| Equipped {
            inline: inline(&record),
            record,
        };
        self.ready::<T, _>(account, id, make).await
    }

    /// What `make` makes of a record, made once for each revision of it.
    async fn ready<R: Stored, T: Send + Sync + 'static>(
        &self,
        account: &str,
        id: &str,
        make: impl FnOnce(R) -> T,
    ) -> Result<Option<Arc<T>>, DirectoryError> {
        let key = R::key(account, id);
        let Some(entry) = self.store.get(&key).await? else {
            return Ok(None);
        };
        let known = {
            let ready = lock(&self.ready);
            let known = ready
                .get(&key)
                .filter(|known| known.revision == entry.mod_revision);
            known.and_then(|known| Arc::clone(&known.value).downcast::<T>().ok())
        };
        if known.is_some() {
            return Ok(known);
        }
        let value = Arc::new(make(decode::<R>(&entry.value)?));
        let mut ready = lock(&self.ready);
        if ready.len() >= MAX_READY {
            ready.clear();
        }
        let kept = Ready {
            revision: entry.mod_revision,
            value: value.clone(),
        };
        ready.insert(key, kept);
        Ok(Some(value))
    }
}

/// Both maps hold whole values whatever happened to another thread.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn inline<T: Entity>(record: &T) -> Vec<Arc<CompiledPolicy>> {
    let source = |name: &str| format!("{}/{}/{name}", T::WORD, record.name());
    let policies = record.grants().inline.iter();
    policies
        .map(|(name, text)| compiled(&source(name), text, T::INLINE))
        .collect()
}

/// A policy that was valid when it was stored. One that cannot be read any more denies all, since
/// it may have been there to deny.
fn compile(source: &str, text: &str, kind: DocumentKind) -> CompiledPolicy {
    CompiledPolicy::parse(source, text, kind).unwrap_or_else(|error| {
        tracing::error!(policy = source, %error, "a stored policy cannot be read");
        CompiledPolicy::deny_all(source)
    })
}

fn compiled(source: &str, text: &str, kind: DocumentKind) -> Arc<CompiledPolicy> {
    Arc::new(compile(source, text, kind))
}

/// Tags of the session in place of those of the user or role; keys differ by more than case.
fn overlay(tags: &mut Tags, session: &Tags) {
    for (key, value) in session {
        let folded = key.to_lowercase();
        tags.retain(|before, _| before.to_lowercase() != folded);
        tags.insert(key.clone(), value.clone());
    }
}

/// A part of the platform acts in an account with the policy of its service-linked role, whether
/// or not the role itself has been made, and may do nothing beyond it.
fn service_standing(caller: &Caller) -> (Principal, PrincipalPolicies) {
    let principal = Principal {
        account: caller.account.clone(),
        ..Principal::service(&caller.arn)
    };
    let policy = managed::service_role(&caller.arn)
        .and_then(|role| PLATFORM_POLICIES.get(role.policy?))
        .cloned();
    let policies = PrincipalPolicies {
        identity: policy.into_iter().collect(),
        ..PrincipalPolicies::default()
    };
    (principal, policies)
}

fn user_caller(account: &str, user: &UserRecord) -> Caller {
    Caller {
        kind: CallerKind::User,
        account: account.to_owned(),
        arn: names::arn(account, "user", &user.path, &user.name),
        user_id: user.id.clone(),
        role_arn: String::new(),
        access_key_id: String::new(),
        session: None,
    }
}
