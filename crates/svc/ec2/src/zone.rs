//! Availability zones: three in every region, named and numbered as EC2 does.

/// Letters of the zones every region has here.
pub const LETTERS: [char; 3] = ['a', 'b', 'c'];

pub fn name(region: &str, letter: char) -> String {
    format!("{region}{letter}")
}

/// `use1-az1` for the first zone of `us-east-1`.
pub fn id(region: &str, letter: char) -> String {
    let number = LETTERS
        .iter()
        .position(|known| *known == letter)
        .unwrap_or_default()
        + 1;
    format!("{}-az{number}", short(region))
}

/// Of all zones of a region.
pub fn ids_of(region: &str) -> Vec<String> {
    LETTERS.iter().map(|letter| id(region, *letter)).collect()
}

/// Of these zones of a region.
pub fn ids(region: &str, zones: &[String]) -> Vec<String> {
    let letters = zones.iter().filter_map(|zone| zone.chars().next_back());
    letters.map(|letter| id(region, letter)).collect()
}

fn short(region: &str) -> String {
    let parts: Vec<&str> = region.split('-').collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return region.to_owned();
    };
    let middle: String = middle
        .iter()
        .map(|word| match *word {
            "northeast" => "ne",
            "northwest" => "nw",
            "southeast" => "se",
            "southwest" => "sw",
            word => word.get(..1).unwrap_or_default(),
        })
        .collect();
    format!("{first}{middle}{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_zones() {
        for (region, letter, expected) in [
            ("us-east-1", 'a', "use1-az1"),
            ("eu-central-1", 'c', "euc1-az3"),
            ("ap-southeast-2", 'b', "apse2-az2"),
            ("us-gov-west-1", 'a', "usgw1-az1"),
        ] {
            assert_eq!(id(region, letter), expected);
        }
        assert_eq!(name("us-east-1", 'b'), "us-east-1b");
        let zones = ["us-east-1c".to_owned(), "us-east-1a".to_owned()];
        assert_eq!(ids("us-east-1", &zones), ["use1-az3", "use1-az1"]);
        assert_eq!(ids_of("us-east-1"), ["use1-az1", "use1-az2", "use1-az3"]);
    }
}
