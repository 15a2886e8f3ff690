//! AssumeRoleWithSAML: a role for whom a provider of SAML vouches. The call is not signed; the response is all that
//! is known of its caller.

use wharf_base::arn::canonical;
use wharf_seal::OpenError;
use wharf_wire::Context;

use super::{
    AssumeError, AssumeRole, Minted,
    weighed::{role_account, tags_fit, vouched, with_provider},
};
use crate::{
    directory::Directory,
    records::{AssertionEncryption, SamlProviderRecord},
    saml::{
        self, SamlError,
        encryption::{self, Openers},
        metadata::Metadata,
        response,
    },
};

const ACTION: &str = "sts:AssumeRoleWithSAML";

/// A session, and whom it was given to.
#[derive(Debug)]
pub struct SamlSession {
    pub minted: Minted,
    pub subject: String,
    pub subject_type: String,
    pub issuer: String,
    pub audience: String,
    pub name_qualifier: String,
}

impl Directory {
    /// The keys of a provider that assertions are opened with.
    fn openers(&self, of: &SamlProviderRecord) -> Result<Openers, OpenError> {
        let purpose = SamlProviderRecord::purpose(&of.id);
        let keys = of.private_keys.iter();
        let keys = keys.map(|it| {
            let der = self.keyring().open(&it.key, &purpose)?;
            encryption::opener(der.expose()).map_err(|_| OpenError::Refused)
        });
        Ok(Openers {
            keys: keys.collect::<Result<_, _>>()?,
            required: of.encryption == Some(AssertionEncryption::Required),
        })
    }

    /// `wanted` has no name, tags and source; those are the response's.
    pub async fn assume_with_saml(
        &self,
        cx: &Context,
        wanted: AssumeRole,
        provider_arn: &str,
        response: &str,
    ) -> Result<SamlSession, AssumeError> {
        let mut wanted = wanted.canonical();
        let provider_arn = &*canonical(provider_arn);
        let account = role_account(&wanted.role_arn);
        let name = saml::of_arn(provider_arn).filter(|(owner, _)| *owner == account);
        let (_, name) = name.ok_or(SamlError::NoProvider)?;
        let read = |record: SamlProviderRecord| {
            let (valid_until, openers) = (record.valid_until, self.openers(&record));
            (Metadata::read(&record.metadata), openers, valid_until)
        };
        let known = self.ready::<SamlProviderRecord, _>(&account, name, read);
        // Of an account that was closed, and of one that is none, nobody gets anything.
        let known = match self.is_closed(&account).await? {
            true => None,
            false => known.await?,
        };
        let known = known.ok_or(SamlError::NoProvider)?;
        let (Ok(_), Ok(_), valid_until) = &*known else {
            return Err(SamlError::NoProvider.into());
        };
        if *valid_until <= cx.now {
            return Err(SamlError::OldMetadata.into());
        }
        let (response, now) = (response.to_owned(), cx.now);
        // Signatures and parsers take their time: apart from the tasks that serve others.
        let work = move || match &*known {
            (Ok(metadata), Ok(openers), _) => response::read(&response, metadata, openers, now),
            _ => Err(SamlError::NoProvider),
        };
        let said = tokio::task::spawn_blocking(work).await;
        let said = said.map_err(|_| SamlError::Malformed)??;
        let role = self.role(&wanted.role_arn).await?;
        let role = role.filter(|_| said.grants(&wanted.role_arn, provider_arn));
        let role = role.ok_or(AssumeError::NotAuthorized(ACTION))?;
        if !tags_fit(&said.tags, &said.transitive) {
            return Err(SamlError::Tags.into());
        }
        wanted.session_name.clone_from(&said.session_name);
        wanted.tags.clone_from(&said.tags);
        wanted.transitive_tag_keys.clone_from(&said.transitive);
        wanted.source_identity.clone_from(&said.source_identity);
        let facts = said.keys(&account, name);
        vouched(self, cx, &role, &wanted, provider_arn, &facts, ACTION)?;
        let mut seconds = self.duration(cx, &role, wanted.duration_seconds)?;
        seconds = seconds.min(said.longest.unwrap_or(seconds));
        if let Some(until) = said.until {
            let left = (until.millis() - cx.now.millis()) / 1000;
            let left = i32::try_from(left.max(0)).unwrap_or(i32::MAX);
            seconds = seconds.min(left);
        }
        if seconds == 0 {
            return Err(SamlError::Times.into());
        }
        self.check_policies(&account, &wanted).await?;
        let transitive = wanted.transitive_tag_keys.clone();
        let mut session = self.role_session(&role, wanted, transitive, cx.now, seconds)?;
        session.token.facts = with_provider(facts, provider_arn);
        Ok(SamlSession {
            minted: self.sealed(session)?,
            name_qualifier: said.name_qualifier(&account, name),
            subject_type: said.subject_type().to_owned(),
            subject: said.subject,
            issuer: said.issuer,
            audience: said.recipient,
        })
    }
}
