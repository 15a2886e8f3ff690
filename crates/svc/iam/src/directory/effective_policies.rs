//! A caller as policies see it: its principal, and every policy that has a say for it.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_iam::{CompiledPolicy, DocumentKind, Principal, PrincipalPolicies, managed};
use wharf_wire::{Caller, CallerKind, call::Session};

use super::{Directory, DirectoryError, compiled::PLATFORM_POLICIES};
use crate::{
    entity::Entity,
    names::entity_arn,
    records::{GroupIdRecord, GroupRecord, Tags, folded},
};

/// What root's own name stands for, where a session of somebody else has what root has.
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A caller as policies see it, with the policies it brings.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) principal: Principal,
    pub(crate) policies: PrincipalPolicies,
}

impl Directory {
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
            CallerKind::FederatedUser => self.federated_standing(caller).await?,
        };
        principal.token_issued = issued;
        if let Some(session) = session {
            overlay(&mut principal.tags, &session.tags);
            principal
                .source_identity
                .clone_from(&session.source_identity);
            policies.session = self.session_policies(&caller.account, session).await?;
            // Without policies of its own a federated user may do nothing that is its maker's.
            if caller.kind == CallerKind::FederatedUser {
                policies.session.get_or_insert_default();
            }
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

    /// What its maker may do; the session's policies, as far as they allow the same, are the rest.
    async fn federated_standing(
        &self,
        caller: &Caller,
    ) -> Result<(Principal, PrincipalPolicies), DirectoryError> {
        let (_, name) = caller.user_id.split_once(':').unwrap_or_default();
        let mut principal = Principal::federated_user(&caller.account, name, &caller.role_arn);
        let Some((account, _, maker)) = entity_arn(&caller.role_arn, "user") else {
            let all = PLATFORM_POLICIES.get(ADMINISTRATOR).cloned();
            let policies = PrincipalPolicies {
                identity: all.into_iter().collect(),
                ..PrincipalPolicies::default()
            };
            return Ok((principal, policies));
        };
        let user = self.user(account, maker).await?;
        principal.maker_id = user.as_ref().map(|it| it.record.id.clone());
        let of_user = Caller {
            kind: CallerKind::User,
            arn: caller.role_arn.clone(),
            user_id: user.map(|it| it.record.id.clone()).unwrap_or_default(),
            ..caller.clone()
        };
        let (_, policies) = self.user_standing(&of_user).await?;
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
/// or not the role itself has been made, and what [`managed::FOR_USERS`] says; it may do nothing beyond that.
fn service_standing(caller: &Caller) -> (Principal, PrincipalPolicies) {
    let principal = Principal {
        account: caller.account.clone(),
        ..Principal::service(&caller.arn)
    };
    let of_role = managed::service_role(&caller.arn).and_then(|role| role.policy);
    let for_users = managed::FOR_USERS.iter();
    let for_users = for_users.filter(|(service, _)| *service == caller.arn);
    let policies = of_role.into_iter().chain(for_users.map(|(_, arn)| *arn));
    let policies = policies.filter_map(|arn| PLATFORM_POLICIES.get(arn).cloned());
    let policies = PrincipalPolicies {
        identity: policies.collect(),
        ..PrincipalPolicies::default()
    };
    (principal, policies)
}
