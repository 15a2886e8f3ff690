use std::sync::Arc;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn registry() -> Registry {
    Registry::new("1", "us-east-1")
}

#[test]
fn a_password_brings_back_its_caller() {
    let ring = Keyring::in_memory();
    let session = Session {
        policies: vec!["{}".to_owned()],
        issued_at: NOW,
        ..Session::default()
    };
    let caller = Caller {
        kind: CallerKind::AssumedRole,
        role_arn: "arn:aws:iam::1:role/r".to_owned(),
        session: Some(Arc::new(session)),
        ..Caller::root("1")
    };
    for registry in [None, Some("2".to_owned())] {
        let bearer = Bearer {
            caller: caller.clone(),
            region: "eu-west-1".to_owned(),
            registry,
        };
        let (password, expires) = issue_password(&ring, &bearer, NOW);
        let late = expires - Duration::from_millis(1);
        assert_eq!(open_password(&ring, &password, late).unwrap(), bearer);
    }
    let bearer = Bearer {
        caller,
        region: "eu-west-1".to_owned(),
        registry: None,
    };
    let (password, expires) = issue_password(&ring, &bearer, NOW);
    assert_eq!(
        open_password(&ring, &password, expires),
        Err(TokenError::Expired)
    );
}

#[test]
fn other_texts_are_no_passwords() {
    let ring = Keyring::in_memory();
    let download = issue_download(&ring, &registry(), "r", &Digest::of(b""), NOW);
    let long = "A".repeat(MAX_TOKEN_BYTES + 1);
    for text in ["", "x", &download, &long] {
        assert_eq!(open_password(&ring, text, NOW), Err(TokenError::Invalid));
    }
}

#[test]
fn a_token_opens_what_it_is_for() {
    let ring = Keyring::in_memory();
    let bearer = Bearer {
        caller: Caller::root("1"),
        region: "us-east-1".to_owned(),
        registry: None,
    };
    let (private, _) = issue_password(&ring, &bearer, NOW);
    let (public, _) = issue_public_password(&ring, &bearer, NOW);
    let visit = issue_visit(&ring, NOW);
    assert_eq!(open_public_password(&ring, &public, NOW), Ok(bearer));
    assert_eq!(open_visit(&ring, &visit, NOW), Ok(()));
    let late = NOW + VISIT_LIFE;
    assert_eq!(open_visit(&ring, &visit, late), Err(TokenError::Expired));
    for other in [&public, &visit] {
        assert_eq!(open_password(&ring, other, NOW), Err(TokenError::Invalid));
    }
    for other in [&private, &visit] {
        let opened = open_public_password(&ring, other, NOW);
        assert_eq!(opened, Err(TokenError::Invalid));
    }
    for other in [&private, &public] {
        assert_eq!(open_visit(&ring, other, NOW), Err(TokenError::Invalid));
    }
}

#[test]
fn a_download_is_for_one_layer_and_an_hour() {
    let ring = Keyring::in_memory();
    let (one, other) = (Digest::of(b"1"), Digest::of(b"2"));
    let token = issue_download(&ring, &registry(), "r", &one, NOW);
    assert_eq!(
        open_download(&ring, &token, &one, NOW),
        Ok((registry(), "r".to_owned()))
    );
    assert_eq!(
        open_download(&ring, &token, &other, NOW),
        Err(TokenError::Invalid)
    );
    assert_eq!(
        open_download(&ring, &token, &one, NOW + DOWNLOAD_LIFE),
        Err(TokenError::Expired)
    );
}
