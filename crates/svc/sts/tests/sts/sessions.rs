//! Sessions: what they may, for how long, what they say of themselves, and their tokens.

use super::*;

#[tokio::test]
async fn session_policies_only_take_away() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:AssumeRole"))).await;
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("iam:*"))
        .await;
    let narrowed = AssumeRoleRequest {
        policy: text(&allow("iam:List*")),
        ..wanted()
    };
    let answer = w.sts.assume_role(&anna, narrowed).await.unwrap();
    assert!(
        answer
            .packed_policy_size
            .is_some_and(|percent| (1..=100).contains(&percent))
    );
    let session = w.call(&answer.credentials.unwrap()).await;
    let get = iam::GetUserRequest {
        user_name: text("anna"),
    };
    let message = w.iam.get_user(&session, get).await.unwrap_err().message;
    assert!(
        message.ends_with("because no session policy allows the iam:GetUser action"),
        "{message}"
    );
    w.iam
        .list_users(&session, Default::default())
        .await
        .unwrap();

    let descriptor = PolicyDescriptorType {
        arn: text("arn:aws:iam::aws:policy/ReadOnlyAccess"),
    };
    let by_arn = AssumeRoleRequest {
        policy_arns: Some(vec![descriptor]),
        ..wanted()
    };
    let session = w.call(&w.assume(&anna, by_arn).await.unwrap()).await;
    assert!(w.may(&session, "anna").await);
    let delete = iam::DeleteUserRequest {
        user_name: text("anna"),
    };
    assert!(w.iam.delete_user(&session, delete).await.is_err());

    let unknown = PolicyDescriptorType {
        arn: text("arn:aws:iam::aws:policy/Nothing"),
    };
    let unknown = AssumeRoleRequest {
        policy_arns: Some(vec![unknown]),
        ..wanted()
    };
    let fault = w.assume(&anna, unknown).await.unwrap_err();
    assert_eq!(fault.code, "ValidationError");
    let malformed = AssumeRoleRequest {
        policy: text("{"),
        ..wanted()
    };
    refused(
        w.assume(&anna, malformed).await,
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
    );
    let long = allow("iam:List*").replace("\"*\"}]", &format!("\"arn:{}*\"}}]", "x".repeat(2_048)));
    let long = AssumeRoleRequest {
        policy: Some(long),
        ..wanted()
    };
    assert_eq!(
        w.assume(&anna, long).await.unwrap_err().code,
        "PackedPolicyTooLarge"
    );
}

#[tokio::test]
async fn durations() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:AssumeRole"))).await;
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("*"))
        .await;
    let lasting = |seconds| AssumeRoleRequest {
        duration_seconds: Some(seconds),
        ..wanted()
    };
    let short = w.assume(&anna, lasting(900)).await.unwrap();
    let last = NOW + Duration::from_secs(900);
    w.identify(&short, Timestamp(last.0 - 1)).await.unwrap();
    assert!(matches!(
        w.identify(&short, last).await,
        Err(IdentifyError::Expired)
    ));
    refused(
        w.assume(&anna, lasting(7_200)).await,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
    let update = iam::UpdateRoleRequest {
        role_name: text("deploy"),
        max_session_duration: Some(43_200),
        ..Default::default()
    };
    w.iam.update_role(&root(), update).await.unwrap();
    let long = w.assume(&anna, lasting(7_200)).await.unwrap();

    // A session that assumes a role again gets an hour at most.
    let session = w.call(&long).await;
    let fault = w.assume(&session, lasting(7_200)).await.unwrap_err();
    assert_eq!(fault.code, "ValidationError");
    w.assume(&session, lasting(3_600)).await.unwrap();
}

#[tokio::test]
async fn tags_of_sessions_count_and_are_passed_on_where_said() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:*"))).await;
    let own = r#","Resource":"arn:aws:iam::*:user/${aws:PrincipalTag/owner}""#;
    let assume = statement("Allow", "sts:*", r#","Resource":"*""#);
    let policy = document(&[statement("Allow", "iam:GetUser", own), assume]);
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &policy).await;
    w.role("second", &trust(&aws(ACCOUNT), ""), &policy).await;
    let tags = vec![
        Tag {
            key: text("owner"),
            value: text("anna"),
        },
        Tag {
            key: text("other"),
            value: text("x"),
        },
    ];
    let tagged = AssumeRoleRequest {
        tags: Some(tags),
        transitive_tag_keys: Some(vec!["owner".to_owned()]),
        source_identity: text("anna-herself"),
        ..wanted()
    };
    let first = w
        .call(&w.assume(&anna, tagged.clone()).await.unwrap())
        .await;
    assert!(w.may(&first, "anna").await);

    let next = AssumeRoleRequest {
        role_arn: text("arn:aws:iam::000000000000:role/second"),
        ..wanted()
    };
    let second = w.call(&w.assume(&first, next.clone()).await.unwrap()).await;
    assert!(w.may(&second, "anna").await);
    let session = second.caller.session.clone().unwrap();
    assert_eq!(session.tags.keys().collect::<Vec<_>>(), ["owner"]);
    assert_eq!(session.source_identity.as_deref(), Some("anna-herself"));
    let one = |key: &str| {
        let (key, value) = (text(key), text("another"));
        Some(vec![Tag { key, value }])
    };
    for tags in [tagged.tags, one("owner"), one("Owner")] {
        let again = AssumeRoleRequest {
            tags,
            ..next.clone()
        };
        let fault = w.assume(&first, again).await.unwrap_err();
        assert_eq!(fault.code, "ValidationError");
    }
}

/// What a chain passes on is asked for at each role of it.
#[tokio::test]
async fn a_chain_keeps_its_source_and_says_it_to_each_role() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:*"))).await;
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("sts:*"))
        .await;
    let only = r#","Condition":{"StringEquals":{"sts:SourceIdentity":"bob"}}"#;
    w.role("of-bob", &trust(&aws(ACCOUNT), only), &allow("*"))
        .await;
    let plain = statement(
        "Allow",
        "sts:AssumeRole",
        &format!(r#","Principal":{}"#, aws(ACCOUNT)),
    );
    w.role("plain", &document(&[plain]), &allow("*")).await;
    let with_source = |source: &str| AssumeRoleRequest {
        source_identity: text(source),
        ..wanted()
    };
    let first = w
        .call(&w.assume(&anna, with_source("anna")).await.unwrap())
        .await;
    for (role, source) in [
        ("of-bob", Some("bob")),
        ("of-bob", None),
        ("deploy", Some("bob")),
        // It lets nobody say who the source is.
        ("plain", None),
    ] {
        let next = AssumeRoleRequest {
            role_arn: text(&format!("arn:aws:iam::000000000000:role/{role}")),
            source_identity: source.and_then(text),
            ..wanted()
        };
        let fault = w.assume(&first, next).await.unwrap_err();
        assert_eq!(fault.code, "AccessDenied", "{role} {source:?}");
    }
    let same = w.assume(&first, with_source("anna")).await.unwrap();
    let session = w.call(&same).await.caller.session.clone().unwrap();
    assert_eq!(session.source_identity.as_deref(), Some("anna"));
}

#[tokio::test]
async fn tags_need_their_own_permission() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:AssumeRole"))).await;
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("*"))
        .await;
    let tags = Some(vec![Tag {
        key: text("a"),
        value: text("b"),
    }]);
    let message = w
        .assume(&anna, AssumeRoleRequest { tags, ..wanted() })
        .await
        .unwrap_err();
    assert!(
        message.message.contains("perform: sts:TagSession on"),
        "{message}"
    );
}

#[tokio::test]
async fn sessions_end_with_their_role() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:AssumeRole"))).await;
    let trusted = trust(&aws(ACCOUNT), "");
    w.role("deploy", &trusted, &allow("*")).await;
    let credentials = w.assume(&anna, wanted()).await.unwrap();
    let policy = iam::DeleteRolePolicyRequest {
        role_name: text("deploy"),
        policy_name: text("p"),
    };
    w.iam.delete_role_policy(&root(), policy).await.unwrap();
    let delete = iam::DeleteRoleRequest {
        role_name: text("deploy"),
    };
    w.iam.delete_role(&root(), delete).await.unwrap();
    assert!(matches!(
        w.identify(&credentials, NOW).await,
        Err(IdentifyError::Unknown)
    ));
    w.role("deploy", &trusted, &allow("*")).await;
    assert!(matches!(
        w.identify(&credentials, NOW).await,
        Err(IdentifyError::Unknown)
    ));
}

#[tokio::test]
async fn tokens_are_of_one_key_and_unforgeable() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:AssumeRole"))).await;
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("*"))
        .await;
    let one = w.assume(&anna, wanted()).await.unwrap();
    let other = w.assume(&anna, wanted()).await.unwrap();
    let mixed = Credentials {
        session_token: other.session_token,
        ..one.clone()
    };
    assert!(matches!(
        w.identify(&mixed, NOW).await,
        Err(IdentifyError::Unknown)
    ));
    let mut token = one.session_token.clone().unwrap();
    let last = if token.ends_with('A') { 'B' } else { 'A' };
    token.pop();
    token.push(last);
    let forged = Credentials {
        session_token: Some(token),
        ..one.clone()
    };
    assert!(matches!(
        w.identify(&forged, NOW).await,
        Err(IdentifyError::Unknown)
    ));
    let bare = Credentials {
        session_token: None,
        ..one
    };
    assert!(matches!(
        w.identify(&bare, NOW).await,
        Err(IdentifyError::Unknown)
    ));
}

#[tokio::test]
async fn session_tokens_of_users_and_root() {
    let w = world();
    let anna = w.anna(Some(&allow("iam:GetUser"))).await;
    let ask = |seconds| GetSessionTokenRequest {
        duration_seconds: seconds,
        ..Default::default()
    };
    let answer = w.sts.get_session_token(&anna, ask(None)).await.unwrap();
    let credentials = answer.credentials.unwrap();
    assert_eq!(
        credentials.expiration,
        Some(NOW + Duration::from_secs(43_200))
    );
    let session = w.call(&credentials).await;
    assert_eq!(session.caller.arn, ANNA);
    refused(
        w.sts.get_session_token(&session, ask(None)).await,
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    );
    let answer = w
        .sts
        .get_session_token(&root(), ask(Some(43_200)))
        .await
        .unwrap();
    let credentials = answer.credentials.unwrap();
    assert_eq!(
        credentials.expiration,
        Some(NOW + Duration::from_secs(3_600))
    );
    assert_eq!(w.call(&credentials).await.caller.kind, CallerKind::Account);
}
