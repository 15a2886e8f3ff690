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

#[test]
fn keys_are_replaced_and_the_one_before_stays() {
    assert_eq!(due_at(&[]), None);
    let keys = vec![key("a", 1)];
    assert_eq!(due_at(&keys), Some(Timestamp::from_millis(9 * DAY_MS)));
    let (keys, gone) = replaced(keys, key("b", 9));
    assert!(gone.is_empty());
    let (keys, gone) = replaced(keys, key("c", 17));
    let left: Vec<&str> = keys.iter().map(|it| it.id.as_str()).collect();
    assert_eq!((left, gone), (vec!["c", "b"], vec!["a".to_owned()]));
    // What "a" sealed on its last day, the ninth, is over on the sixteenth: sessions last a week at most.
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
