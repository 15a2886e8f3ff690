//! Parcels over a store in memory and a courier of this file.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::Notify;
use wharf_base::SystemClock;
use wharf_service::ChangeError;
use wharf_store::{Store, StoreOptions};
use wharf_wire::Fault;

use super::*;

#[derive(Debug)]
struct NoFaults;

impl Faults for NoFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        unreachable!("{cause}")
    }

    fn bad_token() -> Fault {
        unreachable!("no pages")
    }
}

/// `LANE NUMBER`; those of lanes that start with a dash are ordered.
type Word = String;

#[derive(Default)]
struct Told {
    /// How often words are still refused, and whether that passes.
    refusals: Mutex<BTreeMap<Word, (u32, bool)>>,
    delivered: Mutex<Vec<Word>>,
    most_at_once: Mutex<usize>,
    letters: Mutex<Vec<Word>>,
    lost_letters: Mutex<u32>,
    became: Mutex<Vec<(Word, Became)>>,
    tried: Mutex<Vec<(Word, Became)>>,
    changed: Notify,
}

struct Robot(Arc<Told>);

#[async_trait]
impl Courier for Robot {
    type Work = Word;

    fn lane(&self, word: &Word) -> Lane {
        let lane = word.split(' ').next().unwrap_or_default();
        match lane.starts_with('-') {
            true => Lane::ordered(&[lane]),
            false => Lane::of(&[lane]),
        }
    }

    async fn deliver(&self, parcels: &[&Parcel<Word>]) -> Vec<Result<(), Failure>> {
        let lanes: BTreeSet<_> = parcels
            .iter()
            .map(|it| it.work.split(' ').next().unwrap_or_default())
            .collect();
        assert_eq!(lanes.len(), 1, "{lanes:?}");
        let mut most = self.0.most_at_once.lock();
        *most = (*most).max(parcels.len());
        let answers = parcels.iter().map(|parcel| {
            let mut refusals = self.0.refusals.lock();
            if let Some((left, passes)) = refusals.get_mut(&parcel.work)
                && *left > 0
            {
                *left -= 1;
                return Err(Failure {
                    passes: *passes,
                    ..Failure::lasting("No", "not now")
                });
            }
            self.0.delivered.lock().push(parcel.work.clone());
            Ok(())
        });
        let answers = answers.collect();
        self.0.changed.notify_one();
        answers
    }

    async fn given_up(&self, parcel: &Parcel<Word>, why: GivenUp) -> Result<(), Failure> {
        let mut lost = self.0.lost_letters.lock();
        if *lost > 0 {
            *lost -= 1;
            return Err(Failure {
                passes: true,
                ..why.failure
            });
        }
        self.0.letters.lock().push(parcel.work.clone());
        self.0.changed.notify_one();
        Ok(())
    }

    fn became(&self, all: &[Outcome<'_, Word>]) {
        for it in all {
            let word = &it.parcel.work;
            if let Some(span) = it.span {
                assert!(it.parcel.created_at <= span.began && span.began <= span.ended);
                self.0.tried.lock().push((word.clone(), it.what));
            }
            self.0.became.lock().push((word.clone(), it.what));
        }
        self.0.changed.notify_one();
    }
}

type Words = Outbox<NoFaults, Robot>;

fn outbox(store: &Store, told: &Arc<Told>) -> Arc<Words> {
    Arc::new(Outbox::new(
        "events",
        Table::new(store.clone()),
        Robot(told.clone()),
        Arc::new(SystemClock),
        Takeover::Replace,
    ))
}

async fn put(outbox: &Words, account: &str, words: &[Word]) {
    let place = Place::new(account, "us-east-1");
    for (at, words) in words.chunks(64).enumerate() {
        let mut changes = outbox.table.begin();
        for (number, word) in words.iter().enumerate() {
            let id = format!("{:06}", at * 64 + number);
            outbox.put(&mut changes, &place, &id, word.clone(), Policy::DEFAULT);
        }
        let done: Result<(), ChangeError<NoFaults>> = changes.write(&PERMIT).await;
        done.unwrap();
    }
}

/// Runs it until `until` holds and no parcel is left.
async fn run(outbox: &Arc<Words>, told: &Told, until: impl Fn(&Told) -> bool) {
    let stop = CancellationToken::new();
    let running = tokio::spawn(outbox.clone().run(stop.clone()));
    let is_empty = async || {
        let left = outbox.table.keys("/w1/c0/events/0").await;
        left.unwrap().is_empty()
    };
    let done = async {
        while !until(told) || !is_empty().await {
            tokio::select! {
                () = told.changed.notified() => {}
                // What a delivery leaves is written after it.
                () = tokio::time::sleep(Duration::from_millis(10)) => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), done)
        .await
        .expect("all is delivered");
    stop.cancel();
    running.await.unwrap();
}

fn words(lane: &str, count: usize) -> Vec<Word> {
    (0..count).map(|it| format!("{lane} {it:06}")).collect()
}

#[tokio::test]
async fn many_for_one_place_go_together() {
    let store = Store::in_memory(StoreOptions::default());
    let told = Arc::new(Told::default());
    let outbox = outbox(&store, &told);
    let (one, other) = (words("a", 500), words("b", 3));
    put(&outbox, "000000000001", &one).await;
    put(&outbox, "000000000002", &other).await;
    run(&outbox, &told, |it| it.delivered.lock().len() == 503).await;
    let delivered: BTreeSet<Word> = told.delivered.lock().iter().cloned().collect();
    assert_eq!(delivered, one.into_iter().chain(other).collect());
    assert_eq!(*told.most_at_once.lock(), MOST_AT_ONCE);
}

#[tokio::test]
async fn a_failure_holds_up_its_own_lane_alone_and_only_if_that_is_ordered() {
    let store = Store::in_memory(StoreOptions::default());
    let told = Arc::new(Told::default());
    let refused = ["- 000001", "a 000001"].map(|it| (it.to_owned(), (1, true)));
    *told.refusals.lock() = refused.into_iter().collect();
    let outbox = outbox(&store, &told);
    put(&outbox, "000000000001", &words("-", 4)).await;
    put(&outbox, "000000000001", &words("a", 3)).await;
    run(&outbox, &told, |it| it.delivered.lock().len() == 7).await;
    let delivered = told.delivered.lock();
    let of = |lane: &str| -> Vec<&Word> {
        let own = delivered.iter().filter(|it| it.starts_with(lane));
        own.collect()
    };
    assert_eq!(of("-"), ["- 000000", "- 000001", "- 000002", "- 000003"]);
    assert_eq!(of("a"), ["a 000000", "a 000002", "a 000001"]);
}

#[tokio::test]
async fn a_dead_letter_that_fails_is_tried_again() {
    let store = Store::in_memory(StoreOptions::default());
    let told = Arc::new(Told::default());
    *told.refusals.lock() = [("a 000000".to_owned(), (9, false))].into();
    *told.lost_letters.lock() = 1;
    let outbox = outbox(&store, &told);
    put(&outbox, "000000000001", &words("a", 2)).await;
    run(&outbox, &told, |it| it.became.lock().len() == 4).await;
    assert_eq!(*told.letters.lock(), ["a 000000"]);
    assert_eq!(*told.delivered.lock(), ["a 000001"]);
    assert_eq!(told.refusals.lock()["a 000000"].0, 8, "tried once");
    let became = told.became.lock();
    let of = |word: &str| -> Vec<Became> {
        let own = became.iter().filter(|it| it.0 == word);
        own.map(|it| it.1).collect()
    };
    assert_eq!(of("a 000001"), [Became::Delivered]);
    let expected = [Became::Failed, Became::GivenUp, Became::Buried];
    assert_eq!(
        of("a 000000"),
        expected,
        "each once, though its letter was sent twice"
    );
    let mut tried = told.tried.lock().clone();
    tried.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("a 000000", Became::Failed),
        ("a 000001", Became::Delivered),
    ];
    let expected = expected.map(|(word, what)| (word.to_owned(), what));
    assert_eq!(tried, expected, "a dead letter is no try");
}

#[tokio::test]
async fn parcels_of_versions_before_have_no_lane_and_are_delivered() {
    let store = Store::in_memory(StoreOptions::default());
    let told = Arc::new(Told::default());
    *told.refusals.lock() = [("a 1".to_owned(), (1, true))].into();
    let outbox = outbox(&store, &told);
    let scope = Scope::new("events", "000000000001", "us-east-1");
    let mut changes = outbox.table.begin();
    for (id, word) in [("uuid/default/rule/1", "a 1"), ("uuid.subscription", "b 1")] {
        let parcel = Parcel::new(word.to_owned(), Policy::DEFAULT, outbox.clock.now());
        changes.put(scope.key(Parcel::<Word>::KIND, id), &parcel);
    }
    let done: Result<(), ChangeError<NoFaults>> = changes.write(&PERMIT).await;
    done.unwrap();
    run(&outbox, &told, |it| it.delivered.lock().len() == 2).await;
    assert_eq!(*told.delivered.lock(), ["b 1", "a 1"]);
}

#[tokio::test]
async fn nothing_became_of_what_somebody_deleted_meanwhile() {
    let (store, told) = (
        Store::in_memory(StoreOptions::default()),
        Arc::new(Told::default()),
    );
    let outbox = outbox(&store, &told);
    put(&outbox, "000000000001", &words("a", 2)).await;
    let keys = outbox.table.keys("/w1/c0/events/0").await.unwrap();
    let mut stored = Vec::new();
    for key in &keys {
        stored.extend(outbox.table.read::<Parcel<Word>>(key).await.unwrap());
    }
    let [gone, left] = &stored[..] else {
        panic!("two parcels");
    };
    let mut changes = outbox.table.begin();
    changes.delete(&gone.key);
    let done: Result<(), ChangeError<NoFaults>> = changes.write(&PERMIT).await;
    done.unwrap();
    for stored in [gone, left] {
        let held = left.still_there();
        let done = outbox.rewrite(stored, None, &[(Became::GivenUp, None)], &held);
        assert!(done.await.is_ok());
    }
    let expected = [(left.record.work.clone(), Became::GivenUp)];
    assert_eq!(*told.became.lock(), expected);
}
