//! The ledger: what is written is read, in bounds, and old months go.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_base::Timestamp;
use wharf_billing::{Platform, Span, Use};
use wharf_journal::{Journal, JournalOptions};
use wharf_records::Unknown;

use crate::{
    ledger::{Charge, Entry, Ledger, Numbers, Reader, Writer, months},
    period::Month,
    records::Meter,
};

use super::home::{HOUR, NOON};

fn meter(id: String, team: usize) -> Meter {
    Meter {
        arns: "arn:aws:ecs:us-east-1:000000000000:task/shop/".to_owned(),
        id,
        used: Use {
            region: "us-east-1".to_owned(),
            platform: Platform::LinuxX86,
            spot: false,
            cpu: 256,
            memory_mib: 512,
            ephemeral_gib: 20,
            cluster: "shop".to_owned(),
            service: None,
            tags: BTreeMap::from([("team".to_owned(), team.to_string())]),
            instance: None,
            stored: None,
        },
        start: NOON,
        end: Some(NOON + 60_000),
        settled: false,
        unknown: Unknown::new(),
    }
}

#[derive(Default)]
struct All(Vec<(String, String, Span)>);

impl Reader for All {
    type Known = String;

    fn charge(&mut self, charge: &Charge) -> String {
        charge.used.tags["team"].clone()
    }

    fn task(&mut self, known: &String, entry: Entry<'_>, _: Month) {
        self.0
            .push((entry.id.to_owned(), known.clone(), entry.span));
    }
}

fn open(folder: &tempfile::TempDir) -> Journal {
    Journal::open(folder.path(), JournalOptions::default()).unwrap()
}

/// More charges than numbers are remembered for, by writers that know nothing of each other.
#[tokio::test]
async fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder);
    let meters: Vec<Meter> = (0..10_000)
        .map(|it| meter(format!("t{it}"), it % 4_999))
        .collect();
    let month = Month::of(NOON);
    let span = Span::new(NOON, NOON + 60_000);
    for part in meters.chunks(6_000) {
        let mut writer = Writer::new(journal.clone());
        for part in part.chunks(1_700) {
            let rows = part.iter().map(|it| ("1", month, it, span));
            writer.write(rows).await.unwrap();
        }
    }
    let ledger = Ledger::new(journal);
    let mut all = All::default();
    ledger.read("1", month, &mut all);
    let expected = meters
        .iter()
        .map(|it| (it.id.clone(), it.used.tags["team"].clone(), span));
    assert_eq!(all.0, expected.collect::<Vec<_>>());
    let mut none = All::default();
    ledger.read("2", month, &mut none);
    ledger.read("1", month.minus(-1), &mut none);
    assert!(none.0.is_empty());
}

#[tokio::test]
async fn months_that_no_report_reaches_go() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder);
    let mut writer = Writer::new(journal.clone());
    let now = Month::of(NOON);
    let it = meter("a".to_owned(), 1);
    let span = Span::new(NOON, NOON);
    let rows = [now, now.minus(13), now.minus(14), now.minus(15)];
    writer
        .write(rows.iter().map(|month| ("1", *month, &it, span)))
        .await
        .unwrap();
    let ledger = Ledger::new(journal);
    ledger.sweep(Timestamp(NOON)).await.unwrap();
    let left = rows.map(|month| {
        let mut all = All::default();
        ledger.read("1", month, &mut all);
        all.0.len()
    });
    assert_eq!(left, [1, 1, 1, 0]);
}

/// A clock that is years ahead takes nothing, and nothing goes that is not a month too old.
#[tokio::test]
async fn a_clock_that_is_ahead_deletes_no_month() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder);
    let mut writer = Writer::new(journal.clone());
    let now = Month::of(NOON);
    let it = meter("a".to_owned(), 1);
    let span = Span::new(NOON, NOON);
    let rows: Vec<Month> = (0..17).map(|back| now.minus(back)).collect();
    writer
        .write(rows.iter().map(|month| ("1", *month, &it, span)))
        .await
        .unwrap();
    let ledger = Ledger::new(journal);
    for left in [16, 15, 15] {
        ledger
            .sweep(Timestamp(NOON + 900 * 24 * HOUR))
            .await
            .unwrap();
        let mut all = All::default();
        for month in &rows {
            ledger.read("1", *month, &mut all);
        }
        assert_eq!(all.0.len(), left);
    }
}

fn charge(team: &str) -> Vec<u8> {
    let charge = Charge {
        arns: "a/".to_owned(),
        used: meter("a".to_owned(), 0).used,
    };
    let mut text = serde_json::to_string(&charge).unwrap();
    text = text.replace(r#""team":"0""#, &format!(r#""team":"{team}""#));
    [&[0], text.as_bytes()].concat()
}

fn task(number: u32) -> Vec<u8> {
    let mut task = vec![1];
    task.extend(number.to_le_bytes());
    task.extend([0; 16]);
    task.push(b'0' + number as u8);
    task
}

/// A charge that is not understood keeps its number, and after a gap no number is trusted.
#[test]
fn numbers_mean_no_other_charge_after_damage() {
    let month = Month::of(NOON);
    let mut all = All::default();
    let mut numbers = Numbers::default();
    let mut read = |numbers: &mut Numbers<String>, record: &[u8]| {
        numbers.read(record, month, &mut all).is_some()
    };
    assert!(read(&mut numbers, &[2]));
    assert!(!read(&mut numbers, &[&[0], b"{".as_slice()].concat()));
    assert!(read(&mut numbers, &charge("second")));
    assert!(!read(&mut numbers, &task(0)));
    assert!(read(&mut numbers, &task(1)));
    numbers.lose();
    read(&mut numbers, &charge("third"));
    assert!(!read(&mut numbers, &task(0)));
    assert!(read(&mut numbers, &[2]));
    assert!(read(&mut numbers, &charge("fourth")));
    assert!(read(&mut numbers, &task(0)));
    let found: Vec<(&str, &str)> = (all.0.iter())
        .map(|(id, team, _)| (id.as_str(), team.as_str()))
        .collect();
    assert_eq!(found, [("1", "second"), ("0", "fourth")]);
}

/// A reader that has enough is given no further block.
#[tokio::test]
async fn reading_ends_when_its_reader_is_gone() {
    struct Few(usize);
    impl Reader for Few {
        type Known = ();
        fn charge(&mut self, _: &Charge) {}
        fn task(&mut self, (): &(), _: Entry<'_>, _: Month) {
            self.0 += 1;
        }
        fn is_over(&self) -> bool {
            self.0 > 0
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder);
    let mut writer = Writer::new(journal.clone());
    let month = Month::of(NOON);
    let it = meter("a".to_owned(), 1);
    for _ in 0..3 {
        let row = ("1", month, &it, Span::new(NOON, NOON));
        writer.write(std::iter::once(row)).await.unwrap();
    }
    let mut few = Few(0);
    Ledger::new(journal).read("1", month, &mut few);
    assert_eq!(few.0, 1);
}

#[test]
fn a_task_is_in_the_months_it_took_time_of() {
    let of = |start, end| -> Vec<String> {
        months(Span::new(start, end))
            .map(|it| it.to_string())
            .collect()
    };
    let may = Month::of(NOON).minus(-1).start();
    assert_eq!(of(NOON, NOON), ["2026-04"]);
    assert_eq!(of(NOON, may), ["2026-04"]);
    assert_eq!(of(NOON, may + 1), ["2026-04", "2026-05"]);
    assert_eq!(of(may, may), ["2026-05"]);
    // Clocks can be anything.
    assert!(of(i64::MIN, NOON).len() <= 15);
    assert!(of(NOON, i64::MAX).len() <= 15);
}

#[test]
fn months_are_written_and_read() {
    for text in ["1970-01", "2026-12", "9999-12"] {
        let month = Month::parse(text).unwrap();
        assert_eq!(month.to_string(), text);
        assert_eq!(Month::of(month.start()), month);
    }
    for bad in ["", "2026", "2026-13", "2026-00", "x-1", "-1-1"] {
        assert_eq!(Month::parse(bad), None, "{bad}");
    }
}

proptest! {
    /// Damage is passed over, whatever it is.
    #[test]
    fn any_bytes_are_a_ledger(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        crate::fuzz::ledger(&bytes);
    }

    #[test]
    fn any_times_are_split(number in 0..2_u32, start: i64, length: i64) {
        let charge = [&[0], br#"{"arns":"a/","use":{"region":"r","platform":"linux-x86","cpu":4294967295,"memory_mib":1,"ephemeral_gib":4294967295,"cluster":"c"}}"#.as_slice()].concat();
        let mut task = vec![1];
        task.extend(number.to_le_bytes());
        task.extend(start.to_le_bytes());
        task.extend(length.to_le_bytes());
        task.push(b'i');
        let mut bytes = Vec::new();
        for record in [charge, task.clone(), task] {
            bytes.extend((record.len() as u16).to_le_bytes());
            bytes.extend(record);
        }
        crate::fuzz::ledger(&bytes);
    }
}
