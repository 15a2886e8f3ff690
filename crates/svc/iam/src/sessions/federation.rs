//! GetFederationToken: credentials for somebody whom a user, or root, gives a name.

use std::collections::BTreeMap;

use wharf_iam::{
    Principal,
    session::{Holder, SessionPolicies, SessionToken},
};
use wharf_wire::{CallerKind, Context};

use super::{
    AssumeError, AssumeRole, Minted, ROOT_TOKEN_SECONDS, Session, TOKEN_SECONDS, refuse_nodes,
    weighed::{after, packed},
};
use crate::directory::Directory;

/// What GetFederationToken asks for.
#[derive(Debug, Clone, Default)]
pub struct Federation {
    pub name: String,
    pub duration_seconds: Option<i32>,
    pub policy: Option<String>,
    pub policy_arns: Vec<String>,
    pub tags: BTreeMap<String, String>,
}

impl Directory {
    /// The session may do what its maker may and its own policies allow as well; without policies
    /// nothing but what resources allow it by name.
    pub async fn federation_token(
        &self,
        cx: &Context,
        wanted: Federation,
    ) -> Result<Minted, AssumeError> {
        let caller = &cx.caller;
        refuse_nodes(caller)?;
        let (maker, longest) = match caller.kind {
            _ if caller.session.is_some() => return Err(AssumeError::SessionFederates),
            CallerKind::Account => (Holder::Root, ROOT_TOKEN_SECONDS),
            CallerKind::User => (
                Holder::User {
                    user_arn: caller.arn.clone(),
                    user_id: caller.user_id.clone(),
                },
                i32::MAX,
            ),
            _ => return Err(AssumeError::SessionFederates),
        };
        let policies = AssumeRole {
            policy: wanted.policy,
            policy_arns: wanted.policy_arns,
            ..AssumeRole::default()
        }
        .canonical();
        self.check_policies(&caller.account, &policies).await?;
        let AssumeRole {
            policy: inline,
            policy_arns: arns,
            ..
        } = policies;
        let seconds = wanted.duration_seconds.unwrap_or(TOKEN_SECONDS);
        let expires = after(cx.now, seconds.min(longest))?;
        let who = Principal::federated_user(&caller.account, &wanted.name, &caller.arn);
        let holder = Holder::Federated {
            name: wanted.name,
            maker: Box::new(maker),
        };
        let packed_percent = packed(inline.as_deref(), &arns, &wanted.tags);
        let mut token = SessionToken::mint(&caller.account, holder, cx.now, expires);
        token.policies = Some(SessionPolicies { inline, arns });
        token.tags = wanted.tags;
        self.sealed(Session {
            token,
            arn: who.arn,
            user_id: who.user_id,
            packed_percent,
        })
    }
}
