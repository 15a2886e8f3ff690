//! Calls of providers that never answer: what they take, and what they leave to others.

use tokio::net::TcpListener;

use super::*;
use crate::oidc::{
    keys::SessionKeys,
    state::{Returned, State},
    tests,
};

/// A place that takes connections and says nothing, and a rule of a load balancer that calls it.
async fn silent(balancer: &str) -> (TcpListener, Arc<LoginRule>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = tests::provider();
    settings.token_endpoint = format!("https://{}/token", listener.local_addr().unwrap());
    let keys = Arc::new(SessionKeys::read(&[tests::key("a")]).unwrap());
    let rule = LoginRule::compile(&settings, &keys, balancer).unwrap();
    (listener, Arc::new(rule))
}

fn providers() -> Providers {
    let loopback = vec!["127.0.0.0/8".parse().unwrap()];
    Providers::new(Egress::to(loopback), Handle::current())
}

fn returned() -> Returned {
    Returned {
        state: State {
            id: [0; 16],
            nonce: [0; 16],
            began: 0,
            authority: "web.test".to_owned(),
            target: "/".to_owned(),
        },
        code: "c".to_owned(),
        issuer: None,
    }
}

fn session() -> Session {
    Session {
        began: 0,
        expires: Some(0),
        access_token: "a".to_owned(),
        refresh_token: Some("r".to_owned()),
        subject: "u".to_owned(),
        claims: "{}".to_owned(),
    }
}

/// Places that are left among those who log in.
fn left(providers: &Providers) -> usize {
    let share = providers.shares.of("arn:a");
    let mut places = Vec::new();
    while let Ok(place) = share.login() {
        places.push(place);
    }
    places.len()
}

#[tokio::test]
async fn who_goes_away_is_logged_in_no_longer() {
    let (provider, rule) = silent("arn:a").await;
    let (providers, counters) = (providers(), Arc::default());
    let all = left(&providers);
    let mut login = Box::pin(providers.log_in(&rule, returned(), &counters));
    let connected = tokio::select! {
        _ = &mut login => panic!("nobody answers"),
        connected = provider.accept() => connected.unwrap(),
    };
    assert_eq!(left(&providers), all - 1);
    drop(login);
    // The call ends with it: its connection is closed, and its place is free.
    let mut rest = Vec::new();
    let mut stream = connected.0;
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest)
        .await
        .unwrap();
    while left(&providers) < all {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn those_beyond_the_bound_are_told_at_once() {
    let (_provider, rule) = silent("arn:a").await;
    let (providers, counters) = (providers(), Arc::default());
    let share = providers.shares.of("arn:a");
    let mut places = Vec::new();
    while let Ok(place) = share.login() {
        places.push(place);
    }
    let busy = providers
        .log_in(&rule, returned(), &counters)
        .await
        .unwrap_err();
    assert_eq!((busy.clone(), busy.status()), (Refused::Busy, 503));
    while let Ok(place) = share.renewal() {
        places.push(place);
    }
    let busy = providers
        .refresh(&rule, (session(), "s"), &counters)
        .await
        .unwrap_err();
    assert_eq!(busy, Refused::Busy);
}

#[tokio::test]
async fn another_issuers_code_is_not_told_to_the_provider() {
    let (_provider, rule) = silent("arn:a").await;
    let returned = Returned {
        issuer: Some("https://other.test".to_owned()),
        ..returned()
    };
    let refused = providers()
        .log_in(&rule, returned, &Arc::default())
        .await
        .unwrap_err();
    assert_eq!(refused.status(), 401);
}

#[tokio::test]
async fn a_refresh_that_failed_is_tried_again() {
    let (provider, rule) = silent("arn:a").await;
    drop(provider);
    let (providers, counters) = (providers(), Arc::default());
    for _ in 0..2 {
        let failed = providers.refresh(&rule, (session(), "s"), &counters).await;
        assert!(matches!(failed, Err(Refused::Failed(_))));
        let share = providers.shares.of("arn:a");
        assert!(share.refreshes.lock().is_empty());
    }
}

#[tokio::test]
async fn those_with_one_session_share_its_refresh() {
    let (provider, rule) = silent("arn:a").await;
    let (providers, counters) = (providers(), Arc::default());
    let first = providers
        .renewal(&rule, (session(), "s"), &counters)
        .unwrap();
    let again = providers
        .renewal(&rule, (session(), "s"), &counters)
        .unwrap();
    assert!(first.ptr_eq(&again));
    let other = providers
        .renewal(&rule, (session(), "t"), &counters)
        .unwrap();
    assert!(!first.ptr_eq(&other));
    // It goes on without anybody who waits.
    drop((first, again, other));
    provider.accept().await.unwrap();
}
