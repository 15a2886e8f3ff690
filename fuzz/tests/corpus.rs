//! Every input in `corpus/`, and a short run of random changes to them, through its target.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    panic,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
use wharf_fuzz::{TARGETS, Target};

/// For the changed inputs of all targets together.
const CHANGES: Duration = Duration::from_secs(2);
/// Of a changed input; libFuzzer's own default.
const LONGEST: usize = 4096;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = corpus().join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut inputs: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let bytes = fs::read(&path).expect("a readable file");
            (path, bytes)
        })
        .collect();
    inputs.sort();
    inputs
}

/// What made a target fail is shown, as text that can be written to a file with `printf`.
fn feed(&(name, target): &Target, bytes: &[u8], from: &Path) {
    if let Err(failure) = panic::catch_unwind(|| target(bytes)) {
        let _ = writeln!(
            std::io::stderr(),
            "{name} failed, coming from {}:\n{}",
            from.display(),
            bytes.escape_ascii()
        );
        panic::resume_unwind(failure);
    }
}

#[test]
fn every_target_has_inputs_and_every_folder_a_target() {
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "sorted, each once");
    for name in &names {
        assert!(inputs(name).len() > 1, "{name} has too few inputs");
        assert!(wharf_fuzz::target(name).is_some());
    }
    let folders: BTreeSet<String> = fs::read_dir(corpus())
        .expect("the corpus is in the repository")
        .map(|entry| entry.expect("a readable folder").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    assert_eq!(folders, names.into_iter().map(str::to_owned).collect());
}

#[test]
fn known_inputs() {
    for target in TARGETS {
        for (path, bytes) in inputs(target.0) {
            feed(target, &bytes, &path);
        }
    }
}

/// Far from what libFuzzer finds, but on every run of the tests: `WHARF_FUZZ_SEED` repeats one.
#[test]
fn changed_inputs() {
    let seed = std::env::var("WHARF_FUZZ_SEED").ok();
    let seed = seed.map_or_else(rand::random, |it| it.parse().expect("a number"));
    println!("WHARF_FUZZ_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let share = CHANGES / u32::try_from(TARGETS.len()).expect("a few");
    for target in TARGETS {
        let inputs = inputs(target.0);
        let started = Instant::now();
        while started.elapsed() < share {
            let (path, bytes) = inputs.choose(&mut random).expect("every target has inputs");
            let other = inputs.choose(&mut random).expect("every target has inputs");
            let mut changed = bytes.clone();
            for _ in 0..random.random_range(1..5) {
                change(&mut changed, &other.1, &mut random);
            }
            changed.truncate(LONGEST);
            feed(target, &changed, path);
        }
    }
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut SmallRng) {
    const TELLING: &[&[u8]] = &[
        b"\0",
        b"\x80",
        b"\xff",
        b"\xff\xff\xff\xff",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"-1",
        b"9223372036854775808",
        b"18446744073709551615",
        b"e308",
        b"\"",
        b"\\",
        b"{",
        b"[",
        b"}",
        b"]",
        b"${",
        b"%",
        b"*",
        b".",
        b"/",
        b"\n",
        b"\xc3\xa9",
    ];
    let new = match random.random_range(0..4) {
        0 => TELLING
            .choose(random)
            .map_or_else(Vec::new, |it| it.to_vec()),
        1 => piece(other, random),
        2 => piece(bytes, random),
        _ => vec![random.random()],
    };
    let at = random.random_range(0..=bytes.len());
    let taken = if random.random() { new.len() } else { 0 };
    let end = bytes.len().min(at + taken);
    bytes.splice(at..end, new);
}

fn piece(of: &[u8], random: &mut SmallRng) -> Vec<u8> {
    let start = random.random_range(0..=of.len());
    let end = random.random_range(start..=of.len().min(start + 64));
    of[start..end].to_vec()
}
