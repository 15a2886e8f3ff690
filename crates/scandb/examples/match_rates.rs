//! How fast images are matched: `cargo run --release -p wharf-scandb --example match_rates`.
//!
//! Made data: 40,000 packages of Debian with five vulnerabilities each. Measured: an image of 1,000
//! packages read out of its layer and matched; 10,000 images matched again, when 200 packages changed.

use std::{collections::HashSet, io::Write as _, time::Instant};

use serde_json::json;
use wharf_scan::{Budget, Inventory, Limits, Reading, matching};
use wharf_scandb::{Data, hash, update};

const PACKAGES: usize = 40_000;
const IMAGES: usize = 10_000;
const OF_IMAGE: usize = 1000;
const CHANGED: usize = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (home, dir) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let published = home.path().join("tracker.json");
    write(&published)?;
    let begun = Instant::now();
    update(dir.path(), &published, 0)?;
    println!("{PACKAGES} packages read in {:?}", begun.elapsed());

    let data = Data::open(dir.path())?.ok_or("no data")?;
    let begun = Instant::now();
    let inventory = image(0)?;
    let read = begun.elapsed();
    let found = data.findings(&inventory)?;
    println!(
        "an image of {} packages: read in {read:?}, {} findings after {:?}",
        inventory.packages.len(),
        found.len(),
        begun.elapsed()
    );

    // Who holds what, as hashes: what a rescan looks at first.
    let mut images = Vec::new();
    for number in 0..IMAGES {
        let inventory = image(number)?;
        let held: HashSet<u64> = (matching::questions(&inventory).iter())
            .map(|(about, ..)| hash(about))
            .collect();
        images.push((number, held));
    }
    let records = home.path().join("records");
    std::fs::create_dir(&records)?;
    for number in 0..CHANGED {
        let range = json!({"type": "ECOSYSTEM", "events": [{"introduced": "0"}]});
        let package = json!({"ecosystem": "Debian:12", "name": format!("package-{}", number * 3)});
        let record = json!({"id": format!("NEW-{number}"), "affected": [{"package": package, "ranges": [range]}]});
        std::fs::write(records.join(format!("{number}.json")), record.to_string())?;
    }
    let begun = Instant::now();
    let updated = update(dir.path(), &records, 1)?;
    println!(
        "{} packages changed in {:?}",
        updated.changed,
        begun.elapsed()
    );
    let data = Data::open(dir.path())?.ok_or("no data")?;
    let changed = data.changed_since(1, 0).ok_or("not known")?;
    let begun = Instant::now();
    let (mut again, mut findings) = (0, 0);
    for (number, held) in &images {
        if held.iter().any(|it| changed.contains(it)) {
            findings += data.findings(&image(*number)?)?.len();
            again += 1;
        }
    }
    println!(
        "{again} of {IMAGES} images matched again in {:?}, {findings} findings",
        begun.elapsed()
    );
    println!("{}", memory()?);
    Ok(())
}

fn write(path: &std::path::Path) -> std::io::Result<()> {
    let mut all = serde_json::Map::new();
    for number in 0..PACKAGES {
        let cve = |it: usize| {
            let fixed = if it == 0 { "2.0" } else { "0.9" };
            let release = json!({"status": "resolved", "fixed_version": fixed, "urgency": "high"});
            (
                format!("CVE-2024-{}", number * 5 + it),
                json!({"description": "d".repeat(200), "releases": {"bookworm": release}}),
            )
        };
        let cves: serde_json::Map<_, _> = (0..5).map(cve).collect();
        all.insert(format!("package-{number}"), cves.into());
    }
    let mut file = std::fs::File::create(path)?;
    file.write_all(serde_json::Value::from(all).to_string().as_bytes())
}

fn image(number: usize) -> Result<Inventory, Box<dyn std::error::Error>> {
    let mut status = String::new();
    for package in 0..OF_IMAGE {
        let name = (number * 7 + package * 31) % PACKAGES;
        status += &format!(
            "Package: package-{name}\nStatus: install ok installed\nVersion: 1.0-{number}\n\n"
        );
    }
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in [
        ("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
        ("var/lib/dpkg/status", &status),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, content.as_bytes())?;
    }
    let layer = builder.into_inner()?;
    let mut reading = Reading::new(Budget::new(Limits::default()));
    reading.layer("layer", layer.as_slice())?;
    Ok(reading.end()?)
}

fn memory() -> std::io::Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|it| it.starts_with("VmHWM"));
    Ok(line.unwrap_or_default().to_owned())
}
