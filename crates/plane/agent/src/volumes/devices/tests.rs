//! What looks come to.

use super::*;

const VOLUME: &str = "vol-0123456789abcdef0";

fn volume(attached: bool, instance: Option<&str>) -> Told {
    let volume = Volume {
        id: VOLUME.to_owned(),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        host: "i-host".to_owned(),
        wanted: Wanted::Kept,
        may_make: true,
        restore: false,
        bytes: 1 << 30,
        attached,
        device: instance.map(|instance| Device {
            instance: instance.to_owned(),
            name: "xvdf".to_owned(),
            force: false,
        }),
        sealed: None,
        mounted_by: None,
    };
    BTreeMap::from([(volume.id.clone(), volume)])
}

/// Taken from an instance.
pub fn detached(instance: &str, force: bool) -> Volume {
    let (_, mut volume) = volume(false, Some(instance)).pop_first().unwrap();
    volume.device = volume.device.map(|it| Device { force, ..it });
    volume
}

#[test]
fn plans() {
    let over = |goes| BTreeMap::from([(VOLUME.to_owned(), LoopDevice { number: 7, goes })]);
    let none = BTreeMap::new();
    let (runs, ended) = (Some("i-1"), Some("i-2"));
    let stay = || BTreeMap::from([("i-1", BTreeMap::from([(VOLUME, 7)]))]);
    let (go, come, rest) = (vec![(VOLUME, 7)], vec![VOLUME], vec![VOLUME]);
    let plain = Plan::default;
    for (attached, instance, over, then) in [
        (true, runs, &none, Plan { come, ..plain() }),
        (
            true,
            runs,
            &over(false),
            Plan {
                stay: stay(),
                ..plain()
            },
        ),
        (
            true,
            runs,
            &over(true),
            Plan {
                pending: true,
                ..plain()
            },
        ),
        (
            true,
            ended,
            &over(false),
            Plan {
                go: go.clone(),
                rest: rest.clone(),
                ..plain()
            },
        ),
        (true, ended, &none, Plan { rest, ..plain() }),
        (
            false,
            runs,
            &over(false),
            Plan {
                go: go.clone(),
                ..plain()
            },
        ),
        (false, runs, &none, plain()),
        // Left by an attachment of which nothing is said any more.
        (false, None, &over(false), Plan { go, ..plain() }),
        // A task has it mounted.
        (true, None, &over(true), plain()),
        (false, None, &over(true), plain()),
    ] {
        let told = volume(attached, instance);
        let planned = plan(&told, |id| id == "i-1", over, |_| Below::There);
        assert_eq!(planned, then, "{attached} {instance:?} {over:?}");
    }
    let told = volume(true, runs);
    assert!(plan(&told, |_| true, &none, |_| Below::NotYet).pending);
    let broken = |_: &str| Below::Broken;
    let waits = Plan {
        pending: true,
        ..Plan::default()
    };
    assert_eq!(plan(&told, |_| true, &none, broken), waits);
    let over = over(false);
    let planned = plan(&told, |_| true, &over, broken);
    assert!(planned.pending && planned.go == [(VOLUME, 7)] && planned.stay.is_empty());
}

#[test]
fn files_of_volumes() {
    let dir = Path::new("/node/ebs");
    let of = |file: &str| volume_of(dir, Path::new(file));
    assert_eq!(of("/node/ebs/vol-1/disk.img").as_deref(), Some("vol-1"));
    // What shows a sealed one.
    assert_eq!(of("/node/ebs/vol-1/disk.open").as_deref(), Some("vol-1"));
    for other in [
        "/node/ebs/disk.img",
        "/node/ebs/vol-1/disk.new",
        "/else/vol-1/disk.img",
    ] {
        assert_eq!(of(other), None, "{other}");
    }
}

#[test]
fn what_is_otherwise_than_was_told_comes_below_no_device() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("disk.img");
    assert_eq!(Below::of(&image, false), Below::NotYet);
    fs::write(&image, "").unwrap();
    assert_eq!(Below::of(&image, false), Below::There);
    assert_eq!(Below::of(&image, true), Below::NotYet);
    wharf_sealed_file::seal(&image).unwrap();
    assert_eq!(Below::of(&image, false), Below::NotYet);
    assert_eq!(Below::of(&image, true), Below::NotYet);
}
