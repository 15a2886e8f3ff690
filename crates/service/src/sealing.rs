//! The secrets in a service's records that are sealed under the keyring, for those who rotate it.

use serde_json::Value;
use wharf_records::Scope;
use wharf_seal::{Keyring, OpenError, Sealed};
use wharf_store::Entry;

/// Which records of a service hold sealed secrets.
#[derive(Debug, Clone, Copy)]
pub struct Sealing {
    /// The service's segment of keys.
    pub service: &'static str,
    pub secrets: &'static [Secrets],
}

/// Secrets in the records of a kind, all in the same place of each.
#[derive(Debug, Clone, Copy)]
pub struct Secrets {
    pub kind: &'static str,
    /// Members of members, of each in a list; the last holds a secret, or several in a list. A record may lack it.
    pub path: &'static [&'static str],
    /// What they are sealed for, by the record's scope, id and body.
    pub purpose: fn(&Scope, &str, &Value) -> String,
    /// They were sealed as tokens are.
    pub tokens: bool,
}

impl Secrets {
    pub const fn new(
        kind: &'static str,
        path: &'static [&'static str],
        purpose: fn(&Scope, &str, &Value) -> String,
    ) -> Self {
        Self {
            kind,
            path,
            purpose,
            tokens: false,
        }
    }

    /// The same for what [`Keyring::seal_token`] sealed.
    pub const fn tokens(self) -> Self {
        Self {
            tokens: true,
            ..self
        }
    }
}

/// A sealed secret of a record.
#[derive(Debug)]
pub struct Secret {
    pub sealed: Sealed,
    context: String,
    token: bool,
}

impl Sealing {
    /// The secrets of a stored record of this service.
    pub fn of(&self, entry: &Entry) -> Vec<Secret> {
        let Some((scope, kind, id)) = Scope::parse(&entry.key) else {
            return Vec::new();
        };
        let mut places = self.secrets.iter().filter(|it| it.kind == kind).peekable();
        if scope.service != self.service || places.peek().is_none() {
            return Vec::new();
        }
        let Ok(value) = serde_json::from_slice::<Value>(&entry.value) else {
            return Vec::new();
        };
        let body = &value["body"];
        let mut found = Vec::new();
        for place in places {
            let held = place.path.iter().fold(each(body), |at, member| {
                at.into_iter().flat_map(|it| each(&it[*member])).collect()
            });
            let sealed = held.into_iter().filter_map(Value::as_str);
            for sealed in sealed.filter_map(|text| Sealed::decode(text).ok()) {
                found.push(Secret {
                    sealed,
                    context: (place.purpose)(&scope, &id, body),
                    token: place.tokens,
                });
            }
        }
        found
    }

    /// A record's value with all its secrets under the active key; `None` if they are already.
    ///
    /// # Errors
    /// If one of them does not open.
    pub fn anew(&self, keyring: &Keyring, entry: &Entry) -> Result<Option<Vec<u8>>, OpenError> {
        let mut text = String::from_utf8_lossy(&entry.value).into_owned();
        let mut changed = false;
        for secret in self.of(entry) {
            let anew = match secret.token {
                true => keyring.reseal_token(&secret.sealed, &secret.context)?,
                false => keyring.reseal(&secret.sealed, &secret.context)?,
            };
            if let Some(anew) = anew {
                // The text of a sealed secret occurs once: it begins with random bytes.
                text = text.replacen(&secret.sealed.encode(), &anew.encode(), 1);
                changed = true;
            }
        }
        Ok(changed.then(|| text.into_bytes()))
    }
}

/// What a list holds; of anything else, itself.
fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SEALING: Sealing = Sealing {
        service: "x",
        secrets: &[
            Secrets::new("user", &["login", "password"], |_, _, body| {
                format!("x/{}", body["id"].as_str().unwrap_or_default())
            }),
            Secrets::new("user", &["login", "before"], |_, _, body| {
                format!("x/{}", body["id"].as_str().unwrap_or_default())
            }),
            Secrets::new("task", &["seed"], |scope, id, _| {
                format!("{}/{id}", scope.region)
            })
            .tokens(),
        ],
    };

    fn entry(kind: &str, body: Value) -> Entry {
        let value = json!({"kind": kind, "format": 1, "body": body}).to_string();
        Entry {
            key: Scope::new("x", "000000000000", "r").key(kind, "1"),
            value: value.into_bytes().into(),
            create_revision: 1,
            mod_revision: 1,
            version: 1,
            lease: None,
        }
    }

    /// One in memory is never rotated.
    fn on_disk() -> (tempfile::TempDir, Keyring) {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::open_or_create(&folder.path().join("keys/keyring")).unwrap();
        (folder, keyring)
    }

    #[test]
    fn each_secret_of_a_record_is_sealed_anew_and_nothing_else_changes() {
        let (_folder, keyring) = on_disk();
        let seal = |plain: &str| keyring.seal(plain.as_bytes(), "x/u1").encode();
        let (now, before) = (seal("now"), [seal("then"), seal("first")]);
        let user = json!({"id": "u1", "login": {"password": now, "before": before, "n": 1}});
        let user = entry("user", user);
        assert_eq!(SEALING.of(&user).len(), 3);
        assert_eq!(SEALING.anew(&keyring, &user).unwrap(), None);

        keyring.rotate().unwrap();
        let anew = SEALING.anew(&keyring, &user).unwrap().unwrap();
        keyring.retire().unwrap();
        let body = &serde_json::from_slice::<Value>(&anew).unwrap()["body"];
        let open = |text: &Value| {
            let sealed = Sealed::decode(text.as_str().unwrap()).unwrap();
            let plain = keyring.open(&sealed, "x/u1").unwrap();
            String::from_utf8(plain.expose().to_vec()).unwrap()
        };
        assert_eq!(open(&body["login"]["password"]), "now");
        assert_eq!(open(&body["login"]["before"][0]), "then");
        assert_eq!(open(&body["login"]["before"][1]), "first");
        assert_eq!(body["login"]["n"], 1);
        assert!(SEALING.anew(&keyring, &user).is_err(), "its key is gone");
    }

    #[test]
    fn tokens_stay_tokens() {
        let (_folder, keyring) = on_disk();
        let task = entry("task", json!({"seed": keyring.seal_token(b"seed", "r/1")}));
        keyring.rotate().unwrap();
        let anew = SEALING.anew(&keyring, &task).unwrap().unwrap();
        let anew = serde_json::from_slice::<Value>(&anew).unwrap();
        let token = anew["body"]["seed"].as_str().unwrap();
        assert_eq!(keyring.open_token(token, "r/1").unwrap().expose(), b"seed");
        assert!(keyring.is_sealed_under_active(token));
    }

    #[test]
    fn records_without_secrets_have_none() {
        let keyring = Keyring::in_memory();
        let other = json!({"login": {"password": keyring.seal(b"x", "x/u1").encode()}});
        assert!(SEALING.of(&entry("group", other)).is_empty());
        for body in [
            json!({}),
            json!({"login": null}),
            json!({"login": {"password": "no"}}),
        ] {
            assert!(SEALING.of(&entry("user", body)).is_empty());
        }
    }
}
