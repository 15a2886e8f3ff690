use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn policy(identifiers: &[&str], custom: Value) -> Value {
    let all: Vec<String> = identifiers
        .iter()
        .map(|it| match it.starts_with('/') {
            true => it[1..].to_owned(),
            false => format!("{MANAGED}{it}"),
        })
        .collect();
    json!({ "Name": "p", "Version": VERSION, "Configuration": { "CustomDataIdentifier": custom },
        "Statement": [
            { "Sid": "audit", "DataIdentifier": all, "Operation": { "Audit": { "FindingsDestination": {} } } },
            { "Sid": "mask", "DataIdentifier": all, "Operation": { "Deidentify": { "MaskConfig": {} } } },
        ] })
}

fn of(identifiers: &[&str], custom: Value) -> Protection {
    Protection::parse(&policy(identifiers, custom).to_string()).unwrap()
}

fn starred(policy: &Protection, text: &str) -> String {
    masked(text, [policy].into_iter()).into_owned()
}

/// The text without brackets, and with stars for what stands within them.
fn marked(text: &str) -> (String, String) {
    let (mut plain, mut masked, mut within) = (String::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '[' | ']' => within = c == '[',
            c => {
                plain.push(c);
                masked.push(if within { '*' } else { c });
            }
        }
    }
    (plain, masked)
}

#[test]
fn what_is_sensitive_is_masked_and_nothing_else() {
    const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    for (identifier, text) in [
        (
            "EmailAddress",
            "from [a.b@c.example] to a@b, ü[a@b.example]_",
        ),
        ("CreditCardNumber", "card [4111 1111-11111111]."),
        (
            "CreditCardNumber",
            "card 4111111111111112, id x4111111111111111",
        ),
        ("CreditCardExpiration", "expires [11/27]"),
        ("CreditCardExpiration", "on 11/27"),
        ("CreditCardSecurityCode", "cvv: [123] of 9"),
        ("AwsSecretKey", &format!("aws_secret_access_key=[{KEY}]")),
        ("AwsSecretKey", KEY),
        ("IpAddress", "[10.0.0.1] and [fe80::1]."),
        ("IpAddress", "std::io at 10:20:30, 1.2.3.456"),
        ("LatLong", "location [52.5200, 13.4050]"),
        ("PgpPrivateKey", "x[-----BEGIN PGP PRIVATE KEY BLOCK-----]"),
        (
            "OpenSshPrivateKey",
            "k [-----BEGIN OPENSSH PRIVATE KEY-----\nabc]",
        ),
        (
            "PkcsPrivateKey",
            "[-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----] rest",
        ),
        (
            "VehicleIdentificationNumber",
            "[1M8GDM9AXKP042788] 1M8GDM9A1KP042788",
        ),
        ("Ssn-US", "ssn [123-45-6789], ssn 000-45-6789"),
        ("Ssn-US", "order 123-45-6789"),
        ("BankAccountNumber-DE", "IBAN [DE89370400440532013000]"),
        ("BankAccountNumber-DE", "IBAN DE89370400440532013001"),
        ("BankAccountNumber-GB", "iban [GB29 NWBK 6016 1331 9268 19]"),
    ] {
        let (plain, masked) = marked(text);
        assert_eq!(
            starred(&of(&[identifier], json!([])), &plain),
            masked,
            "{identifier}"
        );
    }
    let custom = json!([{ "Name": "Employee", "Regex": "E-\\d{3}" }]);
    let (plain, masked) = marked("ü [E-123] [E-123]4 [e-123@x.example]");
    assert_eq!(
        starred(&of(&["EmailAddress", "/Employee"], custom), &plain),
        masked
    );
    // They overlap.
    let custom = json!([{ "Name": "A", "Regex": "abc" }, { "Name": "B", "Regex": "bcd" }]);
    assert_eq!(starred(&of(&["/A", "/B"], custom), "xabcdx"), "x****x");
}

#[test]
fn what_costs_too_much_is_masked_as_a_whole() {
    let custom = json!([{ "Name": "All", "Regex": "a.*b|a" }]);
    let text = "a".repeat(20_000);
    assert_eq!(starred(&of(&["/All"], custom), &text), "*".repeat(20_000));
}

#[test]
fn what_is_no_policy_is_said() {
    let good = policy(&["EmailAddress"], json!([]));
    let with = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let name = |it: &str| json!([{ "Name": it, "Regex": "a" }]);
    let regex = |it: String| json!([{ "Name": "N", "Regex": it }]);
    const CUSTOM: &str = "/Configuration/CustomDataIdentifier";
    for (document, text) in [
        (json!("x"), "Invalid data protection policy"),
        (with("/Version", json!("2012-10-17")), "Version"),
        (with("/Statement", json!([])), "one statement with Audit"),
        (
            with("/Statement/0", good["Statement"][1].clone()),
            "one statement with Audit",
        ),
        (
            with("/Statement/0/DataIdentifier", json!(["other"])),
            "must be the same",
        ),
        (
            with(
                "/Statement/1/Operation",
                json!({ "Deidentify": { "MaskConfig": { "a": 1 } } }),
            ),
            "Invalid data protection",
        ),
        (
            with(
                "/Statement/0/Operation",
                json!({ "Audit": { "FindingsDestination": { "Firehose": { "DeliveryStream": "b" } } } }),
            ),
            "Firehose is not supported",
        ),
        (
            with(
                "/Statement/0/Operation",
                json!({ "Audit": { "FindingsDestination": { "S3": { "Bucket": "b", "Prefix": "p" } } } }),
            ),
            "S3 has a Bucket and nothing else",
        ),
        (
            with(
                "/Statement/0/Operation",
                json!({ "Audit": { "FindingsDestination": { "CloudWatchLogs": { "LogGroup": "" } } } }),
            ),
            "CloudWatchLogs has a LogGroup and nothing else",
        ),
        (
            policy(&["Name"], json!([])),
            "data-identifier/Name is not supported",
        ),
        (policy(&["/Own"], json!([])), "Own is not supported"),
        (with(CUSTOM, name("a b")), "Invalid name"),
        (with(CUSTOM, name("EmailAddress")), "Invalid name"),
        (with(CUSTOM, regex("(".into())), "Invalid Regex"),
        (with(CUSTOM, regex("a".repeat(201))), "Invalid Regex"),
        (with(CUSTOM, regex("\\w{200}{200}".into())), "Invalid Regex"),
        (
            with(
                CUSTOM,
                json!(vec![json!({ "Name": "N", "Regex": "a" }); 11]),
            ),
            "at most 10",
        ),
        (
            with(CUSTOM, json!(vec![json!({ "Name": "N", "Regex": "a" }); 2])),
            "Invalid name",
        ),
    ] {
        let said = Protection::parse(&document.to_string())
            .unwrap_err()
            .to_string();
        assert!(said.contains(text), "{document}: {said}");
    }
    assert!(Protection::parse(&" ".repeat(LONGEST + 1)).is_err());
}

proptest! {
    /// Only characters become stars, each one; and what was masked has nothing more to mask.
    #[test]
    fn a_masked_text_is_as_long_and_clean(text in "[a-f0-9.:@ ü-]{0,80}") {
        let protection = of(&["EmailAddress", "IpAddress", "CreditCardNumber", "Ssn-US"], json!([]));
        let masked = starred(&protection, &text);
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        prop_assert!(masked.chars().zip(text.chars()).all(|(a, b)| a == b || a == '*'));
    }
}

#[test]
fn what_stands_behind_a_number_does_not_hide_it() {
    let cards = of(&["CreditCardNumber"], json!([]));
    for text in [
        "card [4111111111111111] 12/27 cvv 123",
        "[4111 1111 1111 1111] 2026-11-23",
        "[4111111111111111]-1",
        "[5500005555555559] 100",
        "[2221000000000009]",
    ] {
        let (plain, expected) = marked(text);
        assert_eq!(starred(&cards, &plain), expected);
    }
    let addresses = of(&["IpAddress"], json!([]));
    for text in [
        "client [::ffff:10.20.30.40] GET",
        "[2001:db8::1]: refused",
        "[10.1.2.3]:8080",
        "cafe:[10.1.2.3]",
        "at 12:34:56",
    ] {
        let (plain, expected) = marked(text);
        assert_eq!(starred(&addresses, &plain), expected);
    }
}

#[test]
fn what_one_policy_masks_hides_nothing_from_another() {
    let own = of(&["/Word"], json!([{ "Name": "Word", "Regex": "[a-z4]+" }]));
    let account = of(&["Ssn-US", "CreditCardNumber"], json!([]));
    let all = || [&own, &account].into_iter();
    assert_eq!(masked("ssn 123-45-6789", all()), "*** ***********");
    assert_eq!(masked("4111111111111111", all()), "*".repeat(16));
}

#[test]
fn repeats_and_large_expressions_are_refused() {
    let twice = policy(&["EmailAddress", "EmailAddress"], json!([]));
    assert!(Protection::parse(&twice.to_string()).is_err());
    let large = json!([{ "Name": "Large", "Regex": "(?:a?){5000}[b-z]" }]);
    assert!(Protection::parse(&policy(&["/Large"], large).to_string()).is_err());
}
