//! AssumeRoleWithWebIdentity: a role for whom an identity provider vouches. The call is not signed; the
//! token is all that is known of its caller.

use std::collections::BTreeMap;

use wharf_base::arn::canonical;
use wharf_wire::Context;

use super::{
    AssumeError, AssumeRole, Minted,
    weighed::{role_account, tags_fit, vouched, with_provider},
};
use crate::{
    directory::{Directory, DirectoryError},
    oidc::{
        IssuerKeys, provider,
        token::{Token, TokenError},
    },
    records::OidcProviderRecord,
};

/// A session, and whom it was given to.
#[derive(Debug)]
pub struct WebIdentity {
    pub minted: Minted,
    pub subject: String,
    pub audience: String,
    pub provider_arn: String,
}

impl Directory {
    /// `wanted` has no tags and no source; those are the token's.
    pub async fn assume_with_web_identity(
        &self,
        cx: &Context,
        wanted: AssumeRole,
        token: &str,
        keys: &IssuerKeys,
    ) -> Result<WebIdentity, AssumeError> {
        let mut wanted = wanted.canonical();
        let account = role_account(&wanted.role_arn);
        let token = Token::read(token, cx.now)?;
        let known = self
            .ready::<OidcProviderRecord, _>(&account, &token.provider, |record| record)
            .await?;
        // Of an account that was closed, and of one that is none, nobody gets anything.
        let known = match self.is_closed(&account).await? {
            true => None,
            false => known,
        };
        let known = known.ok_or_else(|| TokenError::UnknownIssuer(token.issuer.clone()))?;
        token.is_for(&known.client_ids)?;
        let trusted = (account.as_str(), token.issuer.as_str());
        let candidates = keys.of(trusted, token.key_id.as_deref(), cx.now);
        token.is_signed_by(&candidates.await?)?;

        let provider_arn = provider::arn(&account, &token.provider);
        let role = self.role(&wanted.role_arn).await?;
        let role = role.ok_or(AssumeError::NotAuthorized(ACTION))?;
        (wanted.tags, wanted.transitive_tag_keys) = tags_of(&token)?;
        wanted.source_identity = token.source_identity();
        let facts = token.keys();
        vouched(self, cx, &role, &wanted, &provider_arn, &facts, ACTION)?;
        let seconds = self.duration(cx, &role, wanted.duration_seconds)?;
        self.check_policies(&account, &wanted).await?;
        let transitive = wanted.transitive_tag_keys.clone();
        let mut session = self.role_session(&role, wanted, transitive, cx.now, seconds)?;
        session.token.facts = with_provider(facts, &provider_arn);
        Ok(WebIdentity {
            minted: self.sealed(session)?,
            subject: token.subject.clone(),
            audience: token.audience().to_owned(),
            provider_arn,
        })
    }

    /// The account of a role, if there is that role.
    pub async fn owner_of_role(&self, role_arn: &str) -> Result<Option<String>, DirectoryError> {
        let role_arn = &*canonical(role_arn);
        let role = self.role(role_arn).await?;
        Ok(role.map(|_| role_account(role_arn)))
    }
}

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// The session's tags, within the bounds of AssumeRole's.
fn tags_of(token: &Token<'_>) -> Result<(BTreeMap<String, String>, Vec<String>), AssumeError> {
    let (tags, transitive) = token.tags()?;
    let fits = tags_fit(&tags, &transitive);
    match fits {
        true => Ok((tags, transitive)),
        false => Err(TokenError::Tags.into()),
    }
}
