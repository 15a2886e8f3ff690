//! Records of a store, as they are followed.

use std::collections::BTreeMap;

use wharf_blobs::{Blobs, Limits};
use wharf_records::encode;
use wharf_testkit::{PERMIT, World};

use super::*;
use crate::{
    catalog::Config,
    records::samples::{image, layer},
};

const ACCOUNTS: [&str; 2] = ["111111111111", "222222222222"];

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

fn registry(account: &str, place: u64) -> Registry {
    match place {
        0 => Registry::public(account),
        place => Registry::new(account, format!("region-{place}")),
    }
}

/// By account, the blobs that each record names, and their sizes.
type Model = BTreeMap<&'static str, BTreeMap<String, (Digest, u64)>>;

fn naive(model: &Model, account: &str) -> u64 {
    let records = model.get(account).into_iter().flat_map(BTreeMap::values);
    let blobs: BTreeMap<String, u64> = records.map(|(it, size)| (it.hex(), *size)).collect();
    blobs.values().sum()
}

#[tokio::test]
async fn an_account_holds_what_its_records_say_whatever_is_pushed_and_deleted() {
    let (dir, world) = (tempfile::tempdir().unwrap(), World::in_memory());
    let folder = dir.path().join("blobs");
    let blobs = Blobs::open(&folder, world.keyring.clone(), Limits::default()).unwrap();
    let (store, keyring) = (world.store.clone(), world.keyring.clone());
    let catalog = Catalog::new(store, blobs, keyring, Config::new("localhost"));
    let (mut dice, mut model) = (Dice(7), Model::new());
    for step in 0..400 {
        let account = ACCOUNTS[dice.throw(2) as usize];
        let keys = registry(account, dice.throw(3)).keys();
        let repository = format!("r{}", dice.throw(3));
        let of = dice.throw(8);
        let (digest, size) = (Digest::of(&[of as u8]), 1 << of);
        let (key, value) = match dice.throw(2) {
            0 => (keys.layer(&repository, &digest), encode(&layer(size))),
            _ => (
                keys.image(&repository, &digest),
                encode(&image(digest, size)),
            ),
        };
        let records = model.entry(account).or_default();
        if dice.throw(2) == 0 {
            world.store.put(&PERMIT, &key, value).await.unwrap();
            records.insert(key, (digest, size));
        } else {
            world.store.delete(&PERMIT, &key).await.unwrap();
            records.remove(&key);
        }
        // Sometimes the history is gone by then that was not followed.
        if step % 50 == 49 {
            let now = world.store.revision().await.unwrap();
            world.store.compact(&PERMIT, now).await.unwrap();
        }
        if dice.throw(4) == 0 {
            for account in ACCOUNTS {
                let held = catalog.look_at_account(account, |it| it.held().bytes).await;
                assert_eq!(held.unwrap(), naive(&model, account), "{account} at {step}");
            }
        }
    }
    for account in ACCOUNTS {
        catalog.look_at_account(account, |_| ()).await.unwrap();
    }
    let known: BTreeMap<String, u64> = catalog.fullest_accounts(5).into_iter().collect();
    let wanted = ACCOUNTS.map(|it| (it.to_owned(), naive(&model, it)));
    assert_eq!(known, BTreeMap::from(wanted));
    assert_eq!(catalog.fullest_accounts(1).len(), 1);
}
