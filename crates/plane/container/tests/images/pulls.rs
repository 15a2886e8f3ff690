//! What a pull brings, what it refuses, and what of it stays on disk.

mod parts;

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use wharf_base::InstallationId;
use wharf_container::image::{
    Collected, GarbageRules, ImageError, ImageOptions, ImageStore, PullError, PullRequest,
    Reference, RegistryAuth, UnpackLimits,
};

use crate::registry::{Packing, Registry, State, digest, layer};

async fn open(dir: &Path) -> Result<ImageStore, ImageError> {
    let options = ImageOptions {
        first_retry_after: Duration::from_millis(1),
        ..ImageOptions::default()
    };
    ImageStore::open(dir, InstallationId::mint(), options).await
}

/// A flush may still hold the folder for a moment after the last handle is gone.
async fn reopen(dir: &Path) -> ImageStore {
    let again = async {
        loop {
            match open(dir).await {
                Err(ImageError::InUse(_)) => tokio::task::yield_now().await,
                other => return other.unwrap(),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), again)
        .await
        .unwrap()
}

fn request(registry: &Registry, rest: &str) -> PullRequest {
    let reference = Reference::parse(&format!("{}/{rest}", registry.host)).unwrap();
    PullRequest {
        reference,
        endpoint: None,
        auth: RegistryAuth::Anonymous,
    }
}

#[tokio::test]
async fn all_packings_arrive_and_are_unpacked_once() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    let layers = [
        layer("a", b"1", Packing::Plain),
        layer("b", b"2", Packing::Gzip),
        layer("c", b"3", Packing::Zstd),
    ];
    let own = registry.push("app", "1", &layers);
    let store = open(dir.path()).await.unwrap();
    let image = store.pull(&request(&registry, "app:1")).await.unwrap();
    assert_eq!(image.digest().as_str(), own);
    assert_eq!(image.config().cmd, ["/bin/app"]);
    for (folder, (name, content)) in image
        .layers()
        .iter()
        .zip([("a", "1"), ("b", "2"), ("c", "3")])
    {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), content);
    }
    registry.asked();
    // A second image on the same layers fetches manifest and configuration alone.
    let more = [&layers[..], &[layer("d", b"4", Packing::Gzip)]].concat();
    registry.push("app", "2", &more);
    let second = store.pull(&request(&registry, "app:2")).await.unwrap();
    assert_eq!(second.layers()[..3], *image.layers());
    // The registry says of each layer that it has it.
    let asked = registry.asked();
    assert_eq!(asked.len(), 3 + layers.len(), "{asked:?}");
    assert_eq!(
        asked.iter().filter(|one| one.starts_with("HEAD ")).count(),
        3
    );
    // By name and by digest without any registry, also after a restart.
    drop(store);
    let store = reopen(dir.path()).await;
    let local = store
        .local(&request(&registry, "app:1").reference)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(local.layers(), image.layers());
    let before = request(&registry, "app:1");
    let found = store.pulled_before(&before, image.digest()).await;
    assert!(found.unwrap().is_some());
    assert!(
        store
            .local(&request(&registry, "other:1").reference)
            .await
            .unwrap()
            .is_none()
    );
    assert!(registry.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_image_may_come_by_many_names_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    let layers = [layer("a", b"1", Packing::Plain)];
    let names: Vec<String> = (0..16).map(|it| format!("app-{it}:1")).collect();
    for name in &names {
        registry.push(name.trim_end_matches(":1"), "1", &layers);
    }
    let store = open(dir.path()).await.unwrap();
    let pulls = names.iter().map(|name| {
        let (store, request) = (store.clone(), request(&registry, name));
        tokio::spawn(async move { store.pull(&request).await })
    });
    let pulls: Vec<_> = pulls.collect();
    let mut digests = BTreeSet::new();
    for pull in pulls {
        digests.insert(pull.await.unwrap().unwrap().digest().clone());
    }
    assert_eq!(digests.len(), 1);
    // Each source is remembered, whoever wrote last.
    let digest = digests.first().unwrap();
    for name in &names {
        let found = store.pulled_before(&request(&registry, name), digest).await;
        assert!(found.unwrap().is_some(), "{name}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_asked_for_once() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    let store = open(dir.path()).await.unwrap();
    let error = store.pull(&request(&registry, "x:tag")).await.unwrap_err();
    let name = format!("{}/x:tag", registry.host);
    assert_eq!(
        error.reason(),
        format!(
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {name}: {name}: not found"
        )
    );
    assert!(error.is_not_found());
    assert_eq!(registry.asked().len(), 1);
}

#[tokio::test]
async fn credentials_go_nowhere_that_only_a_redirect_names() {
    let dir = tempfile::tempdir().unwrap();
    let (registry, storage) = (Registry::start().await, Registry::start().await);
    let thief = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    thief.set_nonblocking(true).unwrap();
    let packed = layer("a", b"1", Packing::Gzip);
    let blob = format!("app/blobs/{}", digest(&packed.0));
    registry.push("app", "1", &[packed]);
    let to = format!("http://{}/v2/{blob}", storage.host);
    registry.state.lock().unwrap().elsewhere.insert(blob, to);
    {
        let mut state = storage.state.lock().unwrap();
        state.token_realm = true;
        let at = thief.local_addr().unwrap();
        state.realm = Some(format!("https://{at}/token"));
    }
    let store = open(dir.path()).await.unwrap();
    let auth = RegistryAuth::Basic {
        user: "me".into(),
        password: "secret".into(),
    };
    let pull = PullRequest {
        auth,
        ..request(&registry, "app:1")
    };
    let error = store.pull(&pull).await.unwrap_err();
    assert!(error.reason().contains("denied"), "{}", error.reason());
    assert_eq!(storage.asked().len(), 1);
    let nobody = thief.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn passing_troubles_are_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    let own = registry.push("app", "1", &[layer("a", b"1", Packing::Gzip)]);
    let store = open(dir.path()).await.unwrap();
    registry.state.lock().unwrap().failures = 4;
    assert_eq!(
        store
            .resolve(&request(&registry, "app:1"))
            .await
            .unwrap()
            .as_str(),
        own
    );
    assert_eq!(registry.asked().len(), 5);
    registry.state.lock().unwrap().failures = 5;
    let error = store
        .resolve(&request(&registry, "app:1"))
        .await
        .unwrap_err();
    assert!(error.reason_manifest().starts_with(
        "CannotPullImageManifestError: pull image manifest has been retried 5 time(s)"
    ));
}

#[tokio::test]
async fn who_we_are() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    registry.push("app", "1", &[layer("a", b"1", Packing::Gzip)]);
    registry.state.lock().unwrap().basic = Some("Basic QVdTOnB3".into());
    let store = open(dir.path()).await.unwrap();
    let with = |auth| PullRequest {
        auth,
        ..request(&registry, "app:1")
    };
    let error = store
        .pull(&with(RegistryAuth::Anonymous))
        .await
        .unwrap_err();
    assert!(
        error.reason().contains("pull access denied"),
        "{}",
        error.reason()
    );
    let basic = RegistryAuth::Basic {
        user: "AWS".into(),
        password: "pw".into(),
    };
    store.resolve(&with(basic.clone())).await.unwrap();
    // The same registry with a token service in front.
    registry.state.lock().unwrap().token_realm = true;
    store.pull(&with(basic)).await.unwrap();
    let token = RegistryAuth::Bearer {
        token: "good".into(),
    };
    store.resolve(&with(token)).await.unwrap();
    let wrong = RegistryAuth::Basic {
        user: "AWS".into(),
        password: "no".into(),
    };
    assert!(
        store
            .resolve(&with(wrong))
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn lies_are_noticed_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    let good = layer("a", b"1", Packing::Gzip);
    let other = layer("b", b"2", Packing::Gzip);
    let store = open(dir.path()).await.unwrap();
    let nothing_left = || {
        let count = |folder: &str| fs::read_dir(dir.path().join(folder)).unwrap().count();
        (count("layers"), count("incoming")) == (0, 0)
    };
    // Another content under the digest; it has the announced length or not.
    registry.push("app", "1", std::slice::from_ref(&good));
    registry.put(format!("app/blobs/{}", digest(&good.0)), other.0.clone());
    let error = store.pull(&request(&registry, "app:1")).await.unwrap_err();
    assert!(matches!(error, PullError::Layer { .. }), "{error}");
    assert!(nothing_left());
    // The right blob for another unpacked digest.
    registry.push("app", "2", &[(good.0.clone(), other.1)]);
    let error = store.pull(&request(&registry, "app:2")).await.unwrap_err();
    assert!(
        error
            .reason()
            .contains("unexpected digest of an unpacked layer"),
        "{}",
        error.reason()
    );
    assert!(nothing_left());
    // A manifest that is not what its digest says.
    let own = registry.push("app", "3", std::slice::from_ref(&good));
    registry.put(format!("app/manifests/{own}"), "{}");
    let error = store
        .pull(&request(&registry, &format!("app@{own}")))
        .await
        .unwrap_err();
    assert!(
        error.reason().contains("unexpected digest of the manifest"),
        "{}",
        error.reason()
    );
    // A layer that never ends.
    let bomb = layer("zeros", &vec![0; 1 << 20], Packing::Zstd);
    registry.push("bomb", "1", &[(bomb.0.clone(), bomb.1)]);
    registry.put(
        format!("bomb/blobs/{}", digest(&bomb.0)),
        [&bomb.0[..], &bomb.0[..]].concat(),
    );
    assert!(store.pull(&request(&registry, "bomb:1")).await.is_err());
    assert!(nothing_left());
}

#[tokio::test]
async fn bombs_are_refused_and_leave_nothing() {
    let registry = Registry::start().await;
    let zeros = layer("zeros", &vec![0; 4 << 20], Packing::Gzip);
    registry.push("bomb", "1", std::slice::from_ref(&zeros));
    let half = |name| layer(name, &[7; 600], Packing::Plain);
    registry.push("large", "1", &[half("a"), half("b")]);
    let check = async |name: &str, limits: UnpackLimits, reason: &str| {
        let dir = tempfile::tempdir().unwrap();
        let options = ImageOptions {
            limits,
            ..ImageOptions::default()
        };
        let store = ImageStore::open(dir.path(), InstallationId::mint(), options)
            .await
            .unwrap();
        let error = store.pull(&request(&registry, name)).await.unwrap_err();
        let text = error.reason();
        assert!(
            text.starts_with("CannotPullContainerError: pull image layer sha256:")
                && text.ends_with(reason),
            "{text}"
        );
        // Layers that nobody waits for any more go as soon as their thread notices.
        let empty = async {
            while fs::read_dir(dir.path().join("incoming")).unwrap().count() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), empty)
            .await
            .expect("nothing is left of it");
    };
    let most = UnpackLimits {
        bytes_at_any_ratio: 1 << 20,
        ..UnpackLimits::default()
    };
    // Four megabytes of zeros compress to four thousand bytes.
    let text = "bytes, 100 times its compressed size";
    check("bomb:1", most, text).await;
    let bytes = UnpackLimits {
        bytes: 1000,
        ..UnpackLimits::default()
    };
    check(
        "large:1",
        bytes,
        "the image unpacks to more than 1000 bytes",
    )
    .await;
    let entries = UnpackLimits {
        entries: 1,
        ..UnpackLimits::default()
    };
    check("large:1", entries, "the image has more than 1 entries").await;
    let full = UnpackLimits {
        free_percent: 100,
        ..UnpackLimits::default()
    };
    let text = "no space left on device: 100 % of the node's disk stays free";
    check("large:1", full, text).await;
}

#[tokio::test]
async fn a_layer_of_an_earlier_boot_that_was_not_flushed_is_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    registry.push("app", "1", &[layer("a", b"1", Packing::Gzip)]);
    let store = open(dir.path()).await.unwrap();
    let image = store.pull(&request(&registry, "app:1")).await.unwrap();
    let record = image.layers()[0].with_extension("json");
    // The flush of this boot writes the record too.
    let flushed = async {
        while !fs::read_to_string(&record)
            .unwrap()
            .contains(r#""flushed":true"#)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), flushed)
        .await
        .expect("the layer is flushed");
    let rewrite = |flushed: bool| {
        fs::write(
            &record,
            format!(r#"{{"boot":"another","flushed":{flushed},"bytes":1}}"#),
        )
        .unwrap();
    };
    let request_of = request(&registry, "app:1");
    let there = async || {
        store
            .pulled_before(&request_of, image.digest())
            .await
            .unwrap()
    };
    rewrite(true);
    assert!(there().await.is_some());
    rewrite(false);
    assert!(there().await.is_none());
    fs::write(image.layers()[0].join("a"), "cut in half").unwrap();
    let again = store.pull(&request(&registry, "app:1")).await.unwrap();
    assert_eq!(
        fs::read_to_string(again.layers()[0].join("a")).unwrap(),
        "1"
    );
}

#[tokio::test]
async fn leftovers_go_and_a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("incoming/half/a/layer")).unwrap();
    let store = open(dir.path()).await.unwrap();
    assert_eq!(
        fs::read_dir(dir.path().join("incoming")).unwrap().count(),
        0
    );
    assert!(matches!(open(dir.path()).await, Err(ImageError::InUse(_))));
    drop(store);
    reopen(dir.path()).await;
}

#[tokio::test]
async fn garbage_is_what_nobody_needs() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    let (shared, own) = (
        layer("a", b"1", Packing::Gzip),
        layer("b", b"2", Packing::Gzip),
    );
    registry.push("one", "1", &[shared.clone(), own]);
    registry.push("two", "1", std::slice::from_ref(&shared));
    let store = open(dir.path()).await.unwrap();
    let one = store.pull(&request(&registry, "one:1")).await.unwrap();
    let two = store.pull(&request(&registry, "two:1")).await.unwrap();
    let bytes = |of: &wharf_container::image::Image| {
        let (store, of) = (store.clone(), of.clone());
        async move { store.bytes(&of).await.unwrap() }
    };
    let disk = store.disk().await.unwrap();
    assert_eq!(disk.used, bytes(&one).await, "a layer of both counts once");
    assert!(bytes(&two).await < disk.used);
    assert!(0 < disk.available && disk.available <= disk.capacity);
    assert!(disk.inodes_free <= disk.inodes);
    let rules = |keep: &[&wharf_container::image::Image], unused_for| GarbageRules {
        keep: keep
            .iter()
            .map(|image| image.digest().clone())
            .collect::<BTreeSet<_>>(),
        runtimes: Vec::new(),
        unused_for,
        at_most: 5,
    };
    let none = store
        .collect(rules(&[], Duration::from_secs(3600)))
        .await
        .unwrap();
    assert_eq!(none, Collected::default());
    let some = store.collect(rules(&[&two], Duration::ZERO)).await.unwrap();
    assert_eq!((some.images, some.layers), (vec![one.digest().clone()], 1));
    assert_eq!(store.disk().await.unwrap().used, bytes(&two).await);
    assert!(
        store
            .local(&request(&registry, "one:1").reference)
            .await
            .unwrap()
            .is_none()
    );
    let left = store.images().await.unwrap();
    assert_eq!(
        left[0].references,
        [request(&registry, "two:1").reference.to_string()]
    );
    assert!(two.layers()[0].join("a").exists());
    // Whoever finds it here uses it, before any container has it.
    let hour = Duration::from_secs(3600);
    let age = || {
        let record = format!("images/{}.json", two.digest().hex());
        let file = fs::File::options()
            .write(true)
            .open(dir.path().join(record));
        let before = SystemTime::now() - 2 * hour;
        file.unwrap().set_modified(before).unwrap();
    };
    let asked = request(&registry, "two:1");
    age();
    assert!(store.local(&asked.reference).await.unwrap().is_some());
    let none = store.collect(rules(&[], hour)).await.unwrap();
    assert_eq!(none, Collected::default());
    age();
    let found = store.pulled_before(&asked, two.digest()).await.unwrap();
    assert!(found.is_some());
    let none = store.collect(rules(&[], hour)).await.unwrap();
    assert_eq!(none, Collected::default());
    age();
    let last = store.collect(rules(&[], hour)).await.unwrap();
    assert_eq!(last.images.len(), 1);
    assert_eq!(fs::read_dir(dir.path().join("layers")).unwrap().count(), 0);
}

/// Whoever cleans up may not know of all that run, as after a start.
#[tokio::test]
async fn what_a_container_is_made_of_is_no_garbage() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    let of = |name: &str, content: &[u8]| layer(name, content, Packing::Gzip);
    let shared = of("a", b"1");
    registry.push("one", "1", &[shared.clone(), of("b", b"2")]);
    registry.push("two", "1", &[shared, of("c", b"3")]);
    let store = open(&dir.path().join("images")).await.unwrap();
    let one = store.pull(&request(&registry, "one:1")).await.unwrap();
    let two = store.pull(&request(&registry, "two:1")).await.unwrap();

    let runtime = dir.path().join("live");
    let container = runtime.join("pod-1").join("containers").join("web~r0");
    fs::create_dir_all(&container).unwrap();
    let record = r#"{"cgroup": "/shims", "netns": null, "sandbox": {"task_id": "pod-1", "network": "host",
        "cpu_quota_millis": null, "memory_limit_bytes": null}}"#;
    fs::write(runtime.join("pod-1").join("task.json"), record).unwrap();
    let plan = format!(
        r#"{{"rootfs": {{"layers": {:?}}}, "process": {{}}}}"#,
        one.layers()
    );
    fs::write(container.join("plan.json"), plan).unwrap();

    let rules = || GarbageRules {
        keep: BTreeSet::new(),
        runtimes: vec![dir.path().join("tasks"), runtime.clone()],
        unused_for: Duration::ZERO,
        at_most: 5,
    };
    let some = store.collect(rules()).await.unwrap();
    assert_eq!((some.images, some.layers), (vec![two.digest().clone()], 1));
    assert!(one.layers().iter().all(|layer| layer.is_dir()));
    let name = request(&registry, "one:1").reference;
    assert!(store.local(&name).await.unwrap().is_some());
    // What it is made of cannot be told: nothing goes.
    let plan = container.join("plan.json");
    let whole = fs::read(&plan).unwrap();
    fs::write(&plan, &whole[..whole.len() / 2]).unwrap();
    assert!(store.collect(rules()).await.is_err());
    assert!(one.layers().iter().all(|layer| layer.is_dir()));
    fs::remove_dir_all(runtime.join("pod-1")).unwrap();
    let rest = store.collect(rules()).await.unwrap();
    assert_eq!((rest.images, rest.layers), (vec![one.digest().clone()], 2));
}

/// While the layer of one pull is flushed to the disk, another brings the same layer and is noted at it.
#[tokio::test]
async fn a_layer_remembers_all_who_brought_it() {
    const REGISTRIES: usize = 20;
    let dir = tempfile::tempdir().unwrap();
    let layer = layer("shared", b"the same", Packing::Gzip);
    let store = open(dir.path()).await.unwrap();
    let mut asked = Vec::new();
    for _ in 0..REGISTRIES {
        let registry = Registry::start().await;
        let digest = registry.push("app", "1", std::slice::from_ref(&layer));
        let request = request(&registry, "app:1");
        store.pull(&request).await.unwrap();
        asked.push((registry, request, digest));
    }
    for (_registry, request, digest) in &asked {
        let resolved = store.resolve(request).await.unwrap();
        assert_eq!(resolved.as_str(), digest);
        let found = store.pulled_before(request, &resolved).await.unwrap();
        assert!(found.is_some(), "{:?}", request.reference);
    }
    let records = fs::read_dir(dir.path().join("layers")).unwrap();
    let records = records.map(|it| it.unwrap().path());
    let records = records.filter(|it| it.extension().is_some_and(|it| it == "json"));
    let records: Vec<String> = records.map(|it| fs::read_to_string(it).unwrap()).collect();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].matches("\"registry\"").count(), REGISTRIES);
}

/// Somebody who knows the digests of a private image, but not its content.
#[tokio::test]
async fn a_layer_that_lies_here_is_nobodys_who_cannot_show_that_he_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let (victims, others) = (Registry::start().await, Registry::start().await);
    let private = layer("secret", b"only for its owner", Packing::Gzip);
    let own = victims.push("private", "1", std::slice::from_ref(&private));
    let store = open(dir.path()).await.unwrap();
    let image = store.pull(&request(&victims, "private:1")).await.unwrap();
    assert_eq!(image.digest().as_str(), own);

    // The same manifest and configuration at another registry, without the layer; where HEAD says
    // that it is there.
    others.push("mine", "1", std::slice::from_ref(&private));
    let blob = format!("mine/blobs/{}", digest(&private.0));
    others.put(blob.clone(), "something else");
    // One's own layer with the digest of the private one's content, at the same registry and another.
    let disguise = (layer("x", b"mine", Packing::Plain).0, private.1.clone());
    for registry in [&victims, &others] {
        registry.push("disguise", "1", std::slice::from_ref(&disguise));
    }
    // A manifest that names the layer's blob in a repository that does not have it.
    victims.push("guess", "1", std::slice::from_ref(&private));
    let guess = format!("guess/blobs/{}", digest(&private.0));
    victims.state.lock().unwrap().contents.remove(&guess);
    for (registry, name) in [
        (&others, "mine:1"),
        (&others, "disguise:1"),
        (&victims, "disguise:1"),
        (&victims, "guess:1"),
    ] {
        let asked = request(registry, name);
        let resolved = store.resolve(&asked).await.unwrap();
        let found = store.pulled_before(&asked, &resolved).await.unwrap();
        assert!(found.is_none(), "{name}");
        assert!(store.pull(&asked).await.is_err(), "{name}");
        assert!(store.local(&asked.reference).await.unwrap().is_none());
    }
    // Whoever has it all gets it, and the layer is there once.
    others.put(blob, private.0.clone());
    let shown = store.pull(&request(&others, "mine:1")).await.unwrap();
    assert_eq!(shown.layers(), image.layers());
    let asked = request(&others, "mine:1");
    let found = store.pulled_before(&asked, shown.digest()).await.unwrap();
    assert!(found.is_some());
    assert_eq!(
        fs::read_to_string(shown.layers()[0].join("secret")).unwrap(),
        "only for its owner"
    );
    // From now on a question is enough there too.
    others.push("mine", "2", &[private, layer("more", b"2", Packing::Gzip)]);
    others.asked();
    store.pull(&request(&others, "mine:2")).await.unwrap();
    let heads = others
        .asked()
        .into_iter()
        .filter(|one| one.starts_with("HEAD "));
    assert_eq!(heads.count(), 1);
}

#[tokio::test]
async fn an_image_is_known_by_the_digest_that_its_registry_knows_it_by() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    registry.state.lock().unwrap().by_sha512 = true;
    let layers = [
        layer("a", b"1", Packing::Plain),
        layer("b", b"2", Packing::Gzip),
    ];
    let layers = layers.map(|(packed, diff_id)| {
        (
            packed.clone(),
            match packed.starts_with(b"a") {
                // The plain one is its own content.
                true => registry.digest(&packed),
                false => diff_id,
            },
        )
    });
    let own = registry.push("app", "1", &layers);
    assert!(own.starts_with("sha512:"));
    let store = open(dir.path()).await.unwrap();
    let by_tag = request(&registry, "app:1");
    assert_eq!(store.resolve(&by_tag).await.unwrap().as_str(), own);
    let image = store.pull(&by_tag).await.unwrap();
    assert_eq!(image.digest().as_str(), own);
    let by_digest = request(&registry, &format!("app@{own}"));
    let again = store.pull(&by_digest).await.unwrap();
    assert_eq!(again.layers(), image.layers());
    drop((image, again, store));
    let store = reopen(dir.path()).await;
    let image = store.local(&by_digest.reference).await.unwrap().unwrap();
    assert_eq!(fs::read(image.layers()[0].join("a")).unwrap(), b"1");

    // Each is verified by its own algorithm.
    let other = layer("c", b"3", Packing::Gzip);
    let lie = registry.push("app", "2", std::slice::from_ref(&other));
    registry.put(
        format!("app/blobs/{}", registry.digest(&other.0)),
        layers[1].0.clone(),
    );
    let error = store.pull(&request(&registry, "app:2")).await.unwrap_err();
    assert!(matches!(error, PullError::Layer { .. }), "{error}");
    registry.put(format!("app/manifests/{lie}"), "{}");
    let lie = request(&registry, &format!("app@{lie}"));
    let reason = store.pull(&lie).await.unwrap_err().reason();
    assert!(
        reason.contains("unexpected digest of the manifest"),
        "{reason}"
    );
    // A registry that tells something else than it sends is not believed.
    registry.state.lock().unwrap().calls_all = Some(own.clone());
    registry.push("app", "3", &layers[..1]);
    let resolved = store.resolve(&request(&registry, "app:3")).await.unwrap();
    assert!(resolved.as_str().starts_with("sha256:"), "{resolved}");
}
