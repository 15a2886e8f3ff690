//! The flag `--reach`: a list of ranges, or `none`.

use std::{fmt, str::FromStr};

use wharf_network::{BadValue, Subnet};

const NONE: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach(pub Vec<Subnet>);

/// What nothing can be reached in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReach {
    #[error(transparent)]
    Range(#[from] BadValue),
    #[error("{0} is every address, not a range of VPCs")]
    All(Subnet),
}

impl FromStr for Reach {
    type Err = BadReach;
    fn from_str(text: &str) -> Result<Self, BadReach> {
        if text == NONE {
            return Ok(Self(Vec::new()));
        }
        let ranges = text.split(',').map(str::parse::<Subnet>);
        let ranges: Vec<Subnet> = ranges.collect::<Result<_, _>>()?;
        match ranges.iter().find(|range| range.prefix() == 0) {
            Some(all) => Err(BadReach::All(*all)),
            None => Ok(Self(ranges)),
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str(NONE);
        }
        let ranges: Vec<String> = self.0.iter().map(Subnet::to_string).collect();
        out.write_str(&ranges.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_on_is_read_back() {
        for text in ["none", "10.1.0.0/16", "10.1.0.0/16,172.31.0.0/16"] {
            assert_eq!(text.parse::<Reach>().unwrap().to_string(), text);
        }
        for bad in ["", "10.1.0.0", "10.1.0.0/16,", "0.0.0.0/0", "None"] {
            assert!(bad.parse::<Reach>().is_err(), "{bad}");
        }
    }
}
