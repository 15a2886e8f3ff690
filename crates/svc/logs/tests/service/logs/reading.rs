//! Events are read in pages: of one stream in either direction, and of many streams as one.

use proptest::prelude::*;
use wharf_api_logs::{Logs, types::*};
use wharf_base::Timestamp;
use wharf_svc_logs::LogsService;
use wharf_testkit::call_at;

use super::{filter, put, try_put};
use crate::support::{self, NOW, call, make, open};

async fn get(
    logs: &LogsService,
    input: GetLogEventsRequest,
) -> (Vec<String>, GetLogEventsResponse) {
    let input = GetLogEventsRequest {
        log_group_name: Some("g".into()),
        log_stream_name: Some("s".into()),
        ..input
    };
    let reply = logs.get_log_events(&call(), input).await.unwrap();
    let texts = reply
        .events
        .iter()
        .flatten()
        .map(|event| event.message.clone().unwrap())
        .collect();
    (texts, reply)
}

#[tokio::test]
async fn pages_forward_and_backward_end_with_the_same_token() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    put(&logs, "s", &[(0, "a"), (1, "b"), (1, "c")]).await;
    put(&logs, "s", &[(2, "d"), (3, "e")]).await;
    let head = GetLogEventsRequest {
        start_from_head: Some(true),
        limit: Some(2),
        ..Default::default()
    };
    let (texts, reply) = get(&logs, head.clone()).await;
    assert_eq!(texts, ["a", "b"]);
    let next = GetLogEventsRequest {
        next_token: reply.next_forward_token,
        ..head.clone()
    };
    let (texts, reply) = get(&logs, next).await;
    assert_eq!(texts, ["c", "d"]);
    let back = GetLogEventsRequest {
        next_token: reply.next_backward_token.clone(),
        ..head.clone()
    };
    assert_eq!(get(&logs, back).await.0, ["a", "b"]);
    let next = GetLogEventsRequest {
        next_token: reply.next_forward_token,
        ..head.clone()
    };
    let (texts, reply) = get(&logs, next).await;
    assert_eq!(texts, ["e"]);
    let end = reply.next_forward_token.clone();
    let next = GetLogEventsRequest {
        next_token: end.clone(),
        ..head.clone()
    };
    let (texts, reply) = get(&logs, next).await;
    assert_eq!((texts.len(), &reply.next_forward_token), (0, &end));
    // What comes later is read with the token of the end.
    put(&logs, "s", &[(4, "f")]).await;
    let next = GetLogEventsRequest {
        next_token: end,
        ..head
    };
    assert_eq!(get(&logs, next).await.0, ["f"]);
    let (texts, _) = get(
        &logs,
        GetLogEventsRequest {
            limit: Some(2),
            ..Default::default()
        },
    )
    .await;
    assert_eq!(texts, ["e", "f"], "without startFromHead the newest come");
}

/// Of large and small ones in turn, no page is too long, none is left out, and the newest come first.
#[tokio::test]
async fn pages_backward_are_full_and_no_longer() {
    const MOST: usize = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    let (mut all, mut at) = (Vec::new(), 0);
    for round in 0..6 {
        let small = (0..300).map(|it| format!("{round}-{it}"));
        let large = (0..3).map(|it| format!("{round}-{it}-{}", "x".repeat(250_000)));
        let texts: Vec<String> = small.chain(large).collect();
        let events = texts.iter().zip(at..).map(|(text, at)| (at, &**text));
        put(&logs, "s", &events.collect::<Vec<_>>()).await;
        at += texts.len() as i64;
        all.extend(texts);
    }
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let input = GetLogEventsRequest {
            next_token: token.clone(),
            ..Default::default()
        };
        let (mut page, reply) = get(&logs, input).await;
        if page.is_empty() {
            break;
        }
        let sizes = page.iter().map(|it| it.len() + 26);
        assert!(sizes.sum::<usize>() <= MOST);
        page.append(&mut found);
        found = page;
        token = reply.next_backward_token;
    }
    assert!(found == all, "{} of {}", found.len(), all.len());
}

#[tokio::test]
async fn times_bound_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    put(&logs, "s", &[(0, "a"), (10, "b"), (20, "c")]).await;
    let within = |start, end| GetLogEventsRequest {
        start_time: Some(NOW + start),
        end_time: Some(NOW + end),
        start_from_head: Some(true),
        ..Default::default()
    };
    assert_eq!(
        get(&logs, within(0, 20)).await.0,
        ["a", "b"],
        "the end is exclusive"
    );
    assert_eq!(get(&logs, within(10, 30)).await.0, ["b", "c"]);
    assert_eq!(get(&logs, within(11, 12)).await.0, Vec::<String>::new());
}

#[tokio::test]
async fn events_out_of_order_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    put(&logs, "s", &[(10, "c"), (11, "d")]).await;
    put(&logs, "s", &[(0, "a"), (5, "b")]).await;
    put(&logs, "s", &[(20, "e")]).await;
    let head = GetLogEventsRequest {
        start_from_head: Some(true),
        limit: Some(3),
        ..Default::default()
    };
    let (texts, reply) = get(&logs, head.clone()).await;
    assert_eq!(texts, ["a", "b", "c"]);
    let next = GetLogEventsRequest {
        next_token: reply.next_forward_token,
        ..head
    };
    assert_eq!(get(&logs, next).await.0, ["d", "e"]);
}

#[tokio::test]
async fn streams_are_merged_and_filtered() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["x/1", "x/2", "y"]).await;
    put(&logs, "x/1", &[(0, "ERROR one"), (4, "INFO two")]).await;
    put(&logs, "x/2", &[(2, "ERROR three"), (4, "ERROR four")]).await;
    put(&logs, "y", &[(3, "ERROR five")]).await;
    let (texts, _) = filter(&logs, FilterLogEventsRequest::default()).await;
    assert_eq!(
        texts,
        [
            "ERROR one",
            "ERROR three",
            "ERROR five",
            "INFO two",
            "ERROR four"
        ]
    );
    let errors = FilterLogEventsRequest {
        filter_pattern: Some("ERROR".into()),
        log_stream_name_prefix: Some("x/".into()),
        limit: Some(2),
        ..Default::default()
    };
    let (texts, reply) = filter(&logs, errors.clone()).await;
    assert_eq!(texts, ["ERROR one", "ERROR three"]);
    let next = FilterLogEventsRequest {
        next_token: reply.next_token,
        ..errors.clone()
    };
    let (texts, reply) = filter(&logs, next).await;
    assert_eq!(texts, ["ERROR four"]);
    assert_eq!(reply.next_token, None);
    let named = FilterLogEventsRequest {
        log_stream_names: Some(vec!["y".into()]),
        ..Default::default()
    };
    assert_eq!(filter(&logs, named.clone()).await.0, ["ERROR five"]);
    // Named twice, it has its events once.
    let mut twice = named;
    let names = twice.log_stream_names.as_mut().unwrap();
    names.extend(names.clone());
    assert_eq!(filter(&logs, twice).await.0, ["ERROR five"]);
    let foreign = FilterLogEventsRequest {
        next_token: Some("bm9uc2Vuc2U".into()),
        log_group_name: Some("g".into()),
        ..errors
    };
    let fault = logs.filter_log_events(&call(), foreign).await.unwrap_err();
    assert_eq!(
        fault.to_string(),
        "InvalidParameterException: The specified nextToken is invalid."
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Whatever the times, pages joined are all events in the order of time.
    #[test]
    fn pages_join_to_the_whole(batches in prop::collection::vec(prop::collection::vec(0i64..50, 1..20), 1..10), limit in 1i32..7) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let logs = open(folder.path());
            make(&logs, "g", &["s"]).await;
            let mut expected = Vec::new();
            for (number, mut times) in batches.into_iter().enumerate() {
                times.sort_unstable();
                let texts: Vec<String> = (0..times.len()).map(|n| format!("{number:03}-{n:03}")).collect();
                let events: Vec<(i64, &str)> = times.iter().copied().zip(texts.iter().map(String::as_str)).collect();
                put(&logs, "s", &events).await;
                expected.extend(events.iter().map(|(time, text)| (*time, (*text).to_owned())));
            }
            expected.sort();
            let expected: Vec<String> = expected.into_iter().map(|(_, text)| text).collect();
            let mut seen = Vec::new();
            let mut token = None;
            loop {
                let input = GetLogEventsRequest {
                    start_from_head: Some(true), limit: Some(limit), next_token: token.clone(), ..Default::default()
                };
                let (texts, reply) = get(&logs, input).await;
                seen.extend(texts);
                if reply.next_forward_token == token { break; }
                token = reply.next_forward_token;
            }
            assert_eq!(seen, expected);
        });
    }
}

/// So many events that they are packed as they come.
#[tokio::test]
async fn many_events_of_one_put_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> = (0..3000)
        .map(|n| format!("GET /item/{n} 200 {}", ["fast", "slow"][n % 2].repeat(20)))
        .collect();
    let times = (0..).map(|n| NOW + n);
    let events: Vec<(i64, &str)> = times.zip(texts.iter().map(String::as_str)).collect();
    for is_put in [true, false] {
        let logs = open(folder.path());
        if is_put {
            make(&logs, "g", &["s"]).await;
            try_put(&logs, NOW, "s", "one before").await.unwrap();
            let call = call_at(Timestamp(NOW + 10_000));
            let put = support::put(&logs, &call, ("g", "s"), &events).await;
            put.unwrap();
            try_put(&logs, NOW + 20_000, "s", "one behind")
                .await
                .unwrap();
        }
        let asked = FilterLogEventsRequest {
            filter_pattern: Some("\"/item/2718 \"".to_owned()),
            ..FilterLogEventsRequest::default()
        };
        let (found, _) = filter(&logs, asked).await;
        assert_eq!(found, [texts[2718].as_str()]);
        let (found, _) = filter(&logs, FilterLogEventsRequest::default()).await;
        assert_eq!(found.len(), 3002);
        assert_eq!(found[0], "one before");
        assert_eq!(found[1..3001], texts);
        assert_eq!(found[3001], "one behind");
    }
}

/// However many streams there are, a page has what was asked for, and the first look at each does not use it up.
#[tokio::test]
async fn pages_of_many_streams_are_full() {
    const STREAMS: usize = 100;
    const EVENTS: i64 = 2000;
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    support::make(&logs, "g", &[]).await;
    for number in 0..STREAMS {
        let name = format!("s{number:03}");
        support::make_stream(&logs, &call(), "g", &name).await;
        let text = |at: i64| format!("10.0.0.7 GET /items/{at} of {name}, all the same");
        let texts: Vec<String> = (0..EVENTS).map(text).collect();
        let events: Vec<(i64, &str)> = texts
            .iter()
            .zip(0..)
            .map(|(text, at)| (NOW - EVENTS + at, &**text))
            .collect();
        support::put(&logs, &call(), ("g", &name), &events)
            .await
            .unwrap();
    }
    let mut input = FilterLogEventsRequest {
        filter_pattern: Some("GET".into()),
        limit: Some(1500),
        ..Default::default()
    };
    for page in 0..3 {
        let (texts, reply) = filter(&logs, input.clone()).await;
        assert_eq!(texts.len(), 1500, "page {page}");
        let first = page * 1500 / STREAMS;
        assert!(texts[0].contains(&format!("/items/{first} of s000")));
        input.next_token = reply.next_token;
    }
    // Of one that is in few of them as many are found, whatever was passed over.
    input.next_token = None;
    input.filter_pattern = Some("\"/items/1999 of\"".into());
    let mut found = Vec::new();
    for _ in 0..10 {
        let (texts, reply) = filter(&logs, input.clone()).await;
        found.extend(texts);
        input.next_token = reply.next_token;
        if input.next_token.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), STREAMS);
}
