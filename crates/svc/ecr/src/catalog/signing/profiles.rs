//! Signing profiles: keys of KMS that sign images for a registry, each with a certificate that it signed itself.
//!
//! The key is used in the name of `signer.REGION.amazonaws.com`, by a grant that whoever makes the profile makes, for
//! this profile alone. So whoever pushes needs the right to the profile and none to the key.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_api_kms::{CreateGrantRequest, GetPublicKeyRequest, GrantConstraints, Kms, SignRequest};
use wharf_base::{Arn, Timestamp};
use wharf_datakeys::grants::{About, Begun};
use wharf_service::transact;
use wharf_signature::signing::{Signer, Subject, ToSign};
use wharf_wire::{Call, Context};

use super::{
    super::{Catalog, Read, Registry},
    PERMIT,
};
use crate::{error::EcrError, records::SigningProfile};

/// How KMS is called in the name of who makes a profile.
const SERVICE: &str = "signer.amazonaws.com";
/// A registry names ten in its rules.
const MAX_PROFILES: usize = 100;
const MAX_NAME: usize = 64;

impl Registry {
    pub fn signing_profile_arn(&self, name: &str) -> String {
        let resource = format!("/signing-profiles/{name}");
        Arn::new("signer", &self.region, &self.account, resource).to_string()
    }
}

impl Catalog {
    /// Makes a profile of a key that the caller may use, in any of the forms that KMS takes.
    pub async fn make_signing_profile(
        &self,
        call: &Call,
        name: &str,
        key: &str,
        days: Option<u32>,
    ) -> Result<SigningProfile, EcrError> {
        let registry = Registry::new(&call.account, &call.region);
        let well_formed = |it: char| it.is_ascii_alphanumeric() || it == '_';
        if !(2..=MAX_NAME).contains(&name.len()) || !name.chars().all(well_formed) {
            return Err(EcrError::SigningProfile(format!(
                "The name of a signing profile has 2 to {MAX_NAME} letters, digits and underscores"
            )));
        }
        let exists = || EcrError::SigningProfile(format!("The profile '{name}' exists"));
        let place = registry.keys().signing_profile(name);
        if self.read::<SigningProfile>(&place).await?.is_some() {
            return Err(exists());
        }
        let (all, _): (Vec<Read<SigningProfile>>, _) = self
            .page(registry.keys().signing_profiles(), None, MAX_PROFILES)
            .await?;
        if all.len() >= MAX_PROFILES {
            return Err(EcrError::SigningProfile(format!(
                "A registry has at most {MAX_PROFILES} signing profiles"
            )));
        }
        let kms = self.kms_of_signing()?;
        let (signer, key) = signing_key(kms, call, key).await?;
        let (principal, arn) = (
            principal(&registry.region),
            registry.signing_profile_arn(name),
        );
        let about = About {
            key: &key,
            principal: &principal,
            arn: &arn,
        };
        let grants = self.grants(kms);
        let begun = grants.begin(registry.keys().scope(), about).await?;
        let made = async {
            let mut profile = SigningProfile {
                name: name.to_owned(),
                grant: grant(kms, call, about, &begun).await?,
                key: key.clone(),
                certificate: String::new(),
                days,
                created_at: call.now,
                created_by: call.caller.arn.clone(),
                unknown: Default::default(),
            };
            let certificate = self.certify(&signer, &registry, &profile).await?;
            profile.certificate = BASE64.encode(certificate);
            transact!(self.table(), &call.permit, |tx| {
                if tx.find::<SigningProfile>(&place).await?.is_some() {
                    return Err(exists());
                }
                tx.put(&place, &profile);
                tx.join(begun.ended());
            });
            Ok::<_, EcrError>(profile)
        };
        let made = made.await;
        if made.is_err() {
            grants.let_go(&begun.at).await;
        }
        made
    }

    async fn certify(
        &self,
        signer: &Signer,
        registry: &Registry,
        profile: &SigningProfile,
    ) -> Result<Vec<u8>, EcrError> {
        let unit = format!("{} {}", registry.account, registry.region);
        let subject = Subject {
            name: &profile.name,
            unit: &unit,
            from: profile.created_at,
        };
        let unmade = |error: wharf_signature::signing::SignerError| {
            EcrError::SigningBroke(error.to_string())
        };
        let asked = signer.certificate_to_sign(subject).map_err(unmade)?;
        let signed = self.sign_by(registry, profile, asked).await?;
        signer.certificate(subject, &signed).map_err(unmade)
    }

    /// Has the profile's key sign something.
    pub(crate) async fn sign_by(
        &self,
        registry: &Registry,
        profile: &SigningProfile,
        asked: ToSign,
    ) -> Result<Vec<u8>, EcrError> {
        let input = SignRequest {
            key_id: Some(profile.key.clone()),
            message: Some(asked.message),
            message_type: Some("RAW".to_owned()),
            signing_algorithm: Some(asked.algorithm.to_owned()),
            ..SignRequest::default()
        };
        let call = self.signer_call(registry, &profile.name);
        let signed = self.kms_of_signing()?.sign(&call, input).await;
        Ok(signed.map_err(EcrError::Kms)?.signature.unwrap_or_default())
    }

    /// The profiles of a registry, by their names.
    pub async fn signing_profiles(
        &self,
        registry: &Registry,
    ) -> Result<Vec<SigningProfile>, EcrError> {
        let prefix = registry.keys().signing_profiles();
        let (found, _) = self.page(prefix, None, MAX_PROFILES).await?;
        let found: Vec<Read<SigningProfile>> = found;
        Ok(found.into_iter().map(|it| it.record).collect())
    }

    /// Removes a profile and gives its grant back: until then it is pending. What it signed stays as it is.
    pub async fn remove_signing_profile(
        &self,
        call: &Call,
        name: &str,
    ) -> Result<SigningProfile, EcrError> {
        let registry = Registry::new(&call.account, &call.region);
        let place = registry.keys().signing_profile(name);
        let (principal, arn) = (
            principal(&registry.region),
            registry.signing_profile_arn(name),
        );
        let kms = self.kms_of_signing()?;
        let (keys, grants) = (registry.keys(), self.grants(kms));
        let (removed, owed) = transact!(self.table(), &call.permit, |tx| {
            let Some(profile) = tx.find::<SigningProfile>(&place).await? else {
                return Err(missing(&arn));
            };
            let about = About {
                key: &profile.key,
                principal: &principal,
                arn: &arn,
            };
            let (at, owed) = grants.owed(keys.scope(), about, &profile.grant);
            tx.put(&at, &owed);
            tx.delete(&place);
            (profile, at)
        });
        grants.let_go(&owed).await;
        Ok(removed)
    }

    /// The profile that a rule of the registry names by its ARN.
    pub(crate) async fn profile_of(
        &self,
        registry: &Registry,
        arn: &str,
    ) -> Result<SigningProfile, EcrError> {
        let name = arn.rsplit('/').next().unwrap_or_default();
        if arn != registry.signing_profile_arn(name) {
            return Err(EcrError::SigningProfile(format!(
                "The signing profile '{arn}' is not of the registry's account and region"
            )));
        }
        let place = registry.keys().signing_profile(name);
        let found = self.read::<SigningProfile>(&place).await?;
        found.map(|it| it.record).ok_or_else(|| missing(arn))
    }

    fn kms_of_signing(&self) -> Result<&dyn Kms, EcrError> {
        let keys = self.config().keys.as_ref();
        let keys = keys.ok_or(EcrError::Encryption("a signing profile"))?;
        Ok(&*keys.0)
    }

    fn signer_call(&self, registry: &Registry, profile: &str) -> Call {
        let Registry {
            account, region, ..
        } = registry;
        let now: Timestamp = self.wants().now();
        let context = Context::internal(account, region, &principal(region), now);
        let arn = registry.signing_profile_arn(profile);
        Call::by_controller(context.acting_for(arn), PERMIT)
    }
}

/// A key that the caller may use for signatures, in any of the forms that KMS takes: what signs by it, and its ARN.
async fn signing_key(kms: &dyn Kms, call: &Call, key: &str) -> Result<(Signer, String), EcrError> {
    let input = GetPublicKeyRequest {
        key_id: Some(key.to_owned()),
        ..GetPublicKeyRequest::default()
    };
    let found = kms.get_public_key(&call.forwarded_by(SERVICE), input).await;
    let found = found.map_err(EcrError::Kms)?;
    if found.key_usage.as_deref() != Some("SIGN_VERIFY") {
        let text = "The key of a signing profile is one whose usage is SIGN_VERIFY";
        return Err(EcrError::SigningProfile(text.to_owned()));
    }
    let signer = Signer::of_spki(&found.public_key.unwrap_or_default())
        .map_err(|error| EcrError::SigningProfile(error.to_string()))?;
    Ok((signer, found.key_id.unwrap_or_default()))
}

/// Has the caller let the profile sign with its key; the grant's id.
async fn grant(
    kms: &dyn Kms,
    call: &Call,
    about: About<'_>,
    begun: &Begun,
) -> Result<String, EcrError> {
    let input = CreateGrantRequest {
        key_id: Some(about.key.to_owned()),
        name: Some(begun.name.clone()),
        grantee_principal: Some(about.principal.to_owned()),
        retiring_principal: Some(about.principal.to_owned()),
        operations: Some(vec!["Sign".to_owned()]),
        constraints: Some(GrantConstraints {
            source_arn: Some(about.arn.to_owned()),
            ..GrantConstraints::default()
        }),
        ..CreateGrantRequest::default()
    };
    let granted = kms.create_grant(&call.forwarded_by(SERVICE), input).await;
    let granted = granted.map_err(EcrError::Kms)?;
    Ok(granted.grant_id.unwrap_or_default())
}

fn missing(arn: &str) -> EcrError {
    EcrError::SigningProfile(format!("The signing profile '{arn}' does not exist"))
}

/// Who signs, as grants name it.
fn principal(region: &str) -> String {
    format!("signer.{region}.amazonaws.com")
}
