//! What others push, and what becomes of their registries, is no matter of anybody else's.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_outlast_a_registrys_trouble_and_anothers_login() {
    let stage = Stage::new().await;
    stage.hold(true);
    let store = stage.open().await;
    let image = stage.pull(&store).await;
    // The same image in a repository that goes: its login is refused, and the first is as good as before.
    let index = index_of(&stage.packed[..]).unwrap();
    stage.push_as("gone", &stage.layers(), index);
    within(store.pull_on_demand(&stage.request_of("gone")))
        .await
        .unwrap();
    {
        let mut state = stage.registry.state.lock().unwrap();
        state
            .contents
            .retain(|path, _| !path.starts_with("gone/blobs"));
    }
    assert!(read(image.layers()[1].join("big/10")).await.unwrap() == noise(10));
    let asked = stage.registry.asked();
    let of_gone = asked
        .iter()
        .filter(|it| it.contains("/gone/blobs") && it.contains(" to "));
    assert_eq!(of_gone.count(), 0);
    // More often than a pull tries.
    stage.registry.state.lock().unwrap().failures = 8;
    assert!(read(image.layers()[1].join("big/2")).await.unwrap() == noise(2));
    assert_eq!(stage.registry.state.lock().unwrap().failures, 0);
    // The repository that the first was from goes too.
    let index = index_of(&stage.packed[..]).unwrap();
    stage.push_as("gone", &stage.layers(), index);
    stage
        .registry
        .state
        .lock()
        .unwrap()
        .contents
        .retain(|path, _| !path.starts_with("app/blobs"));
    assert!(read(image.layers()[1].join("big/6")).await.unwrap() == noise(6));
    drop(store);
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_index_of_a_layer_shows_it_to_nobody_else() {
    let stage = Stage::new().await;
    let honest = index_of(&stage.packed[..]).unwrap();
    let mut lying = honest.clone();
    let at = lying.windows(5).position(|it| it == b"big/7").unwrap();
    lying[at + 4] = b'x';
    stage.push_as("evil", &stage.layers(), lying);
    stage.hold(true);
    let store = stage.open().await;
    let of_evil = within(store.pull_on_demand(&stage.request_of("evil"))).await;
    let of_evil = of_evil.unwrap().layers()[1].clone();
    assert!(of_evil.starts_with(stage.images.join("lazy")));
    assert!(read(of_evil.join("big/7")).await.is_err(), "it lies");
    // The same layer from the same registry, by an index of its own.
    stage.hold(false);
    let image = stage.pull(&store).await;
    assert!(image.layers()[1].starts_with(stage.images.join("layers")));
    assert!(read(image.layers()[1].join("big/7")).await.unwrap() == noise(7));
    drop(store);
    stage.finish().await;
}

/// An image whose configuration says that its layer unpacks to somebody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_image_says_of_a_layer_gives_it_nobody_elses() {
    let stage = Stage::new().await;
    let plain = [archive(), vec![0; 512]].concat();
    let own = gzip(&plain);
    assert_ne!(digest(&own), digest(&stage.packed));
    let layers = [stage.base.clone(), (own.clone(), stage.diff_id.clone())];
    stage.push_as("evil", &layers, index_of(&own[..]).unwrap());
    stage.hold(true);
    let store = stage.open().await;
    let evil = stage.request_of("evil");
    let shown = within(store.pull_on_demand(&evil)).await.unwrap();
    let (layer, file) = (shown.layers()[1].clone(), shown.layers()[1].join("small"));
    assert!(layer.starts_with(stage.images.join("lazy")));
    // The layer that it names comes from another repository.
    stage.registry.state.lock().unwrap().ranges = false;
    let private = within(store.pull(&stage.request())).await.unwrap();
    assert!(private.layers()[1].starts_with(stage.images.join("layers")));
    let of_evil = store.pulled_before(&evil, shown.digest());
    assert!(of_evil.await.unwrap().is_none(), "it was never compared");
    assert!(store.local(&evil.reference).await.unwrap().is_none());
    // Nor does the next process take one for the other, whether or not the program is still there.
    drop(store);
    let store = stage.open().await;
    let link = fs::read_link(layer.parent().unwrap()).unwrap();
    assert_eq!(link, Path::new("fuse"));
    drop(store);
    for program in stage.programs() {
        kill(program, Signal::SIGKILL).unwrap();
    }
    stage.no_program_is_left().await;
    let store = stage.open().await;
    assert!(fs::metadata(&file).is_err(), "it is shown no more");
    // And who has it come as a whole hears what it is.
    assert!(within(store.pull_on_demand(&evil)).await.is_err());
    let shown = shown.digest().clone();
    assert!(store.pulled_before(&evil, &shown).await.unwrap().is_none());
    drop(store);
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn layers_that_never_come_hold_up_no_others() {
    const LAYERS: usize = 5;
    let stage = Stage::new().await;
    let store = stage.open().await;
    stage.registry.state.lock().unwrap().endless_part = Some(ONE_SPAN);
    for n in 0..LAYERS {
        let (packed, diff_id) = small(n);
        let (index, name) = (index_of(&packed[..]).unwrap(), format!("slow{n}"));
        stage.push_as(&name, &[(packed, diff_id)], index);
        let request = stage.request_of(&name);
        within(store.pull_on_demand(&request)).await.unwrap();
    }
    let long = || {
        let state = stage.registry.state.lock().unwrap();
        let bytes = |it: &String| {
            let (from, last) = it.split_once(" from ")?.1.split_once(" to ")?;
            Some(last.parse::<usize>().ok()? - from.parse::<usize>().ok()?)
        };
        let parts = state.asked.iter().filter_map(bytes);
        parts.filter(|bytes| *bytes > ONE_SPAN).count()
    };
    // Each of them waits for its rest, which is given up only after a minute.
    let soon = Duration::from_secs(30);
    let all = async {
        while long() < LAYERS {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(soon, all).await.unwrap();
    stage.registry.state.lock().unwrap().ranges = false;
    let request = stage.request();
    let image = tokio::time::timeout(soon, store.pull(&request)).await;
    let image = image.unwrap().unwrap();
    assert!(image.layers()[1].starts_with(stage.images.join("layers")));
    drop(store);
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn layers_that_are_shown_are_within_what_an_image_may_bring() {
    let stage = Stage::new().await;
    let layers = [small(0), small(1)];
    let indexes = layers.each_ref().map(|it| index_of(&it.0[..]).unwrap());
    stage.push_indexed("two", &layers, indexes.to_vec());
    // More than one of them, less than both.
    let store = stage.open_with(UnpackLimits {
        bytes: 20 << 20,
        ..UnpackLimits::default()
    });
    let store = store.await;
    let refused = within(store.pull_on_demand(&stage.request_of("two"))).await;
    let reason = refused.unwrap_err().reason();
    assert!(reason.contains("unpacks to more than"), "{reason}");
    drop(store);
    stage.finish().await;
}
