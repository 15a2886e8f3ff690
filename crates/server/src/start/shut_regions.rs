//! Regions that have records and that clients cannot name: what was made there before goes on, and nobody reaches it.

use std::collections::BTreeSet;

use wharf_base::{
    Chain,
    regions::{Regions, is_well_formed},
};
use wharf_store::{Range, Store, StoreError};

/// Where services keep records: a folder each, with one for each account, with one for each region.
const SERVICES: &str = "/w1/c0/";
/// Regions that the warning names; an account may have invented any number of them.
const MOST_NAMED: usize = 20;

/// Says at a start which they are, and how they are let in.
pub(super) async fn tell(store: &Store, regions: &Regions) {
    match shut(store, regions).await {
        Ok(shut) if shut.is_empty() => {}
        Ok(shut) => tracing::warn!("{}", advice(&shut)),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "failed to look for regions that clients cannot name");
        }
    }
}

/// Those that have records of an account and are not among `regions`.
async fn shut(store: &Store, regions: &Regions) -> Result<BTreeSet<String>, StoreError> {
    let mut shut = BTreeSet::new();
    for service in folders(store, SERVICES).await? {
        let service = format!("{SERVICES}{service}/");
        for account in folders(store, &service).await? {
            if account.len() != 12 || !account.bytes().all(|it| it.is_ascii_digit()) {
                continue;
            }
            let found = folders(store, &format!("{service}{account}/")).await?;
            let found = found.into_iter();
            shut.extend(found.filter(|it| is_well_formed(it) && !regions.has(it)));
        }
    }
    Ok(shut)
}

/// The names of the folders in one, each found by the first record in it.
async fn folders(store: &Store, parent: &str) -> Result<Vec<String>, StoreError> {
    let mut names = Vec::new();
    let first = || Range::prefix(parent).limit(1).keys_only();
    let mut range = first();
    while let Some(entry) = store.range(range).await?.entries.first() {
        let below = entry.key.strip_prefix(parent).unwrap_or_default();
        range = match below.split_once('/') {
            Some((name, _)) => {
                names.push(name.to_owned());
                // Behind all that is in it.
                first().start_after(format!("{parent}{name}/\u{10ffff}"))
            }
            None => first().start_after(entry.key.clone()),
        };
    }
    Ok(names)
}

fn advice(shut: &BTreeSet<String>) -> String {
    let named: Vec<&str> = (shut.iter()).map(String::as_str).take(MOST_NAMED).collect();
    let flags: Vec<String> = (named.iter())
        .map(|it| format!("--add-region {it}"))
        .collect();
    let more = match shut.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "there are records in regions that clients cannot name, so nobody can reach or delete them: {}{more}; \
         start with {} to let clients in",
        named.join(", "),
        flags.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use wharf_base::Permit;
    use wharf_store::StoreOptions;

    use super::*;

    const PERMIT: Permit = Permit::for_controller("test");

    #[tokio::test]
    async fn regions_that_nobody_can_name_are_found() {
        let store = Store::in_memory(StoreOptions::default());
        for key in [
            "/w1/c0/ecs/000000000001/eu-west-1/task/a",
            "/w1/c0/ecs/000000000001/us-isob-east-1/task/a",
            "/w1/c0/ecs/000000000001/us-isob-east-1/task/b",
            "/w1/c0/sqs/000000000002/de-cellar-1/queue/a",
            "/w1/c0/sqs/000000000002/de-garret-1/queue/a",
            "/w1/c0/sqs/000000000002/zz-last-1/queue/a",
            "/w1/c0/iam/000000000002/aws-global/role/a",
            "/w1/c0/hosts/host/no-region-1/a",
            "/w1/c0/installation",
            "/w1/c0/zeal/one",
        ] {
            store.put(&PERMIT, key, "x").await.unwrap();
        }
        let regions = Regions::with(["de-cellar-1".to_owned()]);
        let found = shut(&store, &regions).await.unwrap();
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, ["de-garret-1", "us-isob-east-1", "zz-last-1"]);
    }

    #[test]
    fn the_flags_are_named() {
        let names = |count: usize| -> BTreeSet<String> {
            (0..count).map(|it| format!("xx-r-{it:02}")).collect()
        };
        let text = advice(&names(2));
        assert!(text.contains(": xx-r-00, xx-r-01; start with"), "{text}");
        assert!(
            text.contains("--add-region xx-r-00 --add-region xx-r-01 to let"),
            "{text}"
        );
        let text = advice(&names(25));
        assert!(text.contains("xx-r-19 and 5 more;"), "{text}");
    }
}
