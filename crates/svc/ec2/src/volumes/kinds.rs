//! Types of volumes, and what sizes and rates they may have, in the order in which EBS checks them. Pure.

use serde::{Deserialize, Serialize};
use wharf_wire::Fault;

use crate::fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Standard,
    Gp2,
    Gp3,
    Io1,
    Io2,
    St1,
    Sc1,
}

/// What a type of volume may have.
struct Limits {
    gib: (u32, u32),
    /// Least and most; `None` where they follow from the size.
    iops: Option<(u32, u32)>,
    /// For each GiB.
    most_per_gib: u32,
    /// MiB a second, likewise.
    throughput: Option<(u32, u32)>,
}

impl Kind {
    /// Whether a request may say its rates: of others they follow from the size.
    pub fn has_rates(self) -> bool {
        matches!(self, Self::Gp3 | Self::Io1 | Self::Io2)
    }

    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Standard,
            Self::Gp2,
            Self::Gp3,
            Self::Io1,
            Self::Io2,
            Self::St1,
            Self::Sc1,
        ];
        all.into_iter().find(|kind| kind.as_str() == name)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Gp2 => "gp2",
            Self::Gp3 => "gp3",
            Self::Io1 => "io1",
            Self::Io2 => "io2",
            Self::St1 => "st1",
            Self::Sc1 => "sc1",
        }
    }

    fn limits(self) -> Limits {
        let limits = |gib, iops, most_per_gib, throughput| Limits {
            gib,
            iops,
            most_per_gib,
            throughput,
        };
        match self {
            Self::Standard => limits((1, 1024), None, 0, None),
            Self::Gp2 => limits((1, 16_384), None, 0, None),
            Self::Gp3 => limits((1, 65_536), Some((3000, 80_000)), 500, Some((125, 2000))),
            Self::Io1 => limits((4, 16_384), Some((100, 64_000)), 50, None),
            Self::Io2 => limits((4, 65_536), Some((100, 256_000)), 1000, None),
            Self::St1 | Self::Sc1 => limits((125, 16_384), None, 0, None),
        }
    }
}

/// What was asked for, and is within the limits of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sized {
    pub kind: Kind,
    pub gib: u32,
    pub iops: Option<u32>,
    pub throughput: Option<u32>,
}

/// What a volume is of if nothing is said.
pub const USUAL: &str = "gp2";

/// What a request says of type, size and rates.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    pub kind: Option<&'a str>,
    pub gib: i32,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
}

pub fn checked(asked: Asked<'_>) -> Result<Sized, Fault> {
    let sized = within_limits(asked)?;
    check_throughput_ratio(&sized)?;
    Ok(sized)
}

/// Each for itself.
fn within_limits(asked: Asked<'_>) -> Result<Sized, Fault> {
    let name = asked.kind.filter(|it| !it.is_empty()).unwrap_or(USUAL);
    let kind = Kind::named(name).ok_or_else(|| fault::unknown_volume_type(name))?;
    let limits = kind.limits();
    let gib = u32::try_from(asked.gib).unwrap_or(0);
    if gib < limits.gib.0 {
        return Err(fault::volume_too_small(asked.gib, name, limits.gib.0));
    }
    if gib > limits.gib.1 {
        return Err(fault::volume_too_large(gib, name, limits.gib.1));
    }
    Ok(Sized {
        kind,
        gib,
        iops: iops(kind, &limits, gib, asked.iops)?,
        throughput: throughput(kind, &limits, asked.throughput)?,
    })
}

/// What a volume is to become by a change that names some of this; the rest stays as far as the type has it.
pub fn changed(before: Sized, asked: Asked<'_>) -> Result<Sized, Fault> {
    let name = asked.kind.filter(|it| !it.is_empty());
    let name = name.unwrap_or(before.kind.as_str());
    let kind = Kind::named(name).ok_or_else(|| fault::unknown_volume_type(name))?;
    if u32::try_from(asked.gib).is_ok_and(|gib| gib < before.gib) || asked.gib < 0 {
        return Err(fault::volume_shrinks());
    }
    let limits = kind.limits();
    let clamped = |kept: Option<u32>, of: Option<(u32, u32)>| {
        let (least, most) = of?;
        i32::try_from(kept?.clamp(least, most)).ok()
    };
    let sized = within_limits(Asked {
        kind: Some(name),
        gib: asked.gib,
        iops: asked.iops.or_else(|| clamped(before.iops, limits.iops)),
        // As fast as it was, where that is more than the least.
        throughput: asked
            .throughput
            .or_else(|| clamped(before.throughput, limits.throughput)),
    })?;
    // What a volume has may be from before the ratio was looked at; it still grows.
    if asked.iops.is_some() || asked.throughput.is_some() {
        check_throughput_ratio(&sized)?;
    }
    Ok(sized)
}

/// A volume of a type that has both has a MiB a second for so many operations of a second, at the most.
const IOPS_PER_MIB: u32 = 4;

fn check_throughput_ratio(sized: &Sized) -> Result<(), Fault> {
    match (sized.throughput, sized.iops) {
        (Some(throughput), Some(iops)) if throughput > iops / IOPS_PER_MIB => {
            Err(fault::throughput_ratio(throughput, iops, IOPS_PER_MIB))
        }
        _ => Ok(()),
    }
}

fn iops(kind: Kind, limits: &Limits, gib: u32, asked: Option<i32>) -> Result<Option<u32>, Fault> {
    let name = kind.as_str();
    let Some((least, most)) = limits.iops else {
        return match asked {
            Some(_) => Err(fault::not_of_volume_type("iops", name)),
            // Three for each GiB, at the least 100.
            None if kind == Kind::Gp2 => Ok(Some((gib * 3).clamp(100, 16_000))),
            None => Ok(None),
        };
    };
    let Some(asked) = asked else {
        return match kind {
            Kind::Gp3 => Ok(Some(least)),
            _ => Err(fault::missing_parameter("iops")),
        };
    };
    let given = u32::try_from(asked).unwrap_or(0);
    if given < least {
        return Err(fault::volume_rate("iops", asked, "low", "minimum", least));
    }
    if given > most {
        return Err(fault::volume_rate("iops", asked, "high", "maximum", most));
    }
    let ratio = u64::from(gib) * u64::from(limits.most_per_gib);
    // What a type has in any case no size is too small for.
    if u64::from(given) > ratio && !(kind == Kind::Gp3 && given == least) {
        return Err(fault::iops_ratio(given, gib, limits.most_per_gib));
    }
    Ok(Some(given))
}

fn throughput(kind: Kind, limits: &Limits, asked: Option<i32>) -> Result<Option<u32>, Fault> {
    let Some((least, most)) = limits.throughput else {
        return match asked {
            Some(_) => Err(fault::not_of_volume_type("throughput", kind.as_str())),
            None => Ok(None),
        };
    };
    let Some(asked) = asked else {
        return Ok(Some(least));
    };
    let given = u32::try_from(asked).unwrap_or(0);
    if given < least {
        return Err(fault::volume_rate(
            "throughput",
            asked,
            "low",
            "minimum",
            least,
        ));
    }
    if given > most {
        return Err(fault::volume_rate(
            "throughput",
            asked,
            "high",
            "maximum",
            most,
        ));
    }
    Ok(Some(given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes() {
        let sized = |kind, gib, iops, throughput| Sized {
            kind,
            gib,
            iops,
            throughput,
        };
        let asked = |kind, gib| Asked {
            kind,
            gib,
            ..Asked::default()
        };
        let gp2 = sized(Kind::Gp2, 10, Some(100), None);
        let gp3 = sized(Kind::Gp3, 10, Some(4000), Some(500));
        // Of a version that did not look at the ratio.
        let fast = sized(Kind::Gp3, 10, Some(3000), Some(1000));
        let rates = |iops, throughput| Asked {
            iops,
            throughput,
            ..asked(None, 10)
        };
        for (before, change, then) in [
            (
                gp2,
                asked(None, 100),
                sized(Kind::Gp2, 100, Some(300), None),
            ),
            (
                gp2,
                asked(Some("gp3"), 10),
                sized(Kind::Gp3, 10, Some(3000), Some(125)),
            ),
            (
                gp3,
                asked(None, 20),
                sized(Kind::Gp3, 20, Some(4000), Some(500)),
            ),
            (
                gp3,
                asked(Some("gp2"), 10),
                sized(Kind::Gp2, 10, Some(100), None),
            ),
            (
                gp3,
                asked(Some("io2"), 10),
                sized(Kind::Io2, 10, Some(4000), None),
            ),
            (
                gp3,
                asked(Some("standard"), 10),
                sized(Kind::Standard, 10, None, None),
            ),
            (
                fast,
                asked(None, 20),
                sized(Kind::Gp3, 20, Some(3000), Some(1000)),
            ),
            (
                fast,
                rates(Some(4000), None),
                sized(Kind::Gp3, 10, Some(4000), Some(1000)),
            ),
        ] {
            assert_eq!(changed(before, change).unwrap(), then, "{change:?}");
        }
        for (before, change, why) in [
            (gp3, asked(None, 9), "cannot be smaller"),
            (gp3, asked(None, -1), "cannot be smaller"),
            (gp3, rates(None, Some(1001)), "Throughput (MiBps) to iops"),
            (gp3, rates(Some(1), None), "too low"),
            (fast, rates(Some(3000), None), "Throughput (MiBps) to iops"),
            (gp3, asked(Some("st1"), 10), "is too small"),
            (gp3, asked(Some("floppy"), 10), "floppy"),
            (
                sized(Kind::Standard, 10, None, None),
                asked(Some("io1"), 10),
                "iops",
            ),
        ] {
            let refused = changed(before, change).unwrap_err();
            assert!(
                refused.message.contains(why),
                "{change:?}: {}",
                refused.message
            );
        }
    }

    #[test]
    fn limits() {
        let check =
            |kind, gib, iops, throughput, expected: Result<(Option<u32>, Option<u32>), &str>| {
                let asked = Asked {
                    kind: Some(kind),
                    gib,
                    iops,
                    throughput,
                };
                match (checked(asked), expected) {
                    (Ok(sized), Ok(expected)) => {
                        assert_eq!((sized.iops, sized.throughput), expected, "{asked:?}");
                    }
                    (Err(fault), Err(expected)) => {
                        assert!(
                            fault.message.contains(expected),
                            "{asked:?}: {}",
                            fault.message
                        );
                    }
                    (got, _) => panic!("{asked:?}: {got:?}"),
                }
            };
        check("", 1, None, None, Ok((Some(100), None)));
        check("gp2", 100, None, None, Ok((Some(300), None)));
        check("gp2", 16_384, None, None, Ok((Some(16_000), None)));
        check("gp2", 16_385, None, None, Err("is too large"));
        check("gp2", 0, None, None, Err("is too small"));
        check("gp2", -1, None, None, Err("is too small"));
        check(
            "gp2",
            10,
            Some(100),
            None,
            Err("iops is not supported for gp2"),
        );
        check("gp3", 1, None, None, Ok((Some(3000), Some(125))));
        check("gp3", 1, Some(3000), Some(125), Ok((Some(3000), Some(125))));
        check("gp3", 1, Some(3001), None, Err("ratio"));
        check("gp3", 10, Some(2999), None, Err("too low"));
        check("gp3", 1000, Some(80_001), None, Err("too high"));
        check("gp3", 10, None, Some(124), Err("too low"));
        check("gp3", 10, None, Some(2001), Err("too high"));
        // A MiB a second for each four operations, those that it has unasked among them.
        check("gp3", 10, None, Some(750), Ok((Some(3000), Some(750))));
        let ratio = "Throughput (MiBps) to iops ratio of 0.333333 is too high; maximum is 0.250000 MiBps per iops.";
        check("gp3", 10, None, Some(1000), Err(ratio));
        check("gp3", 10, Some(3000), Some(1000), Err(ratio));
        check("gp3", 10, Some(3003), Some(751), Err("ratio of 0.250083"));
        let most = Ok((Some(8000), Some(2000)));
        check("gp3", 16, Some(8000), Some(2000), most);
        check("io1", 4, None, None, Err("iops"));
        check("io1", 4, Some(200), None, Ok((Some(200), None)));
        check("io1", 4, Some(201), None, Err("ratio"));
        check("io2", 3, Some(100), None, Err("is too small"));
        check("st1", 124, None, None, Err("is too small"));
        check(
            "sc1",
            125,
            None,
            Some(500),
            Err("throughput is not supported"),
        );
        check("standard", 1024, None, None, Ok((None, None)));
        check("floppy", 1, None, None, Err("floppy"));
    }
}
