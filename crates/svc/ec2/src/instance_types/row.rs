//! A row of the table: columns divided by spaces, the last of which is words.

/// What EC2 documents of an instance type.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceType {
    pub name: &'static str,
    pub vcpus: u32,
    pub threads_per_core: u32,
    /// How many cores a launch may ask for; empty where it may not choose.
    pub valid_cores: Vec<u32>,
    pub memory_mib: u64,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// Instructions of 32 bits are understood as well.
    pub also_i386: bool,
    /// Of the processor.
    pub maker: &'static str,
    pub clock_ghz: f64,
    /// Network interfaces that can be attached, and the addresses each may have.
    pub interfaces: u32,
    pub addresses: u32,
    pub network: Span<f64>,
    /// `Up to 12.5 Gigabit`
    pub network_words: &'static str,
    /// Traffic between instances is encrypted by the hardware.
    pub encrypted: bool,
    pub ebs: Option<Volumes>,
    pub max_volumes: u32,
    /// Volumes and network interfaces do not share a limit.
    pub dedicated_volumes: bool,
    pub hardware: Hardware,
    pub current: bool,
    pub burstable: bool,
    pub free_tier: bool,
    /// Boot modes, as EC2 spells them.
    pub boot: &'static [&'static str],
}

/// What runs an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hardware {
    Nitro,
    Xen,
    /// No hypervisor.
    Metal,
}

/// What is always there, and what there is at best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span<T> {
    pub baseline: T,
    pub maximum: T,
}

/// The way to EBS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Volumes {
    pub mbps: Span<u32>,
    pub iops: Span<u32>,
}

impl InstanceType {
    /// `m7i` of `m7i.large`.
    pub fn family(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }

    pub fn cores(&self) -> u32 {
        self.vcpus / self.threads_per_core
    }

    /// Volumes that pods of such an instance may have, where so many were made together with it, as the driver of EBS counts:
    /// its root has a place of all, and where places are shared with network interfaces, the table has left out the first of
    /// these, which is the only one here.
    pub fn pod_volumes(&self, launched: usize) -> u32 {
        // The driver keeps one free where there is Xen.
        let most = match self.hardware {
            Hardware::Xen => self.max_volumes.saturating_sub(1),
            Hardware::Nitro | Hardware::Metal => self.max_volumes,
        };
        let taken = u32::try_from(launched)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        most.saturating_sub(taken).max(1)
    }
}

/// A line that is no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no instance type: {0}")]
pub struct NoRow(&'static str);

/// All rows of a table.
///
/// # Errors
/// One of them is none.
pub fn parse(table: &'static str) -> Result<Vec<InstanceType>, NoRow> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let row = |line| row(line).ok_or(NoRow(line));
    rows.map(row).collect()
}

fn row(line: &'static str) -> Option<InstanceType> {
    let mut rest = line;
    let mut column = || {
        let (column, others) = rest.split_once(' ')?;
        rest = others.trim_start();
        Some(column)
    };
    let name = column()?;
    let vcpus = column()?.parse().ok()?;
    let threads_per_core = column()?.parse().ok().filter(|it| *it > 0)?;
    let valid_cores = counts(column()?)?;
    let memory_mib = column()?.parse().ok()?;
    let (architecture, maker) = (column()?, column()?);
    let clock_ghz = column()?.parse().ok()?;
    let (interfaces, addresses) = (column()?.parse().ok()?, column()?.parse().ok()?);
    let network = span(column()?)?;
    let (mbps, iops) = (column()?, column()?);
    let ebs = match (mbps, iops) {
        ("-", "-") => None,
        _ => Some(Volumes {
            mbps: span(mbps)?,
            iops: span(iops)?,
        }),
    };
    let max_volumes = column()?.parse().ok()?;
    let traits: Vec<&str> = column()?.split(',').collect();
    let has = |name| traits.contains(&name);
    Some(InstanceType {
        name,
        vcpus,
        threads_per_core,
        valid_cores,
        memory_mib,
        architecture,
        also_i386: has("i386"),
        maker,
        clock_ghz,
        interfaces,
        addresses,
        network,
        network_words: Some(rest).filter(|words| !words.is_empty())?,
        encrypted: has("encrypted"),
        ebs,
        max_volumes,
        dedicated_volumes: has("dedicated"),
        hardware: match () {
            () if has("nitro") => Hardware::Nitro,
            () if has("xen") => Hardware::Xen,
            () if has("metal") => Hardware::Metal,
            () => return None,
        },
        current: has("current"),
        burstable: has("burstable"),
        free_tier: has("free"),
        boot: match () {
            () if has("bios") => &["legacy-bios"],
            () if has("uefi") => &["uefi"],
            () if has("bios+uefi") => &["legacy-bios", "uefi"],
            () => return None,
        },
    })
}

fn span<T: std::str::FromStr>(text: &str) -> Option<Span<T>> {
    let (baseline, maximum) = text.split_once('-')?;
    Some(Span {
        baseline: baseline.parse().ok()?,
        maximum: maximum.parse().ok()?,
    })
}

/// `4`, `1-4`, `2-8/2`, `12,18,24`, or `-` for none.
fn counts(text: &str) -> Option<Vec<u32>> {
    if text == "-" {
        return Some(Vec::new());
    }
    let (range, step) = text.split_once('/').unwrap_or((text, "1"));
    let step: usize = step.parse().ok().filter(|it| *it > 0)?;
    match range.split_once('-') {
        Some((first, last)) => {
            let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
            Some((first..=last).step_by(step).collect())
        }
        None => range.split(',').map(|it| it.parse().ok()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_lists_and_ranges() {
        for (text, expected) in [
            ("-", Some(vec![])),
            ("4", Some(vec![4])),
            ("1-4", Some(vec![1, 2, 3, 4])),
            ("2-8/2", Some(vec![2, 4, 6, 8])),
            ("12,18", Some(vec![12, 18])),
            ("2-8/0", None),
            ("two", None),
        ] {
            assert_eq!(counts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_row_that_lacks_something_is_an_error() {
        const ROW: &str =
            "x.y 2 1 - 512 arm64 AWS 2.5 2 2 0.5-5 10-20 1-2 9 nitro,uefi Up to 5 Gigabit";
        assert_eq!(parse(ROW).unwrap()[0].network_words, "Up to 5 Gigabit");
        for (what, wrong) in [
            (
                "vCPUs",
                "x.y two 1 - 512 arm64 AWS 2.5 2 2 0.5-5 10-20 1-2 9 nitro,uefi 5 Gigabit",
            ),
            (
                "threads",
                "x.y 2 0 - 512 arm64 AWS 2.5 2 2 0.5-5 10-20 1-2 9 nitro,uefi 5 Gigabit",
            ),
            (
                "a maximum",
                "x.y 2 1 - 512 arm64 AWS 2.5 2 2 0.5 10-20 1-2 9 nitro,uefi 5 Gigabit",
            ),
            (
                "a hypervisor",
                "x.y 2 1 - 512 arm64 AWS 2.5 2 2 0.5-5 10-20 1-2 9 uefi 5 Gigabit",
            ),
            (
                "a boot mode",
                "x.y 2 1 - 512 arm64 AWS 2.5 2 2 0.5-5 10-20 1-2 9 nitro 5 Gigabit",
            ),
            (
                "words",
                "x.y 2 1 - 512 arm64 AWS 2.5 2 2 0.5-5 10-20 1-2 9 nitro,uefi",
            ),
            ("columns", "x.y"),
        ] {
            assert!(parse(wrong).is_err(), "without {what}");
        }
    }
}
