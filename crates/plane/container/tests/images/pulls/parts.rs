//! Downloads that break off and go on, and those in parts, over several connections.

use super::*;

/// A layer of some 100,000 bytes that do not shrink.
fn large() -> (Vec<u8>, String) {
    let mut content = vec![0; 100_000];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut content);
    layer("large", &content, Packing::Gzip)
}

#[tokio::test]
async fn a_download_that_breaks_off_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    let layers = [large()];
    registry.push("app", "1", &layers);
    {
        let mut state = registry.state.lock().unwrap();
        (state.cut_after, state.ranges) = (Some(30_000), true);
    }
    let store = open(dir.path()).await.unwrap();
    let image = store.pull(&request(&registry, "app:1")).await.unwrap();
    assert_eq!(
        fs::read(image.layers()[0].join("large")).unwrap().len(),
        100_000
    );
    let blob = format!("/v2/app/blobs/{}", digest(&layers[0].0));
    let asked = registry.asked();
    let of_layer = asked.iter().filter_map(|path| path.strip_prefix(&blob));
    let of_layer: Vec<&str> = of_layer.collect();
    assert_eq!(of_layer, ["", " from 30000", " from 60000", " from 90000"]);
}

#[tokio::test]
async fn a_registry_that_sends_no_parts_is_asked_for_all_of_it_again() {
    let registry = Registry::start().await;
    registry.push("app", "1", &[large()]);
    for refuses in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        {
            let mut state = registry.state.lock().unwrap();
            (state.cut_after, state.no_ranges) = (Some(30_000), refuses);
        }
        let store = open(dir.path()).await.unwrap();
        let failed = store.pull(&request(&registry, "app:1")).await.unwrap_err();
        assert!(
            matches!(failed, PullError::Layer { attempts: 5, .. }),
            "{failed:?}"
        );
        registry.state.lock().unwrap().cut_after = None;
        store.pull(&request(&registry, "app:1")).await.unwrap();
    }
}

#[tokio::test]
async fn one_that_breaks_off_again_and_again_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    registry.push("app", "1", &[large()]);
    {
        let mut state = registry.state.lock().unwrap();
        (state.cut_after, state.ranges) = (Some(1000), true);
    }
    let store = open(dir.path()).await.unwrap();
    let failed = store.pull(&request(&registry, "app:1")).await.unwrap_err();
    assert!(
        matches!(failed, PullError::Layer { attempts: 5, .. }),
        "{failed:?}"
    );
    // Five attempts, each resumed five times.
    let asked = registry.asked();
    let parts = asked.iter().filter(|path| path.contains(" from ")).count();
    assert_eq!(parts, 25);
    assert_eq!(
        fs::read_dir(dir.path().join("incoming")).unwrap().count(),
        0
    );
}

/// 48 MiB that come slowly, over one connection; the layer's bytes.
async fn slow(registry: &Registry, change: impl FnOnce(&mut State)) -> Vec<String> {
    let mut content = vec![0; 48 << 20];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut content);
    let packed = layer("slow", &content, Packing::Plain);
    let blob = format!("/v2/app/blobs/{}", digest(&packed.0));
    registry.push("app", "1", &[packed]);
    {
        let mut state = registry.state.lock().unwrap();
        state.is_slow = true;
        change(&mut state);
    }
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    let image = store.pull(&request(registry, "app:1")).await.unwrap();
    assert!(fs::read(image.layers()[0].join("slow")).unwrap() == content);
    let asked = registry.asked();
    let of_layer = asked.iter().filter_map(|path| path.strip_prefix(&blob));
    of_layer.map(str::to_owned).collect()
}

#[tokio::test]
async fn what_comes_slowly_comes_over_several_connections() {
    let registry = Registry::start().await;
    let asked = slow(&registry, |state| state.ranges = true).await;
    let parts = asked.iter().filter(|part| part.contains(" to ")).count();
    assert!(asked[0].is_empty() && parts >= 4, "{asked:?}");
    // Nothing was asked for twice.
    assert_eq!(parts, asked.len() - 1, "{asked:?}");
}

#[tokio::test]
async fn parts_that_break_off_go_on_where_they_were() {
    let registry = Registry::start().await;
    let asked = slow(&registry, |state| {
        (state.ranges, state.cut_after) = (true, Some(5 << 20));
    })
    .await;
    let parts = asked.iter().filter(|part| part.contains(" to ")).count();
    assert!(parts >= 4 && asked.len() > parts + 4, "{asked:?}");
}

#[tokio::test]
async fn a_registry_without_parts_sends_all_of_it_over_one_connection() {
    for refuses in [false, true] {
        let registry = Registry::start().await;
        let asked = slow(&registry, |state| state.no_ranges = refuses).await;
        // The whole, and one question for a part.
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert!(asked[1].contains(" to "), "{asked:?}");
    }
}

/// As a registry may, and some do.
#[tokio::test]
async fn parts_may_be_shorter_than_was_asked_for() {
    let registry = Registry::start().await;
    let asked = slow(&registry, |state| {
        (state.ranges, state.shortest_part) = (true, Some(3 << 20));
    })
    .await;
    assert!(asked.len() > 8, "{asked:?}");
    // A first answer that breaks off goes on in parts as well.
    let registry = Registry::start().await;
    let asked = slow(&registry, |state| {
        (state.ranges, state.shortest_part) = (true, Some(3 << 20));
        (state.is_slow, state.cut_after) = (false, Some(10 << 20));
    })
    .await;
    assert!(asked.len() > 8, "{asked:?}");
}

#[tokio::test]
async fn what_comes_wrong_in_parts_is_fetched_over_one_connection() {
    let registry = Registry::start().await;
    let asked = slow(&registry, |state| {
        (state.ranges, state.lies_in_parts) = (true, true);
    })
    .await;
    let wholes = asked.iter().filter(|it| it.is_empty()).count();
    assert_eq!(wholes, 2, "{asked:?}");
    assert_eq!(asked.last().map(String::as_str), Some(""), "{asked:?}");
}

#[tokio::test]
async fn a_connection_may_break_behind_the_last_byte() {
    let registry = Registry::start().await;
    let asked = slow(&registry, |state| {
        (state.is_slow, state.breaks_at_the_end) = (false, true);
    })
    .await;
    assert_eq!(asked, [""]);
}
