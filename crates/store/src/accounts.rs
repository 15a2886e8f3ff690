//! How much each account has: live records and their bytes, counted as they change, so that asking costs nothing and
//! an opened store knows it.
//!
//! A key says whose it is: `/w1/<cell>/<service>/<account>/…`. Some services keep things below the id of what an
//! account owns instead, with what they keep for no account: `/w1/<cell>/s3/platform/<region>/<kind>/<bucket>/…`. There
//! the id is a folder, and the service says whose that is.

use std::{collections::HashMap, sync::Arc};

use wharf_base::{Permit, ShareFull};

use crate::{StoreError, StoreOptions};

/// What a record takes in memory beside its key and its value: its revisions, and its places in the tree.
pub(crate) const RECORD_BYTES: u64 = 128;
/// Under it services keep what is no account's.
const NOBODY: &str = "platform";
/// Kinds that begin so are pointers to what other accounts share, by whose calls they are written: nobody is to fill
/// another's share.
const OF_OTHERS: &str = "shared-";
/// Services that keep things by folders there.
const BY_FOLDER: [&str; 1] = ["s3"];

/// Live records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    pub keys: u64,
    /// Of keys and values, and 128 of each record for what it takes in memory besides.
    pub bytes: u64,
}

impl Held {
    /// A record of so many bytes of key and value, or none.
    fn of(size: Option<u64>) -> Self {
        Self {
            keys: u64::from(size.is_some()),
            bytes: size.map_or(0, |it| it + RECORD_BYTES),
        }
    }

    fn change(&mut self, before: Self, after: Self) {
        self.keys = (self.keys + after.keys).saturating_sub(before.keys);
        self.bytes = (self.bytes + after.bytes).saturating_sub(before.bytes);
    }

    fn add(&mut self, other: Self) {
        self.keys += other.keys;
        self.bytes += other.bytes;
    }
}

#[derive(Debug, Default)]
pub(crate) struct Accounts {
    accounts: HashMap<Arc<str>, Account>,
    folders: HashMap<Box<str>, Folder>,
    run: Run,
}

/// Changes of records one after the other whose keys say the same. What is written at once mostly is of one kind, and all of
/// a log is gone through while a store opens: so these are added up, and looked up once.
#[derive(Debug, Default)]
struct Run {
    /// What the keys begin with, up to their kind.
    shelf: String,
    before: Held,
    after: Held,
}

#[derive(Debug, Default)]
struct Account {
    all: Held,
    services: Named<Service>,
}

#[derive(Debug, Default)]
struct Service {
    all: Held,
    /// A kind may be as little as one queue's messages, so there may be many.
    kinds: HashMap<Box<str>, Held>,
}

impl Service {
    fn kind(&mut self, kind: &str) -> Option<&mut Held> {
        // Mostly it is there, and then its name need not be copied.
        match self.kinds.contains_key(kind) {
            true => self.kinds.get_mut(kind),
            false => Some(self.kinds.entry(kind.into()).or_default()),
        }
    }
}

/// A few dozen at most: looking through them costs less than a map.
#[derive(Debug)]
struct Named<T>(Vec<(Box<str>, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Default> Named<T> {
    fn get(&self, name: &str) -> Option<&T> {
        let found = self.0.iter().find(|(it, _)| **it == *name);
        found.map(|(_, it)| it)
    }

    fn of(&mut self, name: &str) -> &mut T {
        let at = self.0.iter().position(|(it, _)| **it == *name);
        let at = at.unwrap_or_else(|| {
            self.0.push((name.into(), T::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }
}

#[derive(Debug, Default)]
struct Folder {
    /// Until it is known whose it is it counts for nobody.
    owner: Option<Arc<str>>,
    /// By kind.
    held: Named<Held>,
    /// Nothing is added any more.
    released: bool,
}

impl Folder {
    fn is_empty(&self) -> bool {
        self.held.0.iter().all(|(_, it)| it.keys == 0)
    }
}

/// What a key says.
struct Whose<'a> {
    service: &'a str,
    kind: &'a str,
    owner: Owner<'a>,
}

enum Owner<'a> {
    Account(&'a str),
    /// Whoever has this folder of the service.
    Folder(&'a str),
}

fn whose(key: &str) -> Option<Whose<'_>> {
    let mut parts = key.strip_prefix("/w1/")?.splitn(6, '/');
    let (_cell, service, account) = (parts.next()?, parts.next()?, parts.next()?);
    let (_region, kind, id) = (parts.next()?, parts.next()?, parts.next()?);
    if kind.starts_with(OF_OTHERS) {
        return None;
    }
    let owner = if account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit()) {
        Owner::Account(account)
    } else if account == NOBODY && BY_FOLDER.contains(&service) {
        Owner::Folder(id.split_once('/')?.0)
    } else {
        return None;
    };
    Some(Whose {
        service,
        kind,
        owner,
    })
}

/// Whose turn a transaction has that names these keys. That of an account if a key says one, or of who has the first
/// folder; so what is written of one account, whoever writes it, stays in the order in which it came. What is no
/// account's has the turn of its service: parts of wharf that keep such records wait behind no account.
pub(crate) fn lane<'k>(
    keys: impl Iterator<Item = &'k str>,
    owner: impl FnOnce(&str) -> Option<Arc<str>>,
) -> Arc<str> {
    let (mut folder, mut service) = (None, None);
    for key in keys {
        match whose(key).map(|it| it.owner) {
            Some(Owner::Account(account)) => return account.into(),
            Some(Owner::Folder(_)) => folder = folder.or(Some(key)),
            None => {}
        }
        service = service.or_else(|| service_of(key));
    }
    let owner = folder.and_then(owner);
    owner.unwrap_or_else(|| service.unwrap_or_default().into())
}

fn service_of(key: &str) -> Option<&str> {
    key.strip_prefix("/w1/")?.split('/').nth(1)
}

fn name(service: &str, folder: &str) -> String {
    format!("{service}/{folder}")
}

/// What a record counts.
pub(crate) fn size(key: &str, value: usize) -> u64 {
    (key.len() + value) as u64 + RECORD_BYTES
}

/// Of its share, what an account has besides for what gives room back: an eighth.
const RESERVE: u64 = 8;

/// What of accounts' shares a transaction heeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heeds {
    /// A part of wharf itself writes.
    Nothing,
    /// The share, and the reserve for what gives room back.
    Reserve,
    Share,
}

impl Heeds {
    pub(crate) fn of(permit: &Permit) -> Self {
        match permit.is_of_call() {
            true => Self::of_call(permit),
            false => Self::Nothing,
        }
    }

    /// As if it were of a call.
    pub(crate) fn of_call(permit: &Permit) -> Self {
        match permit.gives_back() {
            true => Self::Reserve,
            false => Self::Share,
        }
    }
}

/// What accounts may have: see [`crate::StoreOptions`].
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    bytes: Option<u64>,
    boundless: Option<String>,
}

impl Shares {
    pub(crate) fn of(options: &StoreOptions) -> Self {
        Self {
            bytes: options.account_bytes,
            boundless: options.boundless_account.clone(),
        }
    }

    /// What that account may have; `None`: anything.
    pub(crate) fn of_account(&self, account: &str) -> Option<u64> {
        self.bytes
            .filter(|_| self.boundless.as_deref() != Some(account))
    }
}

/// A share with its reserve.
pub(crate) fn with_reserve(share: u64) -> u64 {
    share.saturating_add(share / RESERVE)
}

/// The answer to an account that has used up its share.
pub(crate) fn full(account: &str, most_bytes: u64) -> StoreError {
    StoreError::ShareFull(ShareFull {
        account: account.to_owned(),
        what: "records",
        most_bytes,
    })
}

impl Accounts {
    /// A record of so many bytes of key and value becomes another one; `shelf`: that of the key, as the tree has it. It counts
    /// from [`Accounts::settle`] on.
    pub(crate) fn replace(
        &mut self,
        key: &str,
        shelf: Option<&str>,
        before: Option<u64>,
        after: Option<u64>,
    ) {
        // A key without one says too little to be anybody's.
        let Some(shelf) = shelf else {
            return;
        };
        let (before, after) = (Held::of(before), Held::of(after));
        if self.run.shelf != shelf {
            let Some(whose) = whose(key) else {
                return;
            };
            if let Owner::Folder(id) = whose.owner {
                return self.in_folder(&whose, id, before, after);
            }
            self.settle();
            self.run.shelf.push_str(shelf);
        }
        self.run.before.add(before);
        self.run.after.add(after);
    }

    /// Counts what was replaced.
    pub(crate) fn settle(&mut self) {
        let Run {
            mut shelf,
            before,
            after,
        } = std::mem::take(&mut self.run);
        // Nobody's keys, and those of folders, are not in it.
        if let Some(whose) = whose(&shelf)
            && let Owner::Account(account) = whose.owner
        {
            self.change(&whose, account, before, after);
        }
        shelf.clear();
        self.run.shelf = shelf;
    }

    fn in_folder(&mut self, whose: &Whose<'_>, id: &str, before: Held, after: Held) {
        let name = name(whose.service, id);
        if !self.folders.contains_key(&*name) {
            self.folders.insert(name.clone().into(), Folder::default());
        }
        let mut owner = None;
        if let Some(folder) = self.folders.get_mut(&*name) {
            folder.held.of(whose.kind).change(before, after);
            owner.clone_from(&folder.owner);
        }
        self.forget_empty(&name);
        if let Some(account) = owner {
            self.change(whose, &account, before, after);
        }
    }

    fn change(&mut self, whose: &Whose<'_>, account: &str, before: Held, after: Held) {
        if !self.accounts.contains_key(account) {
            self.accounts.insert(account.into(), Account::default());
        }
        let Some(it) = self.accounts.get_mut(account) else {
            return;
        };
        it.all.change(before, after);
        let service = it.services.of(whose.service);
        service.all.change(before, after);
        if let Some(kind) = service.kind(whose.kind) {
            kind.change(before, after);
            if kind.keys == 0 {
                service.kinds.remove(whose.kind);
            }
        }
        if it.all.keys == 0 {
            self.accounts.remove(account);
        }
    }

    fn forget_empty(&mut self, name: &str) {
        let is_over = |it: &Folder| it.is_empty() && (it.released || it.owner.is_none());
        if self.folders.get(name).is_some_and(is_over) {
            self.folders.remove(name);
        }
    }

    pub(crate) fn assign(&mut self, service: &str, id: &str, account: &str) {
        let folder = self.folders.entry(name(service, id).into()).or_default();
        if folder.owner.is_some() {
            return;
        }
        let account: Arc<str> = match self.accounts.get_key_value(account) {
            Some((known, _)) => Arc::clone(known),
            None => account.into(),
        };
        folder.owner = Some(Arc::clone(&account));
        if folder.is_empty() {
            return;
        }
        let account = self.accounts.entry(account).or_default();
        let of_service = account.services.of(service);
        for (kind, held) in &folder.held.0 {
            account.all.add(*held);
            of_service.all.add(*held);
            if let Some(kind) = of_service.kind(kind) {
                kind.add(*held);
            }
        }
    }

    pub(crate) fn release(&mut self, service: &str, id: &str) {
        let name = name(service, id);
        if let Some(folder) = self.folders.get_mut(&*name) {
            folder.released = true;
        }
        self.forget_empty(&name);
    }

    /// Whose a key is, there or not.
    pub(crate) fn owner<'a>(&'a self, key: &'a str) -> Option<&'a str> {
        let Whose { service, owner, .. } = whose(key)?;
        match owner {
            Owner::Account(account) => Some(account),
            Owner::Folder(id) => {
                let folder = self.folders.get(&*name(service, id))?;
                folder.owner.as_deref()
            }
        }
    }

    pub(crate) fn held(&self, account: &str) -> Held {
        let account = self.accounts.get(account);
        account.map_or_else(Held::default, |it| it.all)
    }

    pub(crate) fn held_of(&self, service: &str, account: &str) -> Held {
        let service = self.service(service, account);
        service.map_or_else(Held::default, |it| it.all)
    }

    pub(crate) fn held_of_kind(&self, service: &str, kind: &str, account: &str) -> Held {
        let kind = self.service(service, account).map(|it| it.kinds.get(kind));
        kind.flatten().copied().unwrap_or_default()
    }

    fn service(&self, service: &str, account: &str) -> Option<&Service> {
        self.accounts.get(account)?.services.get(service)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::split;

    const A: &str = "000000000001";

    fn replace(all: &mut Accounts, key: &str, before: Option<u64>, after: Option<u64>) {
        add(all, key, before, after);
        all.settle();
    }

    fn add(all: &mut Accounts, key: &str, before: Option<u64>, after: Option<u64>) {
        all.replace(key, split(key).map(|(shelf, _)| shelf), before, after);
    }

    fn held(keys: u64, bytes: u64) -> Held {
        Held {
            keys,
            bytes: bytes + keys * RECORD_BYTES,
        }
    }

    #[test]
    fn a_key_says_whose_it_is() {
        let mut all = Accounts::default();
        for key in [
            format!("/w1/c0/ecs/{A}/us-east-1/task/t"),
            format!("/w1/c0/ec2/{A}/eu-west-1/vpc/v/x"),
        ] {
            replace(&mut all, &key, None, Some(100));
        }
        for nobodys in [
            "/w1/c0/hosts/ledger/000000000001",
            "/w1/c0/iam/platform/aws-global/key/a/b",
            "/w1/c0/s3/platform/aws-global/name/bucket",
            "/w1/c0/ecs/0000000000012/r/task/t",
            "/w1/c0/ec2/000000000001/us-east-1/shared-snapshot/snap-1",
            "other",
        ] {
            replace(&mut all, nobodys, None, Some(100));
            assert_eq!(all.owner(nobodys), None);
        }
        assert_eq!(all.held(A), held(2, 200));
        assert_eq!(all.held_of("ecs", A), held(1, 100));
        assert_eq!(all.held_of("sqs", A), Held::default());
        assert_eq!(all.held_of_kind("ec2", "vpc", A), held(1, 100));
        assert_eq!(all.held_of_kind("ec2", "task", A), Held::default());
        replace(
            &mut all,
            &format!("/w1/c0/ecs/{A}/us-east-1/task/t"),
            Some(100),
            Some(7),
        );
        assert_eq!(all.held_of("ecs", A), held(1, 7));
        replace(
            &mut all,
            &format!("/w1/c0/ecs/{A}/us-east-1/task/t"),
            Some(7),
            None,
        );
        replace(
            &mut all,
            &format!("/w1/c0/ec2/{A}/eu-west-1/vpc/v/x"),
            Some(100),
            None,
        );
        assert!(all.accounts.is_empty() && all.folders.is_empty());
    }

    #[test]
    fn keys_say_whose_turn_a_transaction_has() {
        let b1s = |key: &str| {
            key.contains("/b1/")
                .then(|| Arc::<str>::from("000000000007"))
        };
        let check = |keys: &[&str], expected: &str| {
            let turn = lane(keys.iter().copied(), b1s);
            assert_eq!(&*turn, expected, "{keys:?}");
        };
        let (own, object) = ("/w1/c0/hosts/ledger/h", "/w1/c0/s3/platform/r/o/b1/a");
        let task = format!("/w1/c0/ecs/{A}/us-east-1/task/t");
        check(&[&task], A);
        check(&[own, object, &task], A);
        check(&[own, object], "000000000007");
        check(&["/w1/c0/s3/platform/r/o/b2/a"], "s3");
        check(&[own, "/w1/c0/iam/platform/aws-global/key/a"], "hosts");
        // Written by calls of others.
        check(&["/w1/c0/ec2/000000000001/r/shared-snapshot/s"], "ec2");
        check(&["other", own], "hosts");
        check(&["other", "/w1/c0"], "");
        check(&[], "");
    }

    #[test]
    fn a_folder_counts_for_its_owner() {
        let mut all = Accounts::default();
        let object = "/w1/c0/s3/platform/aws-global/o/b1/a/b";
        let version = "/w1/c0/s3/platform/aws-global/v/b1/a";
        replace(&mut all, object, None, Some(50));
        assert_eq!((all.owner(object), all.held(A)), (None, Held::default()));
        all.assign("s3", "b1", A);
        all.assign("s3", "b1", A);
        replace(&mut all, version, None, Some(5));
        assert_eq!(all.owner(version), Some(A));
        assert_eq!(
            (all.held(A), all.held_of("s3", A)),
            (held(2, 55), held(2, 55))
        );
        assert_eq!(all.held_of_kind("s3", "o", A), held(1, 50));
        replace(&mut all, object, Some(50), None);
        all.release("s3", "b1");
        assert_eq!(
            all.owner(version),
            Some(A),
            "what is left is still its owner's"
        );
        replace(&mut all, version, Some(5), None);
        assert!(all.accounts.is_empty() && all.folders.is_empty());
        // One that was never assigned leaves nothing, nor does one that stays empty.
        replace(&mut all, object, None, Some(50));
        replace(&mut all, object, Some(50), None);
        all.assign("s3", "b2", A);
        all.release("s3", "b2");
        assert!(all.accounts.is_empty() && all.folders.is_empty());
    }

    /// Keys of two accounts, of nobody and of a folder, each with the sizes that it gets one after the other.
    fn changes() -> impl Strategy<Value = Vec<(String, Option<u64>)>> {
        let key = "/w1/c0/(ecs|sqs)/00000000000[12]/r/(task|shared-task)/[ab]|/w1/c0/s3/platform/r/o/b1/[ab]|/w1/c0/[ab]";
        proptest::collection::vec((key, any::<Option<u8>>()), 0..60).prop_map(|all| {
            all.into_iter()
                .map(|(key, size)| (key, size.map(u64::from)))
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn what_is_counted_together_is_what_is_counted_one_by_one(
            changes in changes(),
            settled in proptest::collection::vec(any::<bool>(), 60),
        ) {
            let (mut one, mut many) = (Accounts::default(), Accounts::default());
            for all in [&mut one, &mut many] {
                all.assign("s3", "b1", A);
            }
            let mut sizes = HashMap::new();
            for ((key, after), settles) in changes.into_iter().zip(settled) {
                let before = sizes.insert(key.clone(), after).flatten();
                replace(&mut one, &key, before, after);
                add(&mut many, &key, before, after);
                if settles {
                    many.settle();
                }
            }
            many.settle();
            for account in [A, "000000000002"] {
                prop_assert_eq!(one.held(account), many.held(account));
                for (service, kind) in [("ecs", "task"), ("sqs", "task"), ("s3", "o")] {
                    prop_assert_eq!(one.held_of(service, account), many.held_of(service, account));
                    prop_assert_eq!(
                        one.held_of_kind(service, kind, account),
                        many.held_of_kind(service, kind, account)
                    );
                }
                prop_assert_eq!(one.accounts.contains_key(account), many.accounts.contains_key(account));
            }
        }
    }
}
