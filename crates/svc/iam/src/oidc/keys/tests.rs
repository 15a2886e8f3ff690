use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use super::*;

const START: Timestamp = Timestamp::from_millis(1_767_312_000_000);
const ISSUER: &str = "https://git.lan/a";
const OF_ONE: (&str, &str) = ("111111111111", ISSUER);
const OF_OTHER: (&str, &str) = ("222222222222", ISSUER);

/// A provider that answers what it is told to, and counts.
#[derive(Default)]
struct Provider {
    asked: AtomicU32,
    keys: Mutex<Vec<&'static str>>,
    is_down: Mutex<bool>,
}

fn key(id: &str) -> Value {
    json!({"kty": "RSA", "kid": id, "n": "AQAB", "e": "AQAB", "use": "sig"})
}

#[async_trait]
impl Documents for Provider {
    async fn get(&self, account: &str, url: &str, _: usize) -> Result<Vec<u8>, NoDocument> {
        if *self.is_down.lock() && account == OF_ONE.0 {
            self.asked.fetch_add(1, Ordering::Relaxed);
            return Err("down".into());
        }
        let document = match url {
            "https://git.lan/a/.well-known/openid-configuration" => {
                self.asked.fetch_add(1, Ordering::Relaxed);
                json!({"issuer": ISSUER, "jwks_uri": "https://git.lan/keys"})
            }
            "https://git.lan/keys" => {
                let keys: Vec<Value> = self.keys.lock().iter().map(|it| key(it)).collect();
                json!({"keys": keys})
            }
            other => return Err(format!("no {other}").into()),
        };
        Ok(document.to_string().into_bytes())
    }
}

fn provider(keys: &[&'static str]) -> (Arc<Provider>, IssuerKeys) {
    let provider = Arc::new(Provider::default());
    *provider.keys.lock() = keys.to_vec();
    (provider.clone(), IssuerKeys::new(provider))
}

impl Provider {
    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

#[tokio::test]
async fn keys_are_kept_and_asked_for_again() {
    let (provider, keys) = provider(&["one"]);
    for second in 0..3 {
        keys.of(OF_ONE, Some("one"), after(second)).await.unwrap();
    }
    assert_eq!(provider.asked(), 1);
    keys.of(OF_ONE, Some("one"), after(3_600)).await.unwrap();
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_at_a_bounded_rate() {
    let (provider, keys) = provider(&["one"]);
    keys.of(OF_ONE, Some("one"), after(0)).await.unwrap();
    for second in 1..30 {
        let found = keys.of(OF_ONE, Some("two"), after(second)).await;
        assert_eq!(found.unwrap_err(), NoKey::NotThere);
    }
    assert_eq!(provider.asked(), 1);
    provider.keys.lock().push("two");
    let found = keys.of(OF_ONE, Some("two"), after(30)).await.unwrap();
    assert_eq!(found[0].id.as_deref(), Some("two"));
    assert_eq!(keys.of(OF_ONE, None, after(31)).await.unwrap().len(), 2);
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn keys_outlive_a_provider_that_is_down_for_a_day() {
    let (provider, keys) = provider(&["one"]);
    keys.of(OF_ONE, Some("one"), after(0)).await.unwrap();
    *provider.is_down.lock() = true;
    keys.of(OF_ONE, Some("one"), after(3_600)).await.unwrap();
    keys.of(OF_ONE, Some("one"), after(24 * 3_600 - 1))
        .await
        .unwrap();
    let found = keys.of(OF_ONE, Some("one"), after(24 * 3_600)).await;
    assert_eq!(found.unwrap_err(), NoKey::Unreachable);
    *provider.is_down.lock() = false;
    keys.of(OF_ONE, Some("one"), after(24 * 3_600 + 30))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_provider_that_never_answered_is_asked_at_a_bounded_rate() {
    let (provider, keys) = provider(&[]);
    *provider.is_down.lock() = true;
    for second in 0..60 {
        let found = keys.of(OF_ONE, None, after(second)).await;
        assert_eq!(found.unwrap_err(), NoKey::Unreachable);
    }
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn many_that_ask_at_once_ask_once() {
    let (provider, keys) = provider(&["one"]);
    let all = (0..20).map(|_| keys.of(OF_ONE, Some("one"), START));
    for found in futures_util::future::join_all(all).await {
        found.unwrap();
    }
    assert_eq!(provider.asked(), 1);
}

#[test]
fn documents_of_others_are_none() {
    let document = |issuer: &str, uri: &str| {
        jwks_uri(
            json!({"issuer": issuer, "jwks_uri": uri})
                .to_string()
                .as_bytes(),
            ISSUER,
        )
    };
    document(ISSUER, "https://keys.lan/").unwrap();
    document("https://git.lan/b", "https://keys.lan/").unwrap_err();
    document(ISSUER, "http://keys.lan/").unwrap_err();
    assert!(jwks_uri(b"[]", ISSUER).is_err() && jwks_uri(b"\xff", ISSUER).is_err());
}

#[test]
fn what_is_no_key_for_signatures_is_left_out() {
    let mut encrypting = key("enc");
    encrypting["use"] = json!("enc");
    let secret = json!({"kty": "oct", "k": "AAAA"});
    let set = json!({"keys": [encrypting, secret, {"kty": "none"}, 7, key("one")]});
    let found = keys_in(set.to_string().as_bytes()).unwrap();
    assert_eq!(found.len(), 1);
    let many: Vec<Value> = (0..MAX_KEYS + 1).map(|it| key(&it.to_string())).collect();
    let set = json!({"keys": many}).to_string();
    assert_eq!(keys_in(set.as_bytes()).unwrap().len(), MAX_KEYS);
    keys_in(b"{}").unwrap_err();
}

#[tokio::test]
async fn what_an_account_does_not_find_others_do() {
    let (provider, keys) = provider(&["one"]);
    *provider.is_down.lock() = true;
    let found = keys.of(OF_ONE, Some("one"), START).await;
    assert_eq!(found.unwrap_err(), NoKey::Unreachable);
    assert!(keys.of(OF_OTHER, Some("one"), START).await.is_ok());
}
