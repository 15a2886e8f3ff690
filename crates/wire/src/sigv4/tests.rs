//! Signatures made by the official SDK are accepted, and any change to what they cover is not.

use serde_json::Value;

use super::{
    canonical::{Plus, canonical_request, hmac, signing_key},
    *,
};

struct Signed {
    name: String,
    json: Value,
    headers: Vec<(String, String)>,
    path: String,
    query: String,
    body_sha256: String,
}

impl Signed {
    fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            method: self.text("method"),
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
        }
    }

    fn text(&self, key: &str) -> &str {
        self.json[key].as_str().unwrap()
    }
}

fn goldens() -> Vec<Signed> {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../../goldens/signatures.json")).unwrap();
    all.into_iter()
        .map(|json| {
            let target = json["target"].as_str().unwrap();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let pair = |header: &Value| {
                let text = |index: usize| header[index].as_str().unwrap().to_owned();
                (text(0).to_ascii_lowercase(), text(1))
            };
            Signed {
                name: json["name"].as_str().unwrap().to_owned(),
                headers: json["headers"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(pair)
                    .collect(),
                path: path.to_owned(),
                query: query.to_owned(),
                body_sha256: sha256_hex(json["body"].as_str().unwrap().as_bytes()),
                json,
            }
        })
        .collect()
}

#[test]
fn accepts_what_the_sdk_signs() {
    for golden in goldens() {
        let name = &golden.name;
        let signature = parse(&golden.parts()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(signature.access_key_id, golden.text("access_key"), "{name}");
        assert_eq!(
            signature.session_token.as_deref(),
            golden.json["session_token"].as_str(),
            "{name}"
        );
        assert_eq!(signature.region, golden.text("region"), "{name}");
        assert_eq!(signature.service, golden.text("service"), "{name}");
        let canonical = canonical_request(
            &signature.service,
            &golden.parts(),
            &signature.signed_headers,
            signature
                .payload_hash(&golden.parts(), &golden.body_sha256)
                .unwrap(),
            signature.expires.is_some(),
            Plus::Itself,
        );
        assert_eq!(
            canonical.as_deref(),
            Some(golden.text("canonical_request")),
            "{name}"
        );
        signature
            .check(
                &golden.parts(),
                &golden.body_sha256,
                golden.text("secret_key"),
            )
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        signature.check_time(signature.signed_at).unwrap();
    }
}

#[test]
fn a_presigned_url_of_s3_tells_by_its_head_alone() {
    for golden in goldens() {
        let signature = parse(&golden.parts()).unwrap();
        let promised = signature.promised_payload(&golden.parts());
        let expected = golden
            .name
            .starts_with("presigned-s3")
            .then_some(UNSIGNED_PAYLOAD);
        if signature.expires.is_some() {
            assert_eq!(promised, expected, "{}", golden.name);
        }
    }
}

#[test]
fn refuses_what_was_changed() {
    for golden in goldens() {
        let signature = parse(&golden.parts()).unwrap();
        let secret = golden.text("secret_key");
        let check = |parts: &RequestParts<'_>, body: &str, secret: &str| {
            signature.check(parts, body, secret)
        };
        let refused = Err(SignatureError::Mismatch);
        assert_eq!(
            check(&golden.parts(), &golden.body_sha256, "other"),
            refused
        );
        let unsigned = golden.text("canonical_request").ends_with(UNSIGNED_PAYLOAD);
        let other_body = check(&golden.parts(), &sha256_hex(b"another body"), secret);
        assert_eq!(other_body.is_err(), !unsigned);
        let other = RequestParts {
            method: "PATCH",
            ..golden.parts()
        };
        assert_eq!(check(&other, &golden.body_sha256, secret), refused);
        let other = RequestParts {
            path: "/other",
            ..golden.parts()
        };
        assert_eq!(check(&other, &golden.body_sha256, secret), refused);
        let query = format!("{}&x=y", golden.query);
        let other = RequestParts {
            query: &query,
            ..golden.parts()
        };
        assert_eq!(check(&other, &golden.body_sha256, secret), refused);
        for name in &signature.signed_headers {
            let mut headers = golden.headers.clone();
            headers
                .iter_mut()
                .filter(|(key, _)| key == name)
                .for_each(|(_, value)| value.push('x'));
            let other = RequestParts {
                headers: &headers,
                ..golden.parts()
            };
            assert_eq!(
                check(&other, &golden.body_sha256, secret),
                refused,
                "{name}"
            );
        }
    }
}

#[test]
fn own_signatures_are_accepted() {
    let headers = vec![
        ("host".to_owned(), "localhost:4566".to_owned()),
        (
            "content-type".to_owned(),
            "application/x-amz-json-1.1".to_owned(),
        ),
    ];
    let keys = SigningKeys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: Some("token".to_owned()),
    };
    let now = Timestamp::parse_iso8601_basic("20260102T030405Z").unwrap();
    let body = sha256_hex(b"{}");
    let parts = RequestParts {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
    };
    let mut all = headers.clone();
    all.extend(sign(&parts, &body, &keys, "us-east-1", "ecs", now));
    let signed = RequestParts {
        headers: &all,
        ..parts
    };
    let signature = parse(&signed).unwrap();
    assert_eq!(signature.session_token.as_deref(), Some("token"));
    signature.check(&signed, &body, "secret").unwrap();
}

#[test]
fn time_is_checked() {
    let golden = &goldens()[0];
    let signature = parse(&golden.parts()).unwrap();
    let at = signature.signed_at;
    assert!(signature.check_time(at + MAX_SKEW).is_ok());
    assert_eq!(
        signature.check_time(at + Duration::from_secs(301)),
        Err(SignatureError::Clock(
            "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030906Z - 5 min.)"
                .to_owned()
        ))
    );
    assert_eq!(
        signature.check_time(at - Duration::from_secs(301)),
        Err(SignatureError::Clock(
            "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T025904Z + 5 min.)"
                .to_owned()
        ))
    );
}

#[test]
fn s3_is_patient_with_clocks() {
    let golden = &goldens()[0];
    let mut signature = parse(&golden.parts()).unwrap();
    "s3".clone_into(&mut signature.service);
    let at = signature.signed_at;
    for (seconds, fits) in [(899, true), (901, false)] {
        let away = Duration::from_secs(seconds);
        assert_eq!(signature.check_time(at + away).is_ok(), fits, "{seconds}");
        assert_eq!(signature.check_time(at - away).is_ok(), fits, "{seconds}");
    }
}

#[test]
fn a_presigned_url_lives_as_long_as_it_says() {
    let goldens = goldens();
    let golden = goldens.iter().find(|it| it.query.contains("X-Amz-Expires"));
    let golden = golden.expect("one is presigned");
    let with = |expires: &str| {
        let pairs = golden.query.split('&');
        let pairs = pairs.map(|it| match it.starts_with("X-Amz-Expires=") {
            true => format!("X-Amz-Expires={expires}"),
            false => it.to_owned(),
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        parse(&RequestParts {
            query: &query,
            ..golden.parts()
        })
    };
    let signature = with("60").unwrap();
    let ended = signature.signed_at + Duration::from_secs(60);
    assert_eq!(signature.check_time(ended), Ok(()));
    let now = ended + Duration::from_secs(1);
    match signature.check_time(now) {
        Err(SignatureError::Expired {
            text,
            seconds,
            ended: told,
            now: at,
        }) => {
            assert_eq!((seconds, told, at), (60, ended, now));
            assert!(text.starts_with("Signature expired: "), "{text}");
        }
        other => panic!("{other:?}"),
    }
    let early = signature.signed_at - MAX_SKEW_OF_S3 - Duration::from_secs(1);
    match signature.check_time(early) {
        Err(SignatureError::Early {
            text,
            signed_at,
            ended: told,
            now: at,
        }) => {
            assert_eq!((signed_at, told, at), (signature.signed_at, ended, early));
            assert!(text.starts_with("Signature not yet current: "), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert!(with("604800").is_ok());
    for bad in ["604801", "0", "-1", "soon", "99999999999999999999", ""] {
        assert!(matches!(with(bad), Err(SignatureError::Query(_))), "{bad}");
    }
}

fn authorization(value: &str) -> Result<Signature, SignatureError> {
    let headers = vec![
        ("authorization".to_owned(), value.to_owned()),
        ("x-amz-date".to_owned(), "20260102T030405Z".to_owned()),
    ];
    parse(&RequestParts {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
    })
}

#[test]
fn malformed_headers_are_named() {
    let no_signature =
        "AWS4-HMAC-SHA256 Credential=A/20260102/r/s/aws4_request, SignedHeaders=host";
    let Err(SignatureError::Incomplete(text)) = authorization(no_signature) else {
        panic!()
    };
    assert!(
        text.starts_with("Authorization header requires 'Signature' parameter. "),
        "{text}"
    );
    for bad in [
        "Bearer x",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=A/r/s, SignedHeaders=host, Signature=x",
        "AWS4-HMAC-SHA256 Credential=A/20260102/r/s/aws4_request, SignedHeaders=date, Signature=x",
    ] {
        assert!(
            matches!(authorization(bad), Err(SignatureError::Incomplete(_))),
            "{bad}"
        );
    }
    let unsigned = RequestParts {
        method: "POST",
        path: "/",
        query: "Action=X",
        headers: &[],
    };
    assert_eq!(parse(&unsigned), Err(SignatureError::Missing));
}

#[test]
fn signed_headers_are_sorted_and_named_once() {
    let with = |headers: &str| {
        authorization(&format!(
            "AWS4-HMAC-SHA256 Credential=A/20260102/r/s/aws4_request, SignedHeaders={headers}, Signature=x"
        ))
    };
    assert!(with("host;x-amz-date").is_ok());
    let many: Vec<String> = (0..100).map(|n| format!("h{n:03}")).collect();
    for bad in [
        "host;host",
        "x-amz-date;host",
        &format!("{};host", many.join(";")),
    ] {
        assert!(
            matches!(with(bad), Err(SignatureError::Incomplete(_))),
            "{bad}"
        );
    }
}

/// A request that is signed in its headers, and one to a presigned URL of S3.
#[test]
fn headers_that_say_what_is_asked_for_must_be_signed() {
    let goldens = goldens();
    let find = |name: &str| goldens.iter().find(|it| it.name == name).unwrap();
    let with = |golden: &Signed, added: &[&str]| {
        let mut headers = golden.headers.clone();
        headers.extend(added.iter().map(|it| ((*it).to_owned(), "x".to_owned())));
        let parts = RequestParts {
            headers: &headers,
            ..golden.parts()
        };
        let signature = parse(&golden.parts()).unwrap();
        let digest = signature.promised_payload(&golden.parts());
        let digest = digest.unwrap_or(&golden.body_sha256);
        signature.check(&parts, digest, golden.text("secret_key"))
    };
    let uncovered = |names: &str| Err(SignatureError::Uncovered(names.to_owned()));
    let presigned = goldens
        .iter()
        .find(|it| it.query.contains("X-Amz-Expires") && it.query.contains("%2Fs3%2F"))
        .unwrap();
    for golden in [find("header-json"), presigned] {
        assert_eq!(with(golden, &["x-amz-more"]), uncovered("x-amz-more"));
        let two = ["x-amz-tagging", "x-amz-copy-source", "x-amz-tagging"];
        let named = uncovered("x-amz-copy-source, x-amz-tagging");
        assert_eq!(with(golden, &two), named);
        let free = ["x-amz-user-agent", "x-amzn-trace-id", "content-type"];
        assert_eq!(with(golden, &free[..2]), Ok(()));
    }
    assert_eq!(with(presigned, &["x-amz-content-sha256"]), Ok(()));
    assert_eq!(with(presigned, &["content-type"]), Ok(()));
}

#[test]
fn s3_signs_its_paths_as_they_are() {
    let headers = vec![("host".to_owned(), "h".to_owned())];
    let path_of = |service: &str| {
        let parts = RequestParts {
            method: "GET",
            path: "/bucket//a%20b/../c%2B",
            query: "",
            headers: &headers,
        };
        let signed = ["host".to_owned()];
        let text = canonical_request(service, &parts, &signed, "x", false, Plus::Itself).unwrap();
        text.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(path_of("s3"), "/bucket//a%20b/../c%2B");
    assert_eq!(path_of("lambda"), "/bucket/c%252B");
}

#[test]
fn forms() {
    let of = |left_out: &str| {
        let fields = [
            ("policy", "eyJhIjogMX0="),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            (
                "x-amz-credential",
                "AKIA/with/slash/20260102/us-east-1/s3/aws4_request",
            ),
            ("x-amz-date", "20260102T030405Z"),
            ("x-amz-signature", "00"),
        ];
        Signature::of_form(|name| {
            let found = fields
                .iter()
                .find(|(known, _)| *known == name && name != left_out);
            found.map(|(_, value)| *value)
        })
    };
    let signature = of("").unwrap();
    assert_eq!(signature.access_key_id, "AKIA/with/slash");
    assert_eq!(
        (signature.region.as_str(), signature.service.as_str()),
        ("us-east-1", "s3")
    );
    let wrong = signature.check_policy("eyJhIjogMX0=", "secret");
    assert_eq!(wrong, Err(SignatureError::Mismatch));
    let scope = Scope {
        date: "20260102",
        region: "us-east-1",
        service: "s3",
    };
    let right = hex::encode(hmac(&signing_key("secret", &scope), b"eyJhIjogMX0="));
    let signed = Signature {
        signature: right,
        ..signature
    };
    assert_eq!(signed.check_policy("eyJhIjogMX0=", "secret"), Ok(()));
    let other = signed.check_policy("eyJhIjogMn0=", "secret");
    assert_eq!(other, Err(SignatureError::Mismatch));
    assert_eq!(of("policy"), Err(SignatureError::Missing));
    for name in [
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-signature",
    ] {
        let text = format!("Bucket POST must contain a field named '{name}'.");
        assert_eq!(of(name), Err(SignatureError::Incomplete(text)));
    }
}
