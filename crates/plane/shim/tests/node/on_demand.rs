//! Images that are read on demand, from a registry in this process.

mod strangers;

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    os::{
        fd::AsRawFd as _,
        unix::fs::{MetadataExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use wharf_base::InstallationId;
use wharf_container::{
    image::{
        Image, ImageOptions, ImageStore, OnDemandEvent, PullRequest, Reference, RegistryAuth,
        UnpackLimits, index_of, unmount_all,
    },
    runtime::TaskNetwork,
};
use wharf_lazy_layer::Program;
use wharf_userns::{IdRange, network_namespace};

use crate::{
    fixture::{Node, PATIENCE, log_text, sh, within},
    registry::{Registry, digest},
};

/// So large that what a container reads of it is little, and that it is read on demand at all.
const FILES: usize = 12;
const BYTES: usize = 3 << 20;
/// More than a span, less than two.
const ONE_SPAN: usize = 6 << 20;
const RANGE: IdRange = IdRange {
    first: 0x4ABD_0000,
    count: 1 << 16,
};

struct Stage {
    node: Node,
    registry: Registry,
    images: PathBuf,
    /// As the registry has it.
    packed: Vec<u8>,
    diff_id: String,
    base: (Vec<u8>, String),
}

/// Bytes that cannot be compressed.
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut out = Vec::with_capacity(BYTES);
    while out.len() < BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend(state.to_le_bytes());
    }
    out
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    // Noise does not become smaller, and this has many blocks.
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    out.write_all(plain).unwrap();
    out.finish().unwrap()
}

fn head(kind: tar::EntryType, size: usize, mode: u32) -> tar::Header {
    let mut head = tar::Header::new_gnu();
    head.set_entry_type(kind);
    head.set_size(size as u64);
    head.set_mode(mode);
    head.set_uid(1000);
    head.set_gid(1001);
    head.set_mtime(1234);
    head
}

/// The large layer: noise, and one of everything else.
fn archive() -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    let folder = head(tar::EntryType::Directory, 0, 0o750);
    for name in ["big", "gone"] {
        out.append_data(&mut folder.clone(), name, &[][..]).unwrap();
    }
    for n in 0..FILES {
        let bytes = noise(n as u64);
        let mut head = head(tar::EntryType::Regular, bytes.len(), 0o4755);
        out.append_data(&mut head, format!("big/{n}"), &bytes[..])
            .unwrap();
    }
    let mut link = head(tar::EntryType::Symlink, 0, 0o777);
    out.append_link(&mut link, "big/link", "3").unwrap();
    let mut link = head(tar::EntryType::Link, 0, 0o644);
    out.append_link(&mut link, "big/hard", "big/3").unwrap();
    out.append_pax_extensions([("SCHILY.xattr.user.note", &b"kept"[..])])
        .unwrap();
    let mut small = head(tar::EntryType::Regular, 5, 0o600);
    out.append_data(&mut small, "small", &b"hello"[..]).unwrap();
    let mut hidden = head(tar::EntryType::Regular, 0, 0o600);
    out.append_data(&mut hidden, "bin/.wh.plain-file", &[][..])
        .unwrap();
    out.into_inner().unwrap()
}

/// Another layer that is large enough.
fn small(number: usize) -> (Vec<u8>, String) {
    let mut out = tar::Builder::new(Vec::new());
    for file in 0..4 {
        let bytes = noise((100 + number * 4 + file) as u64);
        let mut head = head(tar::EntryType::Regular, bytes.len(), 0o644);
        out.append_data(&mut head, file.to_string(), &bytes[..])
            .unwrap();
    }
    let plain = out.into_inner().unwrap();
    (gzip(&plain), digest(&plain))
}

impl Stage {
    async fn new() -> Self {
        let node = Node::new().await;
        let registry = Registry::start().await;
        let plain = archive();
        let packed = gzip(&plain);
        let base = {
            let mut out = tar::Builder::new(Vec::new());
            out.follow_symlinks(false);
            out.append_dir_all(".", &node.image.layers()[0]).unwrap();
            let plain = out.into_inner().unwrap();
            (gzip(&plain), digest(&plain))
        };
        let images = node.dir.path().join("images");
        let stage = Self {
            diff_id: digest(&plain),
            node,
            registry,
            images,
            packed,
            base,
        };
        stage.push(index_of(&stage.packed[..]).unwrap());
        stage.registry.state.lock().unwrap().ranges = true;
        stage
    }

    fn layers(&self) -> [(Vec<u8>, String); 2] {
        [
            self.base.clone(),
            (self.packed.clone(), self.diff_id.clone()),
        ]
    }

    fn push(&self, index: Vec<u8>) {
        self.push_as("app", &self.layers(), index);
    }

    /// An image whose last layer has the index, in a repository.
    fn push_as(&self, name: &str, layers: &[(Vec<u8>, String)], index: Vec<u8>) {
        self.push_indexed(name, layers, vec![index]);
    }

    /// Indexes of the last layers of it.
    fn push_indexed(&self, name: &str, layers: &[(Vec<u8>, String)], indexes: Vec<Vec<u8>>) {
        let of = layers[layers.len() - indexes.len()..].iter();
        let listed: Vec<_> = of
            .zip(indexes)
            .map(|((packed, _), index)| {
                let own = digest(&index);
                let listed = serde_json::json!({
                    "mediaType": "application/octet-stream", "digest": own, "size": index.len(),
                    "annotations": {"com.amazon.soci.image-layer-digest": digest(packed)},
                });
                self.registry.put(format!("{name}/blobs/{own}"), index);
                listed
            })
            .collect();
        let kind = "application/vnd.amazon.soci.index.v2+json";
        let manifest = serde_json::json!({
            "schemaVersion": 2, "layers": listed,
            "config": {"mediaType": kind, "digest": digest(b"{}"), "size": 2},
        })
        .to_string();
        let own = digest(manifest.as_bytes());
        self.registry
            .put(format!("{name}/manifests/{own}"), manifest);
        let annotations = serde_json::json!({"com.amazon.soci.index-digest": own});
        self.registry.push_annotated(name, "1", layers, annotations);
    }

    /// So that nothing comes but what somebody waits for.
    fn hold(&self, holds: bool) {
        self.registry.state.lock().unwrap().longest_part = holds.then_some(ONE_SPAN);
    }

    async fn open(&self) -> ImageStore {
        self.open_with(UnpackLimits::default()).await
    }

    async fn open_with(&self, limits: UnpackLimits) -> ImageStore {
        let options = || ImageOptions {
            limits,
            first_retry_after: Duration::from_millis(1),
            on_demand: Some(Program {
                path: env!("CARGO_BIN_EXE_wharf-shim").into(),
                group: None,
            }),
            ..ImageOptions::default()
        };
        let open = async {
            loop {
                match ImageStore::open(&self.images, InstallationId::mint(), options()).await {
                    // What the one before had under way lets go of the folder a moment later.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                    Ok(store) => return store,
                }
            }
        };
        within(open).await
    }

    fn request(&self) -> PullRequest {
        self.request_of("app")
    }

    fn request_of(&self, name: &str) -> PullRequest {
        let reference = Reference::parse(&format!("{}/{name}:1", self.registry.host)).unwrap();
        PullRequest {
            reference,
            endpoint: None,
            auth: RegistryAuth::Anonymous,
        }
    }

    async fn pull(&self, store: &ImageStore) -> Image {
        within(store.pull_on_demand(&self.request())).await.unwrap()
    }

    /// Bytes of the large layer that were asked for.
    fn asked_bytes(&self) -> usize {
        let path = format!("/v2/app/blobs/{}", digest(&self.packed));
        let state = self.registry.state.lock().unwrap();
        let parts = state.asked.iter().filter_map(|it| it.strip_prefix(&path));
        let bytes = |part: &str| {
            let Some((from, last)) = part.strip_prefix(" from ")?.split_once(" to ") else {
                return Some(self.packed.len());
            };
            let bytes = last.parse::<usize>().ok()? + 1 - from.parse::<usize>().ok()?;
            (bytes <= ONE_SPAN).then_some(bytes)
        };
        parts.filter_map(bytes).sum()
    }

    async fn completed(&self, store: &ImageStore) {
        within(async {
            while store.on_demand().completed == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// The programs that show layers of this test.
    fn programs(&self) -> Vec<Pid> {
        let own = self.images.join("spans").display().to_string();
        let of = |entry: fs::DirEntry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            let line = fs::read_to_string(entry.path().join("cmdline")).ok()?;
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            (line.contains(&own) && name.trim() == "lazy-layer").then(|| Pid::from_raw(number))
        };
        let all = fs::read_dir("/proc").unwrap();
        all.filter_map(|entry| of(entry.ok()?)).collect()
    }

    async fn no_program_is_left(&self) {
        within(async {
            while !self.programs().is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    async fn finish(self) {
        unmount_all(&self.images).unwrap();
        self.no_program_is_left().await;
        self.node.finish().await;
    }
}

/// Reads on a thread that may wait.
async fn read(path: impl AsRef<Path>) -> std::io::Result<Vec<u8>> {
    let path = path.as_ref().to_owned();
    within(tokio::task::spawn_blocking(move || fs::read(path)))
        .await
        .unwrap()
}

/// Mode, owners, size, names, time and content.
type Seen = (u32, u32, u32, u64, u64, i64, Vec<u8>);

/// Everything of a layer that can be seen.
fn seen(root: &Path) -> BTreeMap<PathBuf, Seen> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let content = match meta.file_type() {
                it if it.is_dir() => {
                    folders.push(path.clone());
                    Vec::new()
                }
                it if it.is_symlink() => fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes(),
                it if it.is_file() => fs::read(&path).unwrap(),
                _ => Vec::new(),
            };
            let size = if meta.is_dir() { 0 } else { meta.len() };
            let names = if meta.is_dir() { 0 } else { meta.nlink() };
            // A folder that no entry is about has no time of its own.
            let time = if path.ends_with("bin") || meta.rdev() == 0 && !meta.is_file() {
                0
            } else {
                meta.mtime()
            };
            let known = (
                meta.mode(),
                meta.uid(),
                meta.gid(),
                size,
                names,
                time,
                content,
            );
            all.insert(path.strip_prefix(root).unwrap().to_owned(), known);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_starts_before_its_image_is_there() {
    let stage = Stage::new().await;
    stage.hold(true);
    let store = stage.open().await;
    let image = stage.pull(&store).await;
    store.note_user(&image, "t1");
    let network = network_namespace(RANGE).unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), network.as_raw_fd());
    let mut sandbox = stage.node.sandbox("t1");
    sandbox.network = TaskNetwork::Namespace(PathBuf::from(path));
    sandbox.user_range = Some(RANGE);
    let task = stage.node.runtime.create_task(sandbox).await.unwrap();
    let spec = sh("exec 2>&1
        cat /small; echo
        echo owner $(stat -c %u:%g:%a /big/3)
        echo bytes $(cat /big/link | wc -c)
        echo same $(stat -c %h /big/hard)
        ls /bin/plain-file /gone
        echo x >> /big/7 && echo written $(wc -c < /big/7)");
    task.create_container(&spec, &image)
        .await
        .unwrap_or_else(|e| panic!("{}", e.reason()));
    task.start(&spec.name).await.unwrap();
    within(task.wait(&spec.name)).await.unwrap();
    let text = log_text(&task, &spec.name).await;
    assert_eq!(
        text,
        format!(
            "hello\nowner 1000:1001:4755\nbytes {BYTES}\nsame 2\n\
             ls: /bin/plain-file: No such file or directory\n/gone:\nwritten {}\n",
            BYTES + 2
        )
    );
    assert_eq!(store.on_demand().completed, 0);
    let (asked, all) = (stage.asked_bytes(), stage.packed.len());
    assert!(asked < all * 3 / 4, "{asked} of {all}");
    // It comes as a whole, and is then a layer like any other, at the place that it was seen at too.
    stage.hold(false);
    stage.completed(&store).await;
    let hex = stage.diff_id.strip_prefix("sha256:").unwrap();
    let plain = stage.images.join("layers").join(hex);
    assert_eq!(fs::read(image.layers()[1].join("small")).unwrap(), b"hello");
    assert!(plain.is_dir());
    let again = stage.pull(&store).await;
    assert_eq!(again.layers()[1], plain);
    // A container that is begun now has the whole layer; the one before still reads from the program.
    assert_eq!(stage.programs().len(), 1);
    task.remove(&spec.name).await.unwrap();
    stage.no_program_is_left().await;
    task.kill().await.unwrap();
    drop(store);
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shown_is_what_would_be_unpacked() {
    let stage = Stage::new().await;
    let store = stage.open().await;
    stage.hold(true);
    let image = stage.pull(&store).await;
    let shown = image.layers()[1].clone();
    let of_shown = within(tokio::task::spawn_blocking(move || seen(&shown)))
        .await
        .unwrap();
    stage.hold(false);
    stage.completed(&store).await;
    let hex = stage.diff_id.strip_prefix("sha256:").unwrap();
    let plain = seen(&stage.images.join("layers").join(hex));
    assert_eq!(plain.len(), FILES + 7);
    for (path, known) in &plain {
        assert!(of_shown.get(path) == Some(known), "{}", path.display());
    }
    assert_eq!(of_shown.len(), plain.len());
    drop(store);
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_wait_for_the_next_agent() {
    let stage = Stage::new().await;
    stage.hold(true);
    let store = stage.open().await;
    let image = stage.pull(&store).await;
    let file = image.layers()[1].join("big/11");
    drop(store);
    // Until the one before is gone it answers.
    let store = stage.open().await;
    let waiting = tokio::spawn(read(file));
    let (unattended, _events) = store.on_demand_events().unwrap();
    assert!(unattended.is_empty(), "no task has it");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    let again = stage.pull(&store).await;
    assert_eq!(again.layers(), image.layers());
    assert!(within(waiting).await.unwrap().unwrap() == noise(11));
    drop(store);
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lying_registry_gives_an_error_and_never_wrong_bytes() {
    let stage = Stage::new().await;
    stage.hold(true);
    let store = stage.open().await;
    let (_, mut events) = store.on_demand_events().unwrap();
    let image = stage.pull(&store).await;
    store.note_user(&image, "t1");
    // In the middle of the file with the number 6.
    let mut lie = stage.packed.clone();
    let at = lie.len() * 13 / 24;
    lie[at] ^= 1;
    let path = format!("app/blobs/{}", digest(&stage.packed));
    stage.registry.put(path, lie);
    let read = read(image.layers()[1].join("big/6")).await;
    let error = read.map(|it| it.len()).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EIO));
    let OnDemandEvent::Broken { users, reason } = within(events.recv()).await.unwrap() else {
        panic!("something else");
    };
    assert_eq!(users[0].task_id, "t1");
    assert_eq!(users[0].image, *image.digest());
    assert!(reason.starts_with("CannotPullContainerError: "), "{reason}");
    // Nothing of it is used again.
    assert!(store.pull_on_demand(&stage.request()).await.is_err());
    assert_eq!(store.on_demand().broken, 1);
    drop(store);
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_lies_is_found_out() {
    let stage = Stage::new().await;
    let mut index = index_of(&stage.packed[..]).unwrap();
    // One that says of a file that it is root's alone, with root's rights.
    let at = index.windows(6).position(|it| it == b"big/10").unwrap();
    index[at + 5] = b'9';
    stage.push(index);
    stage.hold(true);
    let store = stage.open().await;
    let (_, mut events) = store.on_demand_events().unwrap();
    stage.pull(&store).await;
    assert_eq!(store.images().await.unwrap().len(), 1);
    stage.hold(false);
    let OnDemandEvent::Broken { reason, .. } = within(events.recv()).await.unwrap() else {
        panic!("something else");
    };
    assert!(
        reason.contains("its index says something else of big/10"),
        "{reason}"
    );
    assert_eq!(store.images().await.unwrap(), []);
    drop(store);
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indexes_that_cannot_be_used_cost_nothing_but_time() {
    let stage = Stage::new().await;
    let store = stage.open().await;
    let damaged = {
        let mut index = index_of(&stage.packed[..]).unwrap();
        index.truncate(1000);
        index
    };
    stage.push(damaged);
    let image = stage.pull(&store).await;
    assert!(
        image
            .layers()
            .iter()
            .all(|layer| layer.starts_with(stage.images.join("layers")))
    );
    assert!(fs::read(image.layers()[1].join("big/2")).unwrap() == noise(2));
    assert_eq!(store.on_demand().begun, 0);
    drop(store);
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_program_is_told_of() {
    let stage = Stage::new().await;
    stage.hold(true);
    let store = stage.open().await;
    let (_, mut events) = store.on_demand_events().unwrap();
    let image = stage.pull(&store).await;
    store.note_user(&image, "t1");
    let [program] = stage.programs()[..] else {
        panic!("one program is there");
    };
    // It reads what somebody else wrote. Once it has begun it may take as long as it is needed.
    let limits = fs::read_to_string(format!("/proc/{program}/limits")).unwrap();
    let soft = |name| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(soft("Max data size"), (384 << 20).to_string());
    assert_eq!(soft("Max cpu time"), "unlimited");
    kill(program, Signal::SIGKILL).unwrap();
    let OnDemandEvent::Broken { users, reason } = within(events.recv()).await.unwrap() else {
        panic!("something else");
    };
    assert_eq!((users.len(), reason.contains("ended")), (1, true));
    // The next one begins anew.
    let again = within(async {
        loop {
            let again = stage.pull(&store).await;
            if read(again.layers()[1].join("small")).await.is_ok() {
                return again;
            }
        }
    })
    .await;
    assert!(read(again.layers()[1].join("big/1")).await.unwrap() == noise(1));
    drop(store);
    stage.finish().await;
    assert!(PATIENCE > Duration::ZERO);
}

#[tokio::test]
async fn nobody_else_may_look_into_the_folders() {
    let stage = Stage::new().await;
    let store = stage.open().await;
    for folder in ["", "lazy"] {
        let mode = fs::metadata(stage.images.join(folder))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o77, 0, "{folder}");
    }
    drop(store);
    stage.finish().await;
}
