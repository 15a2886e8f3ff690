//! The service over a store: what stock clients do, without them.

mod home;
mod keys;
mod replicas;
mod rotation;

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wharf_api_secretsmanager::{self as api, Secretsmanager as _};
use wharf_store::Range;

use crate::home::{DEADLINE, HIDDEN, Home, code};

#[tokio::test]
async fn a_secret_has_versions_and_lies_sealed() {
    let home = Home::start();
    let arn = home.create("app/db", HIDDEN).await.unwrap();
    for id in ["app/db", arn.as_str(), &arn[..arn.len() - 7]] {
        assert_eq!(home.get(id).await.unwrap(), HIDDEN, "{id}");
    }
    let second = home.put("app/db", "second", None).await.unwrap();
    assert_eq!(home.get(&arn).await.unwrap(), "second");
    let call = home.call();
    let previous =
        |it: &mut api::GetSecretValueRequest| it.version_stage = Some("AWSPREVIOUS".into());
    assert_eq!(home.get_with(&call, &arn, previous).await.unwrap(), HIDDEN);
    let by_id = |it: &mut api::GetSecretValueRequest| it.version_id = Some(second);
    assert_eq!(home.get_with(&call, &arn, by_id).await.unwrap(), "second");
    let all = home
        .store
        .range(Range::prefix("/").limit(1000))
        .await
        .unwrap();
    let stored: Vec<String> = (all.entries.iter())
        .map(|it| String::from_utf8_lossy(&it.value).into_owned())
        .collect();
    assert!(!stored.concat().contains(HIDDEN));
}

#[tokio::test]
async fn a_request_may_be_repeated() {
    let home = Home::start();
    let token = "11111111-1111-1111-1111-111111111111";
    home.create("a", "one").await.unwrap();
    assert_eq!(
        code(home.create("a", "one").await),
        "ResourceExistsException"
    );
    for _ in 0..2 {
        assert_eq!(home.put("a", "two", Some(token)).await.unwrap(), token);
    }
    assert_eq!(
        code(home.put("a", "three", Some(token)).await),
        "ResourceExistsException"
    );
    let input = api::ListSecretVersionIdsRequest {
        secret_id: Some("a".to_owned()),
        include_deprecated: Some(true),
        ..Default::default()
    };
    let listed = home
        .secrets
        .list_secret_version_ids(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(listed.versions.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_deleted_can_be_restored_until_its_window_is_over() {
    let home = Home::start();
    home.create("a", "one").await.unwrap();
    assert_eq!(
        code(home.delete("a", Some(6)).await),
        "InvalidParameterException"
    );
    home.delete("a", Some(7)).await.unwrap();
    assert_eq!(code(home.get("a").await), "InvalidRequestException");
    assert_eq!(
        code(home.put("a", "two", None).await),
        "InvalidRequestException"
    );
    assert_eq!(
        code(home.create("a", "two").await),
        "InvalidRequestException"
    );
    assert_eq!(
        code(home.delete("a", Some(7)).await),
        "InvalidRequestException"
    );
    let restore = api::RestoreSecretRequest {
        secret_id: Some("a".to_owned()),
    };
    home.secrets
        .restore_secret(&home.call(), restore)
        .await
        .unwrap();
    assert_eq!(home.get("a").await.unwrap(), "one");
    home.delete("a", Some(7)).await.unwrap();
    home.clock.advance(Duration::from_secs(7 * 24 * 3600));
    // The timer runs by the machine's clock; a change makes the reconciler look now.
    let restarted = home.secrets.clone();
    let stop = CancellationToken::new();
    let ended = stop.clone();
    tokio::spawn(async move { restarted.run(ended).await });
    let gone = async {
        while !home.keys().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, gone)
        .await
        .expect("the secret goes");
    stop.cancel();
    assert_eq!(code(home.get("a").await), "ResourceNotFoundException");
    home.create("a", "anew").await.unwrap();
    home.delete("a", None).await.unwrap();
    assert_eq!(home.keys().await, Vec::<String>::new());
    home.delete("a", None).await.unwrap();
}

#[tokio::test]
async fn a_batch_judges_each_secret() {
    let home = Home::start();
    for name in ["open-1", "closed", "open-2"] {
        home.create(name, name).await.unwrap();
    }
    let input = api::BatchGetSecretValueRequest {
        secret_id_list: Some(
            ["open-1", "closed", "missing", "open-2"]
                .map(str::to_owned)
                .to_vec(),
        ),
        ..Default::default()
    };
    let got = home
        .secrets
        .batch_get_secret_value(&home.call(), input)
        .await
        .unwrap();
    let texts: Vec<_> = got
        .secret_values
        .unwrap()
        .into_iter()
        .map(|it| it.secret_string.unwrap())
        .collect();
    assert_eq!(texts, ["open-1", "open-2"]);
    let codes: Vec<_> = got
        .errors
        .unwrap()
        .into_iter()
        .map(|it| it.error_code.unwrap())
        .collect();
    assert_eq!(
        codes,
        ["AccessDeniedException", "ResourceNotFoundException"]
    );
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let home = Home::start();
    for name in ["app/a", "app/b", "web/c"] {
        home.create(name, name).await.unwrap();
        home.clock.advance(Duration::from_secs(1));
    }
    let filter = |key: &str, value: &str| api::Filter {
        key: Some(key.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let list = async |filters: Vec<api::Filter>, order: &str, size: i32| {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let input = api::ListSecretsRequest {
                filters: (!filters.is_empty()).then(|| filters.clone()),
                sort_order: Some(order.to_owned()),
                max_results: Some(size),
                next_token: token,
                ..Default::default()
            };
            let page = home
                .secrets
                .list_secrets(&home.call(), input)
                .await
                .unwrap();
            names.extend(
                page.secret_list
                    .unwrap()
                    .into_iter()
                    .map(|it| it.name.unwrap()),
            );
            token = page.next_token;
            if token.is_none() {
                return names.join(" ");
            }
        }
    };
    assert_eq!(list(vec![], "asc", 1).await, "app/a app/b web/c");
    assert_eq!(list(vec![], "desc", 2).await, "web/c app/b app/a");
    assert_eq!(
        list(vec![filter("name", "app/")], "asc", 9).await,
        "app/a app/b"
    );
    assert_eq!(list(vec![filter("name", "!app/")], "asc", 9).await, "web/c");
    assert_eq!(list(vec![filter("all", "C")], "asc", 9).await, "web/c");
    assert_eq!(list(vec![filter("tag-key", "x")], "asc", 9).await, "");
}

#[tokio::test]
async fn what_is_not_there_yet_is_named() {
    let home = Home::start();
    let input = api::CreateSecretRequest {
        name: Some("a b".to_owned()),
        ..Default::default()
    };
    let refused = home.secrets.create_secret(&home.call(), input).await;
    assert_eq!(code(refused), "ValidationException");
}
