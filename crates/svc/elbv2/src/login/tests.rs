use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_seal::Keyring;

use super::*;
use crate::records::{OidcSettings, Unauthenticated};

const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/web/1/2";

fn settings(token_endpoint: &str) -> OidcSettings {
    OidcSettings {
        issuer: "https://idp.test".to_owned(),
        authorization_endpoint: "https://idp.test/authorize".to_owned(),
        token_endpoint: token_endpoint.to_owned(),
        user_info_endpoint: "https://idp.test/userinfo".to_owned(),
        client_id: "web".to_owned(),
        cookie: "AWSELBAuthSessionCookie".to_owned(),
        scope: "openid".to_owned(),
        session_seconds: 60,
        extra: Default::default(),
        unauthenticated: Unauthenticated::Deny,
    }
}

fn asked(secret: Option<&str>, token_endpoint: &str) -> Vec<Asked> {
    vec![Asked::Oidc {
        order: Some(1),
        settings: settings(token_endpoint),
        secret: secret.map(str::to_owned),
    }]
}

fn key(id: &str, day: i64) -> SessionKey {
    let keyring = Keyring::in_memory();
    SessionKey {
        id: id.to_owned(),
        made_at: Timestamp::from_millis(day * DAY_MS),
        secret: keyring.seal(b"s", "c"),
        signing_key: keyring.seal(b"k", "c"),
    }
}

#[test]
fn a_secret_is_sealed_and_may_stay() {
    let keyring = Keyring::in_memory();
    let sealer = Sealer {
        keyring: &keyring,
        arn: ARN,
    };
    let endpoint = "https://idp.test/token";
    let first = sealer
        .actions(asked(Some("sesame"), endpoint), &[])
        .unwrap();
    let text = String::from_utf8(serde_json_of(&first)).unwrap();
    assert!(!text.contains("sesame"), "{text}");
    assert!(sealer.are_same(&first, &asked(Some("sesame"), endpoint)));
    assert!(!sealer.are_same(&first, &asked(Some("other"), endpoint)));
    assert!(!sealer.are_same(&first, &asked(None, endpoint)));
    let kept = sealer.actions(asked(None, endpoint), &first).unwrap();
    assert_eq!(kept, first);
    let told = sealer.to_plane(&kept);
    let wharf_planeproto::balancer::Action::AuthenticateOidc(told) = &told[0] else {
        panic!("{told:?}");
    };
    assert_eq!(told.client_secret, "sesame");
    assert!(!format!("{told:?} {first:?}").contains("sesame"));
}

fn serde_json_of(actions: &[Action]) -> Vec<u8> {
    let listener = crate::records::Listener {
        port: 443,
        protocol: crate::records::Protocol::Https,
        certificates: vec![],
        ssl_policy: None,
        alpn_policy: None,
        default_actions: actions.to_vec(),
        default_rule: "1".to_owned(),
        attributes: Default::default(),
        tags: Default::default(),
        session_keys: vec![key("a", 0)],
        unknown: Unknown::new(),
    };
    let bytes = encode(&listener);
    let back: Listener = wharf_records::decode(&bytes).unwrap();
    assert_eq!(back, listener);
    bytes.to_vec()
}

#[test]
fn a_secret_that_stays_goes_nowhere_else() {
    let keyring = Keyring::in_memory();
    let sealer = Sealer {
        keyring: &keyring,
        arn: ARN,
    };
    let first = sealer.actions(asked(Some("sesame"), "https://idp.test/token"), &[]);
    let first = first.unwrap();
    let elsewhere = sealer.actions(asked(None, "https://evil.test/token"), &first);
    assert_eq!(elsewhere.unwrap_err().code, "InvalidLoadBalancerAction");
    let none = sealer.actions(asked(None, "https://idp.test/token"), &[]);
    assert_eq!(none.unwrap_err().code, "InvalidLoadBalancerAction");
}

fn ids(keys: &[SessionKey]) -> String {
    keys.iter().map(|it| it.id.as_str()).collect()
}

fn day(number: i64) -> Timestamp {
    Timestamp::from_millis(number * DAY_MS)
}

#[test]
fn a_key_opens_before_it_seals_and_after() {
    assert_eq!(next_step(&[]), None);
    let keys = vec![key("a", 1)];
    assert_eq!(next_step(&keys), Some(Step::Add(day(9))));
    let (keys, gone) = added(keys, key("b", 9));
    assert_eq!((ids(&keys).as_str(), gone.len()), ("ab", 0));
    assert_eq!(next_step(&keys), Some(Step::First(day(10))));
    let keys = newest_first(keys);
    assert_eq!(ids(&keys), "ba");
    assert_eq!(next_step(&keys), Some(Step::Add(day(17))));
    let (keys, gone) = added(keys, key("c", 17));
    assert_eq!((ids(&keys).as_str(), gone.len()), ("bca", 0));
    let keys = newest_first(keys);
    assert_eq!(ids(&keys), "cba");
    // What "a" sealed on its last day, the tenth, is over on the seventeenth.
    let (keys, gone) = added(keys, key("d", 25));
    assert_eq!((ids(&keys).as_str(), gone), ("cdb", vec!["a".to_owned()]));
    assert_eq!(next_step(&keys), Some(Step::First(day(26))));
}

#[test]
fn keys_as_the_version_before_left_them() {
    // The newest was first at once, and the one before it was second.
    let keys = vec![key("b", 9), key("a", 1)];
    assert_eq!(next_step(&keys), Some(Step::Add(day(17))));
    let (keys, gone) = added(keys, key("c", 17));
    assert_eq!((ids(&keys).as_str(), gone.len()), ("bca", 0));
}

proptest! {
    /// Whenever the steps are taken, what a key has sealed opens for a week, and a key seals only a day after all hosts could have it.
    #[test]
    fn sessions_outlive_the_replacement_of_keys(late in prop::collection::vec(0_i64..5 * DAY_MS, 1..40)) {
        let mut keys = vec![key("0", 0)];
        let mut sealed: BTreeMap<String, i64> = BTreeMap::new();
        for (number, late) in late.into_iter().enumerate() {
            let step = next_step(&keys).unwrap();
            let now = step.due().millis() + late;
            let (first, made) = (keys[0].id.clone(), keys[0].made_at.millis());
            sealed.insert(first, now);
            keys = match step {
                Step::Add(_) => {
                    let new = SessionKey { made_at: Timestamp::from_millis(now), ..key(&(number + 1).to_string(), 0) };
                    let (keys, gone) = added(keys, new);
                    for id in gone {
                        prop_assert!(now - sealed[&id] >= 7 * DAY_MS, "{id} sealed until {} and went at {now}", sealed[&id]);
                    }
                    prop_assert_eq!(keys[0].made_at.millis(), made);
                    keys
                }
                Step::First(_) => {
                    let keys = newest_first(keys);
                    prop_assert!(now - keys[0].made_at.millis() >= DAY_MS);
                    keys
                }
            };
        }
    }
}

#[test]
fn a_public_key_is_one_that_others_read() {
    let made = Made::new().unwrap();
    let body: String = made
        .public
        .lines()
        .filter(|it| !it.starts_with('-'))
        .collect();
    let der = STANDARD.decode(body).unwrap();
    // SEQUENCE of the length that follows, the point uncompressed at its end.
    assert_eq!(
        (der[0], usize::from(der[1]), der[26]),
        (0x30, der.len() - 2, 4)
    );
}
