//! The resources of a service that CloudWatch tells the number of, since there are quotas of them.

mod inside;

use wharf_records::Scope;
use wharf_store::{Range, Store, StoreError};

use self::inside::Inside;
use crate::{Place, platform};

/// Which records of a service are such resources.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// The service's segment of keys.
    pub service: &'static str,
    /// What the dimension `Service` calls it.
    pub name: &'static str,
    pub resources: &'static [Counting],
}

/// Records that are a resource, or that belong to one.
#[derive(Debug, Clone, Copy)]
pub struct Counting {
    kind: &'static str,
    resource: &'static str,
    which: Which,
    most: Option<usize>,
}

/// How ids of what belongs to a record begin, and what the dimension `ResourceId` calls that.
pub type Belongings = Option<(String, String)>;

#[derive(Debug, Clone, Copy)]
enum Which {
    All,
    Beginning(&'static str),
    Those(fn(&[u8]) -> bool),
    Of(&'static str, fn(&str, &[u8]) -> Belongings),
}

impl Counting {
    /// All records of a kind. `resource` is what the dimension `Resource` calls them.
    pub const fn all(kind: &'static str, resource: &'static str) -> Self {
        Self {
            kind,
            resource,
            which: Which::All,
            most: None,
        }
    }

    /// Those whose ids begin so.
    pub const fn beginning(
        kind: &'static str,
        start: &'static str,
        resource: &'static str,
    ) -> Self {
        Self {
            kind,
            resource,
            which: Which::Beginning(start),
            most: None,
        }
    }

    /// Those whose stored values say so: they are read each time.
    pub const fn those(kind: &'static str, are: fn(&[u8]) -> bool, resource: &'static str) -> Self {
        Self {
            kind,
            resource,
            which: Which::Those(are),
            most: None,
        }
    }

    /// Records of the kind `inside` that belong to each record of `kind`, whose ids and stored values say how theirs begin: up to
    /// and with their first dot.
    pub const fn inside(
        kind: &'static str,
        inside: &'static str,
        begin: fn(&str, &[u8]) -> Belongings,
        resource: &'static str,
    ) -> Self {
        Self {
            kind,
            resource,
            which: Which::Of(inside, begin),
            most: None,
        }
    }

    /// The same, of which an account may have so many.
    pub const fn at_most(self, most: usize) -> Self {
        Self {
            most: Some(most),
            ..self
        }
    }
}

/// How many of a resource there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub place: Place,
    pub resource: &'static str,
    /// The resource that they belong to, if they are counted for each.
    pub of: Option<String>,
    pub count: usize,
}

/// What is known of a service's resources from one count to the next.
#[derive(Debug)]
pub struct Tally {
    counted: Counted,
    inside: Vec<Inside>,
}

impl Counted {
    /// Nothing is counted yet.
    pub fn tally(self) -> Tally {
        let mut inside: Vec<Inside> = Vec::new();
        for it in self.resources {
            if let Which::Of(kind, _) = it.which
                && inside.iter().all(|it| it.kind != kind)
            {
                inside.push(Inside::new(self.service, kind));
            }
        }
        Tally {
            counted: self,
            inside,
        }
    }

    /// How many of a resource an account may have, if there is a bound.
    pub fn most(&self, resource: &str) -> Option<usize> {
        let mut resources = self.resources.iter();
        resources.find(|it| it.resource == resource)?.most
    }
}

impl Tally {
    /// What the dimension `Service` calls it.
    pub fn name(&self) -> &'static str {
        self.counted.name
    }

    /// Counts what all accounts have, in the order of their keys. Costs nothing for records that need not be told apart, and of
    /// those inside others what changed since the last count.
    ///
    /// # Errors
    /// The store's.
    pub async fn count(&mut self, store: &Store) -> Result<Vec<Count>, StoreError> {
        for inside in &mut self.inside {
            inside.follow(store).await?;
        }
        let resources = self.counted.resources;
        let is_counted = |folder: &str| {
            let kind = kind_of(folder);
            resources.iter().any(|it| Some(it.kind) == kind)
        };
        let prefix = Scope::service_prefix(self.counted.service);
        let mut counts = Vec::new();
        for (folder, keys) in store.folders(&prefix, is_counted).await? {
            let Some((scope, kind, _)) = Scope::parse(&folder) else {
                continue;
            };
            if scope.account == platform::ACCOUNT {
                continue;
            }
            for it in resources.iter().filter(|it| it.kind == kind) {
                let count = |of: Option<String>, count: usize| Count {
                    place: Place::of_scope(&scope),
                    resource: it.resource,
                    of,
                    count,
                };
                match it.which {
                    Which::All => counts.push(count(None, keys)),
                    Which::Beginning(start) => {
                        let there = under(store, scope.key(kind, start)).await?;
                        counts.push(count(None, there));
                    }
                    Which::Those(are) => {
                        let (mut pages, mut those) = (store.pages(Range::prefix(&folder)), 0);
                        while let Some(page) = pages.next().await? {
                            those += page.entries.iter().filter(|it| are(&it.value)).count();
                            // What is in memory never waits: requests have their turn between pages.
                            tokio::task::yield_now().await;
                        }
                        counts.push(count(None, those));
                    }
                    Which::Of(kind, begin) => {
                        let all = self.inside.iter().find(|it| it.kind == kind);
                        let mut pages = store.pages(Range::prefix(&folder));
                        while let Some(page) = pages.next().await? {
                            for entry in page.entries {
                                let id = Scope::parse(&entry.key).map(|it| it.2);
                                let found = id.and_then(|id| begin(&id, &entry.value));
                                if let Some((start, of)) = found {
                                    let start = scope.key(kind, &start);
                                    let there = all.map_or(0, |it| it.under(&start));
                                    counts.push(count(Some(of), there));
                                }
                            }
                            tokio::task::yield_now().await;
                        }
                    }
                }
            }
        }
        Ok(counts)
    }
}

/// The kind of a folder, which ends with a slash.
fn kind_of(folder: &str) -> Option<&str> {
    folder.strip_suffix('/')?.rsplit('/').next()
}

/// How many keys begin so.
async fn under(store: &Store, start: String) -> Result<usize, StoreError> {
    let counted = store.range(Range::prefix(start).count_only()).await?;
    Ok(counted.count)
}

#[cfg(test)]
mod tests {
    use wharf_base::Permit;
    use wharf_store::{StoreOptions, Txn};

    use super::*;

    const PERMIT: Permit = Permit::for_controller("tests");
    const A: &str = "000000000001";
    const COUNTED: Counted = Counted {
        service: "shop",
        name: "Shop",
        resources: &[
            Counting::all("shelf", "Shelves"),
            Counting::beginning("shelf", "top/", "TopShelves").at_most(3),
            Counting::those("book", |value| value.starts_with(b"old"), "OldBooks"),
            Counting::inside(
                "shelf",
                "book",
                |id, value| match value {
                    b"shut" => None,
                    _ => Some((format!("{}.", id.replace('/', "-")), format!("shelf/{id}"))),
                },
                "BooksPerShelf",
            ),
        ],
    };

    #[test]
    fn what_is_bounded_says_so() {
        assert_eq!(COUNTED.most("TopShelves"), Some(3));
        assert_eq!(COUNTED.most("Shelves"), None);
        assert_eq!(COUNTED.most("Desks"), None);
    }

    #[tokio::test]
    async fn each_place_has_its_own_number_of_each_resource() {
        let store = Store::in_memory(StoreOptions::default());
        let put = |account: &str, region: &str, kind: &str, id: &str, value: &'static str| {
            let key = Scope::new("shop", account, region).key(kind, id);
            let (store, txn) = (store.clone(), Txn::new().put(key, value));
            async move { store.txn(&PERMIT, txn).await.map(drop) }
        };
        for (id, value) in [("top/1", "open"), ("top/2", "shut"), ("low", "open")] {
            put(A, "r1", "shelf", id, value).await.unwrap();
        }
        put(A, "r2", "shelf", "low", "open").await.unwrap();
        put(platform::ACCOUNT, "r1", "shelf", "top/1", "open")
            .await
            .unwrap();
        for (id, value) in [("top-1.a", "old"), ("top-1.b", "new"), ("top-2.a", "old")] {
            put(A, "r1", "book", id, value).await.unwrap();
        }
        put(A, "r1", "label", "top/1", "open").await.unwrap();
        let found = COUNTED.tally().count(&store).await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|it| {
                assert_eq!(it.place.account, A);
                (&*it.place.region, it.resource, it.of.as_deref(), it.count)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("r1", "OldBooks", None, 2),
                ("r1", "Shelves", None, 3),
                ("r1", "TopShelves", None, 2),
                ("r1", "BooksPerShelf", Some("shelf/low"), 0),
                ("r1", "BooksPerShelf", Some("shelf/top/1"), 2),
                ("r2", "Shelves", None, 1),
                ("r2", "TopShelves", None, 0),
                ("r2", "BooksPerShelf", Some("shelf/low"), 0),
            ]
        );
    }

    /// Of each shelf, by its id.
    async fn books(tally: &mut Tally, store: &Store) -> Vec<(String, usize)> {
        let all = tally.count(store).await.unwrap().into_iter();
        let books = all.filter(|it| it.resource == "BooksPerShelf");
        books.map(|it| (it.of.unwrap(), it.count)).collect()
    }

    #[tokio::test]
    async fn what_belongs_to_others_is_known_by_what_comes_and_goes() {
        let store = Store::in_memory(StoreOptions::default());
        let scope = Scope::new("shop", A, "r1");
        let put = async |kind: &str, id: &str, value: &'static str| {
            store
                .put(&PERMIT, scope.key(kind, id), value)
                .await
                .unwrap();
        };
        let shelf = |name: &str, books: usize| (format!("shelf/{name}"), books);
        put("shelf", "a", "open").await;
        put("book", "a.1", "new").await;
        let mut tally = COUNTED.tally();
        assert_eq!(books(&mut tally, &store).await, [shelf("a", 1)]);
        // One that is written over stays one; those of other kinds and of no shelf are none.
        for id in ["a.1", "a.2", "b.1", "loose"] {
            put("book", id, "old").await;
        }
        put("label", "a.1", "red").await;
        put("shelf", "b", "open").await;
        assert_eq!(
            books(&mut tally, &store).await,
            [shelf("a", 2), shelf("b", 1)]
        );
        for id in ["a.1", "b.1"] {
            let key = scope.key("book", id);
            assert!(store.delete(&PERMIT, key).await.unwrap());
        }
        put("book", "b.1", "new").await;
        put("book", "b.2", "new").await;
        let expected = [shelf("a", 1), shelf("b", 2)];
        assert_eq!(books(&mut tally, &store).await, expected);
        assert_eq!(books(&mut tally, &store).await, expected, "nothing changed");
        // What the store forgot is counted from what is there.
        put("book", "a.3", "new").await;
        let now = store.revision().await.unwrap();
        store.compact(&PERMIT, now).await.unwrap();
        put("book", "a.4", "new").await;
        let expected = [shelf("a", 3), shelf("b", 2)];
        assert_eq!(books(&mut tally, &store).await, expected);
        assert_eq!(books(&mut COUNTED.tally(), &store).await, expected);
    }
}
