use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use wharf_base::Timestamp;
use wharf_journal::{Journal, JournalOptions};
use wharf_reconcile::Takeover;
use wharf_records::{Scope, Unknown};
use wharf_service::Table;
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_testkit::World;

use super::*;
use crate::{
    desk::Desk,
    event_store::EventStore,
    keys::Keys,
    pattern::{Message, Pattern},
    rules::Rules,
};

const NEEDLE: &str = "needle";

/// Small files, so that blocks are merged and packed.
fn small() -> JournalOptions {
    JournalOptions {
        segment_bytes: 16 << 10,
        merge_segments: 2,
        merge_runs: 2,
        ..JournalOptions::default()
    }
}

fn opener(world: &World) -> Opener {
    let kms = KmsService::new(KmsParts {
        store: world.store.clone(),
        keyring: world.keyring.clone(),
        clock: Arc::new(wharf_base::SystemClock),
        takeover: Takeover::Replace,
    });
    let keys = Keys::new(Arc::new(kms), Table::new(world.store.clone()));
    let scope = Scope::new("logs", "000000000000", "us-east-1");
    let rules = Arc::new(Rules::default());
    Opener::new(Arc::new(keys), scope, "g".to_owned(), Timestamp(0), rules)
}

fn stream(number: u32) -> Stream {
    Stream {
        id: format!("id{number}"),
        group_id: "g".to_owned(),
        name: format!("s{number}"),
        created_at: Timestamp(0),
        forwarded: false,
        unknown: Unknown::new(),
    }
}

/// Bytes that a merge may hold: nothing, few events of few streams, or all.
fn held(dice: &mut SmallRng) -> usize {
    [0, 300, 2000, MOST_HELD][dice.random_range(0..4)]
}

/// Whenever a page ends: nothing is missed, nothing comes twice.
#[tokio::test]
async fn pages_of_what_is_looked_for_are_the_whole() {
    for seed in 0..10 {
        let mut dice = SmallRng::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        let world = World::in_memory();
        let events = EventStore::new(Journal::open(folder.path(), small()).unwrap());
        let mut streams = Vec::new();
        let mut expected = Vec::new();
        for number in 0..dice.random_range(1..5) {
            let stream = stream(number);
            let (mut time, mut offset) = (1000, 0);
            for _ in 0..dice.random_range(1..60) {
                let mut put = Vec::new();
                for _ in 0..dice.random_range(1..40) {
                    time += dice.random_range(0..3);
                    let is_found = dice.random_range(0..60) == 0;
                    let word = if is_found { NEEDLE } else { "straw" };
                    let text = format!("{word} {offset} of {number}: all the same, all the same");
                    if is_found {
                        expected.push((time, stream.name.clone(), offset, text.clone()));
                    }
                    put.push((time, text));
                    offset += 1;
                }
                let put: Vec<(i64, &str)> = put.iter().map(|(at, it)| (*at, &**it)).collect();
                events
                    .append(&stream.journal_name(), (7, &put), None, "a", None)
                    .await
                    .unwrap();
            }
            streams.push(stream);
        }
        expected.sort();
        let (mut found, mut place) = (Vec::new(), None);
        let desk = Desk::default();
        let reading = Reading {
            events: &events,
            desk: &desk,
            account: "a",
        };
        'pages: loop {
            let needles = Needles::any_of(&[NEEDLE]);
            let merge = Merge::open(
                reading,
                opener(&world),
                &streams,
                (0, i64::MAX),
                place.as_ref(),
                needles,
            );
            let mut merge = merge.await.unwrap();
            merge.holding(held(&mut dice));
            for _ in 0..dice.random_range(1..4) {
                match merge.next().await.unwrap() {
                    Some(Step::Event(stream, event)) => {
                        place = Some(Place {
                            timestamp: event.timestamp,
                            stream: stream.clone(),
                            offset: event.offset,
                        });
                        found.push((event.timestamp, stream, event.offset, event.message));
                    }
                    Some(Step::Passed(up_to)) => place = Some(up_to),
                    None => break 'pages,
                }
            }
        }
        assert_eq!(found, expected, "seed {seed}");
    }
}

/// What lines and patterns are made of: letters of both cases and beyond ASCII, texts too short for a filter, regular
/// expressions' own characters.
const WORDS: [&str; 14] = [
    "error",
    "ERROR",
    "Error:",
    "straße",
    "STRASSE",
    "日本語",
    "timeout",
    "ok",
    "x=1",
    "a.b",
    "naïve",
    "10.0.3.17",
    "warn(7)",
    "err",
];
const FORMS: [&str; 8] = [
    r#"{ $.level = "ERROR" }"#,
    r#"{ $.level = "err*" && $.n >= 3 }"#,
    r#"{ $.n = 2 || $.text = "naïve" }"#,
    "[ip, method, path, status = 5*, size]",
    "[ip, method = GET, path, status, size > 50]",
    "%err.r%",
    "%[0-9]{3}%",
    "",
];

fn line(dice: &mut SmallRng) -> String {
    let word = WORDS[dice.random_range(0..WORDS.len())];
    let n = dice.random_range(0..6);
    match dice.random_range(0..6) {
        0 => serde_json::json!({"level": word, "n": n, "text": WORDS[n]}).to_string(),
        1 => format!("10.0.3.{n} GET /{word} {n}00 {n}7"),
        2 => format!("{word}\nand a second line {n}"),
        3 => String::new(),
        _ => {
            let all = (0..n).map(|_| WORDS[dice.random_range(0..6)]);
            let straw = "all the same, all the same ".repeat(2);
            format!("{straw}{}", all.collect::<Vec<_>>().join(" "))
        }
    }
}

fn pattern(dice: &mut SmallRng) -> String {
    if dice.random_range(0..4) == 0 {
        return FORMS[dice.random_range(0..FORMS.len())].to_owned();
    }
    let terms = (0..dice.random_range(1..4)).map(|_| {
        let (one, two) = (
            dice.random_range(0..WORDS.len()),
            dice.random_range(0..WORDS.len()),
        );
        // A part of a word is found in it.
        let part: String = WORDS[one].chars().skip(dice.random_range(0..3)).collect();
        let sign = ["", "", "?", "-"][dice.random_range(0..4)];
        match dice.random_range(0..6) {
            0 => format!("{sign}\"{} {}\"", WORDS[one], WORDS[two]),
            1 => format!("{sign}\"{part}\\nand\""),
            2 => format!("{sign}missing"),
            _ => format!("{sign}\"{part}\""),
        }
    });
    terms.collect::<Vec<_>>().join(" ")
}

/// Whatever is passed over by filters and texts: what passes is what passes event by event, page by page.
#[tokio::test]
async fn what_a_pattern_finds_is_what_it_finds_one_by_one() {
    let mut parsed = 0;
    for seed in 0..12 {
        let mut dice = SmallRng::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        let world = World::in_memory();
        let events = EventStore::new(Journal::open(folder.path(), small()).unwrap());
        let (mut streams, mut all) = (Vec::new(), Vec::new());
        for number in 0..dice.random_range(1..4) {
            let stream = stream(number);
            let (mut time, mut offset) = (1000, 0u64);
            for _ in 0..dice.random_range(1..50) {
                let mut put = Vec::new();
                for _ in 0..dice.random_range(1..40) {
                    time += dice.random_range(0..3);
                    let text = line(&mut dice);
                    all.push((time, stream.name.clone(), offset, text.clone()));
                    put.push((time, text));
                    offset += 1;
                }
                let put: Vec<(i64, &str)> = put.iter().map(|(at, it)| (*at, &**it)).collect();
                let name = stream.journal_name();
                events
                    .append(&name, (7, &put), None, "a", None)
                    .await
                    .unwrap();
            }
            streams.push(stream);
        }
        all.sort();
        let desk = Desk::default();
        let reading = Reading {
            events: &events,
            desk: &desk,
            account: "a",
        };
        for _ in 0..40 {
            let text = pattern(&mut dice);
            let Ok(pattern) = Pattern::parse(&text) else {
                continue;
            };
            parsed += 1;
            let passing = all
                .iter()
                .filter(|it| pattern.matches(&Message::new(&it.3)));
            let expected: Vec<_> = passing.cloned().collect();
            let (mut found, mut place) = (Vec::new(), None);
            'pages: loop {
                let merge = Merge::open(
                    reading,
                    opener(&world),
                    &streams,
                    (0, i64::MAX),
                    place.as_ref(),
                    pattern.needles(),
                );
                let mut merge = merge.await.unwrap();
                merge.holding(held(&mut dice).max(2000));
                for _ in 0..dice.random_range(200..3000) {
                    match merge.next().await.unwrap() {
                        Some(Step::Event(stream, event)) => {
                            place = Some(Place {
                                timestamp: event.timestamp,
                                stream: stream.clone(),
                                offset: event.offset,
                            });
                            if pattern.matches(&Message::new(&event.message)) {
                                found.push((event.timestamp, stream, event.offset, event.message));
                            }
                        }
                        Some(Step::Passed(up_to)) => place = Some(up_to),
                        None => break 'pages,
                    }
                }
            }
            assert_eq!(found, expected, "{text} of seed {seed}");
        }
    }
    assert!(parsed > 400, "{parsed} patterns were patterns");
}

/// Of streams that are alike, in order of time or not, each with as much as a block has.
async fn alike(events: &EventStore, count: u32, is_ordered: bool) -> Vec<Stream> {
    let mut streams = Vec::new();
    for number in 0..count {
        let stream = stream(number);
        let text = |at: i64| format!("{NEEDLE} {at}: {}", "all the same ".repeat(20));
        let texts: Vec<String> = (0..300).map(text).collect();
        let time = |at: i64| if is_ordered { 1000 + at } else { 2000 - at };
        let put: Vec<(i64, &str)> = (0..)
            .zip(&texts)
            .map(|(at, it)| (time(at), &**it))
            .collect();
        let name = stream.journal_name();
        events
            .append(&name, (7, &put), None, "a", None)
            .await
            .unwrap();
        streams.push(stream);
    }
    streams
}

/// However much there is, no more is held of it at a time, and all of it comes.
#[tokio::test]
async fn what_is_held_of_all_streams_has_one_bound() {
    for (is_ordered, needle) in [(true, NEEDLE), (true, ""), (false, "")] {
        let folder = tempfile::tempdir().unwrap();
        let world = World::in_memory();
        let events = EventStore::new(Journal::open(folder.path(), small()).unwrap());
        let streams = alike(&events, 40, is_ordered).await;
        let desk = Desk::default();
        let reading = Reading {
            events: &events,
            desk: &desk,
            account: "a",
        };
        let needles = Needles::any_of(&[needle]);
        let times = (0, i64::MAX);
        let merge = Merge::open(reading, opener(&world), &streams, times, None, needles);
        let mut merge = merge.await.unwrap();
        // Less than one event of each stream.
        let most = 10_000;
        merge.holding(most);
        let (mut found, mut before) = (0, None);
        while let Some(step) = merge.next().await.unwrap() {
            // To count it takes longer than a step.
            if found % 8 == 0 {
                let each = merge.sources.iter().map(|it| {
                    let found = it.found.iter().map(|it| it.data.len());
                    let ahead = it.ahead.iter().map(|it| it.message.len());
                    found.sum::<usize>() + ahead.sum::<usize>()
                });
                let held: usize = each.sum();
                let at_once = std::thread::available_parallelism().unwrap().get();
                let each = LEAST_AHEAD + 400;
                assert!(held <= most + at_once * each, "{held} are held");
            }
            if let Step::Event(stream, event) = step {
                let place = Some((event.timestamp, stream, event.offset));
                assert!(before < place);
                (found, before) = (found + 1, place);
            }
        }
        assert_eq!(found, 40 * 300);
        assert_eq!(merge.held, 0);
    }
}

/// What cannot be opened is not asked for before its turn, and then says so.
#[tokio::test]
async fn what_cannot_be_opened_fails_in_its_turn() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_memory();
    let events = EventStore::new(Journal::open(folder.path(), small()).unwrap());
    let (plain, sealed) = (stream(0), stream(1));
    let name = plain.journal_name();
    let put = [(1000, NEEDLE), (1001, NEEDLE)];
    events
        .append(&name, (7, &put), None, "a", None)
        .await
        .unwrap();
    let bent = [&event::sealed_head(1001, 7)[..], &[1, 2, 3]].concat();
    let name = sealed.journal_name();
    events.journal().append(&name, &[bent]).await.unwrap();
    let desk = Desk::default();
    let reading = Reading {
        events: &events,
        desk: &desk,
        account: "a",
    };
    for needle in [NEEDLE, ""] {
        let streams = [plain.clone(), sealed.clone()];
        let needles = Needles::any_of(&[needle]);
        let times = (0, i64::MAX);
        let merge = Merge::open(reading, opener(&world), &streams, times, None, needles);
        let mut merge = merge.await.unwrap();
        for time in put.map(|(time, _)| time) {
            let step = merge.next().await.unwrap();
            assert!(matches!(step, Some(Step::Event(_, it)) if it.timestamp == time));
        }
        let failed = merge.next().await;
        assert!(matches!(failed, Err(ReadError::Damaged(_))), "{failed:?}");
    }
}
