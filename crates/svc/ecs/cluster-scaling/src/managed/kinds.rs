//! Instance types, as DescribeInstanceTypes tells of them, and what a provider asks of them. Pure.

use serde_json::Value;
use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_placement::pack;
use wharf_records::{
    ecs::{InstanceRequirements, Range, Share},
    hosts::Capacity,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    /// `m5.large`
    pub name: String,
    pub vcpus: u32,
    pub memory_mib: u32,
    /// As requirements spell it: `intel`, `amd`, `amazon-web-services`.
    pub manufacturer: String,
    /// `x86_64`
    pub architectures: Vec<String>,
    pub current: bool,
    pub bare_metal: bool,
    pub burstable: bool,
}

impl Kind {
    /// `None` for what has no size.
    pub fn of(said: &Value) -> Option<Self> {
        let number = |it: &Value| it.as_u64().and_then(|it| u32::try_from(it).ok());
        let architectures = said["ProcessorInfo"]["SupportedArchitectures"].as_array();
        let maker = said["ProcessorInfo"]["Manufacturer"].as_str();
        let text = |it: &Value| it.as_str().map(str::to_owned);
        Some(Self {
            name: text(&said["InstanceType"])?,
            vcpus: number(&said["VCpuInfo"]["DefaultVCpus"])?,
            memory_mib: number(&said["MemoryInfo"]["SizeInMiB"])?,
            manufacturer: match maker.unwrap_or_default() {
                "AWS" => "amazon-web-services".to_owned(),
                other => other.to_ascii_lowercase(),
            },
            architectures: architectures
                .into_iter()
                .flatten()
                .filter_map(text)
                .collect(),
            current: said["CurrentGeneration"] == true,
            bare_metal: said["BareMetal"] == true,
            burstable: said["BurstablePerformanceSupported"] == true,
        })
    }

    /// What it has before anything runs there; an instance says more exactly once it has joined.
    pub fn capacity(&self) -> Capacity {
        Capacity {
            cpu: self.vcpus.saturating_mul(UNITS_OF_A_CORE),
            memory: self.memory_mib,
            // How many it has for tasks it says itself when it joins.
            interfaces: u32::MAX,
            disk: None,
            reserved: Vec::new(),
        }
    }

    pub fn cost(&self) -> u64 {
        pack::cost(self.vcpus.saturating_mul(UNITS_OF_A_CORE), self.memory_mib)
    }

    /// Whether it has no less than another.
    pub fn covers(&self, other: &Self) -> bool {
        other.vcpus <= self.vcpus && other.memory_mib <= self.memory_mib
    }

    /// Whether a provider may have it.
    pub fn meets(&self, wanted: Option<&InstanceRequirements>) -> bool {
        let Some(wanted) = wanted else {
            return !self.bare_metal && !self.burstable;
        };
        let named = |names: &[String]| names.iter().any(|it| is_like(it, &self.name));
        let among =
            |names: &[String], own: &str| names.is_empty() || names.iter().any(|it| it == own);
        let generation = if self.current { "current" } else { "previous" };
        is_within(self.vcpus, wanted.vcpus)
            && is_within(self.memory_mib, wanted.memory_mib)
            && wanted.memory_gib_per_vcpu.is_none_or(|it| self.shares(it))
            && among(&wanted.manufacturers, &self.manufacturer)
            && among(&wanted.generations, generation)
            && (wanted.allowed.is_empty() || named(&wanted.allowed))
            && !named(&wanted.excluded)
            && is_asked(self.bare_metal, wanted.bare_metal.as_deref())
            && is_asked(self.burstable, wanted.burstable.as_deref())
    }

    fn shares(&self, wanted: Share) -> bool {
        let share = f64::from(self.memory_mib) / 1024.0 / f64::from(self.vcpus.max(1));
        wanted.min.is_none_or(|it| it <= share) && wanted.max.is_none_or(|it| share <= it)
    }
}

fn is_within(number: u32, range: Range) -> bool {
    range.min <= number && range.max.is_none_or(|it| number <= it)
}

/// `included`, `required`, or `excluded`, which is meant where nothing is said.
fn is_asked(has: bool, wanted: Option<&str>) -> bool {
    match wanted {
        Some("included") => true,
        Some("required") => has,
        _ => !has,
    }
}

/// Whether a name is like a pattern, in which `*` stands for any letters.
fn is_like(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(between) = last.replace(part) {
            match rest.find(between) {
                Some(at) => rest = &rest[at + between.len()..],
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |end| rest.ends_with(end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(name: &str, vcpus: u32, memory_mib: u32) -> Kind {
        Kind {
            name: name.to_owned(),
            vcpus,
            memory_mib,
            manufacturer: "intel".to_owned(),
            architectures: vec!["x86_64".to_owned()],
            current: true,
            bare_metal: false,
            burstable: name.starts_with('t'),
        }
    }

    fn wanted() -> InstanceRequirements {
        InstanceRequirements {
            vcpus: Range {
                min: 2,
                max: Some(4),
            },
            memory_mib: Range {
                min: 4096,
                max: None,
            },
            ..InstanceRequirements::default()
        }
    }

    #[test]
    fn a_type_is_read() {
        let said = json!({
            "InstanceType": "t4g.small",
            "VCpuInfo": { "DefaultVCpus": 2 },
            "MemoryInfo": { "SizeInMiB": 2048 },
            "ProcessorInfo": { "SupportedArchitectures": ["arm64"], "Manufacturer": "AWS" },
            "CurrentGeneration": true, "BareMetal": false, "BurstablePerformanceSupported": true,
        });
        let read = Kind::of(&said).unwrap();
        assert_eq!((read.vcpus, read.memory_mib), (2, 2048));
        assert_eq!(read.manufacturer, "amazon-web-services");
        assert!(read.burstable && read.current && !read.bare_metal);
        assert_eq!(read.capacity().cpu, 2048);
        assert_eq!(Kind::of(&json!({ "InstanceType": "t4g.small" })), None);
    }

    #[test]
    fn sizes_and_families_are_held_to() {
        let meets = |kind: &Kind, change: fn(&mut InstanceRequirements)| {
            let mut wanted = wanted();
            change(&mut wanted);
            kind.meets(Some(&wanted))
        };
        let large = kind("m5.large", 2, 8192);
        assert!(meets(&large, |_| {}));
        assert!(!meets(&kind("m5.2xlarge", 8, 32_768), |_| {}));
        assert!(!meets(&kind("c5.small", 2, 2048), |_| {}));
        assert!(!meets(&kind("t3.medium", 2, 4096), |_| {}), "burstable");
        assert!(meets(&kind("t3.medium", 2, 4096), |it| {
            it.burstable = Some("included".to_owned());
        }));
        assert!(!meets(&large, |it| it.burstable = Some("required".to_owned())));
        assert!(meets(&large, |it| it.allowed =
            vec!["c5.*".to_owned(), "m5*".to_owned()]));
        assert!(!meets(&large, |it| it.allowed = vec!["m5".to_owned()]));
        assert!(!meets(&large, |it| it.excluded = vec!["*.large".to_owned()]));
        assert!(!meets(&large, |it| it.manufacturers = vec!["amd".to_owned()]));
        assert!(!meets(&large, |it| it.generations = vec!["previous".to_owned()]));
        assert!(!meets(&large, |it| {
            it.memory_gib_per_vcpu = Some(Share {
                min: None,
                max: Some(2.0),
            });
        }));
        assert!(large.meets(None) && !kind("t3.medium", 2, 4096).meets(None));
    }

    #[test]
    fn patterns() {
        for (pattern, name, like) in [
            ("m5.large", "m5.large", true),
            ("m5.large", "m5.larger", false),
            ("m5*", "m5a.large", true),
            ("*.large", "m5.large", true),
            ("m*.*large", "m5.xlarge", true),
            ("m*5*large", "m6.xlarge", false),
            ("*", "anything", true),
            ("c*", "m5.large", false),
            ("m5.l*l*e", "m5.large", false),
        ] {
            assert_eq!(is_like(pattern, name), like, "{pattern} {name}");
        }
    }
}
