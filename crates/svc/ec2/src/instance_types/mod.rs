//! Instance types: what EC2 documents of each, as rows of a table.
//!
//! What wharf gives an instance follows from its type's vCPUs and memory; the rest tells users what to expect on
//! AWS. Features of AWS's machines that wharf does not offer are described as not supported.

mod describe;
mod row;
mod wire;

use std::{collections::BTreeMap, sync::LazyLock};

pub use describe::{offerings, types};
pub use row::{Hardware, InstanceType, Span, Volumes};

static TYPES: LazyLock<BTreeMap<&'static str, InstanceType>> = LazyLock::new(|| {
    let types = row::parse(include_str!("types.txt")).expect("a test reads every row");
    types.into_iter().map(|it| (it.name, it)).collect()
});

/// One by its name, e.g. `m6i.large`.
pub fn find(name: &str) -> Option<&'static InstanceType> {
    TYPES.get(name)
}

/// All of them, in the order of their names.
pub fn all() -> impl Iterator<Item = &'static InstanceType> {
    TYPES.values()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_holds_together() {
        let rows = row::parse(include_str!("types.txt")).unwrap();
        assert_eq!(rows.len(), TYPES.len(), "a type has one row");
        for row in &rows {
            let name = row.name;
            let (family, size) = name.split_once('.').unwrap();
            assert_eq!(row.vcpus % row.threads_per_core, 0, "{name}");
            assert!(row.memory_mib >= 512 && row.memory_mib % 512 == 0, "{name}");
            let graviton = family.ends_with('g');
            assert_eq!(row.architecture == "arm64", graviton, "{name}");
            assert_eq!(row.maker == "AWS", graviton, "{name}");
            assert_eq!(
                row.hardware == Hardware::Metal,
                size.starts_with("metal"),
                "{name}"
            );
            assert_eq!(row.burstable, family.starts_with('t'), "{name}");
            assert_eq!(row.hardware == Hardware::Xen, family == "t2", "{name}");
            assert_eq!(row.ebs.is_none(), family == "t2", "{name}");
            assert!(
                row.valid_cores.iter().all(|it| *it <= row.cores()),
                "{name}"
            );
            assert!(row.network.baseline <= row.network.maximum, "{name}");
            if let Some(ebs) = &row.ebs {
                assert!(ebs.mbps.baseline <= ebs.mbps.maximum, "{name}");
                assert!(ebs.iops.baseline <= ebs.iops.maximum, "{name}");
            }
            assert!(row.interfaces >= 2 && row.addresses >= 2, "{name}");
            assert!(
                row.network_words.ends_with("Gigabit") || family == "t2",
                "{name}"
            );
        }
    }

    #[test]
    fn memory_follows_the_family() {
        for row in all() {
            let gib_per_vcpu = match row.name.as_bytes()[0] {
                b'c' => 2,
                b'm' => 4,
                b'r' => 8,
                _ => continue,
            };
            let (memory, vcpus) = (row.memory_mib, u64::from(row.vcpus));
            assert_eq!(memory, vcpus * gib_per_vcpu * 1024, "{}", row.name);
        }
    }

    #[test]
    fn families_are_whole() {
        for (family, sizes) in [
            ("t2", 7),
            ("t3", 7),
            ("t3a", 7),
            ("t4g", 7),
            ("m5", 9),
            ("m5a", 8),
            ("m6i", 10),
            ("m6g", 9),
            ("m7i", 11),
            ("m7g", 9),
            ("c5", 9),
            ("c6i", 10),
            ("c6g", 9),
            ("c7i", 11),
            ("c7g", 9),
            ("r5", 9),
            ("r6i", 10),
            ("r6g", 9),
            ("r7g", 9),
        ] {
            let of = |it: &&InstanceType| it.name.split('.').next() == Some(family);
            assert_eq!(all().filter(of).count(), sizes, "{family}");
        }
    }

    #[test]
    fn volumes_of_pods_are_those_of_the_driver_of_ebs() {
        for (name, launched, most) in [
            ("t2.medium", 0, 38),
            ("t3.medium", 0, 26),
            ("m5.metal", 0, 30),
            ("m7g.large", 2, 24),
            ("m7i.large", 0, 31),
            ("m7i.16xlarge", 0, 47),
            ("c7i.48xlarge", 3, 124),
            ("c7i.metal-24xl", 0, 38),
            ("t3.medium", 26, 1),
            ("t3.medium", usize::MAX, 1),
        ] {
            let it = find(name).unwrap();
            assert_eq!(it.pod_volumes(launched), most, "{name} with {launched}");
        }
    }

    #[test]
    fn one_is_found_by_its_name() {
        let large = find("m6i.large").unwrap();
        assert_eq!((large.vcpus, large.memory_mib), (2, 8192));
        assert_eq!(large.architecture, "x86_64");
        assert_eq!(large.cores(), 1);
        assert_eq!(find("t4g.nano").unwrap().architecture, "arm64");
        assert!(find("m6i").is_none());
        assert!(find("m6i.LARGE").is_none());
    }
}
