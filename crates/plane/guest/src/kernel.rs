//! Which kernel of an image its machines boot, and with which initial file system. Pure.

use std::cmp::Ordering;

/// What lies in a folder of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    /// Where it points to, if it is a link.
    pub target: Option<String>,
}

/// The folders in which distributions have kernels.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Of `/`.
    pub top: Vec<Entry>,
    /// Of `/boot`.
    pub boot: Vec<Entry>,
}

/// Paths from the root of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub kernel: String,
    pub initrd: Option<String>,
}

const KERNEL: &str = "vmlinuz";
/// What comes before, and after, the version of a kernel in the name of its initial file system.
const INITRDS: [(&str, &str); 4] = [
    ("initrd.img-", ""),
    ("initramfs-", ".img"),
    ("initrd-", ""),
    ("initramfs-", ""),
];
/// Names that have no version.
const PLAIN_INITRDS: [&str; 4] = ["initrd.img", "initrd", "initramfs.img", "initramfs"];

/// The kernel that the image's own links name, else the newest of those that it has.
pub fn search(image: &Listing) -> Option<Found> {
    for (folder, entries) in [("boot/", &image.boot), ("", &image.top)] {
        let Some(named) = entries.iter().find(|it| it.name == KERNEL) else {
            continue;
        };
        let version = named.target.as_deref().and_then(|target| {
            let name = target.rsplit('/').next().unwrap_or_default();
            version_of(name)
        });
        // A link to one that is not there is none.
        if named.target.is_some() && version.is_none_or(|it| !has_kernel(&image.boot, it)) {
            continue;
        }
        let initrd = match version {
            Some(version) => initrd_of(&image.boot, version),
            None => plain_initrd(folder, entries),
        };
        let kernel = match version {
            Some(version) => format!("boot/{KERNEL}-{version}"),
            None => format!("{folder}{KERNEL}"),
        };
        return Some(Found { kernel, initrd });
    }
    let versions = image.boot.iter().filter_map(|it| version_of(&it.name));
    let newest = versions.max_by(|one, other| compare(one, other))?;
    Some(Found {
        kernel: format!("boot/{KERNEL}-{newest}"),
        initrd: initrd_of(&image.boot, newest),
    })
}

fn has_kernel(boot: &[Entry], version: &str) -> bool {
    boot.iter().any(|it| version_of(&it.name) == Some(version))
}

/// Of a kernel that is there to be booted, not to rescue others.
fn version_of(name: &str) -> Option<&str> {
    let version = name.strip_prefix(KERNEL)?.strip_prefix('-')?;
    let is_usual = !version.is_empty() && !version.contains("rescue") && !version.ends_with(".old");
    is_usual.then_some(version)
}

fn initrd_of(boot: &[Entry], version: &str) -> Option<String> {
    let mut names = INITRDS
        .iter()
        .map(|(before, after)| format!("{before}{version}{after}"));
    let found = names.find(|name| boot.iter().any(|it| it.name == *name))?;
    Some(format!("boot/{found}"))
}

fn plain_initrd(folder: &str, entries: &[Entry]) -> Option<String> {
    let mut names = PLAIN_INITRDS.iter();
    let found = names.find(|name| entries.iter().any(|it| it.name == **name))?;
    Some(format!("{folder}{found}"))
}

/// Versions as people read them: numbers by what they are worth.
fn compare(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (pieces(one), pieces(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (one, other) => match one.cmp(&other) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

/// Runs of digits, as numbers, and what is between them.
fn pieces(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.bytes().next()?;
        let is_digit = first.is_ascii_digit();
        let end = rest
            .bytes()
            .position(|byte| byte.is_ascii_digit() != is_digit)
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(match is_digit {
            true => (piece.parse().unwrap_or(u64::MAX), ""),
            false => (0, piece),
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries(names: &[&str]) -> Vec<Entry> {
        let entry = |text: &&str| match text.split_once(" -> ") {
            Some((name, target)) => Entry {
                name: name.to_owned(),
                target: Some(target.to_owned()),
            },
            None => Entry {
                name: (*text).to_owned(),
                target: None,
            },
        };
        names.iter().map(entry).collect()
    }

    fn found(top: &[&str], boot: &[&str]) -> Option<(String, Option<String>)> {
        let image = Listing {
            top: entries(top),
            boot: entries(boot),
        };
        search(&image).map(|it| (it.kernel, it.initrd))
    }

    #[test]
    fn images_of_distributions() {
        let some = |kernel: &str, initrd: Option<&str>| {
            Some((kernel.to_owned(), initrd.map(str::to_owned)))
        };
        // Debian.
        assert_eq!(
            found(
                &[
                    "vmlinuz -> boot/vmlinuz-6.1.0-57-cloud-amd64",
                    "initrd.img -> boot/x",
                    "usr"
                ],
                &[
                    "vmlinuz-6.1.0-9-amd64",
                    "vmlinuz-6.1.0-57-cloud-amd64",
                    "initrd.img-6.1.0-57-cloud-amd64",
                ],
            ),
            some(
                "boot/vmlinuz-6.1.0-57-cloud-amd64",
                Some("boot/initrd.img-6.1.0-57-cloud-amd64")
            )
        );
        // Ubuntu.
        assert_eq!(
            found(
                &["boot"],
                &[
                    "vmlinuz -> vmlinuz-6.8.0-31-generic",
                    "vmlinuz.old -> vmlinuz-6.8.0-9-generic",
                    "vmlinuz-6.8.0-31-generic",
                    "vmlinuz-6.8.0-9-generic",
                    "initrd.img-6.8.0-31-generic",
                ],
            ),
            some(
                "boot/vmlinuz-6.8.0-31-generic",
                Some("boot/initrd.img-6.8.0-31-generic")
            )
        );
        // Fedora, without links.
        assert_eq!(
            found(
                &[],
                &[
                    "vmlinuz-0-rescue-8d0e",
                    "vmlinuz-6.9.4-200.fc40.x86_64",
                    "vmlinuz-6.10.1-200.fc40.x86_64",
                    "initramfs-6.10.1-200.fc40.x86_64.img",
                    "initramfs-6.9.4-200.fc40.x86_64.img",
                ],
            ),
            some(
                "boot/vmlinuz-6.10.1-200.fc40.x86_64",
                Some("boot/initramfs-6.10.1-200.fc40.x86_64.img")
            )
        );
        // One that somebody made by hand, with all it needs built in, and one with a file beside it.
        assert_eq!(found(&[], &["vmlinuz"]), some("boot/vmlinuz", None));
        assert_eq!(
            found(&["vmlinuz", "initrd"], &[]),
            some("vmlinuz", Some("initrd"))
        );
        // A link that leads nowhere.
        assert_eq!(
            found(&["vmlinuz -> boot/vmlinuz-5.0"], &["vmlinuz-4.9"]),
            some("boot/vmlinuz-4.9", None)
        );
        assert_eq!(found(&["bin", "etc"], &["grub"]), None);
        assert_eq!(found(&[], &["vmlinuz-"]), None);
    }

    proptest! {
        #[test]
        fn any_names_are_read(names in prop::collection::vec("[a-z0-9./-]{0,24}", 0..8)) {
            let names: Vec<String> = names.into_iter().map(|it| format!("vmlinuz-{it}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let _ = found(&[], &names);
        }

        #[test]
        fn the_order_is_one(one in "[0-9a.]{0,12}", other in "[0-9a.]{0,12}") {
            prop_assert_eq!(compare(&one, &other), compare(&other, &one).reverse());
        }
    }
}
