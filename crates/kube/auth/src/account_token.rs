//! Tokens of service accounts: JWTs signed with the key of a cluster, bound to an account and to what it is used by. Pure but for the
//! randomness of keys and for what is remembered of signatures.

use std::collections::HashSet;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
    },
};
use data_encoding::BASE64URL_NOPAD;
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wharf_base::{Timestamp, ids};
use zeroize::Zeroizing;

use crate::{
    seams::{Bound, IssuedToken, TokenRequest},
    user::{SERVICE_ACCOUNT_PREFIX, UserInfo},
};

/// Characters of the longest token that is looked at.
pub const LONGEST: usize = 16 << 10;
/// The audience of tokens for the API server itself.
pub const API_AUDIENCE: &str = "https://kubernetes.default.svc";
/// A clock may be behind by this.
const LEEWAY_SECONDS: i64 = 60;
const ALGORITHM: &str = "RS256";
/// Digests that are kept.
const MOST_SIGNED: usize = 4096;

#[derive(Debug, thiserror::Error)]
#[error("a key of a cluster cannot be used")]
pub struct KeyError;

impl From<aws_lc_rs::error::Unspecified> for KeyError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

impl From<aws_lc_rs::error::KeyRejected> for KeyError {
    fn from(_: aws_lc_rs::error::KeyRejected) -> Self {
        Self
    }
}

/// A private key in PKCS #8.
pub type PrivateKey = Zeroizing<Vec<u8>>;

/// What a cluster signs tokens with.
pub struct Issuer {
    pair: RsaKeyPair,
    /// As it is named in tokens and in the key set.
    key_id: String,
    /// `https://oidc.eks.<region>.amazonaws.com/id/<id of the cluster>`
    url: String,
    /// Digests of tokens whose signatures were found to be this key's: a client sends the same one with each request.
    signed: Mutex<HashSet<[u8; 32]>>,
}

/// What a token says, once its signature and its times hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    pub namespace: String,
    pub account: String,
    pub account_uid: String,
    pub audiences: Vec<String>,
    pub bound: Option<Bound>,
    pub node: Option<(String, String)>,
    /// The token's own name.
    pub id: String,
}

/// Why a token is none of the cluster's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("it is not a JWT")]
    Form,
    #[error("another issuer made it")]
    Issuer,
    #[error("its signature does not hold")]
    Signature,
    #[error("it is over, or not yet good")]
    Time,
    #[error("it is of no service account")]
    Subject,
}

/// A new key.
///
/// # Errors
/// The system has no randomness.
pub fn new_key() -> Result<PrivateKey, KeyError> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let der: Pkcs8V1Der<'_> = pair.as_der()?;
    Ok(Zeroizing::new(der.as_ref().to_vec()))
}

impl Issuer {
    /// # Errors
    /// The key is none.
    pub fn new(key: &[u8], url: impl Into<String>) -> Result<Self, KeyError> {
        let pair = RsaKeyPair::from_pkcs8(key)?;
        let key_id = BASE64URL_NOPAD.encode(&Sha256::digest(pair.public_key().as_ref()));
        Ok(Self {
            pair,
            key_id,
            url: url.into(),
            signed: Mutex::default(),
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// # Errors
    /// The key cannot sign.
    pub fn issue(&self, request: &TokenRequest, now: Timestamp) -> Result<IssuedToken, KeyError> {
        let audiences = match request.audiences.is_empty() {
            true => vec![API_AUDIENCE.to_owned()],
            false => request.audiences.clone(),
        };
        let from = now.millis().div_euclid(1000);
        let life = i64::try_from(request.life_seconds).unwrap_or(i64::MAX);
        let until = from.saturating_add(life);
        let account = json!({ "name": request.account, "uid": request.account_uid });
        let mut own = json!({ "namespace": request.namespace, "serviceaccount": account });
        if let Some(bound) = &request.bound {
            own[bound.kind.to_ascii_lowercase()] = json!({ "name": bound.name, "uid": bound.uid });
        }
        if let Some((name, uid)) = &request.node {
            own["node"] = json!({ "name": name, "uid": uid });
        }
        let claims = json!({
            "aud": audiences,
            "exp": until,
            "iat": from,
            "iss": self.url,
            "jti": ids::uuid(),
            "kubernetes.io": own,
            "nbf": from,
            "sub": format!("{SERVICE_ACCOUNT_PREFIX}{}:{}", request.namespace, request.account),
        });
        let expires = Timestamp::from_millis(until.saturating_mul(1000));
        Ok(IssuedToken {
            token: self.signed(&claims)?,
            audiences,
            expires,
        })
    }

    fn signed(&self, claims: &Value) -> Result<String, KeyError> {
        let header = json!({ "alg": ALGORITHM, "kid": self.key_id });
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let message = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(
            &RSA_PKCS1_SHA256,
            &random,
            message.as_bytes(),
            &mut signature,
        )?;
        Ok(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)))
    }

    /// Whether a token says that it is of this issuer, so that another kind of token is not judged as one.
    pub fn is_named_by(&self, token: &str) -> bool {
        let claims = (token.len() <= LONGEST)
            .then(|| token.split('.').nth(1))
            .flatten()
            .and_then(part);
        claims.is_some_and(|it| it["iss"].as_str() == Some(&self.url))
    }

    /// # Errors
    /// It is not a token of this cluster that holds now.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Claims, Invalid> {
        if token.len() > LONGEST {
            return Err(Invalid::Form);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Invalid::Form)?;
        let (header, claims) = message.split_once('.').ok_or(Invalid::Form)?;
        let (header, claims) = (part(header), part(claims));
        let (header, claims) = header.zip(claims).ok_or(Invalid::Form)?;
        if header["alg"] != ALGORITHM || header.get("crit").is_some() {
            return Err(Invalid::Form);
        }
        if claims["iss"].as_str() != Some(&self.url) {
            return Err(Invalid::Issuer);
        }
        self.verify(token, message, signature)?;
        let second = now.millis().div_euclid(1000);
        let until = claims["exp"].as_i64().ok_or(Invalid::Form)?;
        let from = claims["nbf"].as_i64().unwrap_or(i64::MIN);
        if second >= until || from > second.saturating_add(LEEWAY_SECONDS) {
            return Err(Invalid::Time);
        }
        Claims::of(&claims).ok_or(Invalid::Subject)
    }

    fn verify(&self, token: &str, message: &str, signature: &str) -> Result<(), Invalid> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        if self.signed.lock().contains(&digest) {
            return Ok(());
        }
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes());
        let signature = signature.map_err(|_| Invalid::Form)?;
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key());
        let held = public.verify(message.as_bytes(), &signature);
        held.map_err(|_| Invalid::Signature)?;
        let mut signed = self.signed.lock();
        if signed.len() >= MOST_SIGNED {
            signed.clear();
        }
        signed.insert(digest);
        Ok(())
    }

    /// The key set that verifiers fetch.
    pub fn key_set(&self) -> Value {
        let public = self.pair.public_key().as_ref();
        let Ok(public) = pkcs1::RsaPublicKey::try_from(public) else {
            return json!({ "keys": [] });
        };
        let number = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        json!({ "keys": [{
            "use": "sig",
            "kty": "RSA",
            "kid": self.key_id,
            "alg": ALGORITHM,
            "n": number(public.modulus.as_bytes()),
            "e": number(public.public_exponent.as_bytes()),
        }] })
    }

    /// The discovery document, as EKS has it.
    pub fn configuration(&self) -> Value {
        json!({
            "issuer": self.url,
            "jwks_uri": format!("{}/keys", self.url),
            "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "claims_supported": ["sub", "iss"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        })
    }
}

fn part(text: &str) -> Option<Value> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let value: Value = serde_json::from_slice(&bytes).ok()?;
    value.is_object().then_some(value)
}

impl Claims {
    pub(crate) fn of(claims: &Value) -> Option<Self> {
        let own = &claims["kubernetes.io"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let named = |kind: &str| {
            let it = own.get(kind)?;
            Some((text(&it["name"])?, text(&it["uid"])?))
        };
        let (account, account_uid) = named("serviceaccount")?;
        let namespace = text(&own["namespace"])?;
        let subject = format!("{SERVICE_ACCOUNT_PREFIX}{namespace}:{account}");
        if claims["sub"].as_str() != Some(&subject) {
            return None;
        }
        let bound = [("pod", "Pod"), ("secret", "Secret")];
        let bound = bound.into_iter().find_map(|(member, kind)| {
            let (name, uid) = named(member)?;
            let kind = kind.to_owned();
            Some(Bound { kind, name, uid })
        });
        let node = named("node");
        // A token that is bound to nothing but a node.
        let bound = bound.or_else(|| {
            let (name, uid) = node.clone()?;
            let kind = "Node".to_owned();
            Some(Bound { kind, name, uid })
        });
        let audiences = claims["aud"].as_array().into_iter().flatten();
        Some(Self {
            namespace,
            account,
            account_uid,
            audiences: audiences.filter_map(text).collect(),
            bound,
            node,
            id: text(&claims["jti"]).unwrap_or_default(),
        })
    }

    /// Who has the token, if account and what it is bound to are still there.
    pub fn user(&self) -> UserInfo {
        let mut user = UserInfo::service_account(&self.namespace, &self.account, &self.account_uid);
        let mut say = |key: &str, value: &str| {
            let key = format!("authentication.kubernetes.io/{key}");
            user.extra.insert(key, vec![value.to_owned()]);
        };
        if !self.id.is_empty() {
            say("credential-id", &format!("JTI={}", self.id));
        }
        if let Some(pod) = self.bound.as_ref().filter(|it| it.kind == "Pod") {
            say("pod-name", &pod.name);
            say("pod-uid", &pod.uid);
        }
        if let Some((name, uid)) = &self.node {
            say("node-name", name);
            say("node-uid", uid);
        }
        user
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const URL: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/AB";

    fn request() -> TokenRequest {
        TokenRequest {
            namespace: "team".to_owned(),
            account: "builder".to_owned(),
            account_uid: "u1".to_owned(),
            audiences: Vec::new(),
            life_seconds: 600,
            bound: Some(Bound {
                kind: "Pod".to_owned(),
                name: "web-0".to_owned(),
                uid: "u2".to_owned(),
            }),
            node: Some(("ip-10-0-0-1".to_owned(), "u3".to_owned())),
        }
    }

    #[test]
    fn what_is_issued_is_read_until_it_is_over() {
        let key = new_key().unwrap();
        let issuer = Issuer::new(&key, URL).unwrap();
        let issued = issuer.issue(&request(), NOW).unwrap();
        assert_eq!(issued.audiences, [API_AUDIENCE]);
        assert_eq!(issued.expires, NOW + Duration::from_secs(600));
        assert!(issuer.is_named_by(&issued.token));
        let claims = issuer.read(&issued.token, NOW).unwrap();
        assert_eq!(claims.bound, request().bound);
        let user = claims.user();
        assert_eq!(user.name, "system:serviceaccount:team:builder");
        assert!(user.is_in("system:serviceaccounts:team"));
        let pod = &user.extra["authentication.kubernetes.io/pod-name"];
        assert_eq!(pod, &["web-0"]);
        let last = NOW + Duration::from_secs(599);
        assert!(issuer.read(&issued.token, last).is_ok());
        assert_eq!(
            issuer.read(&issued.token, issued.expires),
            Err(Invalid::Time)
        );
        let before = NOW - Duration::from_secs(61);
        assert_eq!(issuer.read(&issued.token, before), Err(Invalid::Time));
    }

    /// With the numbers of the key set alone.
    #[test]
    fn the_key_set_verifies_what_is_issued() {
        let issuer = Issuer::new(&new_key().unwrap(), URL).unwrap();
        let token = issuer.issue(&request(), NOW).unwrap().token;
        let key = &issuer.key_set()["keys"][0];
        let number = |name: &str| {
            let text = key[name].as_str().unwrap();
            BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()
        };
        let public = aws_lc_rs::rsa::PublicKeyComponents {
            n: number("n"),
            e: number("e"),
        };
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        let verified = public.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature);
        assert!(verified.is_ok());
    }

    #[test]
    fn what_another_signed_or_changed_is_refused() {
        let issuer = Issuer::new(&new_key().unwrap(), URL).unwrap();
        let other = Issuer::new(&new_key().unwrap(), URL).unwrap();
        let token = other.issue(&request(), NOW).unwrap().token;
        assert_eq!(issuer.read(&token, NOW), Err(Invalid::Signature));
        let elsewhere = Issuer::new(&new_key().unwrap(), "https://x").unwrap();
        let token = elsewhere.issue(&request(), NOW).unwrap().token;
        assert_eq!(issuer.read(&token, NOW), Err(Invalid::Issuer));
        let own = issuer.issue(&request(), NOW).unwrap().token;
        assert!(issuer.read(&own, NOW).is_ok());
        let (message, signature) = own.rsplit_once('.').unwrap();
        let (_, claims) = message.split_once('.').unwrap();
        let none = BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#);
        for bad in [
            String::new(),
            "a.b".to_owned(),
            format!("{none}.{claims}."),
            format!("{none}.{claims}.{signature}"),
            own[..own.len() - 2].to_owned(),
        ] {
            assert!(issuer.read(&bad, NOW).is_err(), "{bad}");
        }
    }
}
