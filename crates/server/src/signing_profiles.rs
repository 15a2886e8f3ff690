//! Signing profiles, as the command line makes, shows and removes them: keys that sign what is pushed to the registry.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_api_wharf::types::{
    CreateSigningProfileRequest, CreateSigningProfileResponse, DeleteSigningProfileRequest,
    DeleteSigningProfileResponse, ListSigningProfilesResponse, SigningProfile as Shown,
};
use wharf_signature::Key;
use wharf_svc_ecr::{Catalog, EcrError, Registry, SigningProfile};
use wharf_wire::{Call, Fault};

use crate::control::fault::{failed, refused};

/// Cheap to clone.
#[derive(Clone)]
pub struct SigningProfiles {
    catalog: Catalog,
}

impl SigningProfiles {
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog }
    }

    pub async fn create(
        &self,
        call: &Call,
        input: CreateSigningProfileRequest,
    ) -> Result<CreateSigningProfileResponse, Fault> {
        let name = input.name.unwrap_or_default();
        let key = input.key_id.unwrap_or_default();
        let days = input.validity_days.and_then(|it| u32::try_from(it).ok());
        let made = self.catalog.make_signing_profile(call, &name, &key, days);
        let made = made.await.map_err(fault)?;
        Ok(CreateSigningProfileResponse {
            profile: Some(shown(call, &made)),
        })
    }

    pub async fn list(&self, call: &Call) -> Result<ListSigningProfilesResponse, Fault> {
        let registry = Registry::new(&call.account, &call.region);
        let found = self.catalog.signing_profiles(&registry).await;
        let found = found.map_err(fault)?;
        Ok(ListSigningProfilesResponse {
            profiles: Some(found.iter().map(|it| shown(call, it)).collect()),
        })
    }

    pub async fn delete(
        &self,
        call: &Call,
        input: DeleteSigningProfileRequest,
    ) -> Result<DeleteSigningProfileResponse, Fault> {
        let name = input.name.unwrap_or_default();
        let removed = self.catalog.remove_signing_profile(call, &name).await;
        let removed = removed.map_err(fault)?;
        Ok(DeleteSigningProfileResponse {
            profile: Some(shown(call, &removed)),
        })
    }
}

fn fault(error: EcrError) -> Fault {
    match &error {
        EcrError::SigningProfile(_) => refused(error),
        // In KMS' own words: the key is not there, is disabled, or the caller may not use it.
        EcrError::Kms(fault) if fault.sender => fault.clone(),
        _ => failed(error),
    }
}

fn shown(call: &Call, profile: &SigningProfile) -> Shown {
    let der = BASE64.decode(&profile.certificate).unwrap_or_default();
    let registry = Registry::new(&call.account, &call.region);
    Shown {
        name: Some(profile.name.clone()),
        arn: Some(registry.signing_profile_arn(&profile.name)),
        key_arn: Some(profile.key.clone()),
        certificate: Some(pem(&profile.certificate)),
        fingerprint: Key::of_certificate(&der).ok().map(|it| it.fingerprint()),
        validity_days: profile.days.and_then(|it| i32::try_from(it).ok()),
        created_at: Some(profile.created_at),
        created_by: Some(profile.created_by.clone()),
    }
}

/// Base64 as people copy it.
fn pem(body: &str) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut left = body;
    while let Some((line, rest)) = left.split_at_checked(64) {
        text.push_str(line);
        text.push('\n');
        left = rest;
    }
    if !left.is_empty() {
        text.push_str(left);
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_certificate_are_short() {
        for length in [4, 64, 68, 128, 200] {
            let text = pem(&"A".repeat(length));
            assert!(
                text.lines()
                    .all(|line| line.len() <= 64 && !line.is_empty())
            );
            assert_eq!(text.matches('A').count(), length + 2);
        }
    }
}
