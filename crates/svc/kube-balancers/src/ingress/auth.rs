//! `auth-…`: how users are authenticated before a backend has their requests. Pure.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use wharf_kube_client::Object as _;

use super::{Making, PREFIX};
use crate::{
    annotations::{Annotations, Refused, refused},
    stack::{Auth, ClientSecret},
};

/// Of the request that users are sent to the provider with, as load balancing bounds them.
const MOST_EXTRA: usize = 10;

/// What a Secret has under a name, if that is text.
fn datum(secret: &Value, key: &str) -> Option<String> {
    let encoded = secret.map("/data")?.get(key)?.as_str()?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

/// The Secret that annotations of an object name.
pub fn secret_of(object: &Value) -> Option<String> {
    let given = Annotations::new(PREFIX, &[object]).json("auth-idp-oidc");
    let name = given.ok()??.text("/secretName").to_owned();
    (!name.is_empty()).then_some(name)
}

impl Making<'_> {
    /// What an Ingress and the Service of a backend say; the Service goes before.
    pub(super) fn auth(&self, ingress: &Value, service: &str) -> Result<Option<Auth>, Refused> {
        let namespace = ingress.namespace();
        let service = self.services.service(namespace, service);
        let mut of: Vec<&Value> = service.as_deref().into_iter().collect();
        of.push(ingress);
        let notes = Annotations::new(PREFIX, &of);
        if notes.text("auth-type") == Some("cognito") {
            return refused(format!(
                "the annotation {PREFIX}auth-type: cognito is not supported, since there is no Cognito"
            ));
        }
        if notes.one_of("auth-type", &["none", "oidc"])? != Some("oidc") {
            return Ok(None);
        }
        let Some(given) = notes.json("auth-idp-oidc")? else {
            return refused(format!(
                "the annotation {PREFIX}auth-idp-oidc is missing, and {PREFIX}auth-type is oidc"
            ));
        };
        let text = |at: &str| match given.text(at) {
            "" => refused(format!(
                "the annotation {PREFIX}auth-idp-oidc has no {}",
                at.trim_start_matches('/')
            )),
            given => Ok(given.to_owned()),
        };
        let secret_name = text("/secretName")?;
        let Some(secret) = self.services.secret(namespace, &secret_name) else {
            return refused(format!(
                "the Secret {secret_name}, which {PREFIX}auth-idp-oidc names, does not exist"
            ));
        };
        let wanted = |keys: &[&str]| {
            let found = keys.iter().find_map(|key| datum(&secret, key));
            match found.filter(|it| !it.is_empty()) {
                Some(found) => Ok(found),
                None => refused(format!("the Secret {secret_name} has no {}", keys[0])),
            }
        };
        let mut extra = BTreeMap::new();
        let params = given.map("/authenticationRequestExtraParams");
        for (key, value) in params.into_iter().flatten() {
            let Some(value) = value.as_str() else {
                return refused(format!(
                    "the annotation {PREFIX}auth-idp-oidc: authenticationRequestExtraParams.{key} must be a text"
                ));
            };
            extra.insert(key.clone(), value.to_owned());
        }
        if extra.len() > MOST_EXTRA {
            return refused(format!(
                "the annotation {PREFIX}auth-idp-oidc: authenticationRequestExtraParams has more than {MOST_EXTRA} entries"
            ));
        }
        let unauthenticated = notes.one_of(
            "auth-on-unauthenticated-request",
            &["authenticate", "allow", "deny"],
        )?;
        let or = |name: &str, default: &str| notes.text(name).unwrap_or(default).to_owned();
        Ok(Some(Auth {
            issuer: text("/issuer")?,
            authorization_endpoint: text("/authorizationEndpoint")?,
            token_endpoint: text("/tokenEndpoint")?,
            user_info_endpoint: text("/userInfoEndpoint")?,
            // As AWS's controller takes it: `echo` leaves a line's end.
            client_id: wanted(&["clientID", "clientId"])?.trim_end().to_owned(),
            secret: ClientSecret::known(wanted(&["clientSecret"])?),
            cookie: or("auth-session-cookie", "AWSELBAuthSessionCookie"),
            scope: or("auth-scope", "openid"),
            seconds: notes
                .number("auth-session-timeout", 1, 604_800)?
                .map_or(604_800, i64::from),
            extra,
            unauthenticated: unauthenticated.unwrap_or("authenticate").to_owned(),
        }))
    }
}
