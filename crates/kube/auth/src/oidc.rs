//! Users whom an identity provider vouches for: what of a token's claims is their name and what their groups. Pure; that the provider
//! signed the claims, for this client and now, is found out before.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::UserInfo;

/// The claim that is a user's name where none is chosen.
pub const SUBJECT: &str = "sub";
const EMAIL: &str = "email";
const VERIFIED: &str = "email_verified";
/// As a prefix of names: none.
const NO_PREFIX: &str = "-";
/// Users and groups of the cluster itself begin so, and no provider speaks for them.
const OWN: [&str; 2] = ["system:", "eks:"];

fn is_own(name: &str) -> bool {
    OWN.iter().any(|it| name.starts_with(it))
}

/// What a cluster has a provider for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    pub issuer: String,
    pub client_id: String,
    pub username_claim: Option<String>,
    pub username_prefix: Option<String>,
    pub groups_claim: Option<String>,
    pub groups_prefix: Option<String>,
    pub required_claims: BTreeMap<String, String>,
}

/// Why claims make no user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoUser {
    #[error("the claim {0} is not what is required")]
    Required(String),
    #[error("the claim {0} is no text")]
    Name(String),
    #[error("the address is not verified")]
    Unverified,
    #[error("the claim {0} is neither a text nor a list of texts")]
    Groups(String),
    /// Who hears of it in a header would take it for another.
    #[error("the name {0:?} begins or ends with a blank")]
    Blanks(String),
    #[error("the name {0} is one of the cluster itself")]
    Reserved(String),
}

impl Provider {
    /// Put before names. Without a word about it those of other claims than addresses say whose they are.
    fn name_prefix(&self, claim: &str) -> String {
        match self.username_prefix.as_deref() {
            Some(NO_PREFIX) => String::new(),
            Some(given) if !given.is_empty() => given.to_owned(),
            _ if claim == EMAIL => String::new(),
            _ => format!("{}#", self.issuer),
        }
    }

    /// # Errors
    /// The claims are not enough, or claim too much.
    pub fn user(&self, claims: &Map<String, Value>) -> Result<UserInfo, NoUser> {
        for (claim, wanted) in &self.required_claims {
            if claims.get(claim).and_then(Value::as_str) != Some(wanted) {
                return Err(NoUser::Required(claim.clone()));
            }
        }
        let claim = self.username_claim.as_deref().unwrap_or(SUBJECT);
        let name = claims.get(claim).and_then(Value::as_str);
        let name = name.filter(|it| !it.is_empty());
        let name = name.ok_or_else(|| NoUser::Name(claim.to_owned()))?;
        // An address that says nothing of it is taken, as upstream does.
        if claim == EMAIL
            && claims
                .get(VERIFIED)
                .is_some_and(|it| it != &Value::Bool(true))
        {
            return Err(NoUser::Unverified);
        }
        let name = format!("{}{name}", self.name_prefix(claim));
        if name.trim() != name {
            return Err(NoUser::Blanks(name));
        }
        if is_own(&name) {
            return Err(NoUser::Reserved(name));
        }
        let groups = self.groups(claims)?;
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        Ok(UserInfo::authenticated(name, &groups))
    }

    /// A provider that names a group of the cluster itself, or what would be one without the blanks around it, gives it to nobody.
    fn groups(&self, claims: &Map<String, Value>) -> Result<Vec<String>, NoUser> {
        let Some(claim) = &self.groups_claim else {
            return Ok(Vec::new());
        };
        let bad = || NoUser::Groups(claim.clone());
        let given: Vec<&str> = match claims.get(claim) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(all)) => {
                let all: Option<Vec<&str>> = all.iter().map(Value::as_str).collect();
                all.ok_or_else(bad)?
            }
            Some(_) => return Err(bad()),
        };
        let prefix = self.groups_prefix.as_deref().unwrap_or_default();
        let named = given.into_iter().filter(|it| !it.is_empty());
        let named = named.map(|it| format!("{prefix}{it}"));
        Ok(named.filter(|it| !is_own(it) && it.trim() == it).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn provider() -> Provider {
        Provider {
            issuer: "https://idp.lan".to_owned(),
            client_id: "kubernetes".to_owned(),
            username_claim: None,
            username_prefix: None,
            groups_claim: Some("groups".to_owned()),
            groups_prefix: Some("idp:".to_owned()),
            required_claims: BTreeMap::new(),
        }
    }

    fn user(provider: &Provider, claims: Value) -> Result<(String, Vec<String>), NoUser> {
        let user = provider.user(claims.as_object().unwrap())?;
        Ok((user.name, user.groups))
    }

    fn owned(all: &[&str]) -> Vec<String> {
        all.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn names_and_groups_have_their_prefixes() {
        let it = provider();
        let claims = json!({"sub": "jane", "groups": ["dev", "ops"]});
        let all = owned(&["idp:dev", "idp:ops", "system:authenticated"]);
        assert_eq!(
            user(&it, claims),
            Ok(("https://idp.lan#jane".to_owned(), all))
        );
        let one = user(&it, json!({"sub": "jane", "groups": "dev"})).unwrap();
        assert_eq!(one.1, owned(&["idp:dev", "system:authenticated"]));
        for none in [
            json!({"sub": "jane"}),
            json!({"sub": "jane", "groups": null}),
        ] {
            assert_eq!(user(&it, none).unwrap().1, owned(&["system:authenticated"]));
        }
        for bad in [
            json!({"sub": "jane", "groups": [1]}),
            json!({"sub": "jane", "groups": 1}),
        ] {
            assert_eq!(user(&it, bad), Err(NoUser::Groups("groups".to_owned())));
        }
        for (prefix, name) in [
            ("-", "jane"),
            ("corp:", "corp:jane"),
            ("", "https://idp.lan#jane"),
        ] {
            let it = Provider {
                username_prefix: Some(prefix.to_owned()),
                ..provider()
            };
            assert_eq!(user(&it, json!({"sub": "jane"})).unwrap().0, name);
        }
    }

    #[test]
    fn addresses_are_verified() {
        let it = Provider {
            username_claim: Some("email".to_owned()),
            ..provider()
        };
        let name = |claims| user(&it, claims).map(|it| it.0);
        assert_eq!(name(json!({"email": "j@x"})), Ok("j@x".to_owned()));
        assert_eq!(
            name(json!({"email": "j@x", "email_verified": true})),
            Ok("j@x".to_owned())
        );
        for no in [json!(false), json!("true"), json!(null)] {
            let claims = json!({"email": "j@x", "email_verified": no});
            assert_eq!(name(claims), Err(NoUser::Unverified));
        }
        assert_eq!(
            name(json!({"sub": "jane"})),
            Err(NoUser::Name("email".to_owned()))
        );
    }

    #[test]
    fn nobody_becomes_the_cluster_itself() {
        let it = Provider {
            username_prefix: Some("-".to_owned()),
            groups_prefix: None,
            ..provider()
        };
        let claims = json!({"sub": "system:admin"});
        assert!(matches!(user(&it, claims), Err(NoUser::Reserved(_))));
        let by_address = Provider {
            username_claim: Some("email".to_owned()),
            ..provider()
        };
        let claims = json!({"email": "eks:vpc-resource-controller"});
        assert!(matches!(
            user(&by_address, claims),
            Err(NoUser::Reserved(_))
        ));
        for name in [" system:admin", "jane ", "\tjane"] {
            let found = user(&it, json!({"sub": name}));
            assert!(matches!(found, Err(NoUser::Blanks(_))), "{name:?}");
        }
        let claims = json!({"sub": "jane", "groups": [
            "system:masters", " system:masters", "eks:nodes\t", "eks:nodes", "dev"]});
        assert_eq!(
            user(&it, claims).unwrap().1,
            owned(&["dev", "system:authenticated"])
        );
    }

    #[test]
    fn what_is_required_is_there() {
        let required = BTreeMap::from([("team".to_owned(), "blue".to_owned())]);
        let it = Provider {
            required_claims: required,
            ..provider()
        };
        assert!(user(&it, json!({"sub": "jane", "team": "blue"})).is_ok());
        for no in [
            json!({"sub": "jane"}),
            json!({"sub": "jane", "team": ["blue"]}),
            json!({"sub": "jane", "team": "red"}),
        ] {
            assert_eq!(user(&it, no), Err(NoUser::Required("team".to_owned())));
        }
    }
}
